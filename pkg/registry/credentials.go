package registry

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"unicode"

	"oras.land/oras-go/v2/registry/remote/auth"
)

// Credentials are what a [Client] logs in with, if a registry asks it to. The zero value is none. They are given to the
// registry of the image reference and to the token service that it names, and to nobody else; no error has them in its text.
type Credentials struct {
	// Username and Password are for any registry, and go before all else. Neither goes without the other.
	Username string
	Password string
	// Token is an access token, for a registry that takes bearer tokens. It excludes a user name.
	Token string
	// Files are files with credentials, in the order in which they are looked into: the first that has some for the image
	// wins. See [DefaultCredentialFiles] and [ReadCredentialFile].
	Files []*CredentialFile
}

// credential is what was found for a repository.
type credential struct {
	auth.Credential

	from string // where it was found, for people
}

// find finds the credential for a repository: empty if there is none. An error is an [ErrCredentials].
func (c *Credentials) find(ctx context.Context, registry, repository string) (credential, error) {
	switch {
	case (c.Username == "") != (c.Password == ""):
		return credential{}, noCredentials(nil, "a user name goes with a password")
	case c.Username != "" && c.Token != "":
		return credential{}, noCredentials(nil, "a user name and a token exclude each other")
	case strings.Contains(c.Username, ":"):
		return credential{}, noCredentials(nil, "the user name has a colon, which ends it in the header that carries it")
	case c.Username != "":
		return credential{
			Credential: auth.Credential{Username: c.Username, Password: c.Password},
			from:       "the user name and password that were given (--registry-username)",
		}, nil
	case c.Token != "" && !isToken(c.Token):
		return credential{}, noCredentials(nil, "the token that was given has characters that no token can have")
	case c.Token != "":
		return credential{
			Credential: auth.Credential{AccessToken: c.Token},
			from:       "the token that was given (--registry-token-stdin)",
		}, nil
	}
	for _, file := range c.Files {
		found, err := file.find(ctx, registry, repository)
		if err != nil || found.Credential != auth.EmptyCredential {
			return found, err
		}
	}
	return credential{}, nil
}

// looked says where credentials were looked for in vain, and what to do about it.
func (c *Credentials) looked(registry string) string {
	var names []string
	for _, file := range c.Files {
		if file.isThere() {
			names = append(names, file.path)
		}
	}
	where := "there are no credentials"
	if len(names) > 0 {
		where = "no credentials for it are in " + strings.Join(names, ", ")
	}
	return where + ": log in with \"podman login " + registry + "\" or \"docker login " + registry +
		"\", or give them with --registry-username and --registry-password-stdin"
}

// noCredentials makes an [ErrCredentials]. The error that it came from stays out of its text: it may quote a secret.
func noCredentials(from error, words string) error {
	return &cause{kind: ErrCredentials, words: words, from: from}
}

// isToken says whether a text can stand in a header as a token. It is not as strict as RFC 6750, which some services are
// not either.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII || r == 0x7f })
}

// secrets are the spellings in which a credential must not get out.
func (c *credential) secrets() []string {
	var all []string
	for _, secret := range []string{c.Password, c.RefreshToken, c.AccessToken} {
		all = append(all, spellings(secret)...)
	}
	if c.Password != "" {
		all = append(all, spellings(c.Username+":"+c.Password)...)
	}
	return all
}

// minSecret is the length of what is kept out of texts, in bytes. Anything shorter stands in too many words.
const minSecret = 4

func spellings(secret string) []string {
	if len(secret) < minSecret {
		return nil
	}
	return []string{
		secret, plain(secret, len(secret)), // as a registry may quote it, and as that is in an error
		url.QueryEscape(secret), url.PathEscape(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret)),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
}

// errNoSecret says that a store of credentials has none for a registry.
var errNoSecret = errors.New("no credentials")
