package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/derive"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// draft makes a draft of the source that is named.
func (o *createSpec) draft(ctx context.Context) (*derive.Draft, error) {
	switch {
	case o.image != "":
		return o.fromImage(ctx)
	case o.node:
		return o.fromNode(ctx)
	default:
		return o.fromRule()
	}
}

func (o *createSpec) fromImage(ctx context.Context) (*derive.Draft, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	image, err := o.config(ctx)
	if err != nil {
		return nil, o.namingFlag(err)
	}
	o.cache.tell(o.streams, image)
	if image.Config == nil {
		return &derive.Draft{}, nil
	}
	about := image.Reference
	if image.Platform != nil {
		about += " for " + registry.FormatPlatform(*image.Platform)
	}
	draft, err := derive.FromImage(derive.Image{Reference: about, Platform: image.Config.Platform, Env: image.Config.Env})
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", image.Reference, err)
	}
	return draft, nil
}

// config reads the config of the image: of an index, of that for the platform that is named, or else for this host's.
func (o *createSpec) config(ctx context.Context) (*registry.Image, error) {
	wrong := func(err error) error { return usageError{err: err, command: name + " create-spec"} }
	request := registry.Request{Reference: o.image}
	if o.platform != "" {
		platform, err := registry.ParsePlatform(o.platform)
		if err != nil {
			return nil, wrong(err)
		}
		request.Platform = &platform
	}
	client, err := o.client(o.streams)
	if err != nil {
		return nil, err
	}
	image, err := client.Config(ctx, request)
	if errors.Is(err, registry.ErrPlatformRequired) {
		platform := registry.HostPlatform()
		request.Platform = &platform
		image, err = client.Config(ctx, request)
	}
	if err == nil && image.WrongPlatform != "" {
		return nil, wrong(fmt.Errorf("%s; name another with --platform", image.WrongPlatform))
	}
	return image, err
}

// separate returns the features that are named, of which several may stand in one flag if none of them has items.
func (o *createSpec) separate() []string {
	var all []string
	for _, text := range o.chosen {
		if strings.Contains(text, "=") {
			all = append(all, text)
		} else {
			all = append(all, strings.Split(text, ",")...)
		}
	}
	return all
}

func (o *createSpec) fromNode(ctx context.Context) (*derive.Draft, error) {
	var (
		choices []derive.Choice
		needs   []string
	)
	for _, text := range o.separate() {
		choice, err := derive.ParseChoice(text)
		if err != nil {
			return nil, fmt.Errorf("--feature: %w", err)
		}
		choices, needs = append(choices, choice), append(needs, choice.Feature)
	}
	var (
		set *features.Set
		err error
	)
	if o.features != "" {
		set, err = o.streams.readFeatures(o.features)
	} else {
		set, err = discover(ctx, o.hostRoot, needs)
	}
	if err != nil {
		return nil, err
	}
	return derive.FromNode(set, choices)
}

func (o *createSpec) fromRule() (*derive.Draft, error) {
	text, err := o.streams.readFile(o.rule, spec.MaxSize)
	if err != nil {
		return nil, err
	}
	documents, err := spec.DecodeDocuments(text)
	if invalid := (*spec.Error)(nil); errors.As(err, &invalid) {
		return nil, &spec.Error{File: inputName(o.rule), Findings: invalid.Findings}
	} else if err != nil {
		return nil, err
	}
	return derive.FromRules(documents), nil
}
