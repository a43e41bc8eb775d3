package oracle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Count is how often a system call was made, and how often it failed.
type Count struct{ Calls, Errors int64 }

// compatSuffix marks the names of calls of 32-bit code.
const compatSuffix = "/32"

// ParseCounts reads the tables that strace -c writes: a count for each system call, by
// name. Calls of 32-bit code, which have a table of their own, have "/32" behind their
// names. The tables must be whole: each adds up to its total.
func ParseCounts(r io.Reader) (map[string]Count, error) {
	counts := map[string]Count{}
	suffix, sum, totals := "", Count{}, 0
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		// % time, seconds, usecs/call, calls, errors (empty for none), syscall
		f := strings.Fields(line)
		switch {
		case strings.Contains(line, "usage summary for 32 bit mode"):
			suffix = compatSuffix
		case len(f) < 5 || f[0] == "%" || strings.HasPrefix(f[0], "---") || strings.HasPrefix(line, "System call"):
		case len(f) > 6:
			return nil, fmt.Errorf("strace's counts: %q is no row", line)
		default:
			name := f[len(f)-1]
			n, err := count(f[3 : len(f)-1])
			if err != nil {
				return nil, fmt.Errorf("strace's counts: %q: %w", line, err)
			}
			if name == "total" {
				if n != sum {
					return nil, fmt.Errorf("strace's counts: the total is %v, the rows add up to %v", n, sum)
				}
				sum = Count{}
				totals++
				continue
			}
			sum.Calls += n.Calls
			sum.Errors += n.Errors
			counts[name+suffix] = n
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading strace's counts: %w", err)
	}
	if totals == 0 || sum != (Count{}) {
		return nil, errors.New("strace's counts: a table without its total")
	}
	return counts, nil
}

// count reads the columns of calls and errors.
func count(cells []string) (n Count, err error) {
	if n.Calls, err = strconv.ParseInt(cells[0], 10, 64); err != nil || len(cells) == 1 {
		return n, err
	}
	n.Errors, err = strconv.ParseInt(cells[1], 10, 64)
	return n, err
}
