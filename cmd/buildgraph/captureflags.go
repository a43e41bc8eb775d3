package main

import (
	"errors"
	"math/bits"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// captureOptions are the flags of capture.
type captureOptions struct {
	output string
	user   string
	noTag  bool
	wait   bool
	strict bool
	quiet  bool
	ring   string
	live   liveFlags

	noDeclared bool
	counting   countingOptions
}

func (o *captureOptions) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.SetInterspersed(false) // COMMAND's own flags need no "--"
	flags.StringVarP(&o.output, "output", "o", "buildgraph.db", "write the trace to `FILE`")
	flags.StringVar(&o.user, "user", "", "run COMMAND as `NAME` (root only; default under sudo: who called it)")
	flags.BoolVar(&o.noTag, "no-tag", false, "set no variable for make")
	flags.BoolVar(&o.noDeclared, "no-declared", false, "do not ask make and ninja for their rules afterwards")
	flags.BoolVar(&o.wait, "wait", false, "also wait for processes that outlive COMMAND")
	flags.BoolVar(&o.strict, "strict", false, "exit with 3 when events were lost")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no summary on stderr")
	flags.StringVar(&o.ring, "ring", "16M", "`SIZE` of the event ring in memory, a power of two (64K to 1G)")
	o.live.register(flags)
	o.counting.register(flags)
}

// parseSize reads a ring size such as 64K or 16M.
func parseSize(s string) (int, error) {
	digits := strings.TrimRight(strings.ToUpper(s), "KMGIB")
	unit := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(s[len(digits):]), "B"), "I")
	shift := map[string]int{"": 0, "K": 10, "M": 20, "G": 30}
	n, err := strconv.Atoi(digits)
	by, ok := shift[unit]
	if err != nil || !ok || n <= 0 || n > 1<<30 {
		return 0, errors.New(`not a size: write it like "64M"`)
	}
	n <<= by
	if bits.OnesCount(uint(n)) != 1 || n < 64<<10 || n > 1<<30 {
		return 0, errors.New("not a power of two from 64K to 1G")
	}
	return n, nil
}
