// Package sysnum knows the names of Linux's system calls by their numbers, for
// every architecture that a trace can come from and whatever machine it is read on.
//
// The tables are generated from those of golang.org/x/sys/unix, which are made from
// the kernel's own headers; a newer version of that module in go.mod and
// "go generate ./store/sysnum" bring the calls of newer kernels.
package sysnum

import (
	"cmp"
	"slices"
)

//go:generate go run gen.go -o names.go

// The tables of system call numbers that there are (ABIs), by what Go calls them.
const (
	AMD64 = "amd64" // x86, 64 bit
	I386  = "386"   // x86, 32 bit, also of 32-bit programs on amd64
	ARM64 = "arm64"
	ARM   = "arm" // 32-bit programs on arm64
)

// call is one line of a table.
type call struct {
	number int
	name   string
}

// Name gives the kernel's name of a system call; "" for a number that this version
// does not know, and for an ABI without a table.
func Name(abi string, number int) string {
	table := names[abi]
	i, ok := slices.BinarySearchFunc(table, number, func(c call, n int) int { return cmp.Compare(c.number, n) })
	if !ok {
		return ""
	}
	return table[i].name
}
