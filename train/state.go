package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"xent/internal/durable"
	"xent/internal/safetensors"
	"xent/internal/tensor"
	"xent/lm"
)

// stateVersion changes when a checkpoint of an older program would be read
// wrongly.
const stateVersion = 4

// A plan is all that decides a run, fixed before its first step.
type plan struct {
	Version         int       `json:"version"`
	Size            string    `json:"size"`
	Spec            lm.Spec   `json:"spec"`
	Seed            uint64    `json:"seed"`
	Steps           int       `json:"steps"`
	BatchTokens     int       `json:"batch_tokens"`
	MicroTokens     int       `json:"micro_tokens"`
	EvalEvery       int       `json:"eval_every"`
	CheckpointEvery int       `json:"checkpoint_every"`
	Optimizer       Optimizer `json:"optimizer"`
	BPEDropout      float64   `json:"bpe_dropout"`
	Corpus          corpusRef `json:"corpus"`
	Tokenizer       string    `json:"tokenizer_sha256"` // of tokenizer.json
	Precision       string    `json:"precision"`
	Backend         string    `json:"backend"`
	Go              string    `json:"go"`
}

// progress is how far a run has come. It holds no times, so that a run that
// was cut off ends with the bytes of one that was not.
type progress struct {
	Step      int     `json:"step"`
	Cursor    cursor  `json:"cursor"`
	Tokens    int64   `json:"tokens"`
	TrainSum  float64 `json:"train_nats"` // since the last evaluation
	TrainRows float64 `json:"train_rows"`
	Curve     []Point `json:"curve"`
	Best      int     `json:"best"` // index into Curve
	Warned    bool    `json:"warned_overfitting"`
	// What no uninterrupted run has: a part was computed where other bits are
	// computed, or the corpus has moved.
	Elsewhere bool       `json:"elsewhere,omitempty"`
	Moved     []filename `json:"moved,omitempty"`
}

// The checkpoint is a safetensors file, one tensor each for all weights, their first
// moments (momenta) and the second ones of what AdamW updates, in the order of lm.Arena,
// plan and progress in its metadata.
const (
	stateDir        = "state"
	checkpointName  = "checkpoint"
	lockName        = "lock"
	weightsTensor   = "weights"
	firstTensor     = "moment1"
	secondTensor    = "moment2"
	planKey         = "plan"
	progressKey     = "progress"
	checksumKey     = "sha256"
	descriptionFile = "xent.json"
)

// id names the runs that come to the same weights as the plan's: the SHA-256, in
// hexadecimal, of what decides them.
func (p *plan) id() string {
	q := *p
	q.CheckpointEvery, q.Backend, q.Go = 0, "", ""
	if q.precision() == lm.Float32 {
		q.MicroTokens = 0
	}
	q.Corpus.Paths = []pathRef{{Content: p.Corpus.content()}}
	b, err := json.Marshal(&q)
	if err != nil {
		panic(err) // a plan was read or written as JSON before
	}
	return hexDigest(b)
}

// precision is that of the layers' products.
func (p *plan) precision() lm.Precision {
	products, _ := precision(p.Precision)
	return products
}

func hexDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// check refuses a plan and a progress that no run can have written.
func (p *plan) check(g *progress) error {
	if err := p.Spec.Validate(); err != nil {
		return err
	}
	if err := p.Optimizer.check(); err != nil {
		return err
	}
	_, known := precision(p.Precision)
	switch {
	case !known:
		return fmt.Errorf("a precision %q", p.Precision)
	case p.Spec.Context < 2:
		return errors.New("a context that has no room for BOS and a token")
	case p.Steps < 1 || p.BatchTokens < 1 || p.MicroTokens < 1 || p.EvalEvery < 1 || p.CheckpointEvery < 1:
		return errors.New("its plan has a size below 1")
	case !(p.BPEDropout >= 0 && p.BPEDropout < 1):
		return errors.New("a BPE-dropout that is no probability below 1")
	case p.MicroTokens > p.BatchTokens:
		return errors.New("its micro-batches are larger than its batches")
	case g.Step < 0 || g.Step > p.Steps:
		return fmt.Errorf("step %d of %d", g.Step, p.Steps)
	case len(g.Curve) == 0 && (g.Step > 0 || g.Best != 0) || len(g.Curve) > 0 && (g.Best < 0 || g.Best >= len(g.Curve)):
		return fmt.Errorf("best evaluation %d of %d", g.Best, len(g.Curve))
	}
	return nil
}

