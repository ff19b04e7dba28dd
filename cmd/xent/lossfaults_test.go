package main

import (
	"bytes"
	"context"
	"maps"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"

	"xent/internal/durable"
)

// lossFaults are about arrays that do not fit. The folder holds those of newLossCase.
var lossFaults = []fault{
	{name: "no logits", args: "", code: 2, want: "which logits? --logits FILE, or - for standard input"},
	{name: "no targets", args: "--logits z.npy", code: 2, want: "which targets? --targets FILE, --soft-targets FILE, or"},
	{name: "an argument", args: "z.npy", code: 2, want: `no argument is wanted, but "z.npy" was given`},
	{name: "two kinds of targets", args: "--logits z.npy --targets y.npy --soft-targets q.npy", code: 2, want: "give --targets, --soft-targets or --soft-index, one of them"},
	{name: "no probabilities", args: "--logits z.npy --soft-index i.npy", code: 2, want: "--soft-index i.npy: where are its probabilities? --soft-probs FILE"},
	{name: "no list", args: "--logits z.npy --targets y.npy --soft-probs p.npy", code: 2, want: "--soft-probs p.npy: of which classes? --soft-index FILE"},
	{name: "rest of nothing", args: "--logits z.npy --targets y.npy --rest uniform", code: 2, want: "--rest is about --soft-index, which is not given"},
	{name: "unknown rest", args: "--logits z.npy --soft-index i.npy --soft-probs p.npy --rest all", code: 2, want: "--rest all: want error, uniform or renormalise"},
	{name: "ignored class of probabilities", args: "--logits z.npy --soft-targets q.npy --ignore-index 0", code: 2, want: "--ignore-index is about classes, not probabilities"},
	{name: "scale of nothing", args: "--logits z.npy --targets y.npy --scale sum", code: 2, want: "--scale is about the gradient, which is not asked for: --grad FILE"},
	{name: "scale", args: "--logits z.npy --targets y.npy --grad g.npy --scale abc", code: 2, want: "--scale abc: want mean, sum or a number"},
	{name: "infinite scale", args: "--logits z.npy --targets y.npy --grad g.npy --scale Inf", code: 2, want: "--scale Inf: want mean, sum or a number"},
	{name: "smoothing", args: "--logits z.npy --targets y.npy --label-smoothing 2", code: 2, want: "--label-smoothing 2: want a share in [0, 1]"},
	{name: "z-loss", args: "--logits z.npy --targets y.npy --z-loss -1", code: 2, want: "--z-loss -1: want a finite number ≥ 0"},
	{name: "cap", args: "--logits z.npy --targets y.npy --softcap NaN", code: 2, want: "--softcap NaN: want a finite number > 0, or 0 for no cap"},
	{name: "temperature", args: "--logits z.npy --targets y.npy --temperature 0", code: 2, want: "--temperature 0: want a finite number > 0"},
	{name: "ignored word", args: "--logits z.npy --targets y.npy --ignore-index pad", code: 2, want: `--ignore-index "pad": want a whole number`},
	{name: "threads", args: "--logits z.npy --targets y.npy -t -1", code: 2, want: "--threads -1: want a number from 1 on"},
	{name: "targets on standard input", args: "--logits z.npy --targets -", code: 2, want: "--targets -: only --logits can be standard input"},
	{name: "gradient over the logits", args: "--logits z.npy --targets y.npy --grad ./z.npy", code: 2, want: "--grad ./z.npy is the file of --logits: give another"},
	{name: "gradient over an archive", files: map[string]string{"a.npz": ""}, args: "--logits a.npz:z --targets y.npy --grad a.npz", code: 2, want: "--grad a.npz is the file of --logits: give another"},
	{name: "one file for two", args: "--logits z.npy --targets y.npy --grad g.npy --per-row ./g.npy", code: 2, want: "--per-row ./g.npy is the file of --grad: give another"},
	{name: "result over the targets", args: "--logits z.npy --targets y.npy -o y.npy", code: 2, want: "--output y.npy is the file of --targets: give another"},
	{name: "gradient into the result", args: "--logits z.npy --targets y.npy --grad -", code: 2, want: "--grad - would mix with the result: add --output FILE"},
	{name: "two on standard output", args: "--logits z.npy --targets y.npy --grad - --per-row - -o o.txt", code: 2, want: "--grad - and --per-row - would mix: give one of them a file"},
	{name: "no folder", args: "--logits z.npy --targets y.npy --grad no/g.npy", code: 1, want: "no/g.npy: there is no folder no"},

	{name: "missing logits", args: "--logits gone.npy --targets y.npy", code: 1, want: "xent: gone.npy: no such file or directory"},
	{name: "missing archive", args: "--logits gone.npz:z --targets y.npy", code: 1, want: "xent: gone.npz: no such file or directory"},
	{name: "missing targets", args: "--logits z.npy --targets gone.npy", code: 1, want: "xent: gone.npy: no such file or directory"},
	{name: "folder", files: map[string]string{"d/x": ""}, args: "--logits d --targets y.npy", code: 1, want: "d: a folder, not an array"},
	{name: "no array", files: map[string]string{"z.txt": "1 2 3"}, args: "--logits z.txt --targets y.npy", code: 1, want: "z.txt: "},
	{name: "no array on standard input", stdin: "1 2 3", args: "--logits - --targets y.npy", code: 1, want: "xent: -: "},
	{name: "Fortran order", files: map[string]string{"f.npy": rawHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 5, 7), }") + strings.Repeat("\x00", 280)},
		args: "--logits f.npy --targets y.npy", code: 1, want: "f.npy: "},
	{name: "logits of integers", args: "--logits y.npy --targets y.npy", code: 1, want: "y.npy: elements of type int32, where logits are float32, float16, bfloat16 or float64"},
	{name: "targets of floats", args: "--logits z.npy --targets r.npy", code: 1, want: "r.npy: elements of type float32, where classes are integers"},
	{name: "list of floats", args: "--logits z.npy --soft-index p.npy --soft-probs p.npy", code: 1, want: "p.npy: elements of type float32, where classes are integers"},
	{name: "probabilities of integers", files: map[string]string{"i7.npy": rawArray("<i2", "(2, 5, 7)", strings.Repeat("\x01\x00", 70))}, args: "--logits z.npy --soft-targets i7.npy", code: 1,
		want: "i7.npy: elements of type int16, where probabilities are float32"},
	{name: "untyped logits", files: map[string]string{"v.npy": rawArray("|V2", "(2, 5, 7)", strings.Repeat("\x01\x00", 70))}, args: "--logits v.npy --targets y.npy", code: 1,
		want: "v.npy: 2-byte values without a type (V2), as np.save writes bfloat16: if that is what they are, add --bfloat16"},
	{name: "scalar", files: map[string]string{"s.npy": rawArray("<f4", "()", "\x00\x00\x00\x00")}, args: "--logits s.npy --targets y.npy", code: 1, want: "s.npy: shape () has no classes along its last axis"},
	{name: "no classes", files: map[string]string{"s.npy": rawArray("<f4", "(3, 0)", "")}, args: "--logits s.npy --targets y.npy", code: 1, want: "s.npy: shape (3, 0) has no classes along its last axis"},
	{name: "shape of targets", args: "--logits q.npy --targets w.npy", code: 1, want: "w.npy: shape (7,), want (2, 5), as the logits' rows"},
	{name: "shape of row weights", args: "--logits z.npy --targets y.npy --row-weights w.npy", code: 1, want: "w.npy: shape (7,), want (2, 5), as the logits' rows"},
	{name: "shape of class weights", args: "--logits z.npy --targets y.npy --weights r.npy", code: 1, want: "r.npy: shape (2, 5), want (7,), one weight a class"},
	{name: "shape of soft targets", args: "--logits z.npy --soft-targets p.npy", code: 1, want: "p.npy: shape (2, 5, 2), want (2, 5, 7), as the logits"},
	{name: "shape of the list", args: "--logits z.npy --soft-index y.npy --soft-probs p.npy", code: 1, want: "y.npy: shape (2, 5), want that of the logits, (2, 5, 7), with K of 7 classes along the last axis"},
	{name: "shape of its probabilities", args: "--logits z.npy --soft-index i.npy --soft-probs r.npy", code: 1, want: "r.npy: shape (2, 5), want (2, 5, 2), as i.npy"},
	{name: "target out of range", files: map[string]string{"y2.npy": rawArray("|i1", "(2, 5)", "\x00\x01\x02\x03\x04\x05\x06\x07\x00\x00")}, args: "--logits z.npy --targets y2.npy --grad g.npy", code: 1,
		want: "y2.npy: row 7, at [1, 2]: class 7: want 0 to 6, or -100 to ignore it (--ignore-index)"},
	{name: "library's own number", args: "--logits z.npy --targets y.npy --ignore-index -1", code: 1, want: "y.npy: row 3, at [0, 3]: class -100: want 0 to 6, or -1 to ignore it"},
	{name: "target beyond int32", files: map[string]string{"y2.npy": rawArray("<i8", "(1,)", "\x00\x00\x00\x00\x01\x00\x00\x00"), "z2.npy": rawArray("<f4", "(1, 2)", "\x00\x00\x00\x00\x00\x00\x00\x00")},
		args: "--logits z2.npy --targets y2.npy", code: 1, want: "y2.npy: row 0: class 4294967296: want 0 to 1"},
	{name: "sum of a list", args: "--logits z.npy --soft-index i.npy --soft-probs p.npy", code: 1, want: "p.npy: row 0, at [0, 0]: the probabilities sum to 0.75: want 1, or a rule for the rest (--rest)"},
	{name: "truncated logits", files: map[string]string{"t.npy": rawArray("<f4", "(2, 5, 7)", strings.Repeat("\x00", 100))}, args: "--logits t.npy --targets y.npy --grad g.npy", code: 1, want: "t.npy: truncated: "},
	{name: "truncated standard input", stdin: rawArray("<f4", "(2, 5, 7)", strings.Repeat("\x00", 100)), args: "--logits - --targets y.npy --grad g.npy --per-row rows.npy", code: 1, want: "-: truncated: "},
	{name: "something behind standard input", stdin: rawArray("<f4", "(2, 5, 7)", strings.Repeat("\x00", 281)), args: "--logits - --targets y.npy --grad g.npy", code: 1, want: "-: more follows the array"},
}

