package features

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/cpuid/v2"
)

// A Host is a machine whose features can be discovered: a tree of files and, where the tree is the running host's own,
// its processor. It is safe for concurrent use.
type Host struct {
	tree tree
	// err is why there is no tree.
	err error
	// live is true for the running host itself, whatever its files say.
	live  bool
	close func() error
}

// Live returns the running host. Where features are discovered on Linux only, on another operating system all of them
// come back [Unsupported].
func Live() *Host {
	dir, err := openDirTree(string(filepath.Separator))
	if err != nil {
		return &Host{err: fmt.Errorf("open the root directory: %w", cause(err)), live: true}
	}
	return &Host{tree: dir, live: true, close: dir.root.Close}
}

// Open returns the host whose file system is mounted at the directory root, such as /host. The error is an
// [*os.PathError] if root is no directory that can be opened. The caller closes the host.
//
// If the root is the running host's own, which its /proc/sys/kernel/random/boot_id tells, the processor is asked too.
func Open(root string) (*Host, error) {
	dir, err := openDirTree(root)
	if err != nil {
		return nil, err
	}
	return &Host{tree: dir, close: dir.root.Close}, nil
}

// FromFS returns the host whose files are in fsys, with /proc, /sys and the rest at its root. Links work if it is an
// [fs.ReadLinkFS]. Several of its files are read at a time.
func FromFS(fsys fs.FS) *Host {
	return &Host{tree: fsTree{fsys}}
}

// Close releases the root directory. Discovery after it finds nothing readable.
func (h *Host) Close() error {
	if h.close == nil {
		return nil
	}
	return h.close()
}

// Discover reads the features of these names, or all of the catalogue if needs is nil. It reads only what they need, and
// several features at a time. A name that the catalogue does not know is passed over, and its status is [Undefined].
//
// What cannot be read is told by the feature's [Status] and keeps no other feature from being read. The error is the
// context's alone, if it ends first; the set is then nil.
func (h *Host) Discover(ctx context.Context, needs []string) (*Set, error) {
	return h.discover(ctx, needs, nil)
}

// discover is Discover; the trace, if it is not nil, takes note of what is read for the features.
func (h *Host) discover(ctx context.Context, needs []string, trace *trace) (*Set, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("discover features: %w", err)
	}
	set := newSet()
	entries := needed(needs)
	view, reason := h.look(&set.Node)
	if view == nil {
		for _, entry := range entries {
			set.add(entry, reason)
		}
		return set, nil
	}
	defer view.files.close()
	view.files.trace = trace
	findings := discoverAll(ctx, view, entries)
	// A reader that the end of the context stopped in its loop has left a part out.
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("discover features: %w", err)
	}
	for i, entry := range entries {
		set.add(entry, findings[i])
	}
	return set, nil
}

// Trace discovers the feature of this name alone, and returns what was read for it as well: files and directories by their
// names below the host's root, links not resolved, in the order of their names, each once; and what is no file by the name
// that the catalogue has for it, such as "CPUID". What could not be read is in the feature's [Status] instead.
//
// For a name that the catalogue does not know, nothing is read. The error is that of [Host.Discover].
func (h *Host) Trace(ctx context.Context, name string) (*Set, []string, error) {
	var trace trace
	set, err := h.discover(ctx, []string{name}, &trace)
	return set, trace.sorted(), err
}

// needed returns the entries of the catalogue of these names, each once, or all if needs is nil.
func needed(needs []string) []Entry {
	if needs == nil {
		return Catalogue()
	}
	var entries []Entry
	for _, name := range slices.Compact(slices.Sorted(slices.Values(needs))) {
		if entry, ok := Lookup(name); ok {
			entries = append(entries, entry)
		}
	}
	return entries
}

// maxReaders bounds the readers that are at work at a time. There are more of them than processors on purpose: a reader may
// have to wait, such as for the firmware of a network card that is asked for its speed.
const maxReaders = 8

// discoverAll reads these features, and returns what was found of each in the same order. If a reader panics, discoverAll
// does, once the others are done: in a goroutine of its own a panic would end a program that meant to catch it.
func discoverAll(ctx context.Context, v *view, entries []Entry) []finding {
	var (
		table    = readers()
		findings = make([]finding, len(entries))
		next     atomic.Int64
		group    sync.WaitGroup
		fault    atomic.Pointer[string]
	)
	work := func() {
		defer func() {
			if cause := recover(); cause != nil {
				text := fmt.Sprintf("%v\n%s", cause, debug.Stack())
				fault.Store(&text)
			}
		}()
		for ctx.Err() == nil && fault.Load() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(entries) {
				return
			}
			findings[i] = table[entries[i].Name](ctx, v)
		}
	}
	for range min(maxReaders, len(entries)) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
	if text := fault.Load(); text != nil {
		panic(*text)
	}
	return findings
}

// look opens a view of the host for one run, and names the host. If there is nothing to look at, the view is nil and the
// finding, which goes for every feature, says why.
func (h *Host) look(node *Node) (*view, finding) {
	if h.live {
		node.OS, node.Architecture = runtime.GOOS, runtime.GOARCH
		node.Name, _ = os.Hostname() // empty if it is not known
		if runtime.GOOS != "linux" {
			return nil, unsupported("features are discovered on Linux only, and this is " + runtime.GOOS)
		}
	}
	if h.err != nil {
		return nil, unreadable(h.err)
	}
	v := newView(h.tree, h.live)
	v.name(node)
	if v.own() && runtime.GOARCH == "amd64" {
		if level := cpuid.CPU.X64Level(); level > 0 {
			node.Variant = fmt.Sprintf("v%d", level)
		}
	}
	return v, finding{}
}
