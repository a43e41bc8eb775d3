package store

import (
	"context"
	"database/sql/driver"
	"strconv"
	"strings"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// inserter writes rows of one shape, several in one statement: stepping a
// statement costs three calls into C, whatever the number of its rows. Its
// statements are prepared when first needed, which for most tables of a short
// trace is never.
type inserter struct {
	conn        conn
	head, tuple string
	width       int // arguments a row
	rows        int // rows a statement
	many, one   *sqlite3.SQLiteStmt
	args        *args // for rows rows
	used        int   // rows waiting in args
	tail        []driver.NamedValue
}

// newInserter will execute "head VALUES tuple, tuple, ..." with so many rows. In
// the tuple $1 to $9 are the arguments of a row, each of which may occur several
// times; an empty tuple is all the arguments in order.
func newInserter(c conn, head, tuple string, width, rows int) *inserter {
	in := &inserter{
		conn: c, head: head, tuple: tuple, width: width, rows: rows,
		args: newArgs(width * rows), tail: make([]driver.NamedValue, width),
	}
	for i := range in.tail {
		in.tail[i].Ordinal = i + 1
	}
	return in
}

// execute runs a statement, preparing it with n rows if it is not there yet.
func (in *inserter) execute(s **sqlite3.SQLiteStmt, n int, arguments []driver.NamedValue) error {
	if *s == nil {
		var err error
		if *s, err = in.conn.prepare(in.head + " VALUES " + tuples(in.tuple, in.width, n)); err != nil {
			return err
		}
	}
	_, err := (*s).ExecContext(context.Background(), arguments)
	return err
}

// tuples repeats the tuple with its arguments numbered on (?1, ?2, ...).
func tuples(tuple string, width, rows int) string {
	if tuple == "" {
		tuple = "(" + strings.TrimSuffix(strings.Repeat("$,", width), ",") + ")"
	}
	var b []byte
	for r := range rows {
		if r > 0 {
			b = append(b, ',')
		}
		for i, column := 0, 1; i < len(tuple); i++ {
			if tuple[i] != '$' {
				b = append(b, tuple[i])
				continue
			}
			n := column
			if d := tuple[i+1]; d >= '1' && d <= '9' {
				n = int(d - '0')
				i++
			}
			column++
			b = append(b, '?')
			b = strconv.AppendInt(b, int64(r*width+n), 10)
		}
	}
	return string(b)
}

// row gives the place of the next row's arguments: slots base, base+1, ...
// The caller fills them all and then calls done.
func (in *inserter) row() (a *args, base int) {
	return in.args, in.used * in.width
}

func (in *inserter) done() error {
	in.used++
	if in.used < in.rows {
		return nil
	}
	in.used = 0
	return in.execute(&in.many, in.rows, in.args.named)
}

// flush writes the rows that wait.
func (in *inserter) flush() error {
	used := in.used
	in.used = 0
	for r := range used {
		for i := range in.tail {
			in.tail[i].Value = in.args.named[r*in.width+i].Value
		}
		if err := in.execute(&in.one, 1, in.tail); err != nil {
			return err
		}
	}
	return nil
}

func (in *inserter) close() {
	if in.many != nil {
		in.many.Close()
	}
	if in.one != nil {
		in.one.Close()
	}
}
