package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"path"
	"strings"

	"buildgraph/graph/audit"
)

// The parts of a SARIF log (OASIS, "Static Analysis Results Interchange Format",
// version 2.1.0) that findings need.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool            `json:"tool"`
		BaseIDs     map[string]sarifBase `json:"originalUriBaseIds,omitempty"`
		Results     []sarifResult        `json:"results"`
		Invocations []sarifInvocation    `json:"invocations"`
		ColumnKind  string               `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string      `json:"id"`
		Short sarifText   `json:"shortDescription"`
		Full  sarifText   `json:"fullDescription"`
		Help  sarifText   `json:"help"`
		Level sarifConfig `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifBase struct {
		Description sarifText `json:"description"`
	}

	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		Rule         string            `json:"ruleId"`
		Index        int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Related      []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   map[string]string `json:"properties"`
	}
	sarifLocation struct {
		ID       int           `json:"id,omitempty"`
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		Line int `json:"startLine"`
	}
)

// sarifRules describe the kinds of finding, in the order of audit.Kinds.
var sarifRules = map[audit.Kind][3]string{
	audit.Race:       {"error", "Nothing orders a recipe after the one that makes a file that it reads", "Make the file a prerequisite of the target, order-only (behind |) if only its being there matters."},
	audit.Missing:    {"warning", "A recipe reads a file that is not among the prerequisites of its target", "Declare it: with -MMD and -include where a compiler reads it, else as a prerequisite."},
	audit.Writers:    {"warning", "Two recipes write the same file", "Let one recipe make the file, or order the two and give each a file of its own."},
	audit.Undeclared: {"warning", "A recipe writes a file that no rule names and another recipe reads", "Name it as a target: a grouped target (&:) where one recipe makes several files."},
	audit.Redundant:  {"note", "A prerequisite is neither used nor needed", "Remove it: each change of it remakes the target for nothing."},
	audit.Shadow:     {"note", "A file that appeared at this path would be used instead of another", "Nothing is wrong as long as no such file appears."},
}

// rootBase is what relative URIs are relative to: the capture root.
const rootBase = "SRCROOT"

// CheckSARIF writes the findings as a SARIF 2.1.0 log, at the makefile's line
// where it is known. Files outside the capture root have absolute file URIs.
func CheckSARIF(w io.Writer, a audit.Findings, o Options, version string) error {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "buildgraph", Version: version}},
		BaseIDs:     map[string]sarifBase{rootBase: {sarifText{"the directory in which the build was captured"}}},
		Results:     []sarifResult{},
		Invocations: []sarifInvocation{{Successful: true}},
		ColumnKind:  "utf16CodeUnits",
	}
	index := map[audit.Kind]int{}
	for i, k := range audit.Kinds {
		text := sarifRules[k]
		index[k] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: string(k), Short: sarifText{text[1]}, Full: sarifText{text[1] + "."}, Help: sarifText{text[2]}, Level: sarifConfig{text[0]},
		})
	}
	for _, h := range a.Withheld {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications,
			sarifNotification{"warning", sarifText{"withheld: " + Line(withheldLine(h))}})
	}
	for _, f := range a.Findings {
		r := sarifResult{
			Rule: string(f.Kind), Index: index[f.Kind], Level: sarifRules[f.Kind][0], Message: sarifText{message(f)},
			Properties:   map[string]string{"proof": string(f.Proof), "repro": Line(f.Repro)},
			Fingerprints: map[string]string{"finding/v1": fingerprint(f)},
		}
		if f.Reason != "" {
			r.Properties["reason"] = Line(f.Reason)
		}
		if f.Witness != nil {
			r.Properties["witness"] = witnessLine(f)
		}
		input := sarifLocation{Physical: sarifPhysical{Artifact: artifact(f.Input)}}
		if f.Makefile == "" {
			r.Locations = []sarifLocation{input}
		} else {
			at := sarifLocation{Physical: sarifPhysical{Artifact: artifact(f.Makefile), Region: &sarifRegion{max(f.Line, 1)}}}
			r.Locations = []sarifLocation{at}
			input.ID, input.Message = 1, &sarifText{"the file"}
			r.Related = []sarifLocation{input}
		}
		run.Results = append(run.Results, r)
	}
	return writeJSON(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// artifact is a file's place as a URI (RFC 3986): bytes that a URI cannot hold are
// escaped.
func artifact(name string) sarifArtifact {
	escaped := strings.Split(name, "/")
	for i, part := range escaped {
		escaped[i] = strings.ReplaceAll(url.PathEscape(part), ":", "%3A")
	}
	uri := strings.Join(escaped, "/")
	if path.IsAbs(name) {
		return sarifArtifact{URI: "file://" + uri}
	}
	return sarifArtifact{URI: uri, Base: rootBase}
}

// fingerprint tells whether two runs found the same, wherever the rule has moved.
func fingerprint(f audit.Finding) string {
	sum := sha256.Sum256([]byte(string(f.Kind) + "\x00" + f.Target + "\x00" + f.Input))
	return hex.EncodeToString(sum[:16])
}
