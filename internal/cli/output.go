package cli

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfd-compat/nfd-compat/internal/render"
)

// What -o takes; each command says which of them.
const (
	outputText     = "text"
	outputJSON     = "json"
	outputYAML     = "yaml"
	outputKYAML    = "kyaml"
	outputJUnit    = "junit"
	outputGitHub   = "github"
	outputMarkdown = "markdown"
	outputSARIF    = "sarif"
	// outputNFD is not for -o: it has a flag of its own, which is NFD's.
	outputNFD = "nfd"
)

// stepSummary names, in a job of GitHub Actions, the file whose Markdown is shown on the page of the run.
const stepSummary = "GITHUB_STEP_SUMMARY"

// An output is one way to report, and where to.
type output struct {
	format string
	// file is empty for standard output, and /dev/stderr for standard error by any name.
	file string
}

// outputs are what -o says: the reports to make of one run.
type outputs struct {
	values []string
	chosen []output
}

// add adds -o, which takes these formats, text being the default.
func (o *outputs) add(flags *pflag.FlagSet, formats ...string) {
	flags.StringArrayVarP(&o.values, "output", "o", nil, "the `FORMAT[=FILE]` of a report: "+either(formats)+"; may be given several times, once without a file")
}

// parse reads the values of -o, each of which takes one of these formats.
func (o *outputs) parse(formats ...string) error {
	o.chosen = nil
	for _, value := range o.values {
		format, file, named := strings.Cut(value, "=")
		if err := oneOf("output", format, formats...); err != nil {
			return err
		}
		switch {
		case named && file == "": // as of a variable that is not set
			return fmt.Errorf("--output is %q: the name of the file is empty", value)
		case named:
			file = streamOr(file)
		}
		if i := slices.IndexFunc(o.chosen, func(other output) bool { return placeOf(other.file) == placeOf(file) }); i >= 0 {
			switch other := o.chosen[i].file; {
			case file == "":
				return errors.New("--output: two reports cannot both be on standard output: name a file for one of them, as in -o json=report.json")
			case other != file:
				return fmt.Errorf("--output: two reports cannot both be in %s, which is %s too", other, file)
			}
			return fmt.Errorf("--output: two reports cannot both be in %s", file)
		}
		o.chosen = append(o.chosen, output{format, file})
	}
	if len(o.values) == 0 {
		o.chosen = []output{{format: outputText}}
	}
	return nil
}

// has tells whether this is the format of some report.
func (o *outputs) has(format string) bool {
	return slices.ContainsFunc(o.chosen, func(one output) bool { return one.format == format })
}

// A printer prints a result in a format. It may be asked to do so again.
type printer func(to io.Writer, format string, options render.TextOptions) error

// print makes the reports: those in files first, for standard output may be a pipe that nobody reads any more. All are
// tried, whatever becomes of the others.
func (o *outputs) print(s Streams, report printer) error {
	var errs []error
	for _, one := range o.chosen {
		if one.file != "" {
			errs = append(errs, s.writeFile(one.file, func(to io.Writer) error {
				return report(to, one.format, render.TextOptions{Detail: s.detail()})
			}))
		}
	}
	if summary := os.Getenv(stepSummary); summary != "" && o.has(outputGitHub) {
		errs = append(errs, s.appendFile(summary, func(to io.Writer) error {
			return report(to, outputMarkdown, render.TextOptions{})
		}))
	}
	for _, one := range o.chosen {
		if one.file == "" {
			options := textOptions(s.Out)
			options.Detail = s.detail()
			errs = append(errs, report(s.Out, one.format, options))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return unreportedError{err}
	}
	return nil
}

// writeWhole writes a file, all of it or none: it is written beside its place and then takes the name. Its mode stays; a
// link stays one, and what it points at is replaced. What is no regular file, such as a pipe, is written to, and so is a
// file that cannot be replaced, as where one alone is mounted in a container.
func writeWhole(name string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return writeBeside(name, nil, write)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return writeTo(name, os.O_WRONLY, write)
	}
	if err = writeBeside(name, info, write); errors.Is(err, errNoPlace) {
		return writeTo(name, os.O_WRONLY|os.O_TRUNC, write)
	}
	return err
}

// errNoPlace: no file can be made beside another, or take its name.
var errNoPlace = errors.New("it cannot be replaced")

// writeBeside writes a new file and gives it the name; with the mode of the file that it replaces, if there is one.
func writeBeside(name string, replaced fs.FileInfo, write func(io.Writer) error) error {
	beside := filepath.Join(filepath.Dir(name), ".nfd-compat-"+rand.Text())
	file, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil && replaced != nil {
		return fmt.Errorf("%w: %w", errNoPlace, err)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, unnamed(err))
	}
	err = fill(file, true, write) // before it takes the name, or a crash could leave that to an empty file
	if err == nil && replaced != nil {
		err = os.Chmod(beside, replaced.Mode().Perm())
	}
	if err == nil {
		if err = os.Rename(beside, name); err != nil && replaced != nil {
			err = fmt.Errorf("%w: %w", errNoPlace, err)
		}
	}
	if err != nil {
		_ = os.Remove(beside) // the other error says more
		return fmt.Errorf("write %s: %w", name, unnamed(err))
	}
	return nil
}

// unnamed is the cause of an error of a file whose name says nothing to people.
func unnamed(err error) error {
	var (
		pathErr *fs.PathError
		linkErr *os.LinkError
	)
	switch {
	case errors.Is(err, errNoPlace):
		return err
	case errors.As(err, &pathErr):
		return pathErr.Err
	case errors.As(err, &linkErr):
		return linkErr.Err
	}
	return err
}

// writeTo writes into a file that is there.
func writeTo(name string, how int, write func(io.Writer) error) error {
	file, err := os.OpenFile(name, how, 0)
	if err != nil {
		return err // it names the operation, the file and the cause
	}
	return fill(file, false, write)
}

// appendFile writes to the end of a file.
func (s Streams) appendFile(name string, write func(io.Writer) error) error {
	if to := s.stream(name); to != nil {
		return write(to)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666) //nolint:gosec // who starts the program names it, by a flag or a variable
	if err != nil {
		return err // it names the operation, the file and the cause
	}
	return fill(file, false, write)
}

// fill writes to a file, sees to it that all is written, to the disk if that is asked for, and closes it.
func fill(file *os.File, toDisk bool, write func(io.Writer) error) error {
	to := bufio.NewWriter(file)
	err := write(to)
	if err == nil {
		err = to.Flush()
	}
	if err == nil && toDisk {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
