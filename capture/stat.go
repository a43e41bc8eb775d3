package capture

import (
	"os"
	"strconv"
	"strings"
)

// A taskStat is what is told of a process in one line, proc_pid_stat(5).
type taskStat struct {
	comm  string
	state byte
	flags uint64 // PF_* of the kernel's include/linux/sched.h
	start int64  // ns of CLOCK_BOOTTIME, in steps of 10 ms
}

// kernelThread is PF_KTHREAD.
const kernelThread = 0x00200000

// parseStat reads such a line. The name is in parentheses and may hold any itself.
func parseStat(line string) (s taskStat, ok bool) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return s, false
	}
	fields := strings.Fields(line[end+1:])
	if len(fields) < 20 { // state is field 3, flags 9, starttime 22
		return s, false
	}
	flags, err := strconv.ParseUint(fields[6], 10, 64)
	ticks, err2 := strconv.ParseInt(fields[19], 10, 64)
	return taskStat{line[open+1 : end], fields[0][0], flags, ticks * tickNS}, err == nil && err2 == nil
}

// ended says whether there is nothing left of the process but its status.
func (s taskStat) ended() bool { return s.state == 'Z' || s.state == 'X' }

// Running says whether the process with that PID which began at that time, ns of
// CLOCK_BOOTTIME, is still there and has not ended.
func Running(pid int, began int64) bool {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	s, ok := parseStat(string(line))
	return ok && !s.ended() && max(s.start-began, began-s.start) < 50e6
}

// Attachable gives the name of a process, where it is of those that [FindTarget] can
// find: no thread of the kernel's, none that has ended, and not this process. It does not
// say whether the caller may look at it.
func Attachable(pid int) (comm string, ok bool) {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil || pid == os.Getpid() {
		return "", false
	}
	s, ok := parseStat(string(line))
	return s.comm, ok && !s.ended() && s.flags&kernelThread == 0
}
