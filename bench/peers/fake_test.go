package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"xent/lm"
)

// fakeVariable makes this test binary a peer that computes with xent. Its value is a
// fault: "" for none is written as "sound".
const fakeVariable = "XENT_FAKE_PEER"

func TestMain(m *testing.M) {
	if fault := os.Getenv(fakeVariable); fault != "" {
		fake(fault, os.Args[1:])
		return
	}
	os.Exit(m.Run())
}

// tiny are the sizes of tests.
var tiny = sizes{
	rows: 5, classes: []int{33}, products: []int{7}, n: 6, d: 8, v: 21,
	model: lm.Spec{Vocab: 16, Context: 4, Width: 6, Layers: 1, Heads: 1, KVHeads: 1, HeadDim: 6, Hidden: 16, Tied: true,
		RopeTheta: 10000, NormEps: 1e-5}, sequences: 2,
	lasting: 1e-6,
}

// fake is a peer, started as those in Python and C are.
func fake(fault string, args []string) {
	if args[0] == "-c" { // can it import torch?
		return
	}
	if fault == "dead" {
		fmt.Fprintf(os.Stderr, "Traceback\n%s: no such thing\n\n", filepath.Base(args[0]))
		os.Exit(3)
	}
	cases, err := fakeCases(args)
	if err != nil {
		panic(err)
	}
	out := json.NewEncoder(os.Stdout)
	out.Encode(map[string]any{"versions": map[string]string{"fake " + filepath.Base(args[0]): "1.2"}, "peak": 1 << 20})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if fault == "garbage" {
			fmt.Println("what?")
			continue
		}
		out.Encode(fakeAnswer(fault, cases, strings.Fields(lines.Text())))
	}
}

func fakeAnswer(fault string, cases map[string]side, words []string) map[string]any {
	switch words[0] {
	case "memory":
		return map[string]any{"peak": 3 << 20}
	case "busy": // computes on while it should be idle
		go func() {
			for x := uint64(1); x != 0; {
				x = hash(x, x) | 1
			}
		}()
		return map[string]any{"seconds": 0}
	}
	s, ok := cases[words[1]]
	if !ok {
		return map[string]any{"error": "no case " + words[1]}
	}
	if words[0] == "time" {
		runs, _ := strconv.Atoi(words[2])
		seconds, err := s.time(runs)
		if err != nil {
			return map[string]any{"error": err.Error()}
		}
		return map[string]any{"seconds": seconds}
	}
	values, err := s.check()
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	if x, ok := values[fault]; ok {
		values[fault] = x * 1.001
	}
	return map[string]any{"values": values}
}

// fakeCases are those of a script or program, computed by xent itself.
func fakeCases(args []string) (map[string]side, error) {
	n := make([]int, len(args))
	for i, a := range args {
		n[i], _ = strconv.Atoi(a)
	}
	cases := map[string]side{}
	switch name := filepath.Base(args[0]); name {
	case "loss.py": // THREADS ROWS CLASSES
		l, err := newLogits(n[2], n[3], n[1])
		if err != nil {
			return nil, err
		}
		cases["forward_eager"], cases["forward_compile"] = l.forward(), l.forward()
		cases["gradient_one"], cases["gradient_compile"] = l.gradient("", false), l.gradient("", false)
		cases["gradient_in_place"] = l.gradient("", true)
	case "products": // LIBRARY SYMBOL SIZE…
		for _, size := range args[3:] {
			n, _ := strconv.Atoi(size)
			q, err := newSquares(n, 1)
			if err != nil {
				return nil, err
			}
			cases[size] = q.side()
		}
	case "linear.py": // THREADS ROWS WIDTH CLASSES MODE
		h, err := newHead(n[2], n[3], n[4], n[1])
		if err != nil {
			return nil, err
		}
		cases["both"] = h.side()
	case "step.py", "llmc":
		s, _, err := tiny.trainer(1, lm.Float32)
		if err != nil {
			return nil, err
		}
		cases["step"] = s
	default:
		return nil, fmt.Errorf("no peer %q", name)
	}
	return cases, nil
}

// fakeBenchmark is a small run with peers that have a fault.
func fakeBenchmark(t *testing.T, fault string) *benchmark {
	t.Helper()
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("peers are started by a shell, and there is none")
	}
	t.Setenv(fakeVariable, fault)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // a second for each peer that ends
	llmc := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(llmc, "train_gpt2.c"), "", 0o666)
	write(filepath.Join(llmc, "llmc/utils.h"), "", 0o666)
	p, err := newPlace("", os.Args[0], llmc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	// No libraries are looked for, and what is built is there.
	write(filepath.Join(p.work, "peer.sh"), "shift 2\nexec \"$@\"\n", 0o666)
	for _, name := range []string{"products", "llmc"} {
		write(filepath.Join(p.work, name), fmt.Sprintf("#!/bin/sh\nexec '%s' %s \"$@\"\n", os.Args[0], name), 0o777)
	}
	return &benchmark{sizes: &tiny, place: p, only: names, threads: []int{1, 2}, rounds: 3, settle: time.Millisecond, log: t.Output(), report: newReport()}
}
