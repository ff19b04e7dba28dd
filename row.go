package xent

import (
	"math"

	"xent/internal/kernel"
)

var negInf = float32(math.Inf(-1))

// A rowState is what the classes of one row have told so far. Classes arrive
// from 0 on in pieces that begin at multiples of kernel.Block, so that the
// same blocks are summed in the same order however a row is cut.
type rowState struct {
	m      float32 // greatest logit so far; −∞ before the first
	s, sd  float64 // Σ e^d and Σ e^d·d with d = z − m
	argmax int32   // lowest class whose logit is m; −1 for none
	zy     float32 // the target's logit, once seen
}

func (r *rowState) start() {
	*r = rowState{m: negInf, argmax: -1}
}

// take adds classes [lo, lo+len(z)); lo is a multiple of kernel.Block, and so
// is len(z) unless the piece is the last.
func (r *rowState) take(z []float32, lo int, y int32) {
	if at := int(y) - lo; at >= 0 && at < len(z) {
		r.zy = z[at]
	}
	for len(z) > 0 {
		block := z[:min(kernel.Block, len(z))]
		r.block(block, lo)
		z, lo = z[len(block):], lo+len(block)
	}
}

func (r *rowState) block(z []float32, lo int) {
	bm := kernel.Max(z)
	if bm == negInf {
		return // every class masked: adds 0
	}
	if !(bm <= r.m) {
		r.rescale(bm)
		for i, v := range z {
			if v == bm {
				r.argmax = int32(lo + i)
				break
			}
		}
	}
	s, sd := kernel.SumExp(z, r.m)
	r.s += float64(s)
	r.sd += float64(sd)
}

// rescale moves the sums to a greater maximum m'. With Δ = m − m' < 0,
//
//	s' = e^Δ·s    sd' = e^Δ·(sd + s·Δ)
//
// since Σ e^(d+Δ)·(d+Δ) = e^Δ·(Σ e^d·d + Δ·Σ e^d).
func (r *rowState) rescale(m float32) {
	if r.s != 0 {
		delta := float64(r.m) - float64(m)
		scale := kernel.Exp64(delta)
		r.sd = scale * (r.sd + float64(r.s*delta))
		r.s *= scale
	}
	r.m = m
}

// values are one row's results, in nats.
type values struct {
	nll, lse, entropy float64
	argmax, rank      int32
	correct           bool
}

// finish returns the row's values, without the rank:
//
//	nll = log s − d_y    lse = m + log s    entropy = log s − Σ e^d·d / s
//
// The first is never computed as lse − z_y, which loses the digits that m and
// z_y share.
func (r *rowState) finish(y int32) values {
	if !(r.s > 0) || r.m > math.MaxFloat32 { // NaN or +∞ somewhere, or no class at all
		nan := math.NaN()
		return values{nll: nan, lse: nan, entropy: nan, argmax: -1}
	}
	logS := kernel.Log64(r.s)
	return values{
		nll:     logS - (float64(r.zy) - float64(r.m)),
		lse:     float64(r.m) + logS,
		entropy: max(0, logS-r.sd/r.s),
		argmax:  r.argmax,
		correct: r.argmax == y,
	}
}

// rank returns 1 + #{c: z_c > z_y} + #{c < y: z_c = z_y}.
func rank(z []float32, y int32) int32 {
	zy, n := z[y], int32(1)
	for _, v := range z[:y] {
		if v >= zy {
			n++
		}
	}
	for _, v := range z[y+1:] {
		if v > zy {
			n++
		}
	}
	return n
}

// gradient writes K·(p − t) with p_c = e^(z_c − m)/s and t the target's one;
// grad may be z. A NaN row's gradient is NaN throughout.
func (r *rowState) gradient(grad, z []float32, y int32, k float64, v *values) {
	if v.lse != v.lse {
		nan := float32(math.NaN())
		for c := range grad {
			grad[c] = nan
		}
		return
	}
	kernel.ScaledExps(grad, z, r.m, float32(k/r.s))
	// The target's element in float64: K and the difference are rounded once.
	p := kernel.Exp64(float64(r.zy)-float64(r.m)) / r.s
	grad[y] = float32(k * (p - 1))
}
