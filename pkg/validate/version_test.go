package validate

import "testing"

// TestParseVersion has the releases and driver versions of the field. "-" is no version.
func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4.18.0-553.el8_10.x86_64":           "4.18.0",     // RHEL 8
		"5.14.0-427.13.1.el9_4.x86_64":       "5.14.0",     // RHEL 9
		"5.14.0-284.79.1.rt14.364.el9_2":     "5.14.0",     // RHCOS 4.14, with the kernel for real-time work
		"5.10.226-214.879.amzn2.x86_64":      "5.10.226",   // Amazon Linux 2
		"6.1.109-118.189.amzn2023.x86_64":    "6.1.109",    // Amazon Linux 2023
		"6.6.97+":                            "6.6.97",     // Container-Optimized OS
		"5.15.158.2-1.cm2":                   "5.15.158.2", // Azure Linux 2
		"6.6.57.1-7.azl3":                    "6.6.57.1",   // Azure Linux 3
		"6.1.90-6.ph5-esx":                   "6.1.90",     // Photon
		"6.8.0-45-generic":                   "6.8.0",      // Ubuntu
		"5.15.0-1053-aws":                    "5.15.0",
		"6.4.0-150600.23.25-default":         "6.4.0",      // SUSE
		"6.6.52-talos":                       "6.6.52",     // Talos
		"5.15.153.1-microsoft-standard-WSL2": "5.15.153.1", // WSL2
		"6.18.44-fc-v669":                    "6.18.44",
		"6.6.0-rc7+":                         "6.6.0",
		"535.104.05":                         "535.104.05", // NVIDIA's driver
		"6.10.5":                             "6.10.5",     // AMD's
		"2.13.0g":                            "2.13.0",     // EFA's
		"24.10-1.1.4":                        "24.10",      // MLNX_OFED
		"5.9.0.1":                            "5.9.0.1",
		"v1.2":                               "1.2",
		"1.":                                 "1",
		"1..2":                               "1",
		"007.00":                             "007.00",
		"99999999999999999999.1":             "99999999999999999999.1",
		"":                                   "-",
		"v":                                  "-",
		"r550":                               "-",
		" 1":                                 "-",
		".5":                                 "-",
		"-1":                                 "-",
		"vv1":                                "-",
	} {
		got := "-"
		if v, ok := parseVersion(text); ok {
			got = string(v)
		}
		if got != want {
			t.Errorf("%q is read as %s, want %s", text, got, want)
		}
	}
}

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	// Each is lower than the next.
	order := []string{"0", "0.0.1", "1", "1.0.0.1", "1.2", "1.9", "1.10", "2", "10", "99999999999999999998", "99999999999999999999", "100000000000000000000"}
	for i, a := range order {
		for j, b := range order {
			va, _ := parseVersion(a)
			vb, _ := parseVersion(b)
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := va.compare(vb); got != want {
				t.Errorf("%s compared with %s is %d, want %d", a, b, got, want)
			}
		}
	}
	for _, equal := range [][2]string{{"1", "1.0.0"}, {"1.2", "1.2.0-rc1"}, {"v3.4", "3.04.0.0"}} {
		a, _ := parseVersion(equal[0])
		b, _ := parseVersion(equal[1])
		if a.compare(b) != 0 || b.compare(a) != 0 {
			t.Errorf("%s and %s are not equal", equal[0], equal[1])
		}
	}
}
