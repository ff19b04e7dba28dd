package durable

import "math"

// Free returns the bytes that an ordinary user may still write to the file
// system of the folder dir, without what is reserved for the administrator; ok is
// false where that is not known. A quota of the user or the folder can allow less
// and does not show here, and others write too: it is a forecast, no promise.
func Free(dir string) (bytes int64, ok bool) { return free(dir) }

// product returns blocks·size, the largest int64 where that is more; ok is false
// for numbers that cannot be.
func product(blocks, size int64) (n int64, ok bool) {
	switch {
	case blocks < 0 || size <= 0:
		return 0, false
	case blocks > math.MaxInt64/size:
		return math.MaxInt64, true
	}
	return blocks * size, true
}
