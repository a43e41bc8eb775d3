// Package oracle says what a build did without the help of eBPF, so that a
// capture can be compared with a second opinion.
//
// [Parse] reads the output of strace(1) run as [Strace] runs it, follows every
// process, thread and working directory in it, and reduces the system calls to
// a [Set]: for each program, which file it read, wrote, made, removed, executed
// or looked for in vain. [FromTrace] reduces a trace file to the same type.
// [Compare] tells the difference of two sets; there is none when the capture
// saw all that strace saw and nothing else.
//
// The two runs have different PIDs and different temporary names. A program is
// therefore named by what it is (see [Program]), and names that a run makes up
// are rewritten by the rules of one table, [Rules], which also holds every
// exclusion with its reason. There are no others.
package oracle
