package model

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"xent/lm"
)

const (
	configFile    = "config.json"
	weightsFile   = "model.safetensors"
	indexFile     = "model.safetensors.index.json"
	tokenizerFile = "tokenizer.json"
	settingsFile  = "tokenizer_config.json"
)

// Open reads the model in the folder dir into memory: weights of float32,
// bfloat16 or float16 in the type they are stored in. A folder that is being
// saved to gives the old or the new weights, never a mix.
func Open(dir string) (*Model, error) {
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	c, s, err := readConfig(filepath.Join(dir, configFile))
	if err != nil {
		return nil, err
	}
	t, eos, err := readTokenizer(dir, c)
	if err != nil {
		return nil, err
	}
	if t.Vocab() > s.Vocab {
		return nil, fmt.Errorf("%s: %d tokens, but vocab_size in %s is %d", filepath.Join(dir, tokenizerFile), t.Vocab(), configFile, s.Vocab)
	}
	w, metadata, err := readWeights(dir, s, t)
	if err != nil {
		return nil, err
	}
	m, err := New(folderName(dir), w, t)
	if err != nil {
		return nil, err
	}
	m.eos, m.metadata = eos, metadata
	return m, nil
}

// checkFolder refuses a file in a model's place. That nothing is there shows
// when it is read.
func checkFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file; %s", dir, wantFolder)
	}
	return nil
}

// wantFolder is what may be missing, for errors.
const wantFolder = "a model is a folder with " + configFile + ", " + weightsFile + " and " + tokenizerFile

// folderName returns the last element of dir, "model" for "runs/model/" or for
// "." inside of it.
func folderName(dir string) string {
	if full, err := filepath.Abs(dir); err == nil {
		dir = full
	}
	return filepath.Base(dir)
}

func readConfig(path string) (*config, lm.Spec, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, lm.Spec{}, fmt.Errorf("%w; %s", err, wantFolder)
	}
	if err != nil {
		return nil, lm.Spec{}, err
	}
	c, s, err := parseConfig(b)
	if err != nil {
		return nil, lm.Spec{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, s, nil
}
