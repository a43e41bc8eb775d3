package audit

import (
	"errors"
	"testing"
)

// What one dry run with all sources new decides, and what it does not.
func TestDecided(t *testing.T) {
	set := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	make := tool("a.o: a.c", "deps.mk: a.c")
	make.Makefiles = append(make.Makefiles, root+"/deps.mk")
	for name, c := range map[string]struct {
		baseline, together answer
		want               bool
	}{
		"not remade":               {answer{}, answer{considered: set("a.o"), remade: set("b.o")}, true},
		"by another spelling":      {answer{}, answer{considered: set("./a.o")}, true},
		"remade":                   {answer{}, answer{considered: set("a.o"), remade: set("a.o")}, false},
		"remade anyway":            {answer{remade: set("a.o")}, answer{considered: set("a.o")}, false},
		"not come to":              {answer{}, answer{considered: set("b.o")}, false},
		"not asked":                {answer{}, answer{}, false},
		"complained about":         {answer{}, answer{considered: set("a.o"), trouble: "make: *** No rule to make target 'x', needed by 'a.o'."}, false},
		"a makefile is remade":     {answer{}, answer{considered: set("a.o"), remade: set("deps.mk")}, false},
		"a makefile always is":     {answer{remade: set("deps.mk")}, answer{considered: set("a.o"), remade: set("deps.mk")}, true},
		"the dry run was in vain":  {answer{}, answer{considered: set("a.o"), err: errors.New("it took too long")}, false},
		"another target's trouble": {answer{}, answer{considered: set("a.o"), trouble: "needed by 'ba.o'."}, true},
	} {
		a := &asked{tool: make, baseline: c.baseline, together: c.together}
		if got := a.decided("a.o"); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
