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

// lockFile is a file that serves as a lock between processes. The kernel gives the lock back when its holder ends, however
// it ends, so that no lock is ever stale.
type lockFile struct{ file *os.File }

func openLock(path string) (*lockFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	return &lockFile{f}, nil
}

// try takes the lock (syscall.LOCK_EX or LOCK_SH) or changes the one that is held, and reports whether it got it.
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

// wait takes the lock as soon as it is free, or gives up with the context.
func (l *lockFile) wait(ctx context.Context, how int) error {
	return poll(ctx, 10*time.Millisecond, func() (bool, error) { return l.try(how) })
}

func (l *lockFile) unlock() error {
	if err := syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN); err != nil {
		return fmt.Errorf("unlock %s: %w", l.file.Name(), err)
	}
	return nil
}

// close gives the lock back. A nil lock is fine. Closing the file alone would not do: a program that another goroutine is
// just starting holds a copy of it until it is executed, and the lock would live on for that moment.
func (l *lockFile) close() {
	if l != nil {
		_ = l.unlock()
		_ = l.file.Close()
	}
}

// sign writes the id of this process into the file, for the message that another one shows when it is refused.
func (l *lockFile) sign() {
	if l.file.Truncate(0) == nil {
		_, _ = l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	}
}

// holder names the process that signed the lock last.
func (l *lockFile) holder() string {
	b := make([]byte, 20)
	n, _ := l.file.ReadAt(b, 0)
	if pid := strings.TrimSpace(string(b[:n])); pid != "" {
		return "process " + pid
	}
	return "another process"
}

// poll calls done until it reports true or fails, or the context ends.
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
