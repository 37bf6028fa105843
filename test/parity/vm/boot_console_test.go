package vm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFollow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		console string
		ready   bool
		want    map[string]section
		err     string
	}{
		"programs": {
			console: "SeaBIOS\r\n\x1b[2J[    0.1] a message### ready\r\n" +
				"### begin a\r\n{\r\n 1### }\r\n\r\n### end ok\r\nbetween\r\n### begin b\r\n\r\n### end exit status 3\r\n",
			ready: true,
			want:  map[string]section{"a": {"{\n 1### }\n\n", "ok"}, "b": {"\n", "exit status 3"}},
		},
		"a program that does not end": {console: "### ready\n### begin a\n1\n", ready: true},
		"the init fails":              {console: "### load x.ko: no such device\n", err: "the machine's init says: load x.ko: no such device"},
		"a panic":                     {console: "Kernel panic - not syncing\n", err: "the machine did not come up"},
		"nothing":                     {err: "the machine did not come up"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &boot{sections: map[string]section{}}
			ready, message := 0, ""
			if err := b.follow(strings.NewReader(test.console), func() error { ready++; return nil }); err != nil {
				message = err.Error()
			}
			if message != test.err {
				t.Errorf("the error is %q, not %q", message, test.err)
			}
			if ready > 1 || (ready == 1) != test.ready {
				t.Errorf("ready was called %d times", ready)
			}
			if test.want == nil {
				test.want = map[string]section{}
			}
			if diff := cmp.Diff(test.want, b.sections, cmp.AllowUnexported(section{})); diff != "" {
				t.Errorf("sections (-want +got):\n%s", diff)
			}
		})
	}
}
