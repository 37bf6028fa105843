// Package plan is what the test tells the init of a virtual machine, in a file of the initrd, and what the init answers on
// the console.
package plan

// Path is the file of the plan.
const Path = "/plan.json"

// Ready is the line that the init writes once the devices are there. It then waits for a line on the console, so that the
// test can look at the machine from outside.
const Ready = "### ready"

// Begin and End enclose what a program has written: a line Begin with the program's name, the text, and a line End with
// how it ended, which is OK or an error. Marker comes before both, and before what fails in the init itself.
const (
	Marker = "### "
	Begin  = Marker + "begin "
	End    = Marker + "end "
	OK     = "ok"
)

// A Plan is what the init does in order: the steps, then the programs.
type Plan struct {
	Steps []Step
	// Environment is that of the programs.
	Environment []string
	Programs    []Program
}

// A Step makes the machine what the test wants. One of its fields is set.
type Step struct {
	// Module is the file of a module to load.
	Module string `json:",omitempty"`
	// Exists is a file or directory to wait for: devices come when they come.
	Exists string `json:",omitempty"`
	// Holds waits until a file holds a text, spaces around it aside.
	Holds *File `json:",omitempty"`
	// Write writes a text to a file that is there.
	Write *File `json:",omitempty"`
	// Up is a network interface to bring up.
	Up string `json:",omitempty"`
	// Swap is a block device to swap to.
	Swap string `json:",omitempty"`
	// Mount mounts a file system.
	Mount *Mount `json:",omitempty"`
}

// A File is one with its text.
type File struct{ Path, Text string }

// A Mount is a file system without a device, such as sysfs, and where it belongs.
type Mount struct{ Type, Dir string }

// Bind is the type of a mount that shows the root, with all that is mounted in it, in a second place.
const Bind = "bind"

// A Program is one to run, whose output goes to the console, or a file to show there.
type Program struct {
	Name string
	Args []string `json:",omitempty"`
	File string   `json:",omitempty"`
}
