package cli_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

// The secrets that are given to the program, and must come out of it nowhere but to whom they are for.
const (
	secretPassword = `pa55 w0rd/"with"+odd=<bytes>&%é`
	secretIdentity = "identity.of/the+test=="
	secretToken    = "access.of/the+test=="
	secretQuery    = "signature-of-a-blob"
)

// spellings are those in which a secret can be read.
func spellings(secrets ...string) []string {
	var all []string
	for _, secret := range secrets {
		quoted, _ := json.Marshal(secret)
		all = append(
			all, secret, strings.Trim(string(quoted), `"`), url.QueryEscape(secret), url.PathEscape(secret),
			base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret)),
			base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		)
	}
	return all
}

// wantSecrecy holds that nothing that the program wrote has a secret in it.
func wantSecrecy(t *testing.T, got outcome) {
	t.Helper()
	secrets := append(spellings(secretPassword, "user:"+secretPassword, ":"+secretPassword, secretIdentity, secretToken, secretQuery), "granted-")
	for stream, text := range map[string]string{"standard output": got.stdout, "standard error": got.stderr} {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %q:\n%s", stream, secret, text)
			}
		}
	}
}

// A login is a way to give the program credentials, and a registry that takes them.
type login struct {
	name  string
	auth  hosttest.AuthOptions
	stdin string
	args  []string
	file  string // of --registry-config; %h is the registry
}

func logins() []login {
	password := hosttest.AuthOptions{Username: "user", Password: secretPassword}
	basic := password
	basic.Basic = true
	pair := base64.StdEncoding.EncodeToString([]byte("user:" + secretPassword))
	quoted, _ := json.Marshal(secretPassword)
	return []login{
		{name: "password", auth: password, stdin: secretPassword + "\r\n", args: []string{"--registry-username", "user", "--registry-password-stdin"}},
		{name: "password, Basic", auth: basic, stdin: secretPassword, args: []string{"--registry-username", "user", "--registry-password-stdin"}},
		{name: "token", auth: hosttest.AuthOptions{AccessToken: secretToken}, stdin: secretToken + "\n", args: []string{"--registry-token-stdin"}},
		{name: "entry", auth: password, file: `{"auths":{"%h":{"auth":"` + pair + `"}}}`},
		{name: "entry of a path, Basic", auth: basic, file: `{"auths":{"%h/demo":{"username":"user","password":` + string(quoted) + `}}}`},
		{name: "identity token", auth: hosttest.AuthOptions{IdentityToken: secretIdentity}, file: `{"auths":{"%h":{"identitytoken":"` + secretIdentity + `"}}}`},
		{name: "registry token", auth: hosttest.AuthOptions{AccessToken: secretToken}, file: `{"auths":{"%h":{"registrytoken":"` + secretToken + `"}}}`},
	}
}

// echo answers with all that was sent, in a message.
func echo(status int, contentType string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
		body, _ := io.ReadAll(req.Body)
		sent := req.Header.Get("Authorization") + " " + string(body)
		if _, password, ok := req.BasicAuth(); ok {
			sent += " " + password
		}
		message, _ := json.Marshal("no: " + sent)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		if contentType == "application/json" {
			_, _ = io.WriteString(w, `{"errors":[{"code":"X","message":`+string(message)+`}]}`)
		} else {
			_, _ = io.WriteString(w, "no: "+sent)
		}
	}
}

// authorised are the requests that a login was sent with.
func authorised(text string) func(*http.Request) bool {
	return func(req *http.Request) bool {
		return strings.Contains(req.URL.Path, text) && req.Header.Get("Authorization") != ""
	}
}

