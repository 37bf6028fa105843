package registry_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// guard makes a registry ask for a token, as public ones do, and gives out a token to everybody.
func guard(r *hosttest.Registry, token hosttest.Fault) {
	r.Break(hosttest.Fault{
		Match: func(req *http.Request) bool {
			return strings.HasPrefix(req.URL.Path, "/v2/") && req.Header.Get("Authorization") != "Bearer anonymous"
		},
		Status:      401,
		ContentType: "application/json",
		Header:      http.Header{"Www-Authenticate": {`Bearer realm="http://` + r.Host + `/token",service="r",scope="repository:app:pull"`}},
		Body:        `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`,
	})
	token.Match = hosttest.On("GET", "/token")
	r.Break(token)
}

// TestAnonymousToken: public registries want a token of everybody, and one is enough for all requests.
func TestAnonymousToken(t *testing.T) {
	t.Parallel()
	r, _ := newBroken(t, hosttest.RegistryOptions{})
	guard(r, hosttest.Fault{ContentType: "application/json", Body: `{"token":"anonymous"}`})
	r.Requests()
	amd64 := linux("amd64", "")
	if image := mustFetch(t, r, ":v1", &amd64); image.Artifact == nil {
		t.Error("no artifact")
	}
	if n := r.Count("GET", "/token"); n != 1 {
		t.Errorf("%d tokens were asked for", n)
	}
}

// TestTokenFaults: what the token service may do wrong.
func TestTokenFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		token hosttest.Fault
		kind  error
		text  string
	}{
		"401":         {hosttest.Fault{Status: 401, Body: `{"errors":[{"code":"DENIED","message":"who?"}]}`}, registry.ErrUnauthorized, "the token service answers 401 Unauthorized: who?"},
		"500":         {hosttest.Fault{Status: 500}, registry.ErrBrokenAnswer, "the token service answers 500"},
		"wrong token": {hosttest.Fault{Body: `{"token":"another"}`}, registry.ErrUnauthorized, "401 Unauthorized: authentication required"},
		"junk":        {hosttest.Fault{Body: `<html>`}, registry.ErrBrokenAnswer, ""},
		"no token":    {hosttest.Fault{Body: `{}`}, registry.ErrBrokenAnswer, "empty token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newBroken(t, hosttest.RegistryOptions{})
			guard(r, test.token)
			_, err := fetch(t, r, ":v1", nil)
			wantError(t, err, test.kind, test.text)
		})
	}
}

// TestUserAgent: a registry is told who asks.
func TestUserAgent(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]string{"": "nfd-compat", "other/1": "other/1"} {
		r, _ := newBroken(t, hosttest.RegistryOptions{})
		r.Break(hosttest.Fault{Match: func(req *http.Request) bool { return req.UserAgent() != want }, Status: 418})
		client := registry.Client{PlainHTTP: true, UserAgent: set}
		if _, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:single"}); err != nil {
			t.Errorf("%q: %v", set, err)
		}
	}
}
