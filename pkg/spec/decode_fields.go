package spec

import (
	"maps"

	"go.yaml.in/yaml/v3"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// The methods of this file decode the fields of a spec, one method for each type, from the document downwards.

func (d *decoder) document(n *yaml.Node) *Spec {
	s := &Spec{}
	seen := d.mapping(n, nil, "version and compatibilities", fields{
		"version": func(n *yaml.Node, at *path) {
			s.Version = d.text(n, at, true)
			if s.Version != Version && !isCollection(n) {
				d.fault(IDVersion, n, at, "version %q is not known: this is %s", shorten(s.Version), Version)
			}
		},
		"compatibilities": func(n *yaml.Node, at *path) {
			d.list(n, at, "of compatibility sets", func(_ int, n *yaml.Node, at *path) {
				s.Compatibilities = append(s.Compatibilities, d.compatibility(n, at))
			})
		},
	})
	if seen != nil && !seen["version"] {
		d.fault(IDVersion, n, nil, "the version is missing: write version: %s", Version)
	}
	return s
}

func (d *decoder) compatibility(n *yaml.Node, at *path) (c Compatibility) {
	d.mapping(n, at, "a compatibility set", fields{
		"rules": func(n *yaml.Node, at *path) { c.Rules = d.ruleList(n, at, fields{}) },
		"celRules": func(n *yaml.Node, at *path) {
			d.list(n, at, "of CEL rules", func(_ int, n *yaml.Node, at *path) { c.CELRules = append(c.CELRules, d.celRule(n, at)) })
		},
		"weight": func(n *yaml.Node, at *path) {
			target, leave, ok := d.enter(n, at)
			defer leave()
			if !ok || isNull(target) {
				return
			}
			weight, err := scalarInt(target)
			if err != nil {
				d.fault(IDWrongType, target, at, "%v", err)
			}
			c.Weight = weight
		},
		"tag":         func(n *yaml.Node, at *path) { c.Tag = d.text(n, at, true) },
		"description": func(n *yaml.Node, at *path) { c.Description = d.text(n, at, true) },
	})
	return c
}

func (d *decoder) celRule(n *yaml.Node, at *path) (r CELRule) {
	d.mapping(n, at, "a CEL rule", fields{
		"name":       func(n *yaml.Node, at *path) { r.Name = d.text(n, at, false) },
		"expression": func(n *yaml.Node, at *path) { r.Expression = d.text(n, at, false) },
		"message":    func(n *yaml.Node, at *path) { r.Message = d.text(n, at, true) },
	})
	return r
}

// ruleList decodes a list of rules, which may have more fields than those that match.
func (d *decoder) ruleList(n *yaml.Node, at *path, more fields) (rules []nfdv1alpha1.GroupRule) {
	d.list(n, at, "of rules", func(_ int, n *yaml.Node, at *path) { rules = append(rules, d.rule(n, at, more)) })
	return rules
}

func (d *decoder) rule(n *yaml.Node, at *path, more fields) (r nfdv1alpha1.GroupRule) {
	known := fields{
		"name": func(n *yaml.Node, at *path) { r.Name = d.text(n, at, true) },
		"vars": func(n *yaml.Node, at *path) {
			if isNull(n) {
				return
			}
			r.Vars = map[string]string{}
			d.entries(n, at, "of variables", func(key string, _, value *yaml.Node) {
				r.Vars[key] = d.text(value, at.field(key), true)
			})
		},
		"varsTemplate":  func(n *yaml.Node, at *path) { r.VarsTemplate = d.text(n, at, true) },
		"matchFeatures": func(n *yaml.Node, at *path) { r.MatchFeatures = d.featureMatcher(n, at) },
		"matchAny": func(n *yaml.Node, at *path) {
			d.list(n, at, "of alternatives", func(_ int, n *yaml.Node, at *path) {
				var e nfdv1alpha1.MatchAnyElem
				d.mapping(n, at, "an alternative", fields{
					"matchFeatures": func(n *yaml.Node, at *path) { e.MatchFeatures = d.featureMatcher(n, at) },
				})
				r.MatchAny = append(r.MatchAny, e)
			})
		},
	}
	maps.Copy(known, more)
	d.mapping(n, at, "a rule", known)
	return r
}

func (d *decoder) featureMatcher(n *yaml.Node, at *path) (m nfdv1alpha1.FeatureMatcher) {
	d.list(n, at, "of terms", func(_ int, n *yaml.Node, at *path) { m = append(m, d.term(n, at)) })
	return m
}

func (d *decoder) term(n *yaml.Node, at *path) (t nfdv1alpha1.FeatureMatcherTerm) {
	seen := d.mapping(n, at, "a term", fields{
		"feature": func(n *yaml.Node, at *path) { t.Feature = d.text(n, at, false) },
		"matchExpressions": func(n *yaml.Node, at *path) {
			if isNull(n) {
				return
			}
			expressions := nfdv1alpha1.MatchExpressionSet{}
			d.entries(n, at, "of expressions, by the name of an element", func(key string, _, value *yaml.Node) {
				expressions[key] = d.expression(value, at.field(key))
			})
			t.MatchExpressions = &expressions
		},
		"matchName": func(n *yaml.Node, at *path) { t.MatchName = d.expression(n, at) },
	})
	if seen != nil && !seen["feature"] {
		d.fault(IDMissingField, n, at, "the term names no feature")
	}
	return t
}

// expression decodes a match expression; nil is never returned, so that nobody meets the null that crashes NFD's client.
func (d *decoder) expression(n *yaml.Node, at *path) *nfdv1alpha1.MatchExpression {
	e := &nfdv1alpha1.MatchExpression{}
	if isNull(n) {
		d.fault(IDNilExpression, n, at, "the expression is empty: write {op: Exists}, or another operator")
		return e
	}
	seen := d.mapping(n, at, "an expression", fields{
		"op": func(n *yaml.Node, at *path) { e.Op = nfdv1alpha1.MatchOp(d.text(n, at, true)) },
		"value": func(n *yaml.Node, at *path) {
			d.list(n, at, "of values", func(_ int, n *yaml.Node, at *path) { e.Value = append(e.Value, d.text(n, at, false)) })
		},
		"type": func(n *yaml.Node, at *path) { e.Type = nfdv1alpha1.ValueType(d.text(n, at, true)) },
	})
	if seen != nil && e.Op == "" {
		d.fault(IDMissingField, n, at, "the expression has no op: write op: Exists, or another operator")
	}
	return e
}
