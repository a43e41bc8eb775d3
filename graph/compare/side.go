package compare

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"buildgraph/graph"
	"buildgraph/store"
)

// side is one build, ready to be compared.
type side struct {
	Build
	n        *normal
	o        Options
	targets  map[string]*target
	keys     []string          // of targets, in order
	ofRecipe map[uint32]string // the key of a recipe's target
	programs []program
	reads    map[string]bool // files that jobs used, as shown
	profiles map[string]*profile
	envs     map[store.EnvID]*profile
	vars     map[string]variable
}

// target is all that one build did for one target.
type target struct {
	key   string
	jobs  []*graph.Job
	lines []line
	tools map[string][]string // program name to what ran; sorted
	wall  int64
	cpu   int64
}

// line is a command line as words, with those that are compared.
type line struct {
	words, norm []string
	script      bool // the words are those of a shell's script
}

func (l line) isScript() bool { return l.script }

// program is one run of a program.
type program struct {
	*graph.Program
	target string // key; "" outside of recipes
	like   string // the same for runs with the same arguments
}

func takeSide(b Build, o Options) *side {
	s := &side{
		Build: b, n: newNormal(b.Account), o: o, targets: map[string]*target{}, ofRecipe: map[uint32]string{},
		reads: map[string]bool{}, profiles: map[string]*profile{}, envs: map[store.EnvID]*profile{}, vars: map[string]variable{},
	}
	for i := range b.Account.Jobs {
		s.job(&b.Account.Jobs[i])
	}
	for i := range b.Account.Programs {
		s.program(&b.Account.Programs[i])
	}
	for _, t := range s.targets {
		for name := range t.tools {
			slices.Sort(t.tools[name])
			t.tools[name] = slices.Compact(t.tools[name])
		}
	}
	slices.Sort(s.keys)
	return s
}

// unnamed begins the key of a recipe without a target.
const unnamed = "\x00"

// job adds a job to its target.
func (s *side) job(j *graph.Job) {
	var lines []line
	for _, l := range j.Lines {
		argv := s.Account.Argv(l.Argv)
		words, script := argv, isScript(argv)
		if script {
			words = strings.Fields(argv[2])
		}
		lines = append(lines, line{words, s.n.words(words, nil), script})
	}
	key := s.n.name(j.Name)
	if j.Name == "" {
		key = unnamed
		for _, l := range lines {
			key += strings.Join(l.norm, "\x00") + "\n"
		}
	}
	t := s.targets[key]
	if t == nil {
		t = &target{key: key, tools: map[string][]string{}}
		s.targets[key] = t
		s.keys = append(s.keys, key)
	}
	t.jobs = append(t.jobs, j)
	t.lines = append(t.lines, lines...)
	t.wall += j.Own
	t.cpu += j.CPU
	for _, f := range j.Inputs.Files {
		s.reads[f.Path] = true
	}
	if j.Recipe != 0 {
		s.ofRecipe[j.Recipe] = key
	}
}

// program adds a run of a program.
func (s *side) program(p *graph.Program) {
	key := ""
	if p.Recipe != 0 {
		key = s.ofRecipe[p.Recipe]
	}
	if t := s.targets[key]; t != nil && key != "" {
		t.tools[p.Name] = append(t.tools[p.Name], s.n.path(p.Exe))
	}
	args := s.args(p)
	norm := s.n.words(args, p.PIDs)
	s.programs = append(s.programs, program{Program: p, target: key, like: fingerprint(norm)})
}

// args are the arguments of a program that count: how many jobs a build tool runs
// does not.
func (s *side) args(p *graph.Program) []string {
	argv := s.Account.Argv(p.Argv)
	if len(argv) == 0 {
		return nil
	}
	if p.Tool {
		return withoutJobs(argv[1:])
	}
	return argv[1:]
}

// whole tells of the build as a whole.
func (s *side) whole() Side {
	m := s.Account.Meta
	recipes := 0
	for i := range s.Account.Jobs {
		if s.Account.Jobs[i].Recipe != 0 {
			recipes++
		}
	}
	return Side{
		Recipes: recipes, Command: m.Command, Root: m.Root, Host: m.Host, ExitCode: m.ExitCode, Unended: s.Account.Unended, Complete: m.Complete, Why: m.Why,
		Targets: len(s.targets), Programs: len(s.programs), Wall: s.Account.Wall, CPU: s.Account.CPU,
		Failed: s.failures(),
	}
}

// failures are the recipes that failed. One that ran a build tool failed because of
// what that ran, where that is known.
func (s *side) failures() []Failure {
	ranTool := map[uint32]bool{}
	for i := range s.Account.Programs {
		if p := &s.Account.Programs[i]; p.Tool && p.Recipe != 0 {
			ranTool[p.Recipe] = true
		}
	}
	var own, all []Failure
	for _, key := range s.keys {
		t := s.targets[key]
		last := t.jobs[len(t.jobs)-1]
		if last.Recipe == 0 || !t.failed() {
			continue
		}
		f := Failure{t.name(), t.exit()}
		all = append(all, f)
		if !ranTool[last.Recipe] {
			own = append(own, f)
		}
	}
	if len(own) == 0 {
		own = all
	}
	slices.SortStableFunc(own, func(a, b Failure) int { return strings.Compare(a.Name, b.Name) })
	return own
}

// show is a target as one that the other build did not make.
func (t *target) show() Target {
	j := t.jobs[0]
	r := Target{Name: j.Name, Recipe: j.Recipe != 0, Runs: len(t.jobs)}
	if j.Name == "" {
		var words []string
		for _, l := range t.lines[:len(j.Lines)] { // those of its other runs are alike
			words = append(words, l.words...)
		}
		r.Command = strings.Join(words, " ")
	}
	return r
}

// name is the target's name, or its command where it has none.
func (t *target) name() string {
	s := t.show()
	return cmp.Or(s.Name, s.Command)
}

var (
	shells    = regexp.MustCompile(`^(ba|da|a|k|z)?sh$`)
	shellFlag = regexp.MustCompile(`^-[a-z]*c$`)
)

// isScript reports whether a command line is a script that a build tool gave to a
// shell. Its words are cut at blanks: whether make ran a line itself or left it to a
// shell is no difference.
func isScript(argv []string) bool {
	return len(argv) == 3 && shells.MatchString(path.Base(argv[0])) && shellFlag.MatchString(argv[1])
}
