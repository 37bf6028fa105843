package cli

import (
	"slices"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// vocabulary is what the words of a spec are checked against: the catalogue of features.
func vocabulary() spec.Vocabulary {
	var words spec.Vocabulary
	for _, entry := range features.Catalogue() {
		words.Features = append(words.Features, wordsOf(entry))
	}
	return words
}

func wordsOf(entry features.Entry) spec.FeatureWords {
	words := spec.FeatureWords{
		Name:       entry.Name,
		Flags:      slices.Contains(entry.Kinds, features.Flag),
		Attributes: slices.Contains(entry.Kinds, features.Attribute),
		Instances:  slices.Contains(entry.Kinds, features.Instance),
		Values:     map[string][]string{},
	}
	for _, element := range entry.Elements {
		words.Elements = append(words.Elements, element.Name)
		if words.Flags && element.Kind == features.Attribute {
			words.Valued = append(words.Valued, element.Name)
		}
		if len(element.Values) > 0 {
			words.Values[element.Name] = element.Values
		}
	}
	return words
}
