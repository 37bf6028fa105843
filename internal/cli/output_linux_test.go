package cli

import (
	"os"
	"testing"
)

// TestWriteWholeInPlace: a file beside which none can be made, as one that is mounted alone in a container, is written to.
// Such a one is a thread's name in /proc, which takes 15 bytes.
func TestWriteWholeInPlace(t *testing.T) {
	t.Parallel()
	const name = "/proc/self/comm"
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(name, old[:len(old)-1], 0) })
	if err := writeWhole(name, writing("report")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "report\n" {
		t.Errorf("the content is %q (%v)", got, err)
	}
}
