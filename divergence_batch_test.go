package xent_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"xent"
	"xent/internal/tensor"
)

// A table is a matrix of one of the four types, rows stride apart. What lies
// between the rows is NaN: whoever reads it shows.
type table struct {
	dtype              tensor.DType
	rows, cols, stride int
	f32                []float32
	u16                []uint16
	f64                []float64
}

var dtypes = []tensor.DType{tensor.F32, tensor.BF16, tensor.F16, tensor.F64}

func newTable(dtype tensor.DType, rows, cols, stride int) *table {
	t := &table{dtype: dtype, rows: rows, cols: cols, stride: stride}
	n := rows * stride
	switch dtype {
	case tensor.F32:
		t.f32 = make([]float32, n)
	case tensor.F64:
		t.f64 = make([]float64, n)
	default:
		t.u16 = make([]uint16, n)
	}
	for at := range n {
		t.set(at, math.NaN())
	}
	return t
}

func (t *table) set(at int, x float64) {
	switch t.dtype {
	case tensor.F32:
		t.f32[at] = float32(x)
	case tensor.F64:
		t.f64[at] = x
	case tensor.BF16:
		t.u16[at] = tensor.Float32ToBFloat16(float32(x))
	case tensor.F16:
		t.u16[at] = tensor.Float32ToHalf(float32(x))
	}
}

func (t *table) at(at int) float64 {
	switch t.dtype {
	case tensor.F32:
		return float64(t.f32[at])
	case tensor.F64:
		return t.f64[at]
	case tensor.BF16:
		return float64(math.Float32frombits(uint32(t.u16[at]) << 16))
	}
	return float64(tensor.HalfToFloat32(t.u16[at]))
}

func (t *table) row(i int) []float64 {
	z := make([]float64, t.cols)
	for c := range z {
		z[c] = t.at(i*t.stride + c)
	}
	return z
}

func (t *table) setRow(i int, z []float64) {
	for c, x := range z {
		t.set(i*t.stride+c, x)
	}
}

func (t *table) matrix() xent.Matrix {
	var m xent.Matrix
	switch t.dtype {
	case tensor.F32:
		m = xent.Float32(t.f32, t.rows, t.stride)
	case tensor.F64:
		m = xent.Float64(t.f64, t.rows, t.stride)
	case tensor.BF16:
		m = xent.BFloat16(t.u16, t.rows, t.stride)
	case tensor.F16:
		m = xent.Float16(t.u16, t.rows, t.stride)
	}
	return m.Columns(0, t.cols)
}

func (t *table) clone() *table {
	c := *t
	c.f32, c.u16, c.f64 = slices.Clone(t.f32), slices.Clone(t.u16), slices.Clone(t.f64)
	return &c
}

// pick is the table of these rows.
func (t *table) pick(rows []int) *table {
	c := newTable(t.dtype, len(rows), t.cols, t.stride)
	for k, i := range rows {
		c.setRow(k, t.row(i))
	}
	return c
}

// same fails where two tables have different elements, of all that is stored.
func same(t *testing.T, name string, got, want *table) {
	t.Helper()
	for at := range want.rows * want.stride {
		if g, w := got.at(at), want.at(at); math.Float64bits(g) != math.Float64bits(w) && (g == g || w == w) {
			t.Fatalf("%s: element %d of row %d is %v, want %v", name, at%want.stride, at/want.stride, g, w)
		}
	}
}

// roundoff is half a unit in the last place of 1, and the least that is not 0.
func roundoff(d tensor.DType) (unit, tiny float64) {
	switch d {
	case tensor.F32:
		return 0x1p-24, 0x1p-149
	case tensor.BF16:
		return 0x1.001p-8, 0x1p-133 // rounded to float32 first
	case tensor.F16:
		return 0x1.001p-11, 0x1p-24
	}
	return 0x1p-53, 0x1p-1074
}

// A pair is a batch for a divergence.
type pair struct {
	student, teacher *table
	y                xent.Targets
}

// How a row's student and teacher stand to each other.
var relations = []string{"ordinary", "peaked", "flat", "shifted up and down", "both masked", "close", "closer", "equal", "far", "one sure",
	"teacher masked", "student masked", "disjoint", "NaN", "student all masked", "teacher +Inf", "target masked"}

// finiteRelations is how many of them have a finite divergence of every kind.
const finiteRelations = 10

