package bpf

import (
	"errors"
	"os"
	"path/filepath"
)

// errNoTable is why names are resolved by the capture and not in the kernel.
var errNoTable = errors.New("the kernel's dentry hash table was not found")

// sampled opens some files, so that the sampling program sees their dentries,
// and closes them.
func sampled() {
	opened := 0
	for _, dir := range []string{"/usr/bin", "/usr/lib", "/etc", "/usr", "/"} {
		d, err := os.Open(dir)
		if err != nil {
			continue
		}
		names, _ := d.Readdirnames(24)
		d.Close()
		for _, name := range names {
			f, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				continue
			}
			f.Close()
			if opened++; opened >= 60 {
				return
			}
		}
	}
}

// dentryTable finds the kernel's dentry_hashtable and d_hash_shift, which have
// no symbol on a kernel without KALLSYMS_ALL. A dentry that is first in its
// bucket is pointed to by table[hash >> shift] (fs/dcache.c: d_hash), so a few
// (hash, pointer) pairs determine both: with the right shift all of them give
// one base. It fails when they do not, or when the names' hashes are not what
// the programs compute for them (fs/namei.c: hash_name).
func dentryTable(samples []traceSample) (table uint64, shift uint32, err error) {
	right := 0
	for _, s := range samples {
		if s.Computed == s.HashLen {
			right++
		}
	}
	if len(samples) < 8 || right*10 < len(samples)*9 {
		return 0, 0, errNoTable
	}
	best := 0
	for try := uint32(4); try < 32; try++ {
		votes := map[uint64]int{}
		for _, s := range samples {
			bucket := uint64(uint32(s.HashLen) >> try)
			votes[s.Pprev-8*bucket]++
		}
		for base, n := range votes {
			if n > best {
				best, table, shift = n, base, try
			}
		}
	}
	if best*2 < len(samples) || table%8 != 0 {
		return 0, 0, errNoTable
	}
	return table, shift, nil
}
