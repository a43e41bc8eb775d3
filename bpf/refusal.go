package bpf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// refusal says what the kernel really objected to. cilium/ebpf guesses that an
// EPERM is the locked-memory limit; since 5.11 it never is. The verifier's own
// refusal is EACCES, which is no matter of privileges.
func refusal(doing string, err error) error {
	var verifier *ebpf.VerifierError
	switch {
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%s: %w", doing, ErrPrivileges)
	case errors.As(err, &verifier) && len(verifier.Log) > 1:
		return &refusedError{doing: doing + ": this kernel's verifier", text: strings.Join(verifier.Log[max(0, len(verifier.Log)-3):], "; "), err: err}
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return &refusedError{doing: doing, text: strings.TrimSpace(text), err: err}
}

// refusedError keeps the line that matters of what may be a long verifier log.
type refusedError struct {
	doing, text string
	err         error
}

func (e *refusedError) Error() string { return e.doing + ": " + e.text }
func (e *refusedError) Unwrap() error { return e.err }
