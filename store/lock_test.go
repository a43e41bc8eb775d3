package store

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestCreateRefusesWhatIsBeingWritten(t *testing.T) {
	path := tracePath(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	o := CreateOptions{UID: -1, GID: -1, KeepLock: true}
	first, err := Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(when string) {
		t.Helper()
		for _, name := range []string{path, link} {
			w, err := Create(name, o)
			if err == nil {
				w.Abort()
			}
			want := name + " is being written by another capture, which still runs: wait for its end, or name another file with -o FILE"
			if !errors.Is(err, ErrBusy) || err.Error() != want {
				t.Errorf("%s: got %v, want %q", when, err, want)
			}
			if _, err := os.Lstat(path + ".new"); err == nil {
				t.Errorf("%s: a file was left beside the trace", when)
			}
		}
	}
	refused("while it is written")
	if err := first.Finish(Meta{}); err != nil {
		t.Fatal(err)
	}
	refused("while it is annotated")
	if err := Annotate(path, nil, nil); err != nil {
		t.Fatal(err)
	}
	first.Unlock()
	onlyFile(t, path)

	// Without KeepLock the end of the writing is enough, in order or not.
	for _, end := range []func(*Writer) error{func(w *Writer) error { return w.Finish(Meta{}) }, (*Writer).Abort} {
		w, err := Create(path, CreateOptions{UID: -1, GID: -1})
		if err != nil {
			t.Fatal(err)
		}
		if err := end(w); err != nil {
			t.Fatal(err)
		}
	}
}

// Of many that begin at once one wins, and no file is left but its own.
func TestCreateAtOnce(t *testing.T) {
	for range 20 {
		path := tracePath(t)
		var wg sync.WaitGroup
		writers := make([]*Writer, 8)
		for i := range writers {
			wg.Add(1)
			go func() {
				defer wg.Done()
				w, err := Create(path, CreateOptions{UID: -1, GID: -1})
				if err != nil && !errors.Is(err, ErrBusy) {
					t.Errorf("refused for another reason: %v", err)
				}
				writers[i] = w
			}()
		}
		wg.Wait()
		won := 0
		for _, w := range writers {
			if w != nil {
				won++
				if err := w.Finish(Meta{}); err != nil {
					t.Error(err)
				}
			}
		}
		if won != 1 {
			t.Fatalf("%d writers of one trace", won)
		}
		onlyFile(t, path)
	}
}
