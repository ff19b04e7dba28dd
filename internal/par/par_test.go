package par

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type mark struct {
	seen           []atomic.Int32
	grain, workers int
	bad            atomic.Bool
}

func (m *mark) Do(worker, lo, hi int) {
	if worker < 0 || worker >= m.workers || lo/m.grain != (hi-1)/m.grain {
		m.bad.Store(true)
	}
	for i := lo; i < hi; i++ {
		m.seen[i].Add(1)
	}
}

func TestEveryIndexOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 64, 1000} {
		for _, grain := range []int{0, 1, 3, 64, 5000} {
			for _, workers := range []int{0, 1, 2, 8, math.MaxInt} {
				m := &mark{seen: make([]atomic.Int32, n), grain: max(grain, 1), workers: Workers(workers)}
				Run(workers, n, grain, m)
				for i := range m.seen {
					if got := m.seen[i].Load(); got != 1 {
						t.Fatalf("n=%d grain=%d workers=%d: index %d done %d times", n, grain, workers, i, got)
					}
				}
				if m.bad.Load() {
					t.Fatalf("n=%d grain=%d workers=%d: a range straddles a multiple of grain, or a worker is out of range", n, grain, workers)
				}
			}
		}
	}
}

func TestWorkers(t *testing.T) {
	processors := runtime.GOMAXPROCS(3)
	defer runtime.GOMAXPROCS(processors)
	for _, c := range []struct{ processors, requested, want int }{
		{3, 0, 3}, {3, math.MinInt, 3}, {3, 1, 1}, {3, 8, 8}, {3, 256, 256}, {3, 257, 256}, {3, math.MaxInt, 256},
		{300, 0, 300}, {300, 257, 257}, {300, math.MaxInt, 300},
	} {
		runtime.GOMAXPROCS(c.processors)
		if got := Workers(c.requested); got != c.want {
			t.Errorf("%d requested with GOMAXPROCS %d: %d, want %d", c.requested, c.processors, got, c.want)
		}
	}
	runtime.GOMAXPROCS(3)
	if got := Workers(300); got != 256 { // what was granted before GOMAXPROCS fell
		t.Errorf("300 of 300 processors are %d of 3", got)
	}
}

type bomb struct{ at int }

func (b *bomb) Do(_, lo, hi int) {
	if lo <= b.at && b.at < hi {
		panic("boom")
	}
}

// ended fails unless the members of all teams are gone within a second.
func ended(t *testing.T, before int) {
	t.Helper()
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestPanicReachesTheCaller(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, workers := range []int{1, 4} {
		for at := range 100 { // on the caller's goroutine and on others
			func() {
				defer func() {
					if recover() != "boom" {
						t.Errorf("workers=%d: the task's panic at %d was lost", workers, at)
					}
				}()
				Run(workers, 100, 1, &bomb{at})
			}()
		}
		Run(workers, 100, 1, &bomb{at: -1}) // the team is usable again
	}
	ended(t, before)
}

type quitter struct{ bomb }

func (q *quitter) Do(_, lo, hi int) {
	if lo <= q.at && q.at < hi {
		runtime.Goexit()
	}
}

// TestGoexit: a task that ends its goroutine must not leave Run waiting.
func TestGoexit(t *testing.T) {
	before := runtime.NumGoroutine()
	for at := range 20 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() { recover() }()
			Run(3, 20, 1, &quitter{bomb{at}})
		}()
		<-done
	}
	ended(t, before)
}

// TestManyCallers runs many callers at once, more than there are processors,
// each with more members than there are processors, and sees all members end.
func TestManyCallers(t *testing.T) {
	before := runtime.NumGoroutine()
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for i := range 300 {
				m := &mark{seen: make([]atomic.Int32, 50), grain: 1 + i%5, workers: 1 + i%9}
				Run(m.workers, len(m.seen), m.grain, m)
				for j := range m.seen {
					if m.seen[j].Load() != 1 || m.bad.Load() {
						t.Errorf("index %d done %d times", j, m.seen[j].Load())
						return
					}
				}
			}
		})
	}
	callers.Wait()
	ended(t, before)
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
