package registry_test

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// The secrets of these tests, which must be in no error.
const (
	password      = "p@ss w0rd/with+odd=bytes"
	identityToken = "identity-token-of-the-test"
	accessToken   = "access-token-of-the-test"
)

// wantSecret holds that a text has none of the secrets, in no spelling.
func wantSecret(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{password, "user:" + password, identityToken, accessToken} {
		for _, spelling := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
			if strings.Contains(text, spelling) {
				t.Errorf("%q tells %q", text, secret)
			}
		}
	}
	if strings.Contains(text, "granted-") {
		t.Errorf("%q tells a token", text)
	}
}

// authFile writes a file with credentials and reads it.
func authFile(t *testing.T, text string) registry.Credentials {
	t.Helper()
	path := filepath.Join(t.TempDir(), "auth.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := registry.ReadCredentialFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return registry.Credentials{Files: []*registry.CredentialFile{file}}
}

func entry(key, name, secret string) string {
	return `"` + key + `":{"auth":"` + base64.StdEncoding.EncodeToString([]byte(name+":"+secret)) + `"}`
}

// TestLogin crosses how a registry wants to be logged in to with what there is to do so.
func TestLogin(t *testing.T) {
	t.Parallel()
	given := registry.Credentials{Username: "user", Password: password}
	basic := hosttest.AuthOptions{Basic: true, Username: "user", Password: password}
	bearer := hosttest.AuthOptions{Username: "user", Password: password}
	tests := []struct {
		name  string
		auth  hosttest.AuthOptions
		creds func(t *testing.T, host string) registry.Credentials
		text  string // of the error; empty for none
	}{
		{"basic, given", basic, func(*testing.T, string) registry.Credentials { return given }, ""},
		{"basic, file", basic, func(t *testing.T, host string) registry.Credentials {
			return authFile(t, `{"auths":{`+entry(host, "user", password)+`}}`)
		}, ""},
		{"basic, path in a file", basic, func(t *testing.T, host string) registry.Credentials {
			return authFile(t, `{"auths":{`+entry(host, "other", "wrong-password")+`,`+entry(host+"/app", "user", password)+`}}`)
		}, ""},
		{"basic, wrong", basic, func(*testing.T, string) registry.Credentials {
			return registry.Credentials{Username: "user", Password: accessToken}
		}, "401 Unauthorized: authentication required; it does not accept the user name and password that were given (--registry-username)"},
		{"basic, wrong in a file", basic, func(t *testing.T, host string) registry.Credentials {
			return authFile(t, `{"auths":{`+entry(host, "user", accessToken)+`}}`)
		}, `/auth.json (entry "127.0.0.1:`},
		{"basic, nothing", basic, func(*testing.T, string) registry.Credentials { return registry.Credentials{} }, "asks for a user name and a password; there are no credentials: log in with \"podman login 127.0.0.1:"},
		{"basic, nothing in a file", basic, func(t *testing.T, _ string) registry.Credentials {
			return authFile(t, `{"auths":{`+entry("other.example", "user", password)+`}}`)
		}, "/auth.json: log in with \"podman login 127.0.0.1:"},
		{"basic, token", basic, func(*testing.T, string) registry.Credentials { return registry.Credentials{Token: accessToken} }, "asks for a user name and a password, and the token that was given (--registry-token-stdin) has none"},
		{"bearer, given", bearer, func(*testing.T, string) registry.Credentials { return given }, ""},
		{"bearer, file", bearer, func(t *testing.T, host string) registry.Credentials {
			return authFile(t, `{"auths":{`+entry(host, "user", password)+`}}`)
		}, ""},
		{"bearer, wrong", bearer, func(*testing.T, string) registry.Credentials {
			return registry.Credentials{Username: "user", Password: accessToken}
		}, "the token service answers 401 Unauthorized: authentication required; the token service does not accept the user name and password that were given"},
		{"bearer, nothing", bearer, func(*testing.T, string) registry.Credentials { return registry.Credentials{} }, "the token service answers 401 Unauthorized: authentication required; there are no credentials"},
		{"bearer, anonymous", hosttest.AuthOptions{Anonymous: true}, func(*testing.T, string) registry.Credentials { return registry.Credentials{} }, ""},
		{"bearer, identity token", hosttest.AuthOptions{IdentityToken: identityToken}, func(t *testing.T, host string) registry.Credentials {
			return authFile(t, `{"auths":{"`+host+`":{"auth":"MDA6","identitytoken":"`+identityToken+`"}}}`)
		}, ""},
		{"bearer, wrong identity token", hosttest.AuthOptions{IdentityToken: "another"}, func(t *testing.T, host string) registry.Credentials {
			return authFile(t, `{"auths":{"`+host+`":{"identitytoken":"`+identityToken+`"}}}`)
		}, "the token service answers 401"},
		{"bearer, access token", hosttest.AuthOptions{AccessToken: accessToken}, func(*testing.T, string) registry.Credentials { return registry.Credentials{Token: accessToken} }, ""},
		{"bearer, registry token of a file", hosttest.AuthOptions{AccessToken: accessToken}, func(t *testing.T, host string) registry.Credentials {
			return authFile(t, `{"auths":{"`+host+`":{"registrytoken":"`+accessToken+`"}}}`)
		}, ""},
		{"bearer, wrong access token", hosttest.AuthOptions{AccessToken: "another"}, func(*testing.T, string) registry.Credentials { return registry.Credentials{Token: accessToken} }, "it does not accept the token that was given"},
	}
	for _, test := range tests {
		for _, step := range []string{"all", "referrers"} {
			t.Run(test.name+"/"+step, func(t *testing.T) {
				t.Parallel()
				r, paths := newBroken(t, hosttest.RegistryOptions{})
				guard := r.Protect(test.auth)
				if step == "referrers" && test.auth.Basic { // what came before needed no login
					r.Break(hosttest.Fault{Match: hosttest.On("GET", "/manifests/v1"), Serve: func(w http.ResponseWriter, req *http.Request, next http.Handler) { next.ServeHTTP(w, req) }})
				}
				amd64 := linux("amd64", "")
				client := registry.Client{PlainHTTP: true, Credentials: test.creds(t, r.Host)}
				image, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64})
				if test.text != "" {
					wantError(t, err, registry.ErrUnauthorized, test.text, "registry "+r.Host)
					wantSecret(t, err.Error())
					return
				}
				if err != nil || image.Artifact == nil {
					t.Fatalf("%v, %v", image, err)
				}
				if asked := guard.Asked(); len(asked) > 1 || len(asked) == 1 && !strings.HasSuffix(asked[0], " repository:app:pull") {
					t.Errorf("asked for the tokens %q", asked)
				}
				// All over one connection, and one round with the wrong answer, before the right one is known.
				if n := r.Count("GET", paths["manifest"]); n > 2 {
					t.Errorf("the manifest was asked for %d times", n)
				}
			})
		}
	}
}

