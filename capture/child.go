package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Tag is the environment variable in which make tells each recipe command the
// target it works for. Makefiles search MAKEFLAGS, where the name shows up, for
// letters like n, s, k, i, q and t: it has none of them.
const Tag = "BG_T"

// tagging is what makes GNU make 4.0 or later set Tag (GNU make manual,
// "Summary of Options" for --eval and GNUMAKEFLAGS). There is no "export" in it,
// whose t makefiles would find: what was in make's environment is exported again
// with the value that make has for it ("Variables/Recursion"), so Tag has to be
// there from the start. The second dollar keeps $@ for the recipe's own expansion.
const tagging = "--eval=" + Tag + "=$$@"

// CommandError is a command that could not be started. Code is the exit status
// that a shell gives for the reason (POSIX, "Exit Status for Commands").
type CommandError struct {
	Name string
	Code int
	Err  error
}

func (e *CommandError) Error() string {
	switch {
	case e.Code == 127 && strings.Contains(e.Name, "/"):
		return e.Name + ": No such file or directory"
	case e.Code == 127:
		return e.Name + ": command not found"
	case errors.Is(e.Err, fs.ErrPermission):
		return e.Name + ": Permission denied"
	case errors.Is(e.Err, syscall.EISDIR):
		return e.Name + ": Is a directory"
	}
	return e.Name + ": " + e.Err.Error()
}

func (e *CommandError) Unwrap() error { return e.Err }

// findCommand looks name up as a shell does.
func findCommand(name string) (string, error) {
	p, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrDot) {
		err = nil // PATH says so
	}
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) && !strings.Contains(name, "/") && inPath(name) {
			err = fs.ErrPermission
		}
		code := 127
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EISDIR) {
			code = 126
		}
		return "", &CommandError{Name: name, Code: code, Err: err}
	}
	if !strings.Contains(p, "/") {
		p = "." + string(filepath.Separator) + p
	}
	return p, nil
}

// inPath says whether PATH has a file of the name that cannot be executed.
func inPath(name string) bool {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if st, err := os.Stat(filepath.Join(dir, name)); err == nil && st.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// start runs the command with our standard streams, in our process group and
// session, with every other descriptor that we were given. Before each try arm
// is called: what is then started is the root of the build.
func start(arm func() error, path string, args, env []string, id Identity) (int, error) {
	attr := &syscall.ProcAttr{
		Env:   env,
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Credential: id.credential()},
	}
	if err := arm(); err != nil {
		return 0, fmt.Errorf("arming the BPF programs: %w", err)
	}
	pid, err := syscall.ForkExec(path, args, attr)
	if errors.Is(err, syscall.ENOEXEC) {
		if err := arm(); err != nil {
			return 0, fmt.Errorf("arming the BPF programs: %w", err)
		}
		// execvp(3): a file without a #! line is a shell script
		return syscall.ForkExec("/bin/sh", append([]string{"sh", path}, args[1:]...), attr)
	}
	return pid, err
}

// wait reaps the process and gives its status as a shell would. over is called
// when the process has ended and before its PID can be given to another.
func wait(pid int, over func()) (int, error) {
	var info unix.Siginfo
	for errors.Is(unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
	over()
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(pid, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return 0, fmt.Errorf("waiting for the command: %w", err)
		case status.Signaled():
			return 128 + int(status.Signal()), nil
		case status.Exited():
			return status.ExitStatus(), nil
		}
	}
}

// tagged adds what makes make name its recipes to the environment.
func tagged(env []string) []string {
	flags := tagging
	for _, v := range env {
		if old, ok := strings.CutPrefix(v, "GNUMAKEFLAGS="); ok && old != "" {
			flags = old + " " + tagging
		}
	}
	return set(set(env, "GNUMAKEFLAGS", flags), Tag, "")
}
