package render_test

import (
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestFeatureExampleOfVersion: the example for a version asks for at least that, and for all else what it is.
func TestFeatureExampleOfVersion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		feature    string
		attributes map[string]string
		want       string
	}{
		{"gpu.driver", map[string]string{"cuda.version": "12.4", "nvidia.version": "550.54.15"}, `cuda.version: {op: Ge, value: ["12.4"], type: version}`},
		{"kernel.module", map[string]string{"efa": "2.13.0", "efa_raw": "2.13.0g"}, `efa: {op: Ge, value: ["2.13.0"], type: version}`},
		{"kernel.module", map[string]string{"efa_raw": "g"}, `efa_raw: {op: In, value: ["g"]}`},
		{"gpu.summary", map[string]string{"nvidia.compute_capability_min": "9.0"}, `nvidia.compute_capability_min: {op: Ge, value: ["9.0"], type: version}`},
		{"kernel.version", map[string]string{"full": "6.8.0-45-generic"}, `full: {op: In, value: ["6.8.0-45-generic"]}`},
		{"kernel.release", map[string]string{"flavor": "generic", "version": "6.8.0"}, `flavor: {op: In, value: ["generic"]}`},
		{"system.cgroup", map[string]string{"version": "hybrid"}, `version: {op: In, value: ["hybrid"]}`},
	} {
		set := &features.Set{Features: *nfdv1alpha1.NewFeatures()}
		set.Features.Attributes[test.feature] = nfdv1alpha1.NewAttributeFeatures(test.attributes)
		entry, _ := features.Lookup(test.feature)
		text := featureText(t, render.NewFeature(&entry, "", set, nil), render.TextOptions{})
		if _, got, _ := strings.Cut(text, "matchExpressions:\n"); strings.TrimSpace(got) != test.want {
			t.Errorf("%s: %s, want %s", test.feature, got, test.want)
		}
	}
	set := &features.Set{Features: *nfdv1alpha1.NewFeatures()}
	set.Features.Instances["system.cdi"] = nfdv1alpha1.NewInstanceFeatures(*nfdv1alpha1.NewInstanceFeature(map[string]string{"spec_version": "0.6.0", "spec_version_raw": "v0.6.0"}))
	entry, _ := features.Lookup("system.cdi")
	if text := featureText(t, render.NewFeature(&entry, "", set, nil), render.TextOptions{}); !strings.Contains(text, `spec_version: {op: Ge, value: ["0.6.0"], type: version}`) {
		t.Errorf("%s", text)
	}
}
