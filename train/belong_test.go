package train

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"xent/internal/gemm"
)

// copied returns a copy of a folder.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// swap puts the file of another folder in its place.
func swap(t *testing.T, dir, from, name string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(from, name))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), b, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// cutOff runs o until stop says so of an event.
func cutOff(t *testing.T, o Options, stop func(Event) bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o.Progress = func(e Event) {
		if stop(e) {
			cancel()
		}
	}
	var interrupted *InterruptedError
	if _, err := Run(ctx, o); !errors.As(err, &interrupted) {
		t.Fatalf("not cut off: %v", err)
	}
}

// TestFilesOfOtherRuns: a folder with a file of another run, or of another time,
// cannot be resumed; the error names the file.
func TestFilesOfOtherRuns(t *testing.T) {
	o := options(t, 6)
	o.EvalEvery, o.CheckpointEvery = 2, 2
	o.Paths = []string{proseFile(t, 9000)} // so that all have one tokenizer
	evaluated := func(step int) func(Event) bool {
		return func(e Event) bool { ev, ok := e.(*Evaluated); return ok && ev.Step == step }
	}
	early, late, other := o, o, o
	early.Out, late.Out, other.Out = early.Out+"-early", late.Out+"-late", other.Out+"-other"
	other.Seed++
	cutOff(t, early, evaluated(2))
	cutOff(t, late, evaluated(4))
	cutOff(t, other, evaluated(4))
	for _, c := range []struct{ name, dir, from, file, want string }{
		{"weights of another seed", late.Out, other.Out, "model.safetensors", "model.safetensors is no model of the run that"},
		{"checkpoint of another seed", late.Out, other.Out, "state/checkpoint", "xent.json is of another run than"},
		{"weights of another time", late.Out, early.Out, "model.safetensors", "is the model of step 2, but the best of the run, by"},
	} {
		dir := copied(t, c.dir)
		swap(t, dir, c.from, c.file)
		if _, err := Resume(t.Context(), dir, Options{amounts: fewStories}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// Weights ahead of the checkpoint are what a kill between the two leaves.
	dir := copied(t, early.Out)
	swap(t, dir, late.Out, "model.safetensors")
	mustResume(t, dir, Options{})
	mustRun(t, o)
	sameFiles(t, "weights ahead", files(t, dir), files(t, o.Out))
	// Without weights nothing can be said of the best model.
	for _, dir := range []string{copied(t, early.Out), copied(t, o.Out)} {
		os.Remove(filepath.Join(dir, "model.safetensors"))
		if _, err := Resume(t.Context(), dir, Options{amounts: fewStories}); err == nil || !strings.Contains(err.Error(), "model.safetensors") {
			t.Errorf("no weights: %v", err)
		}
	}
}

func mustResume(t *testing.T, dir string, o Options) *Report {
	t.Helper()
	o.amounts = fewStories
	r, err := Resume(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFinishedIsMeasured: a run that was cut off in its last measurement, or read
// its end long ago, reports when resumed what it would have reported.
func TestFinishedIsMeasured(t *testing.T) {
	o := options(t, 3)
	text := filepath.Join(t.TempDir(), "text")
	os.WriteFile(text, prose(9000), 0o666)
	o.Paths = []string{text}
	want := mustRun(t, o)
	r := mustResume(t, o.Out, Options{Workers: 1})
	if !r.AlreadyDone || r.Unmeasured != nil || r.HeldOut.Nats != want.HeldOut.Nats || r.Corpus.Bytes != want.Corpus.Bytes || len(r.Corpus.Baselines) == 0 {
		t.Errorf("%+v, want %+v", r, want)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := o
	p.Out += "-2"
	p.Progress = func(e Event) {
		if s, ok := e.(*Saved); ok && s.Step == 3 {
			cancel() // the last save: what follows is the measurement
		}
	}
	var interrupted *InterruptedError
	if _, err := Run(ctx, p); !errors.As(err, &interrupted) || interrupted.Step != 3 {
		t.Fatalf("not cut off: %v", err)
	}
	if r := mustResume(t, p.Out, Options{}); r.HeldOut.Nats != want.HeldOut.Nats {
		t.Errorf("%v nats, want %v", r.HeldOut.Nats, want.HeldOut.Nats)
	}
	os.Remove(text)
	if r := mustResume(t, o.Out, Options{}); r.Unmeasured == nil || !strings.Contains(r.Unmeasured.Error(), "no such file") && runtime.GOOS != "windows" {
		t.Errorf("without its text: %v", r.Unmeasured)
	}
}

// TestMovedCorpus: the text of a run may be given from other places, in other
// files, and then stays known there.
func TestMovedCorpus(t *testing.T) {
	dir := t.TempDir()
	for name, n := range map[string]int{"in/a.txt": 5000, "in/b.txt": 6000} {
		os.MkdirAll(filepath.Join(dir, "in"), 0o777)
		os.WriteFile(filepath.Join(dir, name), prose(n), 0o666)
	}
	o := options(t, 4)
	o.EvalEvery, o.CheckpointEvery = 1, 1
	o.Paths = []string{filepath.Join(dir, "in")}
	whole := o
	whole.Out += "-whole"
	mustRun(t, whole)
	cutOff(t, o, func(e Event) bool { p, ok := e.(*Evaluated); return ok && p.Step == 1 })
	// Where a name is no UTF-8, JSON has no string for it.
	names := []string{filepath.Join(dir, "\xff.txt"), filepath.Join(dir, "c.txt")}
	if runtime.GOOS != "linux" {
		names[0] = filepath.Join(dir, "ü.txt")
	}
	os.Rename(filepath.Join(dir, "in/a.txt"), names[0])
	os.Rename(filepath.Join(dir, "in/b.txt"), names[1])
	os.Remove(filepath.Join(dir, "in"))
	var moved *MovedError
	if _, err := Resume(t.Context(), o.Out, Options{amounts: fewStories}); !errors.As(err, &moved) || moved.Out != o.Out {
		t.Fatalf("the text is gone: %v", err)
	}
	if _, err := Resume(t.Context(), o.Out, Options{amounts: fewStories, Paths: names[:1]}); err == nil || !strings.Contains(err.Error(), "is not what the run") {
		t.Errorf("half of the text: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	again := Options{amounts: fewStories, Paths: names, Progress: func(e Event) {
		if p, ok := e.(*Evaluated); ok && p.Step == 2 {
			cancel()
		}
	}}
	var interrupted *InterruptedError
	if _, err := Resume(ctx, o.Out, again); !errors.As(err, &interrupted) {
		t.Fatal(err)
	}
	mustResume(t, o.Out, Options{})
	if a, b := files(t, o.Out)["model.safetensors"], files(t, whole.Out)["model.safetensors"]; !bytes.Equal(a, b) {
		t.Error("another model than from the text that stayed")
	}
}

// TestElsewhere: a run that goes on where other bits are computed says so, then
// and ever after.
func TestElsewhere(t *testing.T) {
	begun := func(e Event) bool { _, ok := e.(*Begun); return ok }
	for name, c := range map[string]struct {
		change func(*plan, *progress)
		warns  bool
	}{
		"nowhere":       {func(*plan, *progress) {}, false},
		"other Go":      {func(p *plan, _ *progress) { p.Go = "go1.0" }, true},
		"other backend": {func(p *plan, _ *progress) { p.Backend = "other" }, true},
		"back again":    {func(_ *plan, g *progress) { g.Elsewhere = true }, true},
	} {
		o := options(t, 2)
		cutOff(t, o, begun)
		rewrite(t, o.Out, c.change)
		var said *Resumed
		r := mustResume(t, o.Out, Options{Progress: func(e Event) {
			if e, ok := e.(*Resumed); ok {
				said = e
			}
		}})
		if r.Elsewhere != c.warns || (said != nil) != c.warns {
			t.Errorf("%s: %v %+v", name, r.Elsewhere, said)
		}
		if r := mustResume(t, o.Out, Options{}); r.Elsewhere != c.warns {
			t.Errorf("%s: forgotten", name)
		}
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{{"avx2", "avx512", true}, {"avx512", "avx512", true}, {"generic", "generic", true}, {"avx2", "generic", false}} {
		if gemm.SameBits(c.a, c.b) != c.want || gemm.SameBits(c.b, c.a) != c.want {
			t.Errorf("%s and %s: want %v", c.a, c.b, c.want)
		}
	}
}

// rewrite changes a checkpoint, and takes away what describes another plan.
func rewrite(t *testing.T, dir string, change func(*plan, *progress)) {
	t.Helper()
	c, err := readCheckpoint(dir)
	if err != nil {
		t.Fatal(err)
	}
	change(&c.plan, &c.progress)
	os.Remove(filepath.Join(dir, descriptionFile))
	if err := writeCheckpoint(dir, &c.plan, &c.progress, c.weights, c.m1, c.m2); err != nil {
		t.Fatal(err)
	}
}

// TestFolderRemoved: what was taken away while it was trained in is not said to
// be resumable.
func TestFolderRemoved(t *testing.T) {
	o := options(t, 4)
	o.CheckpointEvery = 1
	o.Progress = func(e Event) {
		if e, ok := e.(*Evaluated); ok && e.Step == 0 {
			os.RemoveAll(o.Out)
		}
	}
	_, err := Run(t.Context(), o)
	var save *SaveError
	if err == nil || errors.As(err, &save) || !strings.Contains(err.Error(), "was removed, or renamed, while it was trained in") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Lstat(o.Out); err == nil {
		t.Error("it is back")
	}
}
