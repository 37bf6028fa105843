package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

func TestOutputs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		values []string
		want   []output
		err    string
	}{
		{name: "none", want: []output{{format: "text"}}},
		{name: "one", values: []string{"json"}, want: []output{{format: "json"}}},
		{name: "standard output by its name", values: []string{"json=-"}, want: []output{{format: "json"}}},
		{name: "a file alone", values: []string{"json=a"}, want: []output{{"json", "a"}}},
		{name: "many", values: []string{"json=a", "text", "yaml=b", "json=c=d"}, want: []output{{"json", "a"}, {"text", ""}, {"yaml", "b"}, {"json", "c=d"}}},
		{name: "empty", values: []string{""}, err: `--output is "": want text, json or yaml`},
		{name: "unknown", values: []string{"text", "xml"}, err: `--output is "xml": want`},
		{name: "unknown, with a file", values: []string{"JSON=a"}, err: `--output is "JSON": want`},
		{name: "no file", values: []string{"json="}, err: `--output is "json=": the name of the file is empty`},
		{name: "standard output twice", values: []string{"json", "yaml=-"}, err: "two reports cannot both be on standard output"},
		{name: "a file twice", values: []string{"json=a", "text", "yaml=a"}, err: "two reports cannot both be in a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := outputs{values: tt.values}
			err := o.parse(outputText, outputJSON, outputYAML)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("the error is %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, o.chosen, cmp.AllowUnexported(output{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// writing writes a text.
func writing(text string) func(io.Writer) error {
	return func(to io.Writer) error {
		_, err := io.WriteString(to, text)
		return err
	}
}

var errHalf = errors.New("half of it")

// half writes a part of a text and fails.
func half(to io.Writer) error {
	return errors.Join(writing(strings.Repeat("half ", 10_000))(to), errHalf)
}

// TestWriteWhole: a file has all of its new content or all of its old one, and nothing is left beside it.
func TestWriteWhole(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	name := filepath.Join(directory, "report")
	content := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("the content is %.40q, want %q (%v)", got, want, err)
		}
		entries, err := os.ReadDir(directory)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 1 {
			t.Errorf("%d files: %v", len(entries), entries)
		}
	}
	if err := writeWhole(name, half); !errors.Is(err, errHalf) {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a half file is there: %v", err)
	}
	if err := writeWhole(name, writing("old")); err != nil {
		t.Fatal(err)
	}
	content("old")
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(name, half); !errors.Is(err, errHalf) {
		t.Errorf("the error is %v", err)
	}
	content("old")
	if err := writeWhole(name, writing("new")); err != nil {
		t.Fatal(err)
	}
	content("new")
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, want that of the old file (%v)", info.Mode(), err)
	}
}

