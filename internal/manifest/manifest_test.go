package manifest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/manifest"
)

func TestRead(t *testing.T) {
	t.Parallel()
	const template = `
  template:
    spec:
      containers: [{name: app, image: "r/app:1"}]
`
	app := func(object string) []manifest.Use {
		return []manifest.Use{{Image: "r/app:1", Object: object, Container: "app"}}
	}
	for name, test := range map[string]struct {
		text string
		want []manifest.Use
	}{
		"nothing":            {"", nil},
		"empty documents":    {"---\n---\n# only a comment\n---\n", nil},
		"no workload":        {"kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n", nil},
		"Deployment":         {"kind: Deployment\nmetadata: {name: web}\nspec:" + template, app("Deployment web")},
		"StatefulSet":        {"kind: StatefulSet\nmetadata: {name: web, namespace: prod}\nspec:" + template, app("StatefulSet prod/web")},
		"DaemonSet":          {"kind: DaemonSet\nmetadata: {name: web}\nspec:" + template, app("DaemonSet web")},
		"ReplicaSet":         {"kind: ReplicaSet\nmetadata: {name: web}\nspec:" + template, app("ReplicaSet web")},
		"Job without a name": {"kind: Job\nmetadata: {generateName: run-}\nspec:" + template, app("Job run-")},
		"PodTemplate":        {"kind: PodTemplate\nmetadata: {name: t}\ntemplate:\n  spec: {containers: [{name: app, image: 'r/app:1'}]}\n", app("PodTemplate t")},
		"CronJob": {
			"kind: CronJob\nmetadata: {name: nightly}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec: {containers: [{name: app, image: 'r/app:1'}]}\n",
			app("CronJob nightly"),
		},
		"another project's object": {
			"kind: PyTorchJob\nmetadata: {name: train}\nspec:\n  pytorchReplicaSpecs:\n    Worker:\n      replicas: 2\n      template:\n        spec: {containers: [{name: app, image: 'r/app:1'}]}\n",
			app("PyTorchJob train"),
		},
		"a leader and workers": {
			"kind: LeaderWorkerSet\nmetadata: {name: l}\nspec:\n  leaderWorkerTemplate:\n    leaderTemplate: {spec: {containers: [{name: a, image: r/leader}]}}\n    workerTemplate: {spec: {containers: [{name: b, image: r/worker}]}}\n",
			[]manifest.Use{{"r/leader", "LeaderWorkerSet l", "a"}, {"r/worker", "LeaderWorkerSet l", "b"}},
		},
		"all kinds of containers": {`
kind: Pod
metadata: {name: p}
spec:
  ephemeralContainers: [{name: debug, image: r/debug}]
  containers: [{name: app, image: r/app}, {name: bare}]
  initContainers: [{name: proxy, image: r/proxy, restartPolicy: Always}, {name: init, image: r/init}]
  volumes: [{name: data, image: {reference: r/model}}]
`, []manifest.Use{
			{"r/proxy", "Pod p", "proxy"}, {"r/init", "Pod p", "init"}, {"r/app", "Pod p", "app"}, {"", "Pod p", "bare"}, {"r/debug", "Pod p", "debug"},
		}},
		"a list in JSON": {`{"kind":"List","items":[{"kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"app","image":"r/app:1"}]}}]}`, app("Pod a")},
		"a typed list":   {"kind: DeploymentList\nitems:\n- kind: Deployment\n  metadata: {name: web}\n  spec: {template: {spec: {containers: [{name: app, image: 'r/app:1'}]}}}\n", app("Deployment web")},
		"several documents": {
			"kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: app, image: 'r/app:1'}]}\n---\nkind: Pod\nmetadata: {name: b}\nspec: {containers: [{name: app, image: 'r/app:1'}]}\n",
			append(app("Pod a"), app("Pod b")...),
		},
		"keys twice, as charts print them":        {"kind: Pod\nmetadata: {name: a, labels: {x: y, x: z}}\nspec: {containers: [{name: app, image: 'r/app:1'}]}\n", app("Pod a")},
		"after the end of a document":             {"kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: app, image: 'r/app:1'}]}\n...\nkind: Pod\nmetadata: {name: b}\nspec: {containers: [{name: app, image: 'r/app:1'}]}\n... # the end\n---\n...\n", append(app("Pod a"), app("Pod b")...)},
		"no blanks at line ends of Windows":       {"kind: Pod\r\nmetadata: {name: a}\r\nspec: {containers: [{name: app, image: 'r/app:1'}]}\r\n...\r\n---\r\nkind: Pod\r\nmetadata: {name: b}\r\nspec: {containers: [{name: app, image: 'r/app:1'}]}\r\n", append(app("Pod a"), app("Pod b")...)},
		"init containers alone":                   {"kind: Pod\nmetadata: {name: a}\nspec: {initContainers: [{name: app, image: 'r/app:1'}]}\n", app("Pod a")},
		"a kind in lower case":                    {"kind: pod\nmetadata: {name: a}\nspec: {containers: [{name: app, image: 'r/app:1'}]}\n", app("pod a")},
		"a list whose items have no kind":         {"kind: PodList\nitems:\n- metadata: {name: a}\n  spec: {containers: [{name: app, image: 'r/app:1'}]}\n", app("Pod a")},
		"an empty list":                           {"kind: List\nitems: []\n---\nkind: PodList\nitems:\n", nil},
		"whole objects in a template":             {"kind: Template\nmetadata: {name: t}\nobjects:\n- kind: Pod\n  metadata: {name: a}\n  spec: {containers: [{name: app, image: 'r/app:1'}]}\n", app("Template t, Pod a")},
		"another project's Job":                   {"apiVersion: batch.example.com/v1\nkind: Job\nmetadata: {name: a}\nspec: {tasks: [{template: {spec: {containers: [{name: app, image: 'r/app:1'}]}}}]}\n---\napiVersion: example.com/v1\nkind: Deployment\nspec: {of: something}\n", app("Job a")},
		"a schema that speaks of containers":      {"kind: CustomResourceDefinition\nmetadata: {name: c}\nspec:\n  template: {spec: {containers: {type: array}}}\n", nil},
		"a spec with containers, but no template": {"kind: Prometheus\nmetadata: {name: p}\nspec: {containers: [{name: app, image: r/app}]}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := manifest.Read(strings.NewReader(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFaults: what cannot be read is an error that says where.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"no YAML":                                  {"kind: Service\n---\nkind: [\n", "document 2: "},
		"no object":                                {"just words\n", "document 1: it is no object of Kubernetes"},
		"a list alone":                             {"- kind: Pod\n", "document 1: it is no object of Kubernetes"},
		"words after the end of a document":        {"kind: Service\n...\njust words\n", "document 2: it is no object of Kubernetes"},
		"words beside the end of a document":       {"kind: Service\n... kind: Pod\n", "invalid Yaml document separator"},
		"another line break, and a document":       {"kind: Service\r---\rkind: Pod\r", "invalid Yaml document separator"},
		"no kind":                                  {"metadata: {name: a}\nspec: {containers: [{name: app, image: r/app}]}\n", "document 1: it has no kind"},
		"a kind that is no text":                   {"kind: [Pod]\n", "document 1: its kind is no text"},
		"a Pod without containers":                 {"kind: Pod\nmetadata: {name: a}\nspec: {nodeName: n}\n", "document 1: Pod a: it has no containers that can be read"},
		"a Deployment without a template":          {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: []}\n", "document 1: Deployment a: it has no containers that can be read"},
		"a Deployment without containers":          {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: []}}}\n", "document 1: Deployment a: it has no containers that can be read"},
		"containers that are a map":                {"kind: Pod\nmetadata: {name: a}\nspec: {containers: {name: app, image: r/bad}}\n", "document 1: Pod a: spec.containers is no list"},
		"containers that are a map, in a template": {"kind: Thing\nmetadata: {name: a, namespace: b}\nspec: {podTemplate: {spec: {containers: {app: {image: r/bad}}}}}\n", "document 1: Thing b/a: podTemplate.spec.containers is no list"},
		"init containers that are a map":           {"kind: Pod\nmetadata: {name: a}\nspec: {initContainers: {}, containers: [{name: app, image: r/app}]}\n", "document 1: Pod a: spec.initContainers is no list"},
		"a container that is a text":               {"kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: app, image: r/app}, r/bad]}\n", "document 1: Pod a: spec.containers[1] is no container"},
		"an image that is an object":               {"kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: app, image: {repository: r/app}}]}\n", "document 1: Pod a: spec.containers[0].image is no text"},
		"an item that is a text":                   {"kind: List\nitems: [{kind: Service}, just text]\n", "document 1: items[1] is no object of Kubernetes"},
		"items that are a map":                     {"kind: List\nitems: {kind: Pod}\n", "document 1: the items of the list are no list"},
		"an item without a kind":                   {"kind: List\nitems: [{metadata: {name: a}}]\n", "document 1: items[0]: it has no kind"},
		"a name of several lines":                  {"kind: Pod\nmetadata: {name: \"a\\n::error::b\"}\n", "document 1: Pod a ::error::b: it has no"},
		"endlessly deep":                           {`{"kind":"X","a":` + strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200) + "}", "document 1: it is nested more than 64 levels deep"},
		"lists in lists":                           {strings.Repeat(`{"kind":"List","items":[`, 200) + strings.Repeat("]}", 200), "document 1: it is nested more than 64 levels deep"},
		"aliases that multiply": {"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n" +
			"e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n", "excessive aliasing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			uses, err := manifest.Read(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) || uses != nil {
				t.Errorf("%v, %v; want an error with %q", uses, err, test.want)
			}
		})
	}
}

