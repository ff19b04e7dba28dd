package train

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestOrderOfFiles: the order in which files are named, and their names, change
// no bit of the model.
func TestOrderOfFiles(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	for i, lines := range bytes.SplitAfterN(prose(9000), []byte("\n"), 30) {
		names := []string{fmt.Sprintf("%s%d.txt", a, i), fmt.Sprintf("%s%d.txt", b, 99-i)}
		for _, name := range names {
			if err := os.WriteFile(name, lines, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	var models [][]byte
	for _, path := range []string{filepath.Dir(a), filepath.Dir(b)} {
		o := options(t, 3)
		o.Paths = []string{path}
		mustRun(t, o)
		models = append(models, files(t, o.Out)["model.safetensors"])
	}
	if !bytes.Equal(models[0], models[1]) {
		t.Error("the model depends on the order of the files")
	}
}

// writeLarge writes a text of about size bytes.
func writeLarge(t *testing.T, path string, size int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	text := prose(1 << 20)
	for n := 0; n < size; n += len(text) {
		fmt.Fprintf(w, "part %d\n", n)
		w.Write(text)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// peak makes a trainer say the most memory that it ever had, in kB.
const peak = "TEST_TRAIN_TELLS_PEAK"

func tellPeak() {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			fmt.Println(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
		}
	}
}

// TestLargeCorpus: what is in memory does not grow with the text.
func TestLargeCorpus(t *testing.T) {
	if runtime.GOOS != "linux" || testing.Short() {
		t.Skip("it reads /proc, and writes 240 MB")
	}
	path := filepath.Join(t.TempDir(), "large.txt")
	writeLarge(t, path, 240<<20)
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), asTrainer+"="+filepath.Join(t.TempDir(), "model"), trainerReads+"="+path, peak+"=1")
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var kB int
	if _, err := fmt.Sscan(string(out), &kB); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	t.Logf("%d MB at the most", kB>>10)
	if kB > 200<<10 { // less than the text alone
		t.Errorf("240 MB of text took %d MB of memory", kB>>10)
	}
}
