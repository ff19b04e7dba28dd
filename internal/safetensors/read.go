package safetensors

import (
	"fmt"
	"io"
	"math"
	"os"

	"xent/internal/durable"
	"xent/internal/memory"
)

// Read reads the file at path into memory and parses it. What is no safetensors
// file, or has not the size that its header tells, is refused from its header
// alone, and so is what the memory does not hold: a file may be a hole of terabytes.
// One that a durable.WriteFile is replacing gives its old content or its new one.
// Errors name the path.
func Read(path string) (*File, error) {
	if err := check(path); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b, err := durable.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// check refuses a file by its header and its size. What cannot be read is left to
// who reads it all.
func check(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	size := info.Size()
	var length [8]byte
	if _, err := io.ReadFull(f, length[:min(size, 8)]); err != nil {
		return nil
	}
	n, err := headerLength(length[:], size)
	if err != nil {
		return err
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(f, header); err != nil {
		return nil
	}
	free, limit := memory.Available()
	if size > math.MaxInt {
		free, limit = math.MaxInt, "a 32-bit program"
	} else if _, _, err := parseLayout(header, int(size-8-n)); err != nil {
		return err
	}
	if size > free {
		return fmt.Errorf("this would take %d MB of memory, and %s leaves %d MB", (size-1)/1e6+1, limit, free/1e6)
	}
	return nil
}
