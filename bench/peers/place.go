package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

//go:embed scripts
var scripts embed.FS

// A place is where peers run: this system, or another that lies in the folder root. Its
// scripts, and what is built from them, are in the folder work.
type place struct {
	root, python, work, llmc string
}

// newPlace writes the scripts to a folder that close removes.
func newPlace(root, python, llmc string) (*place, error) {
	if err := usable(root, python); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "xent-peers-")
	if err != nil {
		return nil, err
	}
	p := &place{root: root, python: python, work: work, llmc: llmc}
	files, err := fs.Sub(scripts, "scripts")
	if err == nil {
		err = os.CopyFS(work, files)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// usable says what is missing where no peer can run at all.
func usable(root, python string) error {
	if root == "" {
		if out, err := exec.Command(python, "-c", "import numpy, torch").CombinedOutput(); err != nil {
			t := &tail{kept: out}
			return fmt.Errorf("%s cannot import torch (%v %s): install it, or name with -root or XENT_PEERS the folder that bench/peers/setup.sh made",
				python, err, t.last())
		}
		return nil
	}
	if _, err := os.Stat(filepath.Join(root, "usr/bin/env")); err != nil {
		return fmt.Errorf("there is no system in %s: make one with bench/peers/setup.sh (%w)", root, err)
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("only root can run what is in %s; without -root and XENT_PEERS the peers of this system are run", root)
	}
	return nil
}

func (p *place) close() { os.RemoveAll(p.work) }

// path is that of a file in the folder work, as peers see it.
func (p *place) path(file string) string {
	if p.root != "" {
		return "/mnt/" + file
	}
	return filepath.Join(p.work, file)
}

// command runs there.
func (p *place) command(ctx context.Context, args ...string) *exec.Cmd {
	if p.root != "" {
		args = append([]string{"unshare", "--mount", "sh", filepath.Join(p.work, "enter.sh"), p.root, p.work}, args...)
	}
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir = p.work
	return c
}

// peer is the command of a peer with its settings, of a kind that scripts/peer.sh knows.
func (p *place) peer(ctx context.Context, threads int, kind string, args ...string) *exec.Cmd {
	return p.command(ctx, append([]string{"sh", p.path("peer.sh"), strconv.Itoa(threads), kind}, args...)...)
}

// torch starts one of the scripts in Python.
func (p *place) torch(ctx context.Context, threads int, script string, args ...any) (*process, error) {
	all := []string{p.python, p.path(script), strconv.Itoa(threads)}
	for _, a := range args {
		all = append(all, fmt.Sprint(a))
	}
	return start(script, p.peer(ctx, threads, "torch", all...))
}

// build compiles one of the programs in C, unless it is there.
func (p *place) build(ctx context.Context, program string, flags ...string) error {
	if _, err := os.Stat(filepath.Join(p.work, program)); err == nil {
		return nil
	}
	args := append([]string{"gcc", "-o", p.path(program), p.path(program + ".c")}, flags...)
	out, err := p.command(ctx, append(args, "-lm", "-ldl")...).CombinedOutput()
	if err != nil {
		t := &tail{kept: out}
		return fmt.Errorf("%s.c does not compile: %w: %s", program, err, t.last())
	}
	return nil
}

// library starts products.c with a library.
func (p *place) library(ctx context.Context, threads int, file, symbol string, sizes []int) (*process, error) {
	if err := p.build(ctx, "products", "-O2"); err != nil {
		return nil, err
	}
	args := []string{p.path("products"), file, symbol}
	for _, n := range sizes {
		args = append(args, strconv.Itoa(n))
	}
	return start(file, p.peer(ctx, threads, "library", args...))
}

// trainer starts llmc.c with llm.c's source, as its own Makefile compiles it.
func (p *place) trainer(ctx context.Context, threads int, args ...any) (*process, error) {
	if p.llmc == "" {
		return nil, fmt.Errorf("llm.c: name the folder of its source with -llmc or XENT_LLMC")
	}
	if err := p.copyTrainer(); err != nil {
		return nil, fmt.Errorf("llm.c: %w", err)
	}
	if err := p.build(ctx, "llmc", "-Ofast", "-fno-finite-math-only", "-march=native", "-fopenmp", "-DOMP", "-w", "-I"+p.path("llm.c")); err != nil {
		return nil, err
	}
	all := []string{p.path("llmc")}
	for _, a := range args {
		all = append(all, fmt.Sprint(a))
	}
	return start("llm.c", p.peer(ctx, threads, "program", append(all, p.path("llmc.bin"))...))
}

// copyTrainer copies what of llm.c's source the trainer needs to where peers see it.
func (p *place) copyTrainer() error {
	to := filepath.Join(p.work, "llm.c")
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	if err := os.CopyFS(filepath.Join(to, "llmc"), os.DirFS(filepath.Join(p.llmc, "llmc"))); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(p.llmc, "train_gpt2.c"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "train_gpt2.c"), text, 0o666)
}
