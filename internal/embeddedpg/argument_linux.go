package embeddedpg

import (
	"bytes"
	"fmt"
	"os"
	"slices"
)

// hasArgument reports whether the process pid is running and was started with the argument. A zombie has no arguments.
func hasArgument(pid int, arg string) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && slices.ContainsFunc(bytes.Split(line, []byte{0}), func(b []byte) bool { return string(b) == arg })
}
