package initrd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWrite has the bytes of "newc" as the kernel's document describes them. That a kernel reads them is seen in the
// virtual machines.
func TestWrite(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	err := Write(&got, map[string]File{
		"a/b/c": {Data: []byte("12345")},
		"init":  {Data: []byte("1"), Executable: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	const nothing = "00000000"
	header := func(inode, mode, links, size, name string) string {
		return "070701" + inode + mode + nothing + nothing + links + nothing + size + strings.Repeat(nothing, 4) + name + nothing
	}
	want := []string{
		header("00000001", "000041ED", "00000002", nothing, "00000002"), "a\x00",
		header("00000002", "000041ED", "00000002", nothing, "00000004"), "a/b\x00\x00\x00",
		header("00000003", "000081A4", "00000001", "00000005", "00000006"), "a/b/c\x00", "12345\x00\x00\x00",
		header("00000004", "000081ED", "00000001", "00000001", "00000005"), "init\x00\x00", "1\x00\x00\x00",
		header("00000005", nothing, "00000001", nothing, "0000000B"), "TRAILER!!!\x00\x00\x00\x00",
	}
	if diff := cmp.Diff(strings.Join(want, ""), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
