package validate

// An instanceOutcome is what became of the expressions of a term on one instance.
type instanceOutcome struct {
	all      Outcome // of all of them together
	matching int     // how many match
}

// A column is one attribute of all instances. There are many devices and few vendors, so each value is judged once.
type column struct {
	values   []string  // each once
	outcomes []Outcome // of each value, for the expression that is judged
	of       []int32   // of each instance: its value's place, or -1 if it has none
}

// maxKept bounds the entries of all columns that are kept, since a spec can ask for thousands of attributes.
const maxKept = 1 << 20

const (
	// maxPlaces bounds the values of a column: where so many differ there is little to gain, and much memory to lose.
	maxPlaces = 1 << 16
	// stepsOfPlace is what it takes to find one.
	stepsOfPlace = 16
)

// column returns the column of an attribute, nil if that has too many values. If the work has to end it is not whole.
func (o *observation) column(element string) *column {
	if c := o.columns[element]; c != nil {
		return c
	}
	c := &column{of: make([]int32, len(o.instances))}
	places := map[string]int32{}
	for i := range o.instances {
		if o.watch.done(stepsOfPlace) {
			return c
		}
		value, has := o.instances[i].Attributes[element]
		if !has {
			c.of[i] = -1
			continue
		}
		place, known := places[value]
		if !known {
			place = int32(len(c.values)) //nolint:gosec // there are not that many instances
			if len(places) == maxPlaces {
				return nil
			}
			places[value] = place
			c.values = append(c.values, value)
		}
		c.of[i] = place
	}
	c.outcomes = make([]Outcome, len(c.values))
	o.keep(element, c)
	return c
}

// keep keeps a column for the next expression on it, if there is room.
func (o *observation) keep(element string, c *column) {
	n := len(c.of)
	if *o.kept+n > maxKept {
		*o.kept -= n * len(o.columns)
		o.columns = nil
	}
	if *o.kept+n > maxKept {
		return
	}
	if o.columns == nil {
		o.columns = map[string]*column{}
	}
	o.columns[element] = c
	*o.kept += n
}

// judgeInstances judges expressions on every instance. What it returns is overwritten by the next call.
func (o *observation) judgeInstances(expressions []expression) []instanceOutcome {
	if len(o.instances) == 0 { // as of rule.matched
		return nil
	}
	if o.judged == nil {
		o.judged = make([]instanceOutcome, len(o.instances))
	}
	for i := range o.judged {
		o.judged[i] = instanceOutcome{all: Match}
	}
	o.watch.done(len(o.judged))
	for j := range expressions {
		e := &expressions[j]
		c := o.column(e.element)
		for v := 0; c != nil && v < len(c.values) && !o.watch.done(1); v++ {
			c.outcomes[v] = o.attribute(e, c.values[v], true)
		}
		if o.watch.done(0) {
			break
		}
		missing := o.attribute(e, "", false)
		for i := range o.judged {
			outcome := missing
			if c == nil {
				value, has := o.instances[i].Attributes[e.element]
				if outcome = o.attribute(e, value, has); o.watch.done(stepsOfPlace) {
					break
				}
			} else if place := c.of[i]; place >= 0 {
				outcome = c.outcomes[place]
			}
			if outcome == Match {
				o.judged[i].matching++
			}
			o.judged[i].all = And(o.judged[i].all, outcome)
		}
		if o.watch.done(len(o.judged)) {
			break
		}
	}
	return o.judged
}

// anyInstance judges expressions on instances: one single instance must satisfy all of them.
func (o *observation) anyInstance(expressions []expression) Outcome {
	_, outcome := o.closest(expressions)
	if outcome == Mismatch && o.instancesDoubt() != "" { // the one that would match may be among those that could not be read
		return Unknown
	}
	return outcome
}

// closest returns the first of the instances that satisfy most of the expressions, and the outcome of the expressions on
// it; -1 if there is no instance.
func (o *observation) closest(expressions []expression) (int, Outcome) {
	closest, best := -1, instanceOutcome{all: Mismatch}
	for i, of := range o.judgeInstances(expressions) {
		if closest < 0 || of.all > best.all || of.all == best.all && of.matching > best.matching {
			closest, best = i, of
		}
	}
	return closest, best.all
}

// attribute judges an expression on an attribute of an instance, which has a value or is not there.
func (o *observation) attribute(e *expression, value string, there bool) Outcome {
	if !there && o.doubt(e.element) != "" {
		return Unknown
	}
	return e.judge(value, there, o.watch)
}
