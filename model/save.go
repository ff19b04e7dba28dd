package model

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"

	"xent/internal/durable"
	"xent/internal/safetensors"
	"xent/internal/tensor"
	"xent/lm"
	"xent/tokenizer"
)

// Create makes the folder dir with all of a model's files but the weights; more
// (nil: nothing) adds the caller's own files to the folder it is given. The
// folder appears at once with everything in it, or not at all. Its parent must
// exist and dir must not: the error is then fs.ErrExist.
//
// The tokenizer may have fewer tokens than the model, not more.
func Create(dir string, s lm.Spec, t *tokenizer.Tokenizer, more func(dir string) error) error {
	if t.Vocab() > s.Vocab {
		return fmt.Errorf("creating %s: the tokenizer has %d tokens, the model only %d", dir, t.Vocab(), s.Vocab)
	}
	if err := s.Validate(); err != nil {
		return fmt.Errorf("creating %s: %w", dir, err)
	}
	bos, known := t.BOS()
	config, err := configJSON(s, bos, known)
	if err != nil {
		return fmt.Errorf("creating %s: %w", dir, err)
	}
	return durable.WriteFolder(dir, func(dir string) error {
		for _, f := range []struct {
			name  string
			bytes []byte
		}{
			{configFile, config}, {tokenizerFile, t.AppendJSON(nil)}, {settingsFile, t.ConfigJSON(s.Context)},
		} {
			err := durable.WriteFile(filepath.Join(dir, f.name), func(w io.Writer) error {
				_, err := w.Write(f.bytes)
				return err
			})
			if err != nil {
				return err
			}
		}
		if more == nil {
			return nil
		}
		return more(dir)
	})
}

// WriteWeights writes the parameters as dir/model.safetensors, float32, in
// place of such a file: whoever opens the folder finds the old weights or the
// new ones. The file's metadata holds, beside metadata (nil: none), the weights'
// checksum, which tokenizer they belong to, t, which must be the folder's, and which
// config.json: Open verifies all three. Equal arguments give equal bytes.
func WriteWeights(dir string, a *lm.Arena, t *tokenizer.Tokenizer, metadata map[string]string) error {
	specs := a.Spec().Tensors()
	tensors := make([]tensor.Tensor, len(specs))
	for i, p := range specs {
		tensors[i] = tensor.Tensor{Name: p.Name, DType: tensor.F32, Shape: shapeOf(p), Data: tensor.Bytes(a.Tensor(p.Name).Data())}
	}
	all := map[string]string{"format": "pt"} // transformers refuses files without it
	maps.Copy(all, metadata)
	all[digestKey], all[tokenizerKey], all[configKey] = safetensors.Digest(tensors), tokenizerDigest(t), configDigest(a.Spec())
	return durable.WriteFile(filepath.Join(dir, weightsFile), func(w io.Writer) error {
		return safetensors.Write(w, tensors, all)
	})
}

// Save makes the folder dir with a whole model in it, as Create and
// WriteWeights do.
func Save(dir string, a *lm.Arena, t *tokenizer.Tokenizer) error {
	return Create(dir, a.Spec(), t, func(dir string) error { return WriteWeights(dir, a, t, nil) })
}
