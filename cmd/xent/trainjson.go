package main

import (
	"encoding/json"
	"io"

	"xent/measure"
	"xent/train"
)

// A trainJSON is the object that `xent train --json` prints.
type trainJSON struct {
	Schema      int             `json:"schema_version"`
	Command     string          `json:"command"`
	Model       string          `json:"model"`
	Options     map[string]any  `json:"options"`
	Parameters  int             `json:"parameters"`
	Vocab       int             `json:"vocab"`
	Steps       int             `json:"steps"`
	BestStep    int             `json:"best_step"`
	Tokens      int64           `json:"tokens_trained"`
	Seconds     float64         `json:"seconds"`
	AlreadyDone bool            `json:"already_done"`
	Plan        json.RawMessage `json:"plan"`              // all that decided the run, as in xent.json
	HeldOut     *measure.Total  `json:"heldout,omitempty"` // of the best model; not measured again when already done
	Floor       *float64        `json:"floor_bits_per_byte,omitempty"`
	Divergence  *divergenceJSON `json:"divergence,omitempty"`
	Baselines   []baselineJSON  `json:"baselines"`
	Curve       []train.Point   `json:"curve"`
}

type divergenceJSON struct {
	Stories      int     `json:"stories"`
	CrossEntropy float64 `json:"cross_entropy_nats_per_story"`
	Entropy      float64 `json:"entropy_nats_per_story"`
	KL           float64 `json:"kl_nats_per_story"`
	StdErr       float64 `json:"kl_standard_error_nats_per_story"`
}

type baselineJSON struct {
	Name        string  `json:"name"`
	BitsPerByte float64 `json:"bits_per_byte"`
}

func printReportJSON(w io.Writer, r *train.Report, settings map[string]any) error {
	out := trainJSON{
		Schema: schemaVersion, Command: "train", Model: r.Out, Options: settings,
		Parameters: r.Spec.Parameters(), Vocab: r.Spec.Vocab, Steps: r.Steps, BestStep: r.BestStep, Tokens: r.Tokens,
		Seconds: r.Elapsed.Seconds(), AlreadyDone: r.AlreadyDone, Plan: r.Plan, Curve: r.Curve,
	}
	if !r.AlreadyDone {
		out.HeldOut = &r.HeldOut
	}
	for _, b := range r.Corpus.Baselines {
		out.Baselines = append(out.Baselines, baselineJSON{b.Name, b.BitsPerByte})
	}
	if r.Corpus.Floor > 0 {
		out.Floor = &r.Corpus.Floor
	}
	if d := r.Divergence; d != nil {
		out.Divergence = &divergenceJSON{d.Stories, float64(d.CrossEntropy), float64(d.Entropy), float64(d.KL), float64(d.StdErr)}
	}
	return printJSON(w, out)
}
