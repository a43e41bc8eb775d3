package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"

	"buildgraph/graph"
)

// sampleEvents has one event of every kind, and names of all sorts.
func sampleEvents() []graph.Event {
	var list []graph.Event
	t := int64(0)
	add := func(kind graph.EventKind, pid int, comm, path, other string) *graph.Event {
		t += 1_234_567
		list = append(list, graph.Event{
			Time: t, Start: 1_000_000, Kind: kind, Process: 7, Exec: 3, PID: pid, PPID: 4000, Comm: comm, Path: path, Other: other,
		})
		return &list[len(list)-1]
	}
	add(graph.EventFork, 4001, "make", "", "")
	add(graph.EventExec, 4001, "cc", "/usr/bin/gcc-12", "").Argv = []string{
		"cc", "-DNAME=a b", "-O2", "-fstack-protector-strong", "-Wformat", "-Werror=format-security", "-c", "-o", "lib/x.o", "lib/x.c",
	}
	add(graph.EventExec, 4002, "gen.sh", "/usr/bin/dash", "/src/gen.sh").Argv = []string{"/bin/sh", "./gen.sh"}
	add(graph.EventExec, 4003, "", "/usr/bin/odd", "")
	for kind := graph.EventStat; kind < graph.EventRename; kind++ {
		add(kind, 4001, "cc", "/src/lib/x.h", "")
	}
	for kind := graph.EventRename; kind < graph.EventSymlink; kind++ {
		add(kind, 4194303, "a-name-of-15-by", "/src/old", "/usr/new")
	}
	add(graph.EventSymlink, 4001, "ln", "/src/link", "../text of it")
	for kind := graph.EventSymlink + 1; kind < graph.EventExit; kind++ {
		other := ""
		switch kind {
		case graph.EventChmod, graph.EventMkdir, graph.EventMknod:
			other = "0755"
		case graph.EventCopy:
			other = "/src/copy"
		}
		add(kind, 4001, "busybox", "/src/dir", other)
	}
	add(graph.EventOpen, 4001, "cc", "/src", "")
	add(graph.EventOpen, 4001, "cc", "", "")
	add(graph.EventOpen, 4001, "e\x1b[31m", "/src/esc\x1b[2J \u202e\xff\n", "")
	add(graph.EventExec, 4001, "lat\xe9", "/bin/lat\xe9", "").Argv = []string{"lat\xe9", "a\nb", `"'\`, "\u009b31m"}
	add(graph.EventExit, 0, "", "", "").PPID = 0
	add(graph.EventExit, 4001, "cc", "", "").ExitCode = 2
	add(graph.EventExit, 4001, "cc", "", "").Signal = 11
	add(graph.EventExit, 4001, "cc", "", "").Signal = 64
	return list
}

func eventsOf(list []graph.Event) func(func(*graph.Event, error) bool) {
	return func(yield func(*graph.Event, error) bool) {
		for i := range list {
			if !yield(&list[i], nil) {
				return
			}
		}
	}
}

var eventOptions = EventOptions{
	Options: Options{Root: "/src"}, Began: time.Unix(1_700_000_000, 999_000_000), Zone: time.FixedZone("east", 3600),
}

func TestLogGolden(t *testing.T) {
	for name, change := range map[string]func(*EventOptions){
		"log.txt":        func(*EventOptions) {},
		"log-color.txt":  func(o *EventOptions) { o.Color, o.Width = true, 100 },
		"log-narrow.txt": func(o *EventOptions) { o.Width = 80 },
	} {
		o := eventOptions
		change(&o)
		golden(t, name, func(w io.Writer) error { return LogText(w, eventsOf(sampleEvents()), o) })
	}
	golden(t, "log.json", func(w io.Writer) error { return LogJSON(w, eventsOf(sampleEvents()), eventOptions) })
}

// Every line is one JSON object, exact where it can be and in base64 where not, and
// nothing that a terminal obeys is in it.
func TestLogJSONLines(t *testing.T) {
	var b bytes.Buffer
	list := sampleEvents()
	if err := LogJSON(&b, eventsOf(list), eventOptions); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != len(list) {
		t.Fatalf("%d lines of %d events", len(lines), len(list))
	}
	for i, line := range lines {
		var got struct {
			Time    time.Time
			NS      int64
			Event   string
			Comm    string
			CommB64 string `json:"comm_b64"`
			Path    string
			PathB64 string `json:"path_b64"`
			Argv    []string
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("a terminal obeys it: %q", line)
		}
		e := &list[i]
		comm := got.Comm
		if got.CommB64 != "" {
			exact, err := base64.StdEncoding.DecodeString(got.CommB64)
			if comm = string(exact); err != nil {
				t.Error(err)
			}
		}
		if got.NS != e.Time || !got.Time.Equal(eventOptions.Began.Add(time.Duration(e.Time))) || got.Event != e.Kind.String() || comm != e.Comm || len(got.Argv) != len(e.Argv) {
			t.Errorf("%s is not %+v", line, e)
		}
	}
}

// On a narrow terminal what happened has room: 40 columns of 80. The heading stands
// above its columns at every width.
func TestNarrowLog(t *testing.T) {
	wide, comms := eventOptions, 0
	for width := 60; width <= 200; width++ {
		o := eventOptions
		o.Width = width
		title := EventTitle(&o)
		what := strings.Index(title, "WHAT")
		if width >= 80 && width-what < 40 {
			t.Errorf("%d columns leave %d for what happened", width, width-what)
		}
		if parents := strings.Contains(title, "PPID"); parents != (width >= 100) {
			t.Errorf("%d columns: parents %v", width, parents)
		}
		for _, e := range sampleEvents() {
			line := []rune(strings.TrimSuffix(string(AppendEvent(nil, &e, &o)), "\n"))
			full := []rune(strings.TrimSuffix(string(AppendEvent(nil, &e, &wide)), "\n"))
			if len(line) > what && (line[what-1] != ' ' || line[what-2] != ' ' || line[what] == ' ') {
				t.Errorf("%d columns: %q is not below %q", width, string(line), title)
			}
			if e.Kind == graph.EventExec && len(line) > max(width, what+leastRest) {
				t.Errorf("%d columns: %q is longer", width, string(line))
			}
			if width >= 100 && e.Kind != graph.EventExec && string(line) != string(full) {
				t.Errorf("%d columns: %q is not %q", width, string(line), string(full))
			}
		}
		if !strings.Contains(title, "COMM           ") {
			comms++
		}
	}
	if comms == 0 {
		t.Error("names were never cut")
	}
}

// A line of text is one line, safe on a terminal.
func TestLogTextIsSafe(t *testing.T) {
	for _, e := range sampleEvents() {
		line := strings.TrimSuffix(string(AppendEvent(nil, &e, &eventOptions)), "\n")
		if Line(line) != line {
			t.Errorf("%q", line)
		}
	}
}

func sampleTree() graph.Tree {
	exec := func(comm string, argv ...string) graph.TreeExec {
		return graph.TreeExec{Comm: comm, Path: "/usr/bin/" + comm, Argv: argv, Start: 5}
	}
	cc := &graph.TreeNode{
		Process: 3, PID: 4003, Start: 4_000_000, End: 1_504_000_000, CPU: 1_400_000_000, Comm: "cc1", Target: "lib/x.o", Wanted: true, ExitCode: 1,
		Programs: []graph.TreeExec{exec("sh", "sh", "-c", "exec cc"), exec("cc1", "cc1", "-quiet", "lib/x.c", "-o", "/tmp/x.s", "-fstack-protector-strong", "-Wformat", "-Wextra", "-O2")},
	}
	sub := &graph.TreeNode{Process: 4, PID: 4004, Start: 5_000_000, End: 6_000_000, Comm: "sh", Wanted: true}
	killed := &graph.TreeNode{
		Process: 5, PID: 4005, Start: 7_000_000, End: 8_000_000, Comm: "e\x1b[2J", Target: "new\nline", Signal: 11, Wanted: true,
		Programs: []graph.TreeExec{exec("e\x1b[2J", "e\x1b[2J", "\xff")}, Children: []*graph.TreeNode{sub},
	}
	top := &graph.TreeNode{
		Process: 1, PID: 4001, Start: 1_000_000, Comm: "make", Programs: []graph.TreeExec{exec("make", "make", "-j2")}, Children: []*graph.TreeNode{cc, killed},
	}
	return graph.Tree{Complete: true, Processes: 3, Roots: []*graph.TreeNode{top, {Process: 6, PID: 4194303, Start: 3_600_000_000_000, End: 7_200_000_000_000, Wanted: true}}}
}

func TestTreeGolden(t *testing.T) {
	golden(t, "tree.txt", func(w io.Writer) error { return TreeText(w, sampleTree(), Options{}) })
	golden(t, "tree-color.txt", func(w io.Writer) error { return TreeText(w, sampleTree(), Options{Color: true, Width: 90}) })
	golden(t, "tree.json", func(w io.Writer) error { return TreeJSON(w, sampleTree(), Options{}) })
	golden(t, "tree-none.json", func(w io.Writer) error {
		return TreeJSON(w, graph.Tree{}, Options{Why: []string{"12 events were lost"}})
	})
}
