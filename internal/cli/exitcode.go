package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/derive"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// The exit codes. Scripts depend on them: they do not change their meaning.
const (
	// ExitOK says that the image is compatible with the host (or declares no requirements, under --on-missing warn or ignore),
	// or a check of specs found nothing that fails.
	ExitOK = 0
	// ExitError says that there was any other error, such as a local file that cannot be read or a report that cannot be written. It is never a
	// verdict.
	ExitError = 1
	// ExitUsage says that the command line is wrong.
	ExitUsage = 2
	// ExitIncompatible says that the host cannot run the image; a wrong platform is included. In diff --exit-code: that there is a
	// difference.
	ExitIncompatible = 3
	// ExitUndeclared says that the image has no compatibility artifact: the registry was asked, and there is none. With --infer
	// and in create-spec: nor does its config declare what can be judged.
	ExitUndeclared = 4
	// ExitRegistry says that the registry did not give the answer, or did not write or delete what it should: unreachable, unauthorised, image not found, or a broken answer or layout.
	ExitRegistry = 5
	// ExitSpec says that the spec is invalid: its text, its layers (none, or two), or tags that select nothing; or a check
	// of specs found something that fails; or a requirement that an image declares in its config is malformed.
	ExitSpec = 6
	// ExitUndecided says that a required feature could not be read, so there is no verdict; or that no compatibility artifact was
	// found, or all were to be replaced, and not all that may be one was looked at.
	ExitUndecided = 7
	// ExitInterrupted says that a signal ended the program.
	ExitInterrupted = 130
)

// gravest are the codes of results, of which the first that some result has counts.
func gravest() []int {
	return []int{ExitIncompatible, ExitError, ExitUsage, ExitRegistry, ExitSpec, ExitUndecided, ExitUndeclared}
}

// gravestText lists them for people: "3, 1, 2, 5, 6, 7 and 4".
func gravestText() string {
	var codes []string
	for _, code := range gravest() {
		codes = append(codes, strconv.Itoa(code))
	}
	last := len(codes) - 1
	return strings.Join(codes[:last], ", ") + " and " + codes[last]
}

// A usageError says that the command line is wrong, and whose help tells how it is right.
type usageError struct {
	err     error
	command string
}

func usageErrorOf(cmd *cobra.Command, err error) error {
	return usageError{err: err, command: cmd.CommandPath()}
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// A reportedError carries the exit code of a report, or of a list, that tells the reason by itself, so that it is not
// printed.
type reportedError struct{ code int }

func (e reportedError) Error() string {
	return fmt.Sprintf("exit code %d, for a reason that is told", e.code)
}

// A findingsError says that a check of specs found what fails. The report has told it, so it is not printed.
type findingsError struct{}

func (findingsError) Error() string { return "something was found that fails" }

// An unreportedError says that a report could not be written. Then there is no verdict, whatever it would have been: who
// reads the reports has not got it.
type unreportedError struct{ err error }

func (e unreportedError) Error() string { return e.err.Error() }
func (e unreportedError) Unwrap() error { return e.err }

// exitCode returns the exit code that an error stands for.
func exitCode(err error) int {
	var (
		usage    usageError
		reported reportedError
		found    findingsError
		invalid  *spec.Error
		remote   *registry.Error
		declared *derive.DeclarationError
		unsaid   unreportedError
		differs  differenceError
		unsure   unsureError
	)
	switch {
	case err == nil:
		return ExitOK
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.As(err, &unsaid):
		return ExitError
	case errors.As(err, &reported):
		return reported.code
	case errors.As(err, &differs):
		return ExitIncompatible
	case errors.As(err, &usage), errors.Is(err, registry.ErrReference), errors.Is(err, registry.ErrPlatformRequired), errors.Is(err, registry.ErrWrongPlatform), errors.Is(err, derive.ErrChoice):
		return ExitUsage
	case errors.As(err, &found), errors.As(err, &invalid), errors.As(err, &declared), errors.Is(err, registry.ErrPayload):
		return ExitSpec
	case errors.Is(err, registry.ErrCredentials): // a file or program of this machine
		return ExitError
	case errors.Is(err, registry.ErrUnexamined): // the registry did what it was asked
		return ExitUndecided
	case errors.As(err, &remote):
		return ExitRegistry
	case errors.Is(err, derive.ErrNotRead), errors.As(err, &unsure):
		return ExitUndecided
	default:
		return ExitError
	}
}

// resultError is what a report says of an error.
func resultError(err error) *validate.ResultError {
	return &validate.ResultError{Code: exitCode(err), Message: render.CleanLines(err.Error())}
}

func verdictCode(v validate.Verdict) int {
	switch v {
	case validate.Compatible:
		return ExitOK
	case validate.Incompatible:
		return ExitIncompatible
	case validate.Undeclared:
		return ExitUndeclared
	case validate.VerdictUnknown:
		return ExitUndecided
	}
	return ExitError
}
