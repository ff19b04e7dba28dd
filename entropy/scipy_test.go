package entropy

import (
	"math"
	"testing"
)

// TestSciPy holds the definitions, units included, to those of SciPy 1.10.1
// (Debian 12): scipy.stats.entropy of one vector and of two, the square of
// scipy.spatial.distance.jensenshannon, scipy.special.logsumexp. The cases are
// printed by testdata/golden.py.
func TestSciPy(t *testing.T) {
	inf, ok := math.Inf(1), must[Nats](t)
	for _, c := range []struct {
		p, q                []float64
		h, kl, jsd, logSumP float64
	}{
		{[]float64{0.5, 0.25, 0.25}, []float64{0.25, 0.25, 0.5}, 1.0397207708399179, 0.17328679513998632, 0.04247475919884932, 1.4390699311119191},
		{[]float64{0.75, 0.25, 0, 0}, []float64{0.125, 0.125, 0.25, 0.5}, 0.56233514461880829, 1.5171063970610277, 0.39437488475348897, 1.6865888305980774},
		{[]float64{1, 0}, []float64{0.5, 0.5}, 0, 0.69314718055994529, 0.21576155433883562, 1.3132616875182228},
		{[]float64{0.5, 0.5}, []float64{1, 0}, 0.69314718055994529, inf, 0.21576155433883562, 1.1931471805599454},
		{[]float64{0.03125, 0.03125, 0.03125, 0.03125, 0.03125, 0.03125, 0.03125, 0.03125, 0.75}, []float64{0.75, 0.03125, 0.03125, 0.03125, 0.03125, 0.03125, 0.03125, 0.03125, 0.03125}, 1.0821955300387673, 2.284226190562586, 0.41031486939513467, 2.3390083658617176},
	} {
		for _, v := range []struct {
			name      string
			got, want float64
		}{
			{"Entropy", float64(ok(Entropy(c.p))), c.h},
			{"KL", float64(ok(KL(c.p, c.q))), c.kl},
			{"CrossEntropy", float64(ok(CrossEntropy(c.p, c.q))), c.h + c.kl},
			{"JSD", float64(ok(JSD(c.p, c.q))), c.jsd},
			{"LogSumExp", LogSumExp(c.p), c.logSumP},
		} {
			if !near(v.got, v.want, 1e-14) {
				t.Errorf("%s(%v, %v) = %v, SciPy %v", v.name, c.p, c.q, v.got, v.want)
			}
		}
	}
}
