package features

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"
)

const (
	localDir = "etc/kubernetes/node-feature-discovery/features.d"
	// maxLocalFile bounds a file of features, in bytes, as in NFD. A larger one is left out whole.
	maxLocalFile = 64 << 10
	// maxLocal bounds all of them together.
	maxLocal = 4 << 20
)

// localFeatures are what the administrator's files say: what is found of local.label and of local.feature.
type localFeatures struct{ labels, features finding }

func discoverLocalLabels(ctx context.Context, v *view) finding { return v.local(ctx).labels }

func discoverLocalFeatures(ctx context.Context, v *view) finding { return v.local(ctx).features }

// readLocal reads the files in /etc/kubernetes/node-feature-discovery/features.d ("Feature files" of NFD's customization
// guide) in the order of their names: where two of them name a feature, the later one counts. It passes over names that begin
// with a dot, and whatever is no regular file, such as a directory or a pipe; links are followed. Without the directory nobody
// has written features.
func (v *view) readLocal(ctx context.Context) localFeatures {
	names, err := v.files.names(localDir)
	if err != nil {
		f := v.optional(err, localDir, "etc")
		return localFeatures{f, f}
	}
	var (
		labels, features = map[string]string{}, map[string]string{}
		missed           finding
		now              = time.Now()
		size             = 0
	)
	for _, name := range names {
		if ctx.Err() != nil {
			break
		}
		if strings.HasPrefix(name, ".") {
			continue
		}
		if size > maxLocal {
			missed.miss(fmt.Errorf("read the files of /%s from %s on: %w: %d bytes together", localDir, name, errTooLarge, maxLocal))
			break
		}
		data, err := v.files.read(localDir+"/"+name, maxLocalFile)
		if errors.Is(err, errNotRegular) {
			continue
		}
		if err != nil {
			missed.miss(err)
			continue
		}
		size += len(data)
		ofFile, err := parseFeatureFile(bytes.NewReader(data), now)
		if err != nil {
			missed.miss(fmt.Errorf("parse /%s/%s: %w", localDir, name, err))
			continue
		}
		maps.Copy(labels, ofFile.labels)
		maps.Copy(features, ofFile.features)
	}
	return localFeatures{
		labels:   finding{state: missed.state, reasons: missed.reasons, attributes: labels},
		features: finding{state: missed.state, reasons: missed.reasons, attributes: features},
	}
}

// A featureFile is what one of the files says: the labels, and the features for rules. Most lines make both.
type featureFile struct{ labels, features map[string]string }

// parseFeatureFile reads a file of features, one in a line with its value; true stands for a value that is left out. A line
// that begins with # is a comment, or with "# +" a directive:
//
//	# +expiry-time=2030-07-28T11:22:33Z
//	vendor.io/firmware=1.24
//	# +no-label
//	vendor.io/burned-in
//
// The directives no-label and no-feature are for the next feature alone, which then also takes back what the file said of it
// before. What is named after an expiry-time that is past counts for nothing, until the next expiry-time. Blanks around a line
// are left out, those around the sign are not. A directive that NFD does not know, or a time that is none (RFC 3339), is
// passed over, as by NFD.
func parseFeatureFile(r io.Reader, now time.Time) (featureFile, error) {
	file := featureFile{labels: map[string]string{}, features: map[string]string{}}
	var noLabel, noFeature, expired bool
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxFile)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		if strings.HasPrefix(line, "#") {
			directive, _ := strings.CutPrefix(line, "# +") // a mere comment keeps its #, which begins no directive
			switch name, value, _ := strings.Cut(directive, "="); name {
			case "expiry-time":
				if until, err := time.Parse(time.RFC3339, strings.TrimSpace(value)); err == nil {
					expired = until.Before(now)
				}
			case "no-feature":
				noFeature = true
			case "no-label":
				noLabel = true
			}
			continue
		}
		if !expired {
			file.put(line, noLabel, noFeature)
		}
		noLabel, noFeature = false, false
	}
	return file, lines.Err()
}

// put notes a line of a feature and its value, or takes back what was noted of it.
func (f featureFile) put(line string, noLabel, noFeature bool) {
	name, value, ok := strings.Cut(line, "=")
	if !ok {
		value = "true"
	}
	for _, to := range []struct {
		elements map[string]string
		not      bool
	}{{f.labels, noLabel}, {f.features, noFeature}} {
		if to.not {
			delete(to.elements, name)
		} else {
			to.elements[name] = value
		}
	}
}
