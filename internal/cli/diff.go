package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// maxCompared bounds each of the two files, in bytes.
const maxCompared = 64 << 20

// A differenceError says that there is a difference, to those who asked for it with --exit-code. It has been told, so it is
// not printed.
type differenceError struct{}

func (differenceError) Error() string { return "there is a difference" }

// diff are the options of diff.
type diff struct {
	streams  Streams
	output   string
	exitCode bool
}

func newDiff(streams Streams) *cobra.Command {
	o := &diff{streams: streams}
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Tell what differs between two reports, or two exports of features",
		Long: `Tell what differs between two reports of validate-node (-o json), or between the
features of two hosts, or of one before and after an upgrade.

Of reports: what each is of, and what was not the host's own (--set and its
like); the verdicts, and each rule and expression whose outcome changed, with
what was observed. Results belong together by the names of image and host,
unless each report is of one image, or of one host: then it may be another one.
Of features, as export features writes them: what was added, removed and
changed, the order of devices aside. The last line says how much it is, or what
becomes of the verdict. "-" is standard input.

The exit code is 0, whether there is a difference or not; with --exit-code it is
3 if there is one.`,
		Example: `  # What did the upgrade change on this host?
  nfd-compat export features --path before.json
  nfd-compat export features --path after.json
  nfd-compat diff before.json after.json

  # Does the image still run, and if not, why?
  nfd-compat validate-node --spec spec.yaml -o json > a.json
  nfd-compat validate-node --spec spec.yaml --set kernel.version.full=6.12.0 -o json > b.json
  nfd-compat diff a.json b.json --exit-code`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args); err != nil {
				return usageErrorOf(cmd, err)
			}
			err := o.run(args[0], args[1])
			if errors.Is(err, errMixed) {
				return usageErrorOf(cmd, err)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&o.exitCode, "exit-code", false, "exit with 3 if there is a difference")
	flags.StringVarP(&o.output, "output", "o", outputText, "the `FORMAT` to print: text or json")
	return cmd
}

// errMixed: one is a report and the other is none.
var errMixed = errors.New("want two reports, or the features of two hosts")

func (o *diff) check(args []string) error {
	const files = 2
	switch {
	case len(args) < files:
		return errors.New("name two files to compare")
	case len(args) > files:
		return fmt.Errorf("unexpected argument %q: want two files", args[files])
	case args[0] == stdin && args[1] == stdin:
		return errors.New("only one of the two can be standard input")
	}
	return oneOf("output", o.output, outputText, outputJSON)
}

func (o *diff) run(a, b string) error {
	first, err := o.read(a)
	if err != nil {
		return err
	}
	second, err := o.read(b)
	if err != nil {
		return err
	}
	var d *render.Difference
	switch {
	case first.report != nil && second.report != nil:
		d = render.NewReportDifference(inputName(a), inputName(b), validate.Compare(first.report, second.report))
	case first.set != nil && second.set != nil:
		d = render.NewFeatureDifference(inputName(a), inputName(b), features.Compare(first.set, second.set))
	default:
		return fmt.Errorf("%s is %s and %s is %s: %w", inputName(a), first, inputName(b), second, errMixed)
	}
	d.Tool.Version = version()
	if err := o.print(d); err != nil {
		return err
	}
	if o.exitCode && d.Differs {
		return differenceError{}
	}
	return nil
}

func (o *diff) print(d *render.Difference) error {
	if o.output == outputJSON {
		return render.DifferenceJSON(o.streams.Out, d)
	}
	options := textOptions(o.streams.Out)
	options.Detail = o.streams.detail()
	return render.DifferenceText(o.streams.Out, d, options)
}

// compared is one of the two: a report or features.
type compared struct {
	report *validate.Report
	set    *features.Set
}

// String says what it is.
func (c compared) String() string {
	if c.report != nil {
		return "a report"
	}
	return "features"
}

func (o *diff) read(file string) (compared, error) {
	text, err := o.streams.readFile(file, maxCompared)
	if err != nil {
		return compared{}, err
	}
	if isYAMLReport(text) {
		return compared{}, fmt.Errorf("%s: it is a report in YAML: want one in JSON, as -o json prints it", inputName(file))
	}
	report, err := readReport(text)
	switch {
	case err != nil:
		return compared{}, fmt.Errorf("%s: read a report: %w", inputName(file), err)
	case report != nil:
		return compared{report: report}, nil
	}
	set, err := features.Read(bytes.NewReader(text))
	if err != nil {
		return compared{}, fmt.Errorf("%s: %w", inputName(file), err)
	}
	return compared{set: set}, nil
}

// isYAMLReport tells whether a text is a report of ours in YAML or KYAML, as far as its first lines say so. A report has to be
// JSON, and features would be looked for in it.
func isYAMLReport(text []byte) bool {
	const head = 1024
	text = text[:min(len(text), head)]
	return regexp.MustCompile(`(?m)^ *kind: "?` + validate.Kind + `"?,? *\r?$`).Match(text)
}

// readReport decodes a report in JSON; nil if the text is something else.
func readReport(text []byte) (*validate.Report, error) {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&head); err != nil || head.Kind != validate.Kind {
		return nil, nil //nolint:nilnil,nilerr // it may be features, which are read next
	}
	if head.APIVersion != validate.APIVersion {
		return nil, fmt.Errorf("its apiVersion is %q: want %q", head.APIVersion, validate.APIVersion)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after it: want one report in a file")
	}
	report := &validate.Report{}
	if err := json.Unmarshal(text, report); err != nil {
		return nil, err
	}
	return report, nil
}
