package report

import (
	"io"
	"net/url"
	"time"

	"buildgraph/graph"
)

// The types of an in-toto statement
// (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md) whose
// predicate is a runtime trace (…/spec/predicates/runtime-trace.md), and the URIs by
// which a reader knows what our monitor writes.
const (
	statementType     = "https://in-toto.io/Statement/v1"
	runtimeTraceType  = "https://in-toto.io/attestation/runtime-trace/v0.1"
	monitorType       = "urn:x-buildgraph:monitor:v1"
	monitoredType     = "urn:x-buildgraph:command:v1"
	monitoredHostBase = "urn:x-buildgraph:host:"
)

type statementDoc struct {
	Type          string          `json:"_type"`
	Subject       []resourceDoc   `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     runtimeTraceDoc `json:"predicate"`
}

// resourceDoc is a ResourceDescriptor (spec/v1/resource_descriptor.md).
type resourceDoc struct {
	Name        string            `json:"name"`
	URI         string            `json:"uri"`
	Digest      map[string]string `json:"digest,omitempty"`
	Annotations map[string]any    `json:"annotations,omitempty"`
}

type runtimeTraceDoc struct {
	Monitor          monitorDoc          `json:"monitor"`
	MonitoredProcess monitoredProcessDoc `json:"monitoredProcess"`
	MonitorLog       monitorLogDoc       `json:"monitorLog"`
	Metadata         map[string]string   `json:"metadata"`
	Undigested       []resourceDoc       `json:"buildgraph_outputsWithoutDigest,omitempty"`
}

type monitorDoc struct {
	Type        string         `json:"type"`
	TracePolicy map[string]any `json:"tracePolicy"`
}

type monitoredProcessDoc struct {
	HostID string `json:"hostID"`
	Type   string `json:"type"`
	Event  string `json:"event"`
}

type monitorLogDoc struct {
	Process    []programLogDoc `json:"process"`
	FileAccess []resourceDoc   `json:"fileAccess"`
}

type programLogDoc struct {
	PID        int      `json:"pid"`
	Process    uint32   `json:"process"`
	Parent     uint32   `json:"parent,omitempty"`
	Executable string   `json:"executable"`
	Script     string   `json:"script,omitempty"`
	Arguments  []string `json:"arguments"`
	ArgumentsB []string `json:"arguments_b64,omitempty"`
	Directory  string   `json:"directory"`
	Start      string   `json:"startedOn"`
	End        string   `json:"finishedOn,omitempty"`
	ExitCode   *int     `json:"exitCode,omitempty"`
	Signal     int      `json:"signal,omitempty"`
}

// InToto writes an in-toto statement, unsigned: the outputs that have a digest as
// subjects, and a runtime trace of how they came about. What a file has no digest for
// it says in its annotations.
func InToto(w io.Writer, a graph.Attestation, o Options) error {
	d := statementDoc{Type: statementType, PredicateType: runtimeTraceType, Subject: []resourceDoc{}}
	for _, f := range a.Subjects {
		if f.Digest != "" {
			d.Subject = append(d.Subject, resource(f, false))
		} else {
			d.Predicate.Undigested = append(d.Predicate.Undigested, resource(f, false))
		}
	}
	p := &d.Predicate
	p.Monitor = monitorDoc{Type: monitorType, TracePolicy: tracePolicy(a, o)}
	words, _ := replacedAll(a.Command)
	p.MonitoredProcess = monitoredProcessDoc{
		HostID: monitoredHostBase + url.PathEscape(a.Host), Type: monitoredType, Event: command(words),
	}
	p.Metadata = map[string]string{"buildStartedOn": instant(a.Capture, 0)}
	if !a.Unended {
		p.Metadata["buildFinishedOn"] = instant(a.Capture, a.Ended)
	}
	p.MonitorLog = monitorLogDoc{Process: []programLogDoc{}, FileAccess: []resourceDoc{}}
	for _, r := range a.Programs {
		p.MonitorLog.Process = append(p.MonitorLog.Process, programOf(r, a.Capture))
	}
	for _, f := range a.Accesses {
		p.MonitorLog.FileAccess = append(p.MonitorLog.FileAccess, resource(f, true))
	}
	return writeJSON(w, d)
}

// tracePolicy says what the monitor looks at, and what a reader must not conclude.
func tracePolicy(a graph.Attestation, o Options) map[string]any {
	policy := map[string]any{
		"tool":       "buildgraph " + a.Tool,
		"kernel":     a.Kernel,
		"machine":    a.Machine,
		"complete":   a.Complete,
		"fileAccess": "regular files whose content was read, mapped, executed or written; /proc, /sys and /dev, lookups and metadata are left out",
		"network":    "not observed: nothing here says that there was none",
		"digests":    "taken from the disk when this statement was written, and only of files that had not changed since",
		"signed":     false,
	}
	if why := incomplete(a.Complete, o); why != nil {
		policy["incomplete"] = why
	}
	if a.Unended {
		policy["end"] = "not seen: when and with which status the build ended is not known"
	}
	return policy
}

// resource describes one file: its path as a URI is exact, whatever bytes it holds.
func resource(f graph.AttestedFile, access bool) resourceDoc {
	r := resourceDoc{URI: fileURI(f.Path), Annotations: map[string]any{}}
	name, exact := replaced(f.Shown)
	r.Name = name
	if exact != "" {
		r.Annotations["name_b64"] = exact
	}
	if f.Digest != "" {
		r.Digest = map[string]string{"sha256": f.Digest}
	} else {
		r.Annotations["noDigest"] = f.Why
	}
	if access {
		r.Annotations["access"] = f.Access
		r.Annotations["class"] = string(f.Class)
		if f.At != "" && f.At != f.Path {
			r.Annotations["renamedTo"] = fileURI(f.At)
		}
	}
	return r
}

// fileURI is a path as a URI (RFC 8089), with the bytes that it cannot hold escaped.
func fileURI(path string) string {
	return (&url.URL{Scheme: "file", Path: path}).String()
}

func instant(c graph.Capture, at int64) string {
	return c.Began.Add(time.Duration(at)).UTC().Format(time.RFC3339Nano)
}

func programOf(r graph.AttestedProgram, c graph.Capture) programLogDoc {
	d := programLogDoc{
		PID: r.PID, Process: uint32(r.Process), Parent: uint32(r.Parent), Executable: fileURI(r.Exe),
		Directory: fileURI(r.Dir), Start: instant(c, r.Start),
	}
	if r.Script != "" {
		d.Script = fileURI(r.Script)
	}
	d.Arguments, d.ArgumentsB = replacedAll(r.Argv)
	if !r.Alive {
		d.End = instant(c, r.End)
	}
	switch {
	case r.Alive, r.Replaced:
	case r.Signal != 0:
		d.Signal = r.Signal
	default:
		d.ExitCode = &r.ExitCode
	}
	return d
}
