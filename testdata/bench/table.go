package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// fixedLimit bounds the wall time that capturing nothing takes.
const fixedLimit = 150 * time.Millisecond

// median of a list that is not empty; of an even number, the lower middle one.
func median[T cmp.Ordered](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)-1)/2]
}

func cpu(c cost) time.Duration  { return c.cpu }
func wall(c cost) time.Duration { return c.wall }

// ratio is the median of a variant's cost over the untraced one of the same round;
// 0 where the variant was not run.
func (r result) ratio(v variant, of func(cost) time.Duration) float64 {
	var ratios []float64
	for round, c := range r.costs[v] {
		ratios = append(ratios, float64(of(c))/float64(of(r.costs[untraced][round])))
	}
	if len(ratios) == 0 {
		return 0
	}
	return median(ratios)
}

// plain is the median of the untraced costs, in seconds.
func (r result) plain(of func(cost) time.Duration) float64 {
	var list []time.Duration
	for _, c := range r.costs[untraced] {
		list = append(list, of(c))
	}
	return median(list).Seconds()
}

// table prints what was measured, as Markdown.
func table(w io.Writer, env string, results []result, fixed []time.Duration) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, "| build | untraced CPU | wall | buildgraph CPU | wall | limit (CPU) | --no-declared CPU | wall | --live CPU | --syscalls CPU | limit | strace CPU | wall | trace |")
	fmt.Fprintln(&b, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, r := range results {
		fmt.Fprintf(&b, "| (%s) %s | %.2f s | %.2f s | **%s** | %s | %.2f | %s | %s | %s | %s | %s | %s | %s | %.2f MB |\n",
			r.letter, r.name, r.plain(cpu), r.plain(wall),
			times(r.ratio(captured, cpu)), times(r.ratio(captured, wall)), r.limit,
			times(r.ratio(watched, cpu)), times(r.ratio(watched, wall)),
			times(r.ratio(lived, cpu)), times(r.ratio(counted, cpu)), limit(r.alsoLimit),
			times(r.ratio(straced, cpu)), times(r.ratio(straced, wall)), float64(r.trace)/1e6)
	}
	fmt.Fprintf(&b, "\nThe fixed cost, capturing `true`: %d ms of wall (limit %d ms).\n", median(fixed).Milliseconds(), fixedLimit.Milliseconds())
	fmt.Fprintf(&b, "%s\n", env)
	_, err := b.WriteTo(w)
	return err
}

// limit shows a limit, "-" where there is none.
func limit(ratio float64) string {
	if ratio == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", ratio)
}

func times(ratio float64) string {
	switch {
	case ratio == 0:
		return "-"
	case ratio < 10:
		return fmt.Sprintf("%.3f", ratio)
	}
	return fmt.Sprintf("%.1f", ratio)
}

// overLimit is an error for each promise that was not kept.
func overLimit(results []result, fixed []time.Duration) error {
	var over []error
	for _, r := range results {
		if got := r.ratio(captured, cpu); got > r.limit {
			over = append(over, fmt.Errorf("%w: (%s) %s: %.3f of the untraced CPU time, limit %.2f", errLimit, r.letter, r.name, got, r.limit))
		}
	}
	for _, r := range results {
		for _, v := range []variant{lived, counted} {
			if got := r.ratio(v, cpu); r.alsoLimit > 0 && got > r.alsoLimit {
				over = append(over, fmt.Errorf("%w: (%s) %s with %s: %.3f of the untraced CPU time, limit %.2f", errLimit, r.letter, r.name, v, got, r.alsoLimit))
			}
		}
	}
	if got := median(fixed); got > fixedLimit {
		over = append(over, fmt.Errorf("%w: true: %v, limit %v", errLimit, got.Round(time.Millisecond), fixedLimit))
	}
	return errors.Join(over...)
}

// environment says where and on what all this was measured.
func (b *bench) environment() (string, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "", fmt.Errorf("asking for the kernel's version: %w", err)
	}
	commit := "no commit"
	// As root in somebody's tree; nothing in it is executed by this.
	if out, err := exec.Command("git", "-c", "safe.directory=*", "describe", "--always", "--dirty").Output(); err == nil {
		commit = strings.TrimSpace(string(out))
	}
	strace := ""
	if out, err := exec.Command("strace", "--version").Output(); err == nil && b.straceRounds > 0 {
		line, _, _ := strings.Cut(string(out), "\n")
		strace = ", " + strings.TrimPrefix(line, "strace -- version ")
		strace = strings.Replace(strace, ", ", ", strace ", 1)
	}
	return fmt.Sprintf("Medians of the per-round ratios to the untraced run: %d rounds (strace %d, true %d). Linux %s, %d cores%s, buildgraph at %s%s.",
		b.rounds, min(b.straceRounds, b.rounds), b.fixedRounds,
		unix.ByteSliceToString(name.Release[:]), runtime.NumCPU(), processor(), commit, strace), nil
}

// processor is the CPU's model, " (...)", as far as /proc/cpuinfo names it.
func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(info)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == "model name" {
			return " (" + strings.TrimSpace(value) + ")"
		}
	}
	return ""
}
