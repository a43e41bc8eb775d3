package report

import (
	"fmt"
	"strconv"
)

// number shows a count with its thousands apart: 12,345.
func number[T ~int | ~int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// size shows bytes in the unit that leaves one to four digits: "812 B", "1.2 MiB".
func size(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n)/1024, "KiB"
	for _, u := range []string{"MiB", "GiB", "TiB"} {
		if v < 1000 {
			break
		}
		v, unit = v/1024, u
	}
	if v < 10 {
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.0f %s", v, unit)
}

// percent shows a share of a whole, "" of nothing.
func percent(part, whole int64) string {
	if whole <= 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(whole))
}

// took shows how long a build took; of one that was not seen to end, at least.
func took(ns int64, unended bool) string {
	if unended {
		return "at least " + seconds(ns)
	}
	return seconds(ns)
}

// share is a part of a whole with its percentage, where that means anything.
func share(part, whole int64) string {
	s := seconds(part) + " of " + seconds(whole)
	if p := percent(part, whole); p != "" {
		s += " (" + p + ")"
	}
	return s
}

// plural says "1 process" or "3 processes".
func plural[T ~int | ~int64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}
