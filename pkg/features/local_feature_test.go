package features

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// now is the time that the files of the tests are read at.
func now() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

func TestParseFeatureFile(t *testing.T) {
	t.Parallel()
	type m = map[string]string
	tests := []struct {
		name, text       string
		labels, features m
	}{
		{"nothing", "", m{}, m{}},
		{"values", "a=1\nb\nc=\nd=x=y\n", m{"a": "1", "b": "true", "c": "", "d": "x=y"}, m{"a": "1", "b": "true", "c": "", "d": "x=y"}},
		{"blanks", "  a=1 \r\n\n\t\nb = 2", m{"a": "1", "b ": " 2"}, m{"a": "1", "b ": " 2"}},
		{"comments", "# a=1\n#b=1\n  # c\n## +no-label\nd\n", m{"d": "true"}, m{"d": "true"}},
		{"the later counts", "a=1\na=2\n", m{"a": "2"}, m{"a": "2"}},
		{"no label", "# +no-label\na=1\nb=2\n", m{"b": "2"}, m{"a": "1", "b": "2"}},
		{"no feature", "# +no-feature\na=1\nb=2\n", m{"a": "1", "b": "2"}, m{"b": "2"}},
		{"neither", "# +no-feature\n# +no-label\n\n# a comment\na=1\nb=2\n", m{"b": "2"}, m{"b": "2"}},
		{"taken back", "a=1\n# +no-label\na=2\n", m{}, m{"a": "2"}},
		{"taken back from the features", "a=1\n# +no-feature\na\n", m{"a": "true"}, m{}},
		{"a value of a directive without one", "# +no-label=x\na=1\n", m{}, m{"a": "1"}},
		{"no directive", "#+no-label\na=1\n# +no-labels\nb=1\n#  +no-label\nc=1\n# +no-label =\nd=1\n", m{"a": "1", "b": "1", "c": "1", "d": "1"}, m{"a": "1", "b": "1", "c": "1", "d": "1"}},
		{"expired", "a=1\n# +expiry-time=2026-03-04T05:06:06Z\nb=1\nc=1\n", m{"a": "1"}, m{"a": "1"}},
		{"expiring this very moment", "# +expiry-time=2026-03-04T05:06:07Z\na=1\n", m{"a": "1"}, m{"a": "1"}},
		{"in another time zone", "# +expiry-time= 2026-03-04T06:06:06+01:00 \na=1\n# +expiry-time=2026-03-04T04:06:08-01:00\nb=1\n", m{"b": "1"}, m{"b": "1"}},
		{"until the next", "# +expiry-time=2001-01-01T00:00:00Z\na=1\n# +expiry-time=2100-01-01T00:00:00Z\nb=1\n", m{"b": "1"}, m{"b": "1"}},
		{"a time that is none", "# +expiry-time=tomorrow\na=1\n# +expiry-time\nb=1\n", m{"a": "1", "b": "1"}, m{"a": "1", "b": "1"}},
		{"a time that is none after one that is past", "# +expiry-time=2001-01-01T00:00:00Z\n# +expiry-time=2100\na=1\n", m{}, m{}},
		{"what is expired takes nothing back", "a=1\n# +expiry-time=2001-01-01T00:00:00Z\n# +no-label\na=2\n", m{"a": "1"}, m{"a": "1"}},
		{"a directive for what is expired", "# +expiry-time=2001-01-01T00:00:00Z\n# +no-label\na=1\n# +expiry-time=2100-01-01T00:00:00Z\nb=1\n", m{"b": "1"}, m{"b": "1"}},
		{"a line as long as a file", strings.Repeat("x", maxLocalFile), m{strings.Repeat("x", maxLocalFile): "true"}, m{strings.Repeat("x", maxLocalFile): "true"}},
	}
	for _, test := range tests {
		got, err := parseFeatureFile(strings.NewReader(test.text), now())
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.labels, got.labels); diff != "" {
			t.Errorf("%s: labels (-want +got):\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.features, got.features); diff != "" {
			t.Errorf("%s: features (-want +got):\n%s", test.name, diff)
		}
	}
}

// FuzzParseFeatureFile: what is a label or a feature stands so in a line of the text, whatever the time.
func FuzzParseFeatureFile(f *testing.F) {
	f.Add("a=1\nb\n# +no-label\nc=x=y\n# +no-feature\nd\n")
	f.Add("# +expiry-time=2012-07-28T11:22:33Z\na=1\n\n# +expiry-time=2080-07-28T11:22:33Z\nb=1\n")
	f.Add("# +expiry-time=2080-07-28T11:22:33X\na\n# +no-label=\n=\n==\n# +")
	f.Fuzz(func(t *testing.T, text string) {
		lines := map[string]bool{}
		for line := range strings.SplitSeq(text, "\n") {
			lines[strings.TrimSpace(line)] = true
		}
		for _, at := range []time.Time{{}, now()} {
			got, err := parseFeatureFile(strings.NewReader(text), at)
			if err != nil {
				t.Fatal(err)
			}
			for _, elements := range []map[string]string{got.labels, got.features} {
				for name, value := range elements {
					if !lines[name+"="+value] && (value != "true" || !lines[name]) || strings.HasPrefix(name, "#") {
						t.Errorf("%q is %q", name, value)
					}
				}
			}
		}
	})
}
