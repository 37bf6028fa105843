package validate

import "testing"

// TestParsingWork: a range of characters counts where the parser goes through it, and nothing else does.
func TestParsingWork(t *testing.T) {
	t.Parallel()
	const full = (0x1e943 - 0x80) / 31
	for pattern, want := range map[string]int{
		`[\x{80}-\x{10ffff}]`:     0, // without (?i) it is not gone through
		`(?i)[\x{80}-\x{10ffff}]`: full, `(?i:[\x{80}-\x{10ffff}])`: full, `(?im-s)[\x{80}-\x{10ffff}]`: full,
		`(?i)[^]\x{80}-\x{10ffff}]`: full, `(?i)[[:alpha:]\x{80}-\x{10ffff}]`: full, `(?i)\Q[]\E[\x{80}-\x{10ffff}]`: full, `(?i)\[[\x{80}-\x{10ffff}]`: full,
		`(?i)x-\x{10ffff}`: 0, `(?i)[\x00-\x{10ffff}]`: 0, `(?i)[\x{20000}-\x{10ffff}]`: 0, `(?i)[!-0]`: 0, `(?i)^a-\d+-\d+-\d+-\d+-\d+-\d+$`: 0, `(?i)[a-z0-9_-]`: 0, `(?i)[а-я]`: 1, `(?i)[a-я]`: (0x44f - 'a') / 31,
		`(?i)\Q[\x{80}-\x{10ffff}]\E`: 0, `\pL[\p{Greek}]\PN`: 300, `(?i)[`: 0, `(?i)[-`: 0, `(?i)[\`: 0, `\`: 0, `(?i)[[:`: 0, `\Q`: 0, "(?i)[a-\xff]": (0xfffd - 'a') / 31,
	} {
		if got := parsingWork(pattern); got != want {
			t.Errorf("%q: %d, want %d", pattern, got, want)
		}
	}
}

// FuzzParsingWork: no pattern makes it panic, or run on.
func FuzzParsingWork(f *testing.F) {
	for _, seed := range []string{`(?i)[\x{80}-\x{10ffff}]`, `\Q[`, `[[:alpha:]-z]`, `(?i)[\x{]`, "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		if work := parsingWork(pattern); work < 0 || work > 40_000*(1+len(pattern)) {
			t.Errorf("%q: %d", pattern, work)
		}
	})
}
