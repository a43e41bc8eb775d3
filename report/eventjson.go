package report

import (
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"

	"buildgraph/graph"
)

// AppendEventJSON appends an event as one line of JSON: docs/json.md.
func AppendEventJSON(b []byte, e *graph.Event, o *EventOptions) []byte {
	b = append(b, `{"time":"`...)
	b = o.Began.Add(time.Duration(e.Time)).UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","ns":`...)
	b = strconv.AppendInt(b, e.Time, 10)
	b = append(b, `,"event":"`...)
	b = append(b, e.Kind.String()...)
	b = append(b, `","process":`...)
	b = strconv.AppendUint(b, uint64(e.Process), 10)
	b = append(b, `,"exec":`...)
	b = strconv.AppendUint(b, uint64(e.Exec), 10)
	b = append(b, `,"pid":`...)
	b = strconv.AppendInt(b, int64(e.PID), 10)
	b = append(b, `,"ppid":`...)
	b = strconv.AppendInt(b, int64(e.PPID), 10)
	b = appendField(b, "comm", e.Comm)
	switch e.Kind {
	case graph.EventFork:
	case graph.EventExec:
		b = appendField(b, "path", o.jsonPath(e.Path))
		if e.Other != "" {
			b = appendField(b, "script", o.jsonPath(e.Other))
		}
		b = appendList(b, "argv", e.Argv)
	case graph.EventExit:
		b = append(b, `,"exit_code":`...)
		b = strconv.AppendInt(b, int64(e.ExitCode), 10)
		b = append(b, `,"signal":`...)
		b = strconv.AppendInt(b, int64(e.Signal), 10)
		b = append(b, `,"duration":`...)
		b = strconv.AppendInt(b, e.Time-e.Start, 10)
	case graph.EventRename, graph.EventExchange, graph.EventLink, graph.EventCopy:
		b = appendField(b, "path", o.jsonPath(e.Path))
		b = appendField(b, "other", o.jsonPath(e.Other))
	case graph.EventSymlink:
		b = appendField(b, "path", o.jsonPath(e.Path))
		b = appendField(b, "text", e.Other)
	default:
		b = appendField(b, "path", o.jsonPath(e.Path))
		if e.Other != "" {
			b = appendField(b, "mode", e.Other)
		}
	}
	return append(b, "}\n"...)
}

// jsonPath is a path below the capture root without it.
func (o *EventOptions) jsonPath(p string) string {
	if p == "" {
		return ""
	}
	return o.relative(p)
}

// appendField appends ,"name":"value", and the exact bytes where JSON cannot hold
// them.
func appendField(b []byte, name, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, `":`...)
	b = appendString(b, value)
	if !utf8.ValidString(value) {
		b = append(b, ',', '"')
		b = append(b, name...)
		b = append(b, `_b64":"`...)
		b = base64.StdEncoding.AppendEncode(b, []byte(value))
		b = append(b, '"')
	}
	return b
}

func appendList(b []byte, name string, list []string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, `":[`...)
	lossy := false
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
		lossy = lossy || !utf8.ValidString(s)
	}
	b = append(b, ']')
	if !lossy {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, `_b64":[`...)
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, []byte(s))
		b = append(b, '"')
	}
	return append(b, ']')
}

// appendString appends a JSON string (RFC 8259, section 7), with U+FFFD for bytes
// that are not UTF-8 and escapes for all that a terminal might obey.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < ' ' || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029:
			b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
