package graph

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"buildgraph/store"
)

// EventFilterOptions say which events are wanted. The zero value wants those that
// most people do.
type EventFilterOptions struct {
	All         bool     // every kind, and the kernel's own file systems too
	Events      []string // only these kinds, by name; "all": every kind
	Comm        []string // only of programs of these names: shell patterns
	Path        []string // only what is about these files: see [NewEventFilter]
	MinDuration int64    // only of processes that lived at least so long, ns
	Failed      bool     // only of processes that ended with another status than 0, or by a signal
	Root        string   // the capture root, absolute
}

// EventFilter chooses among the events of a build.
type EventFilter struct {
	o     EventFilterOptions
	kinds uint64 // bits 1<<kind
	comm  []*regexp.Regexp
	base  []*regexp.Regexp // of the last component of a path
	whole []*regexp.Regexp
	root  string // with a slash at its end
}

// quietKinds are most of all events, and are shown when asked for.
const quietKinds = 1<<store.EventFork | 1<<store.EventStat | 1<<store.EventMiss

const allKinds = 1<<store.EventKinds - 1

// NewEventFilter makes a filter.
//
// In patterns "*" stands for any text, also with slashes in it, "?" for one
// character but a slash, "[a-z]" for one of a set. A path pattern without a slash
// is compared with the last component of a path, any other with the path as it is
// below the capture root, and with the absolute one; "DIR/" is all below DIR.
// Without a path pattern what is in /dev, /proc and /sys is left out, and so are pipes,
// sockets and the like (anon_inode).
func NewEventFilter(o EventFilterOptions) (*EventFilter, error) {
	f := &EventFilter{o: o, kinds: allKinds &^ quietKinds}
	f.setRoot(o.Root)
	if o.All {
		f.kinds = allKinds
	}
	if len(o.Events) > 0 {
		f.kinds = 0
	}
	for _, name := range o.Events {
		kind, ok := store.EventKindNamed(name)
		switch {
		case strings.EqualFold(name, "all"):
			f.kinds = allKinds
		case !ok:
			return nil, fmt.Errorf("%q: no such event; there are all, %s", name, strings.Join(EventNames(), ", "))
		default:
			f.kinds |= 1 << kind
		}
	}
	for _, p := range o.Comm {
		if !strings.ContainsAny(p, `*?[\`) {
			p = store.Comm(p, "", "")
		}
		if err := appendPattern(&f.comm, p); err != nil {
			return nil, err
		}
	}
	for _, p := range o.Path {
		list := &f.base
		if strings.Contains(p, "/") {
			list = &f.whole
			p = strings.TrimPrefix(p, "./")
			if strings.HasSuffix(p, "/") {
				p += "*"
			}
		}
		if err := appendPattern(list, p); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// In is the same filter for the events of a build below another capture root.
func (f *EventFilter) In(root string) *EventFilter {
	in := *f
	in.setRoot(root)
	return &in
}

func (f *EventFilter) setRoot(root string) {
	f.o.Root, f.root = root, strings.TrimSuffix(root, "/")+"/"
}

// EventNames lists the names of all kinds of event, in small letters.
func EventNames() []string {
	var names []string
	for k := store.EventKind(1); k < store.EventKinds; k++ {
		names = append(names, strings.ToLower(k.String()))
	}
	slices.Sort(names)
	return names
}

func appendPattern(list *[]*regexp.Regexp, pattern string) error {
	re, err := shellPattern(pattern)
	if err != nil {
		return fmt.Errorf("%q: not a pattern: %w", pattern, err)
	}
	*list = append(*list, re)
	return nil
}

// Kind says whether events of this kind are wanted at all.
func (f *EventFilter) Kind(k store.EventKind) bool { return f.kinds>>k&1 != 0 }

// AboutProcesses says whether it matters how the process of an event ended.
func (f *EventFilter) AboutProcesses() bool { return f.o.Failed || f.o.MinDuration > 0 }

// Lived says whether the events of a process are wanted that did not end before
// time t: 0 for one that outlived the build, and that was long enough.
func (f *EventFilter) Lived(start, t int64) bool {
	return t == 0 || f.o.MinDuration == 0 || t-start >= f.o.MinDuration
}

// Ended says whether the events of a process are wanted; end is 0 for one that
// outlived the build.
func (f *EventFilter) Ended(start, end int64, exitCode, signal int) bool {
	return f.Lived(start, end) && (!f.o.Failed || end != 0 && (exitCode != 0 || signal != 0))
}

// Failed says whether only processes are wanted that failed.
func (f *EventFilter) Failed() bool { return f.o.Failed }

// Comm says whether a program is wanted.
func (f *EventFilter) Comm(comm string) bool {
	return len(f.comm) == 0 || anyMatch(f.comm, comm)
}

// Match says whether an event is wanted, for all that is known when it happens.
func (f *EventFilter) Match(e *store.Event) bool {
	return f.Kind(e.Kind) && f.Comm(e.Comm) && f.paths(e)
}

// paths looks at the names that an event is about.
func (f *EventFilter) paths(e *store.Event) bool {
	narrow := len(f.o.Path) > 0
	switch e.Kind {
	case store.EventFork, store.EventExit:
		return !narrow
	case store.EventExec:
		return !narrow || f.Path(e.Path) || f.Path(e.Other)
	case store.EventRename, store.EventExchange, store.EventLink, store.EventCopy:
		return f.Path(e.Path) || f.Path(e.Other)
	}
	return f.Path(e.Path)
}

// Path says whether what is done to a file is wanted.
func (f *EventFilter) Path(name string) bool {
	if len(f.o.Path) == 0 {
		return f.o.All || !kernelFile(name)
	}
	if anyMatch(f.base, path.Base(name)) || anyMatch(f.whole, name) {
		return true
	}
	below, ok := strings.CutPrefix(name, f.root)
	return ok && anyMatch(f.whole, below)
}

// kernelFile says whether a name is of the kernel's own file systems, "pipe:[12]" and
// the like too.
func kernelFile(name string) bool {
	for _, kind := range [...]string{"pipe:[", "socket:[", "anon_inode:"} {
		if strings.HasPrefix(name, kind) {
			return true
		}
	}
	for _, dir := range [...]string{"/dev", "/proc", "/sys"} {
		if strings.HasPrefix(name, dir) && (len(name) == len(dir) || name[len(dir)] == '/') {
			return true
		}
	}
	return false
}

func anyMatch(list []*regexp.Regexp, s string) bool {
	for _, re := range list {
		if re.MatchString(s) {
			return true
		}
	}
	return false
}

// shellPattern turns a pattern into a regular expression for the whole of a name.
func shellPattern(pattern string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString(`(?s)^`)
	for rest := pattern; rest != ""; {
		c, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
		switch {
		case c == '*' && strings.HasPrefix(rest, "*/"):
			b.WriteString(`(?:.*/)?`) // also no directory at all
			rest = rest[2:]
		case c == '*':
			b.WriteString(`.*`)
			rest = strings.TrimLeft(rest, "*")
		case c == '?':
			b.WriteString(`[^/]`)
		case c == '[':
			set, after, ok := bracket(rest)
			if !ok {
				return nil, fmt.Errorf(`"[" without "]"`)
			}
			b.WriteString(set)
			rest = after
		case c == '\\' && rest != "":
			c, size = utf8.DecodeRuneInString(rest)
			rest = rest[size:]
			b.WriteString(literal(c))
		default:
			b.WriteString(literal(c))
		}
	}
	b.WriteString(`$`)
	return regexp.Compile(b.String())
}

// literal is one character of a name. A byte that is not UTF-8 cannot be said in a
// regular expression: any such byte will do, and any letter that is not ASCII.
func literal(c rune) string {
	if c == utf8.RuneError {
		return `[^\x00-\x7f]`
	}
	return regexp.QuoteMeta(string(c))
}

// bracket reads a set behind its "[".
func bracket(s string) (set, rest string, ok bool) {
	not := ""
	if s != "" && (s[0] == '!' || s[0] == '^') {
		not, s = "^", s[1:]
	}
	end := strings.IndexByte(s[min(1, len(s)):], ']') // one at the beginning is of the set
	if end < 0 {
		return "", "", false
	}
	end++
	inner := strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `^`, `\^`, `&`, `\&`).Replace(s[:end])
	return "[" + not + inner + "]", s[end+1:], true
}
