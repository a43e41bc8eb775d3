package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"buildgraph/capture"
	"buildgraph/report"
	"buildgraph/store"
)

// fileOwner is whose the files are that a verb writes. Under sudo that is the user who
// called it: the files are made with that user's rights, so that none is left that is
// root's, and no link of that user leads root to where the user may not write.
type fileOwner struct {
	store.Identity
	caller string // who called sudo; "" where nobody did
}

// newFileOwner finds out whose files are written; every verb but capture, which may
// run the build as somebody else, asks it.
func newFileOwner() (fileOwner, error) {
	id, err := capture.IdentityFor("", os.Getenv)
	if err != nil {
		return fileOwner{}, err
	}
	return ownerOf(id), nil
}

// ownerOf is the owner of the files of a build that runs as id.
func ownerOf(id capture.Identity) fileOwner {
	if !id.Changes() {
		return fileOwner{Identity: store.NoIdentity}
	}
	name := id.Name
	if name == "" {
		name = "uid " + strconv.Itoa(id.UID)
	}
	return fileOwner{store.Identity{UID: id.UID, GID: id.GID, Groups: id.GroupIDs()}, name}
}

// do calls f with the owner's rights, as [store.Identity.Do] does.
func (o fileOwner) do(f func() error) error {
	err := o.Do(f)
	if o.caller == "" || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	why := fmt.Errorf("%w for %s, who called sudo: name a place where %s may write", cause(err), report.Name(o.caller), report.Name(o.caller))
	var at *fs.PathError
	if errors.As(err, &at) {
		return &fs.PathError{Op: at.Op, Path: at.Path, Err: why}
	}
	return why
}

// mayWriteIn says what is wrong with a directory in which files are to be made.
func (o fileOwner) mayWriteIn(dir string) error {
	err := o.do(func() error {
		st, err := os.Stat(dir)
		switch {
		case err != nil:
			return err
		case !st.IsDir():
			return errors.New("not a directory; each trace is a file in it")
		}
		// By the rights that this thread has taken on, which AT_EACCESS means.
		return unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
	})
	switch err = cause(err); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: name a directory that is there", err)
	case errors.Is(err, fs.ErrPermission) && o.caller == "", errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w: name a directory where traces can be made", err)
	}
	return err
}
