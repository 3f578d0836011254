//go:build linux || darwin

package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockFile is a lock between processes. The kernel releases it when its holder exits, so it never becomes stale.
type lockFile struct{ file *os.File }

func openLock(path string) (*lockFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	return &lockFile{f}, nil
}

// try takes the lock (syscall.LOCK_EX or LOCK_SH), or converts the lock that it holds, and reports whether it succeeded.
func (l *lockFile) try(how int) (bool, error) {
	for {
		err := syscall.Flock(int(l.file.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, fmt.Errorf("lock %s: %w", l.file.Name(), err)
		}
	}
}

// wait takes the lock as soon as it is free, or returns the error of the context.
func (l *lockFile) wait(ctx context.Context, how int) error {
	return poll(ctx, 10*time.Millisecond, func() (bool, error) { return l.try(how) })
}

func (l *lockFile) unlock() error {
	if err := syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN); err != nil {
		return fmt.Errorf("unlock %s: %w", l.file.Name(), err)
	}
	return nil
}

// close releases the lock; l may be nil. It unlocks explicitly, because a child process that another goroutine is starting
// holds a copy of the file until its exec, and would keep the lock for that moment.
func (l *lockFile) close() {
	if l != nil {
		_ = l.unlock()
		_ = l.file.Close()
	}
}

// writePID writes the id of this process into the file, for the error messages of other processes.
func (l *lockFile) writePID() {
	if l.file.Truncate(0) == nil {
		_, _ = l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	}
}

// holder names the process that last wrote its id.
func (l *lockFile) holder() string {
	b := make([]byte, 20)
	n, _ := l.file.ReadAt(b, 0)
	if pid := strings.TrimSpace(string(b[:n])); pid != "" {
		return "process " + pid
	}
	return "another process"
}

// poll calls done until it returns true or an error, or the context ends.
func poll(ctx context.Context, every time.Duration, done func() (bool, error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
