package graph

import (
	"testing"

	"buildgraph/store"
)

// script is a build without a build tool: one shell that runs a script.
func script(t *testing.T) (*build, *proc) {
	b := newBuild(t, "/p")
	return b, b.start(".", "sh", "build.sh").reads("build.sh")
}

func TestFlowReadBeforeLastWrite(t *testing.T) {
	b, sh := script(t)
	sh.run("gen").reads("a").writes("out").reads("b").appends("out").reads("late").exit()
	wantDeps(t, b, "out", "a b build.sh", DepsOptions{})
	wantOutputs(t, b, "out")
	wantRDeps(t, b, "a", "out", true)
	wantRDeps(t, b, "late", "", true)
	wantWhy(t, b, "out", "b", "b -read-> out")
	wantWhy(t, b, "out", "build.sh", "build.sh -inherited-> out")
	wantWhy(t, b, "out", "late", "")
}

func TestFlowWrittenFirstReadLater(t *testing.T) {
	b, sh := script(t)
	sh.run("gen").reads("a").writes("mid").reads("mid").writes("out").exit()
	wantDeps(t, b, "out", "a build.sh", DepsOptions{})
	wantDeps(t, b, "mid", "a build.sh", DepsOptions{})
}

// A shell that opens files for a command before it forks it has not read them.
func TestFlowRedirectedByTheParent(t *testing.T) {
	b, sh := script(t)
	sh.reads("in1").writes("mid")
	sh.run("sort").holds(0, "in1", true, false).reads("in1").appends("mid").exit()
	sh.reads("mid").writes("out")
	tr := sh.run("wrapper").holds(0, "mid", true, false)
	tr.run("tr").holds(0, "mid", true, false).reads("mid").appends("out").exit()
	tr.exit()
	sh.reads("list") // while read x < list; do gen; done
	sh.run("gen").holds(0, "list", true, false).writes("other").exit()
	wantDeps(t, b, "mid", "build.sh in1", DepsOptions{})
	wantDeps(t, b, "out", "build.sh mid", DepsOptions{})
	wantDeps(t, b, "other", "build.sh list", DepsOptions{})
	wantRDeps(t, b, "in1", "mid", true)
	wantRDeps(t, b, "in1", "mid out", false)
}

// What another process put into a file that one wrote first is still an input.
func TestFlowOwnFileFilledByOthers(t *testing.T) {
	b, sh := script(t)
	w := sh.fork().writes("gen.txt") // { cat a; } > gen.txt; cat gen.txt > out
	w.run("cat").reads("a").appends("gen.txt").exit()
	w.reads("gen.txt").writes("out").exit()
	wantDeps(t, b, "out", "a build.sh", DepsOptions{})
	wantRDeps(t, b, "a", "gen.txt out", true)
}

func TestFlowAncestorsReadBeforeFork(t *testing.T) {
	b, sh := script(t)
	sub := sh.fork().reads("early")
	sub.run("cc").reads("x.c").writes("x.o").exit()
	sub.reads("after")
	sub.run("cc").reads("y.c").writes("y.o").exit()
	wantDeps(t, b, "x.o", "build.sh early x.c", DepsOptions{})
	wantDeps(t, b, "y.o", "after build.sh early y.c", DepsOptions{})
	wantRDeps(t, b, "after", "y.o", true)
}

func TestFlowEarlierImageOfTheSameProcess(t *testing.T) {
	b, sh := script(t)
	c := sh.fork().reads("in.txt").writes("out") // the redirections of "sort < in.txt > out"
	c.exec("sort").appends("out").exit()
	wantDeps(t, b, "out", "build.sh in.txt", DepsOptions{})
}

func TestFlowPipeline(t *testing.T) {
	b, sh := script(t)
	// gen < a | sed -f fix.sed | sort > out
	sh.fork().exec("gen").reads("a").appends("pipe:[1]").exit()
	sh.fork().exec("sed").reads("fix.sed", "pipe:[1]").appends("pipe:[2]").exit()
	sh.fork().writes("out").exec("sort").reads("pipe:[2]").appends("out").exit()
	wantDeps(t, b, "out", "a build.sh fix.sed", DepsOptions{})
	wantWhy(t, b, "out", "a", "a -read-> pipe -pipe-> pipe -pipe-> out")
	wantRDeps(t, b, "a", "out", true)
	wantOutputs(t, b, "out")
}

// A subshell that never executes anything reads a file and fills a pipe.
func TestFlowSubshellWithoutExec(t *testing.T) {
	b, sh := script(t)
	sh.fork().reads("a").appends("pipe:[1]").exit()
	sh.reads("pipe:[1]") // x=$(read l < a; echo $l)
	sh.writes("out")
	wantDeps(t, b, "out", "a build.sh", DepsOptions{})
}

