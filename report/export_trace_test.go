package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"buildgraph/graph"
)

// timelineExport is a make with two slots: a recipe that runs a make, an odd name, a
// recipe of no length, and one that failed.
func timelineExport() TimelineExport {
	span := func(lane, depth int, name string, start, end int64, recipe uint32) graph.Span {
		return graph.Span{Lane: lane, Depth: depth, Name: name, Lines: []string{"make " + name}, Dir: "/p", Recipe: recipe, PID: 7, Start: start, End: end, CPU: 5}
	}
	process := func(lane, depth int, name string, start, end int64, id uint32) graph.Span {
		s := span(lane, depth, name, start, end, 0)
		s.Process, s.PID, s.MaxRSS = 1, int(id), 1<<20
		return s
	}
	x := TimelineExport{
		Timeline: graph.Timeline{
			Recipes: []graph.Span{
				span(0, 0, "lib", 1000, 9000, 1),
				span(0, 1, "lib/<b>\xff.o", 2000, 5000, 2),
				span(1, 0, "lib/b.o", 2500, 9500, 3),
				span(0, 1, "lib/none", 5000, 5000, 4),
				span(0, 1, "lib/libx.a", 5000, 9000, 5),
				span(0, 0, "app", 9500, 12_345_678, 6),
			},
			Processes: []graph.Span{process(0, 0, "make", 0, 12_400_000, 7), process(0, 1, "cc", 1500, 4000, 8), process(0, 1, "cc", 4000, 4000, 9), process(1, 0, "cc1", 1600, 3000, 10)},
			Lanes:     2, ProcessLanes: 2, End: 12_400_000,
		},
		Capture: graph.Capture{
			Tool: "test", Kernel: "6.1", Host: "h", Command: []string{"make", "-j2"}, Root: "/p",
			Began: time.Unix(1_700_000_000, 5), BootNS: 77_000_000_000, Ended: 12_400_000, Complete: false, Why: []string{"12 events were lost"},
		},
		Flows: []graph.Flow{{From: 2, To: 5, Path: "lib/a.o"}, {From: 5, To: 6, Path: "lib/libx.a"}, {From: 6, To: 2, Path: "back in time"}},
	}
	x.Recipes[5].ExitCode = 2
	x.Processes[3].Alive = true
	return x
}

// drawn is a slice as a viewer reads it, with the name of its track.
type drawn struct {
	Track, Name string
	Start, End  int64
	Depth       int
	Args        map[string]string
	Categories  string
	From, To    []uint64 // flows that begin and end here
}

// wanted is what must be drawn of a timeline.
func wanted(x TimelineExport, base int64) []drawn {
	var list []drawn
	for group, spans := range map[int][]graph.Span{recipeTracks: x.Recipes, processTracks: x.Processes} {
		for _, s := range spans {
			name, _ := replaced(s.Name)
			d := drawn{Track: laneName(group, s.Lane), Name: name, Start: base + s.Start, End: base + s.End, Depth: s.Depth, Args: map[string]string{}, Categories: category(s)}
			for _, a := range arguments(s) {
				if a.word {
					d.Args[a.name] = a.text
				} else {
					d.Args[a.name] = fmt.Sprint(a.num)
				}
			}
			list = append(list, d)
		}
	}
	return list
}

