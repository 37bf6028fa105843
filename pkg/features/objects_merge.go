package features

import (
	"cmp"
	"slices"
	"strings"
)

// nfdNamespace is where NFD is installed, unless told otherwise.
const nfdNamespace = "node-feature-discovery"

// Nodes are those that some objects are about. The zero value has none.
type Nodes struct {
	byKey   map[string]int
	objects [][]*Object
}

// Add adds an object, which is not to be used after.
func (n *Nodes) Add(o *Object) {
	key := o.Node
	if o.exported || key == "" { // it is a node by itself
		n.objects = append(n.objects, []*Object{o})
		return
	}
	if n.byKey == nil {
		n.byKey = map[string]int{}
	}
	i, known := n.byKey[key]
	if !known {
		i = len(n.objects)
		n.byKey[key] = i
		n.objects = append(n.objects, nil)
	}
	n.objects[i] = append(n.objects[i], o)
}

// Len returns the number of nodes.
func (n *Nodes) Len() int { return len(n.objects) }

// Merged returns one set for each node, in the order in which they first occurred. It is called once, after all objects were added.
//
// An export is a node by itself. The NodeFeature objects of one node are merged as NFD's master does (v0.19): first that of NFD's own
// namespace, then in the order of their names and namespaces, a later one over an earlier one by the element, and the
// instances of all together. NFD's namespace is that of the object that has the name of the node, as NFD's worker gives it.
func (n *Nodes) Merged() []*Set {
	sets := make([]*Set, 0, len(n.objects))
	for _, objects := range n.objects {
		sets = append(sets, mergeNode(objects))
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
