package train

import (
	"fmt"
	"math"

	"xent/internal/memory"
)

// memory estimates the bytes a run needs: weights, gradients and two moments;
// what training and evaluation compute with; what is kept of the corpus; and the
// tokens of a group of its chunks, with what is collected as garbage now and then.
func (p *plan) memory(d *dataset) int64 {
	sum := int64(0)
	add := func(n int64) { // saturates
		if sum += n; sum < 0 || n < 0 {
			sum = math.MaxInt64
		}
	}
	n := int64(p.Spec.Parameters())
	if n > math.MaxInt64/32 {
		return math.MaxInt64
	}
	add(20 * n) // with a checkpoint on its way to the disk
	add(int64(p.Spec.RunnerBytes(max(p.MicroTokens, p.Spec.Context), true)))
	add(int64(p.Spec.RunnerBytes(max(evaluationTokens, p.Spec.Context), false)))
	add(int64(p.Spec.Vocab) * int64(p.MicroTokens) * 4)
	add(min(int64(d.info.Bytes), int64(d.amounts.storeBytes)) + int64(len(d.learn))*40 + 32<<20)
	return sum
}

// evaluationTokens is how many tokens package model computes at a time.
const evaluationTokens = 1024

// A MemoryError says that a run needs more memory than there is.
type MemoryError struct {
	Need, Free int64
	Limit      string // whose
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("this would take %d MB of memory, and %s leaves %d MB: choose a smaller model, context or batch", e.Need>>20, e.Limit, e.Free>>20)
}

// fits refuses what the memory cannot hold, before it is asked for.
func (p *plan) fits(d *dataset) error {
	if free, limit := memory.Available(); p.memory(d) > free {
		return &MemoryError{p.memory(d), free, limit}
	}
	return nil
}
