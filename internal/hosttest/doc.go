// Package hosttest makes what tests need of the outside world: host trees, and whatever stands for it in memory.
//
// # Host trees
//
// [Parse] makes a [Tree] of a txtar archive, one file of it for each file of the host. A name may end in a marker:
//
//	-- etc/os-release --                                    a file, with the lines below it
//	-- sys/class/net/ --                                    an empty directory
//	-- sys/block/sda -> ../devices/pci0000:00/block/sda --  a link, relative or absolute
//	-- proc/config.gz (unreadable) --                       a file that may not be read, or with a slash a directory
//	-- dev/initctl (fifo) --                                a named pipe
//
// [Tree.FS] is the tree in memory, [Tree.Dir] a directory with real links. Neither needs root, and both are the same for
// root: where the permission is denied in memory, the directory has a link that points at itself.
//
// # Registries
//
// [NewRegistry] starts a registry in memory, behind a server on the loopback interface. [PushImage], [PushIndex] and
// [Attach] fill it, or an OCI layout; [Registry.Break] puts a [Fault] before it, and [Registry.Requests] tells what it was
// asked. [Registry.Protect] has it want a login.
package hosttest
