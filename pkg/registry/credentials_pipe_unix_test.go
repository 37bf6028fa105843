//go:build unix

package registry_test

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// TestCredentialsOfAPipe: a file that nobody writes to is waited for no longer than there is time.
func TestCredentialsOfAPipe(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	r.Protect(hosttest.AuthOptions{Username: "user", Password: password})
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	client := registry.Client{PlainHTTP: true, Credentials: registry.Credentials{Files: registry.DefaultCredentialFiles(func(name string) string {
		return map[string]string{"REGISTRY_AUTH_FILE": pipe}[name]
	})}}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := client.Fetch(ctx, registry.Request{Reference: r.Host + "/app:v1"})
		done <- err
	}()
	select {
	case err := <-done:
		wantError(t, err, registry.ErrCredentials, pipe+": there is no end of it within the time limit")
	case <-time.After(20 * time.Second):
		t.Fatal("it waits for ever")
	}
}
