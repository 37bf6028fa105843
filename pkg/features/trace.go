package features

import (
	"maps"
	"slices"
	"sync"
)

// What features are read from that is no file. The catalogue has the same words.
const (
	fromCPUID           = "CPUID"
	fromAuxiliaryVector = "auxiliary vector"
	fromNodeName        = "environment variable NODE_NAME"
	fromUserfaultfd     = "system call userfaultfd"
)

// A trace takes note of what is read. A nil one takes none.
type trace struct {
	mu   sync.Mutex
	read map[string]bool
}

func (t *trace) note(name string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.read == nil {
		t.read = map[string]bool{}
	}
	t.read[name] = true
}

// sorted returns what was read, in the order of its names.
func (t *trace) sorted() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.read))
}
