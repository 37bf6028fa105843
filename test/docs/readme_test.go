//go:build linux

package docs

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadmeSample: what README.md shows of its first command is what that prints, whatever host this is.
func TestReadmeSample(t *testing.T) {
	t.Parallel()
	const page = "README.md"
	blocks := blocksOf(t, page)
	at := slices.IndexFunc(blocks, block.isShell)
	if at < 0 || blocks[at].name(page) != page+": go run ./cmd/nfd-compat validate-node --image oci:testdata/demo:v1" {
		t.Fatal("README.md does not begin with the demonstration")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The sample is of a host of this platform.
	run := exec.CommandContext(t.Context(), self, "validate-node", "--image", "oci:testdata/demo:v1", "--platform", "linux/amd64")
	run.Args[0], run.Dir = program, root
	printed, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	host := regexp.MustCompile(`(?m)^(host +).*$`)
	if diff := cmp.Diff(host.ReplaceAllString(string(printed), "$1"), host.ReplaceAllString(blocks[at+1].text, "$1")); diff != "" {
		t.Errorf("(-printed +shown)\n%s", diff)
	}
}
