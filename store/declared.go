package store

import "fmt"

// DeclaredTool is a process of a build tool whose rules were asked for.
type DeclaredTool struct {
	Process ProcessID
	Set     uint32 // the rules it goes by; 0: not known
	Kind    string // "make", "ninja"
	Dir     string // where it worked, canonical
	Failure string // why its rules are not known, "" when they are
}

// DeclaredSet is the rules that one or several runs of a tool went by.
type DeclaredSet struct {
	ID        uint32
	Makefiles []string // canonical paths
	Serial    bool     // the tool runs one recipe at a time, in order
	Goal      string   // what is made when no goal is named
}

// DeclaredName is a name that rules use, and the file it means.
type DeclaredName struct {
	ID   uint32
	Name string
	Path string // canonical; "" where no file is meant
}

// DeclaredRule is one target of one rule. What it names are IDs of DeclaredName.
type DeclaredRule struct {
	ID, Set   uint32
	Target    uint32
	Prereqs   []uint32 // normal ones
	OrderOnly []uint32
	Waits     []uint32 // those among them before which all earlier ones must be made
	Also      []uint32 // other targets made by the same run of the recipe
	Flags     DeclaredFlags
	Stem      string
	Makefile  uint32 // where the recipe is, 0: not known
	Line      int
}

// DeclaredFlags says more about a rule.
type DeclaredFlags uint32

// What can be said of a rule. They are the bits of declared_rule.flags.
const (
	DeclaredRecipe DeclaredFlags = 1 << iota
	DeclaredEmptyRecipe
	DeclaredPhony
	DeclaredDoubleColon
	DeclaredImplicit
	DeclaredIntermediate
	DeclaredSecondary
	DeclaredPrecious
	DeclaredBuiltin
)

// Declared is what the build tools of a trace declare.
type Declared struct {
	Tools []DeclaredTool
	Sets  []DeclaredSet
	Names []DeclaredName
	Rules []DeclaredRule
}

// declaredTables are made when there is something to keep in them: most traces
// that are not of a build tool stay as small as they are.
var declaredTables = []string{
	`CREATE TABLE IF NOT EXISTS declared_set ( -- the rules that one or several runs of a build tool went by
  id        INTEGER PRIMARY KEY,
  makefiles TEXT NOT NULL,          -- what it read as such: JSON array of canonical paths
  serial    INTEGER NOT NULL,       -- 1: one recipe at a time, in order (.NOTPARALLEL)
  goal      TEXT NOT NULL           -- what is made when no goal is named
) STRICT`,
	`CREATE TABLE IF NOT EXISTS declared_tool ( -- a build tool whose rules were asked for
  process INTEGER PRIMARY KEY REFERENCES process,
  rules   INTEGER REFERENCES declared_set, -- NULL: not known
  kind    TEXT NOT NULL,            -- 'make' or 'ninja'
  dir     TEXT NOT NULL,            -- where it worked
  failure TEXT NOT NULL             -- why the rules are not known, '' when they are
) STRICT`,
	`CREATE TABLE IF NOT EXISTS declared_name ( -- names that rules use
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL,               -- as the tool has it
  path TEXT                         -- the file, absolute, canonical; NULL: none is meant (phony)
) STRICT`,
	`CREATE TABLE IF NOT EXISTS declared_rule ( -- one target of one rule
  id         INTEGER PRIMARY KEY,
  rules      INTEGER NOT NULL REFERENCES declared_set,
  target     INTEGER NOT NULL REFERENCES declared_name,
  prereqs    TEXT NOT NULL,         -- JSON array of declared_name.id
  order_only TEXT NOT NULL,         -- likewise
  waits      TEXT NOT NULL,         -- likewise: those with .WAIT before them
  also       TEXT NOT NULL,         -- likewise: other targets of the same run
  flags      INTEGER NOT NULL,      -- 1 recipe 2 empty 4 phony 8 double-colon 16 implicit 32 intermediate 64 secondary 128 precious 256 built-in
  stem       TEXT,                  -- what % stood for
  makefile   INTEGER REFERENCES declared_name, -- where the recipe is
  line       INTEGER                -- its first line
) STRICT`,
}

