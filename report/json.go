package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// writeJSON writes one document, indented, with a newline at its end. Control
// characters above ASCII, which encoding/json leaves as they are, are escaped too:
// some terminals obey them (ECMA-48's C1 set).
func writeJSON(w io.Writer, doc any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	if _, err := w.Write(escapeControls(b.Bytes())); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// escapeControls turns U+007F to U+009F into \u escapes. In a JSON document they
// can only stand within a string.
func escapeControls(doc []byte) []byte {
	control := func(r rune) bool { return r >= 0x7f && r <= 0x9f }
	if bytes.IndexFunc(doc, control) < 0 {
		return doc
	}
	out := make([]byte, 0, len(doc)+64)
	for _, r := range string(doc) {
		if control(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// incomplete gives the reasons of an incomplete answer, nil for a complete one.
func incomplete(complete bool, o Options) []string {
	if complete {
		return nil
	}
	why, _ := replacedAll(o.Why)
	return why
}
