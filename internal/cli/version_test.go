package cli

import (
	"bytes"
	"encoding/json"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBuildOf: what was stamped goes before what Go knows, and nothing is told that is not known.
func TestBuildOf(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	platform := runtime.GOOS + "/" + runtime.GOARCH
	known := func(modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
			{Key: "vcs", Value: "git"},
			{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"},
			{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
			{Key: "vcs.modified", Value: modified},
		}}
	}
	tests := map[string]struct {
		info    *debug.BuildInfo
		stamped build
		want    build
		text    string
	}{
		"nothing": {
			want: build{Version: "(devel)"},
			text: "nfd-compat (devel) (" + runtime.Version() + ", " + platform + ")",
		},
		"a module": {
			info: &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}},
			want: build{Version: "v1.2.3"},
			text: "nfd-compat v1.2.3 (" + runtime.Version() + ", " + platform + ")",
		},
		"a checkout": {
			info: known("false"),
			want: build{Version: "v1.2.3", Commit: "0123456789abcdef0123456789abcdef01234567", Date: "2026-01-02T03:04:05Z", Modified: &no},
			text: "nfd-compat v1.2.3 (commit 0123456789ab, 2026-01-02T03:04:05Z, " + runtime.Version() + ", " + platform + ")",
		},
		"a checkout with changes": {
			info: known("true"),
			want: build{Version: "v1.2.3", Commit: "0123456789abcdef0123456789abcdef01234567", Date: "2026-01-02T03:04:05Z", Modified: &yes},
			text: "nfd-compat v1.2.3 (commit 0123456789ab and changes, 2026-01-02T03:04:05Z, " + runtime.Version() + ", " + platform + ")",
		},
		"stamped": {
			stamped: build{Version: "v9", Commit: "abc", Date: "2026-09-09T00:00:00Z"},
			want:    build{Version: "v9", Commit: "abc", Date: "2026-09-09T00:00:00Z"},
			text:    "nfd-compat v9 (commit abc, 2026-09-09T00:00:00Z, " + runtime.Version() + ", " + platform + ")",
		},
		"stamped with the commit that Go knows": {
			info:    known("false"),
			stamped: build{Version: "v9", Commit: "0123456789abcdef0123456789abcdef01234567"},
			want:    build{Version: "v9", Commit: "0123456789abcdef0123456789abcdef01234567", Date: "2026-01-02T03:04:05Z", Modified: &no},
			text:    "nfd-compat v9 (commit 0123456789ab, 2026-01-02T03:04:05Z, " + runtime.Version() + ", " + platform + ")",
		},
		"stamped with another commit": { // whose date and changes Go does not know
			info:    known("true"),
			stamped: build{Version: "v9", Commit: "abc"},
			want:    build{Version: "v9", Commit: "abc"},
			text:    "nfd-compat v9 (commit abc, " + runtime.Version() + ", " + platform + ")",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.want.GoVersion, test.want.Platform = runtime.Version(), platform
			got := buildOf(test.info, test.stamped)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.text, got.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestVersionJSON: the object has these fields and no others.
func TestVersionJSON(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	code := Main(t.Context(), []string{name, "version", "-o", "json"}, Streams{Out: &stdout, Err: &stderr})
	if code != ExitOK || stderr.Len() > 0 {
		t.Fatalf("exit code %d\n%s", code, &stderr)
	}
	var got build
	dec := json.NewDecoder(&stdout)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(thisBuild(), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
