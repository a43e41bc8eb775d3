package oracle

import (
	"strconv"
	"strings"
)

// at decodes the directory and the name of a call, at those argument indexes
// (dir -1: a call without a directory argument), into a canonical path. It is
// false for a name that is empty, NULL or unreadable.
func (r *replay) at(t *task, c *call, dir, name int, follow bool) (string, bool) {
	s, ok := parseString(c.args[name])
	if !ok || s == "" {
		return "", false
	}
	base := ""
	if dir >= 0 {
		if base, ok = r.directory(t, c.args[dir]); !ok && !strings.HasPrefix(s, "/") {
			return "", false
		}
	}
	return r.resolve(t, base, s, follow)
}

// doOpen handles the open family. The path of a file that was opened is what
// /proc/PID/fd said of the new descriptor.
func doOpen(dir, name, flags int) func(*replay, *task, *call) {
	return func(r *replay, t *task, c *call) {
		how := "O_WRONLY|O_CREAT|O_TRUNC" // creat(2)
		if flags >= 0 {
			how = c.args[flags]
		}
		exclusive := hasFlag(how, "O_CREAT") && hasFlag(how, "O_EXCL")
		if !c.res.ok {
			r.refused(t, c, dir, name, !exclusive && !hasFlag(how, "O_NOFOLLOW"))
			return
		}
		if dir >= 0 {
			r.directory(t, c.args[dir])
		}
		p, ok := r.file(t, strings.TrimSpace(c.res.text))
		if !ok {
			r.fault("an open whose result is not known: %s", c.res.text)
			return
		}
		if p == "/etc/ld.so.cache" {
			r.dynamic(t)
		}
		writes := hasFlag(how, "O_WRONLY") || hasFlag(how, "O_RDWR")
		t.proc.fds[int(c.res.value)] = openFile{p, writes}
		r.opened(t, p, how, writes)
	}
}

// opened notes what an open that succeeded means.
func (r *replay) opened(t *task, p, how string, writes bool) {
	created := hasFlag(how, "O_TMPFILE") || hasFlag(how, "O_CREAT") && named(p) && !r.names.existed(p)
	truncated := hasFlag(how, "O_TRUNC") && writes && !created
	switch {
	case hasFlag(how, "O_PATH"), hasFlag(how, "O_DIRECTORY") && !created, r.names.directory(p):
		r.note(t, Stat, p)
		return
	case hasFlag(how, "O_WRONLY"):
		r.note(t, Write, p)
	case !writes:
		r.note(t, Read, p)
	case !created && !truncated:
		r.note(t, Stat, p)
	}
	if created {
		r.note(t, Create, p)
		r.names.create(p)
	}
	if truncated {
		r.note(t, Truncate, p)
	}
}

// refused notes a call on a name that failed: the name was not there, or what
// it names was found and could not be had.
func (r *replay) refused(t *task, c *call, dir, name int, follow bool) {
	kind := Absent
	switch c.res.errno {
	case "ENOENT", "ENOTDIR":
	case "EACCES", "EPERM", "EEXIST", "EISDIR", "ETXTBSY", "EROFS":
		kind = Stat
	default:
		return
	}
	if p, ok := r.at(t, c, dir, name, follow); ok {
		r.note(t, kind, p)
	}
}

func doDup(r *replay, t *task, c *call) {
	from, ok := parseFD(c.args[0])
	if _, ok2 := r.file(t, c.res.text); ok && ok2 && c.res.ok {
		t.proc.fds[int(c.res.value)] = t.proc.fds[from.num]
	}
}

// doRead counts a read that met the end of the file too: that it is empty, or
// ends here, is what the reader learnt. What devices carry is nobody's product:
// that they were opened is all that is noted of them.
func doRead(r *replay, t *task, c *call) {
	if p, ok := r.file(t, c.args[0]); ok && c.res.ok && !device(p) {
		r.note(t, Read, p)
	}
}

func doWrite(r *replay, t *task, c *call) {
	if p, ok := r.file(t, c.args[0]); ok && c.res.ok && c.res.value > 0 && !device(p) {
		r.note(t, Write, p)
	}
}

func doCopy(from, to int) func(*replay, *task, *call) {
	return func(r *replay, t *task, c *call) {
		if !c.res.ok {
			return
		}
		in, ok1 := r.file(t, c.args[from])
		out, ok2 := r.file(t, c.args[to])
		if !ok1 || !ok2 {
			r.fault("a copy between descriptors that are not known: %s", c.args)
			return
		}
		r.copied(t, in, out, c.res.value > 0)
	}
}

