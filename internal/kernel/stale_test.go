package kernel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAssemblyIsCurrent fails when the checked-in assembly and stubs are not
// what the generator prints. It skips where avo cannot be had.
func TestAssemblyIsCurrent(t *testing.T) {
	if out, err := goIn("_asm", "mod", "download"); err != nil {
		t.Skipf("the generator's modules cannot be fetched: %v\n%s", err, out)
	}
	dir := t.TempDir()
	files := []string{"kernel_amd64.s", "stubs_amd64.go"}
	out, err := goIn("_asm", "run", ".", "-out", filepath.Join(dir, files[0]), "-stubs", filepath.Join(dir, files[1]), "-pkg", "kernel")
	if err != nil {
		t.Fatalf("the generator failed: %v\n%s", err, out)
	}
	for _, name := range files {
		got, want := body(t, name), body(t, filepath.Join(dir, name))
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what _asm generates: run go generate ./internal/kernel", name)
		}
	}
}

// body is a generated file without its first line, which names the command.
func body(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	return rest
}

// goIn runs the go command in a module of its own, on this machine's terms
// whatever the tests are built for.
func goIn(dir string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly", "GOOS=", "GOARCH=", "CGO_ENABLED=0")
	return cmd.CombinedOutput()
}
