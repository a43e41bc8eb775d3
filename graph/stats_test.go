package graph

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"buildgraph/store"
)

// statsBuild is a make of two objects and a program, in times that can be added up
// by hand.
func statsBuild(t *testing.T) *build {
	b, mk := makefile(t)
	b.meta.Hardware = store.Machine{Cores: 4, Allowed: 2, Span: 500, Busy: 600, Idle: 1400}
	b.kinds[b.inode("/p/inc")] = store.KindDirectory
	rows := map[string]store.FileID{}
	absent := func(p *proc, name string, times int) {
		f, ok := rows[name]
		if !ok {
			f = b.at(name)
			rows[name] = f
			b.files[f-1].Kind, b.files[f-1].Ino = store.KindAbsent, 0
		}
		for range times {
			p.touchRow(f, store.AccessAbsent)
		}
	}
	for _, o := range []string{"a", "b"} {
		cc := mk.recipe(o+".o", "cc", "-c", o+".c")
		cc1 := cc.run("/usr/lib/cc1", "-I", "inc", "-Iother", o+".c").touch("inc", store.AccessStat)
		absent(cc1, "/p/inc/sys/x.h", 2)
		absent(cc1, "/p/other", 1)
		cc1.reads(o+".c", "inc/y.h", "/usr/include/x.h").writes("/tmp/" + o + ".s").exit()
		cc.run("as").reads("/tmp/" + o + ".s").writes(o + ".o").exit()
		cc.unlink("/tmp/" + o + ".s")
		cc.exit()
	}
	ld := mk.recipe("app", "ld", "-o", "app")
	absent(ld, "/usr/lib/libz.so", 1)
	ld.reads("a.o", "b.o").writes("app", "/tmp/waste").exit()
	mk.recipe("app", "strip", "app").writes("app").exit()
	sh := mk.recipe("log", "sh", "-c", "(echo; echo) > log").writes("log")
	sh.run("echo").holds(1, "log", false, true).appends("log").exit()
	sh.exit()
	mk.exit()
	for i := range b.procs {
		b.procs[i].CPU = int64(i + 1)
	}
	return b
}

func TestStats(t *testing.T) {
	b := statsBuild(t)
	s, err := b.graph().Stats()
	if err != nil {
		t.Fatal(err)
	}
	cpu := int64(0)
	for _, p := range b.procs {
		cpu += p.CPU
	}
	if d := s.Build; d.CPU != cpu || d.Processes != 11 || d.Execs != 11 || d.Recipes != 4 || d.Peak != 1 || d.PeakSteps != 1 ||
		d.Wall != b.procs[0].End-b.procs[0].Start || d.Usable() != 2 || d.IdleLeft() != 2*d.Wall-cpu {
		t.Errorf("%+v", d)
	}
	runs := map[string]int{}
	var sum, own int64
	for _, p := range s.Programs {
		runs[p.Name+" "+string(p.Role)] = p.Runs
		sum += p.CPU
		own += p.Own
	}
	want := map[string]int{
		"make build tool": 1, "cc compiler": 2, "cc1 compiler": 2, "as assembler": 2, "ld linker": 1,
		"strip object tool": 1, "sh shell": 1, "echo text tool": 1,
	}
	if d := cmp.Diff(want, runs); d != "" {
		t.Errorf("runs, -want +got:\n%s", d)
	}
	// Nothing ran at the same time here: own times add up to the wall clock, from make's
	// own beginning on.
	if sum != cpu || own != s.Build.Wall-(b.execs[1].Start-b.execs[0].Start) {
		t.Errorf("CPU %d of %d, own time %d of %d", sum, cpu, own, s.Build.Wall)
	}
	var roles int64
	for _, r := range s.Roles {
		roles += r.CPU
	}
	if roles != cpu {
		t.Errorf("CPU of the roles %d of %d", roles, cpu)
	}
}

