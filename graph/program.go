package graph

import (
	"path"
	"regexp"
	"strings"
)

// Role is what sort of work a program does in a build, as its name tells.
type Role string

// The roles.
const (
	RoleCompiler    Role = "compiler" // compilers and their drivers, preprocessors too
	RoleAssembler   Role = "assembler"
	RoleLinker      Role = "linker"
	RoleArchiver    Role = "archiver"    // ar and ranlib
	RoleGenerator   Role = "generator"   // programs that write source: bison, protoc, moc
	RoleBuildTool   Role = "build tool"  // make, ninja, cmake and the like
	RoleShell       Role = "shell"       // and scripts for one
	RoleInterpreter Role = "interpreter" // Python, Perl and the like, and scripts for one
	RoleFileTool    Role = "file tool"   // cp, mv, mkdir, install
	RoleTextTool    Role = "text tool"   // sed, grep, awk, cat
	RoleObjectTool  Role = "object tool" // strip, nm, objcopy
	RoleOther       Role = "other"
)

// roles tells roles by names, which may carry a target triplet in front (see
// plainProgram).
var roles = []struct {
	role  Role
	names *regexp.Regexp
}{
	{RoleCompiler, whole(`cc|c\+\+|c89|c99|gcc|g\+\+|clang|clang\+\+|clang-cl|cc1|cc1plus|cc1obj|cc1objplus|cpp|cpp0|lto1|lto-wrapper|tcc|pcc|icc|icpc|icx|icpx|` +
		`f77|f95|f951|gfortran|flang|ifort|gdc|d21|dmd|ldc2|gnat1|gnatbind|gnatmake|gccgo|go1|compile|cgo|rustc|javac|scalac|kotlinc|ghc|ocamlc|ocamlopt|ocamlc\.opt|ocamlopt\.opt|` +
		`swiftc|swift-frontend|nvcc|cicc|ptxas|zig|tsc|vala|valac|sbcl|fpc|ppcx64|distcc|ccache|sccache|emcc|em\+\+`)},
	{RoleAssembler, whole(`as|gas|nasm|yasm|asm|llvm-mc`)},
	{RoleLinker, whole(`ld|ld\.bfd|ld\.gold|ld\.lld|ld64\.lld|gold|lld|mold|ld\.mold|collect2|link|wild|ld\.wild`)},
	{RoleArchiver, whole(`ar|ranlib|gcc-ar|gcc-ranlib|llvm-ar|llvm-ranlib|pack`)},
	{RoleGenerator, whole(`bison|yacc|byacc|flex|lex|re2c|ragel|gperf|protoc|moc|uic|rcc|rpcgen|swig|m4|autom4te|help2man|xsltproc|glib-genmarshal|glib-mkenums|msgfmt|gettext|xgettext|makeinfo|asciidoctor|pandoc|sphinx-build|doxygen`)},
	{RoleBuildTool, whole(`(g|b|p|f|d|re|gnu|mingw32-)?make|ninja|ninja-build|samu|samurai|n2|cmake|ctest|cpack|meson|cargo|go|bazel|buck2?|scons|waf|gradle|mvn|ant|xmake|premake5?|qmake6?|tup|redo|gprbuild|dune|cabal|stack|rake|jam|bjam|b2`)},
	{RoleShell, whole(`sh|dash|bash|rbash|zsh|ksh|ksh93|mksh|ash|busybox|fish|csh|tcsh|rc|yash`)},
	{RoleInterpreter, whole(`python|python2|python3|pypy3?|perl|perl5|ruby|node|nodejs|deno|bun|lua|luajit|tclsh|wish|php|java|guile|Rscript|R|emacs|expect`)},
	{RoleFileTool, whole(`cp|mv|rm|ln|mkdir|rmdir|install|touch|chmod|chown|mktemp|tar|gzip|gunzip|bzip2|xz|zstd|zip|unzip|dd|find|ls|stat|readlink|realpath|rsync|cpio|split|truncate|mkfifo|mknod|install-sh|cmp|diff|patch`)},
	{RoleTextTool, whole(`sed|grep|egrep|fgrep|awk|gawk|mawk|nawk|cat|tac|tr|cut|sort|uniq|head|tail|wc|tee|echo|printf|expr|basename|dirname|join|paste|comm|fold|fmt|nl|od|xxd|hexdump|xargs|test|\[|true|false|date|uname|env|which|seq|md5sum|sha1sum|sha256sum|cksum|tput`)},
	{RoleObjectTool, whole(`strip|nm|objcopy|objdump|readelf|size|strings|addr2line|c\+\+filt|dwz|elfedit|pkg-config|pkgconf|ldd|ldconfig|gcc-nm|llvm-(nm|strip|objcopy|objdump|readelf|size)`)},
}

func whole(names string) *regexp.Regexp { return regexp.MustCompile(`^(` + names + `)$`) }

var (
	// triplet is in front of the name of a cross compiler and of Debian's own.
	triplet = regexp.MustCompile(`^[a-z0-9_]+(-[a-z0-9_.]+){1,3}-`)
	// programVersion is behind a name: gcc-12, python3.11, clang++-15.
	programVersion = regexp.MustCompile(`-?[0-9][0-9.]*$`)
)

// roleNamed tells a program's role by its base name.
func roleNamed(name string) Role {
	if r := exactRole(name); r != RoleOther {
		return r
	}
	bare := programVersion.ReplaceAllString(name, "")
	if r := exactRole(bare); r != RoleOther {
		return r
	}
	if t := triplet.FindString(bare); t != "" {
		return exactRole(bare[len(t):])
	}
	return RoleOther
}

func exactRole(name string) Role {
	for _, r := range roles {
		if r.names.MatchString(name) {
			return r.role
		}
	}
	return RoleOther
}

// roleOf tells an image's role: a script does what its interpreter does, unless its
// name says better (meson is Python, libtool a shell's).
func (t *trace) roleOf(im *image) Role {
	if r := roleNamed(t.calledName(im)); r != RoleOther || im.Script == 0 {
		if r == RoleOther && im.Script == 0 {
			return roleNamed(path.Base(t.path(im.Exe))) // argv[0] is what the caller wants it to be
		}
		return r
	}
	switch r := roleNamed(path.Base(t.path(im.Exe))); r {
	case RoleShell, RoleInterpreter, RoleBuildTool:
		return r
	}
	return RoleInterpreter
}

// programCalled is the name under which an image's runs are counted: that of
// calledName, of a login shell without the "-".
func (t *trace) programCalled(im *image) string {
	return strings.TrimPrefix(t.calledName(im), "-")
}
