package bpf

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
)

// errNoTable is why names are resolved by the capture and not in the kernel.
var errNoTable = errors.New("the kernel's dentry hash table was not found")

// sampled opens some files, so that the sampling program sees their dentries,
// and closes them. Those of this process in /proc are looked up here for the first
// time, so they stand first in their buckets, which older ones do only where the
// cache is small for its table.
func sampled() {
	const (
		fresh  = 40
		enough = 60
	)
	opened := 0
	open := func(file string, limit int) {
		if opened >= limit {
			return
		}
		if f, err := os.Open(file); err == nil {
			f.Close()
			opened++
		}
	}
	tasks, _ := filepath.Glob("/proc/self/task/*")
	for _, name := range []string{"stat", "status", "statm", "comm", "cmdline", "limits", "maps", "cgroup", "mounts", "oom_score"} {
		for _, task := range tasks {
			open(filepath.Join(task, name), fresh)
		}
	}
	for _, dir := range []string{"/usr/bin", "/usr/lib", "/etc", "/usr", "/"} {
		d, err := os.Open(dir)
		if err != nil {
			continue
		}
		names, _ := d.Readdirnames(24)
		d.Close()
		for _, name := range names {
			open(filepath.Join(dir, name), enough)
		}
	}
}

// dentryTable finds the kernel's dentry_hashtable and d_hash_shift, which have
// no symbol on a kernel without KALLSYMS_ALL. A dentry that is first in its
// bucket is pointed to by table[hash >> shift] (fs/dcache.c: d_hash), so a few
// (hash, pointer) pairs determine both: with the right shift all of them give
// one base. Those that are not first point to another dentry, which gives a base that
// no second one agrees with; in a full cache they can be most. It fails when too few
// agree, or when the names' hashes are not what the programs compute for them
// (fs/namei.c: hash_name).
func dentryTable(samples []traceSample) (table uint64, shift uint32, err error) {
	samples = slices.Clone(samples)
	slices.SortFunc(samples, func(a, b traceSample) int {
		return cmp.Or(cmp.Compare(a.HashLen, b.HashLen), cmp.Compare(a.Pprev, b.Pprev))
	})
	samples = slices.CompactFunc(samples, func(a, b traceSample) bool { // a dentry has one vote
		return a.HashLen == b.HashLen && a.Pprev == b.Pprev
	})
	right := 0
	for _, s := range samples {
		if s.Computed == s.HashLen {
			right++
		}
	}
	if len(samples) < agreed || right*10 < len(samples)*9 {
		return 0, 0, errNoTable
	}
	best, second := 0, 0
	for try := uint32(4); try < 32; try++ {
		votes := map[uint64]int{}
		for _, s := range samples {
			bucket := uint64(uint32(s.HashLen) >> try)
			votes[s.Pprev-8*bucket]++
		}
		for base, n := range votes {
			switch {
			case n > best:
				best, second, table, shift = n, best, base, try
			case n > second:
				second = n
			}
		}
	}
	if best < agreed || best < 3*second || table%8 != 0 {
		return 0, 0, errNoTable
	}
	return table, shift, nil
}

// agreed is how many dentries must give the same table. Two that do by chance are
// rare: their addresses would have to differ as their hashes do.
const agreed = 8