var declaredIndexes = []string{
	`CREATE INDEX declared_rule_target ON declared_rule (target)`,
	`CREATE INDEX declared_name_path ON declared_name (path)`,
}

// AnnotateDeclared keeps in a finished trace what its build tools declare, in
// place of what an earlier call kept. It is one transaction and leaves one file. A
// caller with another identity than the trace's owner's gives the owner's.
func AnnotateDeclared(path string, d *Declared, as ...Identity) error {
	return annotateAs("declared rules", path, as, func(c conn) error {
		if err := c.run("DROP INDEX IF EXISTS declared_rule_target", "DROP INDEX IF EXISTS declared_name_path"); err != nil {
			return err
		}
		if err := c.run(declaredTables...); err != nil {
			return err
		}
		if err := c.run("DELETE FROM declared_rule", "DELETE FROM declared_tool", "DELETE FROM declared_set", "DELETE FROM declared_name"); err != nil {
			return err
		}
		if err := insertDeclared(c, d); err != nil {
			return err
		}
		return c.run(declaredIndexes...)
	})
}

func insertDeclared(c conn, d *Declared) error {
	err := insertAll(c, "declared_set", 4, d.Sets, func(a *args, n int, s *DeclaredSet) {
		a.int(n, int64(s.ID))
		a.text(n+1, string(appendJSONStrings(nil, s.Makefiles)))
		a.bool(n+2, s.Serial)
		a.text(n+3, s.Goal)
	})
	if err != nil {
		return err
	}
	err = insertAll(c, "declared_tool", 5, d.Tools, func(a *args, n int, t *DeclaredTool) {
		a.int(n, int64(t.Process))
		a.orNull(n+1, int64(t.Set))
		a.text(n+2, t.Kind)
		a.text(n+3, t.Dir)
		a.text(n+4, t.Failure)
	})
	if err != nil {
		return err
	}
	err = insertAll(c, "declared_name", 3, d.Names, func(a *args, n int, s *DeclaredName) {
		a.int(n, int64(s.ID))
		a.text(n+1, s.Name)
		a.textOrNull(n+2, s.Path)
	})
	if err != nil {
		return err
	}
	return insertAll(c, "declared_rule", 11, d.Rules, func(a *args, n int, r *DeclaredRule) {
		a.int(n, int64(r.ID))
		a.int(n+1, int64(r.Set))
		a.int(n+2, int64(r.Target))
		for i, ids := range [][]uint32{r.Prereqs, r.OrderOnly, r.Waits, r.Also} {
			a.text(n+3+i, string(appendJSONIDs(nil, ids)))
		}
		a.int(n+7, int64(r.Flags))
		a.textOrNull(n+8, r.Stem)
		a.orNull(n+9, int64(r.Makefile))
		a.orNull(n+10, int64(r.Line))
	})
}

// insertAll writes all rows of one table.
func insertAll[T any](c conn, table string, width int, rows []T, fill func(*args, int, *T)) error {
	in := newInserter(c, "INSERT INTO "+table, "", width, 16)
	defer in.close()
	for i := range rows {
		a, n := in.row()
		fill(a, n, &rows[i])
		if err := in.done(); err != nil {
			return err
		}
	}
	return in.flush()
}

