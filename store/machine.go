package store

// Machine is the machine that a build ran on, and how busy its cores were
// meanwhile, with whatever: the kernel counts for the whole machine, of which the
// build is a part. The zero Machine is one that is not known, as in traces of
// before it was kept. The times are sums over all cores, in ns; the kernel gives
// them in units of 10 ms (proc_stat(5)).
type Machine struct {
	Cores   int    // online processors; 0: nothing is known of the machine
	Allowed int    // processors that the build could use (sched_getaffinity(2)); 0: not known
	Memory  int64  // bytes of main memory
	Model   string // of the processor, "" where the kernel gives none

	Span   int64 // ns of wall clock for which the times below were counted; 0: they were not
	Busy   int64 // running anything, interrupts included
	Idle   int64 // nothing to run, IOWait included
	IOWait int64 // nothing to run while a task waited for the disk
	Steal  int64 // taken by the hypervisor for others
}

// machineTable is made when there is something to keep in it: the first traces of
// this format do not have it.
const machineTable = `CREATE TABLE IF NOT EXISTS machine ( -- one row: what the build ran on
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  cores   INTEGER NOT NULL,         -- online processors
  allowed INTEGER,                  -- processors that the build could use; NULL: not known
  memory  INTEGER NOT NULL,         -- bytes
  model   TEXT NOT NULL,            -- of the processor, '' where not known
  span    INTEGER NOT NULL,         -- ns for which the kernel's counters below ran; 0: they were not read
  busy    INTEGER NOT NULL,         -- ns, summed over all cores of the machine, running anything
  idle    INTEGER NOT NULL,         -- ns, likewise: nothing to run (iowait included)
  iowait  INTEGER NOT NULL,         -- ns, likewise: nothing to run while a task waited for the disk
  steal   INTEGER NOT NULL          -- ns, likewise: taken by the hypervisor
) STRICT`

// writeMachine puts the one row of machine in place, where there is anything to
// say.
func writeMachine(c conn, m Machine) error {
	if m.Cores == 0 {
		return nil
	}
	if err := c.run(machineTable); err != nil {
		return err
	}
	in := newInserter(c, "INSERT OR REPLACE INTO machine", "", 10, 1)
	defer in.close()
	a, n := in.row()
	a.int(n, 1)
	a.int(n+1, int64(m.Cores))
	a.orNull(n+2, int64(m.Allowed))
	a.int(n+3, m.Memory)
	a.text(n+4, m.Model)
	for i, v := range []int64{m.Span, m.Busy, m.Idle, m.IOWait, m.Steal} {
		a.int(n+5+i, v)
	}
	if err := in.done(); err != nil {
		return err
	}
	return in.flush()
}

// readMachine reads the row of machine; the zero Machine where there is none.
func (r *Reader) readMachine() (Machine, error) {
	var m Machine
	err := r.query("SELECT cores, allowed, memory, model, span, busy, idle, iowait, steal FROM machine", "machine", 9, func(cells *row) {
		m = Machine{Cores: cells.small(0), Allowed: cells.small(1), Memory: cells.int(2), Model: cells.text(3)}
		for i, field := range []*int64{&m.Span, &m.Busy, &m.Idle, &m.IOWait, &m.Steal} {
			if *field = cells.int(4 + i); *field < 0 {
				cells.wrong(4 + i)
			}
		}
		if m.Cores < 0 || m.Allowed < 0 || m.Memory < 0 {
			cells.wrong(0)
		}
	})
	return m, err
}
