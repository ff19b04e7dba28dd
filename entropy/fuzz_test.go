package entropy

import (
	"encoding/binary"
	"math"
	"testing"
)

// FuzzDistributions reads pairs of log-weights and holds the distributions they
// make to what is promised of every pair: no error, the signs and bounds, the
// symmetry, H(p,q) = H(p) + KL(p‖q), and agreement of both representations.
func FuzzDistributions(f *testing.F) {
	add := func(beta float64, x ...float64) {
		var b []byte
		for _, v := range x {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		f.Add(b, beta)
	}
	inf := math.Inf(1)
	add(0.5, 0, 0)
	add(0.1, 0, 1, 2, 3)
	add(1e-300, 0, -inf, -inf, 0)
	add(0.9, 0, -745, -800, 0, 5, 5)
	add(0.5, 700, -700, -1e300, 1e300)
	add(0.3, 1, 1, 2, 2+1e-9, 3, 3)
	f.Fuzz(func(t *testing.T, data []byte, beta float64) {
		var zp, zq []float64
		for ; len(data) >= 16; data = data[16:] {
			zp = append(zp, math.Float64frombits(binary.LittleEndian.Uint64(data)))
			zq = append(zq, math.Float64frombits(binary.LittleEndian.Uint64(data[8:])))
		}
		lp, err := LogSoftmax(zp)
		if err != nil {
			return
		}
		lq, err := LogSoftmax(zq)
		if err != nil || !(beta > 0 && beta < 1) {
			return
		}
		checkPairOf(t, lp, lq, beta)
	})
}

func checkPairOf(t *testing.T, lp, lq []float64, beta float64) {
	ok := must[Nats](t)
	p, q := make([]float64, len(lp)), make([]float64, len(lq))
	for i := range lp {
		p[i], q[i] = math.Exp(lp[i]), math.Exp(lq[i])
	}
	slack := 1e-12 * float64(len(p))
	h, cross, kl := ok(EntropyLog(lp)), ok(CrossEntropyLog(lp, lq)), ok(KLLog(lp, lq))
	if !(float64(h) >= 0 && float64(h) <= math.Log(float64(len(p)))+slack) {
		t.Errorf("H = %v over %d outcomes", float64(h), len(p))
	}
	if !(kl >= 0) || !near(float64(cross), float64(h+kl), slack) && !(math.Abs(float64(cross-h-kl)) <= slack) {
		t.Errorf("H(p,q) = %v, H(p) = %v, KL = %v", float64(cross), float64(h), float64(kl))
	}
	if a, b := ok(Entropy(p)), ok(CrossEntropy(p, p)); a != b || !(math.Abs(float64(a-h)) <= slack) {
		t.Errorf("H = %v, H(p,p) = %v, from logarithms %v", float64(a), float64(b), float64(h))
	}
	if d := ok(KL(p, q)); !(d >= 0) {
		t.Errorf("KL = %v", float64(d))
	}
	for _, w := range []float64{0.5, beta} {
		most := float64(BinaryEntropy(w))
		a, l := float64(ok(JSDBeta(p, q, w))), float64(ok(JSDBetaLog(lp, lq, w)))
		if !(a >= 0 && l >= 0 && a <= most*(1+slack) && l <= most*(1+slack)) || !(math.Abs(a-l) <= slack) {
			t.Errorf("β = %v: JSD = %v, from logarithms %v, h(β) = %v", w, a, l, most)
		}
	}
	if a, b := ok(JSD(p, q)), ok(JSD(q, p)); a != b {
		t.Errorf("JSD = %v and %v", float64(a), float64(b))
	}
	if a, b := ok(JSDLog(lp, lq)), ok(JSDLog(lq, lp)); a != b {
		t.Errorf("JSDLog = %v and %v", float64(a), float64(b))
	}
	if a, b := ok(KL(p, p)), ok(KLLog(lq, lq)); a != 0 || b != 0 {
		t.Errorf("from itself: KL = %v, KLLog = %v", float64(a), float64(b))
	}
}

// FuzzVectors gives what is in general no distribution: an error or a value,
// the same decision in every function, never a panic or NaN.
func FuzzVectors(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(binary.LittleEndian.AppendUint64(nil, math.Float64bits(1)))
	f.Add(binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.NaN())))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p []float64
		for ; len(data) >= 8; data = data[8:] {
			p = append(p, math.Float64frombits(binary.LittleEndian.Uint64(data)))
		}
		h, err := Entropy(p)
		kl, err2 := KL(p, p)
		i, err3 := MutualInformation([][]float64{p})
		if (err == nil) != (err2 == nil) || (err == nil) != (err3 == nil) {
			t.Errorf("errors %v, %v and %v", err, err2, err3)
		}
		l, err4 := EntropyLog(p)
		for _, x := range []Nats{h, kl, i, l} {
			if math.IsNaN(float64(x)) {
				t.Errorf("NaN: %v %v %v %v (%v)", h, kl, i, l, err4)
			}
		}
		LogSumExp(p)
	})
}
