package report

import (
	"io"
	"strings"
	"testing"

	"buildgraph/graph"
)

func sampleStats() graph.Stats {
	s := graph.Stats{
		Complete: true, Failed: 5321,
		Build: graph.BuildStats{
			Command: []string{"/usr/bin/make", "-j4", "all\n"}, Wall: 12_345_678_901, CPU: 23_456_000_000, Processes: 1234, Execs: 1200,
			Recipes: 120, Peak: 5, PeakSteps: 4, Files: 3400, Existing: 1234, Accesses: 120_000,
		},
		Roles: []graph.WorkStats{
			{Role: graph.RoleCompiler, Runs: 300, CPU: 20_000_000_000, Own: 21_000_000_000, Longest: 3_000_000_000, Failed: 2},
			{Role: graph.RoleOther, Runs: 1, CPU: 3_000_000},
		},
		Programs: []graph.WorkStats{
			{Name: "cc1", Role: graph.RoleCompiler, Runs: 150, CPU: 19_000_000_000, Own: 20_000_000_000, Longest: 2_900_000_000, Failed: 2},
			{Name: "odd\n\xff", Role: graph.RoleOther, Runs: 1, CPU: 3_000_000},
			{Name: "cc", Role: graph.RoleCompiler, Runs: 150, CPU: 1_000_000_000},
		},
		Recipes: []graph.RecipeStats{
			{ID: 1, Target: "all", Label: "make", Wall: 12_000_000_000, CPU: 5_000_000, Memory: 3 << 20, Files: 3, Nested: true},
			{ID: 2, Target: "sub/" + "a-directory-with-a-long-name/and-another/" + "x.o", Label: "cc", Wall: 2_000_000_000, CPU: 1_900_000_000, Memory: 80 << 20, Inputs: 91, Files: 400, Failed: 80},
			{ID: 3, Label: "sed", Wall: 1_000_000, Memory: 900, Inputs: 1, Files: 9, Unended: true},
		},
		Reads: []graph.FileStats{
			{Path: "/usr/include/stdio.h", Class: graph.System, Programs: 150, Count: 160},
			{Path: "config.h", Class: graph.Generated, Programs: 120, Count: 121},
			{Path: "esc\x1b[31m.h", Class: graph.Project, Programs: 2, Count: 2},
		},
		Rewrites: []graph.FileStats{{Path: "lib.a", Processes: 4, By: []graph.Count{{Name: "ar", N: 3}, {Name: "ranlib", N: 1}}}},
		Unread: []graph.UnreadFile{
			{Path: "app", Target: "app", By: "ld"}, {Path: "latin\xe9", By: "sh"},
			{Path: "/tmp/1", Temporary: true, By: "gcc"}, {Path: "/tmp/2", Temporary: true, By: "gcc"}, {Path: "/tmp/3", Temporary: true, By: "sh"},
		},
		Lookups: []graph.SearchStats{
			{Dir: "/usr/local/include", Failed: 4000, Names: 120, Programs: []graph.Count{{Name: "cc1", N: 4000}}},
			{Dir: "include", Option: "-I", First: 1, Last: 3, Of: 5, Failed: 1300, Names: 100, Found: 700, Programs: []graph.Count{{Name: "cc1", N: 1000}, {Name: "cc", N: 200}, {Name: "as", N: 100}}},
			{Dir: "old\xff", Missing: true, Option: "-isystem", First: 2, Last: 2, Of: 5, Failed: 21, Names: 1, Programs: []graph.Count{{Name: "cc1", N: 21}}},
		},
	}
	m := &s.Build.Machine
	m.Cores, m.Allowed, m.Memory, m.Model = 8, 4, 16<<30, "Z80 \x1b[31m"
	m.Span, m.Busy, m.Idle, m.IOWait, m.Steal = 12_350_000_000, 31_000_000_000, 67_000_000_000, 1_000_000_000, 700_000_000
	return s
}

// killed is what is known of a build whose capture was killed.
func killed() graph.Stats {
	return graph.Stats{Build: graph.BuildStats{
		Command: []string{"make"}, Unended: true, RecipesLost: true, Wall: 6_000_000, CPU: 94_000_000, Processes: 2, Execs: 2, Files: 2,
	}}
}

