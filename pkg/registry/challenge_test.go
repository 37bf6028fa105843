package registry

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestChooseChallenge: how a registry may say that it wants to be logged in to, and how it may fail to.
func TestChooseChallenge(t *testing.T) {
	t.Parallel()
	type result struct{ Scheme, Value, Fault string }
	const bearer = `Bearer realm="https://auth.example/token",service="r",scope="repository:a:pull,push"`
	tests := []struct {
		name   string
		values []string
		want   result
	}{
		{"bearer", []string{bearer}, result{"bearer", bearer, ""}},
		{"basic", []string{`Basic realm="x"`}, result{"basic", `Basic realm="registry"`, ""}},
		{"basic without a realm", []string{`basic`}, result{"basic", `Basic realm="registry"`, ""}},
		{"in another case, with blanks", []string{`BEARER Realm = "https://auth.example/token" , SERVICE=r ,scope="repository:a:pull,push"`}, result{"bearer", bearer, ""}},
		{"without quotes", []string{`Bearer realm=https://auth.example/token,service=r,scope="repository:a:pull,push"`}, result{"bearer", bearer, ""}},
		{"after another, in one value", []string{`Negotiate, Digest realm="a, Basic b", nonce="x", Basic realm="y"`}, result{"basic", `Basic realm="registry"`, ""}},
		{"after another, in two", []string{`Negotiate`, bearer}, result{"bearer", bearer, ""}},
		{"token68 before it", []string{`Negotiate`, `NTLM`, `Basic realm="y"`}, result{"basic", `Basic realm="registry"`, ""}},
		{"escapes", []string{`Bearer realm="https://auth.example/\token"`}, result{"bearer", `Bearer realm="https://auth.example/token"`, ""}},
		{"none", nil, result{"", "", "it does not say how to log in (no WWW-Authenticate)"}},
		{"empty", []string{""}, result{"", "", "how to log in cannot be read (WWW-Authenticate)"}},
		{"junk", []string{`"?=)(`}, result{"", "", "how to log in cannot be read (WWW-Authenticate)"}},
		{"others", []string{`Negotiate`, `Digest realm="x"`}, result{"", "", "it wants to be logged in to by negotiate, digest, and only Basic and Bearer are known"}},
		{"no realm", []string{`Bearer service="r"`}, result{"", "", "it wants a token and does not say from where (no realm in WWW-Authenticate)"}},
		{"quote that does not end", []string{`Bearer realm="https://auth.example/token`}, result{"", "", "it wants a token and does not say from where (no realm in WWW-Authenticate)"}},
		{"realm is no URL", []string{`Bearer realm="ht tp://x y"`}, result{"", "", "it wants a token, and the realm where to get it is no URL of a token service"}},
		{"realm is a file", []string{`Bearer realm="file:///etc/passwd"`}, result{"", "", "it wants a token, and the realm where to get it is no URL of a token service"}},
		{"realm is relative", []string{`Bearer realm="/token"`}, result{"", "", "it wants a token, and the realm where to get it is no URL of a token service"}},
		{"no realm, and another way", []string{`Bearer`, `Basic realm="x"`}, result{"basic", `Basic realm="registry"`, ""}},
		{"no realm, and no other way", []string{`Bearer`, `Negotiate`}, result{"", "", "it wants a token and does not say from where (no realm in WWW-Authenticate)"}},
		{"in the clear", []string{`Bearer realm="http://auth.example/token"`}, result{"", "", "its token service at auth.example speaks plain HTTP, where credentials would be sent in the clear"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got result
			got.Scheme, got.Value, got.Fault = chooseChallenge(http.Header{"Www-Authenticate": test.values}, &url.URL{Scheme: "https", Host: "r.example"})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if why := unfitRealm("http://auth.example/token", &url.URL{Scheme: "http"}); why != "" {
		t.Errorf("plain HTTP for a registry of plain HTTP: %s", why)
	}
}

// FuzzChallenge: whatever a registry says, what is made of it is one challenge, or a line that says why not.
func FuzzChallenge(f *testing.F) {
	for _, seed := range []string{`Bearer realm="https://a.example/t",service="r",scope="x"`, `Basic`, `Negotiate, Basic realm="x"`, `Bearer realm="\`, `a=b,,=`} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		scheme, value, fault := chooseChallenge(http.Header{"Www-Authenticate": {one, other}}, &url.URL{Scheme: "https", Host: "r.example"})
		if (value == "") != (scheme == "") || (value == "") == (fault == "") {
			t.Errorf("%q, %q, %q", scheme, value, fault)
		}
		if strings.ContainsAny(value+fault, "\r\n\x00\x1b") {
			t.Errorf("control characters in %q or %q", value, fault)
		}
		if value == "" {
			return
		}
		again, same, _ := chooseChallenge(http.Header{"Www-Authenticate": {value}}, &url.URL{Scheme: "https", Host: "r.example"})
		if again != scheme || scheme == "bearer" && parseChallenges([]string{value})[0].params["realm"] != parseChallenges([]string{same})[0].params["realm"] {
			t.Errorf("%q is read as %q", value, same)
		}
	})
}
