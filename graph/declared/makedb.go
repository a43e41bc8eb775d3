package declared

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// database is what make -p prints, as far as it matters here (GNU make 4.x:
// print_data_base in main.c, print_file in file.c). Names are printed as they are,
// without quotes; entries are told apart by the comments that follow each.
type database struct {
	entries   []entry
	makefiles string // value of MAKEFILE_LIST
	goal      string // value of .DEFAULT_GOAL
	whole     bool   // printed to its end
	tried     bool   // at least one file was considered: the makefiles had been read
}

// entry is one file of the database.
type entry struct {
	name    string
	prereqs string // as printed
	also    string
	stem    string
	file    string // where the recipe is
	line    int

	target, doubleColon, phony, precious, intermediate, secondary, builtin bool
	searched                                                               bool // an implicit rule was looked for
	recipe, empty                                                          bool // there is one; it is empty
	builtinRecipe                                                          bool
}

// dbReader goes through the lines of make's output.
type dbReader struct {
	db     database
	state  func(*dbReader, string)
	prev   [2]string // the last line, and the one before it
	depth  int       // of define within define
	ended  bool      // the last line was an endef
	prefix byte      // of recipe lines
	goesOn bool      // the last recipe line ended in a backslash
	block  bool      // the last line was one of an entry's comments
}

// maxLine bounds a line of the database, bytes. Lists of prerequisites are long.
const maxLine = 256 << 20

var errLineTooLong = errors.New("make's database has a line beyond all bounds")

