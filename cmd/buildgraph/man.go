package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newManCommand(*app) *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Hidden: true, // for packagers
		Short:  "Write the manual pages",
		Long: `Write a manual page for buildgraph and one for each verb into DIR. Their date is
that of SOURCE_DATE_EPOCH when set, else of the commit that was built.

Exit status: 0; 2 when something is wrong.`,
		Example:           "  buildgraph man /usr/local/share/man/man1",
		Args:              names(1, 1, "one DIR"),
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("making the directory for the manual pages: %w", err)
			}
			header := doc.GenManHeader{Section: "1", Source: "buildgraph " + shortVersion(version()), Manual: "buildgraph"}
			if os.Getenv("SOURCE_DATE_EPOCH") == "" {
				header.Date = commitDate()
			}
			if err := writePages(cmd.Root(), header, args[0]); err != nil {
				return fmt.Errorf("writing the manual pages: %w", err)
			}
			return nil
		},
	}
}

// writePages writes the page of a command and of the verbs below it.
func writePages(cmd *cobra.Command, header doc.GenManHeader, dir string) error {
	for _, verb := range cmd.Commands() {
		if verb.IsAvailableCommand() && !verb.IsAdditionalHelpTopicCommand() {
			if err := writePages(verb, header, dir); err != nil {
				return err
			}
		}
	}
	var page bytes.Buffer
	if err := doc.GenMan(cmd, &header, &page); err != nil { // fills in its copy of the header
		return err
	}
	// Cobra shows the value of a switch that is off, and no page has need of that.
	text := bytes.ReplaceAll(page.Bytes(), []byte("[=false]"), nil)
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
	return os.WriteFile(filepath.Join(dir, name), text, 0o644)
}

// pseudoVersion is a version that Go made up for a commit without a tag; of it the
// commit says enough (go.dev/ref/mod#pseudo-versions).
var pseudoVersion = regexp.MustCompile(`^v.*[-.][0-9]{14}-([0-9a-f]{12})(\+.*)?$`)

// shortVersion fits into the foot of a page, beside the date.
func shortVersion(v string) string {
	if m := pseudoVersion.FindStringSubmatch(v); m != nil {
		return m[1]
	}
	return strings.TrimSuffix(v, "+dirty")
}

// commitDate is when the commit that was built was made; nil where Go did not
// record it.
func commitDate() *time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, s := range info.Settings {
		if s.Key != "vcs.time" {
			continue
		}
		if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
			return &t
		}
	}
	return nil
}
