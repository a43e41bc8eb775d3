package store

import (
	"database/sql/driver"
	"fmt"
	"math"
)

// row reads the columns of one row with their types and bounds checked: a
// damaged trace can hold anything. The first wrong column is kept in err; what
// is read after it means nothing.
type row struct {
	values []driver.Value
	table  string
	err    error
}

func (r *row) wrong(i int) {
	if r.err == nil {
		r.err = fmt.Errorf("column %d of a row of %s holds what it cannot", i+1, r.table)
	}
}

// int reads an integer; NULL is 0.
func (r *row) int(i int) int64 {
	switch v := r.values[i].(type) {
	case int64:
		return v
	case nil:
		return 0
	}
	r.wrong(i)
	return 0
}

// id reads an integer of 32 bits; NULL is 0.
func (r *row) id(i int) uint32 {
	return uint32(r.upTo(i, math.MaxUint32))
}

func (r *row) upTo(i int, limit int64) int64 {
	v := r.int(i)
	if v < 0 || v > limit {
		r.wrong(i)
		return 0
	}
	return v
}

// small reads a number that fits an int on every machine.
func (r *row) small(i int) int {
	v := r.int(i)
	if v < math.MinInt32 || v > math.MaxInt32 {
		r.wrong(i)
		return 0
	}
	return int(v)
}

func (r *row) bool(i int) bool { return r.upTo(i, 1) == 1 }

func (r *row) null(i int) bool { return r.values[i] == nil }

// text reads a string; NULL is "".
func (r *row) text(i int) string {
	switch v := r.values[i].(type) {
	case string:
		return v
	case nil:
		return ""
	}
	r.wrong(i)
	return ""
}

// strings reads a JSON array of strings.
func (r *row) strings(i int) []string {
	list, err := parseJSONStrings(r.text(i))
	if err != nil {
		r.wrong(i)
	}
	return list
}
