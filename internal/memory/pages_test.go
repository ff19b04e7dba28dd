package memory

import (
	"testing"
	"unsafe"
)

// TestMap: all of a mapping is zeros that can be written, from a huge page's place on.
func TestMap(t *testing.T) {
	for _, n := range []int{1, 4096, HugePage - 1, HugePage + 12, 5 * HugePage} {
		m, err := Map(n)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Bytes) != n || cap(m.Bytes) != n {
			t.Errorf("%d bytes of room for %d, want %d", len(m.Bytes), cap(m.Bytes), n)
		}
		if at := uintptr(unsafe.Pointer(&m.Bytes[0])); at%HugePage != 0 {
			t.Errorf("%d bytes begin %d into a huge page", n, at%HugePage)
		}
		for i, b := range m.Bytes {
			if b != 0 {
				t.Fatalf("byte %d is %d", i, b)
			}
			m.Bytes[i] = byte(i)
		}
		if err := m.Free(); err != nil || m.Bytes != nil {
			t.Errorf("Free: %v, %d bytes left", err, len(m.Bytes))
		}
		if err := m.Free(); err != nil {
			t.Errorf("a second Free: %v", err)
		}
	}
}

// TestArena: arrays are apart from each other, large and small.
func TestArena(t *testing.T) {
	var a Arena
	var all [][]float32
	sizes := []int{HugePage, 1, HugePage / 4, 0, HugePage/4 - 1, 3*HugePage + 5}
	for k, n := range sizes {
		x := a.Floats(n)
		if len(x) != n {
			t.Fatalf("%d floats, want %d", len(x), n)
		}
		for i := range x {
			if x[i] != 0 {
				t.Fatalf("element %d of array %d is %v", i, k, x[i])
			}
			x[i] = float32(k)
		}
		all = append(all, x)
	}
	for k, x := range all {
		for i := range x {
			if x[i] != float32(k) {
				t.Fatalf("element %d of array %d was overwritten", i, k)
			}
		}
	}
	if len(a.maps) != 3 {
		t.Errorf("%d mappings, want 3", len(a.maps))
	}
	a.Free()
	a.Free()
	if x := a.Floats(HugePage); x[HugePage-1] != 0 {
		t.Error("not zeros")
	}
	a.Free()
}