// TestCredentialsOfTheRepository: two repositories of a registry have credentials of their own, in one client.
func TestCredentialsOfTheRepository(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	for _, name := range []string{"a/app", "b/app"} {
		hosttest.PushImage(t, r.Repository(name), "v1", linux("amd64", ""))
	}
	var (
		mu   sync.Mutex
		sent = map[string]string{}
	)
	r.Break(hosttest.Fault{Match: hosttest.On("", "/v2/"), Serve: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
		name, _, ok := req.BasicAuth()
		if !ok {
			w.Header().Set("Www-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mu.Lock()
		sent[strings.Split(req.URL.Path, "/")[2]] += name + " "
		mu.Unlock()
		next.ServeHTTP(w, req)
	}})
	client := registry.Client{PlainHTTP: true, Credentials: authFile(t, `{"auths":{`+entry(r.Host+"/a", "for-a", password)+`,`+entry(r.Host, "for-all", password)+`}}`)}
	for _, name := range []string{"a/app", "b/app"} {
		if _, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/" + name + ":v1"}); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(sent["a"], "for-all") || strings.Contains(sent["b"], "for-a ") || sent["a"] == "" || sent["b"] == "" {
		t.Errorf("sent %v", sent)
	}
}

// elsewhere is another server, which keeps what it was sent.
func elsewhere(t *testing.T, serve http.HandlerFunc) (address string, seen func() string) {
	t.Helper()
	var (
		mu  sync.Mutex
		all strings.Builder
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body := new(strings.Builder)
		_ = req.Write(body)
		mu.Lock()
		all.WriteString(body.String())
		mu.Unlock()
		serve(w, req)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

// TestRedirectKeepsCredentials: another host that a registry redirects to, as for blobs, gets nothing that was for the
// registry, whatever the registry asks for.
func TestRedirectKeepsCredentials(t *testing.T) {
	t.Parallel()
	for name, auth := range map[string]hosttest.AuthOptions{
		"basic":          {Basic: true, Username: "user", Password: password},
		"bearer":         {Username: "user", Password: password},
		"identity token": {IdentityToken: identityToken},
		"access token":   {AccessToken: accessToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []string{"blob", "challenge", "token"} {
				t.Run(kind, func(t *testing.T) {
					t.Parallel()
					r, paths := newBroken(t, hosttest.RegistryOptions{})
					r.Protect(auth)
					storage, seen := elsewhere(t, func(w http.ResponseWriter, _ *http.Request) {
						if kind == "challenge" { // give me the credentials of the other
							w.Header().Set("Www-Authenticate", "Basic")
							w.WriteHeader(http.StatusUnauthorized)
							return
						}
						w.Header().Set("Content-Type", "application/octet-stream")
						_, _ = w.Write([]byte(payload + "# x\n"))
					})
					path := paths["payload"]
					if kind == "token" {
						path = "/token"
					}
					r.Break(hosttest.Fault{Match: func(req *http.Request) bool {
						return strings.Contains(req.URL.Path, path) && (kind == "token" || req.Header.Get("Authorization") != "")
					}, Status: 307, Header: http.Header{"Location": {storage + "/elsewhere?X-Signature=hunter2"}}})
					creds := registry.Credentials{Username: "user", Password: password}
					switch name {
					case "identity token":
						creds = authFile(t, `{"auths":{"`+r.Host+`":{"identitytoken":"`+identityToken+`"}}}`)
					case "access token":
						creds = registry.Credentials{Token: accessToken}
					}
					amd64 := linux("amd64", "")
					client := registry.Client{PlainHTTP: true, Credentials: creds}
					image, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64})
					switch {
					case kind == "blob" && (err != nil || string(image.Artifact.Payload) != payload+"# x\n"):
						t.Errorf("%v, %v", image, err)
					case kind == "challenge":
						wantError(t, err, registry.ErrUnauthorized, "after a redirect to "+strings.TrimPrefix(storage, "http://"))
					}
					if kind != "token" && seen() == "" {
						t.Error("nobody was asked")
					}
					wantSecret(t, seen())
					if strings.Contains(seen(), "Authorization") {
						t.Errorf("the other host was sent\n%s", seen())
					}
					if err != nil {
						wantSecret(t, err.Error())
						if strings.Contains(err.Error(), "hunter2") {
							t.Errorf("%q has a signature", err)
						}
					}
				})
			}
		})
	}
}

