package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"buildgraph/graph"
)

// chromeEvent is one event of the Trace Event Format (Google, "Trace Event Format",
// 2016: docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
// Times are microseconds.
type chromeEvent struct {
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"`
	Time     json.Number    `json:"ts,omitempty"`
	Duration json.Number    `json:"dur,omitempty"`
	PID      int            `json:"pid"`
	TID      int            `json:"tid"`
	ID       int            `json:"id,omitempty"`
	Bind     string         `json:"bp,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

// microseconds gives nanoseconds as the format counts, exactly.
func microseconds(ns int64) json.Number {
	return json.Number(fmt.Sprintf("%d.%03d", ns/1000, ns%1000))
}

// Chrome writes a timeline in Chrome's Trace Event Format, one event a line: it opens
// in chrome://tracing, Perfetto and Speedscope. Bytes that are not UTF-8 are U+FFFD.
func Chrome(w io.Writer, x TimelineExport, _ Options) error {
	c := chromeWriter{w: w, separator: "{\"displayTimeUnit\": \"ms\",\n\"otherData\": " + jsonLine(chromeOther(x.Capture)) + ",\n\"traceEvents\": [\n"}
	c.meta("process_name", recipeTracks, 0, map[string]any{"name": "recipes"})
	c.meta("process_sort_index", recipeTracks, 0, map[string]any{"sort_index": recipeTracks})
	c.meta("process_name", processTracks, 0, map[string]any{"name": "processes"})
	c.meta("process_sort_index", processTracks, 0, map[string]any{"sort_index": processTracks})
	c.group(recipeTracks, x.Recipes, x.Lanes)
	c.group(processTracks, x.Processes, x.ProcessLanes)
	for _, l := range levels(x.Recipes) {
		c.event(chromeEvent{Name: "job slots in use", Phase: "C", Time: microseconds(l.at), PID: recipeTracks, Args: map[string]any{"slots": l.count}})
	}
	c.flows(x)
	if c.err == nil {
		_, c.err = io.WriteString(w, "\n]}\n")
	}
	if c.err != nil {
		return fmt.Errorf("writing the trace: %w", c.err)
	}
	return nil
}

// chromeOther describes the capture.
func chromeOther(c graph.Capture) map[string]any {
	command, _ := replacedAll(c.Command)
	root, _ := replaced(c.Root)
	why, _ := replacedAll(c.Why)
	other := map[string]any{
		"tool": "buildgraph " + c.Tool, "command": command, "root": root, "host": c.Host, "kernel": c.Kernel,
		"began": c.Began.UTC().Format(time.RFC3339Nano), "complete": c.Complete,
	}
	if !c.Complete {
		other["incomplete"] = why
	}
	if c.Unended {
		other["finished"] = false
	}
	return other
}

// jsonLine is a value as one line of JSON, which is the same for the same value.
func jsonLine(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "null" // none of our types fails
	}
	return string(escapeControls(bytes.TrimSuffix(b.Bytes(), []byte("\n"))))
}

type chromeWriter struct {
	w         io.Writer
	separator string
	err       error
}

func (c *chromeWriter) event(e chromeEvent) {
	if c.err == nil {
		_, c.err = io.WriteString(c.w, c.separator+jsonLine(e))
	}
	c.separator = ",\n"
}

func (c *chromeWriter) meta(name string, pid, tid int, args map[string]any) {
	c.event(chromeEvent{Name: name, Phase: "M", PID: pid, TID: tid, Args: args})
}

// group writes the lanes of a group and the spans in them.
func (c *chromeWriter) group(pid int, spans []graph.Span, lanes int) {
	for lane := range lanes {
		c.meta("thread_name", pid, lane+1, map[string]any{"name": laneName(pid, lane)})
		c.meta("thread_sort_index", pid, lane+1, map[string]any{"sort_index": lane})
	}
	for _, s := range spans {
		args := map[string]any{}
		for _, a := range arguments(s) {
			if a.word {
				args[a.name] = a.text
			} else {
				args[a.name] = a.num
			}
		}
		name, _ := replaced(s.Name)
		c.event(chromeEvent{
			Name: name, Category: category(s), Phase: "X", Time: microseconds(s.Start), Duration: microseconds(s.End - s.Start),
			PID: pid, TID: s.Lane + 1, Args: args,
		})
	}
}

// flows writes an arrow for each flow: from the end of the recipe that made the file to
// the beginning of the one that read it.
func (c *chromeWriter) flows(x TimelineExport) {
	for i, f := range arrows(x) {
		name, _ := replaced(f.path)
		e := chromeEvent{Name: name, Category: "flow", Phase: "s", Time: microseconds(max(f.from.Start, f.from.End-1)), PID: recipeTracks, TID: f.from.Lane + 1, ID: i + 1}
		c.event(e)
		e.Phase, e.Bind, e.Time, e.TID = "f", "e", microseconds(f.to.Start), f.to.Lane+1
		c.event(e)
	}
}

// arrow is a flow with its ends.
type arrow struct {
	from, to graph.Span
	path     string
}

// arrows are the flows whose reader began after the maker did: of the others an arrow
// would point back in time.
func arrows(x TimelineExport) []arrow {
	byID := map[uint32]graph.Span{}
	for _, s := range x.Recipes {
		byID[s.Recipe] = s
	}
	var list []arrow
	for _, f := range x.Flows {
		from, ok := byID[f.From]
		to, ok2 := byID[f.To]
		if ok && ok2 && from.Start < to.Start {
			list = append(list, arrow{from, to, f.Path})
		}
	}
	return list
}
