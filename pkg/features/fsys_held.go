package features

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"sync"
)

// maxHeld bounds the directories that are held open at a time.
const maxHeld = 64

// heldTree is a dirTree for one run of discovery. It holds the directories open that it has been in, so that it gets to a
// name in one step: os.Root opens every directory from the root to the name, for each name anew, and the files of a device
// lie ten directories deep. Each directory is an os.Root in its turn, so no name leads out of it.
type heldTree struct {
	dir dirTree
	mu  sync.Mutex
	// held holds the open directories by their name, and names the same in the order in which they were opened.
	held  map[string]*os.Root
	names []string
}

func newHeldTree(dir dirTree) *heldTree {
	return &heldTree{dir: dir, held: map[string]*os.Root{}}
}

func (t *heldTree) Lstat(name string) (fs.FileInfo, error) { return inItsDir(t, name, dirTree.Lstat) }

func (t *heldTree) ReadLink(name string) (string, error) { return inItsDir(t, name, dirTree.ReadLink) }

func (t *heldTree) Open(name string) (file fs.File, _ error) { return inItsDir(t, name, dirTree.Open) }

// inItsDir does a thing with a name in the directory that the name is in.
func inItsDir[T any](t *heldTree, name string, do func(dir dirTree, name string) (T, error)) (T, error) {
	var got T
	root, err := t.hold(path.Dir(name))
	if err == nil {
		got, err = do(dirTree{root}, path.Base(name))
	}
	if errors.Is(err, fs.ErrClosed) { // it had to make room for another reader's directory meanwhile
		return do(t.dir, name)
	}
	return got, err
}

// hold returns the directory of this name, open.
func (t *heldTree) hold(name string) (*os.Root, error) {
	if name == "." {
		return t.dir.root, nil
	}
	t.mu.Lock()
	root, ok := t.held[name]
	t.mu.Unlock()
	if ok {
		return root, nil
	}
	parent, err := t.hold(path.Dir(name))
	if err != nil {
		return nil, err
	}
	if root, err = parent.OpenRoot(path.Base(name)); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if other, ok := t.held[name]; ok { // another reader was faster
		return other, root.Close()
	}
	if len(t.names) == maxHeld {
		oldest := t.names[0]
		t.names = t.names[1:]
		_ = t.held[oldest].Close() // it was only read
		delete(t.held, oldest)
	}
	t.held[name] = root
	t.names = append(t.names, name)
	return root, nil
}

func (t *heldTree) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, root := range t.held {
		_ = root.Close() // it was only read
	}
	clear(t.held)
	t.names = nil
}
