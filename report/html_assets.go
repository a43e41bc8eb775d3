package report

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"sync"
)

// library is a set of vendored scripts that are run together, when they are needed.
type library struct {
	name  string   // by which the page's scripts ask for it
	files []string // below html/vendor, in the order in which they are run
}

// libraries are what html/vendor holds; its README says why these.
var libraries = []library{
	{"zoom", []string{
		"d3-dispatch-3.0.2/d3-dispatch.min.js", "d3-color-3.1.1/d3-color.min.js", "d3-interpolate-3.0.2/d3-interpolate.min.js",
		"d3-selection-3.0.1/d3-selection.min.js", "d3-drag-3.0.1/d3-drag.min.js", "d3-ease-3.0.2/d3-ease.min.js",
		"d3-timer-3.0.2/d3-timer.min.js", "d3-transition-3.0.2/d3-transition.min.js", "d3-zoom-3.0.1/d3-zoom.min.js",
	}},
	{"graph", []string{"cytoscape-3.34.4/cytoscape.min.js", "dagre-3.1.3/dagre.min.js"}},
	{"table", []string{"tabulator-6.5.3/tabulator.min.js"}},
}

// scripts are the page's own, run as one.
var scripts = []string{"start.js", "data.js", "timeline.js", "timeline_draw.js", "search.js", "graph.js", "graph_draw.js", "tables.js"}

// frame is the part of the page that is the same in every one.
type frame struct {
	Policy  string        // content security policy
	Style   template.HTML // the style elements
	Scripts template.HTML // libraries, compressed and inert, and the script element
	Notices []notice
}

// notice is the licence of a library.
type notice struct{ Name, Text string }

// pageFrame puts the frame together. Libraries are compressed; the script that
// unpacks one runs it as an inline script, whose hash the policy names as it does
// that of the page's own.
var pageFrame = sync.OnceValue(func() frame {
	var f frame
	var markup strings.Builder
	script := []string{}
	for _, l := range libraries {
		var text strings.Builder
		for _, name := range l.files {
			text.WriteString(runnable(asset("vendor/" + name)))
			dir, _, _ := strings.Cut(name, "/")
			f.Notices = append(f.Notices, notice{dir, strings.TrimSpace(asset("vendor/" + dir + "/LICENSE"))})
		}
		script = append(script, hash(text.String()))
		fmt.Fprintf(&markup, "<script type=\"text/plain\" id=\"lib-%s\">%s</script>\n", l.name, deflated([]byte(text.String())))
	}
	f.Notices = uniqueNotices(f.Notices)
	var own strings.Builder
	for _, name := range scripts {
		own.WriteString(asset(name))
	}
	script = append(script, hash(own.String()))
	fmt.Fprintf(&markup, "<script>%s</script>", own.String())

	// Cytoscape would add the second style sheet itself, which the policy forbids.
	page, cytoscape := asset("page.css")+asset("tables.css"), ".__________cytoscape_container { position: relative; }"
	f.Style = template.HTML(fmt.Sprintf("<style>%s</style>\n<style id=\"__________cytoscape_stylesheet\">%s</style>", page, cytoscape))
	f.Policy = fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'",
		strings.Join(script, " "), hash(page)+" "+hash(cytoscape))
	f.Scripts = template.HTML(markup.String())
	return f
})

// asset is one of the embedded files, which are there whatever the trace.
func asset(name string) string {
	text, err := assets.ReadFile("html/" + name)
	if err != nil {
		panic(err)
	}
	return string(text)
}

var sourceMap = regexp.MustCompile(`(?m)^//# sourceMappingURL=.*$`)

// runnable is a library's script without the pointer to its sources, which
// debuggers would follow, and ended so that another can stand behind it.
func runnable(text string) string { return sourceMap.ReplaceAllString(text, "") + "\n;\n" }

// uniqueNotices joins what has the same licence text: nine libraries of one author.
func uniqueNotices(list []notice) []notice {
	at := map[string]int{}
	var out []notice
	for _, n := range list {
		i, ok := at[n.Text]
		switch {
		case !ok:
			at[n.Text] = len(out)
			out = append(out, n)
		case !strings.Contains(out[i].Name, n.Name):
			out[i].Name += ", " + n.Name
		}
	}
	return out
}

// hash names an inline script or style in a content security policy (CSP level 3,
// 2.3.1, hash-source).
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// packed is data as the page holds it: JSON, compressed, in base64. No character
// of that can end the element that it stands in.
func packed(data pageData) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(data); err != nil {
		return "", fmt.Errorf("encoding the page's data: %w", err)
	}
	return deflated(b.Bytes()), nil
}

// deflated is text as gzip (RFC 1952) in base64.
func deflated(text []byte) string {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(text)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil { // a buffer takes everything, and the level is one
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}
