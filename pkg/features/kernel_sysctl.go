package features

import (
	"context"
	"fmt"
	"strings"
)

// sysctlElements are the kernel's settings that are told, of Documentation/admin-guide/sysctl: those that programs ask for.
func sysctlElements() []Element {
	return []Element{
		{Name: "fs.aio-max-nr", Meaning: "largest number of asynchronous I/O requests"},
		{Name: "fs.file-max", Meaning: "largest number of open files"},
		{Name: "fs.inotify.max_user_instances", Meaning: "largest number of inotify instances of a user"},
		{Name: "fs.inotify.max_user_watches", Meaning: "largest number of inotify watches of a user"},
		{Name: "fs.nr_open", Meaning: "largest number of open files of a process"},
		{Name: "fs.pipe-max-size", Meaning: "largest size of a pipe, in bytes"},
		{Name: "kernel.apparmor_restrict_unprivileged_userns", Meaning: "1 if AppArmor keeps user namespaces from programs without a profile", Values: digits()},
		{Name: "kernel.core_pattern", Meaning: "where core dumps go"},
		{Name: "kernel.io_uring_disabled", Meaning: "0 if everybody may use io_uring, 1 if a group may, 2 if nobody may", Values: []string{"0", "1", "2"}},
		{Name: "kernel.keys.maxkeys", Meaning: "largest number of keys of a user"},
		{Name: "kernel.keys.root_maxkeys", Meaning: "largest number of keys of root"},
		{Name: "kernel.numa_balancing", Meaning: "whether memory is moved to the node that uses it"},
		{Name: "kernel.perf_event_paranoid", Meaning: "how much of perf is kept from users without privileges"},
		{Name: "kernel.pid_max", Meaning: "largest number of processes"},
		{Name: "kernel.randomize_va_space", Meaning: "how addresses are randomised", Values: []string{"0", "1", "2"}},
		{Name: "kernel.sched_rt_runtime_us", Meaning: "time for real-time tasks in each period, in microseconds; -1 is all"},
		{Name: "kernel.shmall", Meaning: "largest amount of shared memory, in pages"},
		{Name: "kernel.shmmax", Meaning: "largest shared memory segment, in bytes"},
		{Name: "kernel.threads-max", Meaning: "largest number of threads"},
		{Name: "kernel.unprivileged_bpf_disabled", Meaning: "0 if everybody may load BPF programs", Values: []string{"0", "1", "2"}},
		{Name: "kernel.unprivileged_userns_clone", Meaning: "1 if everybody may make user namespaces, on Debian and its relatives", Values: digits()},
		{Name: "kernel.yama.ptrace_scope", Meaning: "who may trace whom", Values: []string{"0", "1", "2", "3"}},
		{Name: "net.core.rmem_max", Meaning: "largest receive buffer, in bytes"},
		{Name: "net.core.somaxconn", Meaning: "largest queue of connections to accept"},
		{Name: "net.core.wmem_max", Meaning: "largest send buffer, in bytes"},
		{Name: "net.ipv4.ip_forward", Meaning: "1 if packets are forwarded", Values: digits()},
		{Name: "net.ipv4.ip_unprivileged_port_start", Meaning: "first port that everybody may listen on"},
		{Name: "user.max_user_namespaces", Meaning: "largest number of user namespaces; 0 allows none"},
		{Name: "vm.max_map_count", Meaning: "largest number of memory maps of a process"},
		{Name: "vm.nr_hugepages", Meaning: "number of huge pages of the default size"},
		{Name: "vm.overcommit_memory", Meaning: "whether more memory is promised than there is", Values: []string{"0", "1", "2"}},
		{Name: "vm.swappiness", Meaning: "how readily memory is swapped out"},
		{Name: "vm.unprivileged_userfaultfd", Meaning: "1 if everybody may handle page faults of the kernel too", Values: digits()},
	}
}

// discoverSysctl reads these settings from /proc/sys, each a file of one line:
//
//	65530
//
// A setting that this kernel does not have is left out. Those of net are of the network namespace, those of user of the user namespace,
// that procfs is read from.
func discoverSysctl(ctx context.Context, v *view) finding {
	if ok, err := v.files.exists(procPlace); err != nil || !ok {
		return v.missing("proc/sys", procPlace)
	}
	f := finding{attributes: map[string]string{}}
	for _, e := range sysctlElements() {
		if ctx.Err() != nil {
			return f
		}
		value, ok, err := v.files.deviceAttribute("proc/sys/" + strings.ReplaceAll(e.Name, ".", "/"))
		switch {
		case err != nil:
			f.miss(fmt.Errorf("%s is left out: %w", e.Name, err))
		case ok:
			f.attributes[e.Name] = strings.Join(strings.Fields(value), " ")
		}
	}
	return f
}
