package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"xent/internal/corpus"
	"xent/internal/npy"
)

// archiveMember cuts arrays.npz:name, unless that is a file.
func archiveMember(path string) (file, name string, ok bool) {
	const extension = ".npz:"
	at := strings.LastIndex(path, extension)
	if at < 0 {
		return "", "", false
	}
	if _, err := os.Lstat(path); err == nil {
		return "", "", false
	}
	return path[:at+len(extension)-1], path[at+len(extension):], true
}

// openArray opens the array at path, which may be in an archive or come through a
// named pipe. Closing c closes it.
func openArray(ctx context.Context, path string) (a *npy.Array, c io.Closer, err error) {
	if file, name, ok := archiveMember(path); ok {
		z, err := npy.OpenArchive(file)
		if err != nil {
			return nil, nil, err
		}
		if a, err = z.Open(name); err != nil {
			z.Close()
		}
		return a, z, err
	}
	if info, err := os.Stat(path); err != nil || info.Mode().IsRegular() || info.IsDir() {
		a, err := npy.Open(path)
		return a, a, chosenBy(err, path)
	}
	pipe, _, err := corpus.Open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	if a, err = npy.NewReader(pipe, path); err != nil {
		pipe.Close()
	}
	return a, pipe, err
}

// chosenBy adds to an error about an archive of several arrays how one is chosen.
func chosenBy(err error, path string) error {
	if err == nil {
		return nil
	}
	z, other := npy.OpenArchive(path)
	if other != nil {
		return err
	}
	defer z.Close()
	if len(z.Names()) < 2 {
		return err
	}
	return fmt.Errorf("%w; for the first, give %s:%s", err, path, z.Names()[0])
}

func wantShape(path string, a *npy.Array, want []int, why string) error {
	if slices.Equal(a.Shape(), want) {
		return nil
	}
	return fmt.Errorf("%s: shape %s, want %s, %s", path, shapeText(a.Shape()), shapeText(want), why)
}

// shapeText is a shape as NumPy writes it.
func shapeText(shape []int) string {
	if len(shape) == 1 {
		return fmt.Sprintf("(%d,)", shape[0])
	}
	return "(" + joined(shape) + ")"
}

func joined(numbers []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(numbers), "[]"), " ", ", ")
}

func isFloat(t npy.Type) bool {
	return t == npy.Float16 || t == npy.BFloat16 || t == npy.Float32 || t == npy.Float64
}
