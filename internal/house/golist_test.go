package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// module is the path that all our packages begin with.
const module = "github.com/nfd-compat/nfd-compat"

// root is where the module lies, seen from this package's folder, in which its tests run.
const root = "../.."

// A listed is one package as `go list -json` shows it, in the fields that the rules ask for.
type listed struct {
	Dir        string
	ImportPath string
	Name       string
	Doc        string
	Standard   bool
	GoFiles    []string
	CgoFiles   []string
	Imports    []string
}

// own returns the package's path within the module, such as "pkg/spec", and whether it is one of ours.
func (p *listed) own() (string, bool) {
	return ownPath(p.ImportPath)
}

func ownPath(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// goList runs `go list -json` with the arguments for one operating system and returns the packages it prints.
func goList(t *testing.T, goos string, args ...string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json"}, args...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s with GOOS=%s: %v\n%s", strings.Join(cmd.Args, " "), goos, err, &stderr)
	}
	packages, err := decodeList(&stdout)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(cmd.Args, " "), err)
	}
	return packages
}

func decodeList(r io.Reader) ([]listed, error) {
	var packages []listed
	dec := json.NewDecoder(r)
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("decode the list of packages: %w", err)
		}
		packages = append(packages, p)
	}
}
