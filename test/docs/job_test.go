//go:build linux

package docs

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// job reads the Job of the examples, strictly.
func job(t *testing.T) *batchv1.Job {
	t.Helper()
	text, err := os.ReadFile(root + "/examples/job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var j batchv1.Job
	if err := yaml.UnmarshalStrict(text, &j); err != nil {
		t.Fatal(err)
	}
	return &j
}

// TestJob: the pod has no rights, and the Job ends as the exit codes say.
func TestJob(t *testing.T) {
	t.Parallel()
	j := job(t)
	pod := j.Spec.Template.Spec
	container := pod.Containers[0]
	no, yes := false, true
	drop := &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}
	if diff := cmp.Diff(&corev1.SecurityContext{AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes, Capabilities: drop}, container.SecurityContext); diff != "" {
		t.Errorf("the container (-want +got)\n%s", diff)
	}
	user := int64(65532)
	if diff := cmp.Diff(&corev1.PodSecurityContext{
		RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &user, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}, pod.SecurityContext); diff != "" {
		t.Errorf("the pod (-want +got)\n%s", diff)
	}
	if pod.HostPID || pod.HostNetwork || pod.HostIPC || pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Error("the pod shares what it needs not")
	}
	if len(pod.Containers) != 1 || container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() || pod.RestartPolicy != corev1.RestartPolicyNever {
		t.Error("the pod is not bounded, or restarts")
	}
	var failing []int32
	for _, rule := range j.Spec.PodFailurePolicy.Rules {
		if rule.Action == batchv1.PodFailurePolicyActionFailJob && *rule.OnExitCodes.ContainerName == container.Name && rule.OnExitCodes.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn {
			failing = append(failing, rule.OnExitCodes.Values...)
		}
	}
	// All but a registry that does not answer: trying again does not change them.
	if want := []int32{cli.ExitError, cli.ExitUsage, cli.ExitIncompatible, cli.ExitUndeclared, cli.ExitSpec, cli.ExitUndecided}; !slices.Equal(failing, want) {
		t.Errorf("the exit codes %v fail the Job at once, want %v", failing, want)
	}
}

// mounted returns the directories of the host that the Job has under one root, which it names to the program.
func mounted(t *testing.T, j *batchv1.Job) []string {
	t.Helper()
	const hostRoot = "/host"
	pod := j.Spec.Template.Spec
	if !slices.Contains(pod.Containers[0].Args, "--host-root="+hostRoot) {
		t.Errorf("the program is not told where the host is: %q", pod.Containers[0].Args)
	}
	var dirs []string
	for _, m := range pod.Containers[0].VolumeMounts {
		at := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		if at < 0 || pod.Volumes[at].HostPath == nil || *pod.Volumes[at].HostPath.Type != corev1.HostPathDirectory {
			t.Fatalf("%s is no directory of the host", m.Name)
		}
		dir := pod.Volumes[at].HostPath.Path
		if m.MountPath != path.Join(hostRoot, dir) || !m.ReadOnly {
			t.Errorf("%s is at %s, or can be written to", dir, m.MountPath)
		}
		dirs = append(dirs, strings.TrimPrefix(dir, "/"))
	}
	if len(dirs) != len(pod.Volumes) {
		t.Errorf("%d volumes, and %d are mounted", len(pod.Volumes), len(dirs))
	}
	return dirs
}

// notMounted lists the directories that features are read from as well and that need not be mounted, and says why.
func notMounted() map[string]string {
	return map[string]string{
		"home":                           "the driver on Google's Container-Optimized OS, where it can be mounted",
		"lib64":                          "a link to usr/lib64, which is looked into as well",
		"var":                            "var/run is a link to run, which is looked into as well",
		"x86_64-bottlerocket-linux-gnu":  "the driver on Bottlerocket, where it can be mounted",
		"aarch64-bottlerocket-linux-gnu": "the driver on Bottlerocket, where it can be mounted",
	}
}

// TestJobMounts: the Job mounts what the catalogue says that features are read from, and so as much is found there as on the
// host itself.
func TestJobMounts(t *testing.T) {
	t.Parallel()
	dirs := mounted(t, job(t))
	unneeded := map[string]bool{}
	for _, dir := range dirs {
		unneeded[dir] = true
	}
	for _, entry := range features.Catalogue() {
		for _, from := range entry.ReadFrom {
			if !strings.HasPrefix(from, "/") {
				continue // CPUID and the like
			}
			dir, _, _ := strings.Cut(from[1:], "/")
			delete(unneeded, dir)
			for _, d := range expand(dir) {
				if !slices.Contains(dirs, d) && notMounted()[d] == "" {
					t.Errorf("%s is read from %s, and the Job does not mount /%s", entry.Name, from, d)
				}
			}
		}
	}
	if len(unneeded) > 0 {
		t.Errorf("nothing is read from %v, and the Job mounts it", unneeded)
	}
	archives, err := filepath.Glob(root + "/pkg/features/testdata/*.txtar")
	if err != nil || len(archives) < 5 {
		t.Fatalf("%d hosts: %v", len(archives), err)
	}
	for _, file := range archives {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		whole := hosttest.Parse(string(text))
		if diff := cmp.Diff(export(t, whole), export(t, whole.Without(others(t, whole, dirs)...))); diff != "" {
			t.Errorf("%s: the Job does not see what the host has (-host +Job)\n%s", file, diff)
		}
	}
}

// expand returns the alternatives of a name such as "{a,b}-c", or the name.
func expand(name string) []string {
	before, rest, _ := strings.Cut(name, "{")
	inner, after, ok := strings.Cut(rest, "}")
	if !ok {
		return []string{name}
	}
	var names []string
	for alternative := range strings.SplitSeq(inner, ",") {
		names = append(names, before+alternative+after)
	}
	return names
}

// others returns what a host has at its root besides these directories.
func others(t *testing.T, tree *hosttest.Tree, dirs []string) []string {
	t.Helper()
	entries, err := os.ReadDir(tree.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !slices.Contains(dirs, e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// export returns the features of a host as they are exported.
func export(t *testing.T, tree *hosttest.Tree) string {
	t.Helper()
	set, err := features.FromFS(tree.FS()).Discover(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := features.Write(&text, set); err != nil {
		t.Fatal(fmt.Errorf("export: %w", err))
	}
	return text.String()
}
