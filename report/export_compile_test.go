package report

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/graph"
)

func compileCommands() []graph.CompileCommand {
	return []graph.CompileCommand{
		{Directory: "/p", File: "/p/a b.c", Output: "/p/a b.o", Arguments: []string{"/usr/bin/gcc", "-DS=\"<x>\"", "-c", "-o", "a b.o", "a b.c"}},
		{Directory: "/p", File: "/p/b.c", Arguments: []string{"/usr/bin/gcc", "-c", "b.c"}},
		{Directory: "/p", File: "/p/latin\xe9.c", Arguments: []string{"/usr/bin/gcc", "-c", "latin\xe9.c"}},
		{Directory: "/p", File: "/p/c.c", Arguments: []string{"/usr/bin/gcc", "-DX=\xff", "-c", "c.c"}},
	}
}

func TestCompileCommands(t *testing.T) {
	golden(t, "export-compile-commands.json", func(w io.Writer) error {
		left, err := CompileCommands(w, compileCommands(), Options{})
		if left != 2 {
			t.Errorf("%d entries are left out, want 2", left)
		}
		return err
	})
}

// Readers of the format (clang's, for one) take a field that they do not know for an
// error, and no database is a list of nothing.
func TestCompileCommandsFields(t *testing.T) {
	var b bytes.Buffer
	if _, err := CompileCommands(&b, compileCommands(), Options{}); err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Directory, File, Output string
		Arguments               []string
	}
	d := json.NewDecoder(&b)
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Arguments[1] != `-DS="<x>"` || list[1].Output != "" {
		t.Errorf("read back: %+v", list)
	}
	b.Reset()
	if _, err := CompileCommands(&b, nil, Options{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("[]\n", b.String()); diff != "" {
		t.Error(diff)
	}
}
