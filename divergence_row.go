package xent

import (
	"math"

	"xent/internal/kernel"
	"xent/internal/tensor"
)

// A divergenceReader computes rows, one goroutine at a time.
type divergenceReader struct {
	d       *Divergence
	student distribution // q
	teacher distribution // p
	atOne   distribution // the student at temperature 1, where T is another
	z, zt   [kernel.Block]float64
	g       [kernel.Block]float64
	narrow  [kernel.Block]float32
}

// A distribution is the softmax of a row: with d_c = (z_c − m)/T,
//
//	p_c = exp[c]/s,   log p_c = d_c − log s
type distribution struct {
	scale   kernel.Scale
	m       float64 // greatest logit
	argmax  int32   // lowest class whose logit it is
	s, logS float64
	exp     []float64
}

// divergenceValues are one row's results in nats, without the row's weight.
type divergenceValues struct {
	divergence, nll, entropy, objective float64
	own                                 float64 // KL(q‖p) or KL(q‖m), which the gradient takes off
	finite                              bool    // not a NaN row
	correct                             bool
}

// read takes row j of logits in, and reports whether it has a distribution.
func (x *distribution) read(scale kernel.Scale, logits tensor.Matrix, j int, room []float64) bool {
	x.m, x.argmax = math.Inf(-1), -1
	for at := 0; at < logits.Cols; at += kernel.Block {
		z := room[:min(kernel.Block, logits.Cols-at)]
		logits.Gather64(z, j, at)
		for i, v := range z {
			if !(v <= math.MaxFloat64) {
				return false
			}
			if v > x.m {
				x.m, x.argmax = v, int32(at+i)
			}
		}
	}
	if x.argmax < 0 {
		return false
	}
	x.fill(scale, logits, j, room)
	return true
}

// fill computes all but the maximum and its class.
func (x *distribution) fill(scale kernel.Scale, logits tensor.Matrix, j int, room []float64) {
	x.scale, x.exp = scale, grow(&x.exp, logits.Cols)
	var rest longSum // s but for a 1, beside which the digits of a small rest would be lost
	for at := 0; at < logits.Cols; at += kernel.Block {
		z := room[:min(kernel.Block, logits.Cols-at)]
		logits.Gather64(z, j, at)
		for i, v := range z {
			e := kernel.Exp64(scale.D(v, x.m))
			x.exp[at+i] = e
			if at+i != int(x.argmax) {
				rest.add(e)
			}
		}
	}
	x.s = 1 + rest.value()
	x.logS = log1p(rest.value())
}

// surprisal is −log p of a class with logit z: +∞ if it is masked.
func (x *distribution) surprisal(z float64) float64 { return x.logS - x.scale.D(z, x.m) }

// read takes row j in, with target y, −1 for none.
func (w *divergenceReader) read(student, teacher tensor.Matrix, j int, y int32) (v divergenceValues) {
	room := w.z[:]
	v.finite = w.student.read(w.d.scale, student, j, room) && w.teacher.read(w.d.scale, teacher, j, room)
	if !v.finite {
		v.divergence, v.nll, v.entropy, v.objective = nan, nan, nan, nan
		return v
	}
	w.compare(&v, student, teacher, j)
	o := &w.d.o
	if o.Soft > 0 {
		v.objective = float64(o.Soft * o.SoftFactor * v.divergence)
	}
	if y < 0 {
		v.nll = nan
		return v
	}
	if o.Temperature != 1 {
		w.atOne.m, w.atOne.argmax = w.student.m, w.student.argmax
		w.atOne.fill(kernel.NewScale(1), student, j, room)
	}
	student.Gather64(room[:1], j, int(y))
	v.nll = w.hard().surprisal(room[0])
	v.correct = w.student.argmax == y
	if o.Hard > 0 {
		v.objective += float64(o.Hard * v.nll)
	}
	return v
}

// hard is the student at temperature 1.
func (w *divergenceReader) hard() *distribution {
	if w.d.o.Temperature == 1 {
		return &w.student
	}
	return &w.atOne
}

