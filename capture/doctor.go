package capture

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"buildgraph/bpf"
)

// Capabilities are what a binary needs to capture without root, as setcap(8)
// spells them: to load programs, to attach them to tracepoints, and to read the
// processes' memory and the kernel's structures they point to.
const Capabilities = "cap_bpf,cap_perfmon"

// Check is one thing that a capture needs, or works better with.
type Check struct {
	What  string
	OK    bool
	Must  bool   // without it nothing can be captured
	Found string // what is there
	Mend  string // the command or step that mends it, "" when all is well
}

// Doctor looks at the kernel and the privileges and says what a capture could
// not do. mend is the command that gives this program the capabilities.
func Doctor(ring int, mend string) []Check {
	checks := []Check{kernelVersion(), kernelTypes(), privileges(mend)}
	points, err := bpf.Check(ring)
	if err != nil {
		return append(checks, Check{What: "tracepoints", Must: true, Found: err.Error()})
	}
	for _, p := range points {
		c := Check{What: "tracepoint " + p.Name, Must: true, OK: p.Err == nil, Found: p.For}
		if p.Err != nil {
			c.Found = p.Err.Error()
			if errors.Is(p.Err, bpf.ErrPrivileges) {
				c.Mend = mend
			}
		}
		checks = append(checks, c)
	}
	return append(checks, ringSize(ring, mend), names(ring), gnuMake())
}

func kernelVersion() Check {
	c := Check{What: "kernel", Must: true}
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		c.Found = err.Error()
		return c
	}
	release := unix.ByteSliceToString(u.Release[:])
	c.Found = "Linux " + release + " on " + unix.ByteSliceToString(u.Machine[:])
	parts := strings.FieldsFunc(release, func(r rune) bool { return r < '0' || r > '9' })
	if len(parts) < 2 {
		c.OK = true // the tracepoints below will tell
		return c
	}
	major, _ := strconv.Atoi(parts[0])
	minor, _ := strconv.Atoi(parts[1])
	c.OK = major > 5 || major == 5 && minor >= 17
	if !c.OK {
		c.Mend = "boot Linux 5.17 or newer"
	}
	return c
}

func kernelTypes() Check {
	c := Check{What: "kernel BTF", Must: true, OK: true, Found: "/sys/kernel/btf/vmlinux"}
	if err := bpf.HasBTF(); err != nil {
		c.OK, c.Found, c.Mend = false, "not there", "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y"
	}
	return c
}

// privileges reads our effective capabilities.
func privileges(mend string) Check {
	c := Check{What: "privileges", Must: true}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		c.Found = err.Error()
		return c
	}
	has := func(n uint) bool { return data[n/32].Effective&(1<<(n%32)) != 0 }
	var missing []string
	for name, n := range map[string]uint{"CAP_BPF": unix.CAP_BPF, "CAP_PERFMON": unix.CAP_PERFMON} {
		if !has(n) && !has(unix.CAP_SYS_ADMIN) {
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) == 0 && os.Geteuid() == 0:
		c.OK, c.Found = true, "root"
	case len(missing) == 0:
		c.OK, c.Found = true, "file capabilities"
	default:
		c.Found, c.Mend = "neither root nor capabilities", mend
	}
	return c
}

// ringSize tries to make a ring of the size.
func ringSize(size int, mend string) Check {
	c := Check{What: "event ring", Must: true, OK: true, Found: fmt.Sprintf("%d KiB", size>>10)}
	if err := bpf.CheckRing(size); err != nil {
		c.OK, c.Found, c.Mend = false, err.Error(), "choose a smaller one with --ring"
		if errors.Is(err, bpf.ErrPrivileges) {
			c.Mend = mend
		}
	}
	return c
}

func names(ring int) Check {
	c := Check{What: "names resolved in the kernel", Found: "yes"}
	ok, err := bpf.CheckNames(ring)
	c.OK = ok && err == nil
	if !c.OK {
		c.Found = "no: paths that were only looked up are resolved a moment later"
	}
	return c
}

// gnuMake looks for a make that can name its recipes.
func gnuMake() Check {
	c := Check{What: "make that names its recipes"}
	out, err := exec.Command("make", "--version").Output()
	first, _, _ := strings.Cut(string(out), "\n")
	if err != nil || !strings.HasPrefix(first, "GNU Make ") {
		c.Found = "no GNU make in PATH"
		c.Mend = "targets are named by what their recipes write"
		return c
	}
	c.Found = first
	c.OK = !strings.HasPrefix(first, "GNU Make 3.")
	if !c.OK {
		c.Mend = "GNU make 4.0 or newer"
	}
	return c
}