// TestLossFaults: each is one clear line with the right code, and changes nothing.
func TestLossFaults(t *testing.T) {
	c := newLossCase()
	blocks(t, 1)
	for _, f := range lossFaults {
		t.Run(f.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			c.save(t)
			for name, content := range f.files {
				if strings.Contains(name, "/") {
					if err := os.MkdirAll("d", 0o777); err != nil {
						t.Fatal(err)
					}
				}
				file(t, name, content)
			}
			before := snapshot(t, dir)
			f.want = "xent: " + strings.TrimPrefix(f.want, "xent: ")
			f.check(t, call(t, f.stdin, append([]string{"loss"}, strings.Fields(f.args)...)...))
			if !maps.Equal(before, snapshot(t, dir)) {
				t.Error("the folder changed")
			}
		})
	}
}

// TestLossBadValues: the row of a bad value is that of the whole array, the lowest
// one's is told, and nothing is written.
func TestLossBadValues(t *testing.T) {
	nan, negative := float32(math.NaN()), float32(-1)
	for _, k := range []struct {
		change     func(c *lossCase)
		args, want string
	}{
		{func(c *lossCase) { c.row[6], c.row[9] = nan, nan }, "--targets y.npy --row-weights r.npy", "r.npy: row 6, at [1, 1]: weight NaN is not a finite number ≥ 0"},
		{func(c *lossCase) { c.row[6] = negative }, "--soft-targets q.npy --row-weights r.npy", "r.npy: row 6, at [1, 1]: weight -1 is not a finite number ≥ 0"},
		{func(c *lossCase) { c.weights[5] = negative }, "--targets y.npy --weights w.npy", "w.npy: class 5: weight -1: want a finite number ≥ 0"},
		{func(c *lossCase) { c.soft[8*lossV+4], c.soft[9*lossV] = negative, nan }, "--soft-targets q.npy", "q.npy: row 8, at [1, 3]: class 4: probability -1: "},
		{func(c *lossCase) { clear(c.soft[9*lossV:]) }, "--soft-targets q.npy", "q.npy: row 9, at [1, 4]: the probabilities sum to 0: "},
		{func(c *lossCase) { c.probs[19] = nan }, "--soft-index i.npy --soft-probs p.npy --rest uniform", "p.npy: row 9, at [1, 4]: class "},
		{func(c *lossCase) { c.index[19] = c.index[18] }, "--soft-index i.npy --soft-probs p.npy --rest uniform", "p.npy: row 9, at [1, 4]: class "},
		{func(c *lossCase) { c.index[19] = 7 }, "--soft-index i.npy --soft-probs p.npy --rest uniform", "i.npy: row 9, at [1, 4]: class 7: want 0 to 6"},
		{func(c *lossCase) { clear(c.weights) }, "--targets y.npy --weights w.npy", "--scale mean: the gradient cannot be multiplied by +Inf, for which the weights of the rows are too small: give sum, or a number"},
	} {
		dir := t.TempDir()
		t.Chdir(dir)
		c := newLossCase()
		k.change(c)
		c.save(t)
		before := snapshot(t, dir)
		for _, block := range []int{1, 1 << 20} {
			blocks(t, block)
			f := fault{code: exitFailed, want: "xent: " + k.want}
			f.check(t, call(t, "", append(strings.Fields("loss --logits z.npy --grad g.npy --per-row rows.npy -t 3"), strings.Fields(k.args)...)...))
		}
		if !maps.Equal(before, snapshot(t, dir)) {
			t.Errorf("%s: the folder changed", k.want)
		}
	}
}

