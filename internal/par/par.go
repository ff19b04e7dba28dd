// Package par splits a range of work over goroutines.
//
// A call cuts [0, n) into pieces of at most grain and lets a few goroutines
// take them, the caller among them, until none is left. Which goroutine takes
// which piece is not determined, so a Task must write results that depend on
// the index alone; then no number of goroutines changes a bit.
//
// In steady state a call allocates nothing: the goroutines start from func
// values stored in a pooled team, and the task is passed as an interface
// holding a pointer.
package par

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A Task is work on a range of indices. Do handles [lo, hi); worker, in
// [0, workers), names the goroutine, so that a task can own scratch for each.
// Calls on different ranges run at the same time.
type Task interface {
	Do(worker, lo, hi int)
}

// Workers returns the number of goroutines that a request stands for: itself
// when positive, otherwise GOMAXPROCS.
func Workers(requested int) int {
	if requested > 0 {
		return requested
	}
	return runtime.GOMAXPROCS(0)
}

// Run calls t.Do on disjoint ranges of at most grain indices that cover
// [0, n), on at most Workers(workers) goroutines, and returns when all are
// done. A range never straddles a multiple of grain. With one worker, or when
// one piece covers everything, the caller does it all itself.
//
// A panic in a task on another goroutine is raised again by Run.
func Run(workers, n, grain int, t Task) {
	if n <= 0 {
		return
	}
	grain = max(grain, 1)
	pieces := (n-1)/grain + 1
	workers = min(Workers(workers), pieces)
	if workers == 1 {
		for lo := 0; lo < n; lo += grain {
			t.Do(0, lo, min(lo+grain, n))
		}
		return
	}
	team := teams.Get().(*team)
	team.run(workers, n, grain, t)
	teams.Put(team)
}

// teams holds idle teams; each serves one Run at a time.
var teams = sync.Pool{New: func() any { return new(team) }}

type team struct {
	task     Task
	n, grain int
	next     atomic.Int64 // first index nobody has taken
	started  atomic.Int64 // workers numbered so far
	wg       sync.WaitGroup
	failure  atomic.Pointer[failure]
	member   func() // t.work behind a stored value: starting it allocates nothing
}

type failure struct{ value any }

func (t *team) run(workers, n, grain int, task Task) {
	if t.member == nil {
		t.member = func() {
			defer t.wg.Done()
			t.work(int(t.started.Add(1)))
		}
	}
	t.task, t.n, t.grain = task, n, grain
	t.next.Store(0)
	t.started.Store(0)
	t.wg.Add(workers - 1)
	for range workers - 1 {
		go t.member()
	}
	t.work(0)
	t.wg.Wait()
	t.task = nil
	if f := t.failure.Swap(nil); f != nil {
		panic(f.value)
	}
}

// work takes pieces until none is left.
func (t *team) work(worker int) {
	defer t.recover()
	for {
		hi := int(t.next.Add(int64(t.grain)))
		lo := hi - t.grain
		if lo >= t.n {
			return
		}
		t.task.Do(worker, lo, min(hi, t.n))
	}
}

// recover keeps the first panic for run to raise and lets the others end soon.
func (t *team) recover() {
	if v := recover(); v != nil {
		t.failure.CompareAndSwap(nil, &failure{v})
		t.next.Store(int64(t.n))
	}
}
