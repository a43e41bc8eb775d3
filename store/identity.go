package store

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Identity is whose files a trace's are. The zero value is root's: use NoIdentity
// for the process's own.
type Identity struct {
	UID, GID int   // -1: the process's own
	Groups   []int // supplementary groups; nil: the process's own
}

// NoIdentity leaves the process's own identity.
var NoIdentity = Identity{UID: -1, GID: -1}

// OpenFile opens a file as id, as os.OpenFile does.
func (id Identity) OpenFile(name string, flag int, perm os.FileMode) (f *os.File, err error) {
	err = id.Do(func() (err error) {
		f, err = os.OpenFile(name, flag, perm)
		return err
	})
	return f, err
}

// Do calls f, in which files are found, made and changed with the rights of id, and what
// is made is id's. It gives f's error, or that of taking on the identity. f is to do
// what it does itself, not in goroutines that it starts.
func (id Identity) Do(f func() error) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err = id.assume(); err == nil {
			err = f()
		}
	}()
	<-done
	return err
}

// assume makes the calling goroutine act on files as id. It locks the goroutine
// to its thread for good, so that the thread ends with the goroutine and no
// other code runs under that identity: setfsuid(2), setfsgid(2) and, at the
// level of the system call, setgroups(2) concern one thread only.
func (id Identity) assume() error {
	runtime.LockOSThread()
	if id.Groups != nil {
		groups := make([]uint32, len(id.Groups)+1) // never empty, for the address
		for i, g := range id.Groups {
			groups[i] = uint32(g)
		}
		_, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(id.Groups)), uintptr(unsafe.Pointer(&groups[0])), 0)
		if errno != 0 {
			return fmt.Errorf("taking on the groups of uid %d: %w", id.UID, errno)
		}
	}
	// The group first: afterwards the right to change it is gone.
	if id.GID >= 0 && id.GID != os.Getegid() {
		_, _ = unix.SetfsgidRetGid(id.GID)
		if now, _ := unix.SetfsgidRetGid(-1); now != id.GID {
			return fmt.Errorf("making files as gid %d: %w", id.GID, unix.EPERM)
		}
	}
	if id.UID >= 0 && id.UID != os.Geteuid() {
		_, _ = unix.SetfsuidRetUid(id.UID)
		if now, _ := unix.SetfsuidRetUid(-1); now != id.UID {
			return fmt.Errorf("making files as uid %d: %w", id.UID, unix.EPERM)
		}
	}
	return nil
}
