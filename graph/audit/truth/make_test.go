package truth

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// forgotten asks make about every pair and gives those whose target it would not
// remake.
func forgotten(t *testing.T, env []string, pairs []pair) []pair {
	t.Helper()
	var mu sync.Mutex
	var missing []pair
	next := make(chan pair)
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for p := range next {
				remade, err := p.remade(env)
				mu.Lock()
				if err != nil {
					t.Error(err)
				} else if !remade {
					missing = append(missing, p)
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range pairs {
		next <- p
	}
	close(next)
	wg.Wait()
	return missing
}

// remade asks make whether it would remake the target if the file were new.
func (p pair) remade(env []string) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	rel, err := filepath.Rel(p.dir, p.file)
	if err != nil {
		return false, err
	}
	c := exec.CommandContext(ctx, "make", "-n", "--debug=b", "-f", p.makefile, "-W", rel, "-W", p.file, "--", p.target)
	c.Dir = p.dir
	c.Env = append(env[:len(env):len(env)], "PWD="+p.dir, "MAKEFLAGS= -- "+p.overrides)
	var out, stderr bytes.Buffer
	c.Stdout, c.Stderr = &out, &stderr
	if err := c.Run(); err != nil {
		return false, fmt.Errorf("in %s: %s: %w\n%s", p.dir, strings.Join(c.Args, " "), err, stderr.String())
	}
	return says(out.String(), p.target), nil
}

// says reports whether make -n --debug=b said that it must remake a target (GNU
// make 4.3 quotes 'so', older ones `so').
func says(out, target string) bool {
	for line := range strings.Lines(out) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "Must remake target ")
		if ok && strings.Trim(rest, "`'.") == strings.Trim(target, "`'.") {
			return true
		}
	}
	return false
}
