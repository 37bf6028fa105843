package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// completeAssignment completes what --set takes: FEATURE. first, then an element of it, with = if it has a value, then the value.
func completeAssignment(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return completePath(begun, true)
}

// completeRemoval completes what --unset takes.
func completeRemoval(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return completePath(begun, false)
}

func completePath(begun string, valued bool) ([]string, cobra.ShellCompDirective) {
	const noSpace = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	var words []string
	for _, entry := range features.Catalogue() {
		feature := entry.Name + "."
		switch {
		case slices.Contains(entry.Kinds, features.Instance):
		case len(begun) <= len(feature) && strings.HasPrefix(feature, strings.ToLower(begun)) && !strings.EqualFold(begun, feature):
			words = append(words, feature+"\t"+entry.Description)
		case strings.HasPrefix(strings.ToLower(begun), feature):
			words = append(words, elementsOf(&entry, begun, valued)...)
		}
	}
	return words, noSpace
}

// elementsOf are the elements that a text can go on with, or, after the name of one, its values.
func elementsOf(entry *features.Entry, begun string, valued bool) []string {
	var words []string
	for _, element := range entry.Elements {
		path := entry.Name + "." + element.Name
		isFlag := cmp.Or(element.Kind, entry.Kinds[0]) == features.Flag
		switch {
		case strings.HasPrefix(strings.ToLower(begun), strings.ToLower(path)+"=") && valued:
			for _, value := range element.Values {
				words = append(words, path+"="+value)
			}
		case !strings.HasPrefix(strings.ToLower(path), strings.ToLower(begun)):
		case isFlag || !valued:
			words = append(words, path+"\t"+cmp.Or(element.Meaning, string(element.Kind)))
		default:
			words = append(words, path+"=\t"+element.Meaning)
		}
	}
	return words
}

// completeChoice completes what --feature of create-spec takes.
func completeChoice(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var words []string
	for _, entry := range features.Catalogue() {
		if strings.HasPrefix(entry.Name, strings.ToLower(begun)) {
			words = append(words, entry.Name+"\t"+entry.Description)
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
