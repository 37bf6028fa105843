package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// whatIfFlags change the features that are judged, for the question "what if the host had them?".
type whatIfFlags struct {
	set, unset []string
	override   string

	assignments []features.Assignment
	over        *features.Set
}

func (w *whatIfFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&w.set, "set", nil, "judge as if the host had this `FEATURE.ELEMENT[=VALUE]`; may be given several times")
	flags.StringArrayVar(&w.unset, "unset", nil, "judge as if the host did not have this `FEATURE.ELEMENT`; may be given several times")
	flags.StringVar(&w.override, "override", "", "judge as if the host had the features in this `FILE` too (\"-\" is standard input)")
}

// complete completes the names that the flags take.
func (w *whatIfFlags) complete(cmd *cobra.Command) {
	_ = cmd.RegisterFlagCompletionFunc("set", completeAssignment)
	_ = cmd.RegisterFlagCompletionFunc("unset", completeRemoval)
}

// check parses what is to be set, and finds what is wrong with it.
func (w *whatIfFlags) check() error {
	seen := map[[2]string]string{}
	for _, list := range []struct {
		flag  string
		texts []string
		parse func(string) (features.Assignment, error)
	}{{"--set", w.set, features.ParseAssignment}, {"--unset", w.unset, features.ParseRemoval}} {
		for _, text := range list.texts {
			a, err := list.parse(text)
			if err != nil {
				return fmt.Errorf("%s %s: %w", list.flag, text, hint(err))
			}
			if strings.HasSuffix(text, "=") { // as of a variable that is not set
				return fmt.Errorf("%s %s: the value is empty; --override takes a file with one that is", list.flag, text)
			}
			key := [2]string{a.Feature, a.Element}
			if before, again := seen[key]; again {
				return fmt.Errorf("%s of %s is given twice: by %s and by %s %s", a.Element, a.Feature, before, list.flag, text)
			}
			seen[key] = list.flag + " " + text
			w.assignments = append(w.assignments, a)
		}
	}
	return nil
}

// hint adds to an error what to write instead.
func hint(err error) error {
	var unknown *features.UnknownError
	switch {
	case errors.Is(err, features.ErrInstances):
		return fmt.Errorf("%w; --override takes a file with all its instances", err)
	case errors.As(err, &unknown):
		if near := spec.Nearest(unknown.Name, unknown.Known); near != "" {
			return fmt.Errorf("%w; did you mean %s?", err, near)
		}
		return fmt.Errorf("%w; nfd-compat explain lists what there is", err)
	case errors.Is(err, features.ErrFlag):
		return fmt.Errorf("%w; --unset takes it away", err)
	}
	return err
}

// maxUnknown bounds how many elements of a file are named that are not known.
const maxUnknown = 5

// read reads the file of features, and warns of what may not be meant.
func (w *whatIfFlags) read(s Streams) error {
	for _, a := range w.assignments {
		whole := a.PartOf()
		if whole != "" && !slices.ContainsFunc(w.assignments, func(b features.Assignment) bool { return b.Feature == a.Feature && b.Element == whole }) {
			s.note("warning: %s of %s is changed, and %s, which it is a part of, is not", a.Element, a.Feature, whole)
		}
	}
	if w.override == "" {
		return nil
	}
	over, err := s.readFeatures(w.override)
	if err != nil {
		return err
	}
	over, unknown, err := features.CheckOverride(over)
	if err != nil {
		return fmt.Errorf("%s: %w", inputName(w.override), hint(err))
	}
	w.over = over
	for i, what := range unknown {
		if i == maxUnknown {
			s.note("warning: %s: there are %d more that are not known", inputName(w.override), len(unknown)-i)
			break
		}
		s.note("warning: %s: %v", inputName(w.override), hint(what))
	}
	for _, name := range over.Names() {
		if _, known := features.Lookup(name); !known {
			s.note("warning: %s: %v", inputName(w.override), knownFeature(name))
		}
	}
	return nil
}

// apply returns the features as they would be: first with those of the file, then with what is set.
func (w *whatIfFlags) apply(set *features.Set) *features.Set {
	if w.over != nil {
		set = set.Override(w.over)
	}
	if len(w.assignments) > 0 {
		set = set.Assign(w.assignments...)
	}
	return set
}
