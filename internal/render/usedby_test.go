package render_test

import (
	"bytes"
	"strings"
	"testing"
)

// TestUsedByIsTold: in each format that people or CI read, which containers run an image, be it compatible or not.
func TestUsedByIsTold(t *testing.T) {
	t.Parallel()
	good := compatible("app:v2")
	good.Image.UsedBy = []string{"CronJob prod/night, container app"}
	const bad = "Deployment prod/web, container init"
	for _, f := range formats() {
		var out bytes.Buffer
		if err := f.write(&out, reportOf(incompatible("app:v1"), good)); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(strings.Fields(out.String()), " ")
		switch f.suffix {
		case ".quiet.txt", ".nfd.json":
			continue
		case ".xml", ".md", ".verbose.txt", ".json", ".yaml", ".kyaml":
			if !strings.Contains(got, good.Image.UsedBy[0]) {
				t.Errorf("%s does not tell who runs the compatible image:\n%s", f.suffix, &out)
			}
		}
		if !strings.Contains(got, bad) {
			t.Errorf("%s does not tell who runs the incompatible image:\n%s", f.suffix, &out)
		}
	}
}