// The reader of a pipe can be back before the writer that woke it.
func TestFlowPipeReadBeforeWriteReturns(t *testing.T) {
	b, sh := script(t)
	w := sh.fork().exec("gen").reads("a")
	r := sh.fork().exec("head").reads("pipe:[1]").writes("out")
	w.appends("pipe:[1]").exit()
	r.exit()
	wantDeps(t, b, "out", "a build.sh", DepsOptions{})
}

func TestFlowTemporaryFiles(t *testing.T) {
	b, sh := script(t)
	sh.run("cc1").reads("x.c", "x.h").writes("/tmp/ccAB.s").exit()
	sh.run("as").reads("/tmp/ccAB.s").writes("x.o").exit()
	sh.unlink("/tmp/ccAB.s")
	sh.run("gen").reads("spec").writes("work.tmp").exit()
	sh.run("use").reads("work.tmp").writes("final").exit()
	sh.unlink("work.tmp")
	sh.run("keep").reads("k").writes("/tmp/left-behind").exit()
	sh.run("use").reads("/tmp/left-behind").writes("kept").exit()
	wantDeps(t, b, "x.o", "build.sh x.c x.h", DepsOptions{})
	wantDeps(t, b, "final", "build.sh spec", DepsOptions{})
	wantDeps(t, b, "kept", "build.sh k", DepsOptions{})
	wantOutputs(t, b, "final kept x.o")
	wantRDeps(t, b, "x.h", "x.o", true)
	wantWhy(t, b, "final", "spec", "spec -read-> work.tmp -read-> final")
}

// What is written to a temporary file after it was read does not come along.
func TestFlowTemporaryReadBeforeWritten(t *testing.T) {
	b, sh := script(t)
	sh.run("gen").reads("a").writes("t").exit()
	sh.run("use").reads("t").writes("out1").exit()
	sh.run("gen").reads("b").appends("t").exit()
	sh.run("use").reads("t").writes("out2").exit()
	sh.run("gen").reads("c").writes("t").exit() // cuts it
	sh.run("use").reads("t").writes("out3").exit()
	sh.unlink("t")
	wantDeps(t, b, "out1", "a build.sh", DepsOptions{})
	wantDeps(t, b, "out2", "a b build.sh", DepsOptions{})
	wantDeps(t, b, "out3", "build.sh c", DepsOptions{})
}

func TestFlowCaptureRootBelowTmp(t *testing.T) {
	b := newBuild(t, "/tmp/project")
	sh := b.start(".", "sh", "build.sh").reads("build.sh")
	sh.run("gen").reads("a").writes("mid").exit()
	sh.run("use").reads("mid").writes("out").exit()
	sh.run("gen").reads("b").writes("/tmp/elsewhere").exit()
	sh.run("use").reads("/tmp/elsewhere").writes("out2").exit()
	wantDeps(t, b, "out", "build.sh mid", DepsOptions{})
	wantDeps(t, b, "out2", "b build.sh", DepsOptions{})
	wantOutputs(t, b, "mid out out2")
}

func TestFlowTMPDIR(t *testing.T) {
	b, sh := script(t)
	b.tmpdir = "/scratch"
	sh.run("gen").reads("a").writes("/scratch/x").exit()
	sh.run("use").reads("/scratch/x").writes("out").exit()
	wantDeps(t, b, "out", "a build.sh", DepsOptions{})
	wantOutputs(t, b, "out")
}

func TestFlowRename(t *testing.T) {
	b, sh := script(t)
	sh.run("cc").reads("x.c").writes("x.o.tmp").exit()
	sh.run("mv").rename("x.o.tmp", "x.o").exit()
	wantDeps(t, b, "x.o", "build.sh x.c", DepsOptions{})
	wantOutputs(t, b, "x.o")
	wantWhy(t, b, "x.o", "x.c", "x.c -read-> x.o.tmp -rename-> x.o")
	wantRDeps(t, b, "x.c", "x.o", true)
}

// A rename over a file that was there replaces it: what was made from the old
// one is not the new one's.
func TestFlowRenameOver(t *testing.T) {
	b, sh := script(t)
	sh.run("gen").reads("a").writes("v").exit()
	sh.run("use").reads("v").writes("before").exit()
	sh.run("gen").reads("b").writes("v.new").exit()
	sh.rename("v.new", "v")
	wantDeps(t, b, "v", "b build.sh", DepsOptions{})
	wantDeps(t, b, "before", "build.sh v", DepsOptions{})
	wantOutputs(t, b, "before v")
}

