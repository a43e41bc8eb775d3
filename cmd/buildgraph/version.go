package main

import "runtime/debug"

// release is the version of a release build, set with -ldflags "-X main.release=v1.2.3".
var release string

// version names this build: the release, else what the Go toolchain recorded.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
