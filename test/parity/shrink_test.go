package parity

import (
	"maps"
	"slices"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// shrink leaves out of a trial what it can, as long as it fails.
func shrink(t trial, fails func(*trial) bool) trial {
	for {
		i := slices.IndexFunc(smaller(t), func(s trial) bool { return fails(&s) })
		if i < 0 {
			return t
		}
		t = smaller(t)[i]
	}
}

// smaller returns trials that lack one thing each, in a fixed order.
func smaller(t trial) []trial {
	var all []trial
	add := func(change func(*trial)) {
		c := t.clone()
		change(&c)
		all = append(all, c)
	}
	for s, set := range t.Sets {
		add(func(c *trial) { c.Sets = slices.Delete(c.Sets, s, s+1) })
		for i := range set.Rules {
			if len(set.Rules) > 1 {
				add(func(c *trial) { c.Sets[s].Rules = slices.Delete(c.Sets[s].Rules, i, i+1) })
			}
			for _, rule := range smallerRules(&set.Rules[i]) {
				add(func(c *trial) { c.Sets[s].Rules[i] = rule })
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Features.Flags)) {
		if !slices.Contains(t.Absent, name) {
			add(func(c *trial) { delete(c.Features.Flags, name) })
		}
		for _, element := range slices.Sorted(maps.Keys(t.Features.Flags[name].Elements)) {
			add(func(c *trial) { delete(c.Features.Flags[name].Elements, element) })
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Features.Attributes)) {
		if !slices.Contains(t.Absent, name) {
			add(func(c *trial) { delete(c.Features.Attributes, name) })
		}
		for _, element := range slices.Sorted(maps.Keys(t.Features.Attributes[name].Elements)) {
			add(func(c *trial) { delete(c.Features.Attributes[name].Elements, element) })
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Features.Instances)) {
		if !slices.Contains(t.Absent, name) {
			add(func(c *trial) { delete(c.Features.Instances, name) })
		}
		for i, instance := range t.Features.Instances[name].Elements {
			add(func(c *trial) {
				set := c.Features.Instances[name]
				set.Elements = slices.Delete(set.Elements, i, i+1)
				c.Features.Instances[name] = set
			})
			for _, element := range slices.Sorted(maps.Keys(instance.Attributes)) {
				add(func(c *trial) { delete(c.Features.Instances[name].Elements[i].Attributes, element) })
			}
		}
	}
	for i := range t.Absent {
		add(func(c *trial) { c.Absent = slices.Delete(c.Absent, i, i+1) })
	}
	if t.Require != "" {
		add(func(c *trial) { c.Require = "" })
	}
	return all
}

func (tr *trial) clone() trial {
	c := trial{Require: tr.Require, Features: *tr.Features.DeepCopy(), Absent: slices.Clone(tr.Absent)}
	for _, set := range tr.Sets {
		set.Rules = slices.Clone(set.Rules)
		for i := range set.Rules {
			set.Rules[i] = *set.Rules[i].DeepCopy()
		}
		c.Sets = append(c.Sets, set)
	}
	return c
}

// smallerRules returns rules that lack one part each and still ask for something.
func smallerRules(r *nfdv1alpha1.GroupRule) []nfdv1alpha1.GroupRule {
	var all []nfdv1alpha1.GroupRule
	add := func(change func(*nfdv1alpha1.GroupRule)) {
		c := *r.DeepCopy()
		change(&c)
		if len(c.MatchFeatures)+len(c.MatchAny) > 0 {
			all = append(all, c)
		}
	}
	if len(r.Vars) > 0 {
		add(func(c *nfdv1alpha1.GroupRule) { c.Vars = nil })
	}
	if r.VarsTemplate != "" {
		add(func(c *nfdv1alpha1.GroupRule) { c.VarsTemplate = "" })
	}
	for _, m := range smallerMatchers(r.MatchFeatures) {
		add(func(c *nfdv1alpha1.GroupRule) { c.MatchFeatures = m })
	}
	for i := range r.MatchAny {
		add(func(c *nfdv1alpha1.GroupRule) { c.MatchAny = slices.Delete(c.MatchAny, i, i+1) })
		for _, m := range smallerMatchers(r.MatchAny[i].MatchFeatures) {
			if len(m) > 0 {
				add(func(c *nfdv1alpha1.GroupRule) { c.MatchAny[i].MatchFeatures = m })
			}
		}
	}
	return all
}

func smallerMatchers(m nfdv1alpha1.FeatureMatcher) []nfdv1alpha1.FeatureMatcher {
	var all []nfdv1alpha1.FeatureMatcher
	for i := range m {
		all = append(all, slices.Delete(slices.Clone(m), i, i+1))
		replace := func(change func(*nfdv1alpha1.FeatureMatcherTerm)) {
			c := slices.Clone(m)
			c[i] = *c[i].DeepCopy()
			change(&c[i])
			all = append(all, c)
		}
		if m[i].MatchExpressions == nil {
			continue
		}
		if m[i].MatchName != nil {
			replace(func(t *nfdv1alpha1.FeatureMatcherTerm) { t.MatchName = nil })
			replace(func(t *nfdv1alpha1.FeatureMatcherTerm) { t.MatchExpressions = nil })
		}
		if len(*m[i].MatchExpressions) > 1 {
			for _, name := range slices.Sorted(maps.Keys(*m[i].MatchExpressions)) {
				replace(func(t *nfdv1alpha1.FeatureMatcherTerm) { delete(*t.MatchExpressions, name) })
			}
		}
	}
	return all
}
