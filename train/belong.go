package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"xent/model"
)

// What the best model's weights say about themselves in their metadata.
const (
	runKey  = "run"  // the plan.id
	stepKey = "step" // of the evaluation
	bitsKey = "heldout_bits_per_byte"
)

// A folder's files are written one after the other, and people copy them, so
// each says which run it is of. The weights may be ahead of the checkpoint: a run
// killed between an evaluation and the next checkpoint comes to that evaluation
// again.

// described makes sure that xent.json, where there is one, is of the plan's run.
func (p *plan) described(dir string) error {
	path := filepath.Join(dir, descriptionFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var about struct{ Plan plan }
	if err := json.Unmarshal(raw, &about); err != nil {
		return fmt.Errorf("%s: damaged: %w", path, err)
	}
	if about.Plan.id() != p.id() {
		return fmt.Errorf("%s is of another run than %s; bring back the file that belongs there", path, checkpointPath(dir))
	}
	return nil
}

// openBest opens the best model of the run in dir that has come to g, nil if it
// has none yet. Weights that do not belong there are refused. ahead is the step of
// their evaluation where g has not come to it, else -1.
func (p *plan) openBest(dir string, g *progress) (best *model.Model, ahead int, err error) {
	best, err = model.Open(dir)
	if errors.Is(err, fs.ErrNotExist) && len(g.Curve) == 0 {
		return nil, -1, nil
	}
	if err != nil {
		return nil, -1, err
	}
	path := filepath.Join(dir, "model.safetensors")
	step, err := strconv.Atoi(best.Metadata()[stepKey])
	if err != nil || best.Metadata()[runKey] != p.id() {
		return nil, -1, fmt.Errorf("%s is no model of the run that %s is of; bring back the file that belongs there", path, checkpointPath(dir))
	}
	n := len(g.Curve)
	switch {
	case n > 0 && step == g.bestStep():
		return best, -1, nil
	case n == 0 || step > g.Curve[n-1].Step:
		return best, step, nil
	}
	return nil, -1, fmt.Errorf("%s is the model of step %d, but the best of the run, by %s, is that of step %d; was the folder copied while it was trained in? Copy it again, all of it",
		path, step, checkpointPath(dir), g.bestStep())
}
