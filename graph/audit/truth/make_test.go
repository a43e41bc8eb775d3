package truth

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// forgotten asks make about every pair and gives those whose target it would not
// remake. It counts in left the pairs that rules have asked about otherwise.
func forgotten(t *testing.T, pairs []pair, left map[string]int) []pair {
	t.Helper()
	var mu sync.Mutex
	var missing, again []pair
	each(pairs, func(p pair) {
		said, err := p.ask("-W", p.name(), "-W", p.file)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil:
			t.Error(err)
		case remakes(said, p.target):
		case touched(said, p.name()) != "":
			left[touched(said, p.name())]++
			again = append(again, p)
		default:
			missing = append(missing, p)
		}
	})
	for _, p := range again {
		remade, err := p.touch()
		if err != nil {
			t.Error(err)
		} else if !remade {
			missing = append(missing, p)
		}
	}
	return missing
}

// each calls a function for all pairs, one call a processor at a time.
func each(pairs []pair, do func(pair)) {
	next := make(chan pair)
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for p := range next {
				do(p)
			}
		})
	}
	for _, p := range pairs {
		next <- p
	}
	close(next)
	wg.Wait()
}

// name is the file's name as a makefile would have it.
func (p pair) name() string {
	if rel, err := filepath.Rel(p.dir, p.file); err == nil {
		return rel
	}
	return p.file
}

// touch asks make whether it would remake the target, with the file's time set to
// now for as long as that takes.
func (p pair) touch() (bool, error) {
	was, err := os.Stat(p.file)
	if err != nil {
		return false, err
	}
	if err := os.Chtimes(p.file, time.Time{}, time.Now()); err != nil {
		return false, err
	}
	said, err := p.ask()
	if err := os.Chtimes(p.file, time.Time{}, was.ModTime()); err != nil {
		return false, err
	}
	return remakes(said, p.target), err
}

// ask runs make -n for the target and gives what it printed.
func (p pair) ask(flags ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args := slices.Concat([]string{"-n", "--debug=b", "-f", p.makefile}, flags, []string{"--", p.target})
	c := exec.CommandContext(ctx, "make", args...)
	c.Dir, c.Env = p.dir, p.environ()
	var out, stderr bytes.Buffer
	c.Stdout, c.Stderr = &out, &stderr
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("in %s: %s: %w\n%s", p.dir, strings.Join(c.Args, " "), err, stderr.String())
	}
	return out.String(), nil
}

// environ is the environment of the make that ran the recipe, without the flags
// of that one run and without the tag.
func (p pair) environ() []string {
	flags := " -- " + p.overrides
	if letters, ok := strings.CutPrefix(p.flags, "-"); ok && !strings.HasPrefix(letters, "-") {
		flags = strings.Map(func(r rune) rune {
			if strings.ContainsRune("erR", r) { // those that change which rules there are
				return r
			}
			return -1
		}, letters) + flags
	}
	env := []string{"MAKEFLAGS=" + flags}
	for _, v := range p.env {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "MAKEFLAGS", "GNUMAKEFLAGS", "MFLAGS", "MAKELEVEL", tagName:
		default:
			env = append(env, v)
		}
	}
	return env
}