func TestFlowExchange(t *testing.T) {
	b, sh := script(t)
	sh.run("gen").reads("a").writes("x").exit()
	sh.run("gen").reads("b").writes("y").exit()
	sh.exchange("x", "y")
	wantDeps(t, b, "x", "b build.sh", DepsOptions{})
	wantDeps(t, b, "y", "a build.sh", DepsOptions{})
	wantOutputs(t, b, "x y")
}

func TestFlowHardLink(t *testing.T) {
	b, sh := script(t)
	sh.run("gen").reads("a").writes("one").exit()
	sh.run("ln").link("one", "two").exit()
	wantDeps(t, b, "one", "a build.sh", DepsOptions{})
	wantDeps(t, b, "two", "a build.sh", DepsOptions{})
	wantOutputs(t, b, "one two")
	wantRDeps(t, b, "a", "one two", true)
}

func TestFlowDirectoryRenamed(t *testing.T) {
	b, sh := script(t)
	b.dir("/p/stage")
	sh.run("gen").reads("a").writes("stage/lib/x").exit()
	sh.rename("stage", "final")
	wantOutputs(t, b, "final/lib/x")
	wantDeps(t, b, "final/lib/x", "a build.sh", DepsOptions{})
	wantRDeps(t, b, "a", "final/lib/x", true)
}

func TestFlowKernelCopy(t *testing.T) {
	b, sh := script(t)
	cp := sh.run("cp")
	cp.op(store.OpCopy, b.at("/p/src"), b.at("/p/dst"), "")
	sh.run("cp").copies("dst", "third").exit()
	wantDeps(t, b, "dst", "build.sh src", DepsOptions{})
	wantDeps(t, b, "third", "build.sh dst", DepsOptions{})
	wantDeps(t, b, "third", "build.sh dst src", DepsOptions{Transitive: true})
	wantRDeps(t, b, "src", "dst third", false)
}

// Stores to shared memory are no calls: what was read until the end counts.
func TestFlowMappedOutput(t *testing.T) {
	b, sh := script(t)
	sh.run("ld").touch("prog", store.AccessWrite|store.AccessCreate|store.AccessMap).reads("a.o").exit()
	wantDeps(t, b, "prog", "a.o build.sh", DepsOptions{})
}

func TestFlowToolBuiltCopiedRun(t *testing.T) {
	b, sh := script(t)
	sh.run("cc").reads("tool.c").writes("tool").exit()
	sh.run("cp").copies("tool", "tool.copy").exit()
	sh.fork().writes("g.c").exec("./tool.copy", "g").reads("tool.cfg").appends("g.c").exit()
	sh.unlink("tool.copy")
	wantDeps(t, b, "g.c", "build.sh tool tool.cfg", DepsOptions{})
	wantDeps(t, b, "g.c", "build.sh tool tool.c tool.cfg", DepsOptions{Transitive: true})
	wantWhy(t, b, "g.c", "tool.c", "tool.c -read-> tool -copy-> tool.copy -execute-> g.c")
	wantRDeps(t, b, "tool.c", "g.c tool", false)
	wantRDeps(t, b, "tool.c", "tool", true)
}

func TestFlowDevicesAndProcDoNotCarry(t *testing.T) {
	b, sh := script(t)
	b.kinds[b.inode("/dev/null")] = store.KindCharDevice
	sh.run("gen").reads("a").appends("/dev/null").writes("/proc/self/comm").exit()
	sh.run("use").reads("/dev/null", "/proc/self/comm").writes("out").exit()
	wantDeps(t, b, "out", "build.sh", DepsOptions{})
	wantOutputs(t, b, "out")
}

func TestFlowEmptyFileCounts(t *testing.T) {
	b, sh := script(t)
	sh.run("cat").reads("empty").writes("out").exit()
	sh.run("test").touch("looked-at", store.AccessStat).writes("out2").exit()
	wantDeps(t, b, "out", "build.sh empty", DepsOptions{})
	wantDeps(t, b, "out2", "build.sh", DepsOptions{})
}

func TestFlowUpdatedInPlace(t *testing.T) {
	b, sh := script(t)
	sh.run("ar").reads("a.o").writes("lib.a").exit()
	sh.run("ar").reads("lib.a", "b.o").writes("lib.a").exit()
	wantDeps(t, b, "lib.a", "a.o b.o build.sh", DepsOptions{})
	wantRDeps(t, b, "a.o", "lib.a", true)
}
