package train

import (
	"time"

	"xent"
)

// A meter averages over the time between two Progress events.
type meter struct {
	since     time.Time
	sum, rows float64
	norm      float64
	steps     int
	rate      float64 // tokens a second, smoothed
}

const progressEvery = 500 * time.Millisecond

func (m *meter) reset() { *m = meter{since: time.Now(), rate: m.rate} }

func (m *meter) add(res xent.Result, norm float64) {
	m.sum += res.Sum
	m.rows += res.Weight
	m.norm = norm
	m.steps++
}

// report emits a Progress event when it is time, or at the last step.
func (r *run) report() {
	m, g := &r.window, &r.progress
	passed := time.Since(m.since)
	if passed < r.progressEvery && g.Step < r.plan.Steps || m.steps == 0 {
		return
	}
	now := m.rows / passed.Seconds()
	if m.rate == 0 {
		m.rate = now
	}
	m.rate += (now - m.rate) / 8
	left := float64(r.plan.Steps-g.Step) * float64(g.Tokens) / float64(g.Step) / m.rate
	r.emit(&Progress{
		Step: g.Step, Steps: r.plan.Steps, Loss: nats(m.sum / m.rows), Rate: r.plan.Optimizer.rate(g.Step-1, r.plan.Steps), Norm: m.norm,
		Tokens: g.Tokens, TokensPerSecond: m.rate, Elapsed: time.Since(r.started), Left: seconds(left),
		HeldOut: g.Curve[len(g.Curve)-1].BitsPerByte,
	})
	m.reset()
}
