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
	// first is the first of the doubtful variables by name, nil if it is not known which.
	first *string
}

// reset forgets all variables: no set knows those of another one.
func (v *vars) reset() {
	*v = vars{} // to clear a map takes as long as the most that it ever held
}

// set takes note of a variable that was published for certain.
func (v *vars) set(name, value string) {
	if v.known == nil {
		v.known = map[string]string{}
	}
	v.known[name] = value
	if _, doubtful := v.doubtful[name]; doubtful {
		delete(v.doubtful, name)
		if v.first != nil && *v.first == name {
			v.first = nil
		}
	}
}

// publish adds the variables of a rule, if it matched: those of its template, and over them its own. Of an unknown rule
// nobody can tell, so its variables become doubtful; of a template that was not executed, or failed, not even the names
// are known.
func (v *vars) publish(r *rule, outcome Outcome, fromTemplate map[string]string, failure error) {
	if outcome == Mismatch {
		return
	}
	switch {
	case r.template == nil:
	case outcome == Unknown:
		v.doubtAll(fmt.Sprintf("rule %s, whose template may set it, is unknown", quote(r.name)))
	case failure != nil:
		v.doubtAll(fmt.Sprintf("the template of rule %s, which may set it, failed: %v", quote(r.name), failure))
	}
	for name, value := range fromTemplate {
		v.set(name, value)
	}
	if outcome == Match {
		for name, value := range r.vars {
			v.set(name, value)
		}
		return
	}
	because := fmt.Sprintf("rule %s, which would set it, is unknown", quote(r.name))
	for name, value := range r.vars {
		if before, ok := v.known[name]; !ok || before != value {
			delete(v.known, name)
			v.doubtOne(name, because)
		}
	}
}

// doubtOne takes a variable as doubtful, for this reason.
func (v *vars) doubtOne(name, reason string) {
	if v.doubtful == nil {
		v.doubtful = map[string]string{}
	}
	v.doubtful[name] = reason
	if len(v.doubtful) == 1 || v.first != nil && name < *v.first {
		v.first = &name
	}
}

// doubtAll takes every variable as doubtful, for this reason.
func (v *vars) doubtAll(reason string) {
	v.known, v.anyDoubt = nil, reason
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
	if len(v.doubtful) == 0 {
		return ""
	}
	if v.first == nil {
		v.first = new(slices.Min(slices.Collect(maps.Keys(v.doubtful))))
	}
	return v.doubtful[*v.first]
}
