package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// A process is a peer that stays warm between measurements. It answers each line with a
// line of JSON, and sleeps meanwhile; scripts/peer.py has the protocol.
type process struct {
	name  string
	ready reply // what it said when it was
	in    io.WriteCloser
	out   *bufio.Reader
	errs  *tail
	cmd   *exec.Cmd
}

// A reply is whatever a peer says.
type reply struct {
	Versions map[string]string  `json:"versions"`
	Seconds  float64            `json:"seconds"`
	Values   map[string]float64 `json:"values"`
	Peak     int64              `json:"peak"`
	Error    string             `json:"error"`
}

// start starts a peer and waits until it is ready. Name is for messages.
func start(name string, cmd *exec.Cmd) (*process, error) {
	p := &process{name: name, cmd: cmd, errs: &tail{}}
	cmd.Stderr = p.errs
	cmd.WaitDelay = time.Second // of a killed one, whose output somebody else may hold
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	if p.ready, err = p.read(); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// request sends a line and waits for the answer.
func (p *process) request(format string, args ...any) (reply, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return reply{}, p.ended()
	}
	return p.read()
}

func (p *process) read() (r reply, err error) {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return r, p.ended()
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("%s: %q is no answer: %w", p.name, bytes.TrimSpace(line), err)
	}
	if r.Error != "" {
		return r, fmt.Errorf("%s: %s", p.name, r.Error)
	}
	return r, nil
}

// ended is the error of a peer that ended when it should not have, with the last that
// it said.
func (p *process) ended() error {
	p.in.Close()
	err := p.cmd.Wait()
	if last := p.errs.last(); last != "" {
		err = errors.New(last)
	} else if err == nil {
		err = errors.New("it ended without a word")
	}
	return fmt.Errorf("%s: %w", p.name, err)
}

// stop ends the peer and waits for it.
func (p *process) stop() {
	p.in.Close()
	p.cmd.Wait()
}

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	if extra := len(t.kept) - 4096; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(b), nil
}

// last is the last line that is not empty.
func (t *tail) last() string {
	text := strings.TrimSpace(string(t.kept))
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
