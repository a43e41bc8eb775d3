package compare

import (
	"crypto/sha256"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"buildgraph/graph"
)

// What stands in a compared word for what differs from run to run.
const (
	anyRoot = "{root}"
	anyTemp = "{tmp}"
	anyPID  = "{pid}"
)

// normal takes out of words what is of one run or one machine only.
type normal struct {
	roots []string // the capture root as it may be spelt
	temps []string // directories of temporary files
}

func newNormal(a *graph.Account) *normal {
	n := &normal{}
	for _, r := range []string{a.Meta.Root, path.Clean("/" + a.Pwd)} {
		if len(r) > 1 && path.IsAbs(r) && !slices.Contains(n.roots, r) {
			n.roots = append(n.roots, r)
		}
	}
	n.temps = slices.Clone(a.TempDirs)
	longest := func(a, b string) int { return len(b) - len(a) } // of two that are one in the other the inner one
	slices.SortStableFunc(n.roots, longest)
	slices.SortStableFunc(n.temps, longest)
	return n
}

// path is an absolute path with the capture root taken out.
func (n *normal) path(p string) string {
	for _, r := range n.roots {
		if below, ok := strings.CutPrefix(p, r+"/"); ok {
			return below
		}
	}
	return p
}

// words are the words of a command as they are compared; pids are those of the
// process and of those above it, which a shell's $$ puts into names.
func (n *normal) words(words []string, pids []int) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = n.word(w, pids)
	}
	return out
}

func (n *normal) word(w string, pids []int) string {
	for _, r := range n.roots {
		w = replacePath(w, r, func(rest string) (string, int) { return anyRoot, 0 })
	}
	for _, d := range n.temps {
		w = replacePath(w, d, temporary)
	}
	return withoutPIDs(scriptJobs(n.name(w)), pids)
}

// temporary is what stands for a name in a directory of temporary files: its
// ending says what it is for ("/tmp/ccZ3d1xL.s").
func temporary(rest string) (string, int) {
	if len(rest) < 2 {
		return anyTemp, 0
	}
	end := 1 + strings.IndexAny(rest[1:]+"/", "/:, \t\n;'\"")
	return anyTemp + "/*" + path.Ext(rest[1:end]), end
}

// replacePath replaces a directory wherever a word names it: at its beginning,
// behind an option's letters, or behind anything that is not part of a path. The
// function is given what comes behind it and says how much of that goes too.
func replacePath(w, dir string, by func(rest string) (string, int)) string {
	var b strings.Builder
	from := 0
	for {
		i := strings.Index(w[from:], dir)
		if i < 0 {
			break
		}
		i += from
		end := i + len(dir)
		if !beginsPath(w[:i]) || end < len(w) && w[end] != '/' && isName(w[end]) {
			b.WriteString(w[from:end])
			from = end
			continue
		}
		text, more := by(w[end:])
		b.WriteString(w[from:i])
		b.WriteString(text)
		from = end + more
	}
	if from == 0 {
		return w
	}
	return b.String() + w[from:]
}

// optionLetters are those of an option whose value is not set off: -I/usr/include.
var optionLetters = regexp.MustCompile(`(^|[\s'"])-[A-Za-z]+$`)

// beginsPath reports whether a path can begin behind a text.
func beginsPath(before string) bool {
	return before == "" || !isName(before[len(before)-1]) && before[len(before)-1] != '/' || optionLetters.MatchString(before)
}

// isName reports whether a byte is one that file names are made of.
func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || strings.IndexByte("._-+@%~", c) >= 0
}

// random are names that a tool makes up anew in every run, below the capture root:
// CMake's try_compile.
var random = []struct {
	hint string // without which the expression need not be tried
	re   *regexp.Regexp
	by   string
}{
	{"TryCompile-", regexp.MustCompile(`TryCompile-[A-Za-z0-9]{6}`), "TryCompile-*"},
	{"cmTC_", regexp.MustCompile(`cmTC_[0-9a-f]{5}`), "cmTC_*"},
}

// name is the name of a file or target without what was made up for one run.
func (n *normal) name(s string) string {
	for _, r := range random {
		if strings.Contains(s, r.hint) {
			s = r.re.ReplaceAllString(s, r.by)
		}
	}
	return s
}

// minPID is the smallest PID that is looked for in words: smaller numbers stand for
// too much else.
const minPID = 100

// withoutPIDs replaces the numbers that are PIDs.
func withoutPIDs(w string, pids []int) string {
	var b strings.Builder
	from := 0
	for i := 0; i < len(w); {
		if w[i] < '0' || w[i] > '9' {
			i++
			continue
		}
		end := i
		for end < len(w) && w[end] >= '0' && w[end] <= '9' {
			end++
		}
		if n, err := strconv.Atoi(w[i:end]); err == nil && n >= minPID && slices.Contains(pids, n) {
			b.WriteString(w[from:i])
			b.WriteString(anyPID)
			from = end
		}
		i = end
	}
	if from == 0 {
		return w
	}
	return b.String() + w[from:]
}

// fingerprint is the same for the same words.
func fingerprint(words []string) string {
	h := sha256.New()
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	return string(h.Sum(nil)[:16])
}

// jobFlags are options of build tools that say how much runs at a time.
var jobFlags = regexp.MustCompile(`^(-j[0-9]*|--jobs(=.*)?|-l[0-9.]*|--load-average(=.*)?|--jobserver-(auth|fds|style)=.*|--sync-output.*|-O.*|--output-sync.*)$`)

// withoutJobs leaves these out.
func withoutJobs(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if !jobFlags.MatchString(a) {
			out = append(out, a)
			continue
		}
		if (a == "-j" || a == "--jobs" || a == "-l") && i+1 < len(args) {
			if _, err := strconv.ParseFloat(args[i+1], 64); err == nil {
				i++
			}
		}
	}
	return out
}

// jobsInScript is the number of jobs of a build tool that a shell's script runs.
var jobsInScript = regexp.MustCompile(`((?:^|[\s;&|(/])(?:g?make|ninja|samu|cmake)\s[^;&|\n]*?)(?:-j\s*[0-9]*|--jobs[= ][0-9]+|--parallel[= ]?[0-9]*)(?:\s|$)`)

// scriptJobs leaves it out.
func scriptJobs(w string) string {
	if !strings.ContainsAny(w, " \t") || !strings.Contains(w, "make") && !strings.Contains(w, "ninja") && !strings.Contains(w, "samu") {
		return w
	}
	return strings.TrimRight(jobsInScript.ReplaceAllString(w, "$1"), " ")
}
