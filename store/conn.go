package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// conn is one raw connection. database/sql is not used: its pool, its locks and
// its conversions cost more than SQLite does.
type conn struct {
	*sqlite3.SQLiteConn
}

// openConn opens the database at the absolute path; params are those of SQLite's
// URI file names and of the driver.
func openConn(path string, params string) (conn, error) {
	if strings.IndexByte(path, 0) >= 0 {
		return conn{}, fmt.Errorf("opening %q: a path cannot hold a NUL", path)
	}
	u := url.URL{Path: path}
	c, err := (&sqlite3.SQLiteDriver{}).Open("file:" + u.EscapedPath() + "?" + params)
	if err != nil {
		return conn{}, err
	}
	return conn{c.(*sqlite3.SQLiteConn)}, nil
}

// run executes statements that take no arguments and give no rows.
func (c conn) run(statements ...string) error {
	for _, s := range statements {
		if _, err := c.Exec(s, nil); err != nil {
			return err
		}
	}
	return nil
}

func (c conn) prepare(sql string) (*sqlite3.SQLiteStmt, error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return nil, err
	}
	return s.(*sqlite3.SQLiteStmt), nil
}

// each calls f for every row of a prepared query of n columns until f says stop.
// The slice is the same at each call.
func each(s *sqlite3.SQLiteStmt, n int, named []driver.NamedValue, f func([]driver.Value) bool) error {
	rows, err := s.QueryContext(context.Background(), named)
	if err != nil {
		return err
	}
	defer rows.Close()
	dest := make([]driver.Value, n)
	for {
		err := rows.Next(dest)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !f(dest) {
			return nil
		}
	}
}

// rows runs a query of n columns once and calls f as each does.
func (c conn) rows(sql string, n int, f func([]driver.Value) bool) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	defer s.Close()
	return each(s, n, nil, f)
}
