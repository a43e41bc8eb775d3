// Package truth holds what check says of real packages to brute force: for every
// target and every project file that strace saw a recipe of that target read,
// make itself is asked whether it would remake the target if that file were new
// (make -n -W FILE TARGET). What make would not remake is what the makefile
// forgot; `check --prove` has to find all of it and nothing else.
//
// Nothing of buildgraph has a part in the truth: strace sees the build, a variable
// that make expands for each recipe names the target, make decides. Rules says
// which pairs are not compared, and why. There are tests only.
package truth