// TestLossFullDisk: an output that does not fit is named, and nothing is left.
func TestLossFullDisk(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	newLossCase().save(t)
	before := snapshot(t, dir)
	for _, name := range []string{"g.npy", "rows.npy"} {
		durable.TestHook = func(op durable.Op) error {
			if op.Kind == durable.OpWrite && strings.Contains(op.Path, name) {
				return syscall.ENOSPC
			}
			return nil
		}
		r := call(t, "", "loss", "--logits", "z.npy", "--targets", "y.npy", "--grad", "g.npy", "--per-row", "rows.npy")
		durable.TestHook = nil
		f := fault{code: exitFailed, want: name + ": " + syscall.ENOSPC.Error()}
		f.check(t, r)
		os.Remove("rows.npy") // whole, and written first
		if !maps.Equal(before, snapshot(t, dir)) {
			t.Errorf("%s: the folder changed", name)
		}
	}
}

// TestLossInterrupted: Ctrl-C ends a wait for logits, and leaves nothing.
func TestLossInterrupted(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	newLossCase().save(t)
	before := snapshot(t, dir)
	for _, head := range []string{"", read(t, "z.npy")[:200]} {
		in := &endless{make(chan struct{}), make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-in.read
			cancel()
		}()
		var out, errs bytes.Buffer
		blocks(t, 1)
		code := run(ctx, &behind{strings.NewReader(head), in}, &out, &errs, strings.Fields("loss --logits - --targets y.npy --grad g.npy"))
		if code != exitInterrupted || out.Len() > 0 || errs.String() != "xent: interrupted\n" {
			t.Errorf("code %d\n%s%s", code, &out, &errs)
		}
		if !maps.Equal(before, snapshot(t, dir)) {
			t.Error("the folder changed")
		}
		close(in.end)
	}
}

// behind gives a text and then what an endless stream does.
type behind struct {
	head *strings.Reader
	in   *endless
}

func (b *behind) Read(p []byte) (int, error) {
	if b.head.Len() > 0 {
		return b.head.Read(p)
	}
	return b.in.Read(p)
}
