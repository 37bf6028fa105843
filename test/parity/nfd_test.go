package parity

import (
	"flag"
	"io"
	"testing"

	"k8s.io/klog/v2"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/node-feature-discovery/pkg/apis/nfd/nodefeaturerule"
	"sigs.k8s.io/node-feature-discovery/source"
	// NFD's sources, which register themselves.
	_ "sigs.k8s.io/node-feature-discovery/source/cpu"
	_ "sigs.k8s.io/node-feature-discovery/source/kernel"
	_ "sigs.k8s.io/node-feature-discovery/source/pci"
	_ "sigs.k8s.io/node-feature-discovery/source/system"
)

func TestMain(m *testing.M) {
	silence()
	m.Run()
}

// silence turns off NFD's log, of which errors would go to standard error whatever the output is set to.
func silence() {
	flags := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{
		"logtostderr": "false", "stderrthreshold": "FATAL", "legacy_stderr_threshold_behavior": "false",
	} {
		if flags.Lookup(name) != nil {
			if err := flags.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	klog.SetOutput(io.Discard)
}

// nfdDiscover runs the registered sources of NFD on this host and returns what they found and which of them failed.
// The sources are variables of their packages: one call at a time.
func nfdDiscover() (*nfdv1alpha1.Features, map[string]error) {
	failed := map[string]error{}
	for name, s := range source.GetAllFeatureSources() {
		if err := s.Discover(); err != nil {
			failed[name] = err
		}
	}
	return source.GetAllFeatures(), failed
}

// nfdRule evaluates one rule as NFD's client does, which never stops at the first failed term.
func nfdRule(rule *nfdv1alpha1.GroupRule, on *nfdv1alpha1.Features) (nodefeaturerule.GroupRuleOutput, error) {
	return nodefeaturerule.ExecuteGroupRule(rule, on, false)
}

// nfdExpression evaluates an expression on the value of an attribute.
func nfdExpression(e *nfdv1alpha1.MatchExpression, value string) (bool, error) {
	on := nfdv1alpha1.NewFeatures()
	on.InsertAttributeFeatures("a", "b", map[string]string{"c": value})
	out, err := nfdRule(&nfdv1alpha1.GroupRule{MatchFeatures: nfdv1alpha1.FeatureMatcher{{
		Feature: "a.b", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"c": e},
	}}}, on)
	if err != nil {
		return false, err
	}
	return out.MatchStatus.IsMatch, nil
}
