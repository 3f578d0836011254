//go:build linux || darwin

package embeddedpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// superuser owns the cluster.
const superuser = "postgres"

// layout is the directory of a server, which knows what lies in it.
type layout string

// locate gives a directory that exists its one spelling, by which the server's process is recognized.
func locate(dir string) (layout, error) {
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

// ephemeral marks a directory whose cluster may be thrown away.
func (l layout) ephemeral() string { return l.in("ephemeral") }

// makeDir makes a private directory. Root's can be passed through by the user that the server runs as.
func makeDir(dir string) error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	return os.Chmod(dir, mode)
}

// keep checks that the directory is as lasting as the options say, and marks a new one.
func (l layout) keep(ephemeral bool) error {
	_, errData := os.Stat(l.data())
	_, errMark := os.Stat(l.ephemeral())
	hasData, marked := errData == nil, errMark == nil
	switch {
	case hasData && marked && !ephemeral:
		return fmt.Errorf("%s holds a database made for tests, which can vanish at any time: choose another directory", string(l))
	case hasData && !marked && ephemeral:
		return fmt.Errorf("%s holds a database that is meant to last: choose another directory for tests", string(l))
	case !hasData && ephemeral:
		return os.WriteFile(l.ephemeral(), nil, 0o600)
	case !hasData && marked:
		return os.Remove(l.ephemeral())
	}
	return nil
}

// initialize makes the cluster under a temporary name and renames it when it is complete, so that a killed initdb leaves
// no half cluster.
func (l layout) initialize(ctx context.Context, i install, as account, ephemeral bool) error {
	leftovers, _ := filepath.Glob(l.in("init-*"))
	for _, dir := range leftovers {
		_ = os.RemoveAll(dir) // may fail while an initdb that outlived its parent writes; the next start tries again
	}
	work, err := os.MkdirTemp(string(l), "init-")
	if err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	defer os.RemoveAll(work)
	data, password := filepath.Join(work, "data"), filepath.Join(work, "password")
	if err := errors.Join(
		os.Mkdir(data, 0o700),
		os.WriteFile(password, []byte(rand.Text()), 0o600),
		as.own(work), as.own(data), as.own(password),
	); err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	ctype := "C.UTF-8"
	if runtime.GOOS == "darwin" {
		ctype = "UTF-8"
	}
	// Sorting by bytes is the same on every machine; the character type makes lower() and ILIKE right for Cyrillic.
	args := []string{"-D", data, "-U", superuser, "-A", "scram-sha-256", "--pwfile", password,
		"-E", "UTF8", "--locale=C", "--lc-ctype=" + ctype, "--no-instructions"}
	if ephemeral {
		args = append(args, "--no-sync")
	}
	if out, err := as.command(ctx, i.program("initdb"), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", errors.Join(context.Cause(ctx), err), strings.TrimSpace(string(out)))
	}
	// The password first: a cluster in place always has its own.
	if err := errors.Join(os.Rename(password, l.password()), os.Rename(data, l.data())); err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	return nil
}
