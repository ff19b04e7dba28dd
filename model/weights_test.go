package model

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"xent/internal/safetensors"
	"xent/lm"
	"xent/tokenizer"
)

// trained returns a tokenizer for a text, of 260 tokens.
func trained(t *testing.T, text string) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.Train(slices.Values([][]byte{[]byte(text)}), tokenizer.Options{Vocab: 260})
	if err != nil || tok.Vocab() != 260 {
		t.Fatal(tok.Vocab(), err)
	}
	return tok
}

// TestSwappedWeights puts the weights of one model into another's folder.
func TestSwappedWeights(t *testing.T) {
	english, latin := trained(t, "the thin thing then there"), trained(t, "amo amas amat amamus")
	small, large := testSpec(true), testSpec(true)
	large.Hidden = 48
	folder := func(s lm.Spec, tok *tokenizer.Tokenizer) string {
		dir := filepath.Join(t.TempDir(), "m")
		a := lm.NewArena(s)
		a.Init(1)
		if err := Save(dir, a, tok); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	from := folder(small, latin)
	for name, c := range map[string]struct {
		into string
		want string // "" for no error
	}{
		"the same":                         {folder(small, latin), ""},
		"same shape, another tokenizer":    {folder(small, english), "saved with another tokenizer than tokenizer.json beside it"},
		"same vocabulary, another shape":   {folder(large, latin), "shape [40 24], config.json asks for [48 24]"},
		"another shape, another tokenizer": {folder(large, english), "saved with another tokenizer than tokenizer.json beside it"},
	} {
		weights, err := os.ReadFile(filepath.Join(from, weightsFile))
		if err != nil {
			t.Fatal(err)
		}
		edit(t, filepath.Join(c.into, weightsFile), func([]byte) []byte { return weights })
		checkOpen(t, name, c.into, weightsFile, c.want)

		remove(weightsFile)(t, c.into) // and again as a shard
		if err := os.WriteFile(filepath.Join(c.into, "all.safetensors"), weights, 0o666); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, p := range small.Tensors() {
			files[p.Name] = "all.safetensors"
		}
		writeJSON(t, filepath.Join(c.into, indexFile), map[string]any{"weight_map": files})
		checkOpen(t, name+", a shard", c.into, "all.safetensors", c.want)
	}
}

// checkOpen wants an error of one line that names a file of dir and says what is
// wrong, or none.
func checkOpen(t *testing.T, name, dir, file, want string) {
	t.Helper()
	_, err := Open(dir)
	if want == "" && err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if want != "" && (err == nil || !strings.Contains(err.Error(), filepath.Join(dir, file)+": ") || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: error %v, want %s and %q", name, err, file, want)
	}
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: %q has several lines", name, err)
	}
}

// TestTokenizerKept: what leaves the ids of texts alone leaves the weights with
// their tokenizer, and what does not, does not.
func TestTokenizerKept(t *testing.T) {
	const another = "saved with another tokenizer"
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string)
		want   string
	}{
		"in one line": {inFile(tokenizerFile, func(b []byte) []byte {
			var compact bytes.Buffer
			if err := json.Compact(&compact, b); err != nil {
				t.Fatal(err)
			}
			return compact.Bytes()
		}), ""},
		"no BOS in the settings":  {inFile(settingsFile, replace(`"add_bos_token": true`, `"add_bos_token": false`)), ""},
		"no settings":             {remove(settingsFile), ""},
		"no BOS in the tokenizer": {inFile(tokenizerFile, replace("TemplateProcessing", "ByteLevel")), ""},
		"tokens exchanged": {inFile(tokenizerFile, func(b []byte) []byte {
			b = replace(`"a":`, `"swap":`)(b)
			b = replace(`"b":`, `"a":`)(b)
			return replace(`"swap":`, `"b":`)(b)
		}), another},
		"merges exchanged": {inFile(tokenizerFile, func(b []byte) []byte {
			b = replace(`"h e"`, `"swap"`)(b)
			b = replace(`"i n"`, `"h e"`)(b)
			return replace(`"swap"`, `"i n"`)(b)
		}), another},
		"weights of other programs": {func(t *testing.T, dir string) {
			retensor(slices.Clone)(t, dir)
			if b, err := tokenizer.Bytes().MarshalJSON(); err != nil || os.WriteFile(filepath.Join(dir, tokenizerFile), b, 0o666) != nil {
				t.Fatal(err)
			}
		}, ""},
	} {
		a := lm.NewArena(testSpec(true))
		a.Init(1)
		dir := filepath.Join(t.TempDir(), "m")
		if err := Save(dir, a, trained(t, "then then then in in in there")); err != nil {
			t.Fatal(err)
		}
		before := fileContents(t, dir)
		c.change(t, dir)
		if slices.Equal(before, fileContents(t, dir)) {
			t.Errorf("%s: nothing is changed", name)
		}
		checkOpen(t, name, dir, weightsFile, c.want)
		// Weights that are saved with what the folder declares go with it.
		tok, err := OpenTokenizer(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteWeights(dir, a, tok, nil); err != nil {
			t.Fatal(err)
		}
		checkOpen(t, name+", saved again", dir, weightsFile, "")
	}
}