func checkpointPath(dir string) string { return filepath.Join(dir, stateDir, checkpointName) }

// encode writes the checkpoint.
func encode(w io.Writer, p *plan, g *progress, weights, m, v []float32) error {
	planJSON, err := json.Marshal(p)
	if err != nil {
		return err
	}
	progressJSON, err := json.Marshal(g)
	if err != nil {
		return err
	}
	var tensors []tensor.Tensor
	for _, t := range []struct {
		name string
		data []float32
	}{{weightsTensor, weights}, {firstTensor, m}, {secondTensor, v}} {
		tensors = append(tensors, tensor.Tensor{Name: t.name, DType: tensor.F32, Shape: []int{len(t.data)}, Data: tensor.Bytes(t.data)})
	}
	return safetensors.Write(w, tensors, map[string]string{
		planKey: string(planJSON), progressKey: string(progressJSON), checksumKey: checksum(tensors, string(planJSON), string(progressJSON)),
	})
}

// checksum covers everything in a checkpoint.
func checksum(tensors []tensor.Tensor, plan, progress string) string {
	return hexDigest([]byte(safetensors.Digest(tensors) + "\x00" + plan + "\x00" + progress))
}

// writeCheckpoint replaces dir's checkpoint.
func writeCheckpoint(dir string, p *plan, g *progress, weights, m, v []float32) error {
	return durable.WriteFile(checkpointPath(dir), func(w io.Writer) error { return encode(w, p, g, weights, m, v) })
}

// A checkpoint is what was read.
type checkpoint struct {
	plan            plan
	progress        progress
	weights, m1, m2 []float32
}

// readCheckpoint reads and verifies dir's checkpoint.
func readCheckpoint(dir string) (*checkpoint, error) {
	path := checkpointPath(dir)
	f, err := safetensors.Read(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no training state to resume: %w", dir, err)
	}
	if err != nil {
		return nil, err
	}
	c, err := decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; it cannot be resumed, but the best model beside it may be whole", path, err)
	}
	return c, nil
}

// decode is the reverse of encode, for files of any origin.
func decode(f *safetensors.File) (*checkpoint, error) {
	planJSON, progressJSON := f.Metadata[planKey], f.Metadata[progressKey]
	var written struct{ Version int }
	if json.Unmarshal([]byte(planJSON), &written) == nil && written.Version > 0 && written.Version != stateVersion {
		return nil, fmt.Errorf("written by another version (state %d, this program reads %d)", written.Version, stateVersion)
	}
	if checksum(f.Tensors, planJSON, progressJSON) != f.Metadata[checksumKey] {
		return nil, errors.New("damaged: its checksum differs from the one recorded")
	}
	var c checkpoint
	if json.Unmarshal([]byte(planJSON), &c.plan) != nil || json.Unmarshal([]byte(progressJSON), &c.progress) != nil || c.plan.Version != stateVersion {
		return nil, errors.New("no state of a training run")
	}
	if err := c.plan.check(&c.progress); err != nil {
		return nil, fmt.Errorf("no state that a training run can be in: %w", err)
	}
	n := c.plan.Spec.Parameters()
	for _, t := range []struct {
		name string
		into *[]float32
		size int
	}{{weightsTensor, &c.weights, n}, {firstTensor, &c.m1, n}, {secondTensor, &c.m2, c.plan.Optimizer.secondMoments(c.plan.Spec)}} {
		found, err := f.Find(t.name)
		if err != nil {
			return nil, err
		}
		m, err := found.Matrix()
		if err != nil || m.DType != tensor.F32 || m.Rows*m.Cols != t.size {
			return nil, fmt.Errorf("tensor %s is not of the model's size", t.name)
		}
		*t.into = m.Data()
	}
	return &c, nil
}
