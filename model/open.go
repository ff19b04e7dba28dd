package model

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"xent/internal/safetensors"
	"xent/internal/tensor"
	"xent/lm"
)

const (
	configFile    = "config.json"
	weightsFile   = "model.safetensors"
	indexFile     = "model.safetensors.index.json"
	tokenizerFile = "tokenizer.json"
	settingsFile  = "tokenizer_config.json"
)

// digestKey is where model.safetensors keeps the checksum of its tensors.
const digestKey = "xent.sha256"

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
	w, err := readWeights(dir, s)
	if err != nil {
		return nil, err
	}
	m, err := New(folderName(dir), w, t)
	if err != nil {
		return nil, err
	}
	m.eos = eos
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

// readWeights reads model.safetensors or, where there is none, its shards.
func readWeights(dir string, s lm.Spec) (*lm.Weights, error) {
	single := filepath.Join(dir, weightsFile)
	st, err := newStore(single, single)
	if errors.Is(err, fs.ErrNotExist) {
		index := filepath.Join(dir, indexFile)
		if _, none := os.Stat(index); none != nil {
			return nil, fmt.Errorf("%w, and no %s", err, indexFile)
		}
		st, err = readShards(index)
	}
	if err != nil {
		return nil, err
	}
	return st.weights(s)
}

// A store is the tensors of one model, from one or several files.
type store struct {
	list    string            // the file that says which tensors there are
	files   map[string]string // tensor → the file that should hold it
	tensors map[string]tensor.Tensor
	foreign map[string]string // tensor → the name of its type, which cannot be used
}

// newStore reads the files at paths into the store that list describes.
func newStore(list string, paths ...string) (store, error) {
	st := store{list: list, files: map[string]string{}, tensors: map[string]tensor.Tensor{}, foreign: map[string]string{}}
	for _, path := range paths {
		f, err := safetensors.Read(path)
		if err != nil {
			return st, err
		}
		if want, ok := f.Metadata[digestKey]; ok && want != safetensors.Digest(f.Tensors) {
			return st, fmt.Errorf("%s: damaged: the tensors' checksum is not the one in its metadata; copy or save the model again", path)
		}
		for _, t := range f.Tensors {
			if other, ok := st.files[t.Name]; ok {
				return st, fmt.Errorf("%s: tensor %s is in %s too", path, t.Name, filepath.Base(other))
			}
			st.files[t.Name], st.tensors[t.Name] = path, t
		}
		for _, t := range f.Foreign {
			st.files[t.Name], st.foreign[t.Name] = path, t.DType
		}
	}
	return st, nil
}

// readShards reads the files that the index at path names.
func readShards(path string) (store, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return store{}, err
	}
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := decodeJSON(b, &index); err != nil {
		return store{}, fmt.Errorf("%s: %w", path, err)
	}
	if len(index.Map) == 0 {
		return store{}, fmt.Errorf("%s: no weight_map", path)
	}
	var paths []string
	for _, name := range slices.Compact(slices.Sorted(maps.Values(index.Map))) {
		if name != filepath.Base(name) || !filepath.IsLocal(name) {
			return store{}, fmt.Errorf("%s: weight_map: %q is not a file of this folder", path, name)
		}
		paths = append(paths, filepath.Join(filepath.Dir(path), name))
	}
	st, err := newStore(path, paths...)
	if errors.Is(err, fs.ErrNotExist) {
		return store{}, fmt.Errorf("%w, which %s names", err, indexFile)
	}
	if err != nil {
		return store{}, err
	}
	for name, file := range index.Map {
		if _, ok := st.files[name]; !ok {
			st.files[name] = filepath.Join(filepath.Dir(path), file)
		}
	}
	return st, nil
}

// tensorsOfLayer is the number of tensors of one layer of a Llama.
const tensorsOfLayer = 9

// weights matches the tensors with the shape s, name by name.
func (st store) weights(s lm.Spec) (*lm.Weights, error) {
	if s.Layers > len(st.files)/tensorsOfLayer { // so that memory follows the file, not the configuration
		return nil, fmt.Errorf("%s: %d tensors are too few for the %d layers of %s", st.list, len(st.files), s.Layers, configFile)
	}
	matrices := make(map[string]tensor.Matrix, len(st.tensors))
	for _, want := range s.Tensors() {
		m, err := st.matrix(want)
		if err != nil {
			return nil, err
		}
		matrices[want.Name] = m
	}
	for _, name := range slices.Sorted(maps.Keys(st.files)) {
		if _, ok := matrices[name]; !ok && !harmless(name, s) {
			return nil, fmt.Errorf("%s: tensor %s has no place in the model that %s describes", st.files[name], name, configFile)
		}
	}
	return lm.NewWeights(s, func(name string) (tensor.Matrix, bool) { m, ok := matrices[name]; return m, ok })
}

// matrix returns one tensor after checking its type and shape.
func (st store) matrix(want lm.TensorSpec) (tensor.Matrix, error) {
	path := st.files[want.Name]
	if path == "" {
		path = st.list
	}
	t, ok := st.tensors[want.Name]
	switch dtype := st.foreign[want.Name]; {
	case dtype != "":
		return tensor.Matrix{}, fmt.Errorf("%s: tensor %s has type %s; only F32, BF16 and F16 can be used", path, want.Name, dtype)
	case !ok && want.Role == lm.Head:
		return tensor.Matrix{}, fmt.Errorf("%s: no tensor %s, and tie_word_embeddings in %s is false", path, want.Name, configFile)
	case !ok:
		return tensor.Matrix{}, fmt.Errorf("%s: no tensor %s", path, want.Name)
	case t.DType == tensor.F64:
		return tensor.Matrix{}, fmt.Errorf("%s: tensor %s has type F64; only F32, BF16 and F16 can be used", path, want.Name)
	}
	if shape := shapeOf(want); !slices.Equal(t.Shape, shape) {
		return tensor.Matrix{}, fmt.Errorf("%s: tensor %s has shape %v, %s asks for %v", path, want.Name, t.Shape, configFile, shape)
	}
	m, err := t.Matrix()
	if err != nil {
		return tensor.Matrix{}, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// shapeOf returns a tensor's shape in a file: the factors of a norm are a
// vector there.
func shapeOf(t lm.TensorSpec) []int {
	if t.Role == lm.Scale {
		return []int{t.Cols}
	}
	return []int{t.Rows, t.Cols}
}

// harmless reports whether a tensor that is not used may lie in the file: the
// head that a tied model repeats, and the rotary frequencies that old versions
// of transformers saved, which follow from rope_theta.
func harmless(name string, s lm.Spec) bool {
	return s.Tied && name == "lm_head.weight" || strings.HasSuffix(name, ".rotary_emb.inv_freq")
}
