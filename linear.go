package xent

import (
	"fmt"

	"xent/internal/tensor"
)

// Linear is the last layer of a language model: logits = Hidden·Classifierᵀ + Bias.
type Linear struct {
	Hidden     Matrix    // N×D, of any type; computed with in float32
	Classifier Matrix    // V×D, likewise
	Bias       []float32 // V, or nil for none; each logit's sum over D starts from it
}

// LinearGrad receives gradients of scale·Sum, float32. A zero field is not
// computed.
type LinearGrad struct {
	Hidden     Matrix    // N×D, written; 0 in ignored rows
	Classifier Matrix    // V×D, added to
	Bias       []float32 // V, added to
}

// LinearForward adds the loss of logits = h.Hidden·h.Classifierᵀ + h.Bias to t
// and fills rows, as [Loss.Forward] does, while it holds no more logits than
// fit the workspace. Ignored rows cost nothing. Errors are Forward's, and leave behind
// what Forward's do.
func (l *Loss) LinearForward(t *Total, h Linear, y Targets, rows *Rows) error {
	if err := l.checkLinear(h, &y, rows); err != nil {
		return err
	}
	p := l.begin(y, rows)
	p.linear.begin(p, h, LinearGrad{})
	n := len(p.linear.kept)
	stripRows, classes := l.forwardTiles(n, p.linear.d, rows.wantsRank())
	for lo := 0; lo < n; lo += stripRows {
		p.linear.forwardStrip(p, lo, min(lo+stripRows, n), classes)
	}
	return l.end(p, t)
}

// LinearGradient is LinearForward and computes the gradients that g asks for,
// in exactly three matrix products (less those not asked for). Every element of
// a gradient is one chain of additions over increasing index: rows for
// Classifier and Bias, starting from the value it had; classes for Hidden. So a
// batch may be cut between any two rows, and g accumulated over the pieces,
// without changing a bit.
//
// No gradient may share memory with another or with an argument: that is an
// [*OverlapError]. Other errors are those of [Loss.Gradient].
func (l *Loss) LinearGradient(t *Total, h Linear, y Targets, rows *Rows, scale float64, g LinearGrad) error {
	if err := l.checkLinear(h, &y, rows); err != nil {
		return err
	}
	if err := checkScale(scale, &y, h.Hidden.t.Rows); err != nil {
		return err
	}
	if err := l.checkLinearGrad(h, &y, g); err != nil {
		return err
	}
	p := l.begin(y, rows)
	p.wantGrad, p.scale = true, scale
	p.linear.begin(p, h, g)
	n := len(p.linear.kept)
	stripRows := l.stripRows(n, p.linear.d)
	for lo := 0; lo < n; lo += stripRows {
		p.linear.gradientStrip(p, lo, min(lo+stripRows, n))
	}
	return l.end(p, t)
}

func (l *Loss) checkLinear(h Linear, y *Targets, rows *Rows) error {
	n, d := h.Hidden.Dims()
	if v, cd := h.Classifier.Dims(); v != l.v || cd != d && n > 0 {
		return &ShapeError{"Linear.Classifier", dims(h.Classifier), shape(l.v, d)}
	}
	if h.Bias != nil && len(h.Bias) != l.v {
		return &ShapeError{"Linear.Bias", fmt.Sprintf("%d elements", len(h.Bias)), fmt.Sprintf("%d, or nil", l.v)}
	}
	if err := l.check(y, n, l.v); err != nil {
		return err
	}
	return rows.check(n)
}

// checkLinearGrad checks the gradients asked for: their shapes, and that no
// memory is shared.
func (l *Loss) checkLinearGrad(h Linear, y *Targets, g LinearGrad) error {
	outputs := make([]buffer, 0, 3)
	_, d := h.Classifier.Dims()
	for _, out := range []struct {
		name string
		m    Matrix
		rows int
	}{{"LinearGrad.Hidden", g.Hidden, h.Hidden.t.Rows}, {"LinearGrad.Classifier", g.Classifier, l.v}} {
		if out.m.isZero() {
			continue
		}
		if err := checkMatrix(out.name, out.m, out.rows, d); err != nil {
			return err
		}
		if got := out.m.t.DType; got != tensor.F32 {
			return &ShapeError{out.name, got.String(), tensor.F32.String()}
		}
		outputs = append(outputs, buffer{out.name, out.m.t})
	}
	if g.Bias != nil {
		if len(g.Bias) != l.v {
			return &ShapeError{"LinearGrad.Bias", fmt.Sprintf("%d elements", len(g.Bias)), fmt.Sprintf("%d, or nil", l.v)}
		}
		outputs = append(outputs, vector("LinearGrad.Bias", g.Bias))
	}
	inputs := [3]buffer{{"Linear.Hidden", h.Hidden.t}, {"Linear.Classifier", h.Classifier.t}, vector("Linear.Bias", h.Bias)}
	if err := checkOverlaps(outputs, inputs[:]); err != nil {
		return err
	}
	all := l.inputs(y)
	return checkOverlaps(outputs, all[:])
}
