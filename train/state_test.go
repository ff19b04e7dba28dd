package train

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"xent/internal/safetensors"
	"xent/internal/source"
	"xent/internal/tensor"
	"xent/lm"
	"xent/tokenizer"
)

// tinyPlan is a plan over the smallest model there can be.
func tinyPlan() (plan, progress) {
	spec := Shape{Vocab: 257, Context: 2, Width: 2, Layers: 1, Heads: 1, KVHeads: 1, HeadDim: 2, Hidden: 1}.spec(257, true)
	p := plan{
		Version: stateVersion, Spec: spec, Steps: 9, BatchTokens: 8, MicroTokens: 8, EvalEvery: 3, CheckpointEvery: 3,
		Optimizer: DefaultOptimizer(), Corpus: corpusRef{Source: true},
	}
	return p, progress{Step: 3, Cursor: cursor{Next: 2}, Curve: []Point{{Step: 0, HeldNats: 5}, {Step: 3, HeldNats: 4}}, Best: 1}
}

// checkpointOf is a checkpoint with a right checksum, whatever its JSON says,
// and tensors of n numbers, the last of second.
func checkpointOf(t testing.TB, planJSON, progressJSON string, n, second int) []byte {
	t.Helper()
	var tensors []tensor.Tensor
	for _, x := range []struct {
		name string
		n    int
	}{{weightsTensor, n}, {firstTensor, n}, {secondTensor, second}} {
		tensors = append(tensors, tensor.Tensor{Name: x.name, DType: tensor.F32, Shape: []int{x.n}, Data: tensor.Bytes(make([]float32, x.n))})
	}
	var b bytes.Buffer
	err := safetensors.Write(&b, tensors, map[string]string{
		planKey: planJSON, progressKey: progressJSON, checksumKey: checksum(tensors, planJSON, progressJSON),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// decodeBytes decodes a file and returns what that allocated.
func decodeBytes(b []byte) (c *checkpoint, allocated uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := safetensors.Parse(b)
	if err == nil {
		c, err = decode(f)
	}
	runtime.ReadMemStats(&after)
	return c, after.TotalAlloc - before.TotalAlloc, err
}

// checkDecoded holds what was decoded to what a run relies on.
func checkDecoded(t *testing.T, b []byte) {
	t.Helper()
	c, allocated, err := decodeBytes(b)
	if most := uint64(1<<20 + 64*len(b)); allocated > most {
		t.Errorf("%d bytes took %d of memory", len(b), allocated)
	}
	if err != nil {
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("error of more than one line: %q", err)
		}
		return
	}
	p, g := &c.plan, &c.progress
	if n := p.Spec.Parameters(); len(c.weights) != n || len(c.m1) != n || len(c.m2) != p.Optimizer.secondMoments(p.Spec) {
		t.Errorf("%d, %d and %d numbers for %d parameters", len(c.weights), len(c.m1), len(c.m2), n)
	}
	if g.Step > p.Steps || len(g.Curve) > 0 && g.Best >= len(g.Curve) {
		t.Errorf("step %d of %d, best %d of %d", g.Step, p.Steps, g.Best, len(g.Curve))
	}
	g.done(p)
	p.id()
	g.bestStep()
	p.memory(&dataset{}, 1)
	s := stories{source: source.Stories(), tok: tokenizer.Bytes(), context: p.Spec.Context, seed: p.Seed}
	if s.seek(g.Cursor) == nil {
		if ids, _, err := s.peek(); err != nil || len(ids) == 0 {
			t.Errorf("the place %+v was taken for one: %v", g.Cursor, err)
		}
	}
}

func TestDecode(t *testing.T) {
	p, g := tinyPlan()
	b := checkpointOf(t, toJSON(t, p), toJSON(t, g), p.Spec.Parameters(), p.Optimizer.secondMoments(p.Spec))
	if _, _, err := decodeBytes(b); err != nil {
		t.Fatal(err)
	}
	checkDecoded(t, b)
}

// FuzzState: a checkpoint with a right checksum may say anything.
func FuzzState(f *testing.F) {
	p, g := tinyPlan()
	n, second := p.Spec.Parameters(), p.Optimizer.secondMoments(p.Spec)
	f.Add(toJSON(f, p), toJSON(f, g), n, second)
	g.Cursor = cursor{Epoch: 1 << 63, Group: -1, Next: 1 << 30}
	f.Add(toJSON(f, p), toJSON(f, g), n, second)
	p.Spec = lm.Spec{Vocab: 1 << 30, Context: 1 << 30, Width: 1 << 30, Layers: 1 << 30, Heads: 1 << 30, KVHeads: 1, HeadDim: 1 << 30, Hidden: 1 << 30}
	f.Add(toJSON(f, p), toJSON(f, g), n, second)
	f.Add(`{"version":2}`, `{"curve":[{}],"best":-1}`, 0, 0)
	f.Fuzz(func(t *testing.T, planJSON, progressJSON string, n, second int) {
		if n < 0 || n > 1<<16 || second < 0 || second > 1<<16 {
			return
		}
		checkDecoded(t, checkpointOf(t, planJSON, progressJSON, n, second))
	})
}

// FuzzCheckpoint: whatever bytes a file has.
func FuzzCheckpoint(f *testing.F) {
	p, g := tinyPlan()
	f.Add(checkpointOf(f, toJSON(f, p), toJSON(f, g), p.Spec.Parameters(), p.Optimizer.secondMoments(p.Spec)))
	f.Add(checkpointOf(f, "{}", "{}", 0, 0))
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(checkDecoded)
}
