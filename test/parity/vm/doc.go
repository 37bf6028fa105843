// Package vm compares this project with Node Feature Discovery on real kernels: it boots Linux in virtual machines, under
// QEMU's software emulation, and has both look at the same live host.
//
// A machine of the table gives QEMU a processor, NUMA nodes, disks, network cards, USB devices; a kernel of Debian's and
// an initrd that holds the static nfd-compat, a program with NFD's own sources, and an init that runs the two and prints
// what they write on the console. TestMachines then asks three questions:
//
//   - Does nfd-compat find what QEMU was given? The PCI devices and the CPUID words are asked of QEMU itself, while the
//     machine runs; the rest is in the table.
//   - Do both say the same? Every feature, element and value is compared; what differs on purpose is a difference in code,
//     with its reason; anything else fails.
//   - Does the static binary run as init's child, with nothing else in the file system?
//
// It needs QEMU and kernels. `make vm` gets the kernels with apt-get, and the test skips a machine whose QEMU or
// kernel is missing and says what to install.
package vm
