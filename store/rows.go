package store

// insert writes the rows of a batch. What other rows refer to comes first.
func (l *loop) insert(b *batch) error {
	for _, write := range []func(*batch) error{
		l.insertFiles, l.insertTexts, l.insertProcesses, l.insertExecs, l.insertHeld, l.insertOps, l.insertNotes, l.insertSyscalls,
	} {
		if err := write(b); err != nil {
			return err
		}
	}
	return l.access.add(b.accesses)
}

func (l *loop) insertFiles(b *batch) error {
	for i := range b.files {
		f := &b.files[i]
		a, n := l.files.row()
		a.int(n, int64(f.ID))
		a.text(n+1, f.Path)
		if f.Ino == 0 {
			a.null(n + 2)
			a.null(n + 3)
			a.null(n + 4)
		} else {
			a.int(n+2, int64(f.Dev))
			a.int(n+3, int64(f.Ino))
			a.int(n+4, int64(f.Gen))
		}
		a.int(n+5, int64(f.Kind))
		if err := l.files.done(); err != nil {
			return err
		}
	}
	// The strings go when the batch is recycled.
	return l.files.flush()
}

func (l *loop) insertTexts(b *batch) error {
	for _, t := range []struct {
		in   *inserter
		rows []textRow
	}{{l.argvs, b.argvs}, {l.envVars, b.envVars}} {
		for _, r := range t.rows {
			a, n := t.in.row()
			a.int(n, int64(r.id))
			a.text(n+1, r.text)
			if err := t.in.done(); err != nil {
				return err
			}
		}
		if err := t.in.flush(); err != nil {
			return err
		}
	}
	for _, e := range b.envs {
		a, n := l.envs.row()
		a.int(n, int64(e.id))
		a.text(n+1, e.vars)
		if e.made.HasTarget {
			a.text(n+2, e.made.Target)
		} else {
			a.null(n + 2)
		}
		a.int(n+3, int64(e.made.Level))
		a.bool(n+4, e.made.Tags)
		a.textOrNull(n+5, e.made.Jobserver)
		if err := l.envs.done(); err != nil {
			return err
		}
	}
	return l.envs.flush()
}

func (l *loop) insertProcesses(b *batch) error {
	for i := range b.processes {
		p := &b.processes[i]
		a, n := l.processes.row()
		a.int(n, int64(p.ID))
		a.orNull(n+1, int64(p.Parent))
		a.orNull(n+2, int64(p.ForkedBy))
		a.int(n+3, int64(p.PID))
		a.int(n+4, p.Start)
		a.orNull(n+5, p.End)
		if p.ExitCode == 0 && (p.End == 0 || p.Signal != 0) {
			a.null(n + 6)
		} else {
			a.int(n+6, int64(p.ExitCode))
		}
		a.orNull(n+7, int64(p.Signal))
		a.int(n+8, p.CPU)
		a.int(n+9, p.MaxRSS)
		a.int(n+10, p.Lost)
		if err := l.processes.done(); err != nil {
			return err
		}
	}
	return nil
}

func (l *loop) insertExecs(b *batch) error {
	for i := range b.execs {
		e := &b.execs[i]
		a, n := l.execs.row()
		a.int(n, int64(e.ID))
		a.int(n+1, int64(e.Process))
		a.int(n+2, int64(e.Seq))
		a.orNull(n+3, int64(e.Exe))
		a.orNull(n+4, int64(e.Script))
		a.orNull(n+5, int64(e.Cwd))
		a.orNull(n+6, int64(e.Argv))
		a.orNull(n+7, int64(e.Env))
		a.int(n+8, e.Start)
		a.orNull(n+9, e.End)
		if err := l.execs.done(); err != nil {
			return err
		}
	}
	return nil
}

func (l *loop) insertHeld(b *batch) error {
	for _, h := range b.held {
		a, n := l.held.row()
		mode := int64(h.FD) << 2
		if h.Read {
			mode |= 2
		}
		if h.Write {
			mode |= 1
		}
		a.int(n, int64(h.Exec)<<32|int64(h.File))
		a.int(n+1, mode)
		if err := l.held.done(); err != nil {
			return err
		}
	}
	return nil
}

func (l *loop) insertOps(b *batch) error {
	for i := range b.ops {
		o := &b.ops[i]
		a, n := l.ops.row()
		a.int(n, o.Seq)
		a.int(n+1, int64(o.Exec))
		a.int(n+2, o.Time)
		a.int(n+3, int64(o.Kind))
		a.orNull(n+4, int64(o.File))
		a.orNull(n+5, int64(o.Other))
		a.textOrNull(n+6, o.Detail)
		if err := l.ops.done(); err != nil {
			return err
		}
	}
	return l.ops.flush()
}

func (l *loop) insertNotes(b *batch) error {
	for _, r := range b.notes {
		a, n := l.notes.row()
		a.text(n, r.Kind)
		a.orNull(n+1, int64(r.Process))
		a.text(n+2, r.Detail)
		a.int(n+3, r.Count)
		if err := l.notes.done(); err != nil {
			return err
		}
	}
	for _, r := range b.losses {
		a, n := l.losses.row()
		a.text(n, r.Class)
		a.int(n+1, r.Count)
		if err := l.losses.done(); err != nil {
			return err
		}
	}
	return nil
}
