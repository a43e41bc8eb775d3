package store

// Accesses are nine rows in ten of a trace, so their way into it is short. Every
// argument of a statement is one call into C: a row is packed into two or four
// integers, which the statement takes apart. Rows are only ever appended, which
// is the cheapest thing that SQLite can do with one, and are sorted by exec and
// file a few thousand at a time, so that the rows of an exec lie together and a
// few ranges of ids find them (accessIndex).
type accessInserter struct {
	waiting []Access
	order   []sortKey
	spare   []sortKey
	index   accessIndex

	once  *inserter // at one moment, not written
	plain *inserter // at several, not written
	full  *inserter
}

// shape says which statement a row fits.
type shape uint8

const (
	shapeOnce shape = iota
	shapePlain
	shapeFull
	shapes
)

const (
	readFlag = 1 << 15 // beside the kinds: first_read is first
	kindBits = readFlag - 1
	timeBits = 47 // of a time beside 16 bits of kinds and flag: 39 hours
	spanBits = 43 // of last-first beside a count of 20 bits: two and a half hours
	maxCount = 1<<20 - 1
)

func (in *accessInserter) init(c conn) {
	const (
		into = "INSERT INTO access "
		key  = "($1 >> 32, $1 & 4294967295, $2 & 32767, $2 >> 16"
		read = ", iif($2 & 32768, $2 >> 16, NULL)"
	)
	in.once = newInserter(c, into+"(exec, file, kinds, first, first_read)", key+read+")", 2, 64)
	in.plain = newInserter(c, into+"(exec, file, kinds, first, count, last, first_read)",
		key+", $3 & 1048575, ($2 >> 16) + ($3 >> 20), $4)", 4, 64)
	in.full = newInserter(c, into+"(exec, file, kinds, first, count, last, first_read, first_write, last_write)", "", 9, 16)
}

func (in *accessInserter) inserters() []*inserter {
	return []*inserter{in.once, in.plain, in.full}
}

func (in *accessInserter) add(rows []Access) error {
	if len(rows) == 0 {
		return nil
	}
	if in.waiting == nil {
		in.waiting = make([]Access, 0, sortedRows+batchRows)
		in.order = make([]sortKey, 0, sortedRows+batchRows)
	}
	in.waiting = append(in.waiting, rows...)
	if len(in.waiting) < sortedRows {
		return nil
	}
	return in.sortAndInsert()
}

// sortAndInsert writes the rows that wait, of several with one key the last.
// One statement is done after the other: ids are given in the order in which
// rows are executed.
func (in *accessInserter) sortAndInsert() error {
	in.order = in.order[:0]
	for i := range in.waiting {
		a := &in.waiting[i]
		in.order = append(in.order, sortKey{uint64(a.Exec)<<32 | uint64(a.File), uint32(i)})
	}
	in.order, in.spare = sortKeys(in.order, in.spare)
	for s := range shapes {
		for i, k := range in.order {
			if i+1 < len(in.order) && in.order[i+1].key == k.key {
				continue
			}
			a := &in.waiting[k.index]
			if shapeOf(a) != s {
				continue
			}
			in.index.add(uint32(a.Exec), uint32(a.File), a.Kinds)
			if err := in.insert(a, s); err != nil {
				return err
			}
		}
		if err := in.inserters()[s].flush(); err != nil {
			return err
		}
	}
	in.waiting = in.waiting[:0]
	return nil
}

func shapeOf(a *Access) shape {
	switch {
	case a.FirstWrite != 0 || a.LastWrite != 0 || a.First < 0 || a.First >= 1<<timeBits || a.Exec >= 1<<31 || a.Kinds > kindBits:
		return shapeFull
	case a.Count == 1 && a.Last == a.First && (a.FirstRead == 0 || a.FirstRead == a.First):
		return shapeOnce
	case a.Last >= a.First && a.Last-a.First < 1<<spanBits && a.Count >= 0 && a.Count <= maxCount:
		return shapePlain
	}
	return shapeFull
}

func (in *accessInserter) insert(a *Access, s shape) error {
	key := int64(a.Exec)<<32 | int64(a.File)
	stamp := a.First<<16 | int64(a.Kinds)
	switch s {
	case shapeOnce:
		if a.FirstRead != 0 {
			stamp |= readFlag
		}
		args, n := in.once.row()
		args.int(n, key)
		args.int(n+1, stamp)
		return in.once.done()
	case shapePlain:
		args, n := in.plain.row()
		args.int(n, key)
		args.int(n+1, stamp)
		args.int(n+2, (a.Last-a.First)<<20|a.Count)
		args.orNull(n+3, a.FirstRead)
		return in.plain.done()
	}
	args, n := in.full.row()
	args.int(n, int64(a.Exec))
	args.int(n+1, int64(a.File))
	args.int(n+2, int64(a.Kinds))
	args.int(n+3, a.First)
	args.int(n+4, a.Count)
	if a.Last == a.First {
		args.null(n + 5)
	} else {
		args.int(n+5, a.Last)
	}
	args.orNull(n+6, a.FirstRead)
	args.orNull(n+7, a.FirstWrite)
	args.orNull(n+8, a.LastWrite)
	return in.full.done()
}
