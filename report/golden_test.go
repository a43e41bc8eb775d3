package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// golden renders and compares with testdata/name, twice: the bytes must not
// depend on the run.
func golden(t *testing.T, name string, render func(io.Writer) error) {
	t.Helper()
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := render(b); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Errorf("%s: two runs differ:\n%s", name, cmp.Diff(first.String(), second.String()))
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, first.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), first.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
