package store

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// How accesses are found: see accessindex.go. CROSS JOIN is SQLite's way to say
// that the index comes first.
var (
	accessesByExec = "SELECT " + accessTable.columns + ` FROM exec_access
CROSS JOIN access ON access.id BETWEEN exec_access.first AND exec_access.last WHERE exec_access.exec = ?`
	accessesByFile = "SELECT " + accessTable.columns + ` FROM file_access
CROSS JOIN json_each(file_access.accesses) AS j CROSS JOIN access ON access.id = j.value WHERE file_access.file = ?`
	writesByExec  = accessesByExec + onlyWrites
	writesByFile  = strings.ReplaceAll(accessesByFile, "file_access", "file_write")
	writesByFile0 = accessesByFile + onlyWrites // of a trace without file_write
	onlyWrites    = fmt.Sprintf(" AND access.kinds & %d", writeKinds)
	accessesAll   = "SELECT " + accessTable.columns + `, exec_access.exec FROM exec_access
CROSS JOIN access ON access.id BETWEEN exec_access.first AND exec_access.last %s ORDER BY exec_access.exec, exec_access.first`
)

// AccessesOf gives what an exec did to files, by File.
func (r *Reader) AccessesOf(id ExecID) ([]Access, error) { return r.accessesOf(accessesByExec, id) }

// WritesOf gives the accesses of an exec that wrote, created or truncated, by
// File.
func (r *Reader) WritesOf(id ExecID) ([]Access, error) { return r.accessesOf(writesByExec, id) }

func (r *Reader) accessesOf(sql string, id ExecID) ([]Access, error) {
	rows, err := list(r, &accessTable, sql, int64(id))
	if err != nil {
		return nil, err
	}
	if err := r.orderAccesses(rows, id); err != nil {
		return nil, err
	}
	return rows, nil
}

// orderAccesses sorts the accesses of an exec by file and makes sure that they
// are its, once each.
func (r *Reader) orderAccesses(rows []Access, id ExecID) error {
	slices.SortFunc(rows, func(a, b Access) int { return cmp.Compare(a.File, b.File) })
	for i := range rows {
		if rows[i].Exec != id || i > 0 && rows[i].File == rows[i-1].File {
			return damaged(r.path, fmt.Sprintf("the index of the accesses of exec %d is wrong", id), nil)
		}
	}
	return nil
}

// AccessesTo gives what was done to a file, by Exec.
func (r *Reader) AccessesTo(id FileID) ([]Access, error) { return r.accessesTo(accessesByFile, id) }

// WritesTo gives the accesses to a file that wrote, created or truncated it, by
// Exec. It costs what they are, however many others there are.
func (r *Reader) WritesTo(id FileID) ([]Access, error) {
	if !r.fileWrite {
		return r.accessesTo(writesByFile0, id)
	}
	rows, err := r.accessesTo(writesByFile, id)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].Kinds&writeKinds == 0 {
			return nil, damaged(r.path, fmt.Sprintf("the index of the writes to file %d is wrong", id), nil)
		}
	}
	return rows, nil
}

func (r *Reader) accessesTo(sql string, id FileID) ([]Access, error) {
	rows, err := list(r, &accessTable, sql, int64(id))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b Access) int { return cmp.Compare(a.Exec, b.Exec) })
	for i := range rows {
		if rows[i].File != id || i > 0 && rows[i].Exec == rows[i-1].Exec {
			return nil, damaged(r.path, fmt.Sprintf("the index of the accesses to file %d is wrong", id), nil)
		}
	}
	return rows, nil
}

// Accesses gives every access, by Exec and then by File.
func (r *Reader) Accesses() iter.Seq2[Access, error] {
	return r.accesses(fmt.Sprintf(accessesAll, ""))
}

// AccessesOfKind gives every access that is of at least one of the kinds, by
// Exec and then by File. Where few are, that is many times faster than to look
// for them among all.
func (r *Reader) AccessesOfKind(kinds AccessKind) iter.Seq2[Access, error] {
	return r.accesses(fmt.Sprintf(accessesAll, fmt.Sprintf("WHERE access.kinds & %d", kinds)))
}

func (r *Reader) accesses(sql string) iter.Seq2[Access, error] {
	// What the index says is decoded beside what the row says.
	type indexed struct {
		Access
		exec ExecID
	}
	decode := func(cells *row) indexed {
		return indexed{decodeAccess(cells), ExecID(cells.id(accessTable.width))}
	}
	return func(yield func(Access, error) bool) {
		var group []Access // of one exec
		var exec ExecID
		ended := false
		give := func() bool {
			err := r.orderAccesses(group, exec)
			if err != nil {
				yield(Access{}, err)
				ended = true
			}
			for i := 0; i < len(group) && !ended; i++ {
				ended = !yield(group[i], nil)
			}
			group = group[:0]
			return !ended
		}
		err := scan(r, sql, "access", accessTable.width+1, decode, func(chunk []indexed) bool {
			for i := range chunk {
				if chunk[i].exec != exec && !give() {
					return false
				}
				exec = chunk[i].exec
				group = append(group, chunk[i].Access)
			}
			return true
		})
		switch {
		case ended:
		case err != nil:
			yield(Access{}, err)
		default:
			give()
		}
	}
}
