// Package entropy measures information: how surprising an outcome is, how
// uncertain a distribution is, and how far one distribution is from another.
//
// # Units
//
// Every formula here uses the natural logarithm, so its unit is the nat:
// [Nats]. One bit is ln 2 ≈ 0.6931 nats: [Bits]. The two are types, so that a
// program cannot add one to the other or print one as the other.
//
// # Quantities
//
// For distributions p (the truth) and q (a model) over the same V outcomes:
//
//	surprisal          s(x)    = −log p(x)                      Surprisal
//	entropy            H(p)    = −Σ p log p                     Entropy
//	cross-entropy      H(p,q)  = −Σ p log q                     CrossEntropy
//	relative entropy   KL(p‖q) =  Σ p log(p/q)                  KL
//	                   H(p,q)  =  H(p) + KL(p‖q)
//	Jensen–Shannon     JSD     = ½ KL(p‖m) + ½ KL(q‖m), m = ½(p+q)
//	effective choices            exp H(p)                       EffectiveChoices
//
// Cross-entropy is what a model pays for the truth: the entropy is the part
// that no model can avoid, the relative entropy is the model's own fault. A
// language model's loss on a text is the empirical cross-entropy, the mean of
// its surprisals at the tokens of the text, and the total of those surprisals
// in bits is the size to which the model can compress the text.
//
// A total over a text becomes a rate by dividing by what the text has:
// [Perplexity] per token or word, [BitsPerByte], [BitsPerCharacter],
// [BitsPerWord]. Only the rates per byte, character and word compare models
// with different tokenizers, because a token is not the same piece of text for
// both.
//
// # Distributions
//
// A distribution is a slice of V probabilities, or, in the functions whose
// names end in Log, of V log-probabilities. It is checked, never repaired:
// probabilities must be non-negative and finite, log-probabilities anything
// but NaN or +∞, and the probabilities must sum to 1 within [SumTolerance];
// otherwise a [*ValueError], [*SumError] or [*LengthError] says which vector,
// which index and what value. An empty slice sums to 0 and is refused.
//
// Everywhere 0·log 0 = 0 and 0·log(0/q) = 0, their limits. A model that gives
// probability 0 to what can happen pays +∞; that is a value, not an error.
//
// Sums are compensated (Neumaier), so that the result does not lose digits
// with the number of outcomes.
//
// # Sources
//
// C. E. Shannon, A Mathematical Theory of Communication, 1948. S. Kullback and
// R. A. Leibler, On Information and Sufficiency, 1951. T. M. Cover and
// J. A. Thomas, Elements of Information Theory, second edition, 2006: cited
// below as Cover & Thomas. J. Lin, Divergence Measures Based on the Shannon
// Entropy, 1991.
package entropy
