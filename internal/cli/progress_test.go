package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestProgress: the bar is drawn where a terminal can show it, and no more once all is ended.
func TestProgress(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var drawn bytes.Buffer
	p := &progress{to: &drawn, ended: ctx.Done(), what: "images", total: 10}
	const needed = 37 // 20 for the bar, and the words
	for _, test := range []struct {
		columns int
		term    string
		want    bool
	}{{80, "xterm", true}, {needed, "xterm", true}, {needed - 1, "xterm", false}, {24, "xterm", false}, {0, "", false}, {80, "dumb", false}} {
		if got := p.fits(test.columns, test.term); got != test.want {
			t.Errorf("it fits %d columns of %q: %t", test.columns, test.term, got)
		}
	}
	p.step()
	if want := eraseLine + strings.Repeat("█", 2) + strings.Repeat("░", 18) + " 1 of 10 images"; drawn.String() != want {
		t.Errorf("drawn %q, want %q", &drawn, want)
	}
	cancel()
	drawn.Reset()
	p.step()
	if drawn.Len() > 0 {
		t.Errorf("after the end %q is drawn", &drawn)
	}
	(*progress)(nil).step()
}
