package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"xent"
	"xent/internal/npy"
)

// array returns the bytes of an .npy file.
func array[T npy.Value](t *testing.T, typ npy.Type, data []T, shape ...int) string {
	t.Helper()
	var b bytes.Buffer
	w, err := npy.NewWriter(&b, typ, shape...)
	if err == nil {
		err = npy.Write(w, data)
	}
	if err == nil {
		err = w.Finish()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// floats reads an array that was written, of that shape.
func floats(t *testing.T, path string, typ npy.Type, shape ...int) []float64 {
	t.Helper()
	a, err := npy.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	a.AssumeBFloat16()
	if a.Type() != typ || !slices.Equal(a.Shape(), shape) {
		t.Fatalf("%s: %s %v, want %s %v", path, a.Type(), a.Shape(), typ, shape)
	}
	x, err := npy.ReadAll[float64](a)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// The arrays that most tests use: 2×5 rows of 7 classes.
const (
	lossB, lossT, lossV = 2, 5, 7
	lossN               = lossB * lossT
)

// A lossCase is a batch as the library takes it.
type lossCase struct {
	logits, soft        []float32
	targets, index      []int32
	probs, weights, row []float32
}

func newLossCase() *lossCase {
	r := rand.New(rand.NewPCG(1, 2))
	normal := func(n int, scale float64) (x []float32) {
		for range n {
			x = append(x, float32(scale*r.NormFloat64()))
		}
		return x
	}
	c := &lossCase{logits: normal(lossN*lossV, 3)}
	for i := range lossN {
		c.targets = append(c.targets, int32(r.IntN(lossV)))
		q := make([]float32, lossV)
		for range 64 {
			q[r.IntN(lossV)] += 1.0 / 64
		}
		c.soft = append(c.soft, q...)
		first := int32(r.IntN(lossV))
		c.index = append(c.index, first, (first+1+int32(r.IntN(lossV-1)))%lossV)
		c.probs = append(c.probs, 0.5, 0.25)
		c.row = append(c.row, float32(i%4)/2)
	}
	for range lossV {
		c.weights = append(c.weights, r.Float32()+0.1)
	}
	c.targets[3], c.targets[8] = xent.Ignore, xent.Ignore
	c.index[2*6], c.index[2*6+1] = xent.Ignore, xent.Ignore
	return c
}

// save writes the case to the current folder.
func (c *lossCase) save(t *testing.T) {
	t.Helper()
	file(t, "z.npy", array(t, npy.Float32, c.logits, lossB, lossT, lossV))
	file(t, "y.npy", array(t, npy.Int32, c.targets, lossB, lossT))
	file(t, "q.npy", array(t, npy.Float32, c.soft, lossB, lossT, lossV))
	file(t, "i.npy", array(t, npy.Int32, c.index, lossB, lossT, 2))
	file(t, "p.npy", array(t, npy.Float32, c.probs, lossB, lossT, 2))
	file(t, "w.npy", array(t, npy.Float32, c.weights, lossV))
	file(t, "r.npy", array(t, npy.Float32, c.row, lossB, lossT))
}

// blocks has logits read a given number of bytes at a time.
func blocks(t *testing.T, size int) {
	before := lossBlock
	lossBlock = size
	t.Cleanup(func() { lossBlock = before })
}

// TestLossTextbook: numbers that can be worked out on paper.
func TestLossTextbook(t *testing.T) {
	t.Chdir(t.TempDir())
	ln := math.Log
	file(t, "z.npy", array(t, npy.Float64, []float64{ln(1), ln(2), ln(5), 0, 0, 0, 9, 9, 9, ln(8), ln(1), ln(1)}, 4, 3))
	file(t, "y.npy", array(t, npy.Int64, []int64{1, 2, -100, 0}, 4))
	o := decoded(t, must(t, "", "loss", "--logits", "z.npy", "--targets", "y.npy", "--grad", "g.npy", "--per-row", "rows.npy", "--json"))
	hasNames(t, "loss", o, `schema_version command options dtype rows classes sum mean nll smoothing z_loss weight row_weight count correct accuracy
		entropy entropy_per_row nats_per_target perplexity bits_per_target nonfinite_rows first_nonfinite_row scale`)
	product := 0.25 * (1.0 / 3) * 0.8 // 2/8, 1/3, 8/10
	entropies := ln(8) - (2*ln(2)+5*ln(5))/8 + ln(3) + ln(10) - 0.8*ln(8)
	for name, want := range map[string]float64{
		"rows": 4, "classes": 3, "count": 3, "correct": 1, "accuracy": 1.0 / 3, "sum": -ln(product), "nll": -ln(product), "mean": -ln(product) / 3,
		"nats_per_target": -ln(product) / 3, "smoothing": 0, "z_loss": 0, "weight": 3, "row_weight": 3, "perplexity": math.Cbrt(1 / product),
		"bits_per_target": -math.Log2(product) / 3, "entropy": entropies, "entropy_per_row": entropies / 3, "nonfinite_rows": 0, "scale": 1.0 / 3,
	} {
		if got := number(t, o, name); !(math.Abs(got-want) <= 1e-12) {
			t.Errorf("%s %v, want %v", name, got, want)
		}
	}
	if o["first_nonfinite_row"] != nil || o["dtype"] != "float64" || o["command"] != "loss" {
		t.Errorf("%v", o)
	}
	grad := []float64{1. / 8, 2./8 - 1, 5. / 8, 1. / 3, 1. / 3, 1./3 - 1, 0, 0, 0, .8 - 1, .1, .1}
	for i, got := range floats(t, "g.npy", npy.Float64, 4, 3) {
		if !(math.Abs(3*got-grad[i]) <= 1e-12) {
			t.Errorf("gradient %d: %v, want %v/3", i, got, grad[i])
		}
	}
	rows := []float64{
		ln(4), ln(8), ln(8) - (2*ln(2)+5*ln(5))/8, 2, 2,
		ln(3), ln(3), ln(3), 0, 3,
		math.NaN(), math.NaN(), math.NaN(), -1, -1,
		-ln(.8), ln(10), ln(10) - .8*ln(8), 0, 1,
	}
	for i, got := range floats(t, "rows.npy", npy.Float64, 4, 5) {
		if want := rows[i]; want == want && !(math.Abs(got-want) <= 1e-12) || want != want && got == got {
			t.Errorf("row %d, column %d: %v, want %v", i/5, i%5, got, want)
		}
	}
}

// lossOptions are flags, and what they ask of the library.
var lossOptions = []struct {
	flags string
	o     func(*xent.Options, *lossCase)
	y     func(*xent.Targets, *lossCase)
}{
	{flags: "--targets y.npy"},
	{"--targets y.npy --weights w.npy", func(o *xent.Options, c *lossCase) { o.ClassWeights = c.weights }, nil},
	{"--targets y.npy --row-weights r.npy", nil, func(y *xent.Targets, c *lossCase) { y.RowWeights = c.row }},
	{"--targets y.npy --label-smoothing 0.1", func(o *xent.Options, _ *lossCase) { o.LabelSmoothing = 0.1 }, nil},
	{"--targets y.npy --z-loss 0.01", func(o *xent.Options, _ *lossCase) { o.ZLoss = 0.01 }, nil},
	{"--targets y.npy --softcap 2.5", func(o *xent.Options, _ *lossCase) { o.SoftCap = 2.5 }, nil},
	{"--targets y.npy --temperature 2", func(o *xent.Options, _ *lossCase) { o.Temperature = 2 }, nil},
	{"--targets y.npy --ignore-index -100 --weights w.npy --row-weights r.npy --label-smoothing 0.2 --z-loss 1e-4 --softcap 30 --temperature 0.5", func(o *xent.Options, c *lossCase) {
		*o = xent.Options{ClassWeights: c.weights, LabelSmoothing: 0.2, ZLoss: 1e-4, SoftCap: 30, Temperature: 0.5}
	}, func(y *xent.Targets, c *lossCase) { y.RowWeights = c.row }},
	{"--soft-targets q.npy", nil, func(y *xent.Targets, c *lossCase) {
		*y = xent.Targets{Soft: &xent.Soft{Dense: xent.Float32(c.soft, lossN, lossV)}}
	}},
	{"--soft-targets q.npy --row-weights r.npy --weights w.npy", func(o *xent.Options, c *lossCase) { o.ClassWeights = c.weights }, func(y *xent.Targets, c *lossCase) {
		*y = xent.Targets{Soft: &xent.Soft{Dense: xent.Float32(c.soft, lossN, lossV)}, RowWeights: c.row}
	}},
	{"--soft-index i.npy --soft-probs p.npy --rest uniform", nil, func(y *xent.Targets, c *lossCase) {
		*y = xent.Targets{Soft: &xent.Soft{K: 2, Index: c.index, Prob: c.probs, Rest: xent.RestUniform}}
	}},
	{"--soft-index i.npy --soft-probs p.npy --rest renormalise --row-weights r.npy", nil, func(y *xent.Targets, c *lossCase) {
		*y = xent.Targets{Soft: &xent.Soft{K: 2, Index: c.index, Prob: c.probs, Rest: xent.RestRenormalise}, RowWeights: c.row}
	}},
}

// TestLossEqualsLibrary: every flag is the library's option, to the last bit, and
// makes a difference.
func TestLossEqualsLibrary(t *testing.T) {
	t.Chdir(t.TempDir())
	c := newLossCase()
	c.save(t)
	blocks(t, 1)
	seen := map[float64]string{}
	for _, k := range lossOptions {
		o, y := xent.Options{}, xent.Targets{Index: c.targets}
		if k.o != nil {
			k.o(&o, c)
		}
		if k.y != nil {
			k.y(&y, c)
		}
		loss, err := xent.New(lossV, o)
		if err != nil {
			t.Fatal(err)
		}
		weight, err := loss.Weight(y)
		if err != nil {
			t.Fatal(err)
		}
		for scale, factor := range map[string]float64{"mean": 1 / weight, "sum": 1, "-2.5": -2.5} {
			args := k.flags + " --scale " + scale
			mean := equalsLibrary(t, c, args, loss, y, factor)
			if before, ok := seen[mean]; ok && before != k.flags {
				t.Errorf("%q and %q give the same", before, k.flags)
			}
			seen[mean] = k.flags
		}
	}
}

// equalsLibrary holds a call to the library's, and returns the mean.
func equalsLibrary(t *testing.T, c *lossCase, args string, loss *xent.Loss, y xent.Targets, factor float64) float64 {
	t.Helper()
	var total xent.Total
	grad := make([]float32, lossN*lossV)
	rows := &xent.Rows{NLL: make([]float64, lossN), LSE: make([]float64, lossN), Entropy: make([]float64, lossN), Argmax: make([]int32, lossN), Rank: make([]int32, lossN)}
	if err := loss.Gradient(&total, xent.Float32(c.logits, lossN, lossV), y, rows, factor, xent.Float32(grad, lossN, lossV)); err != nil {
		t.Fatal(err)
	}
	got := decoded(t, must(t, "", strings.Fields("loss --logits z.npy --json --grad g.npy --per-row rows.npy "+args)...))
	r := total.Result()
	for name, want := range map[string]float64{
		"sum": r.Sum, "mean": r.Mean(), "nll": r.NLL, "smoothing": r.Smoothing, "z_loss": r.ZLoss, "weight": r.Weight, "row_weight": r.RowWeight, "count": float64(r.Count),
		"correct": float64(r.Correct), "entropy": r.Entropy, "perplexity": r.Perplexity(), "bits_per_target": r.Bits(), "scale": factor,
	} {
		if x := number(t, got, name); x != want {
			t.Errorf("%s: %s %v, want %v", args, name, x, want)
		}
	}
	for i, x := range floats(t, "g.npy", npy.Float32, lossB, lossT, lossV) {
		if x != float64(grad[i]) {
			t.Fatalf("%s: gradient %d: %v, want %v", args, i, x, grad[i])
		}
	}
	for i, x := range floats(t, "rows.npy", npy.Float64, lossB, lossT, 5) {
		j := i / 5
		want := []float64{rows.NLL[j], rows.LSE[j], rows.Entropy[j], float64(rows.Argmax[j]), float64(rows.Rank[j])}[i%5]
		if x != want && (x == x || want == want) {
			t.Fatalf("%s: row %d, column %d: %v, want %v", args, j, i%5, x, want)
		}
	}
	return r.Mean()
}

// archive returns the bytes of an .npz file with those members.
func archive(t *testing.T, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		f, err := w.Create(members[i] + ".npy")
		if err == nil {
			_, err = f.Write([]byte(members[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestLossStreams: in whatever pieces, by however many threads and from whatever
// kind of file, nothing changes a bit. A row has no finite loss, and its number
// is that in the whole array.
func TestLossStreams(t *testing.T) {
	c := newLossCase()
	c.logits[7*lossV+2], c.targets[7] = float32(math.Inf(-1)), 2
	var narrow [2][]uint16 // bfloat16, and any finite float16
	wide := make([]float64, len(c.logits))
	for i, z := range c.logits {
		narrow[0] = append(narrow[0], uint16(math.Float32bits(z)>>16))
		narrow[1] = append(narrow[1], uint16(i*977%0x3c00)|uint16(i%2)<<15)
		wide[i] = float64(z)
	}
	for _, k := range []struct {
		typ   npy.Type
		z     string
		flags string
	}{
		{npy.Float32, array(t, npy.Float32, c.logits, lossB, lossT, lossV), ""},
		{npy.Float64, array(t, npy.Float64, wide, lossB, lossT, lossV), ""},
		{npy.Float16, array(t, npy.Float16, narrow[1], lossB, lossT, lossV), ""},
		{npy.BFloat16, array(t, npy.BFloat16, narrow[0], lossB, lossT, lossV), " --bfloat16"},
	} {
		for _, targets := range []string{"--targets y.npy", "--soft-targets q.npy", "--soft-index i.npy --soft-probs p.npy --rest uniform"} {
			t.Run(k.typ.String()+" "+targets, func(t *testing.T) {
				t.Chdir(t.TempDir())
				c.save(t)
				file(t, "z.npy", k.z)
				file(t, "a.npz", archive(t, "z", k.z, "y", read(t, "y.npy")))
				outcome := func(stdin, logits string, threads, block int) string {
					blocks(t, block)
					args := fmt.Sprintf("loss --logits %s %s%s --json --label-smoothing 0.1 --grad g.npy --per-row rows.npy -t %d", logits, targets, k.flags, threads)
					o := decoded(t, must(t, stdin, strings.Fields(args)...))
					delete(o, "options")
					text, err := json.Marshal(o)
					if err != nil {
						t.Fatal(err)
					}
					return string(text) + read(t, "g.npy") + read(t, "rows.npy")
				}
				whole := outcome("", "z.npy", 1, 1<<20)
				if k.typ != npy.Float16 && !strings.Contains(whole, `"first_nonfinite_row":7,`) {
					t.Errorf("%.600s", whole)
				}
				floats(t, "g.npy", k.typ, lossB, lossT, lossV)
				for _, block := range []int{1, 3 * lossV * k.typ.Size(), 1 << 20} {
					for _, threads := range []int{1, 3, 0} {
						for stdin, logits := range map[string]string{"": "z.npy", k.z: "-", " ": "a.npz:z"} {
							if outcome(stdin, logits, threads, block) != whole {
								t.Errorf("%s by %d threads in blocks of %d bytes differs", logits, threads, block)
							}
						}
					}
				}
			})
		}
	}
}

// TestLossTargetTypes: classes of any integer type, with any number for ignored
// rows, and weights of any type.
func TestLossTargetTypes(t *testing.T) {
	t.Chdir(t.TempDir())
	c := newLossCase()
	c.save(t)
	want := decoded(t, must(t, "", "loss", "--logits", "z.npy", "--targets", "y.npy", "--row-weights", "r.npy", "--json"))
	wide := make([]float64, lossN)
	for i, r := range c.row {
		wide[i] = float64(r)
	}
	file(t, "wide.npy", array(t, npy.Float64, wide, lossB, lossT))
	for ignore, header := range map[int64]string{-1: "<i8", 255: "|u1", 6: ">i2", math.MaxInt64: "<u8"} {
		var data []byte
		count := 0
		for _, c := range c.targets {
			x := int64(c)
			if c == xent.Ignore {
				x = ignore
			}
			if x != ignore {
				count++
			}
			switch header {
			case "|u1":
				data = append(data, byte(x))
			case ">i2":
				data = binary.BigEndian.AppendUint16(data, uint16(x))
			default:
				data = binary.LittleEndian.AppendUint64(data, uint64(x))
			}
		}
		file(t, "y2.npy", rawArray(header, fmt.Sprintf("(%d, %d)", lossB, lossT), string(data)))
		o := decoded(t, must(t, "", "loss", "--logits", "z.npy", "--targets", "y2.npy", "--row-weights", "wide.npy", "--ignore-index", fmt.Sprint(ignore), "--json"))
		if ignore == 6 {
			if o := decoded(t, must(t, "", "loss", "--logits", "z.npy", "--targets", "y2.npy", "--ignore-index", "6", "--json")); number(t, o, "count") != float64(count) || count == lossN-2 {
				t.Errorf("class 6 left out: %v rows, want %d", o["count"], count)
			}
			continue
		}
		if number(t, o, "sum") != number(t, want, "sum") || number(t, o, "count") != number(t, want, "count") {
			t.Errorf("%s, %d: %v", header, ignore, o)
		}
	}
}

// rawArray is an .npy file with that header.
func rawArray(descr, shape, data string) string {
	return rawHeader(fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape)) + data
}

func rawHeader(text string) string {
	text += strings.Repeat(" ", 117-len(text)) + "\n"
	return "\x93NUMPY\x01\x00\x76\x00" + text
}

// TestLossArchives: members are chosen by name, and listed where none is.
func TestLossArchives(t *testing.T) {
	t.Chdir(t.TempDir())
	newLossCase().save(t)
	z, y := read(t, "z.npy"), read(t, "y.npy")
	file(t, "a.npz", archive(t, "z", z, "y", y))
	file(t, "one.npz", archive(t, "z", z))
	file(t, "odd.npz:z", z)
	want := must(t, "", "loss", "--logits", "z.npy", "--targets", "y.npy")
	for _, logits := range []string{"a.npz:z", "one.npz", "odd.npz:z"} {
		if got := must(t, "", "loss", "--logits", logits, "--targets", "a.npz:y"); got != strings.Replace(want, "z.npy", logits, 1) {
			t.Errorf("%s: %s", logits, got)
		}
	}
	for logits, want := range map[string]string{"a.npz": `a.npz: choose one of its 2 arrays: "z", "y"; for the first, give a.npz:z`, "a.npz:x": `a.npz: no array "x"; it has "z", "y"`} {
		f := fault{code: exitFailed, want: want}
		f.check(t, call(t, "", "loss", "--logits", logits, "--targets", "y.npy"))
	}
	if got := must(t, z, "loss", "--logits", "-", "--targets", "y.npy", "--grad", "-", "-o", "o.txt"); !strings.HasPrefix(got, z[:128]) || len(got) != len(z) {
		t.Errorf("the gradient on standard output: %d bytes, want %d", len(got), len(z))
	}
	if got := read(t, "o.txt"); !strings.HasSuffix(got, "\ngradient of 0.125·sum on standard output\n") {
		t.Errorf("%s", got)
	}
}

// TestLossNonFinite: JSON says why a number is null.
func TestLossNonFinite(t *testing.T) {
	t.Chdir(t.TempDir())
	inf, nan := math.Inf(1), math.NaN()
	for _, k := range []struct {
		z                      []float64
		y                      []int32
		w                      []float32
		mean, perplexity, null string
		rows                   float64
	}{
		{[]float64{0, 1, 0, 1}, []int32{-100, -100}, nil, "nothing_counted", "nothing_counted", "accuracy", 0},
		{[]float64{0, 1, 0, 1}, []int32{1, 1}, []float32{1, 0}, "zero_weight", "", "mean", 0},
		{[]float64{0, 1, 0, -inf}, []int32{1, 1}, nil, "zero_probability", "zero_probability", "sum", 1},
		{[]float64{0, 1, nan, 0}, []int32{1, 1}, nil, "undefined", "undefined", "entropy", 1},
		{[]float64{0, 1000, 0, 1000}, []int32{0, 0}, nil, "", "overflow", "perplexity", 0},
	} {
		file(t, "z.npy", array(t, npy.Float64, k.z, 2, 2))
		file(t, "y.npy", array(t, npy.Int32, k.y, 2))
		args := strings.Fields("loss --logits z.npy --targets y.npy --json")
		if k.w != nil {
			file(t, "w.npy", array(t, npy.Float32, k.w, 2))
			args = append(args, "--weights", "w.npy")
		}
		o := decoded(t, must(t, "", args...))
		why := o["nonfinite"].(map[string]any)
		for name, want := range map[string]string{"mean": k.mean, "perplexity": k.perplexity} {
			if got, ok := why[name]; ok != (want != "") || ok && got != want || ok != (o[name] == nil) {
				t.Errorf("%v: %s is %v, for %v", k.z, name, o[name], got)
			}
		}
		if o[k.null] != nil || why[k.null] == nil || number(t, o, "nonfinite_rows") != k.rows {
			t.Errorf("%v: %v", k.z, o)
		}
		for name := range why {
			if x, ok := o[name]; x != nil || !ok {
				t.Errorf("%v: nonfinite explains %s, which is %v", k.z, name, x)
			}
		}
	}
}

// TestLossNothingCounts: the gradient is 0, and a single row is one.
func TestLossNothingCounts(t *testing.T) {
	t.Chdir(t.TempDir())
	file(t, "z.npy", array(t, npy.Float32, []float32{1, 2, 4}, 3))
	for y, want := range map[int32]float64{xent.Ignore: 0, 1: 1} {
		file(t, "y.npy", array(t, npy.Int32, []int32{y}))
		o := decoded(t, must(t, "", "loss", "--logits", "z.npy", "--targets", "y.npy", "--grad", "g.npy", "--per-row", "r.npy", "--json"))
		if number(t, o, "count") != want || number(t, o, "rows") != 1 || (o["scale"] == nil) != (want == 0) {
			t.Errorf("%v", o)
		}
		if g := floats(t, "g.npy", npy.Float32, 3); (g[0] == 0 && g[1] == 0 && g[2] == 0) != (want == 0) {
			t.Errorf("gradient %v", g)
		}
		floats(t, "r.npy", npy.Float64, 5)
		r := call(t, "", "loss", "--logits", "z.npy", "--targets", "y.npy", "--grad", "g.npy")
		if strings.Contains(r.out, "\ngradient, all 0, in g.npy\n") != (want == 0) || (r.err == "xent: warning: no row counts: all are ignored, or weigh 0\n") != (want == 0) {
			t.Errorf("%+v", r)
		}
	}
	file(t, "z.npy", array(t, npy.Float32, []float32{}, 0, 3))
	file(t, "y.npy", array(t, npy.Int32, []int32{}, 0))
	if o := decoded(t, must(t, "", "loss", "--logits", "z.npy", "--targets", "y.npy", "--grad", "g.npy", "--json")); number(t, o, "rows") != 0 {
		t.Errorf("%v", o)
	}
	floats(t, "g.npy", npy.Float32, 0, 3)
}

// TestLossReport is what people read.
func TestLossReport(t *testing.T) {
	t.Chdir(t.TempDir())
	c := newLossCase()
	c.logits[7*lossV] = float32(math.NaN())
	c.save(t)
	out := must(t, "", strings.Fields("loss --logits z.npy --targets y.npy --grad g.npy --label-smoothing 0.1 --z-loss 0.1")...)
	fits(t, out)
	for _, want := range []string{
		"z.npy: 10 rows of 7 float32 logits, of which 2 are left out\n\n", "\n  mean loss, nats                   –\n", "\n    smoothing in it ", "\n    z-loss in it ", "\n  accuracy ", " %\n",
		"\n1 row without a finite loss; the first is row 7, at [1, 2]\n", "\ngradient of 0.125·sum in g.npy\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	plain := must(t, "", strings.Fields("loss --logits q.npy --targets y.npy")...)
	for _, no := range []string{"smoothing", "z-loss", "nats/target", "without", "gradient"} {
		if strings.Contains(plain, no) {
			t.Errorf("%q in\n%s", no, plain)
		}
	}
}

// TestLossVariables: a variable for one kind of targets gives way to another kind
// on the command line, and one for a flag that applies to nothing is no mistake.
func TestLossVariables(t *testing.T) {
	t.Chdir(t.TempDir())
	newLossCase().save(t)
	t.Setenv("XENT_TARGETS", "y.npy")
	t.Setenv("XENT_SOFT_PROBS", "gone.npy")
	t.Setenv("XENT_SCALE", "sum")
	t.Setenv("XENT_REST", "uniform")
	t.Setenv("XENT_IGNORE_INDEX", "-100")
	hard := decoded(t, must(t, "", "loss", "--logits", "z.npy", "--json"))
	soft := decoded(t, must(t, "", "loss", "--logits", "z.npy", "--soft-targets", "q.npy", "--json"))
	if number(t, hard, "count") != lossN-2 || number(t, soft, "count") != lossN {
		t.Errorf("%v\n%v", hard, soft)
	}
}

func TestLossCompletion(t *testing.T) {
	const files, nothing = ":0", ":4"
	for flag, want := range map[string]string{
		"--logits": files, "--targets": files, "--soft-targets": files, "--soft-index": files, "--soft-probs": files, "--weights": files, "--row-weights": files,
		"--grad": files, "--per-row": files, "-o": files, "--rest": "uniform", "--scale": "mean", "--ignore-index": nothing, "--z-loss": nothing,
	} {
		if r := call(t, "", "__complete", "loss", flag, ""); r.code != exitDone || !strings.Contains("\n"+r.out, "\n"+want) {
			t.Errorf("%s: no %q in %+v", flag, want, r)
		}
	}
}
