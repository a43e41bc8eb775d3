package graph

import (
	"path"
	"regexp"

	"buildgraph/store"
)

// toolKind says whether an executable is a build tool, whose children are
// recipes, and of which family.
type toolKind uint8

const (
	notTool  toolKind = iota
	makeTool          // GNU make: counts its levels, and can name its recipes
	edgeTool          // ninja and its like: every child is one edge
	bsdTool           // other makes: several lines a recipe, no name
)

var (
	gnuMakes = regexp.MustCompile(`^(g|gnu|re|mingw32-)?make(-?[0-9][0-9.]*)?$`)
	bsdMakes = regexp.MustCompile(`^(b|p|f|d)make$`)
	edgers   = regexp.MustCompile(`^(ninja|ninja-build|samu|samurai|n2)(-?[0-9][0-9.]*)?$`)
)

// toolOf tells build tools by the base name of the binary that runs.
func (t *trace) toolOf(exe store.FileID) toolKind {
	if exe == 0 {
		return notTool
	}
	if k, ok := t.tools[exe]; ok {
		return k
	}
	k := toolNamed(path.Base(t.path(exe)))
	t.tools[exe] = k
	return k
}

// isTool reports whether an image is a build tool's.
func (t *trace) isTool(id store.ExecID) bool {
	im := t.exec(id)
	return im != nil && im.tool != notTool
}

func toolNamed(base string) toolKind {
	switch {
	case gnuMakes.MatchString(base):
		return makeTool
	case bsdMakes.MatchString(base):
		return bsdTool
	case edgers.MatchString(base):
		return edgeTool
	}
	return notTool
}
