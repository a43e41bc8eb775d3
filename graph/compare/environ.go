package compare

import (
	"iter"
	"regexp"
	"slices"
	"strings"

	"buildgraph/store"
)

// The reasons for which variables are not shown: they differ from run to run and
// from terminal to terminal, and hardly a build asks for them.
const (
	hiddenShell   = "shell"   // the shell's own account of where it is
	hiddenMake    = "make"    // what make tells its children of themselves
	hiddenSession = "session" // the login, the terminal
)

var hiddenNames = map[string]string{
	"PWD": hiddenShell, "OLDPWD": hiddenShell, "_": hiddenShell, "SHLVL": hiddenShell,
	"MAKELEVEL": hiddenMake, "MAKE_TERMOUT": hiddenMake, "MAKE_TERMERR": hiddenMake, "MFLAGS": hiddenMake, "MAKEOVERRIDES": hiddenMake,
	"COLUMNS": hiddenSession, "LINES": hiddenSession, "COLORTERM": hiddenSession, "LS_COLORS": hiddenSession,
	"WINDOWID": hiddenSession, "DISPLAY": hiddenSession, "WAYLAND_DISPLAY": hiddenSession, "XAUTHORITY": hiddenSession,
	"DBUS_SESSION_BUS_ADDRESS": hiddenSession, "SESSION_MANAGER": hiddenSession, "INVOCATION_ID": hiddenSession,
	"JOURNAL_STREAM": hiddenSession, "MAIL": hiddenSession, "STY": hiddenSession, "GPG_AGENT_INFO": hiddenSession,
	"LESSOPEN": hiddenSession, "LESSCLOSE": hiddenSession, "SYSTEMD_EXEC_PID": hiddenSession, "HISTSIZE": hiddenSession,
}

// hiddenFamilies are variables of the session by how they begin.
var hiddenFamilies = regexp.MustCompile(`^(TERM|SSH_|SUDO_|XDG_SESSION_|XDG_SEAT|XDG_VTNR|TMUX|VTE_|GNOME_|KDE_|DESKTOP_|KONSOLE_|ITERM_|WT_)`)

func hidden(name, tag string) string {
	switch why := hiddenNames[name]; {
	case why != "":
		return why
	case tag != "" && name == tag:
		return hiddenMake
	case hiddenFamilies.MatchString(name):
		return hiddenSession
	}
	return ""
}

// variable is one variable as it is shown and as it is compared.
type variable struct {
	name, value, norm string
	hidden            string
}

// variableOf reads NAME=value; ok is false where it sets nothing that counts.
func (s *side) variableOf(text string) (variable, bool) {
	v, known := s.vars[text]
	if known {
		return v, v.name != ""
	}
	if name, value, found := strings.Cut(text, "="); found && name != "" {
		v = variable{name: name, value: value, hidden: hidden(name, s.Account.Meta.Tag)}
		switch name {
		case "MAKEFLAGS", "GNUMAKEFLAGS":
			// What is left of an empty one is one that is not set.
			v.value = makeFlags(value, s.Account.Meta.Tag)
			if v.value == "" {
				v = variable{}
			}
		}
		v.norm = s.n.word(v.value, nil)
	}
	s.vars[text] = v
	return v, v.name != ""
}

