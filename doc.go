// Package xent computes the cross-entropy of language models: the loss, its
// gradient, and what people derive from it, exactly and deterministically.
//
// # The loss
//
// Row i of the logits, z ∈ ℝ^V, and a target class y give
//
//	nll = log Σ_c exp(z_c) − z_y = −log p_y,   p = softmax(z)
//
// in nats. To compute the mean over rows once, call [Mean]. To train or to
// measure, make a [Loss] with [New] and call one of its four passes:
//
//	                  over logits (N×V)     over hidden (N×D) × classifier (V×D)
//	loss alone        [Loss.Forward]        [Loss.LinearForward]
//	loss + gradient   [Loss.Gradient]       [Loss.LinearGradient]
//
// The linear passes never hold more of the N×V logits than fit a workspace, and
// still equal this module's product, loss and products bit for bit. A [Shard] is a
// Loss over a part of the classes, for classifiers that are cut between workers.
//
// # Options
//
// The general loss of a row, with [Options] and [Targets] as they are named there,
// is
//
//	r·( (1−ε)·Σ_c w_c·q_c·(−log p_c)  +  (ε/V)·Σ_c w_c·(−log p_c)  +  ζ·lse² )
//
//	r  row weight        w  class weights      ε  label smoothing    ζ  z-loss
//	q  the target: 1 at y, or a soft target    lse = log Σ_c exp u_c
//	p = softmax(u),  u = cap(z)/T,  cap(z) = c·tanh(z/c)   the soft-cap, then the temperature
//
// where masked classes have no part in the second sum, nor in V. [Result] has the
// three parts beside their sum, and NLL, Σ r·Σ_c q_c·(−log p_c), without weights of
// classes, smoothing or z-loss: what perplexity and bits are made of. Gradients are
// with respect to the caller's logits z. docs/math.md derives them.
//
// Logits are float32, bfloat16 or float16, which are computed with in float32 and
// summed in float64, or float64, computed with in float64.
//
// # A teacher instead of a target
//
// A [Divergence] compares a student's logits with a teacher's, row by row: [ForwardKL],
// [ReverseKL], [JSD], or the teacher's cross-entropy, which is no KL and is called
// [TeacherCE]. It gives value and gradient, for distillation, where temperature, T²
// and the share of the true classes are said outright, and for what a policy pays for
// leaving its reference. Equal rows give exactly 0, and no row gives less. [EstimateKL]
// is for those who have only the log-probabilities of samples.
//
// # Nothing is divided for you
//
// A pass adds to a [Total], which the caller owns; [Total.Result] reads sums
// and counts, and [Result.Mean] divides once. The gradient is that of
// scale·Sum, where scale is the caller's: for a mean over micro-batches, pass
// 1/(the weight of all of them), which [Loss.Weight] gives before the pass.
//
//	loss, _ := xent.New(V, xent.Options{})
//	weight := 0.0
//	for _, b := range microBatches {
//		w, err := loss.Weight(xent.Targets{Index: b.targets})
//		…
//		weight += w
//	}
//	var total xent.Total
//	for _, b := range microBatches {
//		logits := xent.Float32(b.logits, len(b.targets), V)
//		grad := logits // in place; any other matrix keeps the logits
//		err := loss.Gradient(&total, logits, xent.Targets{Index: b.targets}, nil, 1/weight, grad)
//		…
//	}
//	fmt.Println(total.Result().Mean())
//
// # What is guaranteed
//
//   - Exact totals: sums over rows are rounded once, so no order, split,
//     micro-batching or number of goroutines changes a digit.
//
//   - Ignored rows ([Ignore], or row weight 0) are not read, not counted, and
//     get gradient 0; a batch with such rows gives the bits of the batch without.
//
//   - The logits are changed only when the gradient is asked for in place.
//
//   - Everything but a soft target's sums is checked before anything is written;
//     errors are typed and name the row and the value.
//
//   - Every quantity is computed from differences to the greatest logit: a common
//     offset of 1e5 costs no digits, and a probability that underflows gives a loss,
//     not ∞.
//
//   - Accuracy, with u = 2⁻²⁴, d_c = u_c − max u, t the smoothed target, A = Σ w·t + 2ζ|lse|,
//     K = r·|scale|/T, and C = 4c/T if logits are capped, else 0:
//
//     |err nll| ≤ u·(8 + 2·nll + C)
//     |err g_c| ≤ u·K·((8 + 3|d_c| + C)·A·p_c + w_c·t_c) + 2⁻¹²⁵·K·A + 2⁻¹⁴⁹
//
//     and what the rounding of g_c to a 16-bit type adds; docs/math.md says how far this
//     is a theorem. Float64 logits: the same with u = 2⁻⁵³ and 128 in place of 8.
//
//   - In steady state a pass allocates nothing: scratch is pooled, until the
//     garbage collector empties the pool.
//
// # Infinities and NaN
//
// A logit of −∞ is a masked class: probability 0, gradient 0. When the target
// expects it, the row's loss is +∞ and its gradient what the formula gives, p − q, times
// a soft-cap's slope, which is 0 there. A
// row with a NaN, a +∞, or nothing but −∞ is a NaN row: its loss and its whole
// gradient are NaN. Such rows count in Count, never in Correct. A coefficient of 0, such as
// a class weight, makes an infinite loss 0. Infinities are looked for in the caller's
// logits, and −∞ stays −∞ when it is capped.
package xent