var (
	declaredSetTable = table[DeclaredSet]{name: "declared_set", columns: "id, makefiles, serial, goal", width: 4, decode: func(r *row) DeclaredSet {
		return DeclaredSet{ID: r.id(0), Makefiles: r.strings(1), Serial: r.bool(2), Goal: r.text(3)}
	}}
	declaredToolTable = table[DeclaredTool]{name: "declared_tool", columns: "process, rules, kind, dir, failure", width: 5, decode: func(r *row) DeclaredTool {
		return DeclaredTool{Process: ProcessID(r.id(0)), Set: r.id(1), Kind: r.text(2), Dir: r.text(3), Failure: r.text(4)}
	}}
	declaredNameTable = table[DeclaredName]{name: "declared_name", columns: "id, name, path", width: 3, decode: func(r *row) DeclaredName {
		return DeclaredName{ID: r.id(0), Name: r.text(1), Path: r.text(2)}
	}}
	declaredRuleTable = table[DeclaredRule]{
		name:    "declared_rule",
		columns: "id, rules, target, prereqs, order_only, waits, also, flags, stem, makefile, line", width: 11, decode: decodeDeclaredRule,
	}
)

func decodeDeclaredRule(r *row) DeclaredRule {
	return DeclaredRule{
		ID: r.id(0), Set: r.id(1), Target: r.id(2), Prereqs: r.ids(3), OrderOnly: r.ids(4), Waits: r.ids(5), Also: r.ids(6),
		Flags: DeclaredFlags(r.id(7)), Stem: r.text(8), Makefile: r.id(9), Line: r.small(10),
	}
}

// ids reads a JSON array of ids.
func (r *row) ids(i int) []uint32 {
	text := r.text(i)
	if text == "[]" {
		return nil
	}
	ids, err := parseJSONIDs(text)
	if err != nil {
		r.wrong(i)
	}
	return ids
}

// HasDeclared reports whether AnnotateDeclared was run on the trace.
func (r *Reader) HasDeclared() bool { return r.declared }

// Declared gives what the build tools declare, each list by its key; nothing where
// that was not kept.
func (r *Reader) Declared() (*Declared, error) {
	d := &Declared{}
	if !r.declared {
		return d, nil
	}
	var err error
	if d.Tools, err = list(r, &declaredToolTable, "SELECT "+declaredToolTable.columns+" FROM declared_tool ORDER BY process"); err != nil {
		return nil, err
	}
	if d.Sets, err = list(r, &declaredSetTable, "SELECT "+declaredSetTable.columns+" FROM declared_set ORDER BY id"); err != nil {
		return nil, err
	}
	if d.Names, err = list(r, &declaredNameTable, "SELECT "+declaredNameTable.columns+" FROM declared_name ORDER BY id"); err != nil {
		return nil, err
	}
	if d.Rules, err = list(r, &declaredRuleTable, "SELECT "+declaredRuleTable.columns+" FROM declared_rule ORDER BY id"); err != nil {
		return nil, err
	}
	return d, d.check(r.path)
}

// check makes sure that ids lead somewhere: a damaged trace can hold anything.
func (d *Declared) check(path string) error {
	for i, n := range d.Names {
		if n.ID != uint32(i+1) {
			return damaged(path, "the rows of declared_name are not numbered on", nil)
		}
	}
	for i, s := range d.Sets {
		if s.ID != uint32(i+1) {
			return damaged(path, "the rows of declared_set are not numbered on", nil)
		}
	}
	for _, t := range d.Tools {
		if int(t.Set) > len(d.Sets) {
			return damaged(path, fmt.Sprintf("there are no rules %d", t.Set), nil)
		}
	}
	for i := range d.Rules {
		r := &d.Rules[i]
		bad := r.Set == 0 || int(r.Set) > len(d.Sets) || r.Target == 0 || int(r.Target) > len(d.Names) || int(r.Makefile) > len(d.Names)
		for _, ids := range [][]uint32{r.Prereqs, r.OrderOnly, r.Waits, r.Also} {
			for _, id := range ids {
				bad = bad || id == 0 || int(id) > len(d.Names)
			}
		}
		if bad {
			return damaged(path, fmt.Sprintf("rule %d names what is not there", r.ID), nil)
		}
	}
	return nil
}
