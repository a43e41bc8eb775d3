package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

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
