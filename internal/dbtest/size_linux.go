package dbtest

import "syscall"

// sizeOf returns the size in bytes of the file system of a directory, or 0 if there is no such directory.
func sizeOf(dir string) uint64 {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return 0
	}
	return s.Blocks * uint64(s.Bsize)
}
