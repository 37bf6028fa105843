//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// script runs one of the scripts of the action, as GitHub's runner does, and returns what it prints, the content of the file
// that it tells things in, and its exit code.
func script(t *testing.T, name, dir string, env ...string) (printed, told string, code int) {
	t.Helper()
	file, err := filepath.Abs("../../.github/action/" + name)
	if err != nil {
		t.Fatal(err)
	}
	tell := filepath.Join(t.TempDir(), "told")
	cmd := exec.CommandContext(t.Context(), file)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "HOME="+t.TempDir(), "GITHUB_OUTPUT="+tell, "GITHUB_PATH="+tell), env...)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	text, err := os.ReadFile(tell)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(out), string(text), cmd.ProcessState.ExitCode()
}

// TestActionRun: the inputs become arguments, and the outputs tell how it ended.
func TestActionRun(t *testing.T) {
	t.Parallel()
	path := filepath.Dir(program(t)) + ":" + os.Getenv("PATH")
	dir := write(t, files())
	const features = "--features=host.json"
	if err := os.WriteFile(filepath.Join(dir, "host.json"), []byte(`{"attributes": {"kernel.version": {"elements": {"major": "6"}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "bare"), os.DirFS("../../testdata/demo")); err != nil {
		t.Fatal(err)
	}
	run(t, dir, program(t), "remove-spec", "--image=oci:bare:v1", "--all", "--yes")
	tests := map[string]struct {
		env     []string
		code    int
		outputs string
		printed string
	}{
		"a host that satisfies": {
			env: []string{"COMMAND=validate-node", "SPEC=satisfied.yaml", "ARGUMENTS=" + features}, outputs: "verdict=compatible\nexit-code=0\n", printed: "compatible: ",
		},
		"a host that does not": {
			env: []string{"COMMAND=validate-node", "SPEC=refused.yaml", "ARGUMENTS=" + features}, code: 3, outputs: "verdict=incompatible\nexit-code=3\n", printed: "6 is less than 99",
		},
		"a host that does not, in JSON": {
			env: []string{"COMMAND=validate-node", "SPEC=refused.yaml", "ARGUMENTS=\n" + features + "\n--output=json\n"}, code: 3, outputs: "verdict=incompatible\nexit-code=3\n", printed: `"verdict": "incompatible"`,
		},
		"a host that does not, as annotations, in one word": {
			env: []string{"COMMAND=validate-node", "SPEC=refused.yaml", "ARGUMENTS=" + features + "\n-vo\ngithub"}, code: 3, outputs: "verdict=incompatible\nexit-code=3\n", printed: "::error",
		},
		"a host that does not, and a file": {
			env: []string{"COMMAND=validate-node", "SPEC=refused.yaml", "ARGUMENTS=" + features + "\n-o\nmarkdown=report.md"}, code: 3, outputs: "verdict=incompatible\nexit-code=3\n",
		},
		"NFD's JSON": {
			env: []string{"COMMAND=validate-node", "SPEC=satisfied.yaml", "ARGUMENTS=" + features + "\n--output-json"}, outputs: "verdict=compatible\nexit-code=0\n", printed: "[",
		},
		"an image without a spec": {
			env: []string{"COMMAND=validate-node", "IMAGE=oci:bare:v1", "ARGUMENTS=--platform=linux/amd64\n" + features}, code: 4, outputs: "verdict=undeclared\nexit-code=4\n", printed: "undeclared: ",
		},
		"an image without a spec that is let pass": {
			env: []string{"COMMAND=validate-node", "IMAGE=oci:bare:v1", "ARGUMENTS=--platform=linux/amd64\n" + features + "\n--on-missing=ignore"}, outputs: "verdict=undeclared\nexit-code=0\n", printed: "undeclared: ",
		},
		"an image without a spec that is let pass, in JSON": {
			env: []string{"COMMAND=validate-node", "IMAGE=oci:bare:v1", "ARGUMENTS=--platform=linux/amd64\n" + features + "\n--on-missing=warn\n--output=json"}, outputs: "verdict=undeclared\nexit-code=0\n", printed: `"verdict": "undeclared"`,
		},
		"an image without a spec that is let pass, as annotations": {
			env: []string{"COMMAND=validate-node", "IMAGE=oci:bare:v1", "ARGUMENTS=--platform=linux/amd64\n" + features + "\n--on-missing=ignore\n--output=github"}, outputs: "verdict=undeclared\nexit-code=0\n", printed: "",
		},
		"a step that does not fail": {
			env: []string{"COMMAND=validate-node", "SPEC=refused.yaml", "ARGUMENTS=" + features, "FAIL=false"}, outputs: "verdict=incompatible\nexit-code=3\n",
		},
		"no verdict": {
			env: []string{"COMMAND=validate-node", "SPEC=missing.yaml"}, code: 1, outputs: "verdict=\nexit-code=1\n", printed: "missing.yaml",
		},
		"specs": {
			env: []string{"COMMAND=validate-spec", "FILES=satisfied.*\nrefused.yaml\n"}, outputs: "verdict=ok\nexit-code=0\n",
		},
		"a spec that is wrong": {
			env: []string{"COMMAND=validate-spec", "FILES=*.yaml"}, code: 6, outputs: "verdict=failed\nexit-code=6\n", printed: "::error file=broken.yaml",
		},
		"a spec that is wrong, as text": {
			env: []string{"COMMAND=validate-spec", "FILES=broken.yaml", "ARGUMENTS=--output=text"}, code: 6, outputs: "verdict=failed\nexit-code=6\n", printed: "broken.yaml:",
		},
		"no such file": {
			env: []string{"COMMAND=validate-spec", "FILES=*.nothing"}, code: 2, outputs: "exit-code=2\n", printed: "no file is named *.nothing",
		},
		"an input for another command": {
			env: []string{"COMMAND=validate-node", "FILES=satisfied.yaml"}, code: 2, outputs: "exit-code=2\n", printed: "files are for",
		},
		"another command": {
			env: []string{"COMMAND=export"}, code: 2, outputs: "exit-code=2\n", printed: "want validate-spec",
		},
		"what a shell would run": { // and which is a file that is not there
			env: []string{"COMMAND=validate-node", "SPEC=$(touch owned); `touch owned`", "ARGUMENTS=" + features}, code: 1, outputs: "verdict=\nexit-code=1\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			printed, told, code := script(t, "run", dir, append(test.env, "PATH="+path)...)
			if code != test.code || told != test.outputs || !strings.Contains(printed, test.printed) {
				t.Errorf("exit code %d, want %d; outputs %q, want %q:\n%s", code, test.code, told, test.outputs, printed)
			}
			if _, err := os.Stat(filepath.Join(dir, "owned")); err == nil {
				t.Error("an input was run")
			}
		})
	}
}

// TestActionInstall: an archive is installed if the release lists its digest, and nothing else is.
func TestActionInstall(t *testing.T) {
	t.Parallel()
	tool(t, "curl")
	content, err := os.ReadFile(program(t))
	if err != nil {
		t.Fatal(err)
	}
	name := "nfd-compat_1.2.3_" + runtime.GOOS + "_" + runtime.GOARCH + ".tar.gz"
	archive := tarball(t, "nfd-compat", content)
	sum := fmt.Sprintf("%x", sha256.Sum256(archive))
	tests := map[string]struct {
		version, ref string
		sums         string
		printed      string // and not installed, if this is no version
	}{
		"a release":                {version: "v1.2.3", sums: strings.Repeat("0", 64) + "  other.tar.gz\n" + sum + "  " + name + "\n", printed: "nfd-compat "},
		"that of the action":       {ref: "v1.2.3", sums: sum + "  " + name + "\n", printed: "nfd-compat "},
		"another digest":           {version: "v1.2.3", sums: strings.Repeat("0", 64) + "  " + name + "\n", printed: "FAILED"},
		"no digest":                {version: "v1.2.3", sums: sum + "  " + name + ".sig\n", printed: "lists no digest"},
		"a release that is not":    {version: "v9.9.9", sums: "", printed: "404"},
		"no version":               {version: "../v1.2.3", sums: "", printed: "is neither"},
		"the source of the action": {ref: "main", printed: "nfd-compat (devel)"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/v1.2.3/checksums.txt":
					_, _ = w.Write([]byte(test.sums)) // to a client that waits for it
				case "/v1.2.3/" + name:
					_, _ = w.Write(archive) // to a client that waits for it
				default:
					http.NotFound(w, r)
				}
			}))
			t.Cleanup(server.Close)
			temp := t.TempDir()
			source, err := filepath.Abs("../..")
			if err != nil {
				t.Fatal(err)
			}
			env := []string{
				"VERSION=" + test.version, "ACTION_REF=" + test.ref, "RUNNER_TEMP=" + temp, "GITHUB_ACTION_PATH=" + source,
				"NFD_COMPAT_RELEASES=" + server.URL, "RUNNER_OS=" + map[string]string{"linux": "Linux", "darwin": "macOS"}[runtime.GOOS],
				"RUNNER_ARCH=" + map[string]string{"amd64": "X64", "arm64": "ARM64"}[runtime.GOARCH],
				"GOFLAGS=-buildvcs=false", // or it would tell the commit of this checkout
			}
			env = append(env, goCaches(t)...)
			printed, told, code := script(t, "install", t.TempDir(), env...)
			installed := strings.HasPrefix(test.printed, "nfd-compat ")
			if installed != (code == 0) || !strings.Contains(printed, test.printed) {
				t.Errorf("exit code %d:\n%s", code, printed)
			}
			want := ""
			if installed {
				want = filepath.Join(temp, "nfd-compat", "bin") + "\n"
			}
			if told != want {
				t.Errorf("the PATH has %q, want %q", told, want)
			}
		})
	}
}

// goCaches lets the go command find what is built already, whatever HOME is.
func goCaches(t *testing.T) []string {
	t.Helper()
	caches := strings.Fields(run(t, ".", "go", "env", "GOCACHE", "GOMODCACHE"))
	return []string{"GOCACHE=" + caches[0], "GOMODCACHE=" + caches[1]}
}

// tarball returns an archive of one program.
func tarball(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content))})
	if err == nil {
		_, err = w.Write(content)
	}
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestActionScripts: no input becomes a part of a script; each is handed to one by the environment.
func TestActionScripts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "run:") && !strings.Contains(line, "id: run") {
			lines++
			if strings.Contains(line, "${{") {
				t.Errorf("an expression is a part of a script: %s", line)
			}
		}
	}
	if lines != 2 {
		t.Errorf("%d scripts of one line, want 2", lines)
	}
	_, head, _ := strings.Cut(string(text), "inputs:\n")
	head, _, _ = strings.Cut(head, "outputs:\n")
	for _, input := range regexp.MustCompile(`(?m)^ {2}([a-z-]+):$`).FindAllStringSubmatch(head, -1) {
		if !strings.Contains(string(text), "${{ inputs."+input[1]+" }}") {
			t.Errorf("the input %s goes nowhere", input[1])
		}
	}
}
