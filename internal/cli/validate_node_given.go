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

// A way leads from an image or file to the judgement of hosts: all that is the same for those of one platform.
type way struct {
	// result has what is known before a host is judged: the image, its artifact, and the verdict if these alone decide.
	result validate.Result
	// program is nil if there is no spec to judge by.
	program *validate.Program
}

// prepare goes the way to the program. The features that are given, or nil, say which platform the host is. With an error, the
// way's result has what was known till then.
func (o *validateNode) prepare(ctx context.Context, given *features.Set) (*way, error) {
	w := &way{}
	payload, err := o.payload(ctx, given, &w.result)
	if err != nil || w.result.Verdict != "" { // without a spec
		return w, err
	}
	if w.program, err = o.compile(payload); err != nil {
		return w, o.nameSpec(err, &w.result)
	}
	return w, nil
}

// needs are the features that the program reads; none, not nil, without one.
func (w *way) needs() []string {
	if w.program == nil {
		return []string{}
	}
	return w.program.Needs()
}

// judge judges a host. With an error, the result has what was known before.
func (w *way) judge(ctx context.Context, host *features.Set) (validate.Result, error) {
	if w.program == nil {
		result := w.result
		result.Node, result.Overrides = &host.Node, host.Overrides
		return result, nil
	}
	report, err := w.program.Evaluate(ctx, host)
	if err != nil {
		return w.result, err
	}
	result := report.Results[0]
	result.Image, result.Artifact, result.Inferred = w.result.Image, w.result.Artifact, w.result.Inferred
	return result, nil
}

// judgeGiven judges the nodes whose features are given, one result each. The spec is found and compiled once for each platform that
// they are of, and of each node no more is kept than the spec asks for.
func (o *validateNode) judgeGiven(ctx context.Context) (*validate.Report, error) {
	sets, ways, err := o.readNodes(ctx)
	if err != nil {
		known := validate.Result{}
		if len(ways) > 0 { // as far as the first node's way went
			known = ways[0].result
		}
		return validate.NewReport(known), err
	}
	results := make([]validate.Result, 0, len(sets))
	expressions := 0
	for i, set := range sets {
		result, err := ways[i].judge(ctx, o.whatIf.apply(set))
		if err != nil {
			return validate.NewReport(result), err
		}
		if expressions += countExpressions(&result); expressions > maxExpressions {
			return validate.NewReport(ways[0].result), fmt.Errorf("%s: a report on so many nodes and expressions has no room: more than %d; judge fewer nodes at a time",
				inputName(o.features), maxExpressions)
		}
		results = append(results, result)
	}
	return validate.NewReport(results...), nil
}

// readNodes reads the nodes, each with the way for its platform.
func (o *validateNode) readNodes(ctx context.Context) ([]*features.Set, []*way, error) {
	from, err := o.streams.open(o.features)
	if err != nil {
		return nil, nil, err
	}
	defer from.Close() //nolint:errcheck // it was only read
	var (
		objects = features.NewObjects(from)
		nodes   = features.Nodes{}
		ways    = map[features.Node]*way{}
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
		w, ok := ways[platform]
		if !ok {
			if w, err = o.prepare(ctx, &features.Set{Node: platform}); err != nil {
				return nil, []*way{w}, err
			}
			ways[platform] = w
		}
		object.Only(w.needs())
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
	sets := nodes.Merged()
	of := make([]*way, 0, len(sets))
	for _, set := range sets {
		of = append(of, ways[o.platformOf(set.Node)])
	}
	return sets, of, nil
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
