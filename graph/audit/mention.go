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
	texts := map[string][]byte{}
	for i := range fs {
		f := &fs[i]
		if f.Kind != Redundant || f.unit == nil {
			continue
		}
		f.Proof, f.Reason = Proved, "neither was it used nor does anything that the recipe read name it"
		name := []byte(filepath.Base(f.path))
		for _, in := range f.unit.work.Inputs {
			text, ok := texts[in.Path]
			if !ok {
				text = beginning(in.Path)
				texts[in.Path] = text
			}
			switch {
			case text == nil:
				f.Proof, f.Reason = Untested, "what the recipe read is not there any more"
				continue
			case bytes.Contains(text, name):
				f.Proof, f.Reason = Refuted, filepath.Base(in.Path)+" names it"
			default:
				continue
			}
			p.refuted++
			break
		}
	}
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
