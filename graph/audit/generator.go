package audit

import "regexp"

// bookkeeping are the files that CMake's makefiles keep for themselves below
// CMakeFiles: progress, scripts that clean, time stamps of dependency scans. CMake
// makes them before make runs or while it does, and counts on nobody changing them.
var bookkeeping = regexp.MustCompile(`/CMakeFiles/(.*/)?(progress\.marks|[^/]*\.d|Progress/[^/]*|[^/]*\.cmake|(compiler_)?depend\.(ts|make|internal)|CMakeDirectoryInformation\.cmake|TargetDirectories\.txt)$`)

// ownedByGenerator reports whether a file is none that the project knows of.
func ownedByGenerator(p string) bool { return bookkeeping.MatchString(p) }
