//go:build e2e && registries

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// The user whom the registries with a login let in. The hash is bcrypt's, of the lowest cost.
const (
	user     = "e2e"
	password = "correct horse+battery/staple"
	htpasswd = user + ":$2a$04$xJL7/w/R1eOzbtWZbOwhu.0wk.pD9Ak9l46nYHUw98iSpEN.c7SdK\n"
)

// debianConfig configures Debian's docker-registry: where it listens, where its content lies, whether it deletes, and the file
// with its users.
const debianConfig = `version: 0.1
log: {level: error}
storage:
  filesystem: {rootdirectory: %q}
  delete: {enabled: true}
http: {addr: "127.0.0.1:%d", secret: "of one process"}
auth:
  htpasswd: {realm: registry, path: %q}
`

// TestRegistries is [TestMatrix] with the registries that take long to build, or come from elsewhere. `make registries` runs it.
func TestRegistries(t *testing.T) {
	t.Parallel()
	served := func(flags ...string) func(*testing.T) registry {
		return func(t *testing.T) registry {
			t.Helper()
			port := freePort(t)
			return start(t, port, "registries", append([]string{"-port", fmt.Sprint(port)}, flags...)...)
		}
	}
	withLogin := func(flags ...string) func(*testing.T) registry {
		return func(t *testing.T) registry {
			t.Helper()
			users := filepath.Join(write(t, map[string]string{"htpasswd": htpasswd}), "htpasswd")
			r := served(append(flags, "-htpasswd", users)...)(t)
			r.login = credentials(t, r.host)
			return r
		}
	}
	matrix(t, []kind{
		{name: "distribution", serve: withLogin("-kind", "distribution"), via: viaTag},
		{name: "distribution without deletion", serve: withLogin("-kind", "distribution", "-keep"), via: viaTag, keeps: true},
		{name: "go-containerregistry", serve: served("-kind", "go-containerregistry"), via: viaAPI, mistyped: true},
		{name: "Debian's docker-registry", serve: debian, via: viaTag},
	})
}

// debian starts Debian's docker-registry, which wants a login.
func debian(t *testing.T) registry {
	t.Helper()
	dir, port := write(t, map[string]string{"htpasswd": htpasswd}), freePort(t)
	config := write(t, map[string]string{"config.yml": fmt.Sprintf(debianConfig, filepath.Join(dir, "content"), port, filepath.Join(dir, "htpasswd"))})
	r := start(t, port, "docker-registry", "serve", filepath.Join(config, "config.yml"))
	r.login = credentials(t, r.host)
	return r
}

// credentials writes a file with those of the user of a registry, which wants them, and returns its name.
func credentials(t *testing.T, host string) string {
	t.Helper()
	status, header, err := ask(t, host)
	if err != nil {
		t.Fatal(err)
	}
	if challenge := header.Get("WWW-Authenticate"); status != http.StatusUnauthorized || !strings.HasPrefix(challenge, "Basic ") {
		t.Fatalf("%s wants no login: %d %s", host, status, challenge)
	}
	text, err := json.Marshal(map[string]any{"auths": map[string]any{host: map[string]string{"username": user, "password": password}}})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(write(t, map[string]string{"auth.json": string(text)}), "auth.json")
}
