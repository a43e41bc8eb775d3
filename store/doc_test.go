package store

import (
	"database/sql/driver"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

const docPath = "../docs/trace-format.md"

// writeBuild writes the trace of "make prog": two compilations and a link.
func writeBuild(t testing.TB, path string) {
	t.Helper()
	meta := exampleMeta()
	meta.Root = "/src"
	w, err := Create(path, CreateOptions{Meta: meta, UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	ino := uint64(0)
	file := func(path string) FileID {
		ino++
		return w.File(path, 1, ino, 0, KindRegular)
	}
	header, gcc := file("/src/util.h"), file("/usr/bin/gcc")
	absent := w.File("/usr/local/include/util.h", 0, 0, 0, KindAbsent)
	prog := file("/src/prog")
	w.Process(Process{ID: 1, PID: 100, Start: 0, End: 9e9})
	w.Exec(Exec{ID: 1, Process: 1, Argv: w.Argv([]byte("make\x00prog\x00")), Start: 0, End: 9e9})
	var objects []FileID
	for i, name := range []string{"main", "util"} {
		source, object := file("/src/"+name+".c"), file("/src/"+name+".o")
		objects = append(objects, object)
		id, start := ExecID(i+2), int64(1e9*(i+1))
		w.Process(Process{ID: ProcessID(id), Parent: 1, ForkedBy: 1, PID: 101 + i, Start: start, End: start + 5e8})
		argv := w.Argv([]byte("gcc\x00-c\x00" + name + ".c\x00"))
		w.Exec(Exec{ID: id, Process: ProcessID(id), Seq: 1, Exe: gcc, Argv: argv, Start: start, End: start + 5e8*int64(i+1)})
		for _, read := range []FileID{source, header} {
			w.Access(Access{Exec: id, File: read, Kinds: AccessRead, Count: 1, First: start, Last: start, FirstRead: start})
		}
		w.Access(Access{Exec: id, File: absent, Kinds: AccessAbsent, Count: int64(i + 1), First: start, Last: start})
		w.Access(Access{Exec: id, File: object, Kinds: AccessWrite | AccessCreate, Count: 1, First: start + 1, Last: start + 1, FirstWrite: start + 1, LastWrite: start + 2})
	}
	w.Process(Process{ID: 4, Parent: 1, ForkedBy: 1, PID: 103, Start: 3e9, End: 4e9})
	w.Exec(Exec{
		ID: 4, Process: 4, Seq: 1, Exe: gcc, Argv: w.Argv([]byte("gcc\x00-o\x00prog\x00main.o\x00util.o\x00")),
		Env: w.Env([]byte("PATH=/bin\x00BG_T=prog\x00")), Start: 3e9, End: 3e9 + 1e8,
	})
	for _, o := range objects {
		w.Access(Access{Exec: 4, File: o, Kinds: AccessRead, Count: 1, First: 3e9, Last: 3e9, FirstRead: 3e9})
	}
	w.Access(Access{Exec: 4, File: prog, Kinds: AccessWrite, Count: 1, First: 3e9, Last: 3e9, FirstWrite: 3e9, LastWrite: 3e9})
	w.Op(Op{Seq: 1, Exec: 4, Time: 3e9, Kind: OpChmod, File: prog, Detail: "755"})
	w.Syscalls([]Syscall{
		{Program: "gcc", ABI: "amd64", Number: 89, Calls: 60, Errors: 50}, {Program: "gcc", ABI: "amd64", Number: 0, Calls: 40},
		{Program: "make", ABI: "amd64", Number: 257, Calls: 4, Errors: 1},
	})
	if err := w.Finish(meta); err != nil {
		t.Fatal(err)
	}
	recipes := []Recipe{
		{ID: 1, Tool: 1, Target: "main.o", Dir: "/src", How: "tag"}, {ID: 2, Tool: 1, Target: "util.o", Dir: "/src", How: "tag"},
		{ID: 3, Tool: 1, Target: "prog", Dir: "/src", How: "tag"},
	}
	if err := Annotate(path, recipes, map[ProcessID]uint32{2: 1, 3: 2, 4: 3}); err != nil {
		t.Fatal(err)
	}
	if err := AnnotateDeclared(path, buildDeclared()); err != nil {
		t.Fatal(err)
	}
}

// buildDeclared is what make says of that build: the header is forgotten.
func buildDeclared() *Declared {
	d := &Declared{
		Sets:  []DeclaredSet{{ID: 1, Makefiles: []string{"/src/Makefile"}, Goal: "prog"}},
		Tools: []DeclaredTool{{Process: 1, Set: 1, Kind: "make", Dir: "/src"}},
	}
	for i, name := range []string{"prog", "main.o", "util.o", "main.c", "util.c", "Makefile"} {
		d.Names = append(d.Names, DeclaredName{ID: uint32(i + 1), Name: name, Path: "/src/" + name})
	}
	d.Rules = []DeclaredRule{
		{ID: 1, Set: 1, Target: 1, Prereqs: []uint32{2, 3}, Flags: DeclaredRecipe, Makefile: 6, Line: 2},
		{ID: 2, Set: 1, Target: 2, Prereqs: []uint32{4}, Flags: DeclaredRecipe | DeclaredImplicit | DeclaredBuiltin, Stem: "main"},
		{ID: 3, Set: 1, Target: 3, Prereqs: []uint32{5}, Flags: DeclaredRecipe | DeclaredImplicit | DeclaredBuiltin, Stem: "util"},
	}
	return d
}

// The queries of the documentation do what it says.
func TestDocumentedQueries(t *testing.T) {
	doc, err := os.ReadFile(docPath)
	if err != nil {
		t.Fatal(err)
	}
	path := tracePath(t)
	writeBuild(t, path)
	want := [][]string{
		{"/src/main.c", "/src/util.h"},
		{"9.0|0|make prog", "1.0|0|gcc -c util.c", "0.5|0|gcc -c main.c", "0.1|0|gcc -o prog main.o util.o"},
		{"/usr/local/include/util.h|3|2"},
		{"PATH=/bin", "BG_T=prog"},
		{"101|gcc -c main.c|1", "101|gcc -c main.c|256", "102|gcc -c util.c|1", "102|gcc -c util.c|256"},
		{"gcc|50|50.0", "make|1|25.0"},
		{"/src/prog|main.o", "/src/prog|util.o"},
	}
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	equal(t, "number of queries", len(queries), len(want))
	for i, q := range queries {
		columns := map[int]int{0: 1, 1: 3, 2: 3, 3: 1, 4: 3, 5: 3, 6: 2}[i]
		equal(t, strings.TrimSpace(q[1]), shell(t, path, q[1], columns), want[i])
	}
}

// shell runs a query as the sqlite3 shell would, columns separated by bars.
func shell(t testing.TB, path, sql string, columns int) []string {
	t.Helper()
	c, err := openConn(path, "mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var lines []string
	err = c.rows(sql, columns, func(v []driver.Value) bool {
		var cells []string
		for _, v := range v {
			switch v := v.(type) {
			case float64:
				cells = append(cells, fmt.Sprintf("%.1f", v))
			case nil:
				cells = append(cells, "")
			default:
				cells = append(cells, fmt.Sprint(v))
			}
		}
		lines = append(lines, strings.Join(cells, "|"))
		return true
	})
	if err != nil {
		t.Fatalf("%v in\n%s", err, sql)
	}
	return lines
}

// Every table, view and column is in the documentation.
func TestDocumentedColumns(t *testing.T) {
	doc, err := os.ReadFile(docPath)
	if err != nil {
		t.Fatal(err)
	}
	path := tracePath(t)
	writeBuild(t, path)
	names := shell(t, path, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name", 1)
	equal(t, "tables and views", len(names), len(tables)+len(declaredTables)+len(views)+2) // and machine, syscall
	words := map[string]bool{}
	for _, w := range regexp.MustCompile(`[a-z_]+`).FindAllString(strings.Join(regexp.MustCompile("`[^`]*`|### .*").FindAllString(string(doc), -1), " "), -1) {
		words[w] = true
	}
	for _, name := range names {
		if !words[name] {
			t.Errorf("%s is not documented", name)
		}
		for _, column := range shell(t, path, "SELECT name FROM pragma_table_info('"+name+"')", 1) {
			if !words[column] {
				t.Errorf("%s.%s is not documented", name, column)
			}
		}
	}
}

// The views show what the tables hold.
func TestViews(t *testing.T) {
	path := tracePath(t)
	writeBuild(t, path)
	for sql, want := range map[string][]string{
		"SELECT exec, process, pid, ppid, start, seconds, exit, signal, program, cwd, command FROM commands": {
			"1|1|100||0.0|9.0|0||||make prog",
			"2|2|101|100|1.0|0.5|0||/usr/bin/gcc||gcc -c main.c",
			"3|3|102|100|2.0|1.0|0||/usr/bin/gcc||gcc -c util.c",
			"4|4|103|100|3.0|0.1|0||/usr/bin/gcc||gcc -o prog main.o util.o",
		},
		"SELECT path, kinds, count, first, last, pid, command, exec, file FROM accesses WHERE exec = 2 ORDER BY file": {
			"/src/util.h|read|1|1.0|1.0|101|gcc -c main.c|2|1",
			"/usr/local/include/util.h|absent|1|1.0|1.0|101|gcc -c main.c|2|3",
			"/src/main.c|read|1|1.0|1.0|101|gcc -c main.c|2|5",
			"/src/main.o|write create|1|1.0|1.0|101|gcc -c main.c|2|6",
		},
		"SELECT seq, time, operation, path, other, detail, pid, command, exec FROM operations": {
			"1|3.0|chmod|/src/prog||755|103|gcc -o prog main.o util.o|4",
		},
		"SELECT id, path, kind, major, minor, ino, gen FROM files WHERE id < 4": {
			"1|/src/util.h|file|0|1|1|0", "2|/usr/bin/gcc|file|0|1|2|0", "3|/usr/local/include/util.h|absent||||",
		},
	} {
		equal(t, sql, shell(t, path, sql, strings.Count(strings.Split(sql, " FROM ")[0], ",")+1), want)
	}
	// What the words stand for is what the constants are.
	equal(t, "kinds", shell(t, path, "SELECT kinds FROM accesses WHERE exec = 4 AND path LIKE '%.o' LIMIT 1", 1), []string{"read"})
	for bit, word := range []string{"read", "write", "create", "truncate", "map", "execute", "list", "stat", "absent", "link"} {
		if !strings.Contains(views[2], fmt.Sprintf("kinds & %d, ' %s'", 1<<bit, word)) {
			t.Errorf("the view lacks bit %d, %s", 1<<bit, word)
		}
	}
}
