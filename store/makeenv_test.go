package store

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func makeEnvOf(tag string, vars ...string) EnvMake {
	m := makeEnv{tag: tag}
	for _, v := range vars {
		m.variable([]byte(v))
	}
	return m.made
}

func TestEnvMake(t *testing.T) {
	for name, c := range map[string]struct {
		tag  string
		vars []string
		want EnvMake
	}{
		"nothing":         {"BG_T", []string{"PATH=/bin", "", "BG_TX=1", "BG_T"}, EnvMake{}},
		"empty target":    {"BG_T", []string{"BG_T="}, EnvMake{HasTarget: true}},
		"odd target":      {"BG_T", []string{"BG_T=a b=\xff"}, EnvMake{Target: "a b=\xff", HasTarget: true}},
		"no tag":          {"", []string{"BG_T=a", "=x", "MAKEFLAGS=--eval=export\\ =x"}, EnvMake{}},
		"level":           {"BG_T", []string{"MAKELEVEL=12"}, EnvMake{Level: 12}},
		"not a level":     {"BG_T", []string{"MAKELEVEL=-1x"}, EnvMake{}},
		"make 4.3":        {"BG_T", []string{`MAKEFLAGS=ks -j4 --jobserver-auth=3,4 --eval=export\ BG_T=$$@ -- X=a\ b`}, EnvMake{Tags: true, Jobserver: "3,4"}},
		"make 4.4":        {"BG_T", []string{`MAKEFLAGS=ks -j4 --jobserver-auth=fifo:/tmp/GMfifo123 --eval=export\ BG_T=$$@ -- X=a\ b`}, EnvMake{Tags: true, Jobserver: "fifo:/tmp/GMfifo123"}},
		"make 4.1":        {"BG_T", []string{`MAKEFLAGS= --jobserver-fds=3,4 -j`}, EnvMake{Jobserver: "3,4"}},
		"last counts":     {"BG_T", []string{`MAKEFLAGS= --jobserver-auth=3,4 --jobserver-auth=5,6`}, EnvMake{Jobserver: "5,6"}},
		"after --":        {"BG_T", []string{`MAKEFLAGS= -- X=\ --jobserver-auth=3,4 --jobserver-auth=5,6 --eval=export\ BG_T=1`}, EnvMake{}},
		"without export":  {"BG_T", []string{`MAKEFLAGS=krR -j2 --jobserver-auth=3,4 --no-print-directory --eval=BG_T=$$@`}, EnvMake{Tags: true, Jobserver: "3,4"}},
		"from the user":   {"BG_T", []string{`GNUMAKEFLAGS=--eval=export\ BG_T=$$@`}, EnvMake{Tags: true}},
		"more escapes":    {"BG_T", []string{`MAKEFLAGS= --eval=export\\\ BG_T\=$$$$@`}, EnvMake{Tags: true}},
		"apart":           {"BG_T", []string{`MAKEFLAGS= --eval export\ BG_T=$$@`}, EnvMake{Tags: true}},
		"another eval":    {"BG_T", []string{`MAKEFLAGS= --eval=export\ BG_TX=$$@ --eval=BG_T=1`}, EnvMake{}},
		"second eval":     {"BG_T", []string{`MAKEFLAGS= --eval=foo=1 --eval=export\ BG_T:=$$@`}, EnvMake{Tags: true}},
		"ends in a slash": {"BG_T", []string{`MAKEFLAGS= BG_T --eval=export\`}, EnvMake{}},
	} {
		equal(t, name, makeEnvOf(c.tag, c.vars...), c.want)
	}
}

// What the make on this machine writes is understood, in sub-makes too.
func TestEnvMakeForReal(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Fatal("this test asks a real make: apt install make")
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "Makefile"), "all:\n\t@env -0 > top\n\t@+$(MAKE) -f sub.mk 'X=a b' 'deep target'\n")
	put(t, filepath.Join(dir, "sub.mk"), "deep\\ target:\n\t@env -0 > sub\n\t@+$(MAKE) -f subsub.mk\n")
	put(t, filepath.Join(dir, "subsub.mk"), "a.o:\n\t@env -0 > subsub\n")
	cmd := exec.Command("make", "-j3", "-k", `W=a $$x\`)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), `GNUMAKEFLAGS=--eval=export\ BG_T=$$@`, "MAKEFLAGS=", "MAKELEVEL=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for file, want := range map[string]EnvMake{
		"top":    {Target: "all", HasTarget: true, Level: 1, Tags: true},
		"sub":    {Target: "deep target", HasTarget: true, Level: 2, Tags: true},
		"subsub": {Target: "a.o", HasTarget: true, Level: 3, Tags: true},
	} {
		env, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		got := makeEnvOf("BG_T", strings.Split(string(env), "\x00")...)
		if got.Jobserver == "" {
			t.Errorf("%s: no jobserver was found in %q", file, env)
		}
		got.Jobserver = ""
		equal(t, file, got, want)
	}
	equal(t, "what buildgraph gives to make", makeEnvOf("BG_T", cmd.Env[len(cmd.Env)-3]), EnvMake{Tags: true})
}

func FuzzEnvMake(f *testing.F) {
	f.Add(`MAKEFLAGS=ks -j4 --jobserver-auth=3,4 --eval=export\ BG_T=$$@ -- X=a\ b`)
	f.Add(`MAKEFLAGS= --eval`)
	f.Fuzz(func(t *testing.T, v string) {
		makeEnvOf("BG_T", v)
		if rest := makeEnvOf("", v); rest.Tags || rest.HasTarget {
			t.Errorf("a target without a tag in %q", v)
		}
	})
}
