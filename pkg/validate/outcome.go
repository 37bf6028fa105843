package validate

import "fmt"

// An Outcome is what became of an expression, a term, a rule or a set. The zero value is Unknown, so that what nobody
// decided is never taken for an answer.
type Outcome int8

// The three outcomes, in the order in which an OR prefers them.
const (
	Mismatch Outcome = iota - 1
	Unknown
	Match
)

// And is the conjunction in Kleene's logic: a mismatch decides, else an unknown does.
func And(a, b Outcome) Outcome { return min(a, b) }

// Or is the disjunction in Kleene's logic: a match decides, else an unknown does.
func Or(a, b Outcome) Outcome { return max(a, b) }

// outcomeOf is the outcome of what can be decided.
func outcomeOf(matches bool) Outcome {
	if matches {
		return Match
	}
	return Mismatch
}

// String returns "match", "mismatch" or "unknown".
func (o Outcome) String() string {
	switch o {
	case Match:
		return "match"
	case Mismatch:
		return "mismatch"
	case Unknown:
	}
	return "unknown"
}

// MarshalText writes the outcome as String does.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what MarshalText writes; another text is an error.
func (o *Outcome) UnmarshalText(text []byte) error {
	for _, known := range []Outcome{Match, Mismatch, Unknown} {
		if string(text) == known.String() {
			*o = known
			return nil
		}
	}
	return fmt.Errorf("outcome %q is none of match, mismatch, unknown", text)
}

// verdict is the outcome of a whole image.
func (o Outcome) verdict() Verdict {
	switch o {
	case Match:
		return Compatible
	case Mismatch:
		return Incompatible
	case Unknown:
	}
	return VerdictUnknown
}
