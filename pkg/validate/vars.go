package validate

import (
	"fmt"
	"maps"
	"slices"
)

// vars is the feature rule.matched: what the rules of a set that matched have published, for the rules after them.
type vars struct {
	known map[string]string
	// doubtful are the variables of which nobody can tell whether, or with what value, they were published, with the
	// reason. anyDoubt is the reason why this is so of every variable that is not known, or empty.
	doubtful map[string]string
	anyDoubt string
}

func newVars() *vars {
	return &vars{known: map[string]string{}, doubtful: map[string]string{}}
}

// publish adds the variables of a rule, if it matched. Of an unknown rule nobody can tell, so its variables become
// doubtful; of a template, which this version does not evaluate, not even the names are known.
func (v *vars) publish(r *rule, outcome Outcome) {
	if outcome == Mismatch {
		return
	}
	if r.hasTemplate {
		clear(v.known)
		v.anyDoubt = fmt.Sprintf("the template of rule %q is not evaluated by this version", r.name)
	}
	for name, value := range r.vars {
		if outcome == Match {
			v.known[name] = value
			delete(v.doubtful, name)
			continue
		}
		if before, ok := v.known[name]; !ok || before != value {
			delete(v.known, name)
			v.doubtful[name] = fmt.Sprintf("it is not known whether rule %q matches, which sets it", r.name)
		}
	}
}

// doubt returns why a variable that is not known may be there all the same, or "".
func (v *vars) doubt(name string) string {
	if reason, ok := v.doubtful[name]; ok {
		return reason
	}
	return v.anyDoubt
}

// anyDoubtful returns why there may be variables that are not known, or "".
func (v *vars) anyDoubtful() string {
	if v.anyDoubt != "" {
		return v.anyDoubt
	}
	for _, name := range slices.Sorted(maps.Keys(v.doubtful)) {
		return v.doubtful[name]
	}
	return ""
}
