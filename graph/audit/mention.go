package audit

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
)

// mentionLimit is how much of a file is searched for a name, bytes. Sources are
// smaller.
const mentionLimit = 16 << 20

// mentions decides about redundant prerequisites, as far as the sources can: one
// that a file of the recipe names (an #include that this build's configuration left
// out) may be needed by the next build and is refuted.
func (p *prover) mentions(fs []Finding) {
	texts := map[string]*text{}
	for i := range fs {
		f := &fs[i]
		if f.Kind != Redundant || f.unit == nil {
			continue
		}
		f.Proof, f.Reason = Proved, "neither was it used nor does anything that the recipe read name it"
		name := filepath.Base(f.path)
		for _, in := range f.unit.work.Inputs {
			t := texts[in.Path]
			if t == nil {
				t = &text{bytes: beginning(in.Path), names: map[string]bool{}}
				texts[in.Path] = t
			}
			switch {
			case t.bytes == nil:
				f.Proof, f.Reason = Untested, "what the recipe read is not there any more"
				continue
			case t.holds(name):
				f.Proof, f.Reason = Refuted, filepath.Base(in.Path)+" names it"
			default:
				continue
			}
			p.refuted++
			break
		}
	}
}

// text is what a file holds and the names that were looked for in it: many recipes
// read one header, and have the same prerequisites.
type text struct {
	bytes []byte
	names map[string]bool
}

func (t *text) holds(name string) bool {
	held, ok := t.names[name]
	if !ok {
		held = bytes.Contains(t.bytes, []byte(name))
		t.names[name] = held
	}
	return held
}

// beginning is the text of a file up to mentionLimit; nil where it cannot be read.
func beginning(name string) []byte {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mentionLimit))
	if err != nil {
		return nil
	}
	return append([]byte{}, text...)
}