// interrupted is what is known of a build that outlived the watching: the machine is.
func interrupted() graph.Stats {
	s := sampleStats()
	s.Build.Unended = true
	return s
}

// What the kernel counted is told where it counted all the while that the build ran,
// and no more cores are busy than there are.
func TestStatsMachine(t *testing.T) {
	text := func(change func(*graph.BuildStats)) string {
		s := sampleStats()
		change(&s.Build)
		var b strings.Builder
		if err := StatsText(&b, s, StatsOptions{Top: 1, Sections: []string{SectionBuild}}, Options{}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		change     func(*graph.BuildStats)
		has, lacks string
	}{
		"as it was":       {func(*graph.BuildStats) {}, "stood idle    67.000 s of 98.700 s (68 %)", "()"},
		"counted nothing": {func(b *graph.BuildStats) { b.Machine.Busy, b.Machine.Idle, b.Machine.Steal = 0, 0, 0 }, "left idle", "stood idle"},
		"counted late":    {func(b *graph.BuildStats) { b.Machine.Span = b.Wall * 9 / 10 }, "left idle", "stood idle"},
		"no time":         {func(b *graph.BuildStats) { b.Wall, b.CPU = 0, 0 }, "left idle     0.000 s of 0.000 s: what", "()"},
		"too busy":        {func(b *graph.BuildStats) { b.CPU = 9 * b.Wall }, "CPU           111.111 s\n", "busy on average"},
		"not ended":       {func(b *graph.BuildStats) { b.Unended = true }, "wall clock    at least 12.346 s", "left idle"},
	} {
		got := text(c.change)
		if !strings.Contains(got, c.has) || strings.Contains(got, c.lacks) {
			t.Errorf("%s: want %q and not %q in\n%s", name, c.has, c.lacks, got)
		}
	}
}

// One name that was looked for was, several were.
func TestStatsNames(t *testing.T) {
	for more, want := range map[int]string{1: "and 1 name that was looked for and never there\n", 2: "and 2 names that were looked for and never there\n"} {
		s := graph.Stats{Complete: true, Build: graph.BuildStats{Files: 3 + more, Existing: 3}}
		var b strings.Builder
		if err := StatsText(&b, s, StatsOptions{Sections: []string{SectionBuild}}, Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("%d more: %s", more, b.String())
		}
	}
}

func TestStatsGolden(t *testing.T) {
	unknown := graph.Stats{Build: graph.BuildStats{Command: []string{"./build.sh"}, ExitCode: 2, Wall: 1e9, Processes: 1, Execs: 1, Files: 2}}
	for name, c := range map[string]struct {
		s  graph.Stats
		so StatsOptions
		o  Options
	}{
		"stats.txt":             {sampleStats(), StatsOptions{Top: 10}, Options{}},
		"stats-80.txt":          {sampleStats(), StatsOptions{Top: 2}, Options{Width: 80, Color: true}},
		"stats-none.txt":        {unknown, StatsOptions{Top: 10}, Options{}},
		"stats-killed.txt":      {killed(), StatsOptions{Top: 10}, Options{}},
		"stats-interrupted.txt": {interrupted(), StatsOptions{Top: 1, Sections: []string{SectionBuild}}, Options{}},
		"stats-part.txt":        {sampleStats(), StatsOptions{Top: 1, Sections: []string{SectionLookups, SectionBuild}}, Options{Width: 60}},
	} {
		golden(t, name, func(w io.Writer) error { return StatsText(w, c.s, c.so, c.o) })
	}
	golden(t, "stats.json", func(w io.Writer) error { return StatsJSON(w, sampleStats(), StatsOptions{}, Options{}) })
	golden(t, "stats-killed.json", func(w io.Writer) error {
		return StatsJSON(w, killed(), StatsOptions{}, Options{Why: []string{"killed"}})
	})
	golden(t, "stats-none.json", func(w io.Writer) error {
		return StatsJSON(w, unknown, StatsOptions{}, Options{Why: []string{"killed"}})
	})
}

func TestFigures(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 1 << 40: "1,099,511,627,776"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) is %q", n, got)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 10 << 10: "10 KiB", 1000 << 10: "1.0 MiB", 3 << 30: "3.0 GiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) is %q", n, got)
		}
	}
}