// TestWriteWholeNamesTheFile: an error names the file that people know, and not the one beside it.
func TestWriteWholeNamesTheFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "report.json")
	for range 2 { // a new one, and one that is there
		err := writeWhole(name, func(io.Writer) error {
			return fmt.Errorf("write the report: %w", &fs.PathError{Op: "write", Path: ".nfd-compat-XYZ", Err: syscall.EFBIG})
		})
		if want := "write " + name + ": " + syscall.EFBIG.Error(); err == nil || err.Error() != want || !errors.Is(err, syscall.EFBIG) {
			t.Errorf("the error is %v, want %s", err, want)
		}
		if err := os.WriteFile(name, []byte("good"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPrintTriesAll: one report that cannot be written does not keep the others from being made, and the error is never
// taken for a verdict.
func TestPrintTriesAll(t *testing.T) {
	t.Parallel()
	good := filepath.Join(t.TempDir(), "good")
	o := outputs{chosen: []output{{"json", filepath.Join(t.TempDir(), "missing", "a")}, {"text", ""}, {"yaml", good}}}
	var stdout bytes.Buffer
	err := o.print(Streams{Out: &stdout}, func(to io.Writer, format string, _ render.TextOptions) error { return writing(format)(to) })
	if err == nil || exitCode(err) != ExitError || exitCode(errors.Join(err, reportedError{ExitIncompatible})) != ExitError {
		t.Errorf("the error is %v, exit code %d", err, exitCode(err))
	}
	if written, err := os.ReadFile(good); err != nil || string(written) != "yaml" || stdout.String() != "text" {
		t.Errorf("in the file is %q, on standard output %q (%v)", written, &stdout, err)
	}
}

// TestPrintDetail: the volume reaches the texts, on standard output and in files.
func TestPrintDetail(t *testing.T) {
	t.Parallel()
	for want, v := range map[render.Detail]*volume{render.Normal: nil, render.Brief: {quiet: true}, render.Full: {verbose: true}} {
		var got []render.Detail
		o := outputs{chosen: []output{{"text", filepath.Join(t.TempDir(), "a")}, {"text", ""}}}
		err := o.print(Streams{Out: io.Discard, volume: v}, func(_ io.Writer, _ string, options render.TextOptions) error {
			got = append(got, options.Detail)
			return nil
		})
		if diff := cmp.Diff([]render.Detail{want, want}, got); err != nil || diff != "" {
			t.Errorf("(-want +got):\n%s(%v)", diff, err)
		}
	}
}

// TestEveryFormat: each format that a command takes is printed by it.
func TestEveryFormat(t *testing.T) {
	t.Parallel()
	node, check := &validateNode{}, &validateSpec{severity: "error"}
	report := validate.NewReport(validate.Result{Verdict: validate.Undeclared, Reason: "there is none"})
	findings := render.NewFindings([]render.FileFindings{{File: "a"}})
	for _, format := range nodeFormats() {
		var out bytes.Buffer
		if err := node.printerOf(report)(&out, format, render.TextOptions{}); err != nil || out.Len() == 0 {
			t.Errorf("validate-node -o %s: %q, %v", format, &out, err)
		}
	}
	for _, format := range specFormats() {
		var out bytes.Buffer
		if err := check.printerOf(findings)(&out, format, render.TextOptions{}); err != nil || out.Len() == 0 {
			t.Errorf("validate-spec -o %s: %q, %v", format, &out, err)
		}
	}
	if err := node.printerOf(report)(io.Discard, "xml", render.TextOptions{}); err == nil {
		t.Error("an unknown format is no error")
	}
	if err := check.printerOf(findings)(io.Discard, "xml", render.TextOptions{}); err == nil {
		t.Error("an unknown format is no error")
	}
}

func TestColored(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		terminal bool
		env      map[string]string
		want     bool
	}{
		{terminal: true, want: true},
		{terminal: false, want: false},
		{terminal: true, env: map[string]string{"NO_COLOR": "1"}},
		{terminal: true, env: map[string]string{"TERM": "dumb"}},
		{terminal: true, env: map[string]string{"CLICOLOR": "0"}},
		{terminal: false, env: map[string]string{"CLICOLOR": "1"}},
		{terminal: false, env: map[string]string{"CLICOLOR_FORCE": "1"}, want: true},
		{terminal: false, env: map[string]string{"CLICOLOR_FORCE": "0"}},
		{terminal: true, env: map[string]string{"CLICOLOR_FORCE": "1", "TERM": "dumb"}, want: true},
		{terminal: true, env: map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}},
	} {
		if got := colored(tt.terminal, func(name string) string { return tt.env[name] }); got != tt.want {
			t.Errorf("terminal %v, %v: colours %v", tt.terminal, tt.env, got)
		}
	}
}

// TestQuietTellsErrors: -q silences notes, and no error.
func TestQuietTellsErrors(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	s := Streams{Err: &stderr, volume: &volume{quiet: true}}
	s.note("a note")
	s.tell(errors.New("an error"))
	s.tell(context.Canceled)
	if diff := cmp.Diff("nfd-compat: an error\nnfd-compat: interrupted\n", stderr.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
