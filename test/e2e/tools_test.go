//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tool returns where a tool is. A tool that is missing fails the test: what is not run is not passed.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: `make e2e` builds the tools and puts them on the PATH", err)
	}
	return path
}

// program builds nfd-compat and returns where it is.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nfd-compat")
	run(t, "../..", "go", "build", "-o", path, "./cmd/nfd-compat")
	return path
}

// run runs a command in a folder and returns what it prints on standard output. It has to succeed.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	stdout, stderr, code := try(t, dir, name, args...)
	if code != 0 {
		t.Fatalf("%s %s: exit code %d\n%s%s", name, strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// try runs a command and returns what it prints and its exit code.
func try(t *testing.T, dir, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errOut
	// Nothing of the user's: neither credentials nor a node's name.
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_RUNTIME_DIR=", "REGISTRY_AUTH_FILE=", "DOCKER_CONFIG=")
	if name == "go" {
		cmd.Env = nil
	}
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// A registry is one in a process of its own.
type registry struct {
	host string
	// login is a file with credentials for it; empty if it lets in anybody.
	login string
	// stop ends the process.
	stop func()
}

// serve starts olareg with further flags and its content in memory, and waits until it answers.
func serve(t *testing.T, flags ...string) registry {
	t.Helper()
	port := freePort(t)
	args := []string{"serve", "--addr", "127.0.0.1", "--port", fmt.Sprint(port), "--store-type", "mem", "--verbosity", "error"}
	return start(t, port, "olareg", append(args, flags...)...)
}

// start starts the program of a registry, and waits until it answers on its port.
func start(t *testing.T, port int, name string, args ...string) registry {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, tool(t, name), args...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it ends by being killed
	}()
	r := registry{host: fmt.Sprintf("127.0.0.1:%d", port), stop: func() { cancel(); <-ended }}
	t.Cleanup(r.stop)
	for deadline := time.Now().Add(30 * time.Second); !answers(t, r.host); time.Sleep(20 * time.Millisecond) {
		select {
		case <-ended:
			t.Fatalf("%s has ended:\n%s", name, &log)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer on %s", name, r.host)
		}
	}
	return r
}

// answers tells whether there is a registry, be it one that wants a login.
func answers(t *testing.T, host string) bool {
	t.Helper()
	status, _, err := ask(t, host)
	return err == nil && (status == http.StatusOK || status == http.StatusUnauthorized)
}

// ask asks a registry whether it is one, and returns the status and the header of what it answers.
func ask(t *testing.T, host string) (int, http.Header, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+"/v2/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	if err := response.Body.Close(); err != nil { // nothing of it is read
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, nil
}

// freePort returns a port on which nobody listens now.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("a TCP listener has the address %v", listener.Addr())
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return address.Port
}

// write puts files into a new folder and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
