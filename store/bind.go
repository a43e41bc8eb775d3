package store

import (
	"database/sql/driver"
	"unsafe"
)

// args are the arguments of one prepared statement, kept from one execution to
// the next. The driver takes each argument as an interface; putting an integer
// or a string into one allocates. A row of the trace has up to twelve, so each
// slot owns one int64 and one string for good, its two interfaces point at
// them, and setting an argument is a store.
type args struct {
	named   []driver.NamedValue
	ints    []int64
	texts   []string
	asInt   []driver.Value
	asText  []driver.Value
	current []slotKind
}

type slotKind uint8

const (
	slotNull slotKind = iota
	slotInt
	slotText
)

// face is how Go lays out an interface with no methods.
type face struct {
	typ  unsafe.Pointer
	data unsafe.Pointer
}

func newArgs(n int) *args {
	a := &args{
		named:   make([]driver.NamedValue, n),
		ints:    make([]int64, n),
		texts:   make([]string, n),
		asInt:   make([]driver.Value, n),
		asText:  make([]driver.Value, n),
		current: make([]slotKind, n),
	}
	for i := range n {
		a.named[i].Ordinal = i + 1
		a.asInt[i] = int64(0)
		(*face)(unsafe.Pointer(&a.asInt[i])).data = unsafe.Pointer(&a.ints[i])
		a.asText[i] = ""
		(*face)(unsafe.Pointer(&a.asText[i])).data = unsafe.Pointer(&a.texts[i])
	}
	return a
}

func (a *args) int(i int, v int64) {
	a.ints[i] = v
	if a.current[i] != slotInt {
		a.current[i] = slotInt
		a.named[i].Value = a.asInt[i]
	}
}

// text binds s without copying it: it must stay as it is until the statement
// was executed.
func (a *args) text(i int, s string) {
	a.texts[i] = s
	if a.current[i] != slotText {
		a.current[i] = slotText
		a.named[i].Value = a.asText[i]
	}
}

func (a *args) null(i int) {
	if a.current[i] != slotNull {
		a.current[i] = slotNull
		a.named[i].Value = nil
	}
}

// orNull binds v, and NULL for 0, which means "none" everywhere in the model.
func (a *args) orNull(i int, v int64) {
	if v == 0 {
		a.null(i)
		return
	}
	a.int(i, v)
}

func (a *args) textOrNull(i int, s string) {
	if s == "" {
		a.null(i)
		return
	}
	a.text(i, s)
}

func (a *args) bool(i int, v bool) {
	if v {
		a.int(i, 1)
		return
	}
	a.int(i, 0)
}
