package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"xent/entropy"
	"xent/train"
)

func TestTrainTellsWhatItDoes(t *testing.T) {
	dir, m := tinyModel(t), tiny()
	for _, want := range []string{dir + "\n", "learning  from 1 document, ", "held out  ", "1 layer of width 32, 1 head, vocabulary 300,\n            context 128",
		"6 steps of about 1,024 tokens", "to beat   gzip -9 ", "ln V = 5.7038 nats", "\n         6 "} {
		if !strings.Contains(m.err, want) {
			t.Errorf("progress lacks %q:\n%s", want, m.err)
		}
	}
	for _, want := range []string{dir + " on held-out text (1 document, ", "this model", "bigram counts", "nats/token, perplexity", "6 steps, ",
		"Held-out bits/byte while learning\n", "What it writes", "xent sample " + dir, "The model is in " + dir + "\n"} {
		if !strings.Contains(m.out, want) {
			t.Errorf("report lacks %q:\n%s", want, m.out)
		}
	}
	fits(t, strings.ReplaceAll(m.out+m.err, dir, "m"))
}

// fits fails for lines that are wider than a terminal and for control
// characters.
func fits(t *testing.T, text string) { t.Helper(); fitsIn(t, text, plainWidth) }

func fitsIn(t *testing.T, text string, width int) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if n := columns(line); n > width {
			t.Errorf("%d columns: %s", n, line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' }) {
			t.Errorf("control character in %q", line)
		}
	}
}

// TestTrainSource runs what no argument does, with the floor of the source.
func TestTrainSource(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "m")
	r := call(t, "", append([]string{"train", "-o", dir, "--steps", "1", "--eval-every", "1"}, shape...)...)
	if r.code != exitDone {
		t.Fatalf("code %d: %s", r.code, r.err)
	}
	for _, want := range []string{" stories, ", "the floor", "cross-entropy = entropy + KL, in nats/story over ",
		"times the floor", "Stories it writes", "Of 20 samples at temperature 0.8, ", "The model is in " + dir + "\n"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("report lacks %q:\n%s", want, r.out)
		}
	}
	if !strings.Contains(r.err, "no model can be lower") {
		t.Errorf("progress without the floor:\n%s", r.err)
	}
	fits(t, strings.ReplaceAll(r.out+r.err, dir, "m"))
}

const trainNames = `schema_version command model options plan parameters vocab steps best_step tokens_trained seconds already_done
	unmeasured resumed_elsewhere best heldout floor_bits_per_byte divergence baselines corpus curve`

func TestTrainJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append([]string{"train", "-", "--steps", "2", "--seed", "5", "--json", "--quiet"}, shape...)
	for _, dir := range []string{"xent-run-1", "xent-run-2"} { // the next free name
		r := call(t, read(t, lessons()), args...)
		if r.code != exitDone || r.err != "" {
			t.Fatalf("code %d, standard error %q", r.code, r.err)
		}
		o := decoded(t, r.out)
		hasNames(t, "the object", o, trainNames)
		hasNames(t, "options", o["options"], `output resume text_field jsonl seed minutes steps max_tokens size vocab ctx width layers heads kv_heads head_dim
			hidden tied optimizer bpe_dropout rate schedule weight_decay batch_tokens precision micro_tokens eval_every checkpoint_every json quiet threads`)
		hasNames(t, "a baseline", member(t, o, "baselines").([]any)[0], "name bits_per_byte")
		hasNames(t, "the corpus", o["corpus"], "source documents bytes tokens heldout_documents heldout_bytes measured_documents measured_bytes evaluated_bytes skipped")
		curve := member(t, o, "curve").([]any)
		hasNames(t, "the curve's first point", curve[0], "step tokens heldout_nats_per_token heldout_bits_per_byte")
		hasNames(t, "its last", curve[len(curve)-1], "step tokens train_nats_per_token heldout_nats_per_token heldout_bits_per_byte")
		if o["command"] != "train" || o["model"] != dir || number(t, o, "schema_version") != 1 || number(t, o, "options.seed") != 5 || number(t, o, "steps") != 2 ||
			number(t, o, "best.step") != number(t, o, "best_step") || o["floor_bits_per_byte"] != nil || o["divergence"] != nil ||
			number(t, o, "corpus.measured_bytes") != number(t, o, "heldout.bytes_total") || number(t, o, "corpus.measured_documents") != 1 {
			t.Errorf("%v", o)
		}
	}
}

