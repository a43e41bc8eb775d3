package truth

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// mend applies what fix says, cleans, builds and checks again: nothing may be
// missing and nothing race any more, but what fix left to be done by hand. The tree
// must have been built and captured.
func (s *site) mend(t *testing.T) {
	t.Helper()
	for _, apply := range []bool{true, false} {
		args := []string{"fix", "-i", s.trace()}
		if apply {
			args = append(args, "--apply")
		}
		c := exec.Command(program(t), args...)
		c.Dir, c.Env = s.tree(), s.env
		out, err := c.Output()
		if err == nil {
			break // all is mended
		}
		if c.ProcessState.ExitCode() != 1 {
			t.Fatalf("fix: %v\n%s", err, out)
		}
		if !apply && s.prepare != "" { // a makefile that configure wrote is not edited
			patch := filepath.Join(s.base, "fix.patch")
			if err := os.WriteFile(patch, out, 0o644); err != nil {
				t.Fatal(err)
			}
			s.run(t, nil, "patch -p1 <"+patch)
		}
	}
	s.clean(t)
	s.capture(t)
	found, _ := s.check(t, "missing,race")
	if len(found) != s.byHand {
		t.Errorf("after fix %d are left, not %d: %+v", len(found), s.byHand, found)
	}
}

// clean removes what a build made.
func (s *site) clean(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(s.tree(), func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.tree(), p)
		if err != nil {
			return err
		}
		if _, err := os.Lstat(filepath.Join(s.pristine(), rel)); err == nil {
			return nil
		}
		if err := os.RemoveAll(p); err != nil || !d.IsDir() {
			return err
		}
		return filepath.SkipDir
	})
	if err != nil {
		t.Fatal(err)
	}
}
