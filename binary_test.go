package xent

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// TestTotalBinary: what is read back merges as the original does, and equal totals
// have equal forms however they came about.
func TestTotalBinary(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	p := makeProblem(r, 60, 20, true, true, kinds)
	l := p.loss(Options{LabelSmoothing: 0.1, ZLoss: 1e-4})
	var whole, parts Total
	if err := l.Forward(&whole, p.matrix(), p.targets, nil); err != nil {
		t.Fatal(err)
	}
	for lo := 0; lo < p.n; lo += 7 {
		hi := min(lo+7, p.n)
		var part, back Total
		y := Targets{Index: p.targets.Index[lo:hi], RowWeights: p.targets.RowWeights[lo:hi]}
		if err := l.Forward(&part, p.matrix().Rows(lo, hi), y, nil); err != nil {
			t.Fatal(err)
		}
		b, _ := part.MarshalBinary()
		if err := back.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		parts.Merge(&back)
	}
	got, want := parts.Result(), whole.Result()
	got.FirstNonFinite = want.FirstNonFinite // counted within a part
	sameResult(t, "merged", got, want)
	parts.first = whole.first
	a, _ := parts.MarshalBinary()
	b, _ := whole.MarshalBinary()
	if !bytes.Equal(a, b) {
		t.Error("equal totals have different forms")
	}
	for n := range b {
		if err := new(Total).UnmarshalBinary(b[:n]); err == nil {
			t.Fatalf("cut to %d bytes it is read", n)
		}
	}
	if err := new(Total).UnmarshalBinary(append(b, 0)); err == nil {
		t.Error("a byte too many is read")
	}
}

func FuzzTotal(f *testing.F) {
	var t Total
	f.Add([]byte{})
	b, _ := t.MarshalBinary()
	f.Add(b)
	for _, x := range []float64{1, -3e300, 5e-324, math.Inf(1), math.NaN()} {
		t.sums[nll].Add(x)
		b, _ := t.MarshalBinary()
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var u Total
		if u.UnmarshalBinary(b) != nil {
			return
		}
		u.Result()
		again, _ := u.MarshalBinary()
		var v Total
		if err := v.UnmarshalBinary(again); err != nil {
			t.Fatal(err)
		}
		once, _ := v.MarshalBinary()
		if !bytes.Equal(once, again) {
			t.Error("the form is not one")
		}
	})
}

func FuzzStats(f *testing.F) {
	l, _ := New(5, Options{Temperature: 2})
	s, _ := l.Shard(1, 4)
	var st Stats
	if err := s.Stats(&st, Float32([]float32{1, 2, 3, 4, 5, negInf}, 2, 3), Targets{Index: []int32{2, 0}}); err != nil {
		f.Fatal(err)
	}
	b, _ := st.MarshalBinary()
	f.Add(b)
	f.Add(b[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		var st Stats
		if st.UnmarshalBinary(b) != nil {
			return
		}
		if len(st.rows)*statsRow > len(b) {
			t.Fatalf("%d rows of %d bytes", len(st.rows), len(b))
		}
		other := Stats{st.v, st.t, st.form, nil, make([]rowState, len(st.rows))}
		if err := st.Merge(&other); err != nil {
			t.Fatal(err)
		}
		l, err := New(st.v, Options{Temperature: st.t})
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Finish(nil, &st, Targets{Index: make([]int32, len(st.rows))}, nil)
	})
}
