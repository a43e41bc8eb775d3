package dryrun

import (
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The inside begins before main: whatever program imports this package, its
// tests too, is one that can be re-executed. Nothing else calls itself so.
func init() {
	if len(os.Args) == 1 && os.Args[0] == marker {
		inside()
	}
}

// Descriptors that the outside hands in.
const (
	requestFD = 3
	reportFD  = 4
)

// inside is PID 1 of the sandbox. It does not return.
func inside() {
	runtime.LockOSThread() // capabilities are a thread's
	in, out := os.NewFile(requestFD, "request"), os.NewFile(reportFD, "report")
	unix.CloseOnExec(requestFD)
	unix.CloseOnExec(reportFD)
	var q request
	if err := gob.NewDecoder(in).Decode(&q); err != nil {
		os.Exit(1)
	}
	// The outside writes no more: this read ends when it does, however it ends,
	// and all in the namespace dies with its PID 1.
	go func() {
		var b [1]byte
		_, _ = in.Read(b[:])
		os.Exit(1)
	}()
	a := serve(q)
	_ = gob.NewEncoder(out).Encode(a) // where it cannot be read, nobody is left to tell
	os.Exit(0)
}

func serve(q request) report {
	var a report
	if err := layOut(q); err != nil {
		a.Setup = err.Error()
		return a
	}
	for _, f := range q.Command.Touch {
		if err := touch(f); err != nil {
			a.Start = fmt.Sprintf("making %s newer: %v", f, err)
			return a
		}
		a.Touched++
	}
	if err := dropPrivileges(q); err != nil {
		a.Setup = fmt.Sprintf("dropping privileges: %v", err)
		return a
	}
	for _, args := range q.Command.Before {
		if _, err := runCommand(q, args, false); err != nil {
			a.Start = err.Error()
			return a
		}
	}
	status, err := runCommand(q, q.Command.Args, true)
	if err != nil {
		a.Start = err.Error()
	}
	a.Status = status
	return a
}

// touch makes a file the newest there is. The coarse clock that dates files can
// lag behind by a tick of 10 ms, and a build may have ended only just now.
func touch(file string) error {
	now := time.Now().Add(time.Second)
	return os.Chtimes(file, now, now)
}

// keptCaps are what the build's own root may need; without the rest it cannot
// mount, load modules, set the clock or reach devices.
var keptCaps = []uintptr{
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH, unix.CAP_FOWNER, unix.CAP_FSETID,
	unix.CAP_KILL, unix.CAP_SETGID, unix.CAP_SETUID, unix.CAP_SETFCAP, unix.CAP_SYS_CHROOT,
}

// dropPrivileges makes sure that what this thread starts gets no capability that
// reaches out of the sandbox, not by a set-user-ID program either.
func dropPrivileges(q request) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	kept := map[uintptr]bool{}
	for _, c := range keptCaps {
		kept[c] = true
	}
	for c := uintptr(0); c <= 63; c++ {
		if kept[c] {
			continue
		}
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) { // beyond the last one of this kernel
			break
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// runCommand runs the command with some arguments, reaps what it leaves behind and
// gives its status as a shell would. What still runs at the end dies with us.
func runCommand(q request, args []string, heard bool) (int, error) {
	c := q.Command
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	files := []uintptr{null.Fd(), 1, 2}
	if !heard {
		files[1], files[2] = null.Fd(), null.Fd()
	}
	attr := &syscall.SysProcAttr{}
	if !q.UserNS && c.UID >= 0 && (c.UID != os.Geteuid() || c.GID >= 0 && c.GID != os.Getegid()) {
		credential := &syscall.Credential{Uid: uint32(c.UID), Gid: uint32(max(c.GID, 0))}
		for _, g := range c.Groups {
			credential.Groups = append(credential.Groups, uint32(g))
		}
		attr.Credential = credential
	}
	pid, err := syscall.ForkExec(c.Path, args, &syscall.ProcAttr{Dir: c.Dir, Env: c.Env, Files: files, Sys: attr})
	if err != nil {
		return 0, &exec.Error{Name: c.Path, Err: err}
	}
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, fmt.Errorf("waiting for %s: %w", c.Path, err)
		case got != pid: // an orphan
		case status.Signaled():
			return 128 + int(status.Signal()), nil
		case status.Exited():
			return status.ExitStatus(), nil
		}
	}
}