// TestTrainJSONWhenDone asks again about a run that is finished: it is measured
// anew, with the same result, as long as its text can be had.
func TestTrainJSONWhenDone(t *testing.T) {
	t.Chdir(t.TempDir())
	file(t, "corpus.txt", counted(9000))
	first := decoded(t, must(t, "", append([]string{"train", "corpus.txt", "-o", "m", "--steps", "2", "--eval-every", "1", "--json", "-q"}, shape...)...))
	measured := func(args ...string) {
		t.Helper()
		o := decoded(t, must(t, "", append([]string{"train", "--resume", "m", "--json"}, args...)...))
		hasNames(t, "the object", o, trainNames)
		hasNames(t, "options", o["options"], "resume json quiet threads")
		for _, name := range []string{"steps", "best_step", "best", "curve", "plan", "corpus", "baselines", "unmeasured"} {
			if !reflect.DeepEqual(o[name], first[name]) {
				t.Errorf("%s: %v, but %v when it was trained", name, o[name], first[name])
			}
		}
		if o["already_done"] != true || number(t, o, "heldout.nats") != number(t, first, "heldout.nats") {
			t.Errorf("%v, but %v when it was trained", o["heldout"], first["heldout"])
		}
	}
	measured()

	if err := os.Rename("corpus.txt", "moved.txt"); err != nil {
		t.Fatal(err)
	}
	o := decoded(t, must(t, "", "train", "--resume", "m", "--json"))
	hasNames(t, "the object", o, trainNames)
	for _, name := range []string{"heldout", "floor_bits_per_byte", "divergence", "baselines", "corpus"} {
		if o[name] != nil {
			t.Errorf("%s is %v, but nothing was measured", name, o[name])
		}
	}
	if why, _ := o["unmeasured"].(string); o["already_done"] != true || !strings.HasSuffix(why, ": xent train --resume m FILE…") || strings.Contains(why, "stat ") ||
		!reflect.DeepEqual(o["curve"], first["curve"]) || !reflect.DeepEqual(o["best"], first["best"]) {
		t.Errorf("%v", o)
	}
	measured("moved.txt")

	piped := append([]string{"train", "-", "-o", "n", "--steps", "1", "-q"}, shape...)
	must(t, counted(9000), piped...)
	o = decoded(t, must(t, counted(9000), "train", "--resume", "n", "--json")) // nobody thinks of giving it
	if want := "it came from standard input; if what the run in n learns from is elsewhere now, say where: xent train --resume n FILE…"; o["unmeasured"] != want {
		t.Errorf("%q, want %q", o["unmeasured"], want)
	}
	if o = decoded(t, must(t, counted(9000), "train", "--resume", "n", "-", "--json")); o["unmeasured"] != nil {
		t.Errorf("%q, though it is given again", o["unmeasured"])
	}
}

