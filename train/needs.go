package train

import (
	"fmt"
	"math"
	"slices"

	"xent/internal/durable"
	"xent/internal/memory"
)

// memory estimates the bytes a run needs: weights, gradients, the optimiser's, and
// the best model twice when it is measured and shown at the end; what training and
// evaluation compute with; what is kept of the corpus; and, for all sizes alike, the
// tokens of a group of its chunks, the counts, and what is collected as garbage now
// and then. The most that processes were seen to have is a little less.
func (p *plan) memory(d *dataset, workers int) int64 {
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
	add(24*n + 4*int64(p.Optimizer.secondMoments(p.Spec)))
	add(p.Optimizer.muonBytes(p.Spec, workers))
	add(int64(p.Spec.RunnerBytes(max(p.MicroTokens, p.Spec.Context), true)))
	add(int64(p.Spec.RunnerBytes(max(evaluationTokens, p.Spec.Context), false)))
	add(int64(p.Spec.Vocab) * int64(p.MicroTokens) * 4)
	add(min(int64(p.BatchTokens), math.MaxInt64/32) * 16)
	add(min(int64(d.info.Bytes), int64(d.amounts.storeBytes)) + int64(len(d.learn))*40 + 80<<20)
	add(int64(p.Spec.Vocab) * 1600) // counts of pairs
	add(sum / 8)
	return sum
}

// evaluationTokens is how many tokens package model computes at a time.
const evaluationTokens = 1024

// disk returns the bytes of the finished folder, and those of a checkpoint that
// is written beside the last one: weights are 4 bytes a parameter, a checkpoint
// has them and the moments.
func (p *plan) disk() (folder, beside int64) {
	n := min(int64(p.Spec.Parameters()), math.MaxInt64/64)
	beside = 8*n + 4*min(int64(p.Optimizer.secondMoments(p.Spec)), n)
	return 4*n + beside + int64(p.Spec.Vocab)*100 + 1<<16, beside
}

// A NeedError says that a run needs more memory or disk than there is.
type NeedError struct {
	What       string // "memory" or "disk"
	Need, Free int64  // bytes
	Limit      string // who leaves no more
	Resumed    bool   // the run has begun: nothing can be changed about it
	// What would fit, with all else the same: fewer tokens computed at a time,
	// which changes no bit; or else fewer tokens a step; or else another size, with
	// fewer tokens a step if BatchTokens says so too. None of them if nothing does.
	MicroTokens int
	BatchTokens int
	Size        string
	FitNeed     int64 // of that
}

func (e *NeedError) Error() string {
	advice := "not even size " + sizes[0].name + " would fit"
	switch {
	case e.Resumed:
		advice = "free some, then resume again"
	case e.MicroTokens > 0:
		advice = fmt.Sprintf("computing %d tokens at a time would fit (%s)", e.MicroTokens, megabytes(e.FitNeed))
	case e.Size != "" && e.BatchTokens > 0:
		advice = fmt.Sprintf("size %s with its own dimensions and %d tokens a step would fit (%s)", e.Size, e.BatchTokens, megabytes(e.FitNeed))
	case e.Size != "":
		advice = fmt.Sprintf("size %s with its own dimensions would fit (%s)", e.Size, megabytes(e.FitNeed))
	case e.BatchTokens > 0:
		advice = fmt.Sprintf("%d tokens a step would fit (%s)", e.BatchTokens, megabytes(e.FitNeed))
	}
	return fmt.Sprintf("this would take %s of %s, and %s leaves %d MB: %s", megabytes(e.Need), e.What, e.Limit, e.Free/1e6, advice)
}

// megabytes rounds up.
func megabytes(n int64) string { return fmt.Sprintf("%d MB", (max(n, 1)-1)/1e6+1) }

// fits refuses what cannot be held by the memory, or by the disk of the folder
// dir, before it is asked for. Of a run that is resumed, from g, the files are
// there already; else g is nil.
func (p *plan) fits(d *dataset, workers int, dir string, g *progress) error {
	resumed := g != nil
	memoryFree, limit := memory.Available()
	needs := func(p *plan) int64 { return p.memory(d, workers) }
	if need := needs(p); need > memoryFree || need == math.MaxInt64 {
		return p.refuse(NeedError{What: "memory", Need: need, Free: memoryFree, Limit: limit, Resumed: resumed}, needs)
	}
	needs = func(p *plan) int64 {
		folder, beside := p.disk()
		switch {
		case !resumed:
			return folder + beside
		case len(g.Curve) == 0: // there are no weights yet
			return beside + beside/3
		}
		return beside
	}
	if free, known := durable.Free(dir); known && needs(p) > free {
		return p.refuse(NeedError{What: "disk", Need: needs(p), Free: free, Limit: "that of " + dir, Resumed: resumed}, needs)
	}
	return nil
}

// refuse adds to e what would fit.
func (p *plan) refuse(e NeedError, needs func(*plan) int64) error {
	if e.Resumed {
		return &e
	}
	fit := func(q *plan) bool {
		e.FitNeed = needs(q)
		return e.FitNeed <= e.Free
	}
	for q := *p; q.MicroTokens > p.Spec.Context; {
		if q.MicroTokens = max(q.MicroTokens/2, p.Spec.Context); fit(&q) {
			e.MicroTokens = q.MicroTokens
			return &e
		}
	}
	own := sizes[sizeIndex(p.Size)].batchTokens
	if p.BatchTokens > own {
		q := *p
		q.BatchTokens, q.MicroTokens = own, min(p.MicroTokens, own)
		if fit(&q) {
			e.BatchTokens = own
			return &e
		}
	}
	for _, s := range slices.Backward(sizes) {
		q := *p
		q.Spec, q.BatchTokens = s.shape.spec(s.shape.Vocab, p.Spec.Tied), s.batchTokens
		if p.BatchTokens != own { // it was asked for
			q.BatchTokens = min(p.BatchTokens, s.batchTokens)
		}
		if q.MicroTokens = q.BatchTokens; p.MicroTokens < p.BatchTokens {
			q.MicroTokens = min(p.MicroTokens, q.BatchTokens)
		}
		if fit(&q) {
			e.Size = s.name
			if p.BatchTokens != own && q.BatchTokens < p.BatchTokens {
				e.BatchTokens = q.BatchTokens
			}
			return &e
		}
	}
	e.FitNeed = 0
	return &e
}
