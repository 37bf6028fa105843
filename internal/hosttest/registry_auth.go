package hosttest

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tokenPath is where a registry gives out tokens, if it does so itself.
const tokenPath = "/token"

// AuthOptions are how a registry wants to be logged in to. At least one of Username, IdentityToken, AccessToken and Anonymous
// is what it takes.
type AuthOptions struct {
	// Basic asks for the user name and password with each request. Otherwise a token is asked for, which a token service
	// gives out for a scope.
	Basic bool
	// Username and Password are the right ones.
	Username, Password string
	// IdentityToken is one that the token service takes in exchange.
	IdentityToken string
	// AccessToken is a token that is taken as it is.
	AccessToken string
	// Anonymous gives a token to everybody who gives no credentials.
	Anonymous bool
	// Realm is the URL of the token service, if it is not the registry's own: see [Auth.TokenService].
	Realm string
}

// Auth is a registry's login.
type Auth struct {
	opts AuthOptions

	mu     sync.Mutex
	tokens map[string]string // the scope of each
	asked  []string
}

// authService is what the registry's tokens are for.
const authService = "registry.test"

// Protect puts a login before a registry, and before the faults that are there.
func (r *Registry) Protect(opts AuthOptions) *Auth {
	a := &Auth{opts: opts, tokens: map[string]string{}}
	if opts.Realm == "" {
		scheme := "http://"
		if r.secure {
			scheme = "https://"
		}
		a.opts.Realm = scheme + r.Host + tokenPath
		r.Break(Fault{Match: On("", tokenPath), Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) { a.ServeHTTP(w, req) }})
	}
	r.Break(Fault{
		Match: func(req *http.Request) bool { return strings.HasPrefix(req.URL.Path, "/v2/") && !a.admits(req) },
		Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			way := `Basic realm="registry"`
			if !opts.Basic {
				way = `Bearer realm="` + a.opts.Realm + `",service="` + authService + `",scope="` + scopeOf(req) + `"`
			}
			w.Header().Set("Www-Authenticate", way)
			refuse(w)
		},
	})
	return a
}

// TokenService starts a token service on its own, for [AuthOptions].Realm, and returns its URL. Set the login that it is for
// with the function, before it is asked.
func TokenService(t testing.TB) (realm string, serves func(*Auth)) {
	t.Helper()
	var (
		mu    sync.Mutex
		login *Auth
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		login.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	return server.URL + tokenPath, func(a *Auth) {
		mu.Lock()
		defer mu.Unlock()
		login = a
	}
}

// Asked returns the requests for tokens, as "METHOD SCOPE".
func (a *Auth) Asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

func refuse(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write([]byte(`{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`)) // the client may be gone
}

// scopeOf is what a request needs a token for.
func scopeOf(req *http.Request) string {
	repository := strings.TrimPrefix(req.URL.Path, "/v2/")
	for _, part := range []string{"/manifests/", "/blobs/", "/referrers/", "/tags/"} {
		repository, _, _ = strings.Cut(repository, part)
	}
	actions := "pull"
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		actions = "pull,push"
	}
	return "repository:" + repository + ":" + actions
}

// admits says whether a request has what it needs.
func (a *Auth) admits(req *http.Request) bool {
	name, password, basic := req.BasicAuth()
	if a.opts.Basic {
		return basic && a.opts.Username != "" && name == a.opts.Username && password == a.opts.Password
	}
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	if a.opts.AccessToken != "" && token == a.opts.AccessToken {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	granted, wanted := a.tokens[token], scopeOf(req)
	return granted == wanted || granted == strings.Replace(wanted, ":pull", ":pull,push", 1)
}

// ServeHTTP gives out a token for a scope, to who has the right credentials.
func (a *Auth) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	_ = req.ParseForm() // what is not there is missed below
	scope := req.Form.Get("scope")
	a.mu.Lock()
	a.asked = append(a.asked, req.Method+" "+scope)
	a.mu.Unlock()
	var right bool
	if req.Method == http.MethodPost { // https://distribution.github.io/distribution/spec/auth/oauth/
		right = a.opts.IdentityToken != "" && req.PostForm.Get("grant_type") == "refresh_token" && req.PostForm.Get("refresh_token") == a.opts.IdentityToken
	} else {
		name, password, given := req.BasicAuth()
		right = given && a.opts.Username != "" && name == a.opts.Username && password == a.opts.Password || !given && a.opts.Anonymous
	}
	if !right || req.Form.Get("service") != authService {
		refuse(w)
		return
	}
	token := "granted-" + rand.Text()
	a.mu.Lock()
	a.tokens[token] = scope
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token, "token": token, "expires_in": 300}) // the client may be gone
}
