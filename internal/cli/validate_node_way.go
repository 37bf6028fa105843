package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A way leads from an image or file to the judgement of hosts: all that is the same for those of one platform.
type way struct {
	// result has what is known before a host is judged: the image, its artifact, and the verdict if these alone decide.
	result validate.Result
	// program is nil if there is no spec to judge by.
	program *validate.Program
	// err says why the way does not lead to a host.
	err error
}

// judge goes the ways from the references or the file to the report. With an error, the report has what was known till then.
// What is wrong with one image of several is not an error, but in its result.
func (o *validateNode) judge(ctx context.Context) (*validate.Report, error) {
	if err := o.whatIf.read(o.streams); err != nil {
		return validate.NewReport(validate.Result{}), err
	}
	subjects, err := o.subjects()
	if err != nil {
		return validate.NewReport(validate.Result{}), err
	}
	if o.spec == "" {
		if o.registry, err = o.client(o.streams); err != nil {
			return validate.NewReport(resultOf(subjects)), err
		}
	}
	if o.features != "" {
		return o.judgeGiven(ctx, subjects)
	}
	ways, err := o.prepare(ctx, subjects, nil)
	if err != nil {
		return validate.NewReport(known(subjects, ways)), err
	}
	host, err := discover(ctx, o.hostRoot, needs(ways))
	if err != nil {
		return validate.NewReport(known(subjects, ways)), err
	}
	host = o.whatIf.apply(host)
	results := make([]validate.Result, 0, len(ways))
	for _, w := range ways {
		result, err := w.judge(ctx, host)
		if err != nil {
			return validate.NewReport(result), err
		}
		results = append(results, result)
	}
	return validate.NewReport(results...), nil
}

// prepare goes the ways to the programs, for hosts of a platform, which the features that are given, or nil, tell. The error is
// that of all ways: the context's, or that of the only one.
func (o *validateNode) prepare(ctx context.Context, subjects []subject, given *features.Set) ([]*way, error) {
	if o.spec != "" {
		w := &way{}
		payload, err := o.streams.readFile(o.spec, spec.MaxSize)
		if err == nil {
			w.program, err = o.compile(inputName(o.spec), payload)
		}
		if invalid := (*spec.Error)(nil); errors.As(err, &invalid) {
			err = &spec.Error{File: inputName(o.spec), Findings: invalid.Findings}
		}
		return []*way{w}, err
	}
	request, err := o.request(ctx, given)
	if err != nil {
		return nil, err
	}
	answers := o.ask(ctx, subjects, request)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ways := make([]*way, 0, len(subjects))
	for i, s := range subjects {
		w := &way{result: validate.Result{Image: &validate.Image{Reference: s.reference}}}
		o.lead(w, answers[i], request, len(subjects) > 1)
		w.result.Image.UsedBy = s.usedBy
		answers[i] = answer{} // which has the payload
		ways = append(ways, w)
	}
	if len(ways) == 1 {
		return ways, ways[0].err
	}
	return ways, nil
}

// lead leads a way from what a registry told of an image to the program.
func (o *validateNode) lead(w *way, a answer, request registry.Request, several bool) {
	payload, err := o.payload(a, request, &w.result, several)
	if err != nil || payload == nil {
		w.err = err
		return
	}
	in := ""
	if several {
		in = w.result.Image.Reference
	}
	w.program, err = o.compile(in, payload)
	if err != nil && w.result.Artifact != nil {
		err = fmt.Errorf("artifact %s of %s: %w", w.result.Artifact.Digest, w.result.Image.Reference, err)
	}
	w.err = err
}

// about is what a note begins with that is of an image: the reference, where there are several.
func about(reference string, several bool) string {
	if !several {
		return ""
	}
	return reference + ": "
}

// payload returns the text of an image's spec, and notes in the result what is known. There is none if the image alone decides: for
// its platform, because it declares nothing, or because nobody knows whether it does. Then the result has a verdict.
func (o *validateNode) payload(a answer, request registry.Request, result *validate.Result, several bool) ([]byte, error) {
	image := a.image
	if image == nil {
		return nil, a.err
	}
	result.Image = imageOf(image)
	o.cache.tell(o.streams, image)
	if request.Platform == nil {
		o.warnOfPlatform(image, several)
	}
	switch {
	case a.err != nil:
		return nil, a.err
	case image.Uncertain != "":
		result.Verdict, result.Reason = validate.VerdictUnknown, image.Uncertain
		return nil, nil
	case image.WrongPlatform != "":
		result.Verdict, result.Reason = validate.Incompatible, image.WrongPlatform
		return nil, nil
	case image.Artifact == nil && image.Unexamined > 0:
		result.Verdict, result.Reason = validate.VerdictUnknown, unsureError{image.Unexamined}.Error()
		return nil, nil
	case image.Artifact == nil && o.infer:
		return o.inferred(a, result, several)
	case image.Artifact == nil:
		result.Verdict, result.Reason = validate.Undeclared, undeclared
		return nil, nil
	}
	result.Artifact = artifactOf(image.Artifact)
	return image.Artifact.Payload, nil
}

// compile makes the program of a spec's text, and warns of what is odd about it.
func (o *validateNode) compile(in string, payload []byte) (*validate.Program, error) {
	document, err := spec.Decode(payload)
	if err != nil {
		return nil, err
	}
	program, findings := validate.Compile(document, validate.Options{
		Tags: o.tags, Require: validate.Require(o.require), Vocabulary: vocabulary(),
	})
	if err := spec.Errors(findings); err != nil {
		return nil, err
	}
	o.warn(in, findings)
	return program, nil
}

// needs are the features that the programs of some ways read, sorted; none, not nil, without one.
func needs(ways []*way) []string {
	all := map[string]bool{}
	for _, w := range ways {
		if w.program == nil {
			continue
		}
		for _, name := range w.program.Needs() {
			all[name] = true
		}
	}
	return append([]string{}, slices.Sorted(maps.Keys(all))...)
}

// known is what is known where all ways end in an error, that of the only one if there are no more.
func known(subjects []subject, ways []*way) validate.Result {
	if len(ways) == 1 {
		return ways[0].result
	}
	return resultOf(subjects)
}

// resultOf is what is known before any way is gone: the image, if it is the only one.
func resultOf(subjects []subject) validate.Result {
	if len(subjects) != 1 || subjects[0].reference == "" {
		return validate.Result{}
	}
	return validate.Result{Image: &validate.Image{Reference: subjects[0].reference, UsedBy: subjects[0].usedBy}}
}

// judge judges a host. The error is the context's; then the result has what was known before.
func (w *way) judge(ctx context.Context, host *features.Set) (validate.Result, error) {
	if w.program == nil {
		result := w.result
		result.Node, result.Overrides = &host.Node, host.Overrides
		if w.err != nil {
			result.Error = resultError(w.err)
		}
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
