package bench

import "xent/internal/par"

// unit is how many bytes the loops over memory take at once. Memory has a
// multiple of it.
const unit = 512

// piece bounds a call of assembly, which Go cannot preempt, to some 20 µs.
const piece = 1 << 18

// grain is what a goroutine takes at once, a multiple of piece: much more than is asked
// for ahead, much less than all.
const grain = 1 << 21

// A backend is the loops of one set of instructions. n and the lengths are positive
// multiples of unit.
type backend struct {
	name   string
	read   func(src *byte, n int) uint32 // sum of 32-bit words
	copy   func(dst, src *byte, n int)
	stream func(dst, src *byte, n int) // past the caches; nil if there is no such loop

	// multiplyAdd does flop operations n times, on chains·lanes numbers.
	multiplyAdd   func(n int) float32
	chains, lanes int

	// pairs is multiplyAdd with pairs of bfloat16 for each factor, and so twice the
	// operations; nil if there is no such instruction.
	pairs func(n int) float32
}

func (b *backend) flop() int { return 2 * b.chains * b.lanes }

// Loops runs the loops that limits are measured by. It does one thing at a time.
type Loops struct {
	backend *backend
	workers int
	task    loopTask
}

// NewLoops returns the loops for this CPU, to be run on so many goroutines, as
// par.Run counts them.
func NewLoops(workers int) *Loops {
	l := &Loops{backend: best(), workers: par.Workers(workers)}
	l.task.b = l.backend
	l.task.sums = make([]paddedSum, l.workers)
	return l
}

// Name names the instructions: "avx512", "avx2", or "generic" for plain Go, whose
// rates are less than the machine's.
func (l *Loops) Name() string { return l.backend.name }

// Streams reports whether there is a copy past the caches.
func (l *Loops) Streams() bool { return l.backend.stream != nil }

// Workers is how many goroutines the loops run on.
func (l *Loops) Workers() int { return l.workers }

// Read returns the sum of memory's 32-bit words.
func (l *Loops) Read(src []byte) (sum uint32) {
	clear(l.task.sums)
	l.run(reading, src, src)
	for _, s := range l.task.sums {
		sum += s.words
	}
	return sum
}

// Copy copies src to dst, which is as long and another piece of memory, with plain
// stores.
func (l *Loops) Copy(dst, src []byte) { l.run(copying, dst, src) }

// Stream is Copy past the caches, or Copy if there is no such loop.
func (l *Loops) Stream(dst, src []byte) {
	if l.Streams() {
		l.run(streaming, dst, src)
	} else {
		l.run(copying, dst, src)
	}
}

func (l *Loops) run(what loop, dst, src []byte) {
	if len(dst) != len(src) || len(src)%unit != 0 {
		panic("bench: memory of another length")
	}
	l.task.loop, l.task.dst, l.task.src = what, dst, src
	par.Run(l.workers, len(src), grain, &l.task)
	l.task.dst, l.task.src = nil, nil
}

// MultiplyAdd multiplies and adds some 0.1 seconds' worth of plain Go a goroutine, and
// returns the number of operations.
func (l *Loops) MultiplyAdd() (flop float64) { return l.compute(computing) }

// Pairs reports whether there is an instruction that multiplies pairs of bfloat16.
func (l *Loops) Pairs() bool { return l.backend.pairs != nil }

// MultiplyAddPairs is MultiplyAdd of bfloat16 with sums of float32, or MultiplyAdd
// if there is no such instruction.
func (l *Loops) MultiplyAddPairs() (flop float64) {
	if !l.Pairs() {
		return l.MultiplyAdd()
	}
	return 2 * l.compute(pairing)
}

func (l *Loops) compute(what loop) (flop float64) {
	const pieces, size = 32, 1 << 23 // operations
	turns := size / l.backend.flop()
	l.task.loop, l.task.turns = what, turns
	par.Run(l.workers, pieces*l.workers, 1, &l.task)
	return float64(pieces*l.workers) * float64(turns) * float64(l.backend.flop())
}

type loop uint8

const (
	reading loop = iota
	copying
	streaming
	computing
	pairing
)

// A paddedSum is a goroutine's, on a cache line of its own.
type paddedSum struct {
	words   uint32
	numbers float32
	_       [120]byte
}

type loopTask struct {
	b        *backend
	loop     loop
	dst, src []byte
	turns    int
	sums     []paddedSum
}

// Do implements par.Task, over bytes or over pieces of work.
func (t *loopTask) Do(worker, lo, hi int) {
	if t.loop >= computing {
		for range hi - lo {
			t.compute(worker)
		}
		return
	}
	for ; lo < hi; lo += piece {
		n := min(piece, hi-lo)
		switch t.loop {
		case reading:
			t.sums[worker].words += t.b.read(&t.src[lo], n)
		case copying:
			t.b.copy(&t.dst[lo], &t.src[lo], n)
		case streaming:
			t.b.stream(&t.dst[lo], &t.src[lo], n)
		}
	}
}

// compute does one piece of work, in calls of some 10 µs.
func (t *loopTask) compute(worker int) {
	const operations = 1 << 20
	multiplyAdd := t.b.multiplyAdd
	if t.loop == pairing {
		multiplyAdd = t.b.pairs
	}
	for left := t.turns; left > 0; {
		n := min(left, operations/t.b.flop())
		t.sums[worker].numbers += multiplyAdd(n)
		left -= n
	}
}
