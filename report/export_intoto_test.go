package report

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	intoto "github.com/in-toto/attestation/go/v1"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/protobuf/encoding/protojson"

	"buildgraph/graph"
)

func attestation() graph.Attestation {
	sum := strings.Repeat("0123456789abcdef", 4)
	program := func(process int, exe string, argv ...string) graph.AttestedProgram {
		return graph.AttestedProgram{
			Span: graph.Span{PID: 100 + process, Dir: "/p", Start: 1000, End: 5000, ExitCode: 1, Alive: process == 3},
			Exe:  exe, Argv: argv, Replaced: process == 2,
		}
	}
	a := graph.Attestation{
		Capture: graph.Capture{
			Tool: "test", Kernel: "6.1", Machine: "x86_64", Host: "my host", Command: []string{"make", "-j2"}, Root: "/p",
			Began: time.Unix(1_700_000_000, 5), Ended: 12_400_000, Finished: true, Complete: true,
		},
		Subjects: []graph.AttestedFile{
			{Path: "/p/app", Shown: "app", Digest: sum},
			{Path: "/p/gone", Shown: "gone", Why: "gone"},
			{Path: "/p/latin\xe9 #?%.o", Shown: "latin\xe9 #?%.o", Digest: sum},
		},
		Accesses: []graph.AttestedFile{
			{Path: "/p/app.tmp", At: "/p/app", Shown: "app.tmp", Class: graph.Generated, Access: []string{"write", "create"}, Digest: sum},
			{Path: "/p/<img>.c", At: "/p/<img>.c", Shown: "<img>.c", Class: graph.Project, Access: []string{"read"}, Why: "changed after the build"},
		},
		Programs: []graph.AttestedProgram{program(1, "/usr/bin/make", "make", "-j2"), program(2, "/usr/bin/env", "env", "cc\xff"), program(3, "/usr/bin/sh", "sh", "./x")},
	}
	a.Programs[2].Script = "/p/x"
	return a
}

func TestInToto(t *testing.T) {
	golden(t, "export-in-toto.json", func(w io.Writer) error { return InToto(w, attestation(), Options{}) })
}

// Of a build that was not seen to end no end is claimed.
func TestInToToNotEnded(t *testing.T) {
	a := attestation()
	if s := string(statement(t, a, Options{})); !strings.Contains(s, "buildFinishedOn") || strings.Contains(s, "not seen") {
		t.Errorf("a build that ended:\n%s", s)
	}
	a.Unended, a.Complete = true, false
	if s := string(statement(t, a, Options{})); strings.Contains(s, "buildFinishedOn") || !strings.Contains(s, `"end": "not seen: when and with which status`) {
		t.Errorf("a build that was not seen to end:\n%s", s)
	}
}

func statement(t *testing.T, a graph.Attestation, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := InToto(&b, a, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The project's own Go types take the statement, every file of it is a valid
// ResourceDescriptor, and the predicate is as its specification says.
func TestInTotoValid(t *testing.T) {
	incomplete := attestation()
	incomplete.Complete, incomplete.Finished = false, false
	for _, a := range []graph.Attestation{attestation(), incomplete} {
		text := statement(t, a, Options{Why: []string{"12 events were lost"}})
		var s intoto.Statement
		if err := protojson.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		if len(s.Subject) != 2 || s.Subject[0].Digest["sha256"] != a.Subjects[0].Digest {
			t.Errorf("subjects: %v", s.Subject)
		}
		var doc struct {
			Predicate struct {
				MonitorLog struct {
					FileAccess []json.RawMessage `json:"fileAccess"`
				} `json:"monitorLog"`
				Undigested []json.RawMessage `json:"buildgraph_outputsWithoutDigest"`
			} `json:"predicate"`
		}
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		files := append(doc.Predicate.MonitorLog.FileAccess, doc.Predicate.Undigested...)
		if len(files) != 3 {
			t.Errorf("%d files beside the subjects, want 3", len(files))
		}
		for _, raw := range files {
			var rd intoto.ResourceDescriptor
			if err := protojson.Unmarshal(raw, &rd); err != nil {
				t.Fatalf("%s: %v", raw, err)
			}
			if err := rd.Validate(); err != nil {
				t.Errorf("%s: %v", raw, err)
			}
			if why := rd.Annotations.GetFields()["noDigest"].GetStringValue(); (why == "") != (rd.Digest["sha256"] != "") {
				t.Errorf("%s has a digest and a reason for none, or neither", raw)
			}
		}
		if err := predicateSchema(t).Validate(decoded(t, text)); err != nil {
			t.Errorf("the schema: %v", err)
		}
	}
}

// A statement without what the specification requires is refused by what we test with.
func TestInTotoSchemaRefuses(t *testing.T) {
	whole := string(statement(t, attestation(), Options{}))
	for _, cut := range []string{`"hostID"`, `"monitorLog"`, `"type": "urn:x-buildgraph:monitor`, `"predicateType"`, `"buildStartedOn": "2`} {
		text := strings.Replace(whole, cut, strings.Replace(cut, `"`, `"not-`, 1), 1)
		if cut == `"buildStartedOn": "2` {
			text = strings.Replace(whole, cut, `"buildStartedOn": "at two`, 1)
		}
		if predicateSchema(t).Validate(decoded(t, []byte(text))) == nil {
			t.Errorf("the schema takes a statement without %s", cut)
		}
	}
	a := attestation()
	a.Subjects = a.Subjects[1:2]
	var s intoto.Statement
	if err := protojson.Unmarshal(statement(t, a, Options{}), &s); err != nil {
		t.Fatal(err)
	}
	if s.Validate() == nil {
		t.Error("a statement without a subject is taken")
	}
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// predicateSchema is the runtime trace's specification, version 0.1, as a JSON schema.
func predicateSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("testdata/in-toto/runtime-trace-v0.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("runtime-trace.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("runtime-trace.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A path comes back from its URI, whatever bytes it holds.
func FuzzFileURI(f *testing.F) {
	f.Add("/p/latin\xe9 #?%2f.o")
	f.Add("//x")
	f.Fuzz(func(t *testing.T, path string) {
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, "\x00") {
			return
		}
		u, err := url.Parse(fileURI(path))
		if err != nil || u.Scheme != "file" || u.Host != "" || u.Path != path || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q: %s: %+v, %v", path, fileURI(path), u, err)
		}
	})
}
