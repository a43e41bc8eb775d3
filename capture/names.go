package capture

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"buildgraph/bpf"
	"buildgraph/store"
)

// name is what a path event stands for, as the trace keeps it.
type name struct {
	path string
	kind store.FileKind
	late bool // resolved now, not at the moment of the call
}

// nameOf reads a path event. What the kernel side resolved is taken as it is;
// the part that it left is cleaned, and looked up in the tree as it is now.
func nameOf(h *bpf.PathHead, raw []byte) name {
	n := name{path: string(raw), kind: kindOf(h.Mode)}
	switch {
	case h.H.Flags&bpf.PathDetached != 0 && h.H.Flags&(bpf.PathAbsent|bpf.PathUnresolved) == 0:
		return detached(h, n)
	case h.H.Flags&bpf.PathAbsent != 0:
		n.path = path.Clean(n.path)
		n.kind = store.KindAbsent
	case h.H.Flags&bpf.PathUnresolved != 0:
		n.kind = store.KindUnknown
		if strings.HasPrefix(n.path, "/proc/") {
			// Of the process that asked, which may be gone; never ours.
			n.path = path.Clean(n.path)
			return n
		}
		n.late = true
		n.path = follow(n.path[:h.Rest], n.path[h.Rest:], h.Nofollow == 0)
	}
	return n
}

// detached names what lives in no mount namespace.
func detached(h *bpf.PathHead, n name) name {
	switch {
	case h.Mode&unix.S_IFMT == unix.S_IFIFO:
		n.kind = store.KindPipe
		n.path = "pipe:[" + strconv.FormatUint(h.Ino, 10) + "]"
	case h.Mode&unix.S_IFMT == unix.S_IFSOCK:
		n.kind = store.KindSocket
		n.path = "socket:[" + strconv.FormatUint(h.Ino, 10) + "]"
	default:
		n.kind = store.KindAnon
		n.path = fmt.Sprintf("anon:%s[%d]", strings.TrimPrefix(n.path, "/"), h.Ino)
	}
	return n
}

// follow resolves rest below the canonical directory dir in the tree as it is
// now, as far as it exists; what does not exist is joined as it stands.
func follow(dir, rest string, last bool) string {
	at := path.Clean(dir)
	todo := strings.Split(rest, "/")
	for links := 0; len(todo) > 0; {
		c := todo[0]
		todo = todo[1:]
		switch c {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, c)
		if len(todo) > 0 || last {
			if target, err := os.Readlink(next); err == nil && links < 40 {
				links++
				if strings.HasPrefix(target, "/") {
					at = "/"
				}
				todo = append(strings.Split(target, "/"), todo...)
				continue
			}
		}
		at = next
	}
	return at
}

// kindOf maps an i_mode.
func kindOf(mode uint16) store.FileKind {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return store.KindRegular
	case unix.S_IFDIR:
		return store.KindDirectory
	case unix.S_IFLNK:
		return store.KindSymlink
	case unix.S_IFIFO:
		return store.KindFIFO
	case unix.S_IFSOCK:
		return store.KindSocket
	case unix.S_IFCHR:
		return store.KindCharDevice
	case unix.S_IFBLK:
		return store.KindBlockDevice
	}
	return store.KindUnknown
}

// peer spells the address that a connect(2) was given.
func peer(sockaddr []byte) string {
	if len(sockaddr) < 2 {
		return "unknown address"
	}
	family := uint16(sockaddr[0]) | uint16(sockaddr[1])<<8
	body := sockaddr[2:]
	switch {
	case family == unix.AF_UNIX && len(body) > 0 && body[0] == 0:
		return "unix:@" + string(bytes.TrimRight(body[1:], "\x00"))
	case family == unix.AF_UNIX:
		name, _, _ := bytes.Cut(body, []byte{0})
		return "unix:" + string(name)
	case family == unix.AF_INET && len(body) >= 6:
		return fmt.Sprintf("%d.%d.%d.%d:%d", body[2], body[3], body[4], body[5], int(body[0])<<8|int(body[1]))
	case family == unix.AF_INET6 && len(body) >= 2:
		return fmt.Sprintf("ipv6 port %d", int(body[0])<<8|int(body[1]))
	}
	return fmt.Sprintf("address family %d", family)
}
