package dryrun

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// kernel gives the new tree a /proc and a /dev of its own.
func (l *layout) kernel() error {
	if err := unix.Mount("proc", l.new+"/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	for _, settings := range []string{"/proc/sys", "/proc/sysrq-trigger"} { // root could write there
		if err := unix.Mount(l.new+settings, l.new+settings, "", unix.MS_BIND, ""); err == nil {
			if err := readOnly(l.new+settings, false); err != nil {
				return fmt.Errorf("making %s read-only: %w", settings, err)
			}
		}
	}
	return l.devices()
}

// devices makes a /dev with what harms nobody.
func (l *layout) devices() error {
	dev := l.new + "/dev"
	if err := unix.Mount("tmpfs", dev, "tmpfs", unix.MS_NOSUID, "mode=0755"); err != nil {
		return fmt.Errorf("mounting /dev: %w", err)
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		f, err := os.OpenFile(dev+"/"+name, os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			return err
		}
		f.Close()
		if err := unix.Mount("/dev/"+name, dev+"/"+name, "", unix.MS_BIND, ""); err != nil && name == "null" {
			return fmt.Errorf("mounting /dev/null: %w", err)
		}
	}
	for name, to := range map[string]string{"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"} {
		if err := os.Symlink(to, dev+"/"+name); err != nil {
			return err
		}
	}
	if err := mkdirs(dev, "shm", "pts"); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", dev+"/shm", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777"); err != nil {
		return fmt.Errorf("mounting /dev/shm: %w", err)
	}
	// Few builds need a terminal of their own.
	_ = unix.Mount("devpts", dev+"/pts", "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620")
	return nil
}

// mkdirs makes directories where there is nothing of the name.
func mkdirs(dir string, names ...string) error {
	for _, name := range names {
		if err := os.Mkdir(dir+"/"+name, 0o755); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// readOnly forbids to write through a mount, and where recursive through those
// below it.
func readOnly(target string, recursive bool) error {
	flags := uint(0)
	if recursive {
		flags = unix.AT_RECURSIVE
	}
	return unix.MountSetattr(unix.AT_FDCWD, target, flags, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
}

// enter makes the new tree the root and lets go of the old one.
func enter(dir string) error {
	if err := unix.Chdir(dir); err != nil {
		return err
	}
	// pivot_root(2): with both the same, the old root is mounted over the new one.
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("changing the root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("letting go of the old root: %w", err)
	}
	return unix.Chdir("/")
}
