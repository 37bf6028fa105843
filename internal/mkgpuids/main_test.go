package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const list = "# comment\n#\tVersion: 2026.01.02\n0001  SafeNet\n\t2330  GH100 [of nobody]\n10de  NVIDIA Corporation\n# inside\n\t1af1  GA100 [A100 NVSwitch]\n" +
	"\t22ba  AD102 High Definition Audio Controller\n\t2330  GH100 [H100 SXM5 80GB]\n\t\t10de 16c1  H100 SXM5\n\t1234  nForce Ethernet\n" +
	"8086  Intel Corporation\n\t56a0  DG2 [Arc A770]\n\ta70d  Raptor Lake PCI Express 5.0 Graphics Port (PEG010)\n\t1533  I210\n" +
	"C 03  Display controller\n\t00  VGA GPU\n"

func TestWrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pci.ids")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := run([]string{file}, &got); err != nil {
		t.Fatal(err)
	}
	head, rows, _ := strings.Cut(got.String(), "SUCH DAMAGE.\n")
	if !strings.Contains(head, "# Version: 2026.01.02\n") || !strings.Contains(head, "Martin Mares") {
		t.Errorf("head %q", head)
	}
	const want = "10de  NVIDIA Corporation\n\t2330  GH100 [H100 SXM5 80GB]\n8086  Intel Corporation\n\t56a0  DG2 [Arc A770]\n"
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	whole, _, _ := strings.Cut(list, "C 03")
	for _, text := range []string{"", "10de  NVIDIA Corporation\n", whole} {
		var out strings.Builder
		if err := write(&out, text); err == nil || out.Len() > 0 {
			t.Errorf("%q: %v, %q", text, err, out.String())
		}
	}
	for _, args := range [][]string{nil, {"a", "b"}, {filepath.Join(t.TempDir(), "none")}} {
		if err := run(args, &strings.Builder{}); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
