package derive

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// FromRules makes a spec of the matchers in documents of [spec.DecodeDocuments]: NodeFeatureRule and NodeFeatureGroup
// objects, lists of rules, specs. What a rule does to a node that matches (labels, taints and the like) is left out, and the
// remarks say so; a label that a later rule asks for becomes a variable.
//
// A NodeFeatureRule becomes one set, so that all of its rules are required; of a NodeFeatureGroup, of which one rule is enough,
// each rule becomes a set, unless rules build on each other.
func FromRules(documents []*spec.Spec) *Draft {
	b := rulesDraft{draft: &Draft{}, all: &spec.Spec{Version: spec.Version}}
	for _, document := range documents {
		b.document(document)
	}
	if len(b.all.Compatibilities) == 0 {
		return b.draft
	}
	b.draft.Spec = b.all
	b.distinguish()
	b.draft.comment("", "Made from "+strings.Join(b.draft.From, ", ")+".", "Review it, and attach it to the image. The sets are alternatives; all rules of a set are required.")
	return b.draft
}

// rulesDraft is a draft of rules in the making.
type rulesDraft struct {
	draft *Draft
	all   *spec.Spec
}

func (b *rulesDraft) document(document *spec.Spec) {
	before := len(b.all.Compatibilities)
	labelling := document.Labelling()
	for i := range document.Compatibilities {
		set := document.Compatibilities[i]
		at := document.RulesPath(i)
		rules, dropped := b.rules(document, set.Rules, at, labelling)
		switch {
		case len(rules) == 0:
		case document.Kind() == spec.KindNodeFeatureGroup && !slices.ContainsFunc(rules, asksEarlier):
			for j, r := range rules {
				b.add(document, spec.Compatibility{Rules: rules[j : j+1], Description: alternative(document, r.Name)}, dropped[j:j+1])
			}
		case document.Kind() == spec.KindNodeFeatureGroup:
			b.draft.warn(document.String(), "one rule of a group is enough in NFD; as these build on each other, they are kept together and all required")
			b.add(document, spec.Compatibility{Rules: rules}, dropped)
		default:
			b.add(document, spec.Compatibility{Rules: rules, CELRules: set.CELRules, Weight: set.Weight, Tag: set.Tag, Description: set.Description}, dropped)
		}
	}
	if len(b.all.Compatibilities) > before {
		b.draft.from(document.String())
	}
}

func alternative(document *spec.Spec, rule string) string {
	return strings.TrimSpace(fmt.Sprintf("Rule %s of %s.", rule, document))
}

// add adds a set, with what was dropped of each of its rules.
func (b *rulesDraft) add(document *spec.Spec, set spec.Compatibility, dropped [][]string) {
	at := spec.ItemPath("compatibilities", len(b.all.Compatibilities))
	if document.Kind() == spec.KindNodeFeatureRule && len(set.Rules) > 1 {
		b.draft.comment(at, "In NFD each of these rules is on its own. Here all are required: delete those that the image does not need.")
	}
	for i, comments := range dropped {
		if len(comments) > 0 {
			b.draft.comment(spec.ItemPath(spec.FieldPath(at, "rules"), i), comments...)
		}
	}
	b.all.Compatibilities = append(b.all.Compatibilities, set)
}

// distinguish describes sets that could not be told apart in a report.
func (b *rulesDraft) distinguish() {
	if len(b.all.Compatibilities) == 1 {
		return
	}
	for i := range b.all.Compatibilities {
		set := &b.all.Compatibilities[i]
		if set.Tag == "" && set.Description == "" {
			set.Description = fmt.Sprintf("Alternative %d of %d.", i+1, len(b.all.Compatibilities))
		}
	}
}

