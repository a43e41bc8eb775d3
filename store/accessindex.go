package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// accessIndex knows of every access row its exec and file, and from that builds
// the indexes of the access table.
//
// Two of SQLite's own would cost more than writing the rows does (measured: 390 ns
// a row, and 300 for the row itself), for it sorts small records by calling a
// comparison. But ids are dense and rows lie in their order, so that counting
// sorts them, in a tenth of that and 4 bytes of memory a row, 8 while it sorts.
type accessIndex struct {
	blocks [][]uint32 // the file of each row, by id-1
	rows   uint32
	runs   []accessRun
	writes []uint32 // ids of the rows that wrote, in their order
}

// accessRun says that the accesses from id first to id last are of one exec.
type accessRun struct{ exec, first, last uint32 }

const (
	// blockRows is the length of a block. Blocks are never moved: a slice that
	// grows by copying would touch several times the memory.
	blockRows = 1 << 15

	// denseLimit bounds the arrays that are as long as the largest id.
	denseLimit = 1 << 27

	// deadRow is the file of a row that a later one replaces.
	deadRow = math.MaxUint32
)

// add takes the row that gets the next id.
func (x *accessIndex) add(exec, file uint32, kinds AccessKind) {
	if x.rows%blockRows == 0 {
		x.blocks = append(x.blocks, make([]uint32, 0, blockRows))
	}
	block := &x.blocks[len(x.blocks)-1]
	*block = append(*block, file)
	x.rows++
	if kinds&writeKinds != 0 {
		x.writes = append(x.writes, x.rows)
	}
	if n := len(x.runs); n > 0 && x.runs[n-1].exec == exec {
		x.runs[n-1].last = x.rows
		return
	}
	x.runs = append(x.runs, accessRun{exec, x.rows, x.rows})
}

// file is where the file of a row is kept.
func (x *accessIndex) file(id uint32) *uint32 {
	return &x.blocks[(id-1)/blockRows][(id-1)%blockRows]
}

// sortRuns puts the runs of an exec together, and checks that ids are dense.
func (x *accessIndex) sortRuns() (maxFile uint32, err error) {
	for _, b := range x.blocks {
		for _, f := range b {
			maxFile = max(maxFile, f)
		}
	}
	slices.SortFunc(x.runs, func(a, b accessRun) int {
		return cmp.Or(cmp.Compare(a.exec, b.exec), cmp.Compare(a.first, b.first))
	})
	if maxFile > denseLimit {
		return 0, fmt.Errorf("an access names file %d: ids are not dense", maxFile)
	}
	return maxFile, nil
}

// killReplaced finds the rows whose exec and file came again later. The runs are
// sorted.
func (x *accessIndex) killReplaced(maxFile uint32) (dead []uint32) {
	if len(x.runs) <= 1 {
		return nil
	}
	seen := make([]uint32, maxFile+1) // the last exec, numbered from the end, that was met with this file
	for i := len(x.runs) - 1; i >= 0; {
		exec, stamp := x.runs[i].exec, uint32(len(x.runs)-i)
		for ; i >= 0 && x.runs[i].exec == exec; i-- {
			for id := x.runs[i].last; id >= x.runs[i].first; id-- {
				f := x.file(id)
				if seen[*f] == stamp {
					dead = append(dead, id)
					*f = deadRow
				} else {
					seen[*f] = stamp
				}
			}
		}
	}
	return dead
}

// postings are the access ids of each file: ids[start[f]:start[f+1]] for file f.
type postings struct {
	start []uint32
	ids   []uint32
}

// postings sorts all rows that live by file.
func (x *accessIndex) postings(maxFile uint32) *postings {
	p := &postings{start: make([]uint32, maxFile+3)}
	// Counted two places on: after the sums start[f+1] is where f begins, and
	// when f is full it has become where f ends.
	for _, b := range x.blocks {
		for _, f := range b {
			if f != deadRow {
				p.start[f+2]++
			}
		}
	}
	for f := range maxFile + 1 {
		p.start[f+2] += p.start[f+1]
	}
	p.ids = make([]uint32, p.start[maxFile+2])
	id := uint32(0)
	for _, b := range x.blocks {
		for _, f := range b {
			id++
			if f != deadRow {
				p.ids[p.start[f+1]] = id
				p.start[f+1]++
			}
		}
	}
	return p
}

