package train

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"xent/internal/durable"
)

// asTrainer makes the test binary train in the folder it names, from the text of
// trainerReads; trainerDies is the operation on the disk at which it is killed, if
// any.
const (
	asTrainer    = "TEST_TRAIN_IN"
	trainerReads = "TEST_TRAIN_FROM"
	trainerDies  = "TEST_TRAIN_DIES_AT"
)

func TestMain(m *testing.M) {
	if out := os.Getenv(asTrainer); out != "" {
		os.Exit(trainer(out))
	}
	os.Exit(m.Run())
}

// trainer begins or resumes the run in out, as a person would who knows no more
// than that it has not ended.
func trainer(out string) (code int) {
	if at, err := strconv.Atoi(os.Getenv(trainerDies)); err == nil {
		durable.TestHook = func(durable.Op) error {
			if at--; at < 0 {
				self, err := os.FindProcess(os.Getpid())
				if err != nil || self.Kill() != nil {
					panic("cannot be killed")
				}
				select {}
			}
			return nil
		}
	}
	o := restless(out, os.Getenv(trainerReads))
	if os.Getenv(peak) != "" {
		o.amounts = usualAmounts
		defer tellPeak()
	}
	if err := goOn(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// restless is a run that saves after each step.
func restless(out, text string) Options {
	return Options{
		amounts: least, Out: out, Paths: []string{text}, Steps: 10, Seed: 3, EvalEvery: 3, CheckpointEvery: 1, BatchTokens: 128,
		Shape: Shape{Vocab: 300, Context: 64, Width: 32, Layers: 1, HeadDim: 16, Hidden: 64}, Workers: 1,
	}
}

// least is for runs that are begun hundreds of times.
var least = amounts{sampleBytes: 1 << 20, evaluatedBytes: 400, finalBytes: 800, storeBytes: 1000}

// goOn resumes the run in o.Out, or begins it if there is no folder.
func goOn(o Options) error {
	_, err := os.Stat(o.Out)
	if err == nil {
		_, err = Resume(context.Background(), o.Out, Options{amounts: least, Workers: o.Workers})
	} else {
		_, err = Run(context.Background(), o)
	}
	return err
}

// proseFile makes a file of n bytes of prose.
func proseFile(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(path, prose(n), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// tree lists all files below dir with their content, but not that of locks.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if e.Name() == lockName {
			b = nil
		}
		name, _ := filepath.Rel(dir, path)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sameTree fails unless dir has exactly the files of want.
func sameTree(t *testing.T, name, dir string, want map[string]string) {
	t.Helper()
	got := tree(t, dir)
	for file, content := range want {
		if got[file] != content {
			t.Errorf("%s: %s differs from the uninterrupted run's", name, file)
		}
	}
	for file := range got {
		if _, ok := want[file]; !ok {
			t.Errorf("%s: %s is left behind", name, file)
		}
	}
}

// uninterrupted runs restless and returns its parent folder's files, and how
// many operations on the disk it took.
func uninterrupted(t *testing.T, o Options) (want map[string]string, ops int) {
	t.Helper()
	durable.TestHook = func(durable.Op) error { ops++; return nil }
	defer func() { durable.TestHook = nil }()
	if err := goOn(o); err != nil {
		t.Fatal(err)
	}
	return tree(t, filepath.Dir(o.Out)), ops
}

// TestKilled kills trainers a hundred times, at random instants and at random
// operations on the disk. Whoever resumes ends with the bytes of a run that was
// never killed, and with nothing else in the folder.
func TestKilled(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 10
	}
	o := restless(filepath.Join(t.TempDir(), "model"), proseFile(t, 9000))
	began := time.Now()
	want, ops := uninterrupted(t, o)
	whole := time.Since(began)
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	runs, dead, resumed := 0, 0, 0
	for ; dead < kills; runs++ {
		out := filepath.Join(t.TempDir(), "model")
		for finished := false; !finished; {
			if _, err := os.Stat(out); err == nil {
				resumed++
			}
			var killed bool
			if finished, killed = oneTrainer(t, o.Paths[0], out, r, ops, whole); killed {
				dead++
			}
		}
		sameTree(t, fmt.Sprintf("run %d", runs), filepath.Dir(out), want)
	}
	t.Logf("%d kills in %d runs, %d resumptions", dead, runs, resumed)
	if resumed < kills/4 {
		t.Errorf("only %d runs were resumed", resumed)
	}
}

// oneTrainer lets a trainer work in out until it ends or is killed.
func oneTrainer(t *testing.T, text, out string, r *rand.Rand, ops int, whole time.Duration) (finished, killed bool) {
	t.Helper()
	var errs strings.Builder
	c := exec.Command(os.Args[0])
	c.Env, c.Stderr = append(os.Environ(), asTrainer+"="+out, trainerReads+"="+text), &errs
	inSave := r.IntN(2) == 0
	if inSave {
		c.Env = append(c.Env, trainerDies+"="+strconv.Itoa(r.IntN(ops)))
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if !inSave {
		// A process takes about as long to start as a whole run of this size.
		timer := time.AfterFunc(time.Duration(r.Int64N(int64(2*whole+100*time.Millisecond))), func() { c.Process.Kill() })
		defer timer.Stop()
	}
	err := c.Wait()
	if err == nil {
		return true, false
	}
	if c.ProcessState.ExitCode() == 1 {
		t.Fatalf("a trainer failed: %s", errs.String())
	}
	return false, true
}

// A fault is something that goes wrong with the disk at an operation.
type fault struct {
	name string
	err  error
	// until is how many operations fail; a process that is killed does none.
	until int
}

var faults = []fault{
	{"full disk", syscall.ENOSPC, 1},
	{"broken disk", syscall.EIO, 2}, // so that cleaning up fails too
	{"killed", errors.New("killed"), 1 << 30},
}

// TestEveryFault lets each operation on the disk of a run fail, one after the
// other, in each way. What fails says so in one line with the folder's name, what
// is there stays resumable, and the resumed run ends with the bytes of one without
// faults. A write that fails has written half.
func TestEveryFault(t *testing.T) {
	if testing.Short() {
		t.Skip("faults do not depend on what computes")
	}
	o := restless(filepath.Join(t.TempDir(), "model"), proseFile(t, 9000))
	o.Steps = 2
	want, ops := uninterrupted(t, o)
	kinds := map[durable.OpKind]bool{}
	for _, f := range faults {
		for at := range ops {
			p := o
			p.Out = filepath.Join(t.TempDir(), "model")
			name := fmt.Sprintf("%s at operation %d", f.name, at)
			n := 0
			durable.TestHook = func(op durable.Op) error {
				if n++; n-1 < at || n-1 >= at+f.until {
					return nil
				}
				if n-1 == at {
					name += ", " + op.Kind.String()
					kinds[op.Kind] = true
				}
				return f.err
			}
			err := goOn(p)
			durable.TestHook = nil
			switch {
			case err == nil: // such as a lock's number, which does not matter
			case !errors.Is(err, f.err) || !strings.Contains(err.Error(), filepath.Dir(p.Out)) || strings.Contains(err.Error(), ".partial-") || strings.Contains(err.Error(), "\n"):
				t.Errorf("%s: %v", name, err)
			}
			if _, none := os.Stat(p.Out); err != nil && none != nil && f.until == 1 {
				if left := tree(t, filepath.Dir(p.Out)); len(left) > 0 {
					t.Errorf("%s: there is no model, but %v", name, slices.Collect(keys(left)))
				}
			}
			if err := goOn(p); err != nil {
				t.Fatalf("%s: resumed: %v", name, err)
			}
			sameTree(t, name, filepath.Dir(p.Out), want)
		}
	}
	for _, kind := range []durable.OpKind{durable.OpCreate, durable.OpWrite, durable.OpSync, durable.OpClose, durable.OpRename, durable.OpMkdir, durable.OpSyncFolder} {
		if !kinds[kind] {
			t.Errorf("no %s failed", kind)
		}
	}
}

// TestKilledWhileMeasuring: who resumes a finished run finds what another left that
// was killed when it did so, and takes it away.
func TestKilledWhileMeasuring(t *testing.T) {
	o := restless(filepath.Join(t.TempDir(), "model"), proseFile(t, 9000))
	want, _ := uninterrupted(t, o)
	left := 0
	for at := 0; ; at++ {
		n := 0
		durable.TestHook = func(durable.Op) error {
			if n++; n-1 < at {
				return nil
			}
			return errors.New("killed")
		}
		err := goOn(o)
		durable.TestHook = nil
		if n <= at {
			break // every operation had its turn
		}
		if err == nil && len(tree(t, filepath.Dir(o.Out))) > len(want) {
			left++
		}
		if err := goOn(o); err != nil {
			t.Fatal(err)
		}
		sameTree(t, fmt.Sprintf("killed at operation %d", at), filepath.Dir(o.Out), want)
	}
	if left == 0 && runtime.GOOS == "linux" {
		t.Error("nothing was ever left behind")
	}
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// TestInterruptedSaveFails: who stops a run hears that it could not be saved.
func TestInterruptedSaveFails(t *testing.T) {
	defer func() { durable.TestHook = nil }()
	o := restless(filepath.Join(t.TempDir(), "model"), proseFile(t, 9000))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.quickProgress = true
	o.Progress = func(e Event) {
		if p, ok := e.(*Progress); ok && p.Step == 4 {
			durable.TestHook = func(durable.Op) error { return syscall.ENOSPC }
			cancel()
		}
	}
	_, err := Run(ctx, o)
	var save *SaveError
	if !errors.As(err, &save) || errors.Is(err, context.Canceled) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v", err)
	}
}
