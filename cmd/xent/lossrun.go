package main

import (
	"context"
	"io"
	"runtime"
	"sync"
	"time"

	"xent"
	"xent/internal/npy"
)

// lossBlock is how many bytes of logits are read at a time, at least a row: few
// enough to be in a core's cache still when they are computed with. Tests make it
// smaller.
var lossBlock = 2 << 20

// perRowColumns is the width of --per-row.
const perRowColumns = 5

// A lossPass goes over the logits once. Each worker takes the next block, computes
// it, and commits it when all before it are: what is read and what is written
// goes in order, and what is computed in parallel.
type lossPass struct {
	call     *lossCall
	in       *lossArrays
	loss     *xent.Loss
	progress func(rows int, t *xent.Total)

	reading sync.Mutex    // held from when a block is taken until it is read
	taken   int           // rows
	last    chan struct{} // closed when the block that was taken last is done with
	broken  bool          // nothing more can be read

	// What the block whose turn it is commits to.
	grad, perRow *npy.Writer // nil for none
	total        xent.Total
	first        int // 1 + the first row without a finite loss; 0 for none
	done         int // rows
	err          error
	failed       error // err, unless it is about writing
}

// write computes all rows, and writes the gradient and the values of rows to the
// writers that are not nil.
func (p *lossPass) write(ctx context.Context, grad, perRow io.Writer) (err error) {
	if grad != nil {
		if p.grad, err = npy.NewWriter(grad, p.in.logits.Type(), p.in.logits.Shape()...); err != nil {
			return err
		}
	}
	if perRow != nil {
		shape := append(append([]int{}, p.in.shape...), perRowColumns)
		if p.perRow, err = npy.NewWriter(perRow, npy.Float64, shape...); err != nil {
			return err
		}
	}
	if err := p.run(ctx); err != nil {
		return err
	}
	for _, w := range []*npy.Writer{p.grad, p.perRow} {
		if w != nil {
			if err := w.Finish(); err != nil {
				return err
			}
		}
	}
	return nil
}

// run passes over all rows.
func (p *lossPass) run(ctx context.Context) error {
	workers := p.call.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	rows := p.blockRows()
	workers = min(workers, (p.in.rows+rows-1)/rows)
	p.last = make(chan struct{})
	close(p.last)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			b := newLossShare(p, rows)
			for b.take(ctx) {
				b.compute()
				if !b.commit() {
					stop()
				}
			}
		})
	}
	all.Wait()
	if p.err == nil && p.done < p.in.rows {
		return ctx.Err()
	}
	return p.err
}

// blockRows is how many rows a block has.
func (p *lossPass) blockRows() int {
	row := int64(p.in.classes) * int64(p.in.logits.Type().Size())
	return int(min(max(1, int64(lossBlock)/row), int64(max(1, p.in.rows))))
}

// progressOf shows how far a pass over so many rows has come.
func progressOf(s *screen, rows int) func(int, *xent.Total) {
	const every = 100 * time.Millisecond
	last := time.Now()
	return func(done int, t *xent.Total) {
		if now := time.Now(); now.Sub(last) >= every {
			last = now
			s.status("%d %% of %s, mean %.4f nats", 100*done/rows, count(rows, "row"), t.Result().Mean())
		}
	}
}
