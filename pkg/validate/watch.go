package validate

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// stepsBetween is how many steps are taken between two looks at the context. A step takes a few nanoseconds.
const stepsBetween = 1 << 16

var errTooMuchWork = errors.New("it is more work than it is worth")

// A watch looks at the context of an evaluation, wherever a spec or a host can make a loop long.
type watch struct {
	ctx   context.Context //nolint:containedctx // a watch lives as long as the one call that it is made for
	steps int             // since the last look
	most  int             // steps in all, or 0 for any number
	err   error           // why it has to end: the context's error, or errTooMuchWork
}

// done counts steps, and tells whether the work has to end; what it answers from then on is not asked for. A nil watch
// lets everything pass.
func (w *watch) done(steps int) bool {
	if w == nil {
		return false
	}
	if w.steps += steps; w.steps >= stepsBetween {
		w.look()
	}
	return w.err != nil
}

// sort sorts names; once the work has to end it leaves them as they are.
func (w *watch) sort(names []string) {
	const stepsOfCompare = 4
	slices.SortFunc(names, func(a, b string) int {
		if w.done(stepsOfCompare) {
			return 0
		}
		return strings.Compare(a, b)
	})
}

func (w *watch) look() {
	if w.err == nil {
		w.err = w.ctx.Err()
	}
	if w.most > 0 {
		if w.most -= w.steps; w.most <= 0 && w.err == nil {
			w.err = errTooMuchWork
		}
	}
	w.steps = 0
}
