// Package digest takes the digests of a build's files from the disk, after the build,
// and only where the file there is known to be what the build saw.
//
// A capture cannot stop a program while it reads a file, and so digests are taken
// later, at export. A file has one only if it still has the inode number that the trace
// knows, and, by its ctime, which only the kernel sets, if nothing has changed it since
//
//   - the end of the build, where the build wrote it;
//   - the first use of it, where the build did not.
//
// ctime and the trace's times are compared to the tick of the kernel's clock, and rest
// on the wall clock: where somebody set that back, or wrote to the disk without the
// kernel, nothing here can tell.
package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"buildgraph/graph"
)

// Why a file has no digest; the values of AttestedFile.Why.
const (
	Gone       = "gone"                                                // there is no such file
	Removed    = "removed by the build"                                //
	Other      = "another file has its name"                           // by the inode number
	NotRegular = "no regular file"                                     //
	Unknown    = "the trace does not know which file it was"           // without an inode
	Later      = "changed after the build"                             //
	Meanwhile  = "changed by something else while the build used it"   // of an input
	Rewritten  = "the build wrote to it after a program had read it"   //
	Touched    = "the build set its times: when it changed is unknown" // of an input
	Unreadable = "cannot be read"                                      // followed by why
	Unfinished = "the capture did not end in order"                    // no time to compare with
)

// tick is how much the times of files may be off: the kernel takes them from its clock
// of at least 100 Hz (ktime_get_coarse_real_ts64).
const tick = 10 * time.Millisecond

// Fill takes the digests of all files of an attestation. progress, when not nil, is
// told after each.
func Fill(a *graph.Attestation, progress func(n, of int)) {
	all := len(a.Subjects) + len(a.Accesses)
	known := map[string]result{} // subjects are accesses too
	n := 0
	for _, list := range [][]graph.AttestedFile{a.Subjects, a.Accesses} {
		for i := range list {
			fill(&list[i], a.Capture, known)
			if n++; progress != nil {
				progress(n, all)
			}
		}
	}
}

// result is what was found at a name.
type result struct {
	ino          uint64
	ctime, mtime time.Time
	digest       string
	why          string
}

func fill(f *graph.AttestedFile, c graph.Capture, known map[string]result) {
	switch {
	case !c.Finished:
		f.Why = Unfinished
	case f.At == "":
		f.Why = Removed
	case f.Ino == 0:
		f.Why = Unknown
	case f.Rewritten:
		f.Why = Rewritten
	}
	if f.Why != "" {
		return
	}
	r, ok := known[f.At]
	if !ok {
		r = sum(f.At)
		known[f.At] = r
	}
	if f.Why = r.why; f.Why == "" {
		f.Why = judge(f, c, r)
	}
	if f.Why == "" {
		f.Digest = r.digest
	}
}

// judge says why what was found is not what the build saw, "" where it is.
func judge(f *graph.AttestedFile, c graph.Capture, r result) string {
	ended, used := c.Began.Add(time.Duration(c.Ended)), c.Began.Add(time.Duration(f.FirstUse))
	switch {
	case r.ino != f.Ino:
		return Other
	case r.ctime.After(ended):
		return Later
	case f.Written || !r.ctime.After(used):
		return ""
	case f.Touched:
		return Touched
	}
	// The build itself may have given it another name or mode since.
	for _, at := range f.Changed {
		if d := r.ctime.Sub(c.Began.Add(time.Duration(at))); d <= tick && d >= -tick && !r.mtime.After(used) {
			return ""
		}
	}
	return Meanwhile
}

// sum reads a file, which must be the same before and after.
func sum(name string) result {
	// A FIFO must not make us wait, nor a link lead elsewhere.
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return result{why: Gone}
	case errors.Is(err, syscall.ELOOP):
		return result{why: NotRegular}
	case err != nil:
		return unreadable(err)
	}
	defer f.Close()
	before, err := stat(f)
	if err != nil {
		return unreadable(err)
	}
	if before.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return result{why: NotRegular}
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return unreadable(err)
	}
	after, err := stat(f)
	if err != nil {
		return unreadable(err)
	}
	if before.Ctim != after.Ctim || before.Size != after.Size {
		return result{why: Later}
	}
	return result{
		ino: after.Ino, ctime: time.Unix(after.Ctim.Unix()), mtime: time.Unix(after.Mtim.Unix()),
		digest: hex.EncodeToString(h.Sum(nil)),
	}
}

func stat(f *os.File) (st syscall.Stat_t, err error) {
	err = syscall.Fstat(int(f.Fd()), &st)
	return st, err
}

func unreadable(err error) result {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return result{why: fmt.Sprintf("%s: %v", Unreadable, err)}
}