// writePostings sorts the rows that wrote by file.
func (x *accessIndex) writePostings() (files []uint32, p *postings) {
	p = &postings{start: []uint32{0}}
	keys := make([]uint64, 0, len(x.writes))
	for _, id := range x.writes {
		if f := *x.file(id); f != deadRow {
			keys = append(keys, uint64(f)<<32|uint64(id))
		}
	}
	slices.Sort(keys)
	for i, k := range keys {
		if f := uint32(k >> 32); len(files) == 0 || files[len(files)-1] != f {
			files = append(files, f)
			p.start = append(p.start, uint32(i))
		}
		p.ids = append(p.ids, uint32(k))
		p.start[len(files)] = uint32(i + 1)
	}
	return files, p
}

// buildIndexes makes all that the reader's lookups go through.
func buildIndexes(c conn, x *accessIndex) error {
	if err := x.check(c); err != nil {
		return err
	}
	maxFile, err := x.sortRuns()
	if err != nil {
		return err
	}
	if err := deleteAccesses(c, x.killReplaced(maxFile)); err != nil {
		return err
	}
	if err := x.writeRuns(c); err != nil {
		return err
	}
	if err := x.postings(maxFile).write(c, "file_access", nil); err != nil {
		return err
	}
	// A trace that is being recovered can be older than this table.
	if err := c.run(fileWriteTable); err != nil {
		return err
	}
	files, writes := x.writePostings()
	if err := writes.write(c, "file_write", files); err != nil {
		return err
	}
	return c.run(indexes...)
}

// check makes sure that SQLite gave the ids that add assumed.
func (x *accessIndex) check(c conn) error {
	var last int64
	err := c.rows("SELECT ifnull(max(id), 0) FROM access", 1, func(v []driver.Value) bool {
		last, _ = v[0].(int64)
		return false
	})
	if err == nil && last != int64(x.rows) {
		err = fmt.Errorf("the last access has id %d, not %d", last, x.rows)
	}
	return err
}

func deleteAccesses(c conn, ids []uint32) error {
	if len(ids) == 0 {
		return nil
	}
	s, err := c.prepare("DELETE FROM access WHERE id = ?")
	if err != nil {
		return err
	}
	defer s.Close()
	slices.Sort(ids)
	a := newArgs(1)
	for _, id := range ids {
		a.int(0, int64(id))
		if _, err := s.ExecContext(context.Background(), a.named); err != nil {
			return err
		}
	}
	return nil
}

func (x *accessIndex) writeRuns(c conn) error {
	in := newInserter(c, "INSERT INTO exec_access", "", 3, 32)
	defer in.close()
	for _, r := range x.runs {
		a, n := in.row()
		a.int(n, int64(r.exec))
		a.int(n+1, int64(r.first))
		a.int(n+2, int64(r.last))
		if err := in.done(); err != nil {
			return err
		}
	}
	return in.flush()
}

// write fills a table that leads from files to accesses. The list at i is that of
// files[i], or of file i where files is nil.
func (p *postings) write(c conn, table string, files []uint32) error {
	in := newInserter(c, "INSERT INTO "+table, "", 2, 16)
	defer in.close()
	var text []byte
	for i := range len(p.start) - 1 {
		ids := p.ids[p.start[i]:p.start[i+1]]
		if len(ids) == 0 {
			continue
		}
		file := uint32(i)
		if files != nil {
			file = files[i]
		}
		text = append(text[:0], '[')
		for _, id := range ids {
			text = append(strconv.AppendUint(text, uint64(id), 10), ',')
		}
		text[len(text)-1] = ']'
		a, n := in.row()
		a.int(n, int64(file))
		a.text(n+1, string(text))
		if err := in.done(); err != nil {
			return err
		}
	}
	return in.flush()
}
