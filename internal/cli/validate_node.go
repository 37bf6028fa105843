package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/pkg/features"
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

	image     string
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
}

func newValidateNode(streams Streams) *cobra.Command {
	o := &validateNode{streams: streams}
	cmd := &cobra.Command{
		Use:   "validate-node {--image IMAGE | --spec FILE}",
		Short: "Judge this host by the compatibility spec of an image",
		Long: `Judge this host by the compatibility spec that is attached to an image, or by
one in a file. The report says what the host lacks, and what was observed there;
its last line is the verdict, which is also the exit code:

  0  compatible          5  the registry did not answer
  3  incompatible        6  the spec is invalid
  4  no spec attached    7  a required feature could not be read
  1  another error       2  wrong usage`,
		Example: `  # An image in a registry
  nfd-compat validate-node --image registry.example.com/team/app:v1

  # An image in an OCI layout directory
  nfd-compat validate-node --image oci:testdata/demo:v1

  # A spec that is not attached yet, for the sets of one tag
  nfd-compat validate-node --spec spec.yaml --tags gpu

  # A host that is mounted at /host, as JSON
  nfd-compat validate-node --image registry.example.com/team/app:v1 --host-root /host -o json

  # For people on standard output, and for CI in files
  nfd-compat validate-node --image registry.example.com/team/app:v1 -o text -o junit=report.xml -o json=report.json

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
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.image, "image", "", "the `IMAGE`: a reference in a registry, oci:DIR[:TAG|@DIGEST] or oci-archive:FILE[:TAG|@DIGEST]")
	flags.StringVar(&o.spec, "spec", "", "a `FILE` with a spec, instead of an image (\"-\" is standard input)")
	flags.StringSliceVar(&o.tags, "tags", nil, "judge only the compatibility sets with one of these `TAGS`")
	flags.StringVar(&o.require, "require", string(validate.RequireAny), "how many sets must match: any or all")
	flags.StringVar(&o.platform, "platform", "", "judge for this `PLATFORM` (such as linux/arm64) instead of the host's own")
	addArtifact(flags, &o.artifact)
	flags.StringVar(&o.onMissing, "on-missing", onMissingFail, "what an image without a spec is: fail (exit 4), warn or ignore (exit 0)")
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
	switch {
	case o.image == "" && o.spec == "":
		return errors.New("name an image with --image, or a spec with --spec")
	case o.image != "" && o.spec != "":
		return errors.New("--image and --spec exclude each other")
	case o.spec == stdin && o.features == stdin:
		return errors.New("--spec and --features cannot both be standard input")
	case o.whatIf.override == stdin && (o.spec == stdin || o.features == stdin):
		return errors.New("--override and --spec or --features cannot both be standard input")
	case o.features != "" && cmd.Flags().Changed("host-root"):
		return errors.New("--features and --host-root exclude each other")
	case o.features == "" && cmd.Flags().Changed("features"): // as of a variable that is not set: the host here is not meant
		return errNoFeatures
	case o.spec != "" && o.platform != "":
		return errors.New("--platform goes with --image: a spec in a file is for no certain platform")
	case o.spec != "" && o.artifact != "":
		return errors.New("--artifact goes with --image: a spec in a file is attached to nothing")
	case o.artifact != "" && o.infer:
		return errors.New("--artifact and --infer exclude each other: one names the spec, the other is for images without")
	case o.artifact == "" && cmd.Flags().Changed("artifact"): // as of a variable that is not set
		return errNoArtifact
	case o.spec != "" && o.infer:
		return errors.New("--infer goes with --image: it is for images without a spec")
	}
	if given := registryFlagsGiven(cmd.Flags()); o.spec != "" && len(given) > 0 {
		return fmt.Errorf("%s and its like go with --image: a spec in a file is in no registry", given[0])
	}
	stdinFor := ""
	if o.features == stdin {
		stdinFor = "--features"
	}
	return errors.Join(
		o.registryFlags.check(cmd.Flags(), stdinFor),
		o.whatIf.check(cmd),
		oneOf("require", o.require, string(validate.RequireAny), string(validate.RequireAll)),
		oneOf("on-missing", o.onMissing, onMissingFail, onMissingWarn, onMissingIgnore),
		o.parseOutputs(),
	)
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
		result := &report.Results[0]
		result.Error, result.Verdict, report.Verdict = resultError(err), "", ""
		if result.Image == nil && o.image != "" {
			result.Image = &validate.Image{Reference: o.image}
		}
	}
	report.Tool.Version = version()
	if printErr := o.output.print(o.streams, o.printerOf(report)); printErr != nil {
		return errors.Join(printErr, err)
	}
	switch {
	case err != nil:
		return err
	case report.Verdict == validate.Undeclared && o.onMissing != onMissingFail:
		if o.onMissing == onMissingWarn {
			o.streams.note("warning: %s", report.Results[0].Reason)
		}
		return nil
	case report.Verdict != validate.Compatible:
		return verdictError{report.Verdict}
	}
	return nil
}

// judge goes the way from the reference or file to the report. With an error, the report has what was known till then.
func (o *validateNode) judge(ctx context.Context) (*validate.Report, error) {
	if err := o.whatIf.read(o.streams); err != nil {
		return validate.NewReport(validate.Result{}), err
	}
	if o.features != "" {
		return o.judgeGiven(ctx)
	}
	way, err := o.prepare(ctx, nil)
	if err != nil {
		return validate.NewReport(way.result), err
	}
	host, err := discover(ctx, o.hostRoot, way.needs())
	if err != nil {
		return validate.NewReport(way.result), err
	}
	result, err := way.judge(ctx, o.whatIf.apply(host))
	return validate.NewReport(result), err
}

// payload returns the text of the spec, and notes in the result where it came from. There is none if the image alone
// decides: for its platform, or because it declares nothing. Then the result has a verdict.
func (o *validateNode) payload(ctx context.Context, given *features.Set, result *validate.Result) ([]byte, error) {
	if o.spec != "" {
		return o.streams.readFile(o.spec, spec.MaxSize)
	}
	request, err := o.request(ctx, given)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	client, err := o.client(o.streams)
	if err != nil {
		return nil, err
	}
	image, err := client.Fetch(ctx, request)
	if err != nil {
		return nil, o.namingTimeout(err)
	}
	result.Image = imageOf(image)
	o.cache.tell(o.streams, image)
	if request.Platform == nil {
		o.warnOfPlatform(image)
	}
	switch {
	case image.Uncertain != "":
		result.Verdict, result.Reason = validate.VerdictUnknown, image.Uncertain
		return nil, nil
	case image.WrongPlatform != "":
		result.Verdict, result.Reason = validate.Incompatible, image.WrongPlatform
		return nil, nil
	case image.Artifact == nil && o.infer:
		return o.inferred(ctx, client, request, image, result)
	case image.Artifact == nil:
		result.Verdict, result.Reason = validate.Undeclared, undeclared(image)
		return nil, nil
	}
	result.Artifact = artifactOf(image.Artifact)
	return image.Artifact.Payload, nil
}

// compile makes the program of a spec's text, and warns of what is odd about it.
func (o *validateNode) compile(payload []byte) (*validate.Program, error) {
	document, err := spec.Decode(payload)
	if err != nil {
		return nil, err
	}
	program, findings := validate.Compile(document, validate.Options{
		Tags: o.tags, Require: validate.Require(o.require), Vocabulary: vocabulary(),
	})
	if err := spec.Errors(findings); err != nil {
		return nil, err
	}
	o.warn(findings)
	return program, nil
}

// warn tells the warnings, the first of them if there are very many. Notes are for the spec's author.
func (o *validateNode) warn(findings []spec.Finding) {
	const most = 20
	findings = slices.DeleteFunc(slices.Clone(findings), func(f spec.Finding) bool { return f.Severity != spec.SeverityWarning })
	for _, f := range findings[:min(len(findings), most)] {
		o.streams.note("%s: %s", f.Severity, f.In(inputName(o.spec)))
	}
	if more := len(findings) - most; more > 0 {
		o.streams.note("and %d more like these", more)
	}
}

// nameSpec tells people in which spec an error is.
func (o *validateNode) nameSpec(err error, result *validate.Result) error {
	var invalid *spec.Error
	switch {
	case result.Artifact != nil:
		return fmt.Errorf("artifact %s of %s: %w", result.Artifact.Digest, result.Image.Reference, err)
	case errors.As(err, &invalid):
		return &spec.Error{File: inputName(o.spec), Findings: invalid.Findings}
	}
	return err
}
