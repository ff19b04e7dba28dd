package memory

import (
	"slices"
	"unsafe"
)

// HugePage is the size of a huge page, in bytes.
const HugePage = 2 << 20

// A Mapping is zeros that begin where a huge page does, on Linux outside Go's heap:
// the system has promised them, and gives them when they are first touched.
type Mapping struct {
	Bytes []byte
	Huge  bool // huge pages were asked for, and the system gives them
	free  func() error
}

// Free gives the memory back. Nothing may use it any more.
func (m *Mapping) Free() error {
	m.Bytes = nil
	if m.free == nil {
		return nil
	}
	free := m.free
	m.free = nil
	return free()
}

// An Arena gives arrays that live and die together: large ones in huge pages outside
// Go's heap, which spares the processor most of its searching for pages and the
// collector their size. The zero Arena is empty. It is for one goroutine at a time.
type Arena struct{ maps []*Mapping }

// Floats returns n zeros, which Free takes away. Where the system gives no mapping
// they are Go's.
func (a *Arena) Floats(n int) []float32 {
	if n >= HugePage/4 {
		if m, err := Map(4 * n); err == nil {
			a.maps = append(a.maps, m)
			return Floats(m.Bytes)
		}
	}
	return make([]float32, n)
}

// Free gives everything back. No array may be used any more.
func (a *Arena) Free() {
	for _, m := range slices.Backward(a.maps) {
		m.Free() // only fails for what was never mapped
	}
	a.maps = nil
}

// Floats views bytes as numbers of 32 bits.
func Floats(b []byte) []float32 { return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(b)/4) }
