package model

import (
	"crypto/sha256"
	"encoding/hex"
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
	"xent/tokenizer"
)

// What model.safetensors says about itself in its metadata.
const (
	digestKey    = "xent.sha256"    // the checksum of its tensors
	tokenizerKey = "xent.tokenizer" // the tokenizerDigest that it belongs to
	configKey    = "xent.config"    // the configDigest that it belongs to
)

// tokenizerDigest identifies a tokenizer by what decides which ids a text has:
// the SHA-256, in hexadecimal, of its canonical form without the declaration of
// BOS, which other files may make too.
func tokenizerDigest(t *tokenizer.Tokenizer) string {
	plain, err := t.WithBOS(-1, false)
	if err != nil {
		panic(err) // it refuses ids, and there is none
	}
	return hexDigest(plain.AppendJSON(nil))
}

// configDigest identifies what config.json says about a model: the SHA-256, in
// hexadecimal, of a list that must never change for the models it can name. What
// a Spec learns to say later joins it only where it is not what went without
// saying before.
func configDigest(s lm.Spec) string {
	return hexDigest(fmt.Appendf(nil, "vocab=%d context=%d width=%d layers=%d heads=%d kv_heads=%d head_dim=%d hidden=%d tied=%t rope_theta=%g norm_eps=%g",
		s.Vocab, s.Context, s.Width, s.Layers, s.Heads, s.KVHeads, s.HeadDim, s.Hidden, s.Tied, s.RopeTheta, s.NormEps))
}

func hexDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// readWeights reads model.safetensors or, where there is none, its shards, which
// must belong to the tokenizer t, and returns what is written about them.
func readWeights(dir string, s lm.Spec, t *tokenizer.Tokenizer) (*lm.Weights, map[string]string, error) {
	single := filepath.Join(dir, weightsFile)
	st, err := newStore(single, t, single)
	if errors.Is(err, fs.ErrNotExist) {
		index := filepath.Join(dir, indexFile)
		if _, none := os.Stat(index); none != nil {
			return nil, nil, fmt.Errorf("%w, and no %s; a run of xent train writes them with its first evaluation", err, indexFile)
		}
		st, err = readShards(index, t)
	}
	if err != nil {
		return nil, nil, err
	}
	w, err := st.weights(s)
	return w, st.metadata, err
}

// A store is the tensors of one model, from one or several files.
type store struct {
	list    string            // the file that says which tensors there are
	files   map[string]string // tensor → the file that should hold it
	tensors map[string]tensor.Tensor
	foreign map[string]string // tensor → the name of its type, which cannot be used
	// What model.safetensors says about itself; of shards, the last.
	metadata map[string]string
}

// newStore reads the files at paths into the store that list describes. Where
// they say which tokenizer they belong to, it must be tok.
func newStore(list string, tok *tokenizer.Tokenizer, paths ...string) (store, error) {
	st := store{list: list, files: map[string]string{}, tensors: map[string]tensor.Tensor{}, foreign: map[string]string{}}
	for _, path := range paths {
		f, err := readTensors(path)
		if err != nil {
			return st, err
		}
		if want, ok := f.Metadata[tokenizerKey]; ok && want != tokenizerDigest(tok) {
			return st, fmt.Errorf("%s: saved with another tokenizer than %s beside it, so its weights would take every token for another; bring back the two files that belong together", path, tokenizerFile)
		}
		st.metadata = f.Metadata
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

// readTensors reads one file and verifies its checksum, if it has one.
func readTensors(path string) (*safetensors.File, error) {
	if what := foreign(path); what != "" {
		return nil, fmt.Errorf("%s: not a safetensors file: %s", path, what)
	}
	f, err := safetensors.Read(path)
	if err != nil {
		return nil, err
	}
	if want, ok := f.Metadata[digestKey]; ok && want != safetensors.Digest(f.Tensors) {
		return nil, fmt.Errorf("%s: damaged: the tensors' checksum is not the one in its metadata; copy or save the model again", path)
	}
	return f, nil
}

// readShards reads the files that the index at path names.
func readShards(path string, tok *tokenizer.Tokenizer) (store, error) {
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
	st, err := newStore(path, tok, paths...)
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
	if want, ok := st.metadata[configKey]; ok && want != configDigest(s) {
		return nil, fmt.Errorf("%s: saved with another %s than the one beside it, which would compute something else; bring back the two files that belong together", st.list, configFile)
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
