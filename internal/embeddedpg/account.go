//go:build linux || darwin

package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// account is the user that runs the server. PostgreSQL refuses to run as root, so root switches to another user.
type account struct {
	uid, gid  int  // -1: the user of this process
	namespace bool // root, mapped to another uid in a user namespace
}

var self = account{uid: -1, gid: -1}

// chooseAccount chooses the user that runs the server of the cluster data. The user must have access to dirs. If this
// process is root, it chooses the owner of an existing cluster; for a new one postgres or nobody; and a user namespace if
// these have no access, because the directories are in a private one such as /root.
func chooseAccount(ctx context.Context, data string, dirs ...string) (account, error) {
	owner, gid, exists := ownerOf(data)
	if us := os.Geteuid(); us != 0 {
		if exists && owner != us {
			return self, fmt.Errorf("the cluster %s belongs to user %d and this process runs as user %d", data, owner, us)
		}
		return self, nil
	}
	if exists && owner != 0 {
		a := account{uid: owner, gid: gid}
		if dir := a.unreachable(dirs); dir != "" {
			return self, fmt.Errorf("the cluster %s belongs to user %d, who has no access to %s", data, owner, dir)
		}
		return a, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if a, ok := lookupAccount(name); ok && !exists && a.unreachable(dirs) == "" {
			return a, nil
		}
	}
	a := account{uid: -1, gid: -1, namespace: true}
	err := errors.New("not supported on this system")
	if namespaces {
		err = a.command(ctx, "/bin/sh", "-c", ":").Run()
	}
	if err != nil {
		return self, fmt.Errorf("PostgreSQL does not run as root, no other user has access to %v, and a user namespace is not available (%w); "+
			"start as an ordinary user or choose a directory that the user postgres has access to, such as one in /var/lib", dirs, err)
	}
	return a, nil
}

func lookupAccount(name string) (account, bool) {
	u, err := user.Lookup(name)
	if err != nil {
		return self, false
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return account{uid: uid, gid: gid}, err1 == nil && err2 == nil && uid > 0
}

func ownerOf(path string) (uid, gid int, exists bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, false
	}
	stat := info.Sys().(*syscall.Stat_t)
	return int(stat.Uid), int(stat.Gid), true
}

// unreachable returns the first of the directories to which the account has no access, or "".
func (a account) unreachable(dirs []string) string {
	for _, dir := range dirs {
		if !a.reaches(dir) {
			return dir
		}
	}
	return ""
}

// reaches reports whether the mode bits of dir and of all its parents give the account access. It skips directories that
// do not exist yet.
func (a account) reaches(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if errors.Is(err, os.ErrNotExist) {
			dir = filepath.Dir(dir)
			continue
		}
		if err != nil {
			return false
		}
		stat := info.Sys().(*syscall.Stat_t)
		bit := os.FileMode(0o001)
		switch {
		case int(stat.Uid) == a.uid:
			bit = 0o100
		case int(stat.Gid) == a.gid:
			bit = 0o010
		}
		if info.Mode().Perm()&bit == 0 {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}

// chown makes the account the owner of a file or directory.
func (a account) chown(path string) error {
	if a.uid < 0 {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// command returns a command that runs as the account. It has a session of its own, so that Ctrl-C in the terminal reaches
// only this process, and not the environment of this process, which contains secrets and PG… variables.
func (a account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if a.namespace {
		enterNamespace(cmd.SysProcAttr)
	} else if a.uid >= 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)} // #nosec G115 -- ids of an existing user
	}
	cmd.Cancel = func() error {
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) {
			return err
		}
		return os.ErrProcessDone
	}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}
