package features

import (
	"context"
	"fmt"
	"strconv"
)

// discoverNUMA counts the memory nodes, links in /sys/bus/node/devices named node0, node1 and so on. A kernel that was built
// without support for NUMA (CONFIG_NUMA) has no such bus, and then the feature is absent. One that has it shows a node at
// least, so an empty directory is not what the kernel shows.
func discoverNUMA(_ context.Context, v *view) finding {
	const dir = "sys/bus/node/devices"
	nodes, err := v.files.names(dir)
	if err != nil {
		return v.optional(err, dir, sysPlace)
	}
	if len(nodes) == 0 {
		return unreadable(fmt.Errorf("list /%s: no memory node is there", dir))
	}
	return finding{attributes: map[string]string{
		"is_numa":    strconv.FormatBool(len(nodes) > 1),
		"node_count": strconv.Itoa(len(nodes)),
	}}
}
