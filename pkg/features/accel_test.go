package features

import (
	"strings"
	"testing"
)

// TestParseHabanaFirmware: the version of the firmware is what stands behind fw, and not the one before it.
func TestParseHabanaFirmware(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"armcpd version hl-gaudi-1.2.3-fw-32.6.6-sec-4 (Jan 04 2023 - 20:47:16)": "32.6.6",
		"hl-gaudi2-1.10.0-fw43.2.0-sec-4 (May 17 2023 - 20:08:22)":               "43.2.0",
		"hl-gaudi2-1.9.0-rc-fw-42.0.1-sec-3":                                     "42.0.1",
		"hl-1.24.0-fw-62.6.2.0":                                                  "62.6.2",
		"fwx-1.0-fw-2.3":                                                         "2.3",
		"1.7.1-d5d0c41d":                                                         "1.7.1",
		"d5d0c41d (2020-07-01)":                                                  "",
		"hl-gaudi-1.2.3-fw":                                                      "",
		"":                                                                       "",
	} {
		if got := parseHabanaFirmware(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzParseHabanaFirmware(f *testing.F) {
	for _, seed := range []string{"armcpd version hl-gaudi-1.2.3-fw-32.6.6-sec-4 (Jan 04 2023 - 20:47:16)", "fw43.2.0", "fw-", "fwfw-1", "1.2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := parseHabanaFirmware(text); got != leadingVersion(got) || !strings.Contains(text, got) {
			t.Errorf("%q: %q", text, got)
		}
	})
}
