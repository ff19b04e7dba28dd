package xent

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkLoss(b *testing.B) {
	for _, v := range []int{1024, 50257} {
		n := 1 << 20 / v
		p := makeProblem(rand.New(rand.NewPCG(1, 1)), n, v, false, false, peaked)
		l, grad := p.loss(Options{}), Float32(make([]float32, n*v), n, v)
		var total Total
		b.Run(fmt.Sprintf("pass=forward/n=%d/v=%d", n, v), func(b *testing.B) {
			b.SetBytes(int64(4 * n * v))
			for range b.N {
				_ = l.Forward(&total, p.matrix(), p.targets, nil)
			}
		})
		b.Run(fmt.Sprintf("pass=gradient/n=%d/v=%d", n, v), func(b *testing.B) {
			b.SetBytes(int64(8 * n * v))
			for range b.N {
				_ = l.Gradient(&total, p.matrix(), p.targets, nil, 1, grad)
			}
		})
	}
}

func BenchmarkLinearGradient(b *testing.B) {
	for _, s := range [][3]int{{512, 160, 1024}, {256, 256, 8192}} {
		n, d, v := s[0], s[1], s[2]
		p := makeLinear(rand.New(rand.NewPCG(1, 5)), n, d, v, false, false)
		l, out := (problem{v: v}).loss(Options{}), p.start()
		h, y := p.args(0, n)
		g := LinearGrad{Float32(out.dHidden, n, d), Float32(out.dClassifier, v, d), nil}
		var total Total
		b.Run(fmt.Sprintf("n=%d/d=%d/v=%d", n, d, v), func(b *testing.B) {
			for range b.N {
				_ = l.LinearGradient(&total, h, y, nil, 1, g)
			}
			b.ReportMetric(6*float64(n)*float64(d)*float64(v)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
