package xent

import (
	"fmt"
	"math"
	"sync"

	"xent/internal/exact"
	"xent/internal/kernel"
)

// A Kind is a measure of how far a student's distribution q is from a teacher's
// p. The zero Kind is none of them, so that none is taken by mistake.
type Kind int

const (
	// ForwardKL is KL(p‖q) = Σ p·log(p/q), the teacher's divergence from the student:
	// the student must cover all that the teacher does. +∞ where q = 0 < p.
	ForwardKL Kind = iota + 1
	// ReverseKL is KL(q‖p) = Σ q·log(q/p), the student's divergence from the teacher:
	// the student may leave out what the teacher does, but add nothing. It is what
	// a policy q pays for leaving its reference p. +∞ where p = 0 < q.
	ReverseKL
	// JSD is the generalised Jensen–Shannon divergence (Lin 1991),
	//
	//	JSD_β = β·KL(p‖m) + (1−β)·KL(q‖m),   m = β·p + (1−β)·q
	//
	// between 0 and the binary entropy of β, ln 2 at β = ½, where it is symmetric. As in
	// Agarwal et al. 2024 (GKD), β is the teacher's share: JSD_β/β tends to ForwardKL as
	// β → 0, JSD_β/(1−β) to ReverseKL as β → 1.
	JSD
	// TeacherCE is the cross-entropy H(p, q) = −Σ p·log q = H(p) + KL(p‖q), which is
	// H(p), not 0, for a student that equals its teacher. It has ForwardKL's gradient.
	TeacherCE
)

