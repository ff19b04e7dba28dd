package nn

import (
	"xent/internal/tensor"
	"xent/internal/vec"
)

// Embed: table V×C of any type, tokens N → x N×C.
//
//	x_i = table[tokens_i]
func (e *Engine) Embed(x, table tensor.Matrix, tokens []int32) {
	same(x, len(tokens), table.Cols)
	e.gather = gather{rowsOf(x), table, tokens}
	e.split(x.Rows, x.Cols, light, &e.gather)
}

type gather struct {
	x      rows
	table  tensor.Matrix
	tokens []int32
}

func (t *gather) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		t.table.Gather(t.x.at(i), int(t.tokens[i]), 0)
	}
}

// EmbedBackward: dx N×C, tokens N → dtable V×C, added to in row order.
//
//	dtable[tokens_i] += dx_i
func (e *Engine) EmbedBackward(dtable, dx tensor.Matrix, tokens []int32) {
	same(dx, len(tokens), dtable.Cols)
	e.scatter = scatter{rowsOf(dtable), rowsOf(dx), tokens}
	e.columns(dx.Rows, dx.Cols, &e.scatter)
}

type scatter struct {
	dtable, dx rows
	tokens     []int32
}

func (t *scatter) Do(_, lo, hi int) {
	for i, id := range t.tokens {
		d := t.dtable.at(int(id))[lo:hi]
		vec.Add(d, d, t.dx.at(i)[lo:hi])
	}
}
