package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// What --on-missing takes.
const (
	onMissingFail   = "fail"
	onMissingWarn   = "warn"
	onMissingIgnore = "ignore"
)

// validateNode are the options of validate-node.
type validateNode struct {
	streams Streams
	// command is the command's path, for an error of usage that comes to light in the run.
	command string

	images    []string
	manifests []string
	parallel  int
	spec      string
	tags      []string
	platform  string
	artifact  string
	require   string
	onMissing string
	infer     bool
	features  string
	hostRoot  string
	output    outputs
	asNFD     bool
	registryFlags
	whatIf whatIfFlags

	registry *registry.Client // once subjects are read
}

func newValidateNode(streams Streams) *cobra.Command {
	o := &validateNode{streams: streams}
	cmd := &cobra.Command{
		Use:   "validate-node {--image IMAGE… | -f FILE… | --spec FILE}",
		Short: "Judge this host by the compatibility spec of an image",
		Long: `Judge this host by the compatibility spec that is attached to an image, or by
one in a file. The report says what the host lacks, and what was observed there;
its last line is the verdict, which is also the exit code:

  0  compatible          5  the registry did not answer
  3  incompatible        6  the spec is invalid
  4  no spec attached    7  a required feature could not be read
  1  another error       2  wrong usage

Of several images, and of those that Kubernetes manifests name (-f), the host
has to run all; each is asked for once. Of several exit codes the first of
` + gravestText() + ` counts.`,
		Example: `  # An image in a registry
  nfd-compat validate-node --image registry.example.com/team/app:v1

  # All images of a chart, init and sidecar containers included
  helm template ./app | nfd-compat validate-node -f -

  # An image in an OCI layout directory
  nfd-compat validate-node --image oci:testdata/demo:v1

  # A spec that is not attached yet, for the sets of one tag
  nfd-compat validate-node --spec spec.yaml --tags gpu

  # A host that is mounted at /host, as JSON
  nfd-compat validate-node --image registry.example.com/team/app:v1 \
    --host-root /host -o json

  # For people on standard output, and for CI in files
  nfd-compat validate-node --image registry.example.com/team/app:v1 \
    -o text -o junit=report.xml -o json=report.json

  # An image without a spec, by what it declares for NVIDIA's container toolkit
  nfd-compat validate-node --image registry.example.com/team/cuda:v1 --infer

  # Another host, whose features were exported there
  nfd-compat validate-node --spec spec.yaml --features features.json

  # This host after an upgrade of its kernel
  nfd-compat validate-node --spec spec.yaml --set kernel.version.full=6.12.0`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return usageErrorOf(cmd, err)
			}
			o.command = cmd.CommandPath()
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&o.images, "image", nil, "the `IMAGE`: a reference in a registry, oci:DIR[:TAG|@DIGEST] or oci-archive:FILE[:TAG|@DIGEST]; may be given several times")
	flags.StringArrayVarP(&o.manifests, "filename", "f", nil, "a `FILE` of Kubernetes manifests, whose images are judged (\"-\" is standard input); may be given several times")
	flags.IntVar(&o.parallel, "parallel", 8, "ask for this `NUMBER` of images at a time")
	flags.StringVar(&o.spec, "spec", "", "a `FILE` with a spec, instead of an image (\"-\" is standard input)")
	flags.StringSliceVar(&o.tags, "tags", nil, "judge only the compatibility sets with one of these `TAGS`")
	flags.StringVar(&o.require, "require", string(validate.RequireAny), "whether `any|all` of the sets must match")
	flags.StringVar(&o.platform, "platform", "", "judge for this `PLATFORM` (such as linux/arm64) instead of the host's own")
	addArtifact(flags, &o.artifact)
	flags.StringVar(&o.onMissing, "on-missing", onMissingFail, "take an image without a spec as `fail|warn|ignore`: exit 4, or 0 with or without a warning")
	flags.BoolVar(&o.infer, "infer", false, "judge an image without a spec by what its config declares, such as NVIDIA_REQUIRE_CUDA")
	flags.StringVar(&o.features, "features", "", "a `FILE` with exported features, or NodeFeature objects, instead of this host's (\"-\" is standard input)")
	addHostRoot(flags, &o.hostRoot)
	o.whatIf.add(flags)
	o.whatIf.complete(cmd)
	o.output.add(flags, nodeFormats()...)
	flags.BoolVar(&o.asNFD, "output-json", false, "print the sets in the JSON of NFD's own client")
	o.add(flags)
	return cmd
}

