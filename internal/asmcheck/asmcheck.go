// Package asmcheck helps tests hold checked-in assembly to its generator.
package asmcheck

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Current fails the test of package name when assembly or declarations, files
// of the package's folder, are not what `go run .` in its folder _asm prints. It
// skips where the generator's modules cannot be had.
func Current(t *testing.T, name, assembly, declarations string) {
	t.Helper()
	if out, err := goIn("_asm", "mod", "download"); err != nil {
		t.Skipf("the generator's modules cannot be fetched: %v\n%s", err, out)
	}
	dir := t.TempDir()
	out, err := goIn("_asm", "run", ".", "-out", filepath.Join(dir, assembly), "-stubs", filepath.Join(dir, declarations), "-pkg", name)
	if err != nil {
		t.Fatalf("the generator failed: %v\n%s", err, out)
	}
	for _, file := range []string{assembly, declarations} {
		if !bytes.Equal(body(t, file), body(t, filepath.Join(dir, file))) {
			t.Errorf("%s is not what _asm generates: run go generate in this folder", file)
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