// String returns the constant's name.
func (k Kind) String() string {
	if k < ForwardKL || k > TeacherCE {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return [...]string{"ForwardKL", "ReverseKL", "JSD", "TeacherCE"}[k-ForwardKL]
}

// DivergenceOptions chooses the objective of a row with weight r and target y,
//
//	r·(Hard·nll + Soft·SoftFactor·D)
//
// where nll = −log softmax(z)_y is the student's cross-entropy at temperature 1,
// and D the divergence of softmax(z/T) from the teacher's softmax(z′/T), in
// nats. Nothing of it has a default. A plain divergence, such as what a policy
// pays for leaving its reference, is
//
//	DivergenceOptions{Kind: ReverseKL, Temperature: 1, Soft: 1, SoftFactor: 1}
//
// and a distillation after Hinton et al. 2015, where the true classes have share α,
//
//	DivergenceOptions{Kind: ForwardKL, Temperature: T, Hard: α, Soft: 1 - α, SoftFactor: T * T}
type DivergenceOptions struct {
	// Kind is what D is.
	Kind Kind
	// Beta is the β of JSD, 0 < β < 1; for other kinds it must be 0.
	Beta float64
	// Temperature is T > 0, finite: both models' logits are divided by it in D.
	Temperature float64
	// Hard and Soft are the weights of the two parts; finite, ≥ 0, not both 0. Hard
	// above 0 needs Targets.Index.
	Hard, Soft float64
	// SoftFactor multiplies the divergence besides, finite, > 0. Its gradient shrinks
	// as 1/T²: T² keeps the parts' ratio as T changes, 1 leaves it alone.
	SoftFactor float64
	// Workers is as in [Options].
	Workers int
}

// A Divergence compares a student's logits with a teacher's over V classes. It is
// immutable and safe for concurrent use.
//
// Of one row and its two distributions, a KL or JSD is exactly 0 if they are equal,
// and never negative. All is computed in float64 whatever the types. With
// ε = 2⁻⁵³·(16 + 2R), R the greatest difference from a row's maximum, in units of T,
// in either model (at most 708: beyond it probabilities count as 0),
//
//	|err D|   ≤ ε·D + ε²
//	|err G_c| ≤ ε·(p_c + q_c)·(1 + |log| + KL)
//
// where |log| + KL are those in the formula of G, if any ([Divergence.Gradient]);
// nll and its gradient are within ε of themselves, with R at T = 1. The gradient is
// then rounded to its type. So models that all but agree keep their digits.
//
// A logit of −∞ masks a class. Masked in both models, it adds nothing and has
// gradient 0. Masked where the other model has a probability, it makes a KL
// +∞: ForwardKL's gradient is still q − p, while ReverseKL's is what the
// formula gives, ±∞ or NaN. A row where either model has a NaN, a +∞, or nothing
// but −∞ is a NaN row: its values and its whole gradient are NaN. Such a row
// counts, but never as correct. A part whose coefficient is 0 adds 0, even if it is
// infinite.
type Divergence struct {
	v       int
	o       DivergenceOptions
	scale   kernel.Scale // of the temperature
	scratch sync.Pool    // of *divergencePass
}

// NewDivergence returns the objective over V ≥ 1 classes. Unusable options, also
// those left out, give an [*OptionError].
func NewDivergence(V int, o DivergenceOptions) (*Divergence, error) {
	if V < 1 || V > math.MaxInt32 {
		return nil, &OptionError{"V", -1, float64(V), "want 1 … 2³¹−1 classes"}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Divergence{v: V, o: o, scale: kernel.NewScale(o.Temperature), scratch: sync.Pool{New: func() any { return new(divergencePass) }}}, nil
}

func (o *DivergenceOptions) check() error {
	weight := func(x float64) bool { return x >= 0 && x <= math.MaxFloat32 }
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		want  string
	}{
		{"Kind", float64(o.Kind), o.Kind >= ForwardKL && o.Kind <= TeacherCE, "want ForwardKL, ReverseKL, JSD or TeacherCE"},
		{"Beta", o.Beta, o.Kind != JSD || o.Beta > 0 && o.Beta < 1, "want the teacher's share in (0, 1)"},
		{"Beta", o.Beta, o.Kind == JSD || o.Beta == 0, "want 0: only JSD has one"},
		{"Temperature", o.Temperature, usable(o.Temperature), "want a finite number > 0: there is no default"},
		{"Hard", o.Hard, weight(o.Hard), "want a finite weight ≥ 0"},
		{"Soft", o.Soft, weight(o.Soft), "want a finite weight ≥ 0"},
		{"Soft", o.Soft, o.Soft > 0 || o.Hard > 0, "want Soft or Hard above 0: there is no default"},
		{"SoftFactor", o.SoftFactor, usable(o.SoftFactor), "want a finite number > 0, such as T² or 1: there is no default"},
		{"Workers", float64(o.Workers), o.Workers >= 0, "want a number ≥ 0"},
	} {
		if !f.ok {
			return &OptionError{f.name, -1, f.value, f.want}
		}
	}
	return nil
}

// DivergenceRows asks for values row by row, in nats, without weights or factors. A
// nil field is not computed; the others must have one element a row. An ignored
// row gets NaN.
type DivergenceRows struct {
	Divergence []float64 // D
	NLL        []float64 // the student's −log p_y at temperature 1; needs Targets.Index
}

// Weight returns Σ r over n rows, what [Result.Mean] will divide by. Errors:
// those of Forward that concern the targets.
func (d *Divergence) Weight(n int, y Targets) (float64, error) {
	if err := d.checkTargets(&y, n); err != nil {
		return 0, err
	}
	var sum exact.Sum
	for i := range n {
		sum.Add(y.weight(i))
	}
	return sum.Float64(), nil
}

// Forward adds the objective of N rows of a student's and a teacher's logits (N×V
// each, of any types) to t, and fills the fields of rows that are not nil. t or
// rows may be nil.
//
// Of y, RowWeights are r. Index says which rows to ignore, and the classes for nll;
// without it, as in Targets{}, every row counts. Soft must be nil: the teacher is
// the soft target. Ignored rows, and those of weight 0, are not read.
//
// In t, Sum is the objective, Divergence = Σ r·D and NLL = Σ r·nll its parts before
// weights and factors, Weight = RowWeight = Σ r, Entropy the student's, at
// temperature T. Without Index, NLL is NaN and Correct 0. NonFinite counts rows whose
// D or nll is not finite.
//
// On an error nothing is written. Errors: [*ShapeError], [*TargetError],
// [*RowWeightError].
func (d *Divergence) Forward(t *Total, student, teacher Matrix, y Targets, rows *DivergenceRows) error {
	if err := d.checkInputs(student, teacher, &y, rows); err != nil {
		return err
	}
	p := d.begin(student, teacher, y, rows)
	p.run()
	d.end(p, t)
	return nil
}

// Gradient is Forward, and sets grad (N×V) to the gradient of scale·Sum with
// respect to the student's logits z. With k = scale·r and p, q and D at temperature
// T,
//
//	grad_c = k·Hard·(softmax(z)_c − 1[c = y]) + k·Soft·SoftFactor/T·G_c
//
//	ForwardKL, TeacherCE   G_c = q_c − p_c
//	ReverseKL              G_c = q_c·(log(q_c/p_c) − D)
//	JSD                    G_c = (1−β)·q_c·(log(q_c/m_c) − KL(q‖m))
//
// and to 0 in ignored rows. grad has the student's type, or is float32 where that has
// 16 bits, and may be the student's own memory, which is then overwritten; any
// other overlap is an [*OverlapError]. Where a row counts, scale must be a finite
// float32, else an [*OptionError]. Other errors are Forward's.
func (d *Divergence) Gradient(t *Total, student, teacher Matrix, y Targets, rows *DivergenceRows, scale float64, grad Matrix) error {
	if err := d.checkInputs(student, teacher, &y, rows); err != nil {
		return err
	}
	if err := d.checkGradient(student, teacher, &y, scale, grad); err != nil {
		return err
	}
	p := d.begin(student, teacher, y, rows)
	p.grad, p.wantGrad, p.scale = grad.t, true, scale
	p.run()
	d.end(p, t)
	return nil
}

func (d *Divergence) checkInputs(student, teacher Matrix, y *Targets, rows *DivergenceRows) error {
	n := student.t.Rows
	if err := checkMatrix("student", student, n, d.v); err != nil {
		return err
	}
	if err := checkMatrix("teacher", teacher, n, d.v); err != nil {
		return err
	}
	if err := d.checkTargets(y, n); err != nil {
		return err
	}
	switch {
	case d.o.Hard > 0 && y.Index == nil && n > 0:
		return &ShapeError{"Targets.Index", "nil", fmt.Sprintf("%d targets, since Hard is above 0", n)}
	case rows == nil:
		return nil
	case rows.NLL != nil && y.Index == nil && n > 0:
		return &ShapeError{"DivergenceRows.NLL", fmt.Sprintf("%d elements", len(rows.NLL)), "nil, since there is no Targets.Index"}
	case rows.NLL != nil && len(rows.NLL) != n:
		return &ShapeError{"DivergenceRows.NLL", fmt.Sprintf("%d elements", len(rows.NLL)), fmt.Sprintf("%d, one a row, or nil", n)}
	case rows.Divergence != nil && len(rows.Divergence) != n:
		return &ShapeError{"DivergenceRows.Divergence", fmt.Sprintf("%d elements", len(rows.Divergence)), fmt.Sprintf("%d, one a row, or nil", n)}
	}
	return nil
}

func (d *Divergence) checkTargets(y *Targets, n int) error {
	if y.Soft != nil {
		return &ShapeError{"Targets.Soft", "given", "nil: the teacher is the soft target"}
	}
	return y.checkRows(n, d.v)
}

func (d *Divergence) checkGradient(student, teacher Matrix, y *Targets, scale float64, grad Matrix) error {
	if err := checkScale(scale, y, student.t.Rows); err != nil {
		return err
	}
	if err := checkGradientOf(student, grad, d.v); err != nil {
		return err
	}
	out := [1]buffer{{"the gradient", grad.t}}
	if overlapOf(student.t, grad.t) == partial {
		return &OverlapError{out[0].name, "a part of the student's logits"}
	}
	in := [2]buffer{{"the teacher's logits", teacher.t}, vector("Targets.RowWeights", y.RowWeights)}
	return checkOverlaps(out[:], in[:])
}
