//go:build linux

package docs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// run runs the command that follows the flags, as srun does on the one node of an allocation, and sudo for who has its rights.
func run(args []string) error {
	at := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
	if at < 0 {
		return errors.New("want a command")
	}
	cmd := exec.CommandContext(context.Background(), args[at], args[at+1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr //nolint:forbidigo // here a test is the program
	return cmd.Run()
}

// podmanRun runs the program, as in a container that has the root of the host.
func podmanRun(args []string) error {
	at := slices.Index(args, "ghcr.io/nfd-compat/nfd-compat")
	if at < 0 || args[0] != "run" || !slices.Contains(args[:at], "--volume=/:/host:ro") {
		return fmt.Errorf("want run --volume=/:/host:ro ghcr.io/nfd-compat/nfd-compat, not %q", args)
	}
	return run(append([]string{program}, args[at+1:]...))
}

// apptainer looks whether there is the image that it is to run, build from or push.
func apptainer(args []string) error {
	var image string
	switch {
	case len(args) >= 3 && args[0] == "exec":
		image = args[1]
	case len(args) == 3 && slices.Contains([]string{"build", "push"}, args[0]):
		image = args[2]
	}
	transport, reference, ok := strings.Cut(image, ":")
	switch {
	case ok && (transport == "docker" || transport == "oras"):
		_, _, err := resolve(context.Background(), strings.TrimPrefix(reference, "//"))
		return err
	case ok && transport == "oci-archive":
		file, _, _ := strings.Cut(reference, ":")
		_, err := os.Stat(file)
		return err
	}
	return fmt.Errorf("want exec IMAGE COMMAND, build FILE IMAGE or push FILE IMAGE, not %q", args)
}

// kubectl does what needs no cluster, and of a cluster says what one with a single node would.
func kubectl(args []string) error {
	const job, why = "job/nfd-compat", "jsonpath={.status.conditions[?(@.type=='Failed')].message}"
	line := strings.Join(args, " ")
	switch {
	case len(args) > 0 && args[0] == "nfd-compat":
		return run(append([]string{"kubectl-nfd_compat"}, args[1:]...))
	case len(args) == 3 && strings.HasPrefix(line, "apply -f "):
		text, err := os.ReadFile(args[2])
		if err != nil {
			return err
		}
		return yaml.UnmarshalStrict(text, &batchv1.Job{})
	case line == "wait --for=condition=Complete --timeout=5m "+job, line == "logs "+job, line == "delete "+job,
		line == "get "+job+" -o "+why:
		return nil
	case line == "get nodefeatures --all-namespaces -o json":
		return nodeFeatures()
	}
	return fmt.Errorf("it does not know %q", line)
}

// nodeFeatures prints the NodeFeature objects of a cluster with two nodes: the hosts of an example.
func nodeFeatures() error {
	var items []any
	for i, host := range []string{"satisfied", "unsatisfied"} {
		text, err := os.ReadFile("examples/x86-64-v3/" + host + ".json")
		if err != nil {
			return err
		}
		var exported map[string]any
		if err := json.Unmarshal(text, &exported); err != nil {
			return err
		}
		node := fmt.Sprintf("node-%d", i+1)
		items = append(items, map[string]any{
			"apiVersion": "nfd.k8s-sigs.io/v1alpha1", "kind": "NodeFeature",
			"metadata": map[string]any{
				"name": node, "namespace": "node-feature-discovery", "labels": map[string]string{"nfd.node.kubernetes.io/node-name": node},
			},
			"spec": map[string]any{"features": map[string]any{
				"flags": exported["flags"], "attributes": exported["attributes"], "instances": exported["instances"],
			}},
		})
	}
	list := map[string]any{"apiVersion": "v1", "kind": "List", "items": items}
	return json.NewEncoder(os.Stdout).Encode(list) //nolint:forbidigo // here a test is the program
}

// jq does of a file what the pages have recipes for.
func jq(args []string) error {
	if len(args) != 3 || args[0] != "-r" || args[1] != `.results[] | select(.verdict == "compatible") | .node.name` {
		return fmt.Errorf("it does not know %q", args)
	}
	text, err := os.ReadFile(args[2])
	if err != nil {
		return err
	}
	var report validate.Report
	if err := json.Unmarshal(text, &report); err != nil {
		return err
	}
	var names strings.Builder
	for _, result := range report.Results {
		if result.Verdict == validate.Compatible && result.Node != nil {
			fmt.Fprintln(&names, result.Node.Name)
		}
	}
	_, err = os.Stdout.WriteString(names.String()) //nolint:forbidigo // here a test is the program
	return err
}
