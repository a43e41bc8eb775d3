package graph

import (
	"path"
	"slices"
	"strings"
)

// flagForm says how a compiler's flag takes arguments.
type flagForm uint8

const (
	alone            flagForm = iota // -c
	separate                         // -o FILE
	equals                           // -std=c99
	equalsOrSeparate                 // --language=c, --language c
	glued                            // -seg1addrX
	gluedOrSeparate                  // -Idir, -I dir
	two                              // -segaddr A B
	three                            // -segprot A B C
	prefix                           // -W...
	prefixAndOne                     // -seg_... X
	prefixAndThree                   // -sect... A B C
)

// words is how many words a flag of a form is with all its arguments.
func (f flagForm) words() int {
	switch f {
	case alone, prefix:
		return 1
	case two:
		return 3
	case three, prefixAndThree:
		return 4
	}
	return 2
}

func (f flagForm) isPrefix() bool { return f >= prefix }

// exact reports whether the flag can stand for itself, without what is glued to it.
func (f flagForm) exact() bool { return f != equals && f != glued }

// takesGlued and takesEquals report whether an argument may be a part of the word.
func (f flagForm) takesGlued() bool  { return f == glued || f == gluedOrSeparate || f.isPrefix() }
func (f flagForm) takesEquals() bool { return f == equals || f == equalsOrSeparate }

// flagUse says what a word of a compiler's command line is for.
type flagUse uint8

const (
	keptFlag    flagUse = iota // whatever else compiles: it stays in the entry
	otherWord                  // an object file, a library, a word of no known meaning: it stays
	sourceFile                 // a file to compile
	outputFile                 // -o
	noLinkFlag                 // it ends before the linker
	depfileFlag                // writes a depfile: left out, a tool that reads the entry must write none
	linkerFlag                 // for the linker: left out
	askingFlag                 // the compiler only tells of itself
)

// flagSet is a table of flags, sorted by name.
type flagSet []flagDef

type flagDef struct {
	name string
	form flagForm
	use  flagUse
}

// The flags of gcc's driver, and those that clang's has besides. What each takes is
// documented in gcc(1) and in the Clang command line reference; which of them an
// entry keeps, and how far the tables go, is Bear's choice (Bear 3.1, man bear-citnames;
// "Option Summary" of the GCC manual), so that the same builds give the same entries.
var (
	gccFlags = newFlagSet(nil, []flagGroup{
		{alone, keptFlag, `-### -C -CC -H -P -ansi -pass-exit-codes -pipe -pthread -remap -trigraphs -undef -v`},
		{separate, keptFlag, `-Xassembler -Xpreprocessor -aux-info -dumpbase -dumpbase-ext -dumpdir -idirafter -imacros
			-imultilib -include -iprefix -iquote -isysroot -isystem -iwithprefix -iwithprefixbefore -wrapper -x`},
		{equals, keptFlag, `--sysroot -ffile-prefix-map -fplugin -iplugindir -specs -std`},
		{gluedOrSeparate, keptFlag, `-A -B -D -I -U`},
		{prefix, keptFlag, `-- -O -Q -W -Wa, -Wp, -X -Y -d -f -g -m -no -p -save -tno -traditional @`},
		{separate, outputFile, `-o`},
		{alone, noLinkFlag, `-E -S -c`},
		{alone, askingFlag, `--target-help --version`},
		{prefix, askingFlag, `--help`},
		{alone, depfileFlag, `-M -MD -MG -MM -MMD -MP`},
		{separate, depfileFlag, `-MF -MQ -MT`},
		{alone, linkerFlag, `-no-pie -nodefaultlibs -nolibc -nostartfiles -nostdlib -pie -r -rdynamic -s -static-pie -symbolic`},
		{separate, linkerFlag, `-T -Xlinker -e -u -z`},
		{equals, linkerFlag, `-entry -flinker-output -fuse-ld`},
		{gluedOrSeparate, linkerFlag, `-L -l`},
		{prefix, linkerFlag, `-Wl, -shared -static`},
	})
	clangFlags = newFlagSet(gccFlags, []flagGroup{
		{alone, noLinkFlag, `-cc1 -emit-ast`},
		{alone, keptFlag, `--analyze --analyzer-no-default-checks --constant-cfstrings --cuda-compile-host-device
			--cuda-device-only --cuda-host-only --cuda-noopt-device-debug --hip-link --migrate
			--no-cuda-noopt-device-debug --pipe --print-diagnostic-categories --profile --profile-blocks -EB
			-ObjC -ObjC++ -all_load -arch_errors_fatal -arcmt-migrate-emit-errors -bind_at_load -bundle
			-dead_strip -dumpmachine -dumpversion -dylinker -dynamic -dynamiclib
			-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang -gcodeview
			-gcodeview-ghash -gno-codeview-ghash -ibuiltininc -index-header-map -keep_private_externs
			-object -seglinkedit -single_module -time`},
		{separate, keptFlag, `--config --serialize-diagnostics -Xclang -Xopenmp-target -Z -allowable_client -arch -arch_only
			-arcmt-migrate-report-output -bundle_loader -dependency-dot -dependency-file -dylib_file
			-exported_symbols_list -force_load -framework -image_base -init -install_name -mllvm
			-module-dependency-dir -serialize-diagnostics -target -umbrella -unexported_symbols_list`},
		{equals, keptFlag, `--autocomplete --cuda-include-ptx --gcc-toolchain --gpu-instrument-lib
			--gpu-max-threads-per-block --hip-version --no-cuda-include-ptx --prefix --unwindlib -Xanalyzer
			-cuid -faligned-new -interface-stub-version -unwindlib`},
		{equalsOrSeparate, keptFlag, `--dyld-prefix --language --output`},
		{glued, keptFlag, `--analyzer-output -current_version -dsym-dir -dylinker_install_name -seg1addr`},
		{two, keptFlag, `-segaddr`},
		{three, keptFlag, `-segcreate -segprot`},
		{prefix, keptFlag, `--save --target --traditional -F -a -client_name -compatibility_version
			-headerpad_max_install_names -objcmt -sub_ -twolevel`},
		{prefixAndOne, keptFlag, `-Xarch -Xcuda -Xopenmp-target= -lazy -multiply_defined -seg_`},
		{prefixAndThree, keptFlag, `-sect`},
	})
)