// rules returns those of a set that can be required, and comments for each.
func (b *rulesDraft) rules(document *spec.Spec, from []nfdv1alpha1.GroupRule, at string, labelling map[string]map[string]string) (rules []nfdv1alpha1.GroupRule, comments [][]string) {
	asked := askedEarlier(from)
	for i := range from {
		r := *from[i].DeepCopy()
		path := spec.ItemPath(at, i)
		source := strings.TrimSpace(document.String() + " rule " + r.Name)
		if len(r.MatchFeatures) == 0 && len(r.MatchAny) == 0 {
			b.draft.warn(source, "it has no matcher, so it matches any node: it is left out")
			continue
		}
		var notes []string
		for _, field := range labellingFields() {
			labels, there := labelling[spec.FieldPath(path, field)]
			if !there {
				continue
			}
			var kept []string
			if field == "labels" {
				kept = b.keepLabels(&r, labels, asked, source)
			}
			if len(kept) > 0 {
				notes = append(notes, "Labels that later rules ask for are variables here: "+strings.Join(kept, ", ")+".")
			}
			if len(kept) < len(labels) || len(labels) == 0 {
				notes = append(notes, leftOut(field, labels, kept))
				b.draft.note(source, "%s left out: a spec requires, and does nothing to a node", field)
			}
			if field == "labelsTemplate" && len(asked) > 0 {
				b.draft.warn(source, "labelsTemplate left out; if a later rule asks rule.matched for one of its labels, write it as varsTemplate")
			}
		}
		b.terms(&r, source)
		rules, comments = append(rules, r), append(comments, notes)
	}
	return rules, comments
}

// leftOut says what of a field is left out.
func leftOut(field string, labels map[string]string, kept []string) string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(labels)), func(name string) bool { return slices.Contains(kept, name) })
	if len(names) == 0 {
		return "Left out: " + field + "."
	}
	return "Left out: " + field + " (" + excerpt(strings.Join(names, ", ")) + ")."
}

// labellingFields are the fields of a NodeFeatureRule's rule that do something to a node.
func labellingFields() []string {
	return []string{"labels", "labelsTemplate", "annotations", "extendedResources", "taints"}
}

// keepLabels makes variables of the labels that later rules ask for, and returns their names.
func (b *rulesDraft) keepLabels(r *nfdv1alpha1.GroupRule, labels map[string]string, asked map[string]bool, source string) []string {
	var kept []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		switch {
		case !asked[name]:
			continue
		case strings.HasPrefix(labels[name], "@"):
			b.draft.warn(source, "the label %s takes its value from a feature, and a later rule asks for it: write it as varsTemplate", excerpt(name))
			continue
		}
		if r.Vars == nil {
			r.Vars = map[string]string{}
		}
		if _, there := r.Vars[name]; !there {
			r.Vars[name] = labels[name]
		}
		kept = append(kept, name)
	}
	return kept
}

// terms mends what a NodeFeatureRule may have and a spec may not: a term without an expression, which gives all elements to a
// template.
func (b *rulesDraft) terms(r *nfdv1alpha1.GroupRule, source string) {
	matchers := []nfdv1alpha1.FeatureMatcher{r.MatchFeatures}
	for i := range r.MatchAny {
		matchers = append(matchers, r.MatchAny[i].MatchFeatures)
	}
	for _, m := range matchers {
		for i := range m {
			if m[i].MatchExpressions != nil && len(*m[i].MatchExpressions) == 0 {
				m[i].MatchExpressions = nil
			}
			if m[i].MatchName == nil && m[i].MatchExpressions == nil {
				m[i].MatchName = &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists}
				b.draft.note(source, "the term on %s asks for nothing; here it asks that the feature has an element", excerpt(m[i].Feature))
			}
		}
	}
}

// asksEarlier tells whether a rule asks for what earlier ones publish.
func asksEarlier(r nfdv1alpha1.GroupRule) bool {
	return len(askedEarlier([]nfdv1alpha1.GroupRule{r})) > 0
}

// askedEarlier returns the names that rules ask of rule.matched.
func askedEarlier(rules []nfdv1alpha1.GroupRule) map[string]bool {
	asked := map[string]bool{}
	look := func(m nfdv1alpha1.FeatureMatcher) {
		for i := range m {
			if !strings.EqualFold(m[i].Feature, spec.RuleMatched) {
				continue
			}
			asked[""] = true // by matchName, any
			if m[i].MatchExpressions != nil {
				for name := range *m[i].MatchExpressions {
					asked[name] = true
				}
			}
		}
	}
	for i := range rules {
		look(rules[i].MatchFeatures)
		for _, alternative := range rules[i].MatchAny {
			look(alternative.MatchFeatures)
		}
	}
	return asked
}
