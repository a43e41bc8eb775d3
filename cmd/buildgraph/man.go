package main

import (
	"fmt"
	"os"
	"runtime/debug"
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
			header := &doc.GenManHeader{Source: "buildgraph " + version(), Manual: "buildgraph"}
			if os.Getenv("SOURCE_DATE_EPOCH") == "" {
				header.Date = commitDate()
			}
			if err := doc.GenManTree(cmd.Root(), header, args[0]); err != nil {
				return fmt.Errorf("writing the manual pages: %w", err)
			}
			return nil
		},
	}
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
