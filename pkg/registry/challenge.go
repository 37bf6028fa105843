package registry

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// challenge is one of the ways in which a registry says that it can be logged in to.
//
// Source: RFC 9110, section 11.6.1.
type challenge struct {
	scheme string // in lower case
	params map[string]string
}

// maxChallenges bounds the challenges, and the parameters of one, that are looked at.
const maxChallenges = 32

// parseChallenges parses the values of the header WWW-Authenticate. What cannot be parsed is left out: the challenges before
// it stand.
func parseChallenges(values []string) []challenge {
	var all []challenge
	for _, value := range values {
		rest := value
		for len(all) < maxChallenges {
			rest = strings.TrimLeft(rest, " \t,")
			var scheme string
			if scheme, rest = cutToken(rest); scheme == "" {
				break
			}
			one := challenge{scheme: strings.ToLower(scheme), params: map[string]string{}}
			rest = one.takeParams(rest)
			all = append(all, one)
		}
	}
	return all
}

// takeParams takes the parameters at the beginning of a text, and returns what comes after them.
func (c *challenge) takeParams(rest string) string {
	for len(c.params) < maxChallenges {
		next := strings.TrimLeft(rest, " \t,")
		name, after := cutToken(next)
		after, ok := strings.CutPrefix(strings.TrimLeft(after, " \t"), "=")
		if name == "" || !ok {
			return next // another scheme, or the end
		}
		value, after, ok := cutValue(strings.TrimLeft(after, " \t"))
		if !ok {
			return ""
		}
		if name = strings.ToLower(name); c.params[name] == "" {
			c.params[name] = value
		}
		rest = after
	}
	return ""
}

// cutToken cuts a token of RFC 9110, section 5.6.2, off a text.
func cutToken(s string) (token, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// cutValue cuts a token or a quoted string off a text.
func cutValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		// A URL without quotes is no token, but what is meant is clear.
		end := strings.IndexAny(s, ", \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], end > 0
	}
	var text strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return text.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		text.WriteByte(s[i])
	}
	return "", "", false
}

// chooseChallenge chooses the challenge that can be answered, and returns it as a header that has it alone. Without one, it
// says why.
func chooseChallenge(header http.Header, registry *url.URL) (scheme, value, fault string) {
	values := header.Values("Www-Authenticate")
	all := parseChallenges(values)
	var others []string
	unfit := ""
	for _, c := range all {
		switch c.scheme {
		case "bearer":
			if why := unfitRealm(c.params["realm"], registry); why != "" {
				unfit = cmp.Or(unfit, why)
				continue // there may be another way in
			}
			params := []string{fmt.Sprintf("realm=%q", c.params["realm"])}
			for _, name := range []string{"service", "scope"} {
				if c.params[name] != "" {
					params = append(params, fmt.Sprintf("%s=%q", name, c.params[name]))
				}
			}
			return c.scheme, "Bearer " + strings.Join(params, ","), ""
		case "basic":
			return c.scheme, `Basic realm="registry"`, ""
		}
		others = append(others, plain(c.scheme, 20))
	}
	switch {
	case unfit != "":
		return "", "", unfit
	case len(values) == 0:
		return "", "", "it does not say how to log in (no WWW-Authenticate)"
	case len(all) == 0:
		return "", "", "how to log in cannot be read (WWW-Authenticate)"
	}
	return "", "", "it wants to be logged in to by " + strings.Join(others, ", ") + ", and only Basic and Bearer are known"
}

// unfitRealm says why a token service cannot be asked; empty if it can.
func unfitRealm(realm string, registry *url.URL) string {
	if realm == "" {
		return "it wants a token and does not say from where (no realm in WWW-Authenticate)"
	}
	at, err := url.Parse(realm)
	switch {
	case err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https":
		return "it wants a token, and the realm where to get it is no URL of a token service"
	case at.Scheme == "http" && registry.Scheme == "https":
		return "its token service at " + plain(at.Host, maxExcerpt) + " speaks plain HTTP, where credentials would be sent in the clear"
	}
	return ""
}
