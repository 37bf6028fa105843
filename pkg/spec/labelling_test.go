package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// TestLabelling: what a rule does to a node is told, field by field, of each document its own.
func TestLabelling(t *testing.T) {
	t.Parallel()
	documents, err := spec.DecodeDocuments([]byte(`
apiVersion: nfd.k8s-sigs.io/v1alpha1
kind: NodeFeatureRule
metadata: {name: one}
spec:
  rules:
  - name: a
    labels: {vendor.io/a: "true", b: 2}
    annotations: {}
    taints: []
    matchFeatures: [{feature: kernel.version, matchName: {op: Exists}}]
  - name: b
    labels:
    labelsTemplate: "x=y"
    extendedResources: {vendor.io/n: "@cpu.model.id"}
    taints: [{key: k, effect: NoSchedule}, {key: l, effect: NoSchedule}]
    matchFeatures: [{feature: kernel.version, matchName: {op: Exists}}]
---
apiVersion: nfd.k8s-sigs.io/v1alpha1
kind: NodeFeatureRule
metadata: {name: two}
spec:
  rules:
  - name: c
    annotations: {note: v}
    matchFeatures: [{feature: kernel.version, matchName: {op: Exists}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]map[string]string{
		{
			"spec.rules[0].labels":            {"vendor.io/a": "true", "b": "2"},
			"spec.rules[1].labelsTemplate":    nil,
			"spec.rules[1].extendedResources": {"vendor.io/n": "@cpu.model.id"},
			"spec.rules[1].taints":            nil,
		},
		{"spec.rules[0].annotations": {"note": "v"}},
	}
	for i, document := range documents {
		if diff := cmp.Diff(want[i], document.Labelling()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", document, diff)
		}
	}
}