func TestStatsRecipesAndFiles(t *testing.T) {
	s, err := statsBuild(t).graph().Stats()
	if err != nil {
		t.Fatal(err)
	}
	var recipes []string
	for _, r := range s.Recipes {
		recipes = append(recipes, r.Target)
	}
	if !slices.Equal(recipes, []string{"a.o", "b.o", "app", "log"}) {
		t.Errorf("recipes %q", recipes)
	}
	// a.c, inc/y.h, x.h and what cc1 left to as; as names also inc, other, x.h in
	// vain, three programs, a library, the object.
	if a := s.Recipes[0]; a.Inputs != 4 || a.Files != 12 || a.Failed != 3 || a.Nested {
		t.Errorf("%+v", a)
	}
	reads := map[string]int{}
	for _, f := range s.Reads {
		reads[f.Path] = f.Programs
	}
	if reads["inc/y.h"] != 2 || reads["a.o"] != 1 || reads["/usr/include/x.h"] != 2 || reads["/usr/lib/libc.so.6"] != 0 {
		t.Errorf("reads %v", reads)
	}
	if want := []FileStats{{Path: "app", Processes: 2, By: []Count{{"ld", 1}, {"strip", 1}}}}; !cmp.Equal(want, s.Rewrites) {
		t.Errorf("rewrites %+v", s.Rewrites)
	}
	want := []UnreadFile{
		{Path: "app", Target: "app", By: "strip"}, {Path: "log", Target: "log", By: "echo"},
		{Path: "/tmp/waste", Temporary: true, By: "ld"},
	}
	if d := cmp.Diff(want, s.Unread); d != "" {
		t.Errorf("unread, -want +got:\n%s", d)
	}
}

func TestStatsLookups(t *testing.T) {
	s, err := statsBuild(t).graph().Stats()
	if err != nil {
		t.Fatal(err)
	}
	want := []SearchStats{
		// cc1 looked at inc when it began: sys/x.h was looked for there.
		{Dir: "inc", Option: "-I", First: 1, Last: 1, Of: 2, Failed: 4, Names: 1, Found: 2, Programs: []Count{{"cc1", 4}}},
		{Dir: "other", Missing: true, Option: "-I", First: 2, Last: 2, Of: 2, Failed: 2, Names: 1, Programs: []Count{{"cc1", 2}}},
		{Dir: "/usr/lib", Failed: 1, Names: 1, Found: 1, Programs: []Count{{"ld", 1}}},
	}
	if d := cmp.Diff(want, s.Lookups); d != "" || s.Failed != 7 {
		t.Errorf("%d in vain, -want +got:\n%s", s.Failed, d)
	}
}

func TestSearchOf(t *testing.T) {
	got := searchOf([]string{"cc1", "-I", "a", "-Ib/../c", "-isystem", "/s", "-Ia", "-I", "", "-L", "lib", "-iquote=q", "-I"}, "/p")
	want := map[string]searchDir{
		"/p/a": {"-I", 1, 4}, "/p/c": {"-I", 2, 4}, "/s": {"-isystem", 3, 4}, "/p/q": {"-iquote", 4, 4}, "/p/lib": {"-L", 1, 1},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(searchDir{})); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestRoles(t *testing.T) {
	for name, want := range map[string]Role{
		"x86_64-linux-gnu-gcc-12": RoleCompiler, "arm-none-eabi-ld": RoleLinker, "clang++-15": RoleCompiler, "cc1plus": RoleCompiler,
		"python3.11": RoleInterpreter, "make": RoleBuildTool, "ninja": RoleBuildTool, "ld.bfd": RoleLinker, "mawk": RoleTextTool,
		"x86_64-linux-gnu-ar": RoleArchiver, "dash": RoleShell, "myprog": RoleOther, "": RoleOther, "gcc-ranlib": RoleArchiver,
		"moc": RoleGenerator, "cmake": RoleBuildTool, "-": RoleOther, "busybox": RoleShell,
	} {
		if got := roleNamed(name); got != want {
			t.Errorf("%q is %q, not %q", name, got, want)
		}
	}
}

// What is at work is not what waits for a child.
func TestPeak(t *testing.T) {
	b, mk := makefile(t)
	one := mk.recipe("a", "cc")
	in1 := one.run("cc1")
	two := mk.recipe("b", "cc")
	in2 := two.run("cc1")
	for _, p := range []*proc{in1, one, in2, two, mk} {
		p.exit()
	}
	s, err := b.graph().Stats()
	if err != nil {
		t.Fatal(err)
	}
	if s.Build.Peak != 2 || s.Build.PeakSteps != 2 {
		t.Errorf("at most %d processes and %d recipes", s.Build.Peak, s.Build.PeakSteps)
	}
}