// readDatabase reads the last database that make printed: those of makes that it
// ran itself come before.
func readDatabase(r io.Reader) (*database, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	d := &dbReader{state: (*dbReader).outside}
	var long []byte
	for {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if long = append(long, text...); len(long) > maxLine {
				return nil, errLineTooLong
			}
			continue
		}
		if len(long) > 0 {
			text = append(long, text...)
			long = nil
		}
		if len(text) > 0 {
			line := string(trimNewline(text))
			d.state(d, line)
			d.prev = [2]string{line, d.prev[0]}
		}
		if errors.Is(err, io.EOF) {
			return &d.db, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func trimNewline(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		return b[:n-1]
	}
	return b
}

// outside is before the database, in what make and its children print.
func (d *dbReader) outside(line string) {
	if strings.HasPrefix(line, "# Make data base, printed on ") {
		d.db = database{}
		d.prefix, d.depth, d.ended, d.goesOn, d.block = '\t', 0, false, false, false
		d.state = (*dbReader).variables
	}
}

// variables is in the sections before the files. The value of a variable can look
// like anything between its define and its endef.
func (d *dbReader) variables(line string) {
	word := firstWord(line)
	if d.depth > 0 {
		switch {
		case d.ended && isOrigin(line): // whatever the value had made of it
			d.depth = 0
		case word == "define", word == "override" && strings.Contains(line, "define "):
			d.depth++
		case word == "endef":
			d.depth--
		}
		d.ended = word == "endef"
		return
	}
	switch {
	case word == "define" && isOrigin(d.prev[0]):
		d.depth = 1
	case line == "# Files":
		d.state = (*dbReader).files
	case strings.HasPrefix(line, "MAKEFILE_LIST := "):
		d.db.makefiles = undollar(line[len("MAKEFILE_LIST := "):])
	case strings.HasPrefix(line, ".DEFAULT_GOAL := "):
		d.db.goal = undollar(line[len(".DEFAULT_GOAL := "):])
	}
}

func firstWord(line string) string {
	line = strings.TrimLeft(line, " \t")
	if i := strings.IndexAny(line, " \t"); i >= 0 {
		return line[:i]
	}
	return line
}

// undollar undoes the doubling of dollars in the value of a simple variable.
func undollar(s string) string { return strings.ReplaceAll(s, "$$", "$") }

// isOrigin reports whether a line says where a variable comes from.
func isOrigin(line string) bool {
	text, ok := strings.CutPrefix(line, "# ")
	if !ok {
		return false
	}
	for _, origin := range []string{"automatic", "default", "environment", "makefile", "command line", "'override' directive"} {
		if text == origin || strings.HasPrefix(text, origin+" (from ") || strings.HasPrefix(text, origin+" private") || strings.HasPrefix(text, origin+" under -e") {
			return true
		}
	}
	return false
}

// The first comment of an entry is one of these; the line before it is the rule.
var firstComments = []string{
	"#  Precious file", "#  Phony target", "#  Command line target", "#  A default, MAKEFILES,",
	"#  Builtin rule", "#  Implicit rule search has ",
}

// files is in the section of files: entries of the form
//
//	# Not a target:
//	NAME: PREREQUISITES | ORDER-ONLY
//	#  comments
//	# variables
//	#  recipe to execute (from 'Makefile', line 3):
//	<tab>recipe
func (d *dbReader) files(line string) {
	switch {
	case strings.HasPrefix(line, "# files hash-table stats:"):
		d.state = (*dbReader).after
	case strings.HasPrefix(line, ".RECIPEPREFIX = ") && !d.block:
		d.prefix = '\t'
		if len(line) > len(".RECIPEPREFIX = ") {
			d.prefix = line[len(".RECIPEPREFIX = ")]
		}
	case !strings.HasPrefix(line, "#  "):
		d.block = false
	case !d.block && hasPrefixOf(line, firstComments):
		d.begin(d.prev[0], d.prev[1])
		d.block = true
		d.comment(line)
	default:
		d.comment(line)
	}
}

func (d *dbReader) after(line string) {
	if strings.HasPrefix(line, "# Finished Make data base on ") {
		d.db.whole = true
		d.state = (*dbReader).outside
	}
}

func hasPrefixOf(line string, list []string) bool {
	for _, p := range list {
		if strings.HasPrefix(line, p) {
			return true
		}
	}
	return false
}

// begin makes an entry of the line of its rule and the line before that.
func (d *dbReader) begin(rule, before string) {
	e := entry{target: before != "# Not a target:"}
	e.name, e.prereqs, e.doubleColon = splitRule(rule)
	d.db.entries = append(d.db.entries, e)
}

// splitRule cuts "NAME: PREREQUISITES". A name can hold colons: that of the rule
// is the first one before a blank or the end.
func splitRule(line string) (name, prereqs string, doubleColon bool) {
	for i := 0; i < len(line); i++ {
		if line[i] != ':' || i == 0 {
			continue
		}
		rest := line[i+1:]
		switch {
		case rest == "", rest[0] == ' ':
			return line[:i], strings.TrimPrefix(rest, " "), false
		case rest == ":", strings.HasPrefix(rest, ": "):
			return line[:i], strings.TrimPrefix(rest[1:], " "), true
		}
	}
	return line, "", false
}

// comment reads one of the comments about the latest entry.
func (d *dbReader) comment(line string) {
	if len(d.db.entries) == 0 {
		return
	}
	e := &d.db.entries[len(d.db.entries)-1]
	text := strings.TrimPrefix(line, "#  ")
	switch {
	case strings.HasPrefix(text, "Precious file"):
		e.precious = true
	case strings.HasPrefix(text, "Phony target"):
		e.phony = true
	case strings.HasPrefix(text, "Builtin rule"):
		e.builtin = true
	case strings.HasPrefix(text, "File is an intermediate"):
		e.intermediate = true
	case strings.HasPrefix(text, "File is secondary"):
		e.secondary = true
	case text == "Implicit rule search has been done.":
		e.searched = true
	case strings.HasPrefix(text, "Implicit/static pattern stem: '"):
		e.stem = strings.TrimSuffix(text[len("Implicit/static pattern stem: '"):], "'")
	case strings.HasPrefix(text, "Also makes: "):
		e.also = text[len("Also makes: "):]
	case text == "File has been updated.", text == "Successfully updated.", text == "Failed to be updated.":
		// A makefile that is only looked for is no target.
		d.db.tried = d.db.tried || e.target || e.prereqs != ""
	case strings.HasPrefix(text, "recipe to execute (") || strings.HasPrefix(text, "commands to execute ("):
		e.recipe, e.empty = true, true
		e.file, e.line, e.builtinRecipe = splitPlace(text)
		d.state = (*dbReader).recipe
		d.goesOn = false
	}
}

// splitPlace reads "recipe to execute (from 'Makefile', line 3):" or "... (built-in):".
func splitPlace(text string) (file string, line int, builtin bool) {
	_, place, _ := strings.Cut(text, "(")
	place, ok := strings.CutPrefix(place, "from '")
	i := strings.LastIndex(place, "', line ")
	if !ok || i < 0 {
		return "", 0, true
	}
	number, _, _ := strings.Cut(place[i+len("', line "):], ")")
	line, err := strconv.Atoi(number)
	if err != nil || line < 0 {
		line = 0
	}
	return place[:i], line, false
}

// recipe is in the recipe of the latest entry: lines that begin with the prefix,
// and those that a backslash continues, which can look like anything.
func (d *dbReader) recipe(line string) {
	if !d.goesOn && (line == "" || line[0] != d.prefix) {
		d.state = (*dbReader).files
		d.block = false
		d.files(line)
		return
	}
	e := &d.db.entries[len(d.db.entries)-1]
	e.empty = e.empty && strings.Trim(line, string(d.prefix)+" \t@+-") == ""
	bars := len(line) - len(strings.TrimRight(line, `\`))
	d.goesOn = bars%2 == 1
}
