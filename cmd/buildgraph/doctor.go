package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"buildgraph/capture"
	"buildgraph/report"
)

func newDoctorCommand(a *app) *cobra.Command {
	var ring string
	cmd := &cobra.Command{
		Use:     "doctor",
		GroupID: groupRecord,
		Short:   "Say whether this machine can capture, and what is missing",
		Long: `Check what a capture needs: the kernel and its type information, each
tracepoint that is listened at, the event ring and the privileges. Each thing
that is missing comes with the one command or step that mends it.

Exit status: 0 when a capture would work, 2 when it would not.`,
		Example: `  buildgraph doctor
  buildgraph doctor --ring 256M   whether a ring of that size can be had
  buildgraph doctor --json`,
		Args:              names(0, 0, "no arguments"),
		Annotations:       map[string]string{unusedAnnotation: "input color"},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			size, err := parseSize(ring)
			if err != nil {
				return fmt.Errorf("--ring %s: %w", ring, err)
			}
			return a.doctor(capture.Doctor(size, setcapCommand()))
		},
	}
	cmd.Flags().StringVar(&ring, "ring", "16M", "`SIZE` of the event ring to try")
	return cmd
}

func (a *app) doctor(checks []capture.Check) error {
	broken := slices.ContainsFunc(checks, func(c capture.Check) bool { return c.Must && !c.OK })
	var err error
	if a.json {
		err = doctorJSON(a.stdout, checks, !broken)
	} else {
		err = doctorText(a.stdout, checks, !broken)
	}
	if err == nil && broken {
		return &exitError{status: statusFailure}
	}
	return err
}

func doctorText(w io.Writer, checks []capture.Check, ok bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var steps []string
	for _, c := range checks {
		state := "ok"
		if !c.OK {
			state = map[bool]string{true: "MISSING", false: "without"}[c.Must]
			if c.Mend != "" && !slices.Contains(steps, c.Mend) {
				steps = append(steps, c.Mend)
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", state, c.What, report.Line(c.Found))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	verdict := "This machine can capture builds."
	if !ok {
		verdict = "This machine cannot capture builds as it is."
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", verdict); err != nil {
		return err
	}
	for _, s := range steps {
		if _, err := fmt.Fprintf(w, "    %s\n", s); err != nil {
			return err
		}
	}
	return nil
}

func doctorJSON(w io.Writer, checks []capture.Check, ok bool) error {
	type check struct {
		What  string `json:"what"`
		OK    bool   `json:"ok"`
		Must  bool   `json:"must"`
		Found string `json:"found"`
		Mend  string `json:"mend,omitempty"`
	}
	doc := struct {
		OK     bool    `json:"ok"`
		Checks []check `json:"checks"`
	}{OK: ok}
	for _, c := range checks {
		doc.Checks = append(doc.Checks, check(c))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}
