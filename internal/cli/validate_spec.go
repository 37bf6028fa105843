package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// validateSpec are the options of validate-spec.
type validateSpec struct {
	streams Streams

	files    []string
	image    string
	platform string
	artifact string
	severity string
	disable  []string
	fix      bool
	output   outputs
	registryFlags
}

func newValidateSpec(streams Streams) *cobra.Command {
	o := &validateSpec{streams: streams}
	cmd := &cobra.Command{
		Use:   "validate-spec {FILE… | --image IMAGE}",
		Short: "Check compatibility specs, and the rules of NFD's objects",
		Long: `Check whether compatibility specs are well formed and mean what they say, before
a host has to find out. What is checked, and why, stands in docs/checks.md.

A FILE holds a compatibility spec, or rules in another wrapping: NodeFeatureRule
and NodeFeatureGroup objects of Kubernetes, lists of them, several documents, or
a list of rules alone. "-" is standard input. An image is checked by the spec
that is attached to it; of an index, by those of the index and of its images.

The report is on standard output. The exit codes are:

  0  nothing was found that fails     4  no spec is attached to the image
  6  something was found that fails   5  the registry did not answer
  1  a file cannot be read            2  wrong usage
  7  no spec was found, and not all referrers of the image were looked at

What fails is an error, or what --severity says.`,
		Example: `  # A spec, before it is attached
  nfd-compat validate-spec spec.yaml

  # Mend what can be mended; comments and layout stand
  nfd-compat validate-spec --fix spec.yaml

  # All rules of a chart, warnings being failures too, but for one check
  helm template chart | nfd-compat validate-spec --severity warning --disable unknown-feature -

  # The spec that is attached to an image
  nfd-compat validate-spec --image registry.example.com/team/app:v1

  # In GitHub Actions: annotations, and a log for code scanning
  nfd-compat validate-spec -o github -o sarif=specs.sarif rules/*.yaml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			o.files = files
			if err := o.check(cmd); err != nil {
				return usageErrorOf(cmd, err)
			}
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.image, "image", "", "check the spec of an `IMAGE`: a reference in a registry, oci:DIR[:TAG|@DIGEST] or oci-archive:FILE[:TAG|@DIGEST]")
	flags.StringVar(&o.platform, "platform", "", "check only what is attached to the image for this `PLATFORM`, such as linux/arm64")
	addArtifact(flags, &o.artifact)
	flags.StringVar(&o.severity, "severity", string(spec.SeverityError), "the lowest `SEVERITY` that fails: error, warning or note")
	flags.StringSliceVar(&o.disable, "disable", nil, "leave out these `CHECKS`, by their ids")
	flags.BoolVar(&o.fix, "fix", false, "mend in the files what can be mended, and report what is left")
	o.output.add(flags, specFormats()...)
	o.add(flags)
	return cmd
}

// check finds what is wrong with the arguments and flags.
func (o *validateSpec) check(cmd *cobra.Command) error {
	stdins := 0
	for _, file := range o.files {
		if file == stdin {
			stdins++
		}
	}
	given := registryFlagsGiven(cmd.Flags())
	switch {
	case o.image == "" && len(o.files) == 0:
		return errors.New("name a file (\"-\" is standard input), or an image with --image")
	case o.image != "" && len(o.files) > 0:
		return errors.New("--image and files exclude each other")
	case o.image != "" && o.fix:
		return errors.New("--fix mends files: what is attached to an image cannot be changed")
	case o.fix && stdins > 0:
		return errors.New("--fix mends files in place, which standard input has none of")
	case stdins > 1:
		return errors.New("standard input can be read only once")
	case o.image == "" && o.platform != "":
		return errors.New("--platform and its like go with --image: a file is in no registry")
	case o.image == "" && len(given) > 0:
		return fmt.Errorf("%s and its like go with --image: a file is in no registry", given[0])
	case o.image == "" && o.artifact != "":
		return errors.New("--artifact goes with --image")
	}
	return errors.Join(
		o.registryFlags.check(""),
		oneOf("severity", o.severity, severityWords()...),
		o.output.parse(specFormats()...),
		checkDisabled(o.disable),
	)
}

// specFormats are what -o takes.
func specFormats() []string {
	return []string{outputText, outputJSON, outputYAML, outputKYAML, outputSARIF, outputJUnit, outputGitHub, outputMarkdown}
}

// checkDisabled tells whether these are ids of checks that can be left out. What is found in decoding cannot: nothing else
// of such a text is checked, so it would pass unseen.
func checkDisabled(ids []string) error {
	var known []string
	for _, check := range spec.Checks() {
		if check.Decoding && slices.Contains(ids, string(check.ID)) {
			return fmt.Errorf("--disable %s: a text that cannot be decoded is not checked at all, so this cannot be left out", check.ID)
		}
		if !check.Decoding {
			known = append(known, string(check.ID))
		}
	}
	for _, id := range ids {
		if slices.Contains(known, id) {
			continue
		}
		err := fmt.Errorf("--disable: there is no check %q", id)
		if near := spec.Nearest(id, known); near != "" {
			return fmt.Errorf("%w; did you mean %q?", err, near)
		}
		return fmt.Errorf("%w; docs/checks.md lists them", err)
	}
	return nil
}

// run checks, prints the findings, and returns what is wrong as an error.
func (o *validateSpec) run(ctx context.Context) error {
	files, err := o.checkAll(ctx)
	if err != nil && (files == nil || errors.Is(err, context.Canceled) || exitCode(err) == ExitUsage) {
		return err
	}
	findings := render.NewFindings(files)
	findings.Tool.Version = version()
	if printErr := o.output.print(o.streams, o.printerOf(findings)); printErr != nil {
		return errors.Join(printErr, err)
	}
	switch {
	case err != nil:
		return err
	case o.fails(files):
		return findingsError{}
	}
	return nil
}

// checkAll checks the files, or what is attached to the image. The error is of those that could not be had; the others are
// checked nevertheless.
func (o *validateSpec) checkAll(ctx context.Context) ([]render.FileFindings, error) {
	if o.image != "" {
		return o.checkImage(ctx)
	}
	var (
		files []render.FileFindings
		errs  []error
	)
	for _, name := range o.files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		file, err := o.checkFile(name)
		if err != nil {
			file.Error = resultError(err)
			errs = append(errs, err)
		}
		files = append(files, file)
	}
	return files, errors.Join(errs...)
}

// checkFile checks one file, and mends it first if that was asked for.
func (o *validateSpec) checkFile(name string) (render.FileFindings, error) {
	file := render.FileFindings{File: name}
	text, err := o.streams.readFile(name, spec.MaxSize)
	switch {
	case errors.Is(err, errTooLarge): // a fault of the spec, and not of the reading
		file.Findings = []spec.Finding{tooLarge()}
		return file, nil
	case err != nil:
		return file, err
	}
	if o.fix {
		mended, count := o.mend(text)
		if count > 0 {
			if err := replaceFile(name, mended); err != nil {
				return file, fmt.Errorf("mend %s: %w", name, err)
			}
		}
		text, file.Mended = mended, count
	}
	file.Findings = o.checkText(text)
	return file, nil
}

// tooLarge is what is found in a text that is not read for its size.
func tooLarge() spec.Finding {
	return spec.Finding{ID: spec.IDTooLarge, Severity: spec.SeverityError, Message: fmt.Sprintf("a spec may have %d bytes, and this is larger", spec.MaxSize)}
}

// checkText returns what is found in a text, by position, but for the checks that are left out.
func (o *validateSpec) checkText(text []byte) []spec.Finding {
	var (
		findings []spec.Finding
		invalid  *spec.Error
	)
	documents, err := spec.DecodeDocuments(text)
	switch {
	case errors.As(err, &invalid):
		return byPosition(invalid.Findings)
	case err != nil:
		return []spec.Finding{{ID: spec.IDSyntax, Severity: spec.SeverityError, Message: err.Error()}}
	}
	words := vocabulary()
	for _, document := range documents {
		_, found := validate.Compile(document, validate.Options{Vocabulary: words})
		findings = append(findings, found...)
	}
	findings = slices.DeleteFunc(findings, func(f spec.Finding) bool { return slices.Contains(o.disable, string(f.ID)) })
	return byPosition(findings)
}

// byPosition sorts findings as they are read: from the top.
func byPosition(findings []spec.Finding) []spec.Finding {
	slices.SortStableFunc(findings, func(a, b spec.Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.ID, b.ID))
	})
	return findings
}

// fails tells whether something was found of the lowest severity that fails, or a worse one.
func (o *validateSpec) fails(files []render.FileFindings) bool {
	for _, file := range files {
		if slices.ContainsFunc(file.Findings, func(f spec.Finding) bool { return f.Severity.AtLeast(spec.Severity(o.severity)) }) {
			return true
		}
	}
	return false
}