// TestUse: a container is named on one line, whatever its object is called.
func TestUse(t *testing.T) {
	t.Parallel()
	for want, use := range map[string]manifest.Use{
		"Deployment default/web, container app":  {Object: "Deployment default/web", Container: "app"},
		"Pod ::error::k, container a b":          {Object: "Pod\n::error::k", Container: "a\u2028b"},
		"Service kn, a container without a name": {Object: "Service kn"},
	} {
		if got := use.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestTooLarge: what is read is bounded.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	if _, err := manifest.Read(strings.NewReader(strings.Repeat("#", manifest.MaxSize+1))); !errors.Is(err, manifest.ErrTooLarge) {
		t.Errorf("%v", err)
	}
	if _, err := manifest.Read(strings.NewReader(strings.Repeat("---\nkind: A\n", 20_001))); err == nil || !strings.Contains(err.Error(), "more than 20000 documents") {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("kind: Pod\nspec: {containers: [{name: a, image: b}]}\n")
	f.Add(`{"kind":"List","items":[{"kind":"Job","spec":{"template":{"spec":{"containers":[{"image":1}]}}}}]}`)
	f.Add("--- \nkind: X\n---\n- 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		uses, err := manifest.Read(strings.NewReader(text))
		if err != nil && uses != nil {
			t.Error("uses beside an error")
		}
	})
}
