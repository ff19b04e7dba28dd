package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
)

var (
	negativeZero = float32(math.Copysign(0, -1))
	unit         = map[string]float32{"one": 1}
)

func add(s isa) {
	elements(s, operation{name: "add", arrays: "z, x, y", formula: "z[i] = x[i] + y[i]"}, func(t *loop) {
		t.store(t.add(t.load("x"), t.at("y")), "z")
	})
}

func mul(s isa) {
	elements(s, operation{name: "mul", arrays: "z, x, y", formula: "z[i] = x[i] * y[i]"}, func(t *loop) {
		t.store(t.mul(t.load("x"), t.at("y")), "z")
	})
}

func scale(s isa) {
	elements(s, operation{name: "scale", arrays: "x", scalars: "a", formula: "x[i] *= a"}, func(t *loop) {
		t.store(t.mul(t.scalars["a"], t.at("x")), "x")
	})
}

func negate(s isa) {
	elements(s, operation{name: "negate", arrays: "y, x", formula: "y[i] = -x[i]", constants: map[string]float32{"sign": negativeZero}}, func(t *loop) {
		v := s.vector()
		if s.wide {
			VPXORD(t.at("x"), t.scalars["sign"], v)
		} else {
			VXORPS(t.at("x"), t.scalars["sign"], v)
		}
		t.store(v, "y")
	})
}

func norm(s isa) {
	elements(s, operation{name: "norm", arrays: "y, x, w", scalars: "r", formula: "y[i] = (x[i] * r) * w[i]"}, func(t *loop) {
		t.store(t.mul(t.mul(t.scalars["r"], t.at("x")), t.at("w")), "y")
	})
}

func normGradient(s isa) {
	elements(s, operation{name: "normGradient", arrays: "dx, dy, x, w", scalars: "r, k", formula: "dx[i] += r*(w[i]*dy[i]) - x[i]*k"}, func(t *loop) {
		own := t.mul(t.mul(t.load("w"), t.at("dy")), t.scalars["r"])
		shared := t.mul(t.scalars["k"], t.at("x"))
		t.store(t.add(t.sub(own, shared), t.at("dx")), "dx")
	})
}

func addProduct(s isa) {
	elements(s, operation{name: "addProduct", arrays: "dw, dy, x", scalars: "r", formula: "dw[i] += dy[i] * (x[i] * r)"}, func(t *loop) {
		t.store(t.add(t.mul(t.mul(t.scalars["r"], t.at("x")), t.at("dy")), t.at("dw")), "dw")
	})
}

func gate(s isa) {
	elements(s, operation{name: "gate", arrays: "y, gate, up", formula: "y[i] = (gate[i] * (1 / (1 + y[i]))) * up[i]", constants: unit}, func(t *loop) {
		one := t.scalars["one"]
		sigma := t.div(one, t.add(one, t.at("y")))
		t.store(t.mul(t.mul(sigma, t.at("gate")), t.at("up")), "y")
	})
}

func gateGradient(s isa) {
	formula := `sigma := 1 / (1 + e[i])
		silu := gate[i] * sigma
		gate[i], up[i] = (dy[i]*up[i])*(sigma + silu*(1-sigma)), dy[i]*silu`
	elements(s, operation{name: "gateGradient", arrays: "gate, up, e, dy", formula: formula, constants: unit}, func(t *loop) {
		one := t.scalars["one"]
		sigma := t.div(one, t.add(one, t.at("e")))
		silu := t.mul(sigma, t.at("gate"))
		slope := t.add(sigma, t.mul(silu, t.sub(one, sigma)))
		dy := t.load("dy")
		through := t.mul(dy, t.at("up"))
		t.store(t.mul(through, slope), "gate")
		t.store(t.mul(dy, silu), "up")
	})
}

func adamW(s isa) {
	formula := `gi := grad[i] * clip
		m[i] = b1*m[i] + c1*gi
		v[i] = b2*v[i] + c2*(gi*gi)
		w[i] -= decay*w[i] + (rate*m[i])/(sqrt(v[i]*correct)+eps)`
	elements(s, operation{name: "adamW", arrays: "w, grad, m, v", scalars: "clip, b1, c1, b2, c2, correct, rate, decay, eps", formula: formula}, func(t *loop) {
		c := t.scalars
		g := t.mul(c["clip"], t.at("grad"))
		m := t.add(t.mul(c["b1"], t.at("m")), t.mul(g, c["c1"]))
		v := t.add(t.mul(c["b2"], t.at("v")), t.mul(t.mul(g, g), c["c2"]))
		t.store(m, "m")
		t.store(v, "v")
		root := t.mul(v, c["correct"])
		VSQRTPS(root, root)
		w := t.load("w")
		step := t.add(t.mul(w, c["decay"]), t.div(t.mul(m, c["rate"]), t.add(root, c["eps"])))
		t.store(t.sub(w, step), "w")
	})
}