// fill makes a row's logits.
func fill(r *rand.Rand, relation string, z, zt []float64, y int) {
	scale := map[string]float64{"peaked": 20, "flat": 1e-3, "far": 150}[relation]
	if scale == 0 {
		scale = 3
	}
	for c := range z {
		z[c], zt[c] = r.NormFloat64()*scale, r.NormFloat64()*scale
	}
	inf, at := math.Inf(1), r.IntN(len(z))
	for c := range z {
		switch relation {
		case "shifted up and down":
			z[c], zt[c] = math.Round(4*z[c])/4+1e5, math.Round(4*zt[c])/4-1e5
		case "both masked":
			if c%3 == 1 && c != y {
				z[c], zt[c] = -inf, -inf
			}
		case "close":
			zt[c] = z[c] + 1e-4*r.NormFloat64()
		case "closer":
			zt[c] = z[c] + 1e-9*r.NormFloat64()
		case "equal":
			zt[c] = z[c]
		case "disjoint":
			if c%2 == 0 {
				z[c] = -inf
			} else {
				zt[c] = -inf
			}
		}
	}
	switch relation {
	case "one sure":
		z[at] += 60
	case "teacher masked":
		zt[at] = -inf
	case "student masked":
		z[at] = -inf
	case "NaN":
		z[at] = math.NaN()
	case "teacher +Inf":
		zt[at] = inf
	case "student all masked":
		for c := range z {
			z[c] = -inf
		}
	case "target masked":
		z[max(0, y)] = -inf
	}
}

// makePair makes n rows of the first so many relations, in turn.
func makePair(r *rand.Rand, n, v, relate int, student, teacher tensor.DType) pair {
	p := pair{newTable(student, n, v, v+3), newTable(teacher, n, v, v+5), xent.Targets{Index: make([]int32, n), RowWeights: make([]float32, n)}}
	z, zt := make([]float64, v), make([]float64, v)
	for i := range n {
		p.y.Index[i], p.y.RowWeights[i] = int32(r.IntN(v)), float32(1+r.IntN(4))*0.7
		fill(r, relations[i%relate], z, zt, int(p.y.Index[i]))
		p.student.setRow(i, z)
		p.teacher.setRow(i, zt)
		switch r.IntN(9) {
		case 0:
			p.y.Index[i] = xent.Ignore
		case 1:
			p.y.RowWeights[i] = 0
		}
	}
	return p
}

func (p pair) weight(i int) float64 {
	if p.y.Index != nil && p.y.Index[i] == xent.Ignore {
		return 0
	}
	if p.y.RowWeights == nil {
		return 1
	}
	return float64(p.y.RowWeights[i])
}

// An outcome is all that a pass gives.
type outcome struct {
	result xent.Result
	rows   xent.DivergenceRows
	grad   *table
}

func (p pair) gradient(t *testing.T, o xent.DivergenceOptions, scale float64) outcome {
	t.Helper()
	d, err := xent.NewDivergence(p.student.cols, o)
	if err != nil {
		t.Fatal(err)
	}
	n := p.student.rows
	out := outcome{rows: xent.DivergenceRows{Divergence: make([]float64, n)}, grad: newTable(p.student.dtype, n, p.student.cols, p.student.stride)}
	if p.y.Index != nil {
		out.rows.NLL = make([]float64, n)
	}
	var total xent.Total
	student, teacher := p.student.clone(), p.teacher.clone()
	if err := d.Gradient(&total, p.student.matrix(), p.teacher.matrix(), p.y, &out.rows, scale, out.grad.matrix()); err != nil {
		t.Fatal(err)
	}
	same(t, "the student", p.student, student)
	same(t, "the teacher", p.teacher, teacher)
	out.result = total.Result()
	return out
}

func sameOutcomes(t *testing.T, name string, got, want outcome) {
	t.Helper()
	if g, w := fmt.Sprintf("%x", got.result), fmt.Sprintf("%x", want.result); g != w {
		t.Errorf("%s: result %s, want %s", name, g, w)
	}
	if g, w := fmt.Sprintf("%x", got.rows), fmt.Sprintf("%x", want.rows); g != w {
		t.Errorf("%s: rows %s, want %s", name, g, w)
	}
	same(t, name, got.grad, want.grad)
}

// kinds are all kinds, JSD with several β.
func kinds(temperature, hard, soft, factor float64) (all []xent.DivergenceOptions) {
	for _, k := range []struct {
		kind xent.Kind
		beta float64
	}{{xent.ForwardKL, 0}, {xent.ReverseKL, 0}, {xent.TeacherCE, 0}, {xent.JSD, 0.5}, {xent.JSD, 0.1}, {xent.JSD, 1e-3}, {xent.JSD, 0.97}} {
		all = append(all, xent.DivergenceOptions{Kind: k.kind, Beta: k.beta, Temperature: temperature, Hard: hard, Soft: soft, SoftFactor: factor})
	}
	return all
}

func label(o xent.DivergenceOptions) string {
	return fmt.Sprintf("%v/β=%v/T=%v/hard=%v", o.Kind, o.Beta, o.Temperature, o.Hard)
}
