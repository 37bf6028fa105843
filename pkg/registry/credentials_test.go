package registry

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"oras.land/oras-go/v2/registry/remote/auth"
)

func pair(name, password string) string {
	return `{"auth":"` + base64.StdEncoding.EncodeToString([]byte(name+":"+password)) + `"}`
}

func credentialFile(t *testing.T, text string) *CredentialFile {
	t.Helper()
	path := filepath.Join(t.TempDir(), "auth.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := ReadCredentialFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestCredentialsOfFile: which entry of a file is taken for which repository.
func TestCredentialsOfFile(t *testing.T) {
	t.Parallel()
	text := `{"auths":{
		"r.example": ` + pair("host", "p") + `,
		"r.example/team": ` + pair("team", "p") + `,
		"r.example/team/app": ` + pair("app", "p:with:colons") + `,
		"r.example/tea": ` + pair("wrong", "p") + `,
		"r.example:5000": ` + pair("port", "p") + `,
		"UPPER.example": ` + pair("upper", "p\u0000") + `,
		"https://old.example/v1/": ` + pair("old", "p") + `,
		"http://both.example/v2/": ` + pair("url", "p") + `,
		"both.example": ` + pair("name", "p") + `,
		"https://index.docker.io/v1/": ` + pair("hub", "p") + `,
		"docker.io/library/nginx": ` + pair("nginx", "p") + `,
		"empty.example/team": {},
		"empty.example": {"username":"fields","password":"p"},
		"null.example": null,
		"identity.example": {"auth":"` + base64.StdEncoding.EncodeToString([]byte("00000000:")) + `","identitytoken":"id"},
		"token.example": {"registrytoken":"tok"},
		"[::1]:5000": ` + pair("six", "p") + `
	}}`
	file := credentialFile(t, text)
	tests := []struct {
		registry, repository string
		want                 auth.Credential
	}{
		{"r.example", "other", auth.Credential{Username: "host", Password: "p"}},
		{"r.example", "team", auth.Credential{Username: "team", Password: "p"}},
		{"r.example", "teams/app", auth.Credential{Username: "host", Password: "p"}},
		{"r.example", "team/other/deep", auth.Credential{Username: "team", Password: "p"}},
		{"r.example", "team/app", auth.Credential{Username: "app", Password: "p:with:colons"}},
		{"r.example", "team/app/sub", auth.Credential{Username: "app", Password: "p:with:colons"}},
		{"r.example", "team/app2", auth.Credential{Username: "team", Password: "p"}},
		{"r.example:5000", "team/app", auth.Credential{Username: "port", Password: "p"}},
		{"upper.example", "a", auth.Credential{Username: "upper", Password: "p"}},
		{"old.example", "a", auth.Credential{Username: "old", Password: "p"}},
		{"both.example", "a", auth.Credential{Username: "name", Password: "p"}},
		{"docker.io", "library/alpine", auth.Credential{Username: "hub", Password: "p"}},
		{"docker.io", "library/nginx", auth.Credential{Username: "nginx", Password: "p"}},
		{"empty.example", "team/app", auth.Credential{Username: "fields", Password: "p"}},
		{"null.example", "a", auth.EmptyCredential},
		{"identity.example", "a", auth.Credential{Username: "00000000", RefreshToken: "id"}},
		{"token.example", "a", auth.Credential{AccessToken: "tok"}},
		{"[::1]:5000", "a", auth.Credential{Username: "six", Password: "p"}},
		{"example", "r.example", auth.EmptyCredential},
		{"evil-r.example", "a", auth.EmptyCredential},
	}
	for _, test := range tests {
		found, err := file.find(t.Context(), test.registry, test.repository)
		if err != nil {
			t.Errorf("%s/%s: %v", test.registry, test.repository, err)
		}
		if diff := cmp.Diff(test.want, found.Credential); diff != "" {
			t.Errorf("%s/%s: (-want +got)\n%s", test.registry, test.repository, diff)
		}
		if (found.from == "") != (test.want == auth.EmptyCredential) {
			t.Errorf("%s/%s: found in %q", test.registry, test.repository, found.from)
		}
	}
}

// TestCredentialFileOrder: the first file that has something wins, what is given goes before all of them, and what is not
// there is passed over.
func TestCredentialFileOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	environment := map[string]string{
		"REGISTRY_AUTH_FILE": filepath.Join(dir, "named.json"),
		"XDG_RUNTIME_DIR":    filepath.Join(dir, "run"),
		"XDG_CONFIG_HOME":    filepath.Join(dir, "config"),
		"DOCKER_CONFIG":      filepath.Join(dir, "docker"),
		"HOME":               filepath.Join(dir, "home"),
	}
	steps := []struct{ path, unset string }{
		{"named.json", "REGISTRY_AUTH_FILE"},
		{"run/containers/auth.json", "XDG_RUNTIME_DIR"},
		{"config/containers/auth.json", "XDG_CONFIG_HOME"},
		{"home/.config/containers/auth.json", ""},
		{"docker/config.json", "DOCKER_CONFIG"},
		{"home/.docker/config.json", ""},
	}
	for _, step := range steps {
		path := filepath.Join(dir, filepath.FromSlash(step.path))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(`{"auths":{"r.example":`+pair(step.path, "p")+`}}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	find := func() string {
		credentials := Credentials{Files: DefaultCredentialFiles(func(name string) string { return environment[name] })}
		found, err := credentials.find(t.Context(), "r.example", "app")
		if err != nil {
			t.Fatal(err)
		}
		return found.Username
	}
	for _, step := range steps {
		if got := find(); got != step.path {
			t.Errorf("found that of %q, want %q", got, step.path)
		}
		if step.unset != "" {
			delete(environment, step.unset)
		} else if err := os.Remove(filepath.Join(dir, filepath.FromSlash(step.path))); err != nil {
			t.Fatal(err)
		}
	}
	if got := find(); got != "" {
		t.Errorf("found %q and nothing is there", got)
	}
	credentials := Credentials{Username: "given", Password: "p", Files: []*CredentialFile{credentialFile(t, `{"auths":{"r.example":`+pair("file", "p")+`}}`)}}
	found, err := credentials.find(t.Context(), "r.example", "app")
	if err != nil || found.Username != "given" {
		t.Errorf("%v, %v", found, err)
	}
	delete(environment, "HOME")
	if files := DefaultCredentialFiles(func(string) string { return "" }); len(files) > 1 {
		t.Errorf("%d files without an environment", len(files))
	}
}

// TestCredentialFaults: one clear error that names the file, and nothing of what is in it.
func TestCredentialFaults(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-of-the-test"
	dir := t.TempDir()
	tests := []struct{ name, text, want string }{
		{"junk", `{"auths":{"r.example":{"auth":"` + secret + `"`, "not valid JSON at byte"},
		{"two documents", `{"auths":{}} ` + secret, "not valid JSON at byte"},
		{"array", `["` + secret + `"]`, "a value of a wrong type at byte"},
		{"helpers of a wrong type", `{"credHelpers":{"r.example":{"` + secret + `":1}}}`, "a value of a wrong type at byte"},
		{"entry of a wrong type", `{"auths":{"r.example":{"auth":{"` + secret + `":1}}}}`, "it is not as podman and Docker write it"},
		{"entry is a text", `{"auths":{"r.example":"` + secret + `"}}`, "it is not as podman and Docker write it"},
		{"no base64", `{"auths":{"r.example":{"auth":"` + secret + `"}}}`, "its auth is not valid base64"},
		{"no colon", `{"auths":{"r.example":{"auth":"` + base64.StdEncoding.EncodeToString([]byte(secret)) + `"}}}`, "with a colon between them"},
		{"token with a line end", `{"auths":{"r.example":{"registrytoken":"` + secret + `\n"}}}`, "characters that no token can have"},
		{"helper elsewhere", `{"credHelpers":{"r.example":"../` + "x" + `"}}`, "is not the name of a program"},
		{"no such helper", `{"credsStore":"nfd-compat-no-such-helper"}`, "is not in the PATH"},
		{"too large", `{"auths":{}}` + strings.Repeat(" ", maxCredentialFile), "is longer than"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, strings.ReplaceAll(test.name, " ", "-"))
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			file, err := ReadCredentialFile(path)
			var found credential
			if err == nil {
				found, err = file.find(t.Context(), "r.example", "app")
			}
			if err == nil || found != (credential{}) {
				t.Fatalf("%v, %v", found, err)
			}
			text := err.Error()
			if !errors.Is(err, ErrCredentials) || strings.Count(text, path) != 1 || !strings.Contains(text, test.want) || strings.Contains(text, secret) {
				t.Errorf("%v", err)
			}
			// An entry that is not asked for is of no concern.
			if file != nil && strings.Contains(test.text, "auths") {
				if _, err := file.find(t.Context(), "other.example", "app"); err != nil {
					t.Errorf("for another registry: %v", err)
				}
			}
		})
	}
	for name, path := range map[string]string{"missing": filepath.Join(dir, "missing"), "below a file": filepath.Join(dir, "junk", "x"), "directory": dir} {
		if _, err := ReadCredentialFile(path); !errors.Is(err, ErrCredentials) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, empty := range []string{"", " \n", "{}", `{"auths":null}`, `{"HttpHeaders":{"X":"Y"},"detachKeys":"x"}`} {
		if found, err := credentialFile(t, empty).find(t.Context(), "r.example", "app"); err != nil || found != (credential{}) {
			t.Errorf("%q: %v, %v", empty, found, err)
		}
	}
}

// TestCredentialsGiven: what is given by hand has to be whole.
func TestCredentialsGiven(t *testing.T) {
	t.Parallel()
	for _, bad := range []Credentials{
		{Username: "only"},
		{Password: "hunter2-only"},
		{Username: "u", Password: "hunter2", Token: "t"},
		{Username: "a:b", Password: "hunter2"},
		{Token: "hunter2 with blanks"},
		{Token: "hunter2\r\n"},
	} {
		found, err := bad.find(t.Context(), "r.example", "app")
		if !errors.Is(err, ErrCredentials) || found != (credential{}) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, %v", found, err)
		}
	}
	given := Credentials{Token: "t0ken"}
	if found, err := given.find(t.Context(), "r.example", "app"); err != nil || found.AccessToken != "t0ken" {
		t.Errorf("%v, %v", found, err)
	}
}

// TestRedact: neither a secret nor one that was cut off gets out, and words stay.
func TestRedact(t *testing.T) {
	t.Parallel()
	const secret = "correct horse battery staple"
	s := &session{}
	c := credential{Credential: auth.Credential{Username: "u", Password: secret}}
	s.hide(c.secrets()...)
	s.hideToken("tok")
	s.hideToken(strings.Repeat("t", 400))
	for text, want := range map[string]string{
		"no " + secret + " here " + secret:                                     "no … here …",
		"cut off: correct horse bat…":                                          "cut off: ……",
		base64.StdEncoding.EncodeToString([]byte("u:" + secret)):               "…",
		"x=" + base64.RawURLEncoding.EncodeToString([]byte(secret)):            "x=…",
		"q=correct+horse+battery+staple&p=correct%20horse%20battery%20staple.": "q=…&p=….",
		plain("your token is "+strings.Repeat("t", 400), maxExcerpt):           "your token is ……",
		"the correct answer, tok":                                              "the correct answer, tok",
	} {
		if got := s.redact(&cause{words: text}).Error(); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if err := errors.New(secret); (*session)(nil).redact(err) != err { //nolint:errorlint // the same
		t.Error("no session changes an error")
	}
}

// TestRedactWhatIsPlain: a registry's text is made plain before it gets here, which folds blanks and takes out what cannot
// be seen: of a password too.
func TestRedactWhatIsPlain(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"two  blanks", "with\ta tab", "zero\u200bwidth of it", " blanks around ", "line\nend", "\xff no text"} {
		s := &session{}
		c := credential{Credential: auth.Credential{Username: "some  body", Password: password}}
		s.hide(c.secrets()...)
		for _, sent := range []string{password, "some  body:" + password} {
			for _, end := range []string{"", strings.Repeat(".", maxExcerpt)} {
				got := s.redact(&cause{words: plain("you sent ("+sent+")"+end, maxExcerpt)}).Error()
				if want := "you sent (…)"; !strings.HasPrefix(strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(want, " ", "")) {
					t.Errorf("%q becomes %q, want %q", sent, got, want)
				}
			}
		}
	}
}

// FuzzCredentialFile: whatever stands in a file, an error has no result, and does not quote it.
func FuzzCredentialFile(f *testing.F) {
	for _, seed := range []string{
		`{"auths":{"r.example/a":{"auth":"dTpw"},"https://r.example/v1/":{"identitytoken":"x"}}}`,
		`{"auths":{"r.example":{"auth":"!"}},"credsStore":""}`, `{"credHelpers":{"r.example":"../x"}}`, `{`, `null`, ``,
	} {
		f.Add([]byte(seed), "r.example", "a/b")
	}
	f.Fuzz(func(t *testing.T, data []byte, registry, repository string) {
		config, err := parseCredentials(data)
		if err != nil {
			if config != nil {
				t.Error("a result with an error")
			}
			return
		}
		config.CredsStore = ""
		for key := range config.CredHelpers {
			config.CredHelpers[key] = "../never" // nothing is run
		}
		found, err := config.find(t.Context(), "FILE", registry, repository)
		if err != nil && found != (credential{}) {
			t.Errorf("%v with %v", found, err)
		}
		if err != nil && !errors.Is(err, ErrCredentials) {
			t.Errorf("%v", err)
		}
	})
}
