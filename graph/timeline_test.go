package graph

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"buildgraph/store"
)

// spans shows a timeline as lines of "lane.depth name".
func spans(list []Span) string {
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "%d.%d %s\n", s.Lane, s.Depth, s.Name)
	}
	return b.String()
}

// Two recipes at once, in a make that a recipe of another make runs: two slots, the
// first of which the outer recipe lends to the inner ones.
func TestTimelineLanes(t *testing.T) {
	b, mk := makefile(t)
	sub := mk.recipe("lib", "make", "-C", "lib").tags(1).chdir("lib")
	one := sub.recipe("a.o", "sh", "-c", "cc -c a.c && touch b")
	two := sub.recipe("b.o", "cc", "-c", "b.c")
	one.run("cc", "-c", "a.c").exit()
	one.fork().exit()
	two.exit()
	one.exit()
	sub.exit()
	last := mk.recipe("app", "ld", "-o", "app")
	last.exit()
	b.procs[last.id-1].ExitCode, b.procs[last.id-1].CPU = 2, 7
	b.procs[mk.id-1].MaxRSS, b.procs[last.id-1].MaxRSS = 58<<20, 3<<20
	mk.exit()
	b.meta.Ended = b.tick()

	tl, err := b.graph().Timeline()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := spans(tl.Recipes), "0.0 lib\n0.1 lib/a.o\n1.0 lib/b.o\n0.0 app\n"; got != want || tl.Lanes != 2 {
		t.Errorf("recipes in %d lanes:\n%swant 2:\n%s", tl.Lanes, got, want)
	}
	want := "0.0 make\n0.1 make\n0.2 sh\n1.0 cc\n0.3 cc\n0.3 (sh)\n0.1 ld\n"
	if got := spans(tl.Processes); got != want || tl.ProcessLanes != 2 {
		t.Errorf("processes in %d lanes:\n%swant 2:\n%s", tl.ProcessLanes, got, want)
	}
	app := tl.Recipes[3]
	if app.ExitCode != 2 || !app.Failed() || app.CPU != 7 || !slices.Equal(app.Lines, []string{"ld -o app"}) || app.Dir != "/p" || app.Parent != mk.id || app.PID != 100 {
		t.Errorf("the failed recipe: %+v", app)
	}
	ld := tl.Processes[6]
	if ld.ExitCode != 2 || ld.Recipe != app.Recipe || ld.Exec != last.image || ld.Parent != mk.id || ld.End-ld.Start != app.End-app.Start {
		t.Errorf("its process: %+v", ld)
	}
	if !slices.Equal(tl.Recipes[0].Lines, []string{"make -C lib"}) || !slices.Equal(tl.Recipes[1].Lines, []string{"cc -c a.c && touch b"}) {
		t.Errorf("commands: %q, %q", tl.Recipes[0].Lines, tl.Recipes[1].Lines)
	}
	// The peak of the first process may be that of the program that captured.
	if make := tl.Processes[0]; make.Process != mk.id || make.MaxRSS != 0 || ld.MaxRSS != 3<<20 || app.MaxRSS != 3<<20 {
		t.Errorf("memory: of process %d %d, of the last %d, of its recipe %d", make.Process, make.MaxRSS, ld.MaxRSS, app.MaxRSS)
	}
	if tl.End != b.meta.Ended {
		t.Errorf("the end is %d, want %d", tl.End, b.meta.Ended)
	}
}

// A recipe has all the lines that its build tool ran, in their order.
func TestTimelineLines(t *testing.T) {
	b, mk := makefile(t)
	mk.recipe("src/a.o", "sh", "-c", "gcc -c -o src/a.o \\\n\ta.c").writes("src/a.o").exit()
	mk.recipe("src/a.o", "mv", "-f", "a.Tpo", "a.Po").exit()
	mk.exit()
	tl, err := b.graph().Timeline()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"gcc -c -o src/a.o \\\n\ta.c", "mv -f a.Tpo a.Po"}
	if len(tl.Recipes) != 1 || !slices.Equal(tl.Recipes[0].Lines, want) {
		t.Errorf("%+v, want one recipe of %q", tl.Recipes, want)
	}
}

// A process whose end was not seen lasts as long as the build, and does not fit
// into the parent that it outlived.
func TestTimelineAlive(t *testing.T) {
	b, mk := makefile(t)
	line := mk.recipe("x", "sh", "-c", "sleep 100 & true")
	line.run("sleep", "100")
	line.exit()
	mk.exit()
	tl, err := b.graph().Timeline()
	if err != nil {
		t.Fatal(err)
	}
	sleep := tl.Processes[2]
	if !sleep.Alive || sleep.End != tl.End || sleep.Lane != 1 || sleep.Failed() {
		t.Errorf("sleep: %+v", sleep)
	}
	if r := tl.Recipes[0]; !r.Alive || r.End != tl.End {
		t.Errorf("its recipe: %+v", r)
	}
}

// Whatever the times, the spans of a lane are nested or apart, and what is drawn
// within a span was started by it.
func TestPack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var list []Span
		at := int64(0)
		for i := range 1 + r.IntN(40) {
			at += r.Int64N(5)
			list = append(list, Span{Process: store.ProcessID(i + 1), Parent: store.ProcessID(r.IntN(i + 1)), Start: at, End: at + r.Int64N(30)})
		}
		lanes := pack(list, func(s Span) (int, bool) { return int(s.Parent) - 1, s.Parent != 0 })
		for i, a := range list {
			around := 0
			for j, b := range list[:i] {
				if a.Lane != b.Lane || b.End <= a.Start {
					continue
				}
				around++
				if a.End > b.End {
					t.Fatalf("%d and %d cross in lane %d: %+v", i, j, a.Lane, list)
				}
			}
			if around != a.Depth || a.Lane >= lanes {
				t.Fatalf("span %d of lane %d (%d lanes) is within %d, depth says %d", i, a.Lane, lanes, around, a.Depth)
			}
		}
	}
}
