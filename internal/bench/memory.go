package bench

import (
	"unsafe"

	"xent/internal/memory"
	"xent/internal/par"
)

// pageBytes is what lengths are rounded up to.
const pageBytes = 4096

// Rounded is how many bytes n of them take, which is whole pages.
func Rounded(n int) int { return (max(n, 1) + pageBytes - 1) &^ (pageBytes - 1) }

// Memory is zeros that the system has given, not only promised, in huge pages where
// those can be asked for. It is cut into arrays, from its start on.
type Memory struct {
	mapping memory.Mapping
	left    []byte
}

// NewMemory takes at least n bytes.
func NewMemory(n int) (*Memory, error) {
	mapping, err := memory.Map(Rounded(n))
	if err != nil {
		return nil, err
	}
	m := &Memory{*mapping, mapping.Bytes}
	par.Run(0, len(m.left), grain, (*touching)(m))
	return m, nil
}

// Huge reports whether huge pages were asked for, and the system gives them.
func (m *Memory) Huge() bool { return m.mapping.Huge }

// Reset makes all of it left again.
func (m *Memory) Reset() { m.left = m.mapping.Bytes }

// Take takes Rounded(n) bytes of what is left, at the start of a page. It panics
// where there are not as many.
func (m *Memory) Take(n int) []byte {
	n = Rounded(n)
	taken := m.left[:n:n]
	m.left = m.left[n:]
	return taken
}

// Free gives it back. Nothing may use it any more.
func (m *Memory) Free() error {
	m.left = nil
	return m.mapping.Free()
}

// Floats views bytes as numbers of 32 bits.
func Floats(b []byte) []float32 { return memory.Floats(b) }

// Halves views bytes as numbers of 16 bits.
func Halves(b []byte) []uint16 { return unsafe.Slice((*uint16)(unsafe.Pointer(&b[0])), len(b)/2) }

type touching Memory

// Do implements par.Task over bytes.
func (m *touching) Do(_, lo, hi int) { clear(m.left[lo:hi]) }
