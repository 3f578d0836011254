package embeddedpg

import (
	"os/exec"
	"strconv"
	"strings"
)

// hasArgument reports whether the process pid is running and was started with the argument. A zombie has no arguments.
func hasArgument(pid int, arg string) bool {
	line, err := exec.Command("/bin/ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(" "+strings.TrimSpace(string(line))+" ", " "+arg+" ")
}