func byTrack(list []drawn) []drawn {
	slices.SortFunc(list, func(a, b drawn) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return list
}

// decodePerfetto has protoc, the reference implementation, decode a trace by its schema.
func decodePerfetto(t *testing.T, trace []byte) protoreflect.Message {
	t.Helper()
	schema := "testdata/perfetto.proto"
	if f := os.Getenv("PERFETTO_PROTO"); f != "" {
		schema = f
	}
	protoc := func(stdin []byte, args ...string) []byte {
		c := exec.Command("protoc", append(args, "-I"+filepath.Dir(schema), filepath.Base(schema))...)
		var stderr bytes.Buffer
		c.Stdin, c.Stderr = bytes.NewReader(stdin), &stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("protoc (apt-get install protobuf-compiler) %q: %v\n%s", args, err, stderr.String())
		}
		return out
	}
	text := protoc(trace, "--decode=perfetto.protos.Trace")
	var set descriptorpb.FileDescriptorSet
	file := filepath.Join(t.TempDir(), "set")
	protoc(nil, "--include_imports", "--descriptor_set_out="+file)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(raw, &set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		t.Fatal(err)
	}
	d, err := files.FindDescriptorByName("perfetto.protos.Trace")
	if err != nil {
		t.Fatal(err)
	}
	// protoc writes a field that the schema lacks by its number, which is no field's name.
	m := dynamicpb.NewMessage(d.(protoreflect.MessageDescriptor))
	if err := prototext.Unmarshal(text, m); err != nil {
		t.Fatalf("what protoc decoded: %v", err)
	}
	return m
}

// field is a field of a message by name, the zero value where it is not set.
func field(m protoreflect.Message, name string) protoreflect.Value {
	f := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	if f == nil {
		panic("no field " + name)
	}
	return m.Get(f)
}

