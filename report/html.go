package report

import (
	"bufio"
	"embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"buildgraph/graph"
	"buildgraph/graph/audit"
)

// Page is all that the HTML page shows of a build.
type Page struct {
	Title    string // "": the last part of the capture root
	Version  string // of buildgraph
	Build    Build
	Timeline graph.Timeline
	Actions  graph.ActionGraph
	Outputs  int // persistent files that the build wrote

	Findings    *audit.Findings // nil: the build was not held against its rules
	NotCompared string          // why not, "" where nobody asked
	// Mend holds makefile lines that would declare what findings miss, by the first
	// finding of each kind and file; see [Groups].
	Mend map[Group]string
}

// Group names the findings that the page shows together.
type Group struct {
	Kind  audit.Kind
	Input string
}

// Build describes a capture.
type Build struct {
	Command  []string
	Root     string // absolute
	Host     string
	Kernel   string // release
	Machine  string // architecture
	Cores    int    // that the build could use, 0 where that is not known
	Began    time.Time
	Complete bool
	Why      []string // why not Complete
	ExitCode int      // of the command, 128+n when killed by signal n
}

// assets are the sources of the page: a template, style sheets, scripts and the
// libraries.
//
//go:embed html
var assets embed.FS

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{"number": number[int]}).ParseFS(assets, "html/page.html"))

// HTML writes one self-contained page: a summary and the findings as they stand,
// which show without any script, then the data and the scripts that draw the
// timeline, the graph and the tables from it. It refers to nothing outside
// itself, and its content security policy lets nothing but its own scripts run.
func HTML(w io.Writer, p Page, o Options) error {
	data, err := packed(newPageData(p))
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	if err := pageTemplate.Execute(b, newPageView(p, data)); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}