func (r *replay) copied(t *task, in, out string, some bool) {
	if !device(in) {
		r.note(t, Read, in)
	}
	if some && !device(out) {
		r.note(t, Write, out)
		if named(in) && named(out) && !device(in) {
			r.noteTwo(t, Copy, in, out)
		}
	}
}

// doIoctl handles FICLONE and FICLONERANGE (linux/fs.h), whose source is a
// descriptor that strace does not annotate.
func doIoctl(r *replay, t *task, c *call) {
	if !c.res.ok || len(c.args) < 3 || !strings.Contains(c.args[1], "FICLONE") {
		return
	}
	out, ok := r.file(t, c.args[0])
	text := c.args[2]
	if _, after, found := strings.Cut(text, "src_fd="); found {
		text, _, _ = strings.Cut(after, ",")
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	in := t.proc.fds[n].path
	if d, annotated := parseFD(text); annotated && d.path != "" {
		in, err = d.path, nil
	}
	if !ok || err != nil || in == "" {
		r.fault("a clone of a file that is not known: %s", c.args)
		return
	}
	r.copied(t, in, out, true)
}

func doMmap(r *replay, t *task, c *call) {
	p, ok := r.file(t, c.args[4])
	if !ok || !c.res.ok || !named(p) {
		return
	}
	fd, _ := parseFD(c.args[4])
	prot, flags, writable := c.args[2], c.args[3], t.proc.fds[fd.num].writable
	if device(p) {
		return
	}
	if hasFlag(prot, "PROT_EXEC") || writable {
		r.note(t, Map, p)
	}
	if hasFlag(prot, "PROT_READ") || hasFlag(prot, "PROT_EXEC") {
		r.note(t, Read, p)
	}
	if hasFlag(prot, "PROT_WRITE") && hasFlag(flags, "MAP_SHARED") {
		r.note(t, Write, p)
	}
}

func doGetdents(r *replay, t *task, c *call) {
	if p, ok := r.file(t, c.args[0]); ok && c.res.ok {
		r.note(t, List, p)
	}
}

// doLook handles what looks at a name without opening it. AT_EMPTY_PATH with an
// empty name asks about a descriptor: no name is looked up, nothing is noted.
func doLook(dir, name, flags int, follow bool, kind Kind) func(*replay, *task, *call) {
	return func(r *replay, t *task, c *call) {
		f := follow && (flags < 0 || !hasFlag(c.args[flags], "AT_SYMLINK_NOFOLLOW"))
		if !c.res.ok {
			if kind == Readlink && c.res.errno != "ENOENT" && c.res.errno != "ENOTDIR" {
				return // EINVAL: no symbolic link, which is how gcc looks for one
			}
			r.refused(t, c, dir, name, f)
		} else if p, ok := r.at(t, c, dir, name, f); ok {
			r.note(t, kind, p)
		}
	}
}

func doExecve(r *replay, t *task, c *call) { r.exec(t, c, -1, 0, 1, 2, "") }

func doExecveat(r *replay, t *task, c *call) { r.exec(t, c, 0, 1, 2, 3, c.args[4]) }

// exec handles both forms of execve. What execveat executes is called
// /dev/fd/N or /dev/fd/N/NAME by the kernel (alloc_bprm in fs/exec.c).
func (r *replay) exec(t *task, c *call, dir, name, argv, envp int, flags string) {
	follow := !hasFlag(flags, "AT_SYMLINK_NOFOLLOW")
	if !c.res.ok {
		r.refused(t, c, dir, name, follow)
		return
	}
	called, _ := parseString(c.args[name])
	file, ok := r.at(t, c, dir, name, follow)
	if dir >= 0 && !strings.HasPrefix(called, "/") {
		if d, isFD := parseFD(c.args[dir]); isFD && d.num != atFDCWD {
			fd := "/dev/fd/" + strconv.Itoa(d.num)
			if called == "" {
				file, ok, called = d.path, true, fd
			} else {
				called = fd + "/" + called
			}
		}
	}
	if !ok {
		r.fault("an execve whose file is not known: %s", c.args)
		return
	}
	args, _ := parseStrings(c.args[argv])
	env, _ := parseStrings(c.args[envp]) // none where only their number is shown
	r.execve(t, c, file, called, args, env)
}
