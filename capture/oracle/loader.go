package oracle

import (
	"bytes"
	"debug/elf"
	"io"
	"os"
	"strings"
)

// loader knows what the kernel itself reads to execute a file, which no system
// call shows: the interpreter that a #! line names (binfmt_script) and the ELF
// interpreter (binfmt_elf, PT_INTERP).
type loader struct {
	heads map[string]head
}

// head is what the first bytes of an executable say.
type head struct {
	gone   bool
	script bool
	interp string // of the #! line or PT_INTERP; "" for a static executable
	arg    string // of the #! line
	hasArg bool
}

// loaded is the outcome of an execve.
type loaded struct {
	exe   string   // the binary that runs
	argv  []string // as the program sees it
	files []string // everything the kernel read, canonical
	gone  bool     // exe cannot be looked at any more
}

func newLoader() *loader { return &loader{heads: map[string]head{}} }

// maxInterp is how many #! interpreters the kernel follows (exec_binprm, 5.18).
const maxInterp = 5

func (l *loader) load(file, name string, argv []string, resolve func(string) string) loaded {
	if len(argv) == 0 {
		argv = []string{""} // do_execveat_common in fs/exec.c, since 5.18
	}
	out := loaded{argv: argv}
	for range maxInterp {
		h := l.head(file)
		out.files = append(out.files, file)
		if !h.script {
			out.exe, out.gone = file, h.gone
			if h.interp != "" {
				out.files = append(out.files, resolve(h.interp))
			}
			return out
		}
		// load_script in fs/binfmt_script.c: argv[0] makes way for the interpreter
		// as written, its argument if any, and the name of the script.
		args := []string{h.interp}
		if h.hasArg {
			args = append(args, h.arg)
		}
		args = append(append(args, name), out.argv[1:]...)
		out.argv, name, file = args, h.interp, resolve(h.interp)
	}
	out.exe = file
	return out
}

func (l *loader) head(file string) head {
	if h, ok := l.heads[file]; ok {
		return h
	}
	h := readHead(file)
	l.heads[file] = h
	return h
}

// system is the ELF interpreter of this machine's dynamically linked programs.
func (l *loader) system() string {
	h := l.head("/bin/sh")
	p, _ := newNames(Tree{}).resolve("/", "/", h.interp, true, func(string) (string, bool) { return "", false })
	return p
}

func readHead(file string) head {
	f, err := os.Open(file)
	if err != nil {
		return head{gone: true}
	}
	defer f.Close()
	buf := make([]byte, 256) // BINPRM_BUF_SIZE
	n, _ := io.ReadFull(f, buf)
	buf = buf[:n]
	if bytes.HasPrefix(buf, []byte("#!")) {
		line, _, _ := bytes.Cut(buf[2:], []byte("\n"))
		text := strings.Trim(string(line), " \t")
		h := head{script: true, interp: text}
		if i := strings.IndexAny(text, " \t"); i >= 0 {
			h.interp, h.arg, h.hasArg = text[:i], strings.Trim(text[i:], " \t"), true
		}
		return h
	}
	e, err := elf.NewFile(f)
	if err != nil {
		return head{}
	}
	for _, p := range e.Progs {
		if p.Type == elf.PT_INTERP {
			b, _ := io.ReadAll(p.Open())
			return head{interp: strings.TrimRight(string(b), "\x00")}
		}
	}
	return head{}
}
