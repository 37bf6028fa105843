package spec

import nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

// Operators returns the operators of NFD's match expressions, by their names.
func Operators() []string {
	return []string{
		string(nfdv1alpha1.MatchIn), string(nfdv1alpha1.MatchNotIn), string(nfdv1alpha1.MatchInRegexp),
		string(nfdv1alpha1.MatchExists), string(nfdv1alpha1.MatchDoesNotExist),
		string(nfdv1alpha1.MatchGt), string(nfdv1alpha1.MatchGe), string(nfdv1alpha1.MatchLt), string(nfdv1alpha1.MatchLe),
		string(nfdv1alpha1.MatchGtLt), string(nfdv1alpha1.MatchGeLe),
		string(nfdv1alpha1.MatchIsTrue), string(nfdv1alpha1.MatchIsFalse),
	}
}
