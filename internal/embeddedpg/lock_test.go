//go:build linux || darwin

package embeddedpg

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A process that is being started holds copies of all open files for a moment.
func TestACopyOfTheFileDoesNotKeepAReleasedLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := openLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := first.try(syscall.LOCK_EX); !ok || err != nil {
		t.Fatal(ok, err)
	}
	duplicate, err := syscall.Dup(int(first.file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(duplicate)
	first.close()
	second, err := openLock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer second.close()
	if ok, err := second.try(syscall.LOCK_EX); !ok || err != nil {
		t.Errorf("the lock is still held: %v", err)
	}
}
