package entropy

import (
	"fmt"
	"math"
)

// ConditionalEntropy is the uncertainty that is left about the column of a
// joint distribution, joint[x][y] = p(x, y), once its row is known:
//
//	H(Y|X) = −Σ p(x,y) log(p(x,y)/p(x)) = H(X,Y) − H(X),  p(x) = Σ_y p(x,y)
//
// Domain: a rectangular table of probabilities that together sum to 1.
// 0 ≤ H(Y|X) ≤ H(Y): exactly 0 when the row determines the column, H(Y) when
// the two are independent. Terms with p(x,y) = 0 are 0. For H(X|Y) transpose
// the table. Errors: a [*ValueError] or [*LengthError] naming the row, a
// [*SumError]. Source: Shannon 1948, section 6; Cover & Thomas, section 2.2.
func ConditionalEntropy(joint [][]float64) (Nats, error) {
	rows, _, err := marginals(joint)
	if err != nil {
		return 0, err
	}
	var h sum
	for x, row := range joint {
		for _, p := range row {
			if p > 0 {
				h.add(p * rows[x].logOver(p))
			}
		}
	}
	return h.nats(), nil
}

// MutualInformation is what the row of a joint distribution,
// joint[x][y] = p(x, y), tells about its column, and as much the other way:
//
//	I(X;Y) = Σ p(x,y) log(p(x,y) / (p(x)·p(y))) = H(Y) − H(Y|X)
//
// the divergence of the table from the product of its margins, computed with
// terms ≥ 0 as in [KL]: never negative, and of the order of 1e-32, not 1e-16,
// for a table that is such a product but for rounding.
//
// Domain: a rectangular table of probabilities that together sum to 1. At most
// the smaller of H(X) and H(Y), so 0 for a single row or column. Terms with
// p(x,y) = 0 are 0. Errors: a [*ValueError] or [*LengthError] naming the row, a
// [*SumError]. Source: Shannon 1948, section 12; Cover & Thomas, section 2.3.
func MutualInformation(joint [][]float64) (Nats, error) {
	rows, columns, err := marginals(joint)
	if err != nil {
		return 0, err
	}
	var d sum
	for x, row := range joint {
		for y, p := range row {
			d.add(dependence(p, rows[x], columns[y]))
		}
	}
	return d.nats(), nil
}

// dependence is the excess of p over row·column. Their difference is taken
// before any rounding, which for variables all but independent would be all of it.
func dependence(p float64, row, column sum) float64 {
	product := row.value() * column.value()
	if p > 0 && product < smallestNormal { // its logarithm need not underflow
		return max(p*(logRatio(p, row.value())-math.Log(column.value())-1), 0)
	}
	difference := math.FMA(row.high, column.high, -p) + (row.high*column.low + row.low*column.high)
	return excess(p, product, difference)
}

// logOver is log(s/p) for a term p > 0 of the sum s of terms ≥ 0. Close to 1
// the quotient is 1 plus what the other terms make, which s, rounded, has lost.
func (s *sum) logOver(p float64) float64 {
	if others := (s.high - p) + s.low; others <= p {
		return math.Log1p(others / p)
	}
	return logRatio(s.value(), p)
}

// marginals checks a joint distribution and returns the sums of its rows and
// of its columns.
func marginals(joint [][]float64) (rows, columns []sum, err error) {
	if len(joint) > 0 {
		columns = make([]sum, len(joint[0]))
	}
	rows = make([]sum, len(joint))
	var total sum
	for x, row := range joint {
		name := fmt.Sprintf("joint[%d]", x)
		if len(row) != len(columns) {
			return nil, nil, &LengthError{Vectors: [2]string{"joint[0]", name}, Lens: [2]int{len(columns), len(row)}}
		}
		for y, p := range row {
			if !isProbability(p) {
				return nil, nil, &ValueError{Vector: name, Index: y, Value: p, Want: probability}
			}
			rows[x].add(p)
			columns[y].add(p)
			total.add(p)
		}
	}
	return rows, columns, checkSum("joint", len(rows)*len(columns), total.value())
}
