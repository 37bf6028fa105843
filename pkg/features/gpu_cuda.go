package features

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A cudaBranch says which version of CUDA the drivers of a branch support.
type cudaBranch struct {
	branch int
	cuda   string
	// source tells where that is from.
	source string
}

const (
	cudaReleaseNotes = "NVIDIA CUDA Toolkit Release Notes, table \"CUDA Toolkit and Corresponding Driver Versions\": "
	cudaELFNote      = "the note " + cudaNote + " of the libcuda of "
)

// cudaBranches is the table of the branches, for a driver whose libcuda does not say it. A branch that is not in it is not known, be it newer or between
// two others: the driver of a new GPU must not look too old. The release notes name for each version of the toolkit the first driver, which
// is the first of its branch, and with it came that version of CUDA; the branch keeps it.
func cudaBranches() []cudaBranch {
	return []cudaBranch{
		{384, "9.0", cudaReleaseNotes + "CUDA 9.0.76 >= 384.81"},
		{396, "9.2", cudaReleaseNotes + "CUDA 9.2.88 >= 396.26"},
		{410, "10.0", cudaReleaseNotes + "CUDA 10.0.130 >= 410.48"},
		{418, "10.1", cudaReleaseNotes + "CUDA 10.1.105 >= 418.39"},
		{440, "10.2", cudaReleaseNotes + "CUDA 10.2.89 >= 440.33"},
		{450, "11.0", cudaReleaseNotes + "CUDA 11.0.2 GA >= 450.51.05"},
		{455, "11.1", cudaReleaseNotes + "CUDA 11.1 GA >= 455.23"},
		{460, "11.2", cudaReleaseNotes + "CUDA 11.2.0 GA >= 460.27.03"},
		{465, "11.3", cudaReleaseNotes + "CUDA 11.3.0 GA >= 465.19.01"},
		{470, "11.4", cudaReleaseNotes + "CUDA 11.4.0 GA >= 470.42.01"},
		{495, "11.5", cudaReleaseNotes + "CUDA 11.5 GA >= 495.29.05"},
		{510, "11.6", cudaReleaseNotes + "CUDA 11.6 GA >= 510.39.01"},
		{515, "11.7", cudaReleaseNotes + "CUDA 11.7 GA >= 515.43.04"},
		{520, "11.8", cudaReleaseNotes + "CUDA 11.8 GA >= 520.61.05"},
		{525, "12.0", cudaReleaseNotes + "CUDA 12.0 GA >= 525.60.13"},
		{530, "12.1", cudaReleaseNotes + "CUDA 12.1 GA >= 530.30.02"},
		{535, "12.2", cudaReleaseNotes + "CUDA 12.2 GA >= 535.54.03"},
		{545, "12.3", cudaReleaseNotes + "CUDA 12.3 GA >= 545.23.06"},
		{550, "12.4", cudaReleaseNotes + "CUDA 12.4 GA >= 550.54.14"},
		{555, "12.5", cudaReleaseNotes + "CUDA 12.5 GA >= 555.42.02"},
		{560, "12.6", cudaReleaseNotes + "CUDA 12.6 GA >= 560.28.03"},
		{565, "12.7", "what nvidia-smi of 565.57.01 prints; no toolkit of that version was published"},
		{570, "12.8", cudaReleaseNotes + "CUDA 12.8 GA >= 570.26"},
		{575, "12.9", cudaELFNote + "575, and " + cudaReleaseNotes + "CUDA 12.9 GA >= 575.51.03"},
		{580, "13.0", cudaReleaseNotes + "CUDA 13.0 GA >= 580.65.06"},
		{590, "13.1", cudaELFNote + "590.44.01, and " + cudaReleaseNotes + "CUDA 13.1 GA >= 590.44.01"},
		{595, "13.2", cudaReleaseNotes + "CUDA 13.2 GA >= 595.45.04"},
		{610, "13.3", cudaReleaseNotes + "CUDA 13.3 GA >= 610.43.02"},
	}
}

// cudaOfBranch returns the version of CUDA that a driver supports by the table, from the driver's version.
func cudaOfBranch(driver string) (string, error) {
	if isJetsonRelease(driver) {
		return "", fmt.Errorf("%s is the release of Jetson's Linux, which tells no branch of the driver", driver)
	}
	major, _, _ := strings.Cut(driver, ".")
	branch, err := strconv.Atoi(major)
	if err != nil {
		return "", fmt.Errorf("%q is no version of a driver", driver)
	}
	table := cudaBranches()
	for _, row := range table {
		if row.branch == branch {
			return row.cuda, nil
		}
	}
	if newest := table[len(table)-1].branch; branch > newest {
		return "", fmt.Errorf("the branch %d of the driver is newer than those that are known here, up to %d", branch, newest)
	}
	return "", fmt.Errorf("the branch %d of the driver is not among those that are known here", branch)
}

// putCUDA notes the version of CUDA that the driver supports, from what its libcuda says of itself, or else from the table.
func (v *view) putCUDA(f *finding, driver string, library libcuda) {
	if driver == "" {
		f.miss(errors.New("cuda.version is not known: the version of the driver is not"))
		return
	}
	if library.version != "" && library.version != leadingVersion(driver) {
		f.miss(fmt.Errorf("cuda.version is not known: the kernel module is of the driver %s, and /%s of %s, so that CUDA does not work; "+
			"restart the host after a change of the driver, or install the library of the same version", driver, library.name, library.version))
		return
	}
	var (
		note    string
		noteErr error
	)
	if library.name != "" {
		note, noteErr = v.readCUDANote(library.name)
	}
	table, tableErr := cudaOfBranch(driver)
	version, source := note, "elf-note"
	if note == "" {
		version, source = table, "table"
	}
	switch {
	case version == "":
		if library.name == "" {
			tableErr = joinErrors(tableErr, errors.New("no libcuda was found that would say it"))
		}
		f.miss(fmt.Errorf("cuda.version is not known: %w", joinErrors(noteErr, tableErr)))
		return
	case noteErr != nil && !errors.Is(noteErr, errNotELF):
		f.missElements(fmt.Errorf("cuda.version is that of the driver's branch, since libcuda does not tell it: %w", noteErr), "cuda.version")
	case note != "" && table != "" && note != table:
		f.missElements(fmt.Errorf("cuda.version is what /%s tells of itself, %s, and drivers of its branch have %s", library.name, note, table), "cuda.version")
	}
	major, minor, _ := strings.Cut(version, ".")
	f.attributes["cuda.version"], f.attributes["cuda.version_source"] = version, source
	f.attributes["cuda.version.major"], f.attributes["cuda.version.minor"] = major, minor
}
