package validate

import (
	"context"
	"errors"
	"testing"
)

// TestCELInterrupt: a context that is done ends an expression in the middle of a loop.
func TestCELInterrupt(t *testing.T) {
	t.Parallel()
	env, err := newCELEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	rule, err := compileCEL(env, `[1,2,3,4,5,6,7,8,9,10,11,12].all(i, i > 0)`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if value, _, err := rule.program.ContextEval(ctx, map[string]any{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", value, err)
	}
}
