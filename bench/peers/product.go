package main

import (
	"context"
	"fmt"

	"xent/internal/bench"
	"xent/internal/gemm"
	"xent/internal/tensor"
)

// products runs the contests of square matrix products.
func (b *benchmark) products(ctx context.Context, threads int) error {
	var peers []*process
	for _, p := range []struct{ file, symbol string }{{"libdnnl.so", "dnnl_sgemm"}, {"libopenblas.so.0", "sgemm_"}} {
		peer, err := b.place.library(ctx, threads, p.file, p.symbol, b.sizes.products)
		if b.missing(err) {
			continue
		}
		defer peer.stop()
		b.met(peer)
		peers = append(peers, peer)
	}
	if len(peers) == 0 {
		return ctx.Err()
	}
	for _, n := range b.sizes.products {
		if err := b.product(ctx, n, threads, peers); err != nil {
			return err
		}
	}
	return nil
}

func (b *benchmark) product(ctx context.Context, n, threads int, peers []*process) error {
	q, err := newSquares(n, threads)
	if err != nil {
		return err
	}
	defer q.memory.Free()
	loops := bench.NewLoops(threads)
	c := contest{title: b.title(threads, "product %d³ float32", n), unit: "GFLOP/s", work: 2 * float64(n) * float64(n) * float64(n) / 1e9,
		limit: multiplyAdd(loops), limited: loops.MultiplyAdd() / 1e9, sides: []side{q.side()}}
	for _, p := range peers {
		name := map[string]string{"libdnnl.so": "oneDNN", "libopenblas.so.0": "OpenBLAS"}[p.name]
		c.sides = append(c.sides, theirs(name, p, fmt.Sprint(n)))
	}
	return b.run(ctx, &c, b.rounds)
}

// squares are two square matrices and room for their product.
type squares struct {
	memory  *bench.Memory
	threads int
	a, b, c tensor.Matrix
}

func newSquares(n, threads int) (*squares, error) {
	memory, err := bench.NewMemory(3 * bench.Rounded(4*n*n))
	if err != nil {
		return nil, err
	}
	square := func() tensor.Matrix { return tensor.Float32(bench.Floats(memory.Take(4*n*n)), n, n) }
	q := &squares{memory, threads, square(), square(), square()}
	numbers(q.a.Data(), 1, 1)
	numbers(q.b.Data(), 2, 1)
	return q, nil
}

func (q *squares) side() side {
	s := mine("xent", nil, func() error { gemm.Mul(q.threads, q.c, q.a, q.b); return nil })
	s.check = func() (map[string]float64, error) {
		gemm.Mul(q.threads, q.c, q.a, q.b)
		return map[string]float64{"product": sumOf(q.c)}, nil
	}
	return s
}

// multiplyAdd is the limit of what computes.
func multiplyAdd(l *bench.Loops) side {
	return mine("multiplying and adding", nil, func() error { l.MultiplyAdd(); return nil })
}
