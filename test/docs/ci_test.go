//go:build linux

package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// ciPage shows pipelines.
const ciPage = "docs/ci.md"

// A workflow is what is looked at of one for GitHub Actions.
type workflow struct {
	Jobs map[string]struct {
		Steps []struct {
			Uses string            `json:"uses"`
			With map[string]string `json:"with"`
		} `json:"steps"`
	} `json:"jobs"`
}

// An input is one of an action.
type input struct {
	Required bool `json:"required"`
}

// TestWorkflow: the steps of the workflow on the page that use the action have inputs that it takes, and do what is meant.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	var action struct {
		Inputs map[string]input `json:"inputs"`
	}
	text, err := os.ReadFile(root + "/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &action); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, ciPage))
	if err != nil {
		t.Fatal(err)
	}
	for name := range action.Inputs {
		if !strings.Contains(string(page), "\n| `"+name+"` | ") {
			t.Errorf("the page does not list the input %s", name)
		}
	}
	w, ran := newWorld(t), 0
	for _, b := range blocksOf(t, ciPage) {
		var flow workflow
		if b.language != "yaml" || !strings.Contains(b.text, "\njobs:\n") {
			continue
		}
		if err := yaml.Unmarshal([]byte(b.text), &flow); err != nil {
			t.Fatalf("%s:%d: %v", ciPage, b.line, err)
		}
		for _, job := range flow.Jobs {
			for _, step := range job.Steps {
				if strings.HasPrefix(step.Uses, "nfd-compat/nfd-compat@") {
					w.act(t, action.Inputs, step.With)
					ran++
				}
			}
		}
	}
	if ran != 2 {
		t.Errorf("%d steps use the action, want 2", ran)
	}
}

// act runs the action with these inputs.
func (w *world) act(t *testing.T, inputs map[string]input, with map[string]string) {
	t.Helper()
	script, err := filepath.Abs(root + "/.github/action/run")
	if err != nil {
		t.Fatal(err)
	}
	told := filepath.Join(t.TempDir(), "told")
	run := exec.CommandContext(t.Context(), script)
	run.Dir, run.Env = w.dir, append(slices.Clone(w.env), "GITHUB_OUTPUT="+told)
	for name := range with {
		if _, ok := inputs[name]; !ok {
			t.Errorf("the action has no input %q", name)
		}
	}
	for name, in := range inputs {
		if in.Required && with[name] == "" {
			t.Errorf("the action requires %s: %v", name, with)
		}
		value := strings.ReplaceAll(with[name], "${{ steps.push.outputs.digest }}", w.variable("IMAGE_DIGEST"))
		run.Env = append(run.Env, strings.ToUpper(name)+"="+value)
	}
	out, err := run.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %v\n%s", with, err, out)
	}
	if outputs, err := os.ReadFile(told); err != nil || string(outputs) != "verdict=ok\nexit-code=0\n" {
		t.Errorf("%v: %q, %v", with, outputs, err)
	}
}

// variable returns one of the environment.
func (w *world) variable(name string) string {
	for _, v := range w.env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// TestGitLab: the scripts of the jobs for GitLab run, but for what installs the program.
func TestGitLab(t *testing.T) {
	t.Parallel()
	w, ran := newWorld(t), 0
	w.env = append(w.env,
		"CI_REGISTRY_PASSWORD=secret", "CI_REGISTRY_USER=robot", "CI_REGISTRY_IMAGE="+registryHost+"/team/app", "CI_COMMIT_TAG=v1")
	for _, b := range blocksOf(t, ciPage) {
		var jobs map[string]struct {
			Script []string `json:"script"`
		}
		if b.language != "yaml" || !strings.Contains(b.text, "\n  script:\n") {
			continue
		}
		if err := yaml.Unmarshal([]byte(b.text), &jobs); err != nil {
			t.Fatalf("%s:%d: %v", ciPage, b.line, err)
		}
		for _, job := range jobs {
			for _, line := range job.Script {
				if line == "CGO_ENABLED=0 go install github.com/nfd-compat/nfd-compat/cmd/nfd-compat@latest" {
					continue // it asks the module proxy for what is published
				}
				w.run(t, ciPage, block{line: b.line, language: "sh", text: line + "\n"})
				ran++
			}
		}
	}
	if ran != 2 {
		t.Errorf("%d lines of scripts ran, want 2", ran)
	}
}
