package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// attachSpec are the options of attach-spec.
type attachSpec struct {
	streams Streams

	file    string
	replace bool
	artifactFlags
}

func newAttachSpec(streams Streams) *cobra.Command {
	o := &attachSpec{streams: streams}
	cmd := &cobra.Command{
		Use:   "attach-spec --image IMAGE FILE",
		Short: "Attach a compatibility spec to an image",
		Long: `Attach a compatibility spec to an image that is in its registry, or in an OCI
layout directory. From then on, hosts judge the image by it.

The spec is checked first, as by validate-spec: an error stops it, and warnings
are told. FILE is attached byte for byte; "-" is standard input. If the newest
spec that is attached has the very same bytes, nothing is done.

An index is attached to as a whole, for all of its images; --platform attaches
to one of them, and what is attached there comes first.

The new artifact is dated after all that are there, so that it is selected. With
SOURCE_DATE_EPOCH in the environment, its date is that one, if it is later than
theirs.

The digest of the artifact is on standard output, and all else on standard
error. The exit codes are:

  0  the spec is attached              5  the registry did not do it, or did not
  6  the spec is invalid                  remove the older ones under --replace
  1  the file cannot be read           7  what --replace replaces is not known,
  2  wrong usage                          since not all referrers were looked at`,
		Example: `  # Attach a spec to an image
  nfd-compat attach-spec --image registry.example.com/team/app:v1 spec.yaml

  # In place of all that are there
  nfd-compat attach-spec --image registry.example.com/team/app:v1 \
    --replace spec.yaml

  # To the image for one platform in an index
  nfd-compat attach-spec --image registry.example.com/team/app:v1 \
    --platform linux/arm64 arm64.yaml

  # What the image declares already
  nfd-compat create-spec --from-image registry.example.com/team/cuda:v1 |
    nfd-compat attach-spec --image registry.example.com/team/cuda:v1 -`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := o.check(files); err != nil {
				return usageErrorOf(cmd, err)
			}
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	o.addImage(flags)
	flags.BoolVar(&o.replace, "replace", false, "remove the specs that were attached before, once this one is")
	o.add(flags, "attach to the image for this `PLATFORM`, such as linux/arm64, and not to the index", "the `FORMAT` to print: text or json")
	return cmd
}

// check finds what is wrong with the arguments and flags.
func (o *attachSpec) check(files []string) error {
	switch {
	case len(files) == 0:
		return errors.New("name the file with the spec (\"-\" is standard input)")
	case len(files) > 1:
		return fmt.Errorf("one spec is attached at a time, and %d files are named", len(files))
	}
	o.file = files[0]
	stdinFor := ""
	if o.file == stdin {
		stdinFor = "FILE"
	}
	return errors.Join(o.artifactFlags.check(stdinFor), o.writes())
}

func (o *attachSpec) run(ctx context.Context) error {
	created, err := sourceDate()
	if err != nil {
		return err
	}
	payload, err := o.streams.readFile(o.file, spec.MaxSize)
	switch {
	case errors.Is(err, errTooLarge): // a fault of the spec, and not of the reading
		return o.tell([]spec.Finding{tooLarge()})
	case err != nil:
		return err
	}
	if err := o.judge(payload); err != nil {
		return err
	}
	request, err := o.request()
	if err != nil {
		return err
	}
	attach := registry.AttachRequest{
		Reference: request.Reference, Platform: request.Platform, Payload: payload, Created: created, Replace: o.replace,
	}
	if o.file != stdin {
		attach.Title = filepath.Base(o.file)
	}
	return o.ask(ctx, o.streams, func(ctx context.Context, client *registry.Client) error {
		attached, err := client.Attach(ctx, attach)
		if err != nil {
			return err
		}
		return o.report(attached)
	})
}

// judge checks a spec's text and tells what is found.
func (o *attachSpec) judge(payload []byte) error {
	var (
		findings []spec.Finding
		invalid  *spec.Error
	)
	document, err := spec.Decode(payload)
	switch {
	case errors.As(err, &invalid):
		findings = invalid.Findings
	case err != nil:
		return err
	default:
		_, findings = validate.Compile(document, validate.Options{Vocabulary: vocabulary()})
	}
	return o.tell(findings)
}

// tell tells what was found in the spec. An error of the spec is one here.
func (o *attachSpec) tell(findings []spec.Finding) error {
	wrong := slices.ContainsFunc(findings, func(f spec.Finding) bool { return f.Severity == spec.SeverityError })
	// Notes are for who writes the spec: validate-spec tells them.
	findings = slices.DeleteFunc(findings, func(f spec.Finding) bool { return !wrong && f.Severity == spec.SeverityNote })
	options := textOptions(o.streams.Err)
	switch options.Detail = o.streams.detail(); {
	case len(findings) == 0 || options.Detail == render.Brief && !wrong:
		return nil
	case options.Detail == render.Brief:
		options.Detail = render.Normal // errors are told always
	}
	told := render.NewFindings([]render.FileFindings{{File: o.file, Findings: byPosition(findings)}})
	if err := render.FindingsText(o.streams.Err, told, options); err != nil {
		return err
	}
	if wrong {
		return findingsError{}
	}
	return nil
}

// report prints what was done. That older artifacts could not be removed is an error, of which the digest is told first.
func (o *attachSpec) report(attached *registry.Attached) error {
	told := render.Attachment{
		APIVersion: validate.APIVersion, Kind: render.KindAttachment, Tool: tool(),
		Image: attached.Reference, Subject: attached.Subject.Digest.String(), Digest: attached.Artifact.Digest.String(),
		Created: timeText(attached.Created), Status: render.StatusAttached, Removed: digestTexts(attached.Removed),
		Unexamined: attached.Unexamined,
	}
	if attached.Unchanged {
		told.Status = render.StatusUnchanged
		o.streams.note("this very spec is attached already, and is the newest: nothing to do")
	}
	for _, d := range attached.Removed {
		o.streams.note("removed %s", d)
	}
	if attached.Unexamined > 0 {
		o.streams.note("warning: not all referrers of the image were looked at (%d were not): there may be a spec among them that counts before this one, or the very same; list-specs shows what is found", attached.Unexamined)
	}
	var left error
	told.NotRemoved, left = o.leftOf(o.streams, attached.Left)
	var err error
	if o.output == outputJSON {
		err = render.ArtifactsJSON(o.streams.Out, &told)
	} else {
		_, err = fmt.Fprintln(o.streams.Out, told.Digest)
	}
	if err == nil && left != nil {
		err = fmt.Errorf("the spec is attached, but what it replaces could not be removed: %w", left)
	}
	return err
}

// sourceDate is the time in SOURCE_DATE_EPOCH, zero without it.
//
// Source: https://reproducible-builds.org/specs/source-date-epoch/
func sourceDate() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, fmt.Errorf("the environment variable SOURCE_DATE_EPOCH is %q: want seconds since 1970", text)
	}
	date := time.Unix(seconds, 0).UTC()
	if date.Year() > 9999 { // which RFC 3339 cannot say
		return time.Time{}, fmt.Errorf("the environment variable SOURCE_DATE_EPOCH is %q: want seconds since 1970 that end before the year 10000", text)
	}
	return date, nil
}
