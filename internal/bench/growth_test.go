package bench

import (
	"errors"
	"runtime"
	"testing"
)

// TestGrowth: memory counts that was given back meanwhile, and none from before.
func TestGrowth(t *testing.T) {
	const size = 64 << 20
	take := func() error {
		m, err := NewMemory(size)
		if err != nil {
			return err
		}
		return m.Free()
	}
	if err := take(); err != nil {
		t.Fatal(err)
	}
	few, err := Growth(func() error { return nil })
	if err != nil || few < 0 || few > size/4 {
		t.Errorf("nothing takes %d bytes, %v", few, err)
	}
	all, err := Growth(take)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" && all == 0 {
		t.Skip("the system does not tell")
	}
	if runtime.GOOS == "linux" && (all < size*9/10 || all > size*5/4) {
		t.Errorf("%d bytes are seen as %d", size, all)
	}
	broken := errors.New("broken")
	if _, err := Growth(func() error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}
