package features

import "golang.org/x/sys/unix"

// readHwcaps returns what the kernel told this process of the processor when it started (getauxval(3)); zero where it
// told nothing.
func readHwcaps() (hwcap, hwcap2 uint64, err error) {
	const atHwcap, atHwcap2 = 16, 26
	vector, err := unix.Auxv()
	for _, entry := range vector {
		switch entry[0] {
		case atHwcap:
			hwcap = uint64(entry[1])
		case atHwcap2:
			hwcap2 = uint64(entry[1])
		}
	}
	return hwcap, hwcap2, err
}
