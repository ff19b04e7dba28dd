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
// still equal this module's product, loss and products bit for bit.
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
//   - Ignored rows ([Ignore], or row weight 0) are not read, not counted, and
//     get gradient 0; a batch with such rows gives the bits of the batch without.
//   - The logits are changed only when the gradient is asked for in place.
//   - Everything is checked before anything is written; errors are typed and
//     name the row and the value.
//   - Every quantity is computed from z − max z: a common offset of 1e5 costs no
//     digits, and a probability that underflows gives a loss, not ∞.
//   - Accuracy, with u = 2⁻²⁴ and d_c = z_c − max z: |err nll| ≤ u·(8 + 2·nll), and
//     |err g_c| ≤ u·K·((8 + 3|d_c|)·p_c + 1[c = y]) + 2⁻¹²⁵·K + 2⁻¹⁴⁹, where
//     K = |scale|·r·w_y.
//   - In steady state a pass allocates nothing: scratch is pooled, until the
//     garbage collector empties the pool.
//
// # Infinities and NaN
//
// A logit of −∞ is a masked class: probability 0, gradient 0. When it is the
// target's, the row's loss is +∞ and its gradient p − 1 on the target and p
// elsewhere. A row with a NaN, a +∞, or nothing but −∞ is a NaN row: its loss
// and its whole gradient are NaN. Such rows count in Count, never in Correct. A
// class weight of 0 makes an infinite loss 0.
package xent
