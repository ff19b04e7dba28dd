package xent

import (
	"fmt"
	"math"
	"sync"

	"xent/internal/tensor"
)

// Soft is a distribution q over the classes for each row: all of it, or its
// largest parts. A row's loss is
//
//	−Σ_c w_c·q_c·log p_c,   0·(−∞) = 0
//
// after smoothing, q ← (1−ε)·q + ε/V.
type Soft struct {
	// Dense is q, N×V of any type. Rows must be finite, ≥ 0, and sum to 1 within
	// 1e-4, or 1/256 where the type has 16 bits. They are looked at in the pass: the
	// lowest bad row is named in a [*ProbabilityError], and outputs are then undefined.
	Dense Matrix

	// Without Dense, K classes a row are listed: row i has probability
	// Prob[i·K+k] of class Index[i·K+k], each class once; an Index of [Ignore] is an
	// empty place, and a row of nothing else is ignored.
	K     int
	Index []int32
	Prob  []float32
	Rest  Rest // what the listed probabilities lack of 1
}

// A Rest says what becomes of 1 − Σ q over a row's listed classes.
type Rest int

const (
	// RestError wants the listed probabilities to sum to 1, within 1e-4.
	RestError Rest = iota
	// RestUniform spreads the rest evenly over the unmasked classes that are not
	// listed. Where there is none for more than 1e-4, the pass gives a
	// [*ProbabilityError], and outputs are undefined.
	RestUniform
	// RestRenormalise divides the listed probabilities by their sum, which must
	// not be 0.
	RestRenormalise
)

// sumTolerance is how far the sum of a distribution may be from 1.
func sumTolerance(d tensor.DType) float64 {
	if d == tensor.BF16 || d == tensor.F16 {
		return 1.0 / 256
	}
	return 1e-4
}

// check validates the targets of n rows over v classes; all but a dense q. marks
// holds scratch.
func (s *Soft) check(n, v int, marks *sync.Pool) error {
	if !s.Dense.isZero() || s.K == 0 && s.Index == nil && s.Prob == nil {
		if s.K != 0 || s.Index != nil || s.Prob != nil {
			return &ShapeError{"Soft", "both Dense and a list", "one of them"}
		}
		return checkMatrix("Soft.Dense", s.Dense, n, v)
	}
	switch {
	case s.K < 1 || s.K > v:
		return &ShapeError{"Soft.K", fmt.Sprint(s.K), fmt.Sprintf("1 … %d classes a row", v)}
	case len(s.Index)/s.K != n || len(s.Index)%s.K != 0:
		return &ShapeError{"Soft.Index", fmt.Sprintf("%d classes", len(s.Index)), fmt.Sprintf("%d·K", n)}
	case len(s.Prob) != len(s.Index):
		return &ShapeError{"Soft.Prob", fmt.Sprintf("%d probabilities", len(s.Prob)), fmt.Sprintf("%d·K", n)}
	case s.Rest < RestError || s.Rest > RestRenormalise:
		return &ShapeError{"Soft.Rest", fmt.Sprint(int(s.Rest)), "RestError, RestUniform or RestRenormalise"}
	}
	seen, _ := marks.Get().(*[]uint64)
	if seen == nil {
		bits := make([]uint64, v/64+1)
		seen = &bits
	}
	for i := range n {
		if err := s.checkList(i, v, *seen); err != nil {
			return err // seen has bits set
		}
	}
	marks.Put(seen)
	return nil
}

// list returns the classes of row i and their probabilities.
func (s *Soft) list(i int) ([]int32, []float32) {
	return s.Index[i*s.K : (i+1)*s.K], s.Prob[i*s.K : (i+1)*s.K]
}

// checkList checks row i. seen has no bit set, before and after.
func (s *Soft) checkList(i, v int, seen []uint64) error {
	classes, probs := s.list(i)
	sum, empty := 0.0, true
	for k, c := range classes {
		if c == Ignore {
			continue
		}
		if c < 0 || int(c) >= v {
			return &TargetError{Row: i, Target: c, V: v}
		}
		if q := probs[k]; !(q >= 0 && q <= math.MaxFloat32) {
			return &ProbabilityError{i, int(c), float64(q), "want a finite number ≥ 0"}
		}
		if seen[c/64]>>(c%64)&1 != 0 {
			return &ProbabilityError{i, int(c), float64(probs[k]), "the class is listed twice"}
		}
		seen[c/64] |= 1 << (c % 64)
		sum, empty = sum+float64(probs[k]), false
	}
	for _, c := range classes {
		if c != Ignore {
			seen[c/64] = 0
		}
	}
	tolerance := sumTolerance(tensor.F32)
	switch {
	case empty:
	case s.Rest == RestError && !(math.Abs(sum-1) <= tolerance):
		return &ProbabilityError{i, -1, sum, "want 1, or a rule for the rest"}
	case s.Rest == RestUniform && !(sum <= 1+tolerance):
		return &ProbabilityError{i, -1, sum, "want at most 1"}
	case s.Rest == RestRenormalise && !(sum > 0):
		return &ProbabilityError{i, -1, sum, "want more than 0"}
	}
	return nil
}

// dense reports whether all of q is given.
func (s *Soft) dense() bool { return s.K == 0 }

// absent reports whether row i is a list of empty places.
func (s *Soft) absent(i int) bool {
	if s.dense() {
		return false
	}
	classes, _ := s.list(i)
	for _, c := range classes {
		if c != Ignore {
			return false
		}
	}
	return true
}
