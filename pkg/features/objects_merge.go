package features

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// nfdNamespace is where NFD is installed, unless told otherwise.
const nfdNamespace = "node-feature-discovery"

// MergeObjects returns one set for each node that the objects are about, in the order in which these first occur. The objects
// are not to be used after.
//
// An export is a node by itself. The NodeFeature objects of one node are merged as NFD's master does (v0.19): first that of NFD's own
// namespace, then in the order of their names and namespaces, a later one over an earlier one by the element, and the
// instances of all together. NFD's namespace is that of the object that has the name of the node, as NFD's worker gives it.
func MergeObjects(objects []*Object) []*Set {
	var order []string
	byNode := map[string][]*Object{}
	for i, o := range objects {
		key := "node " + o.Node
		if o.exported || o.Node == "" {
			key = fmt.Sprintf("object %d", i)
		}
		if _, seen := byNode[key]; !seen {
			order = append(order, key)
		}
		byNode[key] = append(byNode[key], o)
	}
	sets := make([]*Set, 0, len(order))
	for _, key := range order {
		sets = append(sets, mergeNode(byNode[key]))
	}
	return sets
}

// mergeNode merges the objects of one node.
func mergeNode(objects []*Object) *Set {
	first := objects[0]
	if first.exported {
		return first.set
	}
	own := ownNamespace(objects)
	slices.SortStableFunc(objects, func(a, b *Object) int {
		if (a.Namespace == own) != (b.Namespace == own) {
			if a.Namespace == own {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Namespace, b.Namespace))
	})
	merged := objects[0].set
	for _, o := range objects[1:] {
		o.set.Features.MergeInto(&merged.Features)
	}
	merged.judgeEmpty()
	return merged
}

// ownNamespace is the namespace that NFD's worker wrote the object of a node to.
func ownNamespace(objects []*Object) string {
	var candidates []string
	for _, o := range objects {
		if o.Name == o.Node {
			candidates = append(candidates, o.Namespace)
		}
	}
	if len(candidates) == 1 || len(candidates) > 1 && !slices.Contains(candidates, nfdNamespace) {
		return slices.Min(candidates)
	}
	return nfdNamespace
}
