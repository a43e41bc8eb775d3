// Command buildgraph captures a build through eBPF and answers from the trace:
// what a target was really made from, what the build wrote, how a file got into a
// target and what would change with it.
//
// main.go maps errors to exit statuses, root.go holds what the verbs share, and
// each verb is one file: its options, its flags and its run function.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"buildgraph/report"
)

// statusFailure is the exit status when buildgraph itself failed: bad usage, no
// such target, no trace. A verb that has another one (capture, whose status is
// its command's) says so in its annotation failureAnnotation.
const statusFailure = 2

// failureAnnotation is the key of the cobra annotation that holds a verb's own
// status for failures, in decimal.
const failureAnnotation = "failure-status"

// exitError ends the program with a given status. Without err nothing is printed:
// the status is itself the answer.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func main() {
	collectLate()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and gives the exit status. What went wrong is one
// line on stderr, a panic's too. A reader of stdout that has had enough (| head)
// ends the program without a word: on a broken pipe at descriptor 1 Go dies of
// SIGPIPE even where that was ignored (os/signal, "SIGPIPE").
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (status int) {
	root := newRootCommand(&app{args: args, stdin: stdin, stdout: stdout, stderr: stderr})
	root.SetArgs(args)
	failure := failureStatus(root, args)
	defer func() {
		if p := recover(); p != nil {
			say(stderr, fmt.Sprintf("internal error in version %s: %v: please report it, with the command line", version(), p))
			status = failure
		}
	}()
	err := root.Execute()
	var exit *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		if exit.err != nil {
			say(stderr, err.Error())
		}
		return exit.status
	}
	say(stderr, err.Error())
	return failure
}

// say prints one line about the program itself, safe on a terminal whatever names
// it holds.
func say(stderr io.Writer, what string) {
	fmt.Fprintf(stderr, "buildgraph: %s\n", report.Line(what))
}

// failureStatus finds the verb that a command line names, before it runs, so that
// a flag that it does not know and a panic in it end with its status as well.
func failureStatus(root *cobra.Command, args []string) int {
	verb, _, _ := root.Find(args)
	if verb != nil {
		if n, err := strconv.Atoi(verb.Annotations[failureAnnotation]); err == nil {
			return n
		}
	}
	return statusFailure
}
