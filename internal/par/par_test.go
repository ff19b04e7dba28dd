package par

import (
	"sync/atomic"
	"testing"
)

type mark struct {
	seen  []atomic.Int32
	grain int
	bad   atomic.Bool
}

func (m *mark) Do(worker, lo, hi int) {
	if lo/m.grain != (hi-1)/m.grain {
		m.bad.Store(true)
	}
	for i := lo; i < hi; i++ {
		m.seen[i].Add(1)
	}
}

func TestEveryIndexOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 64, 1000} {
		for _, grain := range []int{0, 1, 3, 64, 5000} {
			for _, workers := range []int{0, 1, 2, 8} {
				m := &mark{seen: make([]atomic.Int32, n), grain: max(grain, 1)}
				Run(workers, n, grain, m)
				for i := range m.seen {
					if got := m.seen[i].Load(); got != 1 {
						t.Fatalf("n=%d grain=%d workers=%d: index %d done %d times", n, grain, workers, i, got)
					}
				}
				if m.bad.Load() {
					t.Fatalf("n=%d grain=%d workers=%d: a range straddles a multiple of grain", n, grain, workers)
				}
			}
		}
	}
}

type bomb struct{ at int }

func (b *bomb) Do(_, lo, hi int) {
	if lo <= b.at && b.at < hi {
		panic("boom")
	}
}

func TestPanicReachesTheCaller(t *testing.T) {
	for _, workers := range []int{1, 4} {
		func() {
			defer func() {
				if recover() != "boom" {
					t.Errorf("workers=%d: the task's panic was lost", workers)
				}
			}()
			Run(workers, 100, 1, &bomb{at: 50})
		}()
		Run(workers, 100, 1, &bomb{at: -1}) // the team is usable again
	}
}

type nothing struct{}

func (*nothing) Do(int, int, int) {}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	task := &nothing{}
	for range 10 {
		Run(4, 64, 1, task)
	}
	if n := testing.AllocsPerRun(100, func() { Run(4, 64, 1, task) }); !(n < 1) {
		t.Errorf("%v allocations a call", n)
	}
}
