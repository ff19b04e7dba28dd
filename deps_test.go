package xent_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// imports is the module's import table: for each package, or folder ending in
// "/", what it may import besides the standard library. A package that is not
// here may not exist. "internal/" as a value stands for every internal package.
var imports = map[string][]string{
	"xent":           {"internal/kernel", "internal/gemm", "internal/exact", "internal/par", "internal/tensor", "golang.org/x/sys"},
	"xent/entropy":   {},
	"xent/tokenizer": {"github.com/dlclark/regexp2"},
	"xent/lm":        {"xent", "internal/"},
	"xent/model":     {"xent", "lm", "tokenizer", "internal/"},
	"xent/train":     {"xent", "lm", "model", "entropy", "measure", "tokenizer", "internal/"},
	"xent/measure":   {"xent", "entropy", "tokenizer", "internal/"},
	"xent/internal/": {"internal/", "golang.org/x/", "github.com/klauspost/compress"},
	"xent/bench/":    {"xent", "xent/", "golang.org/x/"},
	"xent/cmd/":      {"xent", "xent/", "github.com/spf13/", "golang.org/x/"},
}

// TestImports holds every package to the table, so that the library stays
// light for those who import it and the parts stay apart.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		allowed, ok := rule(fields[0])
		if !ok {
			t.Errorf("%s is not in the import table", fields[0])
			continue
		}
		for _, path := range fields[1:] {
			if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") && first != "xent" {
				continue // standard library
			}
			if !slices.ContainsFunc(allowed, func(a string) bool { return permits(a, path) }) {
				t.Errorf("%s may not import %s", fields[0], path)
			}
		}
	}
}

// TestLibraryIsLight: importing the loss or package entropy brings in nothing
// but the standard library and golang.org/x/sys, directly or not.
func TestLibraryIsLight(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "xent", "xent/entropy").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if path != "xent" && !strings.HasPrefix(path, "xent/") && !strings.HasPrefix(path, "golang.org/x/sys/") {
			t.Errorf("importing the library brings in %s", path)
		}
	}
}

func rule(pkg string) ([]string, bool) {
	if a, ok := imports[pkg]; ok {
		return a, true
	}
	for prefix, a := range imports {
		if strings.HasSuffix(prefix, "/") && strings.HasPrefix(pkg, prefix) {
			return a, true
		}
	}
	return nil, false
}

func permits(allowed, path string) bool {
	switch {
	case strings.Contains(allowed, "."): // another module
		return path == allowed || strings.HasPrefix(path, strings.TrimSuffix(allowed, "/")+"/")
	case allowed == "xent" || strings.HasPrefix(allowed, "xent/"):
		return path == allowed || strings.HasSuffix(allowed, "/") && strings.HasPrefix(path, allowed)
	case strings.HasSuffix(allowed, "/"):
		return strings.HasPrefix(path, "xent/"+allowed)
	}
	return path == "xent/"+allowed
}