// TestWhenDoneInWords: a person hears why a finished run is not measured again,
// and what would help, in a form that a terminal does not act upon.
func TestWhenDoneInWords(t *testing.T) {
	var out bytes.Buffer
	r := &train.Report{Out: "a\x1bm", Steps: 6, AlreadyDone: true}
	r.Unmeasured = &train.MovedError{Out: r.Out, Cause: &fs.PathError{Op: "stat", Path: "b\x1bc", Err: errors.New("gone")}}
	if err := printReport(t.Context(), &out, r, true, plainWidth); err != nil {
		t.Fatal(err)
	}
	want := `a\x1bm had finished all its 6 steps before.

Its held-out text cannot be measured: b\x1bc: gone; if what the run in a\x1bm
learns from is elsewhere now, say where

  xent train --resume $'a\x1bm' FILE…

Next

  xent sample $'a\x1bm'
  xent eval $'a\x1bm' FILE…

The model is in a\x1bm
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", &out, want)
	}
	out.Reset()
	r = &train.Report{Out: strings.Repeat("long ", 9) + "name", Steps: 6, AlreadyDone: true, Unmeasured: errors.New("no")}
	if err := printReport(t.Context(), &out, r, true, plainWidth); err != nil {
		t.Fatal(err)
	}
	if want := r.Out + "\nhad finished all its 6 steps before.\n\nIts held-out"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("%s\nwant\n%s", &out, want)
	}
}

// TestTrainJSONNotFinite: no result of a run is lost to a number that JSON
// does not have.
func TestTrainJSONNotFinite(t *testing.T) {
	var out bytes.Buffer
	r := &train.Report{Plan: []byte("{}"), Divergence: &train.Divergence{KL: entropy.Nats(math.Inf(1)), StdErr: entropy.Nats(math.NaN())}}
	r.Corpus.Baselines = []train.Baseline{{Name: "a", BitsPerByte: math.NaN()}}
	if err := printReportJSON(&out, r, nil); err != nil {
		t.Fatal(err)
	}
	o := decoded(t, out.String())
	d, b := member(t, o, "divergence").(map[string]any), member(t, o, "baselines").([]any)[0].(map[string]any)
	if d["kl_nats_per_story"] != nil || d["kl_standard_error_nats_per_story"] != nil || b["bits_per_byte"] != nil || number(t, o, "divergence.entropy_nats_per_story") != 0 {
		t.Errorf("%s", &out)
	}
}

// TestTwoRunsAtOnce starts two runs without --output at the same time: both
// find xent-run-1 free, and only one can have it.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append([]string{"train", lessons(), "--minutes", "0.01", "--quiet", "--json"}, shape...)
	var results [2]result
	var both sync.WaitGroup
	for i := range results {
		both.Go(func() { results[i] = call(t, "", args...) })
	}
	both.Wait()
	var models []string
	for _, r := range results {
		if r.code != exitDone {
			t.Fatalf("code %d: %s", r.code, r.err)
		}
		models = append(models, member(t, decoded(t, r.out), "model").(string))
	}
	slices.Sort(models)
	left, err := filepath.Glob("*")
	if want := []string{"xent-run-1", "xent-run-2"}; err != nil || !slices.Equal(models, want) || !slices.Equal(left, want) {
		t.Errorf("models %q in %q, %v", models, left, err)
	}
}

// A rival is a text that takes a run's name when it is read.
type rival struct {
	io.Reader
	dir string
}

func (r *rival) Read(p []byte) (int, error) {
	if err := os.MkdirAll(filepath.Join(r.dir, "state"), 0o777); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// TestNameTakenMeanwhile: what was read from standard input is gone by the time
// that another name is needed.
func TestNameTakenMeanwhile(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	in := &rival{strings.NewReader(read(t, lessons())), "xent-run-1"}
	code := run(t.Context(), in, &out, &errs, append([]string{"train", "-", "--steps", "1"}, shape...))
	if want := ": another run took the name, and standard input cannot be read twice; give --output\n"; code != exitFailed ||
		!strings.HasPrefix(errs.String(), "xent: creating xent-run-1: ") || !strings.HasSuffix(errs.String(), want) || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("code %d: %s", code, &errs)
	}
	if left, err := filepath.Glob("*"); err != nil || !slices.Equal(left, []string{"xent-run-1"}) {
		t.Errorf("left behind: %q %v", left, err)
	}
}

// A trigger calls f once the text written to it matches.
type trigger struct {
	bytes.Buffer
	match *regexp.Regexp
	f     func()
}

func (w *trigger) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if w.match.Match(w.Bytes()) {
		w.f()
	}
	return n, err
}

// TestInterruptAndResume stops the shared model's run in the middle and goes
// on.
func TestInterruptAndResume(t *testing.T) {
	whole, dir := tinyModel(t), "cut off"
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	errs := trigger{match: regexp.MustCompile(`(?m)^ +2 `), f: cancel}
	code := run(ctx, nil, &out, &errs, append(tiny().args, "-o", dir))
	if want := "xent: stopped at step 2 of 6; everything is saved in " + dir + "\nGo on with: xent train --resume '" + dir + "'\n"; code != exitInterrupted ||
		!strings.HasSuffix(errs.String(), want) || out.Len() > 0 {
		t.Fatalf("code %d, stdout %q, stderr %s", code, &out, &errs)
	}
	must(t, "", "train", "--resume", dir)
	for _, name := range []string{"model.safetensors", "state/checkpoint", "tokenizer.json", "config.json"} {
		if read(t, filepath.Join(dir, name)) != read(t, filepath.Join(whole, name)) {
			t.Errorf("%s differs from the uninterrupted run's", name)
		}
	}

	r := call(t, "", "train", "--resume", dir, "-q")
	if r.code != exitDone || r.err != "" || !strings.HasPrefix(r.out, dir+" had finished all its 6 steps before.\n\n"+dir+" on held-out text (") {
		t.Errorf("resuming a finished run: code %d, %q\n%s", r.code, r.err, r.out)
	}
}

// TestInterruptAtOnce stops a run that has nothing yet, also while another
// takes its name.
func TestInterruptAtOnce(t *testing.T) {
	const want = "xent: interrupted before the first step; nothing was written\n"
	ctx, cancel := context.WithCancel(t.Context())
	dir := filepath.Join(t.TempDir(), "m")
	var out, errs bytes.Buffer
	in := &rival{readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF }), dir}
	code := run(ctx, in, &out, &errs, append([]string{"train", "-", "-o", dir}, shape...))
	if code != exitInterrupted || errs.String() != want {
		t.Errorf("code %d, %s", code, &errs)
	}
	dir += "2"
	errs.Reset()
	code = run(ctx, nil, &out, &errs, append(tiny().args, "-o", dir))
	if code != exitInterrupted || errs.String() != want {
		t.Errorf("code %d, %s", code, &errs)
	}
	if _, err := os.Lstat(dir); err == nil {
		t.Error("a folder is left")
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestFlagNames holds the table that translates errors to the flags.
func TestFlagNames(t *testing.T) {
	flags := trainCommand(&streams{}).Flags()
	for option, name := range flagOf {
		if flags.Lookup(name) == nil {
			t.Errorf("option %s: no flag --%s", option, name)
		}
	}
	for _, name := range append(slices.Clone(resumable), exclusive[0]...) {
		if flags.Lookup(name) == nil {
			t.Errorf("no flag --%s", name)
		}
	}
}