// makeFlags are make's flags as it hands them to the commands of recipes, without
// the number of jobs and what a capture added.
func makeFlags(value, tag string) string {
	words := slices.DeleteFunc(withoutJobs(splitFlags(value)), func(w string) bool {
		return tag != "" && strings.HasPrefix(w, "--eval=") && strings.Contains(w, tag)
	})
	if len(words) > 0 {
		switch {
		case words[0] == "-w", words[0] == "--print-directory":
			words = words[1:]
		case strings.Trim(words[0], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == "":
			// The single letters; w says that directories are printed, which makes
			// below another do by themselves.
			if words[0] = strings.ReplaceAll(words[0], "w", ""); words[0] == "" {
				words = words[1:]
			}
		}
	}
	if len(words) == 1 && words[0] == "--" {
		words = nil
	}
	return strings.Join(words, " ")
}

// splitFlags cuts flags into words.
func splitFlags(value string) []string {
	var words []string
	var last strings.Builder
	// Blanks within a word are behind a backslash (GNU make manual, "Options Passed
	// to Sub-makes").
	for i := 0; i <= len(value); i++ {
		switch {
		case i == len(value) || value[i] == ' ' || value[i] == '\t':
			if last.Len() > 0 {
				words = append(words, last.String())
			}
			last.Reset()
		case value[i] == '\\' && i+1 < len(value):
			last.WriteString(value[i : i+2])
			i++
		default:
			last.WriteByte(value[i])
		}
	}
	return words
}

// flagWords are the words of make's flags, none where it is not set; the "--" that
// stands before variables of the command line is left out.
func flagWords(value *string) []string {
	if value == nil {
		return nil
	}
	return slices.DeleteFunc(splitFlags(*value), func(w string) bool { return w == "--" })
}

// Flags are the differences between two values of MAKEFLAGS, by word, but for those
// that set variables which are in the environment as well (others holds them): a
// variable on make's command line is in both. ok is false for other variables.
func (v Variable) Flags(others []Variable) (parts []Hunk, ok bool) {
	if v.Name != "MAKEFLAGS" && v.Name != "GNUMAKEFLAGS" {
		return nil, false
	}
	left := func(words []string, of func(Variable) *string) []string {
		return slices.DeleteFunc(words, func(w string) bool {
			name, value, sets := strings.Cut(w, "=")
			return sets && slices.ContainsFunc(others, func(o Variable) bool {
				return o.Name == name && of(o) != nil && *of(o) == strings.ReplaceAll(value, `\ `, " ")
			})
		})
	}
	a := left(flagWords(v.A), func(o Variable) *string { return o.A })
	b := left(flagWords(v.B), func(o Variable) *string { return o.B })
	return hunks(a, b, a, b), true
}

// profile is an environment as it is compared. Those that are alike are one.
type profile struct{ vars []variable } // by name

// profileOf is the profile of an environment, nil for none.
func (s *side) profileOf(id store.EnvID) *profile {
	if id == 0 {
		return nil
	}
	if p, ok := s.envs[id]; ok {
		return p
	}
	s.envs[id] = s.intern(s.Account.Env(id))
	return s.envs[id]
}

func (s *side) intern(env iter.Seq[string]) *profile {
	var vars []variable
	for text := range env {
		if v, ok := s.variableOf(text); ok && (v.hidden == "" || s.o.All) {
			vars = append(vars, v)
		}
	}
	slices.SortStableFunc(vars, func(a, b variable) int { return strings.Compare(a.name, b.name) })
	vars = slices.CompactFunc(vars, func(a, b variable) bool { return a.name == b.name })
	var key strings.Builder
	for _, v := range vars {
		key.WriteString(v.name)
		key.WriteByte('=')
		key.WriteString(v.value)
		key.WriteByte(0)
	}
	p := s.profiles[key.String()]
	if p == nil {
		p = &profile{vars}
		s.profiles[key.String()] = p
	}
	return p
}

// variables are the differences between two environments, by name; of one that is
// not known nothing can be said.
func (c *comparison) variables(a, b *profile) []Variable {
	if a == nil || b == nil {
		return nil
	}
	key := [2]*profile{a, b}
	if known, ok := c.env[key]; ok {
		return known
	}
	var list []Variable
	i, j := 0, 0
	for i < len(a.vars) || j < len(b.vars) {
		switch {
		case j == len(b.vars) || i < len(a.vars) && a.vars[i].name < b.vars[j].name:
			list = append(list, Variable{Name: a.vars[i].name, A: &a.vars[i].value, Hidden: a.vars[i].hidden})
			i++
		case i == len(a.vars) || b.vars[j].name < a.vars[i].name:
			list = append(list, Variable{Name: b.vars[j].name, B: &b.vars[j].value, Hidden: b.vars[j].hidden})
			j++
		default:
			if a.vars[i].norm != b.vars[j].norm {
				list = append(list, Variable{Name: a.vars[i].name, A: &a.vars[i].value, B: &b.vars[j].value, Hidden: a.vars[i].hidden})
			}
			i++
			j++
		}
	}
	c.env[key] = list
	return list
}
