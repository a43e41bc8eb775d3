package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a page in headless Chromium. What no page of ours may do, it remembers:
// complain on the console, throw, ask for anything but itself, open a dialog.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu    sync.Mutex
	wrong []string
}

// look is how a page is looked at.
type look struct {
	width, height int64
	dark          bool
	media         string // "print", else the screen
}

var desktop = look{width: 1440, height: 900}

// browse opens a file and waits until everything in it is drawn.
func browse(t *testing.T, file string, l look) *tab {
	t.Helper()
	b := openTab(t, file, l)
	b.js(`Promise.all(["timeline", "graph", "tables"].map(buildgraph.open)).then(() => true)`)
	return b
}

// openTab opens a file and waits until it is loaded.
func openTab(t *testing.T, file string, l look) *tab {
	t.Helper()
	browser := "chromium"
	if _, err := exec.LookPath(browser); err != nil {
		t.Fatal("this test looks at a page with Chromium: apt-get install chromium")
	}
	// Root has no sandbox in Chromium, and neither has a user in many a container.
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath(browser), chromedp.CombinedOutput(io.Discard))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	b := &tab{t: t, ctx: ctx, url: "file://" + file}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	do(b, log.Enable, cdp.Empty{})
	do(b, runtime.Enable, cdp.Empty{})
	do(b, network.Enable, network.EnableParams{})
	do(b, page.Enable, page.EnableParams{})
	do(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: l.media, Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"}, // scrolling is over at once
		},
	})
	do(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: l.height, DeviceScaleFactor: 1})
	b.must(chromedp.Do(ctx, chromedp.Navigate(b.url)))
	t.Cleanup(b.clean)
	return b
}

// do runs one command of the browser.
func do[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, command, params)
	b.must(err)
}

func (b *tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// hear notes what must not happen.
func (b *tab) hear(event any) {
	said := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		for _, a := range e.Args {
			said += fmt.Sprintf("console %s: %s%s ", e.Type, a.Value, a.Description)
		}
	case *runtime.EventExceptionThrown:
		said = "exception: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			said += " " + x.Description
		}
	case *log.EventEntryAdded:
		said = "log: " + e.Entry.Text
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(b.url, u) && !strings.HasPrefix(u, "data:") {
			said = "request: " + u
		}
	case *page.EventJavascriptDialogOpening:
		said = "dialog: " + e.Message
	}
	if said != "" {
		b.mu.Lock()
		b.wrong = append(b.wrong, said)
		b.mu.Unlock()
	}
}

// clean fails the test for what was heard.
func (b *tab) clean() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		b.t.Errorf("the page did what it must not: %s", w)
	}
}

// js gives the value of an expression, awaited where it is a promise, as JSON.
func (b *tab) js(expression string) string {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return string(v)
}

// value decodes the value of an expression.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	var v T
	if err := json.Unmarshal([]byte(b.js(expression)), &v); err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for a condition.
func (b *tab) until(condition string) {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); b.js("!!("+condition+")") != "true"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("after 20 s it is not so: %s", condition)
		}
	}
}

// keys types; the names of package kb are keys that write nothing.
func (b *tab) keys(text string, modifiers ...chromedp.Modifier) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(text, chromedp.KeyModifiers(modifiers...))))
}

// show brings an element into the window, and waits until scrolling is over: the
// wheel of one that is scrolling does not zoom.
func (b *tab) show(id string) {
	b.t.Helper()
	b.js(fmt.Sprintf(`(document.getElementById(%q).scrollIntoView({ block: "center", behavior: "instant" }), true)`, id))
	time.Sleep(400 * time.Millisecond)
}

// at is the middle of what an expression gives the rectangle of.
func (b *tab) at(rectangle string) (x, y float64) {
	b.t.Helper()
	p := value[[2]float64](b, `(() => { const r = `+rectangle+`; return [r.x + r.width / 2, r.y + r.height / 2]; })()`)
	return p[0], p[1]
}

func (b *tab) click(rectangle string) {
	b.t.Helper()
	x, y := b.at(rectangle)
	b.must(chromedp.Do(b.ctx, chromedp.MouseClickXY(x, y)))
}

// wheel turns the mouse's wheel; a delta of exactly nothing would be left out of the
// command.
func (b *tab) wheel(x, y, delta float64) {
	b.t.Helper()
	do(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseWheel, X: x, Y: y, DeltaX: 1e-6, DeltaY: delta})
}

// pageOf writes the page of a trace.
func pageOf(t *testing.T, trace string, flags ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	var stdout, stderr strings.Builder
	if got := run(append([]string{"-i", trace, "report", "--html", file}, flags...), nil, &stdout, &stderr); got != 0 {
		t.Fatalf("report: status %d: %s", got, stderr.String())
	}
	return file
}
