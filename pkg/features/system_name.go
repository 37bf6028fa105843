package features

import (
	"context"
	"os"
)

// discoverNodeName tells the name of the Kubernetes node, which its pods get in the environment variable NODE_NAME; empty
// outside Kubernetes, as by NFD. The environment is this process's, so it is asked only if the root is the host that the
// process runs on: another host's name cannot be told from there.
func discoverNodeName(_ context.Context, v *view) finding {
	if !v.own() {
		return unsupported("the name of a node is told by the environment of a process on that node")
	}
	v.files.trace.note(fromNodeName)
	return finding{attributes: map[string]string{"nodename": os.Getenv("NODE_NAME")}}
}