func has(m protoreflect.Message, name string) bool {
	return m.Has(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
}

// The trace, as protoc decodes it: every span on its track, at its time, within those
// that are around it; flows, counters, clocks.
func TestPerfetto(t *testing.T) {
	x := timelineExport()
	var b bytes.Buffer
	if err := Perfetto(&b, x, Options{}); err != nil {
		t.Fatal(err)
	}
	m := decodePerfetto(t, b.Bytes())
	tracks, open := map[uint64]string{}, map[uint64][]*drawn{}
	parents := map[string]string{}
	var all []*drawn
	var counts []string
	packets := field(m, "packet").List()
	last := uint64(0)
	for i := range packets.Len() {
		p := packets.Get(i).Message()
		if first := field(p, "sequence_flags").Uint() == 1; first != (i == 0) || field(p, "trusted_packet_sequence_id").Uint() != 1 {
			t.Fatalf("packet %d: its sequence: %v", i, p)
		}
		switch {
		case has(p, "track_descriptor"):
			d := field(p, "track_descriptor").Message()
			tracks[field(d, "uuid").Uint()] = field(d, "name").String()
			parents[field(d, "name").String()] = tracks[field(d, "parent_uuid").Uint()]
		case has(p, "clock_snapshot"):
			clocks := field(field(p, "clock_snapshot").Message(), "clocks").List()
			for i, want := range [][2]uint64{{6, uint64(x.BootNS)}, {1, uint64(x.Began.UnixNano())}} {
				if c := clocks.Get(i).Message(); field(c, "clock_id").Uint() != want[0] || field(c, "timestamp").Uint() != want[1] {
					t.Errorf("clock %d: %v", i, c)
				}
			}
		case has(p, "track_event"):
			at := field(p, "timestamp").Uint()
			if at < last {
				t.Errorf("packet %d is at %d, after one at %d", i, at, last)
			}
			last = at
			e := field(p, "track_event").Message()
			uuid := field(e, "track_uuid").Uint()
			stack := open[uuid]
			switch field(e, "type").Enum() {
			case 1:
				d := beginning(e)
				d.Track, d.Start, d.Depth = tracks[uuid], int64(at), len(stack)
				open[uuid] = append(stack, d)
				all = append(all, d)
			case 2:
				if len(stack) == 0 {
					t.Fatalf("packet %d ends nothing", i)
				}
				stack[len(stack)-1].End = int64(at)
				open[uuid] = stack[:len(stack)-1]
			case 4:
				counts = append(counts, fmt.Sprintf("%s %d %d", tracks[uuid], int64(at)-x.BootNS, field(e, "counter_value").Int()))
			}
		default:
			t.Errorf("packet %d holds nothing: %v", i, p)
		}
	}
	var got []drawn
	for _, d := range all {
		got = append(got, *d)
	}
	want := wanted(x, x.BootNS)
	for i, d := range want {
		switch d.Name {
		case "lib/<b>\ufffd.o":
			want[i].From = []uint64{1}
		case "lib/libx.a":
			want[i].To, want[i].From = []uint64{1}, []uint64{2}
		case "app":
			want[i].To = []uint64{2}
		}
	}
	if diff := cmp.Diff(byTrack(want), byTrack(got)); diff != "" {
		t.Errorf("slices (-want +got):\n%s", diff)
	}
	n := "job slots in use"
	if diff := cmp.Diff([]string{n + " 1000 1", n + " 2500 2", n + " 9000 1", n + " 12345678 0"}, counts); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
	if got := parents["slot 02"]; got != "recipes of make -j2" || parents["lane 01"] != "processes" || parents[n] != got {
		t.Errorf("groups of tracks: %q", parents)
	}
}

// beginning reads the event that begins a slice.
func beginning(e protoreflect.Message) *drawn {
	d := &drawn{Name: field(e, "name").String(), Args: map[string]string{}}
	notes := field(e, "debug_annotations").List()
	for i := range notes.Len() {
		n := notes.Get(i).Message()
		v := field(n, "string_value").String()
		if has(n, "int_value") {
			v = fmt.Sprint(field(n, "int_value").Int())
		}
		d.Args[field(n, "name").String()] = v
	}
	var categories []string
	for list, i := field(e, "categories").List(), 0; i < list.Len(); i++ {
		categories = append(categories, list.Get(i).String())
	}
	d.Categories = strings.Join(categories, ",")
	for list, i := field(e, "flow_ids").List(), 0; i < list.Len(); i++ {
		d.From = append(d.From, list.Get(i).Uint())
	}
	for list, i := field(e, "terminating_flow_ids").List(), 0; i < list.Len(); i++ {
		d.To = append(d.To, list.Get(i).Uint())
	}
	return d
}

func TestChrome(t *testing.T) {
	golden(t, "export-chrome.json", func(w io.Writer) error { return Chrome(w, timelineExport(), Options{}) })
	golden(t, "export-chrome-none.json", func(w io.Writer) error { return Chrome(w, TimelineExport{}, Options{}) })
}

// The events of Chrome's format say the same as the timeline.
func TestChromeEvents(t *testing.T) {
	x := timelineExport()
	var b bytes.Buffer
	if err := Chrome(&b, x, Options{}); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		TraceEvents []struct {
			Name, Cat, Ph string
			TS, Dur       float64
			PID, TID, ID  int
			Args          map[string]any
		}
	}
	d := json.NewDecoder(&b)
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	names := map[[2]int]string{}
	var got []drawn
	flows := map[string]string{}
	for _, e := range doc.TraceEvents {
		switch {
		case e.Ph == "M" && e.Name == "thread_name":
			names[[2]int{e.PID, e.TID}] = fmt.Sprint(e.Args["name"])
		case e.Ph == "X":
			s := drawn{Track: names[[2]int{e.PID, e.TID}], Name: e.Name, Start: int64(e.TS*1000 + 0.5), Args: map[string]string{}, Categories: e.Cat}
			s.End = s.Start + int64(e.Dur*1000+0.5)
			for k, v := range e.Args {
				s.Args[k] = fmt.Sprint(v)
			}
			got = append(got, s)
		case e.Ph == "s" || e.Ph == "f":
			flows[fmt.Sprintf("%s%d", e.Ph, e.ID)] = fmt.Sprintf("%s %s %.3f", e.Name, names[[2]int{e.PID, e.TID}], e.TS)
		}
	}
	want := wanted(x, 0)
	for i := range want {
		want[i].Depth = 0 // the format leaves it to the times
	}
	if diff := cmp.Diff(byTrack(want), byTrack(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	arrows := map[string]string{"s1": "lib/a.o slot 01 4.999", "f1": "lib/a.o slot 01 5.000", "s2": "lib/libx.a slot 01 8.999", "f2": "lib/libx.a slot 01 9.500"}
	if diff := cmp.Diff(arrows, flows); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
}