// TestRealmInTheClear: credentials for a registry of HTTPS do not go to a token service of plain HTTP.
func TestRealmInTheClear(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{TLS: true})
	address, seen := elsewhere(t, func(http.ResponseWriter, *http.Request) {})
	r.Protect(hosttest.AuthOptions{Username: "user", Password: password, Realm: address + "/token"})
	for name, creds := range map[string]registry.Credentials{"given": {Username: "user", Password: password}, "none": {}} {
		client := registry.Client{HTTPClient: r.Client(), Credentials: creds}
		_, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1"})
		wantError(t, err, registry.ErrUnauthorized, "speaks plain HTTP, where credentials would be sent in the clear")
		if seen() != "" {
			t.Errorf("%s: it was asked", name)
		}
	}
}

// TestRealmAtLoopback: a registry does not send us to ourselves, nor to what is on the link, unless it is here: then it may have
// its token service here as well, under another name.
func TestRealmAtLoopback(t *testing.T) {
	t.Parallel()
	realm, serves := hosttest.TokenService(t)
	at := func(host string) string { return strings.Replace(realm, "127.0.0.1", host, 1) }
	here := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}}}
	for _, tt := range []struct {
		host, realm string
		ok          bool
	}{
		{"127.0.0.1", at("localhost"), true},
		{"127.0.0.1", at("[::1]"), true},
		{"localhost", at("127.0.0.1"), true},
		{"registry.localhost", at("127.0.0.1"), true},
		{"127.0.0.1", at("169.254.169.254"), false},
		{"192.0.2.1", at("127.0.0.1"), false},
		{"192.0.2.1", at("[::1]"), false},
	} {
		r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
		hosttest.PushImage(t, r.Repository("app"), "v1", linux("amd64", ""))
		serves(r.Protect(hosttest.AuthOptions{Username: "user", Password: password, Realm: tt.realm}))
		client := registry.Client{PlainHTTP: true, HTTPClient: here, Credentials: registry.Credentials{Username: "user", Password: password}}
		_, err := client.Fetch(t.Context(), registry.Request{Reference: strings.Replace(r.Host, "127.0.0.1", tt.host, 1) + "/app:v1"})
		if tt.ok {
			if err != nil {
				t.Errorf("%s and %s: %v", tt.host, tt.realm, err)
			}
			continue
		}
		wantError(t, err, registry.ErrUnauthorized, "its token service is not one to give credentials to")
	}
}

