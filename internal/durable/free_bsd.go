//go:build darwin || dragonfly || freebsd

package durable

import "golang.org/x/sys/unix"

func free(dir string) (int64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil || s.Blocks == 0 {
		return 0, false
	}
	return product(max(int64(s.Bavail), 0), int64(s.Bsize)) // below 0 where the reserve is in use
}