// TestSecrecy gives the program credentials of every kind, has everything go wrong that can, and searches for them in all
// that the program writes.
func TestSecrecy(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		echo(http.StatusForbidden, "application/json")(w, req, nil)
	}))
	t.Cleanup(other.Close)
	away := http.Header{"Location": {other.URL + "/blob?X-Signature=" + secretQuery}}
	const manifests, everything = "/manifests/v1", "/v2/"
	index := "application/vnd.oci.image.index.v1+json"
	faults := []struct {
		name   string
		fault  *hosttest.Fault
		code   int
		within string // a --timeout
	}{
		{name: "none", code: cli.ExitOK},
		{name: "401 with an echo", fault: &hosttest.Fault{Match: authorised(everything), Serve: echo(401, "application/json")}, code: cli.ExitRegistry},
		{name: "403 with an echo", fault: &hosttest.Fault{Match: authorised(everything), Serve: echo(403, "text/plain")}, code: cli.ExitRegistry},
		{name: "500 with an echo", fault: &hosttest.Fault{Match: authorised(manifests), Serve: echo(500, "text/plain")}, code: cli.ExitRegistry},
		{name: "HTML with an echo", fault: &hosttest.Fault{Match: authorised(manifests), Serve: echo(200, "text/html")}, code: cli.ExitRegistry},
		{name: "junk with an echo", fault: &hosttest.Fault{Match: authorised("/referrers/"), Serve: echo(200, index)}, code: cli.ExitRegistry},
		{name: "media type with an echo", fault: &hosttest.Fault{Match: authorised(manifests), Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "text/x; a=\""+req.Header.Get("Authorization")+"\"")
		}}, code: cli.ExitRegistry},
		{name: "digest with an echo", fault: &hosttest.Fault{Match: authorised(manifests), Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", index)
			w.Header().Set("Docker-Content-Digest", req.Header.Get("Authorization"))
			_, _ = io.WriteString(w, "{}")
		}}, code: cli.ExitRegistry},
		{name: "404", fault: &hosttest.Fault{Match: authorised(manifests), Status: 404}, code: cli.ExitRegistry},
		{name: "429", fault: &hosttest.Fault{Match: authorised(everything), Status: 429, Header: http.Header{"Retry-After": {"999"}}}, code: cli.ExitRegistry},
		{name: "breaks off", fault: &hosttest.Fault{Match: authorised("/blobs/"), Truncate: 5}, code: cli.ExitRegistry},
		{name: "reset", fault: &hosttest.Fault{Match: authorised("/blobs/"), Reset: 5}, code: cli.ExitRegistry},
		{name: "hangs", fault: &hosttest.Fault{Match: authorised("/referrers/"), Hang: true}, code: cli.ExitRegistry, within: "1s"},
		{name: "redirect to another host", fault: &hosttest.Fault{Match: authorised("/blobs/"), Status: 307, Header: away}, code: cli.ExitRegistry},
		{name: "redirects for ever", fault: &hosttest.Fault{Match: authorised("/blobs/"), Status: 307, Header: http.Header{"Location": {"?X-Signature=" + secretQuery}}}, code: cli.ExitRegistry},
		{name: "redirect to a secret that is no URL", fault: &hosttest.Fault{Match: authorised("/blobs/"), Status: 307, Header: http.Header{"Location": {"http://h ost/%zz?X-Signature=" + secretQuery}}}, code: cli.ExitRegistry},
		{name: "broken challenge", fault: &hosttest.Fault{Match: authorised(everything), Status: 401, Header: http.Header{"Www-Authenticate": {`Bearer realm="::?` + secretQuery + `"`}}}, code: cli.ExitRegistry},
		{name: "token service down", fault: &hosttest.Fault{Match: hosttest.On("", everything), Status: 401, Header: http.Header{"Www-Authenticate": {`Bearer realm="http://127.0.0.1:1/token?key=` + secretQuery + `"`}}}, code: cli.ExitRegistry},
		{name: "token service elsewhere, with an echo", fault: &hosttest.Fault{Match: hosttest.On("", everything), Status: 401, Header: http.Header{"Www-Authenticate": {`Bearer realm="` + other.URL + `/token?key=` + secretQuery + `"`}}}, code: cli.ExitRegistry},
		{name: "its token service with an echo", fault: &hosttest.Fault{Match: hosttest.On("", "/token"), Serve: echo(401, "application/json")}, code: cli.ExitRegistry},
		{name: "its token service with junk", fault: &hosttest.Fault{Match: hosttest.On("", "/token"), Serve: echo(200, "application/json")}, code: cli.ExitRegistry},
		{name: "its token service with HTML", fault: &hosttest.Fault{Match: hosttest.On("", "/token"), Serve: echo(200, "text/html")}, code: cli.ExitRegistry},
		{name: "its token service redirects", fault: &hosttest.Fault{Match: hosttest.On("", "/token"), Status: 307, Header: away}, code: cli.ExitRegistry},
		{name: "others are right", fault: &hosttest.Fault{Match: hosttest.On("", "/"), Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			w.Header().Set("Www-Authenticate", "Basic")
			echo(401, "application/json")(w, req, nil)
		}}, code: cli.ExitRegistry},
	}
	dir := t.TempDir()
	host := filepath.Join(dir, "features.json")
	if err := os.WriteFile(host, []byte(featuresJSON), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, l := range logins() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			var group sync.WaitGroup // most of the time is spent in waiting for the next try
			defer group.Wait()
			for _, f := range faults {
				r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
				attach(t, r, satisfied)
				r.Protect(l.auth)
				code := f.code
				if f.fault != nil {
					r.Break(*f.fault)
					if strings.HasPrefix(f.name, "its token service") && (l.auth.Basic || l.auth.AccessToken != "") {
						code = cli.ExitOK // which is not asked
					}
				}
				args := append([]string{"--plain-http", "--image", r.Host + "/demo/app:v1"}, l.args...)
				if f.within != "" {
					args = append(args, "--timeout", f.within)
				}
				if l.file != "" {
					file := filepath.Join(t.TempDir(), "auth.json")
					if err := os.WriteFile(file, []byte(strings.ReplaceAll(l.file, "%h", r.Host)), 0o600); err != nil {
						t.Fatal(err)
					}
					args = append(args, "--registry-config", file)
				}
				group.Go(func() {
					for _, command := range [][]string{
						{"validate-node", "--features", host},
						{"validate-node", "--features", host, "-o", "json"},
						{"validate-spec", "-o", "json"},
					} {
						got := run(t.Context(), l.stdin, append(command, args...)...)
						wantSecrecy(t, got)
						if got.code != code {
							t.Errorf("%s: %s: exit code %d, want %d:\n%s", f.name, command[0], got.code, code, got.stderr)
						}
						if got.code != cli.ExitOK && (strings.Count(got.stderr, "nfd-compat: ") != 1 || !strings.Contains(got.stderr, "registry "+r.Host)) {
							t.Errorf("%s: %s:\n%s", f.name, command[0], got.stderr)
						}
					}
				})
			}
		})
	}
}