// flagGroup is some flags of one form and use, separated by blanks.
type flagGroup struct {
	form  flagForm
	use   flagUse
	names string
}

func newFlagSet(base flagSet, groups []flagGroup) flagSet {
	set := slices.Clone(base)
	for _, g := range groups {
		for _, name := range strings.Fields(g.names) {
			set = append(set, flagDef{name, g.form, g.use})
		}
	}
	slices.SortFunc(set, func(a, b flagDef) int { return strings.Compare(a.name, b.name) })
	return set
}

// match finds how many words the flag that begins with word takes. A flag of that
// very name comes first, then the first in the order of names that word begins with.
func (set flagSet) match(word string) (words int, use flagUse, ok bool) {
	at, found := slices.BinarySearchFunc(set, word, func(d flagDef, name string) int { return strings.Compare(d.name, name) })
	if found && set[at].form.exact() {
		return set[at].form.words(), set[at].use, true
	}
	for _, d := range set {
		rest, is := strings.CutPrefix(word, d.name)
		if !is || rest == "" {
			continue
		}
		if rest[0] == '=' && d.form.takesEquals() || rest[0] != '=' && d.form.takesGlued() {
			if d.form.isPrefix() {
				return d.form.words(), d.use, true
			}
			return d.form.words() - 1, d.use, true
		}
	}
	return 0, otherWord, false
}

// sourceExtensions are those of files that a compiler's driver compiles, assembles
// or takes as a header (gcc(1), "Overall Options"), and of some other languages.
var sourceExtensions = strings.Fields(`
	.h .hh .H .hp .hxx .hpp .HPP .h++ .tcc .c .C .cc .CC .c++ .C++ .cxx .cpp .cp .cu .m .mi .mm .M .mii
	.i .ii .s .S .sx .asm .f .for .ftn .F .FOR .fpp .FPP .FTN .f90 .f95 .f03 .f08 .F90 .F95 .F03 .F08
	.go .brig .d .di .dd .ads .abd`)

// flag is one flag of a command line with its arguments.
type flag struct {
	words []string
	use   flagUse
}

// parse takes the words of a command line apart, without its program; not ok where
// one of them is empty and no flag's argument.
func (set flagSet) parse(words []string) (flags []flag, ok bool) {
	for len(words) > 0 {
		n, use, known := set.match(words[0])
		switch {
		case words[0] == "":
			return nil, false
		case known && n <= len(words):
		case slices.Contains(sourceExtensions, extension(words[0])):
			n, use = 1, sourceFile
		default:
			n, use = 1, otherWord
		}
		flags = append(flags, flag{words[:n], use})
		words = words[n:]
	}
	return flags, true
}

// extension is a name from its last dot on; all of it where there is none.
func extension(name string) string {
	return name[max(0, strings.LastIndexByte(name, '.')):]
}

// compilation is what a compiler's command line compiles.
type compilation struct {
	arguments []string // without the sources and -o
	sources   []string
	output    string
	hasOutput bool
}

// compiles reads a compiler's command line, without its program. It is not ok where
// nothing is compiled: the compiler is asked about itself, only preprocesses or
// lists dependencies, or only links.
func (set flagSet) compiles(words []string) (c compilation, ok bool) {
	flags, ok := set.parse(words)
	if !ok || len(flags) == 0 {
		return compilation{}, false
	}
	links := true
	for _, f := range flags {
		switch first := f.words[0]; f.use {
		case askingFlag:
			return compilation{}, false
		case sourceFile:
			c.sources = append(c.sources, first)
		case outputFile:
			c.output, c.hasOutput = f.words[len(f.words)-1], true
		case linkerFlag:
		case depfileFlag:
			if first == "-M" || first == "-MM" {
				return compilation{}, false
			}
		case noLinkFlag:
			if first == "-E" {
				return compilation{}, false
			}
			links = false
			c.arguments = append(c.arguments, f.words...)
		default:
			c.arguments = append(c.arguments, f.words...)
		}
	}
	if links {
		c.arguments = append([]string{"-c"}, c.arguments...)
	}
	return c, len(c.sources) > 0
}

// absolute is a name as seen from a directory, cleaned without a look at the disk.
func absolute(dir, name string) string {
	if !path.IsAbs(name) {
		name = dir + "/" + name
	}
	return path.Clean(name)
}
