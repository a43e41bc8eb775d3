package oracle

// The calls that change the tree of names, and where a process stands in it.

func doChdir(r *replay, t *task, c *call) {
	if !c.res.ok {
		return
	}
	if p, ok := r.at(t, c, -1, 0, true); ok {
		t.fs.cwd = p
		r.note(t, Chdir, p)
	}
}

func doFchdir(r *replay, t *task, c *call) {
	if p, ok := r.file(t, c.args[0]); ok && c.res.ok {
		t.fs.cwd = p
		r.note(t, Chdir, p)
	}
}

func doChroot(r *replay, t *task, c *call) {
	if !c.res.ok {
		return
	}
	if p, ok := r.at(t, c, -1, 0, true); ok {
		t.fs.root = p
		r.note(t, Chroot, p)
	}
}

func doRename(dir, name, newDir, newName, flags int) func(*replay, *task, *call) {
	return func(r *replay, t *task, c *call) {
		if !c.res.ok {
			return
		}
		from, ok1 := r.at(t, c, dir, name, false)
		to, ok2 := r.at(t, c, newDir, newName, false)
		if !ok1 || !ok2 {
			return
		}
		if flags >= 0 && hasFlag(c.args[flags], "RENAME_EXCHANGE") {
			r.names.exchange(from, to)
			const aside = "\x00"
			r.moved(from, aside)
			r.moved(to, from)
			r.moved(aside, to)
			r.noteTwo(t, Exchange, min(from, to), max(from, to))
			return
		}
		r.names.rename(from, to)
		r.moved(from, to)
		r.noteTwo(t, Rename, from, to)
	}
}

func doLink(dir, name, newDir, newName, flags int) func(*replay, *task, *call) {
	return func(r *replay, t *task, c *call) {
		if !c.res.ok {
			return
		}
		from, ok1 := r.at(t, c, dir, name, flags >= 0 && hasFlag(c.args[flags], "AT_SYMLINK_FOLLOW"))
		if !ok1 && flags >= 0 && hasFlag(c.args[flags], "AT_EMPTY_PATH") {
			from, ok1 = r.file(t, c.args[dir])
		}
		to, ok2 := r.at(t, c, newDir, newName, false)
		if ok1 && ok2 {
			r.names.create(to)
			r.noteTwo(t, Link, from, to)
		}
	}
}

func doSymlink(text, dir, name int) func(*replay, *task, *call) {
	return func(r *replay, t *task, c *call) {
		s, ok1 := parseString(c.args[text])
		p, ok2 := r.at(t, c, dir, name, false)
		if c.res.ok && ok1 && ok2 {
			r.names.symlink(p, s)
			r.noteTwo(t, Symlink, p, s)
		}
	}
}

func doRemove(dir, name, flags int, kind Kind) func(*replay, *task, *call) {
	return func(r *replay, t *task, c *call) {
		p, ok := r.at(t, c, dir, name, false)
		if !ok || !c.res.ok {
			return
		}
		k := kind
		if flags >= 0 && hasFlag(c.args[flags], "AT_REMOVEDIR") {
			k = Rmdir
		}
		r.names.remove(p)
		r.note(t, k, p)
	}
}

func doMake(dir, name int, kind Kind) func(*replay, *task, *call) {
	return func(r *replay, t *task, c *call) {
		if p, ok := r.at(t, c, dir, name, false); ok && c.res.ok {
			r.names.create(p)
			r.names.dirs[p] = kind == Mkdir
			r.note(t, kind, p)
		}
	}
}

// doChange handles what changes a file's size or metadata, by name, by
// descriptor (name -1), or by descriptor where the name is NULL (utimensat).
func doChange(dir, name, flags int, follow bool, kind Kind) func(*replay, *task, *call) {
	return func(r *replay, t *task, c *call) {
		if !c.res.ok {
			return
		}
		if name >= 0 {
			f := follow && (flags < 0 || !hasFlag(c.args[flags], "AT_SYMLINK_NOFOLLOW"))
			if p, ok := r.at(t, c, dir, name, f); ok {
				r.note(t, kind, p)
				return
			}
		}
		if dir >= 0 {
			if p, ok := r.file(t, c.args[dir]); ok {
				r.note(t, kind, p)
			}
		}
	}
}
