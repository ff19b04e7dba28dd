package xent

// EstimateKL returns three estimates of KL(p‖q) from one outcome x that was
// drawn from p, given log p(x) and log q(x). With δ = log p(x) − log q(x):
//
//	k1 = δ                  unbiased; of either sign; variance of order δ²
//	k2 = δ²/2               biased, to third order in δ; ≥ 0
//	k3 = exp(−δ) − 1 + δ    unbiased; ≥ 0
//
// Means of many estimate the divergence. The mean of k2 is ½ Σ p·log²(p/q). It
// and k3 have a variance of order δ⁴, far below k1's where p and q are close; but
// where q is much greater than p in places, exp(−δ) can make k3's the greatest, or
// infinite. If q has a share of its mass where p has none, which no sample shows, k3
// is too low by that share, on average.
//
// They estimate a value, not its gradient. Differentiated with respect to p's
// parameters and averaged over samples of p, k1 gives 0, k2 the gradient of
// KL(p‖q), and k3 that of KL(q‖p). Where the logits of p and q are at hand,
// [ReverseKL] gives value and gradient without sampling, with p as the student and q
// as the teacher.
//
// Domain: log-probabilities, or log-densities, in nats; the estimates are in nats.
// q(x) = 0 (log q = −∞) makes all three +∞. p(x) = 0, which is never drawn, makes k1
// −∞, k2 and k3 +∞. NaN, or infinities that have no difference, make all three NaN.
// Source: J. Schulman, Approximating KL Divergence, 2020.
func EstimateKL(logp, logq float64) (k1, k2, k3 float64) {
	delta := logp - logq
	return delta, delta * delta / 2, phi(delta)
}