// TestTokenServiceElsewhere: on another host, with a scope for each repository.
func TestTokenServiceElsewhere(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	for _, name := range []string{"a/app", "b/app"} {
		hosttest.PushImage(t, r.Repository(name), "v1", linux("amd64", ""))
	}
	realm, serves := hosttest.TokenService(t)
	guard := r.Protect(hosttest.AuthOptions{Username: "user", Password: password, Realm: realm})
	serves(guard)
	client := registry.Client{PlainHTTP: true, Credentials: registry.Credentials{Username: "user", Password: password}}
	for range 2 {
		for _, name := range []string{"a/app", "b/app"} {
			if _, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/" + name + ":v1"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff([]string{"GET repository:a/app:pull", "GET repository:b/app:pull"}, guard.Asked()); diff != "" {
		t.Errorf("tokens asked for (-want +got)\n%s", diff)
	}
}

// TestEcho: a registry that quotes what it was sent does not make us print it.
func TestEcho(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 500} {
		r, _ := newBroken(t, hosttest.RegistryOptions{})
		r.Protect(hosttest.AuthOptions{Username: "user", Password: password})
		r.Break(hosttest.Fault{Match: func(req *http.Request) bool {
			return strings.HasPrefix(req.URL.Path, "/v2/") && req.Header.Get("Authorization") != ""
		}, Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("got " + req.Header.Get("Authorization")))
		}})
		r.Break(hosttest.Fault{Match: func(req *http.Request) bool { return req.URL.Path == "/token" && status == 403 }, Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"errors":[{"message":"got ` + req.Header.Get("Authorization") + `"}]}`))
		}})
		client := registry.Client{PlainHTTP: true, Credentials: registry.Credentials{Username: "user", Password: password}}
		_, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1"})
		if err == nil || !strings.Contains(err.Error(), "got B") {
			t.Fatalf("%v", err)
		}
		wantSecret(t, err.Error())
	}
}

// TestBrokenCredentials: what is wrong on this machine is told apart from what the registry says, once it matters.
func TestBrokenCredentials(t *testing.T) {
	t.Parallel()
	r, _ := newBroken(t, hosttest.RegistryOptions{})
	client := registry.Client{PlainHTTP: true, Credentials: authFile(t, `{"auths":{"`+r.Host+`":{"auth":"`+accessToken+`!"}}}`)}
	if _, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1"}); err != nil && !strings.Contains(err.Error(), "platform") {
		t.Errorf("a registry without a login: %v", err)
	}
	r.Protect(hosttest.AuthOptions{Basic: true, Username: "user", Password: password})
	_, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1"})
	wantError(t, err, registry.ErrCredentials, "registry "+r.Host, "auth.json: the entry", "not valid base64")
	wantSecret(t, err.Error())
}
