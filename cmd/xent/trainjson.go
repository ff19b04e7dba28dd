package main

import (
	"encoding/json"
	"io"
	"math"
	"slices"

	"xent/measure"
	"xent/train"
)

// A trainJSON is the object that `xent train --json` prints. It has all its
// members always: what is not known, or not there, is null. docs/json.md says
// what they mean.
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
	Unmeasured  *string         `json:"unmeasured"` // why heldout and what belongs to it is null
	Elsewhere   bool            `json:"resumed_elsewhere"`
	Plan        json.RawMessage `json:"plan"` // all that decided the run, as in xent.json
	Best        *train.Point    `json:"best"` // of the curve
	HeldOut     *measure.Total  `json:"heldout"`
	Floor       *finite         `json:"floor_bits_per_byte"`
	Divergence  *divergenceJSON `json:"divergence"`
	Baselines   []baselineJSON  `json:"baselines"`
	Corpus      *corpusJSON     `json:"corpus"`
	Curve       []train.Point   `json:"curve"`
}

type divergenceJSON struct {
	Stories      int    `json:"stories"`
	CrossEntropy finite `json:"cross_entropy_nats_per_story"`
	Entropy      finite `json:"entropy_nats_per_story"`
	KL           finite `json:"kl_nats_per_story"`
	StdErr       finite `json:"kl_standard_error_nats_per_story"`
}

type baselineJSON struct {
	Name        string `json:"name"`
	BitsPerByte finite `json:"bits_per_byte"`
}

type corpusJSON struct {
	Source            bool     `json:"source"`
	Documents         int      `json:"documents"`
	Bytes             int64    `json:"bytes"`
	Tokens            int64    `json:"tokens"`
	HeldDocuments     int      `json:"heldout_documents"`
	HeldBytes         int64    `json:"heldout_bytes"`
	MeasuredDocuments int      `json:"measured_documents"`
	MeasuredBytes     int64    `json:"measured_bytes"`
	EvaluatedBytes    int64    `json:"evaluated_bytes"`
	Skipped           []string `json:"skipped"`
}

// A finite number is written as null where it is not.
type finite float64

func (x finite) MarshalJSON() ([]byte, error) {
	if f := float64(x); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return json.Marshal(f)
	}
	return []byte("null"), nil
}

func printReportJSON(w io.Writer, r *train.Report, settings map[string]any) error {
	out := trainJSON{
		Schema: schemaVersion, Command: "train", Model: r.Out, Options: settings,
		Parameters: r.Spec.Parameters(), Vocab: r.Spec.Vocab, Steps: r.Steps, BestStep: r.BestStep, Tokens: r.Tokens,
		Seconds: r.Elapsed.Seconds(), AlreadyDone: r.AlreadyDone, Elsewhere: r.Elsewhere, Plan: r.Plan, Curve: r.Curve,
	}
	if i := slices.IndexFunc(r.Curve, func(p train.Point) bool { return p.Step == r.BestStep }); i >= 0 {
		out.Best = &r.Curve[i]
	}
	if r.Unmeasured == nil {
		out.measured(r)
	} else {
		why, then := unmeasured(r)
		if then != "" {
			why += ": " + then
		}
		out.Unmeasured = &why
	}
	return printJSON(w, out)
}

// measured fills in what the held-out text told.
func (out *trainJSON) measured(r *train.Report) {
	c := &r.Corpus
	out.HeldOut = &r.HeldOut
	out.Corpus = &corpusJSON{
		Source: c.Source, Documents: c.Documents, Bytes: c.Bytes, Tokens: c.Tokens, HeldDocuments: c.HeldDocuments, HeldBytes: c.HeldBytes,
		MeasuredDocuments: c.MeasuredDocuments, MeasuredBytes: c.MeasuredBytes, EvaluatedBytes: c.EvaluatedBytes, Skipped: append([]string{}, c.Skipped...),
	}
	for _, b := range c.Baselines {
		out.Baselines = append(out.Baselines, baselineJSON{b.Name, finite(b.BitsPerByte)})
	}
	if c.Floor > 0 {
		floor := finite(c.Floor)
		out.Floor = &floor
	}
	if d := r.Divergence; d != nil {
		out.Divergence = &divergenceJSON{d.Stories, finite(d.CrossEntropy), finite(d.Entropy), finite(d.KL), finite(d.StdErr)}
	}
}
