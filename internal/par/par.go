// Package par splits a range of work over goroutines.
//
// A call cuts [0, n) into pieces of at most grain and lets a few goroutines
// take them, the caller among them, until none is left. Which goroutine takes
// which piece is not determined, so a Task must write results that depend on
// the index alone; then no number of goroutines changes a bit.
//
// In steady state a call allocates nothing: the goroutines start from func
// values stored in a pooled team, and the task is passed as an interface
// holding a pointer. They look out for the next call for a moment (see linger)
// before they end, and have all ended a millisecond after the last.
package par

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A Task is work on a range of indices. Do handles [lo, hi); worker, in
// [0, workers), names the goroutine, so that a task can own scratch for each.
// Calls on different ranges run at the same time.
type Task interface {
	Do(worker, lo, hi int)
}

// Workers returns the number of goroutines that a request stands for:
// GOMAXPROCS when it is not positive, otherwise itself, but no more than
// GOMAXPROCS or 256, whichever is more. More goroutines than processors gain
// nothing, yet each costs its worker's scratch; up to 256 are given all the same,
// so that few processors can show what many compute.
//
// Workers of what Workers returned is never more than that, whatever happens to
// GOMAXPROCS: scratch for the first number is enough.
func Workers(requested int) int {
	processors := runtime.GOMAXPROCS(0)
	if requested > 0 {
		return min(requested, max(processors, most))
	}
	return processors
}

const most = 256

// Run calls t.Do on disjoint ranges of at most grain indices that cover
// [0, n), on at most Workers(workers) goroutines, and returns when all are
// done. A range never straddles a multiple of grain. With one worker, or when
// one piece covers everything, the caller does it all itself.
//
// A panic in a task on another goroutine is raised again by Run. While Run waits
// for the last pieces, and for a moment after it, its goroutines keep their
// processors busy looking out.
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
	busy     atomic.Int64 // members at work
	idle     atomic.Int64 // members that linger and are not called
	calls    atomic.Int64 // calls that no lingering member has answered
	failure  atomic.Pointer[failure]
	member   func() // t.live behind a stored value: starting it allocates nothing
}

type failure struct{ value any }

// linger is how long a member looks out for the next Run before it ends: waking
// a sleeping thread costs up to 100 µs in a virtual machine, as much as a whole
// product of small matrices.
const linger = 200 * time.Microsecond

func (t *team) run(workers, n, grain int, task Task) {
	if t.member == nil {
		t.member = t.live
	}
	t.task, t.n, t.grain = task, n, grain
	t.next.Store(0)
	t.started.Store(0)
	t.busy.Store(int64(workers - 1))
	for range workers - 1 {
		t.calls.Add(1)
		if !take(&t.idle) {
			go t.member()
		}
	}
	t.work(0)
	// Nothing is left: whoever has not answered by now need not come. On a busy
	// machine that may be a goroutine that has not yet been given a processor.
	for take(&t.calls) {
		t.idle.Add(1)
		t.busy.Add(-1)
	}
	for t.busy.Load() > 0 {
		runtime.Gosched()
	}
	t.task = nil
	if f := t.failure.Swap(nil); f != nil {
		panic(f.value)
	}
}

// take lowers a positive count by one, and reports whether it was positive.
func take(count *atomic.Int64) bool {
	for {
		n := count.Load()
		if n <= 0 {
			return false
		}
		if count.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

// live is a member: it looks out for a call, works, and after a while without
// one ends. Members that are not at work, those not yet running too, are idle +
// calls in number.
func (t *team) live() {
	until := time.Now().Add(linger)
	for {
		switch {
		case take(&t.calls):
			t.work(int(t.started.Add(1)))
			t.idle.Add(1)
			t.busy.Add(-1)
			until = time.Now().Add(linger)
		case time.Now().After(until) && take(&t.idle):
			return // not called, and no longer to be called
		default:
			runtime.Gosched()
		}
	}
}

// work takes pieces until none is left.
func (t *team) work(worker int) {
	finished := false
	defer func() {
		if !finished {
			t.fail(worker, recover())
		}
	}()
	for {
		lo := t.next.Add(int64(t.grain)) - int64(t.grain)
		if lo >= int64(t.n) {
			finished = true
			return
		}
		t.task.Do(worker, int(lo), min(int(lo)+t.grain, t.n))
	}
}

// fail keeps the first panic for run to raise again, and lets the others end
// soon. A nil value means that the task called runtime.Goexit, as a failing
// test does: a member then never gets to say that it is done.
func (t *team) fail(worker int, value any) {
	if value == nil {
		value = "par: a task ended its goroutine"
		if worker > 0 {
			defer t.busy.Add(-1)
		}
	}
	t.failure.CompareAndSwap(nil, &failure{value})
	t.next.Store(int64(t.n))
}
