package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/pkg/derive"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// createSpec are the options of create-spec.
type createSpec struct {
	streams Streams

	image    string
	platform string
	node     bool
	chosen   []string
	hostRoot string
	features string
	rule     string
	path     string
	registryFlags
}

func newCreateSpec(streams Streams) *cobra.Command {
	o := &createSpec{streams: streams}
	cmd := &cobra.Command{
		Use:   "create-spec {--from-image IMAGE | --from-node --feature FEATURE… | --from-rule FILE}",
		Short: "Write a compatibility spec to begin with",
		Long: `Write a compatibility spec to begin with: of what an image declares already, of
features of this host, or of the rules of an NFD object. It is YAML with
comments on where each requirement comes from, for people to review and to
attach; what could not be taken over is told in it and on standard error.

--from-image reads NVIDIA_REQUIRE_* (of older images CUDA_VERSION) and the
variant of the platform from the config of the image. Nothing else of it is
pulled.

--from-node makes requirements of features of this host, which it then
satisfies:

  --feature kernel.version            at least the kernel of this host
  --feature gpu.driver                at least its driver, and its CUDA version
  --feature cpu.cpuid                 its level of x86-64
  --feature cpu.cpuid=AVX2,AVX512F    these instructions
  --feature kernel.loadedmodule=efa   this module
  --feature kernel.config=BPF,NET     these options, built in or as modules
  --feature pci.device=10de:2330      a device, as lspci -n writes it
  --feature pci.driver=driver:vfio-pci,vendor
                                      an instance with this value, and of this
                                      host's vendor; one such is enough

Versions and amounts are required to be at least as here, all else as it is
here.

--from-rule takes the matchers of NodeFeatureRule and NodeFeatureGroup objects
and leaves out labels, taints and the like.`,
		Example: `  # What does this image declare?
  nfd-compat create-spec --from-image registry.example.com/team/cuda:v1

  # At least this kernel and this driver
  nfd-compat create-spec --from-node --feature kernel.version --feature gpu.driver --path spec.yaml

  # The rules of a NodeFeatureRule
  nfd-compat create-spec --from-rule rule.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return usageErrorOf(cmd, err)
			}
			err := o.run(cmd.Context())
			if errors.Is(err, derive.ErrChoice) {
				return usageErrorOf(cmd, err)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.image, "from-image", "", "take what this `IMAGE` declares: a reference in a registry, oci:DIR[:TAG|@DIGEST] or oci-archive:FILE[:TAG|@DIGEST]")
	flags.StringVar(&o.platform, "platform", "", "of an index, take the image for this `PLATFORM` (such as linux/arm64) instead of the host's own")
	flags.BoolVar(&o.node, "from-node", false, "take features of this host, each named by a --feature")
	flags.StringArrayVar(&o.chosen, "feature", nil, "a `FEATURE[=ITEM,ITEM]` to take; may be given several times")
	flags.StringVar(&o.features, "features", "", "a `FILE` with exported features, instead of this host's (\"-\" is standard input)")
	addHostRoot(flags, &o.hostRoot)
	flags.StringVar(&o.rule, "from-rule", "", "take the matchers of the NFD objects in this `FILE` (\"-\" is standard input)")
	flags.StringVarP(&o.path, "path", "p", "", "the new `FILE` to write, instead of standard output")
	flags.StringVarP(&o.path, "output", "o", "", "the same as --path")
	_ = flags.MarkHidden("output")
	_ = cmd.RegisterFlagCompletionFunc("feature", completeChoice)
	o.add(flags)
	return cmd
}

// check finds what is wrong with the flags.
func (o *createSpec) check(cmd *cobra.Command) error {
	sources := 0
	for _, given := range []bool{o.image != "", o.node, o.rule != ""} {
		if given {
			sources++
		}
	}
	changed, given := cmd.Flags().Changed, registryFlagsGiven(cmd.Flags())
	switch {
	case sources == 0 && len(o.chosen) > 0:
		return errors.New("--feature goes with --from-node")
	case sources == 0:
		return errors.New("name a source: --from-image, --from-node or --from-rule")
	case sources > 1:
		return errors.New("--from-image, --from-node and --from-rule exclude each other")
	case o.node && len(o.chosen) == 0:
		return errors.New("name the features to take, such as --feature kernel.version (nfd-compat explain lists them)")
	case !o.node && (len(o.chosen) > 0 || o.features != "" || changed("host-root")):
		return errors.New("--feature, --features and --host-root go with --from-node")
	case o.features != "" && changed("host-root"):
		return errors.New("--features and --host-root exclude each other")
	case o.image == "" && o.platform != "":
		return errors.New("--platform goes with --from-image")
	case o.image == "" && len(given) > 0:
		return fmt.Errorf("%s and its like go with --from-image: nothing else is in a registry", given[0])
	}
	return o.registryFlags.check("")
}

// run makes a draft, checks it, and writes it.
func (o *createSpec) run(ctx context.Context) error {
	draft, err := o.draft(ctx)
	if err != nil {
		return err
	}
	for _, r := range draft.Remarks {
		o.streams.note("%s: %s", r.Severity, r)
	}
	if draft.Spec == nil {
		return o.nothing()
	}
	text := draft.YAML()
	if err := o.review(text); err != nil {
		return err
	}
	to := o.streams.stream(o.path)
	if o.path == "" {
		to = o.streams.Out
	}
	if to == nil {
		return writeNew(o.path, text)
	}
	_, err = to.Write(text)
	return err
}

// nothing says that there is nothing to make a spec of.
func (o *createSpec) nothing() error {
	if o.image != "" {
		o.streams.note("the config of the image declares nothing that can be judged")
		return reportedError{ExitUndeclared}
	}
	return &spec.Error{File: inputName(o.rule), Findings: []spec.Finding{{
		ID: spec.IDEmptySpec, Severity: spec.SeverityError, Message: "no rule has a matcher, so there is nothing to require",
	}}}
}

// review checks the text as validate-spec does. What is wrong with it was wrong in the source.
func (o *createSpec) review(text []byte) error {
	document, err := spec.Decode(text)
	if err != nil {
		return fmt.Errorf("what was made: %w", err)
	}
	_, findings := validate.Compile(document, validate.Options{Vocabulary: vocabulary()})
	if err := spec.Errors(findings); err != nil {
		return fmt.Errorf("what was made: %w", err)
	}
	for _, f := range findings {
		if f.Severity == spec.SeverityWarning {
			o.streams.note("%s: %s", f.Severity, f.In(o.path))
		}
	}
	return nil
}

// writeNew writes a file that is not there yet: a spec that was reviewed is not to be lost.
func writeNew(name string, content []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: remove it, or name another file", name)
	}
	if err != nil {
		return err // it names the operation, the file and the cause
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}