func fileContents(t *testing.T, dir string) (all []string) {
	t.Helper()
	for _, name := range fileNames(t, dir)[1:] {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, name, string(b))
	}
	return all
}

// TestFlippedBits flips one bit at a time: no other weights are ever read.
func TestFlippedBits(t *testing.T) {
	a := tiny(1)
	dir := saved(t, a)
	path := filepath.Join(dir, weightsFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data := 8 + int(binary.LittleEndian.Uint64(b))
	harmless := 0
	flip := func(bit int) {
		b[bit/8] ^= 1 << (bit % 8)
		defer func() { b[bit/8] ^= 1 << (bit % 8) }()
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		w, _, err := readWeights(dir, a.Spec(), tokenizer.Bytes()) // as Open does after the other files
		switch {
		case err != nil:
			if !strings.HasPrefix(err.Error(), path+": ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("bit %d flipped: error %q, want a line that begins with %s", bit, err, path)
			}
		case bit/8 < 8 || bit/8 >= data || !reflect.DeepEqual(w, a.Weights()):
			t.Errorf("bit %d flipped, of %d before the data: it is read", bit, 8*data)
		default:
			harmless++
		}
	}
	for bit := range 64 {
		flip(bit)
	}
	for i := 8; i < data; i++ {
		flip(8*i + i%8)
	}
	for i := data; i < len(b); i += 13 {
		flip(8*i + i%8)
	}
	flip(8*len(b) - 1)
	if harmless > data/4 { // inside of metadata that says nothing about the weights, and spaces
		t.Errorf("of %d bytes of header, %d may be any", data, harmless)
	}
}

// TestTruncated cuts the weights off at many places.
func TestTruncated(t *testing.T) {
	dir := saved(t, tiny(1))
	path := filepath.Join(dir, weightsFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(b); n += 1 + n/20 {
		edit(t, path, func([]byte) []byte { return b[:n] })
		checkOpen(t, "cut", dir, weightsFile, map[bool]string{true: "not a safetensors file", false: "truncated"}[n < 8])
	}
	edit(t, path, func([]byte) []byte { return b[:len(b)-1] })
	checkOpen(t, "the last byte cut", dir, weightsFile, "truncated")
	edit(t, path, func([]byte) []byte { return append(slices.Clip(b), 0) })
	checkOpen(t, "a byte too many", dir, weightsFile, "1 bytes after")
}

// TestMetadata pins what the file of weights says about itself.
func TestMetadata(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "m")
	if err := Save(dir, tiny(1), tokenizer.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := WriteWeights(dir, tiny(1), tokenizer.Bytes(), map[string]string{"step": "7", digestKey: "x", tokenizerKey: "y"}); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Read(filepath.Join(dir, weightsFile))
	if err != nil {
		t.Fatal(err)
	}
	if f.Metadata["step"] != "7" || f.Metadata["format"] != "pt" || len(f.Metadata) != 5 {
		t.Errorf("metadata %v", f.Metadata)
	}
	// Models in use have this: it may not change with the code.
	if got, want := f.Metadata["xent.tokenizer"], "57a5bc9ede305275bb57b97462f18e6b4aece90aa6ef187e47056c9c2b8aa3de"; got != want {
		t.Errorf("the byte tokenizer is %s, want %s", got, want)
	}
	if got, want := f.Metadata["xent.config"], "5b9a253a8ea49a77cf94771e625be5debf583c05854db6b9b93c1b72c89f36dd"; got != want {
		t.Errorf("the configuration is %s, want %s", got, want)
	}
	checkOpen(t, "with a step", dir, weightsFile, "")
}

// anonymous takes from a model's weights what they say about themselves, as
// other people's do not.
func anonymous(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, weightsFile)
	f, err := safetensors.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := safetensors.Write(&b, f.Tensors, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestConfigKept: a configuration that was changed since the weights were saved,
// such as by one flipped bit, would compute something else and is refused; other
// people's models may be changed.
func TestConfigKept(t *testing.T) {
	for field, value := range map[string]any{"rms_norm_eps": 0.1, "rope_theta": 50000, "max_position_embeddings": 4096} {
		dir := saved(t, testArena(true, 1))
		set(field, value)(t, dir)
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "saved with another config.json") {
			t.Errorf("%s: error %v", field, err)
		}
		anonymous(t, dir)
		if _, err := Open(dir); err != nil {
			t.Errorf("%s of weights that say nothing: %v", field, err)
		}
	}
}
