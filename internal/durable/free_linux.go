package durable

import "golang.org/x/sys/unix"

func free(dir string) (int64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil || s.Blocks == 0 { // such as a FUSE file system that does not say
		return 0, false
	}
	size := int64(s.Frsize) // the unit of the counts; Bsize is for reading
	if size == 0 {
		size = int64(s.Bsize)
	}
	return product(int64(s.Bavail), size)
}
