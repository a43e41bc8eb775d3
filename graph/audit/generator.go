package audit

import "regexp"

// bookkeeping are the files that CMake's makefiles keep for themselves below
// CMakeFiles: progress, scripts that clean, time stamps of dependency scans. CMake
// makes them before make runs or while it does, and counts on nobody changing them.
var bookkeeping = regexp.MustCompile(`/CMakeFiles/(.*/)?(progress\.marks|[^/]*\.d|Progress/[^/]*|[^/]*\.cmake|(compiler_)?depend\.(ts|make|internal)|CMakeDirectoryInformation\.cmake|TargetDirectories\.txt)$`)

// ownedByGenerator reports whether a file is none that the project knows of.
func ownedByGenerator(p string) bool { return bookkeeping.MatchString(p) }

// scan is the target of CMake's makefiles that turns the depfiles of the last build
// into makefiles before anything of a target is made. What it finds there it takes,
// and what it does not it does without.
var scan = regexp.MustCompile(`(^|/)CMakeFiles/([^/]+\.dir)/depend$`)

// generatorsOwn reports whether a recipe is the generator's bookkeeping.
func generatorsOwn(u *unit) bool { return scan.MatchString(u.name) }
