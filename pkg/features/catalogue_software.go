package features

// softwareEntries is the catalogue of our own features about libraries and other software on the host, which NFD does not have.
func softwareEntries() []Entry {
	return []Entry{
		{
			Name:        "system.cdi",
			Kinds:       []Kind{Instance},
			Description: "specifications of the Container Device Interface, with which container runtimes give devices to containers",
			Elements: []Element{
				{Name: "device_count", Meaning: "number of devices that the specification has"},
				{Name: "kind", Meaning: "kind of the devices, such as nvidia.com/gpu"},
				{Name: "spec_version", Meaning: "version of the interface that it is written for, of at most three numbers"},
				{Name: "spec_version_raw", Meaning: "version of the interface as the specification has it"},
			},
			ReadFrom: []string{"/etc/cdi/*.{json,yaml}", "/var/run/cdi/*.{json,yaml}", "/run/cdi/*.{json,yaml}"},
		},
		{
			Name:        "system.library",
			Kinds:       []Kind{Instance},
			Description: "libraries that the host's loader finds, of those that programs for GPUs, MPI and RDMA need, and the C library",
			Elements: []Element{
				{Name: "arch", Meaning: "architecture of the programs that it is for, such as amd64; 386 for 32-bit ones"},
				{Name: "name", Meaning: "name of the library", Values: libraryNames()},
				{Name: "path", Meaning: "its file, as the loader finds it"},
				{Name: "soname", Meaning: "name that programs ask for, such as libmpi.so.40"},
				{Name: "version", Meaning: "its version, of at most three numbers; unknown if neither its file nor one of pkg-config beside it tells one"},
				{Name: "version_raw", Meaning: "its version as it is told"},
				{
					Name: "version_source", Meaning: "where the version is from: pkg-config, the end of the file's name, or the library itself",
					Values: []string{fromFileName, fromLibrary, fromPkgConfig},
				},
			},
			ReadFrom: []string{"/etc/ld.so.cache", "*/pkgconfig/*.pc", "*/libc.so.6", "/lib/ld-musl-*.so.1"},
		},
		{
			Name:        "system.software",
			Kinds:       []Kind{Attribute},
			Description: "versions of software on the host that has them in a file, and under the name with _raw the text there",
			Elements:    softwareElements(),
			ReadFrom: []string{
				"/etc/ld.so.cache", "*/pkgconfig/*.pc", "*/libc.so.6", "/opt/rocm/.info/version", "/" + efaPackagesFile, "/" + mlx5VersionFile,
			},
		},
	}
}

func libraryNames() []string {
	var names []string
	for _, known := range knownLibraries() {
		names = append(names, known.name)
	}
	return names
}

func softwareElements() []Element {
	var elements []Element
	for _, e := range [][2]string{
		{"efa_installer.version", "Amazon's installer of EFA"},
		{"glibc.version", "the C library, if it is glibc"},
		{"libfabric.version", "libfabric (OFI)"},
		{"mlnx_ofed.version", "NVIDIA's own drivers for its network cards (MLNX_OFED, DOCA)"},
		{"mpich.version", "MPICH"},
		{"openmpi.version", "Open MPI"},
		{"rocm.version", "ROCm"},
		{"ucx.version", "UCX"},
	} {
		elements = append(elements,
			Element{Name: e[0], Meaning: "version of " + e[1] + ", of at most three numbers"},
			Element{Name: e[0] + "_raw", Meaning: "version of " + e[1] + ", as its file has it"})
	}
	return elements
}
