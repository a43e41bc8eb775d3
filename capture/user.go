package capture

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Identity is who the build runs as.
type Identity struct {
	UID, GID   int
	Groups     []uint32
	Name, Home string
	change     bool // differs from who we are
}

// IdentityFor chooses who runs the build: name when given; else, under sudo,
// the user who called it; else whoever we are. It fails when name is unknown or
// we may not become it.
func IdentityFor(name string, getenv func(string) string) (Identity, error) {
	self := Identity{UID: os.Getuid(), GID: os.Getgid()}
	if name == "" {
		if os.Geteuid() != 0 || getenv("SUDO_UID") == "" || getenv("SUDO_UID") == "0" {
			return self, nil
		}
		return sudoCaller(getenv)
	}
	u, err := user.Lookup(name)
	if err != nil {
		if byID, idErr := user.LookupId(name); idErr == nil {
			u = byID
		} else {
			return self, fmt.Errorf("running the build as %q: no such user", name)
		}
	}
	id, err := identity(u)
	if err != nil {
		return self, err
	}
	if id.UID == self.UID && os.Geteuid() == self.UID {
		return self, nil
	}
	if os.Geteuid() != 0 {
		return self, fmt.Errorf("running the build as %q: only root can; leave --user out", name)
	}
	return id, nil
}

// sudoCaller is the user whom sudo says called it. Not every such user is in
// the password file.
func sudoCaller(getenv func(string) string) (Identity, error) {
	uid, err := strconv.Atoi(getenv("SUDO_UID"))
	gid, err2 := strconv.Atoi(getenv("SUDO_GID"))
	if err = errors.Join(err, err2); err != nil {
		return Identity{}, fmt.Errorf("finding out who called sudo, by SUDO_UID and SUDO_GID: %w: set both or neither", err)
	}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		id, err := identity(u)
		id.GID = gid
		return id, err
	}
	return Identity{UID: uid, GID: gid, Groups: []uint32{uint32(gid)}, Name: getenv("SUDO_USER"), Home: "/", change: true}, nil
}

func identity(u *user.User) (Identity, error) {
	id := Identity{Name: u.Username, Home: u.HomeDir, change: true}
	var err, err2 error
	id.UID, err = strconv.Atoi(u.Uid)
	id.GID, err2 = strconv.Atoi(u.Gid)
	ids, err3 := u.GroupIds()
	for _, s := range ids {
		if g, err := strconv.ParseUint(s, 10, 32); err == nil {
			id.Groups = append(id.Groups, uint32(g))
		}
	}
	if err := errors.Join(err, err2, err3); err != nil {
		return id, fmt.Errorf("looking up user %q: %w", u.Username, err)
	}
	return id, nil
}

// Changes reports whether the build runs as somebody else than we do.
func (id Identity) Changes() bool { return id.change }

// GroupIDs lists the supplementary groups.
func (id Identity) GroupIDs() []int {
	ids := make([]int, len(id.Groups))
	for i, g := range id.Groups {
		ids[i] = int(g)
	}
	return ids
}

func (id Identity) credential() *syscall.Credential {
	if !id.change {
		return nil
	}
	return &syscall.Credential{Uid: uint32(id.UID), Gid: uint32(id.GID), Groups: id.Groups}
}

// environ gives the build's environment: ours, with what names the user set
// to whom it runs as.
func (id Identity) environ(env []string) []string {
	if !id.change {
		return env
	}
	env = set(env, "HOME", id.Home)
	if id.Name != "" {
		env = set(env, "USER", id.Name)
		env = set(env, "LOGNAME", id.Name)
	}
	return env
}

// set replaces or adds a variable.
func set(env []string, name, value string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(s string) bool { return strings.HasPrefix(s, name+"=") })
	return append(env, name+"="+value)
}
