//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

// helperScript is a program that keeps credentials, and takes its time: it and a program that it runs, whose process id it
// writes, have standard output open.
const helperScript = `#!/bin/sh
sleep 600 &
echo $! > "$HELPER_STARTED.new"
mv "$HELPER_STARTED.new" "$HELPER_STARTED"
wait
`

// A wait is something that the program waits for.
type wait struct {
	name string
	// fault is put before the registry, which says when it was asked.
	fault hosttest.Fault
	auth  *hosttest.AuthOptions
	args  []string
	// helper has a program asked for credentials, which says when it was.
	helper bool
	// silent has a listener that takes connections and says nothing, in place of the registry.
	silent bool
	// typing has somebody who does not go on typing, in place of the registry.
	typing bool
}

func waits() []wait {
	payload := digest.FromString(satisfied).String()
	unavailable := func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", "29")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	return []wait{
		{name: "the TLS handshake", silent: true},
		{name: "the manifest", fault: hosttest.Fault{Match: hosttest.On("GET", "/manifests/v1"), Hang: true}},
		{name: "the list of referrers", fault: hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), Hang: true}},
		{name: "the artifact", fault: hosttest.Fault{Match: hosttest.On("GET", "/manifests/sha256:"), Hang: true}},
		{name: "the payload", fault: hosttest.Fault{Match: hosttest.On("GET", "/blobs/"+payload), Hang: true}},
		{name: "a payload that drips", fault: hosttest.Fault{Match: hosttest.On("GET", "/blobs/"+payload), Drip: time.Second}},
		{name: "the next try", fault: hosttest.Fault{Match: hosttest.On("GET", "/manifests/v1"), Serve: unavailable}},
		{name: "the token service", fault: hosttest.Fault{Match: hosttest.On("", "/token"), Hang: true}, auth: &hosttest.AuthOptions{Anonymous: true}},
		{name: "a program with credentials", helper: true, auth: &hosttest.AuthOptions{Basic: true, Username: "u", Password: "p"}, args: []string{"--registry-config", "auth.json"}},
		{name: "standard input", typing: true},
	}
}

// TestInterrupt: whatever the program waits for, SIGINT and SIGTERM end it, and it says so and nothing else. None of the
// waits would end by itself before the test does. How long it takes is printed, and not judged.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		for _, w := range waits() {
			t.Run(signal.String()+"/"+w.name, func(t *testing.T) {
				t.Parallel()
				home := t.TempDir()
				reference, waiting := w.begin(t, home)
				args := append([]string{"nfd-compat", "validate-node", "--timeout", "1h", "--image", reference}, w.args...)
				if !w.silent {
					args = append(args, "--plain-http")
				}
				if w.typing {
					args = []string{"nfd-compat", "validate-node", "--spec", "-"}
				}
				var stdout, stderr bytes.Buffer
				cmd := program(t, home, args...)
				cmd.Dir, cmd.Stdout, cmd.Stderr = home, &stdout, &stderr
				cmd.Env = append(cmd.Env, "PATH="+home+":"+os.Getenv("PATH"), "HELPER_STARTED="+started(home))
				if w.typing {
					waiting = typing(t, cmd)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- cmd.Wait() }()
				waiting(ended)
				begun := time.Now()
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				code := exitCode(t, <-ended)
				t.Logf("ended after %v", time.Since(begun))
				if code != 130 || stdout.Len() > 0 || stderr.String() != "nfd-compat: interrupted\n" {
					t.Errorf("exit code %d, standard output %q, standard error %q", code, &stdout, &stderr)
				}
			})
		}
	}
}

func started(home string) string { return filepath.Join(home, "started") }

// begin starts what is waited for. It returns the reference of an image, and what returns once a program waits for it.
func (w *wait) begin(t *testing.T, home string) (reference string, waiting func(ended <-chan error)) {
	t.Helper()
	asked := make(chan struct{})
	tell := sync.OnceFunc(func() { close(asked) })
	waiting = func(ended <-chan error) {
		t.Helper()
		select {
		case <-asked:
		case err := <-ended:
			t.Fatalf("it did not wait: %v", err)
		}
	}
	switch {
	case w.typing:
		return "", nil
	case w.silent:
		return silent(t, tell) + "/demo/app:v1", waiting
	}
	r, reference := pushed(t)
	if w.auth != nil {
		r.Protect(*w.auth)
	}
	if w.fault.Match != nil {
		r.Break(telling(w.fault, tell))
	}
	if w.helper {
		for name, text := range map[string]string{"docker-credential-slow": helperScript, "auth.json": `{"credsStore":"slow"}`} {
			if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		return reference, func(ended <-chan error) { t.Helper(); awaitHelper(t, home, ended) }
	}
	return reference, waiting
}

// silent listens, says nothing, and tells when the first client has begun to speak. It returns the address.
func silent(t *testing.T, tell func()) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return // the test is over
		}
		_, _ = conn.Read(make([]byte, 1))
		tell()
		_, _ = io.Copy(io.Discard, conn) // until the client has gone
		_ = conn.Close()
	}()
	return listener.Addr().String()
}

// typing gives a program a standard input that begins and does not go on. It returns what returns once the program reads
// it: no pipe takes as much by itself.
func typing(t *testing.T, cmd *exec.Cmd) func(<-chan error) {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(in.Close(), out.Close()) })
	cmd.Stdin = out
	return func(<-chan error) {
		t.Helper()
		if _, err := in.Write(bytes.Repeat([]byte("#"), 64<<10+1)); err != nil {
			t.Fatal(err)
		}
	}
}

// telling is a fault that tells when it has answered, or when it is asked if it does not answer.
func telling(fault hosttest.Fault, tell func()) hosttest.Fault {
	if serve := fault.Serve; serve != nil {
		fault.Serve = func(w http.ResponseWriter, req *http.Request, next http.Handler) {
			serve(w, req, next)
			_ = http.NewResponseController(w).Flush()
			tell()
		}
		return fault
	}
	matches := fault.Match
	fault.Match = func(req *http.Request) bool {
		hit := matches(req)
		if hit {
			tell()
		}
		return hit
	}
	return fault
}

// awaitHelper returns once the program with credentials runs, and has its own one ended with the test.
func awaitHelper(t *testing.T, home string, ended <-chan error) {
	t.Helper()
	for {
		text, err := os.ReadFile(started(home))
		if err == nil {
			id, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = syscall.Kill(id, syscall.SIGKILL) })
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("it did not wait: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
}
