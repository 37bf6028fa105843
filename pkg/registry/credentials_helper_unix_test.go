//go:build unix

package registry

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"oras.land/oras-go/v2/registry/remote/auth"
)

// helperScript is a program that keeps credentials. It writes the registry that it was asked for, and a secret to standard
// error, which nobody shows.
const helperScript = `#!/bin/sh
server=$(cat)
echo "$1 $server" >> "$HELPER_LOG"
echo "hunter2 on standard error" >&2
case "$server" in
good.example|https://index.docker.io/v1/) echo '{"ServerURL":"x","Username":"u","Secret":"s3cret"}' ;;
token.example) echo '{"Username":"<token>","Secret":"identity"}' ;;
empty.example) echo '{"Username":"","Secret":""}' ;;
junk.example) echo 'hunter2 is no JSON' ;;
fails.example) echo 'hunter2 is wrong'; exit 3 ;;
prints.example) while :; do echo hunter2, over and over again and again, and then once more; done ;;
hangs.example) sleep 100 ;;
*) echo "credentials not found in native keychain"; exit 1 ;;
esac
`

// TestHelpers: programs that keep credentials, when they are asked, and what they may do wrong.
func TestHelpers(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	if err := os.WriteFile(filepath.Join(dir, "docker-credential-nfdtest"), []byte(helperScript), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	t.Setenv("HELPER_LOG", log)
	const (
		store   = `{"credsStore":"nfdtest","auths":{"here.example":{"username":"file","password":"p"},"good.example":{}}}`
		helpers = `{"credsStore":"no-such","credHelpers":{"good.example":"nfdtest","token.example":"nfdtest","none.example":"nfdtest","off.example":"","docker.io":"nfdtest"},` +
			`"auths":{"good.example":{"username":"file","password":"p"},"good.example/team":{"username":"team","password":"p"},"none.example":{"username":"file","password":"p"}}}`
	)
	tests := []struct {
		name, text, registry, repository string
		want                             auth.Credential
		fault                            string
		asked                            string
	}{
		{"store", store, "good.example", "app", auth.Credential{Username: "u", Password: "s3cret"}, "", "get good.example\n"},
		{"store has none", store, "none.example", "app", auth.EmptyCredential, "", "get none.example\n"},
		{"store has an empty one", store, "empty.example", "app", auth.EmptyCredential, "", "get empty.example\n"},
		{"an entry goes before the store", store, "here.example", "app", auth.Credential{Username: "file", Password: "p"}, "", ""},
		{"Docker Hub", store, "docker.io", "library/nginx", auth.Credential{Username: "u", Password: "s3cret"}, "", "get https://index.docker.io/v1/\n"},
		{"identity token", helpers, "token.example", "app", auth.Credential{RefreshToken: "identity"}, "", "get token.example\n"},
		{"a helper goes before an entry", helpers, "good.example", "app", auth.Credential{Username: "u", Password: "s3cret"}, "", "get good.example\n"},
		{"a longer entry goes before a helper", helpers, "good.example", "team/app", auth.Credential{Username: "team", Password: "p"}, "", ""},
		{"a helper has none, an entry has", helpers, "none.example", "app", auth.Credential{Username: "file", Password: "p"}, "", "get none.example\n"},
		{"no helper for this one", helpers, "off.example", "app", auth.EmptyCredential, "", ""},
		{"Docker Hub's helper", helpers, "docker.io", "library/nginx", auth.Credential{Username: "u", Password: "s3cret"}, "", "get https://index.docker.io/v1/\n"},
		{"no such helper", helpers, "another.example", "app", auth.EmptyCredential, "docker-credential-no-such", ""},
		{"fails", store, "fails.example", "app", auth.EmptyCredential, "exit status 3", "get fails.example\n"},
		{"junk", store, "junk.example", "app", auth.EmptyCredential, "its answer cannot be read", "get junk.example\n"},
		{"prints without end", store, "prints.example", "app", auth.EmptyCredential, "prints more than 65536 bytes", "get prints.example\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := os.WriteFile(log, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			file := credentialFile(t, test.text)
			found, err := file.find(t.Context(), test.registry, test.repository)
			if diff := cmp.Diff(test.want, found.Credential); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			switch {
			case (err != nil) != (test.fault != ""):
				t.Errorf("%v", err)
			case err != nil && (!errors.Is(err, ErrCredentials) || !strings.Contains(err.Error(), test.fault) || !strings.Contains(err.Error(), file.path) || strings.Contains(err.Error(), "hunter2")):
				t.Errorf("%v", err)
			}
			asked, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			if string(asked) != test.asked {
				t.Errorf("asked %q, want %q", asked, test.asked)
			}
		})
	}
	t.Run("hangs", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := credentialFile(t, store).find(ctx, "hangs.example", "app"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrCredentials) {
			t.Errorf("%v", err)
		}
	})
}
