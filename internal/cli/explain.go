package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// explain are the options of explain.
type explain struct {
	streams  Streams
	features string
	hostRoot string
	output   string
}

func newExplain(streams Streams) *cobra.Command {
	o := &explain{streams: streams}
	cmd := &cobra.Command{
		Use:   "explain [FEATURE [ELEMENT]]",
		Short: "Tell what a feature is, where it is read, and its value here",
		Long: `Tell what a feature is that a spec can ask for, what its elements mean, where it
is read, and what this host has of it. Without a feature, list them all.

An element is a flag (cpu.cpuid AVX2), an attribute (kernel.config NUMA), or an
attribute of instances (pci.device vendor).`,
		Example: `  # The features that there are
  nfd-compat explain

  # One of them, on this host
  nfd-compat explain memory.hugepages

  # An option of the kernel that is mounted at /host
  nfd-compat explain kernel.config NUMA --host-root /host`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd, args); err != nil {
				return usageErrorOf(cmd, err)
			}
			return o.run(cmd.Context(), args)
		},
		ValidArgsFunction: completeFeature,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.features, "features", "", "a `FILE` with exported features, instead of this host's (\"-\" is standard input)")
	addHostRoot(flags, &o.hostRoot)
	flags.StringVarP(&o.output, "output", "o", outputText, "the `FORMAT` to print: text or json")
	return cmd
}

// check finds what is wrong with the arguments and flags.
func (o *explain) check(cmd *cobra.Command, args []string) error {
	const most = 2
	switch {
	case len(args) > most:
		return fmt.Errorf("unexpected argument %q: want a feature and one of its elements at most", args[most])
	case o.features != "" && cmd.Flags().Changed("host-root"):
		return errors.New("--features and --host-root exclude each other")
	case len(args) == 0 && (o.features != "" || cmd.Flags().Changed("host-root")):
		return errors.New("--features and --host-root go with a feature: the list is the same for every host")
	case len(args) > 0:
		if err := knownFeature(args[0]); err != nil {
			return err
		}
		if option, long := strings.CutPrefix(args[len(args)-1], "CONFIG_"); long && strings.EqualFold(args[0], "kernel.config") {
			return fmt.Errorf("kernel.config has the names of options without CONFIG_: did you mean kernel.config %s?", option)
		}
		if len(args) > 1 {
			o.hintAt(args[0], args[1])
		}
	}
	return oneOf("output", o.output, outputText, outputJSON)
}

// knownFeature refuses a name that the catalogue does not have.
func knownFeature(name string) error {
	if _, known := features.Lookup(strings.ToLower(name)); known {
		return nil
	}
	var names []string
	for _, entry := range features.Catalogue() {
		names = append(names, entry.Name)
	}
	err := fmt.Errorf("no feature %q is known", name)
	if of := slices.DeleteFunc(slices.Clone(names), func(known string) bool { return !strings.HasPrefix(known, strings.ToLower(name)+".") }); len(of) > 0 {
		return fmt.Errorf("%w; there are %s", err, strings.Join(of, ", "))
	}
	if near := spec.Nearest(strings.ToLower(name), names); near != "" {
		return fmt.Errorf("%w; did you mean %s?", err, near)
	}
	return fmt.Errorf("%w; without an argument, explain lists them", err)
}

// hintAt says which element of a feature may be meant. It is no error to ask for another: hosts have more than is known.
func (o *explain) hintAt(feature, element string) {
	entry, _ := features.Lookup(strings.ToLower(feature))
	var names []string
	for _, e := range entry.Elements {
		names = append(names, e.Name)
	}
	if near := spec.Nearest(element, names); near != "" && !strings.EqualFold(near, element) && !slices.Contains(names, element) {
		o.streams.note("no element %q of %s is known; did you mean %s?", element, entry.Name, near)
	}
}

func (o *explain) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return o.list()
	}
	element := ""
	if len(args) > 1 {
		element = args[1]
	}
	entry, _ := features.Lookup(strings.ToLower(args[0]))
	set, read, err := o.look(ctx, entry.Name)
	if err != nil {
		return err
	}
	feature := render.NewFeature(&entry, element, set, read)
	feature.Tool.Version = version()
	if o.output == outputJSON {
		return render.FeatureJSON(o.streams.Out, feature)
	}
	return render.FeatureText(o.streams.Out, feature, textOptions(o.streams.Out))
}

func (o *explain) list() error {
	list := render.NewFeatureList()
	list.Tool.Version = version()
	if o.output == outputJSON {
		return render.FeatureListJSON(o.streams.Out, list)
	}
	return render.FeatureListText(o.streams.Out, list, o.streams.as.shown(name+" explain FEATURE"), textOptions(o.streams.Out))
}

// look finds a feature among those given, or else on the host, and tells what was read for it there.
func (o *explain) look(ctx context.Context, name string) (*features.Set, []string, error) {
	if o.features != "" {
		set, err := o.streams.readFeatures(o.features)
		return set, nil, err
	}
	host, err := openHost(o.hostRoot)
	if err != nil {
		return nil, nil, err
	}
	defer host.Close() //nolint:errcheck // nothing was written
	return host.Trace(ctx, name)
}

// completeFeature completes the names of features, and of the elements of one.
func completeFeature(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	var words []string
	switch len(args) {
	case 0:
		for _, entry := range features.Catalogue() {
			words = append(words, entry.Name+"\t"+entry.Description)
		}
	case 1:
		entry, _ := features.Lookup(strings.ToLower(args[0]))
		for _, element := range entry.Elements {
			words = append(words, element.Name+"\t"+cmp.Or(element.Meaning, string(element.Kind)))
		}
	}
	var fitting []string
	for _, word := range words {
		if strings.HasPrefix(strings.ToLower(word), strings.ToLower(begun)) {
			fitting = append(fitting, word)
		}
	}
	return fitting, cobra.ShellCompDirectiveNoFileComp
}
