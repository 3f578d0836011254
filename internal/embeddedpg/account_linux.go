package embeddedpg

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"syscall"
)

// namespaces reports that this system has user namespaces.
const namespaces = true

// enterNamespace makes the program run in a user namespace that maps root to uid 1000: the program sees itself as an
// ordinary user, and the files that it writes belong to root.
func enterNamespace(attr *syscall.SysProcAttr) {
	attr.Cloneflags = syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 1000, HostID: 0, Size: 1}}
	attr.GidMappings = attr.UidMappings
}

// hasArgument reports whether the process pid is running and was started with the argument. A zombie has no arguments.
func hasArgument(pid int, arg string) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && slices.ContainsFunc(bytes.Split(line, []byte{0}), func(b []byte) bool { return string(b) == arg })
}
