//go:build linux || darwin

package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// account is the user that runs the server.
type account struct{ uid, gid int } // -1: the user of this process

var self = account{uid: -1, gid: -1}

// unprivileged are the users that run the server if this process is root, best first. PostgreSQL refuses to run as root.
var unprivileged = []string{"postgres", "nobody", "daemon"}

// chooseAccount chooses the user that runs the server of the cluster data. The user must have access to dirs. If this
// process is root, it chooses the owner of an existing cluster, or else one of unprivileged. A cluster of root gets that
// user as its owner.
func chooseAccount(data string, dirs ...string) (account, error) {
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
	for _, name := range unprivileged {
		if a, ok := lookupAccount(name); ok && a.unreachable(dirs) == "" {
			if exists {
				return a, a.chownTree(data)
			}
			return a, nil
		}
	}
	return self, fmt.Errorf("PostgreSQL does not run as root, and none of the users %s has access to %v: start as an ordinary user, "+
		"or choose a directory to which the user postgres has access, such as one in /var/lib", strings.Join(unprivileged, ", "), dirs)
}

// shelter holds the directories of servers whose own directory no unprivileged user has access to, because it is in a private
// one such as /root.
const shelter = "/var/lib/registry"

// place creates the directory of a server. If this process is root and no unprivileged user has access to the directory, it
// becomes a symbolic link to one in shelter, with the cluster that is in it. A running server is left where it is.
func place(dir string, log *slog.Logger) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	before := dir + ".before"
	if _, err := os.Lstat(dir); errors.Is(err, os.ErrNotExist) {
		if err := os.Rename(before, dir); err != nil && !errors.Is(err, os.ErrNotExist) { // from an interrupted move
			return err
		}
	}
	real := dir
	if there, err := filepath.EvalSymlinks(dir); err == nil {
		real = there
	}
	if os.Geteuid() != 0 || slices.ContainsFunc(unprivileged, func(name string) bool {
		a, ok := lookupAccount(name)
		return ok && a.reaches(real)
	}) {
		return createDir(dir)
	}
	_, _, exists := ownerOf(dir)
	if exists {
		lock, err := openLock(layout(dir).lock())
		if err != nil {
			return err
		}
		defer lock.close()
		if ours, err := lock.try(syscall.LOCK_EX); err != nil || !ours || running(layout(real).data()) != nil {
			return err
		}
	}
	if err := createDir(shelter); err != nil {
		return err
	}
	target, err := os.MkdirTemp(shelter, "database-")
	if err != nil {
		return err
	}
	err = os.MkdirAll(filepath.Dir(dir), 0o700)
	if err == nil && exists {
		var out []byte
		if out, err = self.command(context.Background(), "/bin/cp", "-Rp", real+"/.", target).CombinedOutput(); err != nil {
			err = fmt.Errorf("copy %s to %s: %w: %s", real, target, err, out)
		}
	}
	if err == nil {
		err = os.Chmod(target, 0o711) // after the copy, which also copies the mode
	}
	if err == nil && exists {
		err = os.Rename(dir, before)
	}
	if err == nil {
		if !exists {
			_ = os.Remove(dir) // a link whose target was deleted
		}
		err = os.Symlink(target, dir)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(target))
	}
	log.Warn("no unprivileged user has access to the directory of the database; it is a link now", "directory", dir, "target", target)
	return os.RemoveAll(before)
}

// chownTree makes the account the owner of a directory and all that is in it. The directory itself comes last, so that an
// interrupted change is repeated.
func (a account) chownTree(dir string) error {
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		return os.Lchown(path, a.uid, a.gid)
	})
	if err != nil {
		return fmt.Errorf("change the owner of %s: %w", dir, err)
	}
	return a.chown(dir)
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
	if a.uid >= 0 {
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