// compare adds up the divergence, term by term ≥ 0, and the student's entropy.
func (w *divergenceReader) compare(v *divergenceValues, student, teacher tensor.Matrix, j int) {
	kind, beta := w.d.o.Kind, w.d.o.Beta
	var fromTeacher, fromStudent, entropy longSum
	for at := 0; at < student.Cols; at += kernel.Block {
		z, zt := w.block(student, teacher, j, at)
		for i := range z {
			p, q, delta := w.class(at+i, z[i], zt[i])
			if q > 0 {
				entropy.add(float64(q * w.student.surprisal(z[i])))
			}
			switch kind {
			case ForwardKL:
				fromTeacher.add(excess(p, q, delta))
			case ReverseKL:
				fromStudent.add(excess(q, p, -delta))
			case JSD:
				fromTeacher.add(excessOverMixture(p, q, beta, 1-beta, -delta))
				fromStudent.add(excessOverMixture(q, p, 1-beta, beta, delta))
			case TeacherCE:
				if p > 0 {
					fromTeacher.add(float64(p * w.student.surprisal(z[i])))
				}
			}
		}
	}
	v.entropy, v.own = entropy.value(), fromStudent.value()
	switch kind {
	case ReverseKL:
		v.divergence = v.own
	case JSD:
		v.divergence = float64(beta*fromTeacher.value()) + float64((1-beta)*v.own)
	default:
		v.divergence = fromTeacher.value()
	}
}

// block reads both models' logits of row j from class at on.
func (w *divergenceReader) block(student, teacher tensor.Matrix, j, at int) (z, zt []float64) {
	n := min(kernel.Block, student.Cols-at)
	z, zt = w.z[:n], w.zt[:n]
	student.Gather64(z, j, at)
	teacher.Gather64(zt, j, at)
	return z, zt
}

// class returns p, q and δ = log p − log q of class c with those logits of the
// student and the teacher. δ comes from the exact differences of the logits, before
// they are divided by T: of models that all but agree it is small, and what rounding
// takes from z − m would be much of it. Where both probabilities are 0, δ may be NaN.
func (w *divergenceReader) class(c int, z, zt float64) (p, q, delta float64) {
	p, q = w.teacher.exp[c]/w.teacher.s, w.student.exp[c]/w.student.s
	d, low := minus(z, w.student.m)
	dt, lowt := minus(zt, w.teacher.m)
	if low = lowt - low; low != low { // a difference is infinite
		low = 0
	}
	delta = w.d.scale.D(dt-d+low, 0) - (w.teacher.logS - w.student.logS)
	return p, q, delta
}

// gradient writes the gradient of k times the row's objective to row j of grad, which
// may be the student's.
func (w *divergenceReader) gradient(v *divergenceValues, k float64, grad, student, teacher tensor.Matrix, j int, y int32) {
	if !v.finite {
		for c := range grad.Cols {
			grad.Set(j, c, nan)
		}
		return
	}
	o := &w.d.o
	hard, soft := k*o.Hard, k*o.Soft*o.SoftFactor/o.Temperature
	for at := 0; at < student.Cols; at += kernel.Block {
		z, zt := w.block(student, teacher, j, at)
		g := w.g[:len(z)]
		clear(g)
		for i := range z {
			if soft != 0 {
				p, q, delta := w.class(at+i, z[i], zt[i])
				g[i] = float64(soft * w.slope(p, q, delta, v.own))
			}
			if hard != 0 {
				slope := w.hard().exp[at+i] / w.hard().s
				if at+i == int(y) {
					slope = expm1(-v.nll) // q_y − 1
				}
				g[i] += float64(hard * slope)
			}
		}
		w.scatter(grad, g, j, at)
	}
}

// slope is T·∂D/∂z_c; own is KL(q‖p) or KL(q‖m). With ∂q_b/∂z_c = q_b·(1[b = c] − q_c)/T,
// each follows from ∂D/∂q_c: −p_c/q_c, log(q_c/p_c) + 1 and (1−β)·log(q_c/m_c).
func (w *divergenceReader) slope(p, q, delta, own float64) float64 {
	switch kind := w.d.o.Kind; {
	case kind == ForwardKL || kind == TeacherCE:
		return q - p
	case q == 0:
		return 0
	case kind == ReverseKL:
		return q * (-delta - own)
	}
	beta := w.d.o.Beta
	return float64((1-beta)*q) * (-logMixture(1-beta, beta, delta) - own)
}

// scatter rounds g to grad's type, half types by way of float32.
func (w *divergenceReader) scatter(grad tensor.Matrix, g []float64, j, at int) {
	if grad.DType == tensor.F64 {
		copy(grad.Row64(j)[at:], g)
		return
	}
	narrow := w.narrow[:len(g)]
	for i, x := range g {
		narrow[i] = float32(x)
	}
	grad.Scatter(narrow, j, at)
}
