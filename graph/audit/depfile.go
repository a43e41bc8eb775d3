package audit

import (
	"path"
	"strings"
)

// collected is the name of the makefile into which CMake's "Unix Makefiles"
// collect what compilers wrote into depfiles, at the beginning of the next build.
const collected = "compiler_depend.make"

// hasDepfile reports whether the recipe wrote a depfile for its target that
// CMake's makefiles will collect. Right after the first build they have not yet:
// the rules do not know the headers, and the next build will.
func (u *unit) hasDepfile() bool {
	for _, m := range u.rules.t.Makefiles {
		if path.Base(m) != collected {
			continue
		}
		dir := path.Dir(m) + "/"
		for _, out := range u.work.Outputs {
			if strings.HasPrefix(out.Path, dir) && strings.HasSuffix(out.Path, ".d") && u.own[strings.TrimSuffix(out.Path, ".d")] {
				return true
			}
		}
	}
	return false
}