// TestSecrecyOfFiles: a file with credentials that cannot be read is told without what is in it.
func TestSecrecyOfFiles(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	attach(t, r, satisfied)
	r.Protect(hosttest.AuthOptions{Basic: true, Username: "user", Password: secretPassword})
	for _, text := range []string{
		`{"auths":{"%h":{"auth":"` + secretToken + `"`,
		`{"auths":{"%h":{"auth":"` + secretToken + `!"}}}`,
		`{"auths":{"%h":{"auth":"` + base64.StdEncoding.EncodeToString([]byte(secretToken)) + `"}}}`,
		`{"auths":{"%h":"` + secretToken + `"}}`,
		`{"auths":{"%h":{"registrytoken":"` + secretToken + `\u0000"}}}`,
		`"` + secretToken + `"`,
		secretToken,
	} {
		file := filepath.Join(t.TempDir(), "auth.json")
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "%h", r.Host)), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, output := range []string{"text", "json"} {
			got := run(t.Context(), "", "validate-node", "--plain-http", "--image", r.Host+"/demo/app:v1", "--registry-config", file, "-o", output)
			wantSecrecy(t, got)
			if got.code != cli.ExitError || strings.Count(got.stderr, file) != 1 || strings.Count(got.stderr, "nfd-compat: ") != 1 {
				t.Errorf("%s: exit code %d:\n%s", text, got.code, got.stderr)
			}
		}
	}
}

// TestInterruptedLogin: whatever of a login is waited for, an interrupt ends it.
func TestInterruptedLogin(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]hosttest.Fault{
		"token service hangs": {Match: hosttest.On("", "/token"), Hang: true},
		"answer drips":        {Match: authorised("/manifests/"), Drip: 20 * time.Millisecond},
		"asks to wait":        {Match: authorised("/manifests/"), Status: 503, Header: http.Header{"Retry-After": {"20"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			attach(t, r, satisfied)
			r.Protect(hosttest.AuthOptions{Username: "user", Password: secretPassword})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			match := fault.Match
			fault.Match = func(req *http.Request) bool {
				if match(req) {
					time.AfterFunc(20*time.Millisecond, cancel)
					return true
				}
				return false
			}
			r.Break(fault)
			got := run(ctx, secretPassword, "validate-node", "--plain-http", "--image", r.Host+"/demo/app:v1", "--registry-username", "user", "--registry-password-stdin")
			if got.code != cli.ExitInterrupted || got.stderr != "nfd-compat: interrupted\n" {
				t.Errorf("exit code %d:\n%s", got.code, got.stderr)
			}
			wantEmpty(t, "standard output", got.stdout)
		})
	}
}

// TestManifestWithPassword: an image of a manifest that was meant as a URL with a password in it is told of without that.
func TestManifestWithPassword(t *testing.T) {
	t.Parallel()
	for _, image := range []string{"https://bob:hunter2@r.example/app", "bob:hunter2@r.example/app:v1", "bob:hunter2@r.example", "docker://bob:hunter2@r.example/app"} {
		manifests := "kind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: app, image: \"" + image + "\"}, {name: other, image: \"oci:nothing:v1\"}]}\n"
		for _, args := range [][]string{{"-o", "text"}, {"-v"}, {"-o", "json"}, {"-o", "yaml"}, {"-o", "junit"}, {"-o", "github"}, {"-o", "markdown"}} {
			got := run(t.Context(), manifests, append([]string{"validate-node", "-f", "-"}, args...)...)
			if all := got.stdout + got.stderr; got.code != cli.ExitError || strings.Contains(all, "hunter2") || !strings.Contains(all, "…@r.example") || !strings.Contains(all, "Pod p, container app") {
				t.Errorf("%s, %q: exit code %d\n%s", image, args, got.code, all)
			}
		}
	}
}
