package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func newManCommand(*app) *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Hidden: true, // for packagers
		Short:  "Write the manual pages",
		Long: `Write a manual page for buildgraph and one for each verb into DIR. Their date is
that of SOURCE_DATE_EPOCH when set, else of the commit that was built. Under
sudo they are written as the user who called it.

Exit status: 0; 2 when something is wrong.`,
		Example:           "  buildgraph man build/man",
		Args:              names(1, 1, "one DIR"),
		Annotations:       map[string]string{unusedAnnotation: "input json color"},
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
		RunE: func(cmd *cobra.Command, args []string) error {
			date, err := pagesDate()
			if err != nil {
				return err
			}
			owner, err := newFileOwner()
			if err != nil {
				return err
			}
			pages := map[string][]byte{}
			addPages(pages, cmd.Root(), date)
			if err := owner.do(func() error { return writePages(pages, args[0]) }); err != nil {
				return fmt.Errorf("writing the manual pages: %w", err)
			}
			return nil
		},
	}
}

// pagesDate is the date that stands in the pages.
func pagesDate() (time.Time, error) {
	// reproducible-builds.org/specs/source-date-epoch
	if text := os.Getenv("SOURCE_DATE_EPOCH"); text != "" {
		epoch, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is a number of seconds, not %q", text)
		}
		return time.Unix(epoch, 0).UTC(), nil
	}
	if date := commitDate(); date != nil {
		return *date, nil
	}
	return time.Now(), nil
}

// addPages makes the page of a command and those of the verbs below it, by file name.
func addPages(pages map[string][]byte, cmd *cobra.Command, date time.Time) {
	for _, verb := range cmd.Commands() {
		if verb.IsAvailableCommand() && verb.Name() != "help" {
			addPages(pages, verb, date)
		}
	}
	cmd.InitDefaultHelpFlag()
	pages[pageName(cmd)+".1"] = manPage(cmd, date.Format(time.DateOnly), "buildgraph "+shortVersion(version()))
}

// writePages writes pages into a directory, which is made.
func writePages(pages map[string][]byte, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		if err := os.WriteFile(filepath.Join(dir, name), pages[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pageName is "buildgraph-deps", as git's pages are called.
func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

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