// check finds what is wrong with the flags.
func (o *validateNode) check(cmd *cobra.Command) error {
	ofImage := len(o.images)+len(o.manifests) > 0
	switch {
	case !ofImage && o.spec == "":
		return errors.New("name an image with --image, manifests with -f, or a spec with --spec")
	case ofImage && o.spec != "":
		return errors.New("--image, or -f, and --spec exclude each other")
	case o.features != "" && cmd.Flags().Changed("host-root"):
		return errors.New("--features and --host-root exclude each other")
	case o.spec != "" && o.platform != "":
		return errors.New("--platform goes with --image: a spec in a file is for no certain platform")
	case o.spec != "" && o.artifact != "":
		return errors.New("--artifact goes with --image: a spec in a file is attached to nothing")
	case o.artifact != "" && len(o.images)+len(o.manifests) > 1 || o.artifact != "" && len(o.manifests) > 0:
		return errors.New("--artifact goes with one --image: it is attached to that alone")
	case o.artifact != "" && o.infer:
		return errors.New("--artifact and --infer exclude each other: one names the spec, the other is for images without")
	case o.spec != "" && o.infer:
		return errors.New("--infer goes with --image: it is for images without a spec")
	case o.parallel < 1:
		return fmt.Errorf("--parallel is %d: want at least 1", o.parallel)
	}
	if given := registryFlagsGiven(cmd.Flags()); o.spec != "" && len(given) > 0 {
		return fmt.Errorf("%s and its like go with --image: a spec in a file is in no registry", given[0])
	}
	stdinFor, err := o.stdinFor()
	if err != nil {
		return err
	}
	return errors.Join(
		o.registryFlags.check(stdinFor),
		o.whatIf.check(),
		oneOf("require", o.require, string(validate.RequireAny), string(validate.RequireAll)),
		oneOf("on-missing", o.onMissing, onMissingFail, onMissingWarn, onMissingIgnore),
		o.parseOutputs(),
	)
}

// stdinFor says which flag reads standard input, empty if none does. No two can.
func (o *validateNode) stdinFor() (string, error) {
	var readers []string
	for _, file := range o.manifests {
		if file == stdin {
			readers = append(readers, "-f")
		}
	}
	for _, flag := range []struct{ name, value string }{{"--spec", o.spec}, {"--features", o.features}, {"--override", o.whatIf.override}} {
		if flag.value == stdin {
			readers = append(readers, flag.name)
		}
	}
	switch len(readers) {
	case 0:
		return "", nil
	case 1:
		return readers[0], nil
	}
	return "", fmt.Errorf("%s and %s cannot both be standard input", readers[0], readers[1])
}

// nodeFormats are what -o takes.
func nodeFormats() []string {
	return []string{outputText, outputJSON, outputYAML, outputKYAML, outputJUnit, outputGitHub, outputMarkdown}
}

// parseOutputs reads -o and --output-json, which is one more report on standard output.
func (o *validateNode) parseOutputs() error {
	if err := o.output.parse(nodeFormats()...); err != nil || !o.asNFD {
		return err
	}
	if len(o.output.values) == 0 {
		o.output.chosen = nil
	}
	if len(o.images) > 1 || len(o.manifests) > 0 {
		return errors.New("--output-json goes with one --image: NFD's JSON names no image")
	}
	for _, one := range o.output.chosen {
		if one.file == "" {
			return fmt.Errorf("--output-json and -o %s cannot both be on standard output", one.format)
		}
	}
	o.output.chosen = append(o.output.chosen, output{format: outputNFD})
	return nil
}

// run judges, prints the reports, and returns the verdict as an error.
func (o *validateNode) run(ctx context.Context) error {
	report, err := o.judge(ctx)
	if err != nil && (exitCode(err) == ExitUsage || errors.Is(err, context.Canceled)) {
		return err
	}
	if err != nil {
		noteError(report, err)
	}
	report.Tool.Version = version()
	if printErr := o.output.print(o.streams, o.printerOf(report)); printErr != nil {
		return errors.Join(printErr, err)
	}
	if err != nil {
		return err
	}
	o.warnOfUndeclared(report)
	if code := o.worst(report); code != ExitOK {
		return reportedError{code}
	}
	return nil
}

// noteError puts into a report the error that ended all of it.
func noteError(report *validate.Report, err error) {
	result := &report.Results[0]
	result.Error, result.Verdict, report.Verdict = resultError(err), "", ""
}

// warnOfUndeclared warns of images without a spec, if they are let pass with a warning.
func (o *validateNode) warnOfUndeclared(report *validate.Report) {
	for i := range report.Results {
		r := &report.Results[i]
		if o.onMissing != onMissingWarn || r.Verdict != validate.Undeclared {
			continue
		}
		o.streams.note("warning: %s%s", about(r.Image.Reference, len(report.Results) > 1), r.Reason)
	}
}

// worst is the exit code of a report: of those of its results the worst.
func (o *validateNode) worst(report *validate.Report) int {
	codes := map[int]bool{}
	for i := range report.Results {
		r := &report.Results[i]
		switch {
		case r.Error != nil:
			codes[r.Error.Code] = true
		case r.Verdict == validate.Undeclared && o.onMissing != onMissingFail:
		default:
			codes[verdictCode(r.Verdict)] = true
		}
	}
	for _, code := range gravest() {
		if codes[code] {
			return code
		}
	}
	return ExitOK
}

// warn tells the warnings, the first of them if there are very many. Notes are for the spec's author.
func (o *validateNode) warn(in string, findings []spec.Finding) {
	const most = 20
	findings = slices.DeleteFunc(slices.Clone(findings), func(f spec.Finding) bool { return f.Severity != spec.SeverityWarning })
	for _, f := range findings[:min(len(findings), most)] {
		o.streams.note("%s: %s", f.Severity, f.In(in))
	}
	if more := len(findings) - most; more > 0 {
		o.streams.note("and %d more like these", more)
	}
}
