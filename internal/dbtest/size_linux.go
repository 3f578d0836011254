package dbtest

import "syscall"

// sizeOf gives the size in bytes of the file system that a directory is, 0 where there is none.
func sizeOf(dir string) uint64 {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return 0
	}
	return s.Blocks * uint64(s.Bsize)
}
