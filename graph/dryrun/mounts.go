package dryrun

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mount is one line of /proc/self/mountinfo (proc(5)).
type mount struct {
	id       int
	point    string
	fs       string
	readOnly bool
}

// readMounts lists the mounts that can be seen: not those that a later one on the
// same directory or above hides.
func readMounts(mountinfo string) ([]mount, error) {
	f, err := os.Open(mountinfo)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []mount
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m, ok := parseMount(lines.Text()); ok && seen(m) {
			all = append(all, m)
		}
	}
	// A mount comes after the one that it is mounted on.
	slices.SortStableFunc(all, func(a, b mount) int { return strings.Compare(a.point, b.point) })
	return all, lines.Err()
}

// parseMount reads a line such as
//
//	36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
func parseMount(line string) (mount, bool) {
	before, after, ok := strings.Cut(line, " - ")
	fields, rest := strings.Fields(before), strings.Fields(after)
	if !ok || len(fields) < 6 || len(rest) < 1 {
		return mount{}, false
	}
	id, err := strconv.Atoi(fields[0])
	m := mount{id: id, point: unescape(fields[4]), fs: rest[0]}
	readOnly := func(options string) bool { return slices.Contains(strings.Split(options, ","), "ro") }
	m.readOnly = readOnly(fields[5]) || len(rest) > 2 && readOnly(rest[2])
	return m, err == nil
}

// unescape undoes mountinfo's octal escapes of blank, tab, newline and backslash.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// seen reports whether a mount is what its mount point leads to.
func seen(m mount) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, m.point, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT, unix.STATX_MNT_ID, &st)
	return err == nil && (st.Mask&unix.STATX_MNT_ID == 0 || st.Mnt_id == uint64(m.id))
}

