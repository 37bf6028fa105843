package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// What --features may come to. A report is printed as a whole, so it has to have room.
const (
	maxNodes       = 10_000
	maxExpressions = 500_000
)

// judgeGiven judges the nodes whose features are given, one result each for each image. The specs are found and compiled once for each
// platform that they are of, and of each node no more is kept than the specs ask for.
func (o *validateNode) judgeGiven(ctx context.Context, subjects []subject) (*validate.Report, error) {
	sets, ways, err := o.readNodes(ctx, subjects)
	if err != nil {
		return validate.NewReport(known(nil, ways[features.Node{}])), err
	}
	if o.asNFD && len(sets) > 1 {
		err := fmt.Errorf("--output-json goes with the features of one node, and %s has those of %d: NFD's JSON names no node", inputName(o.features), len(sets))
		return validate.NewReport(validate.Result{}), usageError{err: err, command: o.command}
	}
	for i, set := range sets {
		sets[i] = o.whatIf.apply(set)
	}
	results := make([]validate.Result, 0, len(subjects)*len(sets))
	expressions := 0
	for s := range subjects {
		for _, set := range sets {
			result, err := ways[o.platformOf(set.Node)][s].judge(ctx, set)
			if err != nil {
				return validate.NewReport(result), err
			}
			if expressions += 1 + countExpressions(&result); expressions > maxExpressions {
				return validate.NewReport(result), fmt.Errorf("%s: a report on so many nodes and expressions has no room: more than %d; judge fewer nodes at a time",
					inputName(o.features), maxExpressions)
			}
			results = append(results, result)
		}
	}
	return validate.NewReport(results...), nil
}

// readNodes reads the nodes, and prepares the ways of each platform that they are of. With an error, the ways of no platform are
// those that were gone till then.
func (o *validateNode) readNodes(ctx context.Context, subjects []subject) ([]*features.Set, map[features.Node][]*way, error) {
	from, err := o.streams.open(o.features)
	if err != nil {
		return nil, nil, err
	}
	defer from.Close() //nolint:errcheck // it was only read
	var (
		objects = features.NewObjects(from)
		nodes   = features.Nodes{}
		ways    = map[features.Node][]*way{}
	)
	for {
		object, err := objects.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: read features: %w", inputName(o.features), err)
		}
		platform := o.platformOf(object.Host())
		of, ok := ways[platform]
		if !ok {
			if of, err = o.prepare(ctx, subjects, &features.Set{Node: platform}); err != nil {
				return nil, map[features.Node][]*way{{}: of}, err
			}
			ways[platform] = of
		}
		object.Only(needs(of))
		if nodes.Add(object); nodes.Len() > maxNodes {
			return nil, nil, fmt.Errorf("%s: there are more than %d nodes", inputName(o.features), maxNodes)
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
	}
	if nodes.Len() == 0 {
		return nil, nil, fmt.Errorf("%s: there are no nodes in it", inputName(o.features))
	}
	return nodes.Merged(), ways, nil
}

// platformOf is what of a node decides which image is judged: nothing, if it is the same for all.
func (o *validateNode) platformOf(node features.Node) features.Node {
	if o.spec != "" || o.platform != "" {
		return features.Node{}
	}
	return features.Node{OS: node.OS, Architecture: node.Architecture, Variant: node.Variant}
}

func countExpressions(r *validate.Result) int {
	n := 0
	for i := range r.Sets {
		n += len(r.Sets[i].CELRules)
		for j := range r.Sets[i].Rules {
			rule := &r.Sets[i].Rules[j]
			n += len(rule.MatchFeatures)
			for _, alternative := range rule.MatchAny {
				n += len(alternative)
			}
		}
	}
	return n
}
