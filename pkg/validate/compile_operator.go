package validate

import (
	"fmt"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// meantBy returns the operator that the author of a word means: the word in another case, one of another language's, or
// one that is a slip away. Sure says that the one can stand in the place of the other without further changes.
func meantBy(word string, values []string) (op string, sure bool) {
	for _, known := range spec.Operators() {
		if strings.EqualFold(word, known) {
			return known, true
		}
	}
	switch strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(word)) {
	case "gte", "ge=", ">=", "greaterorequal", "greaterthanorequal":
		return string(nfdv1alpha1.MatchGe), true
	case "lte", "le=", "<=", "lessorequal", "lessthanorequal":
		return string(nfdv1alpha1.MatchLe), true
	case ">", "greater", "greaterthan":
		return string(nfdv1alpha1.MatchGt), true
	case "<", "less", "lessthan":
		return string(nfdv1alpha1.MatchLt), true
	case "eq", "equal", "equals", "=", "==":
		return string(nfdv1alpha1.MatchIn), true
	case "ne", "neq", "notequal", "notequals", "!=", "nin":
		return string(nfdv1alpha1.MatchNotIn), true
	case "regex", "regexp", "inregex", "matches", "match", "=~":
		return string(nfdv1alpha1.MatchInRegexp), true
	case "exist", "present":
		return string(nfdv1alpha1.MatchExists), true
	case "notexists", "notexist", "doesntexist", "doesnotexists", "missing", "absent":
		return string(nfdv1alpha1.MatchDoesNotExist), true
	case "between", "inrange":
		return string(nfdv1alpha1.MatchGeLe), true
	case "is":
		switch {
		case slices.Equal(values, []string{"true"}):
			return string(nfdv1alpha1.MatchIsTrue), false // and no value
		case slices.Equal(values, []string{"false"}):
			return string(nfdv1alpha1.MatchIsFalse), false
		}
		return string(nfdv1alpha1.MatchIn), true
	}
	return spec.Nearest(word, spec.Operators()), false // In and NotIn are near each other
}

// unknownOperator tells of an operator that is none.
func (c *compiler) unknownOperator(e *nfdv1alpha1.MatchExpression, at string) {
	if e.Op == "" {
		c.fault(spec.IDMissingField, at, "the expression has no op: write op: Exists, or another operator")
		return
	}
	if c.told[spec.IDOperator]++; c.told[spec.IDOperator] > spec.MaxOfAKind {
		return
	}
	at = spec.FieldPath(at, "op")
	f := spec.Finding{
		ID: spec.IDOperator, Severity: spec.SeverityError, Position: c.spec.Position(at), Path: at,
		Message: fmt.Sprintf("unknown operator %s", quote(string(e.Op))),
	}
	var sure bool
	f.Suggestion, sure = meantBy(string(e.Op), e.Value)
	switch {
	case f.Suggestion == "":
		f.Message += "; known: " + strings.Join(spec.Operators(), ", ")
	case sure:
		f.Fix = c.spec.ReplaceValue(at, f.Suggestion)
	case strings.EqualFold(string(e.Op), "is"):
		f.Message += "; the one that is meant takes no value"
	}
	c.findings = append(c.findings, f)
}