// writableDirs are the directories that get an overlay in a user namespace; all
// else is read-only there. Nothing can be written below a directory of another
// user's in such an overlay: copying that directory up means to give the copy to
// its owner (or group), whom the namespace does not know. So each directory on the
// way to where the command works is the top of an overlay, if nothing is mounted
// below it: the kernel lets nobody but its owner look under a mount.
func writableDirs(c Command, userNS bool) []string {
	if !userNS {
		return nil
	}
	mounts, err := readMounts("/proc/self/mountinfo")
	if err != nil {
		return nil // the inside will say so
	}
	dirs := []string{"/tmp", "/var/tmp"}
	wanted := append([]string{c.Dir}, c.Touch...)
	for _, v := range c.Env {
		if home, ok := strings.CutPrefix(v, "HOME="); ok && filepath.IsAbs(home) {
			wanted = append(wanted, home)
		}
	}
	for _, w := range wanted {
		dirs = append(dirs, writableAbove(w)...)
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	return slices.DeleteFunc(dirs, func(d string) bool {
		st, err := os.Lstat(d)
		return err != nil || !st.IsDir() || mountBelow(d, mounts)
	})
}

// writableAbove are the directories on the way to a file that we may write to.
func writableAbove(file string) []string {
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return nil
	}
	var dirs []string
	for dir := real; dir != "/"; dir = filepath.Dir(dir) {
		if unix.Access(dir, unix.W_OK) == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func mountBelow(dir string, mounts []mount) bool {
	return slices.ContainsFunc(mounts, func(m mount) bool { return strings.HasPrefix(m.point, dir+"/") })
}

// stage is where the new tree is put together: a directory that every system has
// and whose own content is opened before.
const stage = "/sys"

// kernelFS are the file systems that hold no files of anyone's. What the sandbox
// has of them it gets anew, below /proc, /dev and /sys.
var kernelFS = []string{
	"proc", "sysfs", "devtmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs",
	"bpf", "pstore", "configfs", "fusectl", "efivarfs", "binfmt_misc", "hugetlbfs", "autofs", "rpc_pipefs", "nsfs",
}

// layOut makes the file system of the sandbox and moves into it.
func layOut(q request) error {
	mounts, err := readMounts("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making the mounts private: %w", err)
	}
	if q.UserNS {
		mounts = nil
		for _, dir := range q.Writable {
			mounts = append(mounts, mount{point: dir})
		}
	}
	l := &layout{userNS: q.UserNS, new: stage + "/new"}
	// Everything is opened before the stage hides anything.
	for _, m := range mounts {
		if l.wanted(m) {
			l.open(m)
		}
	}
	defer l.close()
	base := "/sys"
	if q.UserNS {
		base = "/"
	}
	tree, err := unix.OpenTree(unix.AT_FDCWD, base, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return fmt.Errorf("copying the mounts of %s: %w", base, err)
	}
	defer unix.Close(tree)
	// Mode 0755 so that other users get through.
	if err := unix.Mount("tmpfs", stage, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755"); err != nil {
		return fmt.Errorf("mounting a tmpfs: %w", err)
	}
	if err := os.Mkdir(l.new, 0o755); err != nil {
		return err
	}
	if q.UserNS {
		if err := moveReadOnly(tree, l.new); err != nil {
			return err
		}
	}
	for i := range l.sources {
		if err := l.put(&l.sources[i], i); err != nil {
			return err
		}
	}
	if !q.UserNS {
		if err := mkdirs(l.new, "proc", "dev", "sys"); err != nil {
			return err
		}
		if err := moveReadOnly(tree, l.new+"/sys"); err != nil {
			return err
		}
	}
	if err := l.kernel(); err != nil {
		return err
	}
	return enter(l.new)
}

// moveReadOnly puts a copied tree of mounts at a directory, all read-only
// (mount_setattr(2), Linux 5.12).
func moveReadOnly(tree int, target string) error {
	if err := unix.MoveMount(tree, "", unix.AT_FDCWD, target, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mounting %s: %w", target, err)
	}
	if err := readOnly(target, true); err != nil {
		return fmt.Errorf("making %s read-only: %w", target, err)
	}
	return nil
}

// layout is the tree being put together.
type layout struct {
	userNS  bool
	new     string // where it is
	sources []source
}

// source is a mount of the old tree, held open.
type source struct {
	mount
	f   *os.File
	dir bool
}

func (l *layout) wanted(m mount) bool {
	if slices.Contains(kernelFS, m.fs) {
		return false
	}
	for _, top := range []string{"/proc", "/sys", "/dev"} {
		if m.point == top || strings.HasPrefix(m.point, top+"/") {
			return false
		}
	}
	return true
}

// open keeps what is mounted at a point; what we may not even look at, the build
// could not either.
func (l *layout) open(m mount) {
	f, err := os.OpenFile(m.point, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return
	}
	l.sources = append(l.sources, source{m, f, st.IsDir()})
}

func (l *layout) close() {
	for _, s := range l.sources {
		s.f.Close()
	}
}

// put gives the new tree a file system of the old one: under an overlay where it
// is writable, as it is where it is not. One that overlayfs cannot stack on, and
// a mounted file, become read-only.
func (l *layout) put(s *source, n int) error {
	target := filepath.Join(l.new, s.point)
	if s.dir && !s.readOnly {
		err := l.overlay(s, target, n)
		switch {
		case err == nil, s.point == "/":
			return err
		case l.userNS:
			return nil // it is there already, read-only
		}
	}
	from := fmt.Sprintf("/proc/self/fd/%d", s.f.Fd())
	if err := unix.Mount(from, target, "", unix.MS_BIND, ""); err != nil {
		if s.point == "/" {
			return fmt.Errorf("mounting %s: %w", s.point, err)
		}
		return nil // what is below the mount shows instead, or nothing
	}
	if err := readOnly(target, false); err != nil {
		return fmt.Errorf("making %s read-only: %w", s.point, err)
	}
	return nil
}

// overlay stacks memory on a directory. The lower one is named by its descriptor:
// paths would have to be escaped, and may be hidden by now.
func (l *layout) overlay(s *source, target string, n int) error {
	upper, work := fmt.Sprintf("%s/upper%d", stage, n), fmt.Sprintf("%s/work%d", stage, n)
	var st unix.Stat_t
	if err := unix.Fstat(int(s.f.Fd()), &st); err != nil {
		return err
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		return err
	}
	// The top of an overlay has the owner and mode of its upper directory.
	if err := os.Mkdir(upper, 0o755); err != nil {
		return err
	}
	_ = os.Lchown(upper, int(st.Uid), int(st.Gid)) // in a user namespace it stays ours
	if err := unix.Chmod(upper, st.Mode&0o7777); err != nil {
		return err
	}
	times := []unix.Timespec{st.Atim, st.Mtim}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, upper, times, 0); err != nil {
		return err
	}
	options := fmt.Sprintf("lowerdir=/proc/self/fd/%d,upperdir=%s,workdir=%s", s.f.Fd(), upper, work)
	extra := ",metacopy=on" // a new time alone does not copy the content
	if l.userNS {
		extra = ",userxattr"
	}
	err := unix.Mount("overlay", target, "overlay", unix.MS_NODEV, options+extra)
	if err != nil && !l.userNS {
		err = unix.Mount("overlay", target, "overlay", unix.MS_NODEV, options)
	}
	if err != nil {
		return fmt.Errorf("mounting an overlay on %s: %w", s.point, err)
	}
	return nil
}
