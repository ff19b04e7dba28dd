// Package entropy measures information: how surprising an outcome is, how
// uncertain a distribution is, and how far one distribution is from another.
//
// # Units
//
// Every formula here uses the natural logarithm, so its unit is the nat:
// [Nats]. One bit is ln 2 ≈ 0.6931 nats: [Bits]. The two are types, so that a
// program cannot add one to the other, and what is printed says which it is.
//
// # One distribution
//
// An outcome of probability p(x) carries a surprisal of −log p(x): none if it
// was certain, one bit if it was a fair coin's, without bound if it was thought
// impossible. Surprisals of independent outcomes add, which is why there is a
// logarithm. The mean surprisal of a distribution is its entropy, and the
// exponential of that is the number of equally likely outcomes that would be as
// uncertain.
//
//	surprisal              s(x)   = −log p(x)                  Surprisal
//	entropy                H(p)   = −Σ p log p                 Entropy
//	  of a coin            h(p)   = −p log p − (1−p) log(1−p)  BinaryEntropy
//	effective choices      exp H(p)                            EffectiveChoices
//	code word              ⌈−log₂ p(x)⌉ bits                   CodeLength
//
// # Two distributions
//
// Let p be the truth and q a model of it, over the same V outcomes. The model
// is as surprised, on average, as the cross-entropy says. The entropy of the
// truth is the part that no model can avoid; the rest, the relative entropy, is
// the model's own fault, and is 0 only when q = p.
//
//	cross-entropy          H(p,q)   = −Σ p log q             CrossEntropy
//	  certain truth y      −log q(y)                         CrossEntropyAt
//	relative entropy       KL(p‖q)  = Σ p log(p/q)           KL
//	                       H(p,q)   = H(p) + KL(p‖q)
//	Jensen–Shannon         JSD_β    = β KL(p‖m) + (1−β) KL(q‖m),
//	                       m        = βp + (1−β)q            JSD, JSDBeta
//
// Of two variables with a joint distribution, the one tells about the other
// the mutual information, and leaves the conditional entropy.
//
//	conditional entropy    H(Y|X)   = H(X,Y) − H(X)          ConditionalEntropy
//	mutual information     I(X;Y)   = H(Y) − H(Y|X)          MutualInformation
//
// # Texts
//
// A language model's loss on a text is an empirical cross-entropy: the mean of
// its surprisals at the tokens. Their total in bits is, to within two bits, the
// size to which the model compresses the text ([MessageLength]). A total
// becomes a rate by dividing by what the text has: [Perplexity] per token or
// word, [BitsPerByte], [BitsPerCharacter], [BitsPerWord]. Only rates per byte,
// character and word compare models with different tokenizers, because a token
// is not the same piece of text for both. Totals and counts add, rates and
// perplexities do not: average by adding first and dividing once.
//
// # Distributions
//
// A distribution is a slice of V probabilities or, in the functions whose names
// end in Log, of V log-probabilities, which neither underflow nor lose the
// digits of what is rare. It is checked, never repaired: probabilities must be
// non-negative and finite, log-probabilities at most 0 (−∞ stands for
// probability 0), and the probabilities must sum to 1 within [SumTolerance].
// Otherwise a typed error says which vector, which index and what value. An
// empty slice sums to 0 and is refused. Logits become log-probabilities by
// [LogSoftmax].
//
// Everywhere 0·log 0 = 0 and 0·log(0/q) = 0, their limits. A model that gives
// probability 0 to what can happen pays +∞; that is a value, not an error. Where
// there is no error to return, a number outside the domain gives NaN.
//
// # Accuracy
//
// Entropies and divergences are within 4e-15, relatively, of the formula at the
// numbers as given, short of underflow: tests hold them to 256-bit arithmetic.
// Sums are compensated, so V costs no digits, and no term of a divergence can
// be negative: it is exactly 0 between equal vectors and small, not noise,
// between close ones. Bounds such as
// H(p) ≤ log V and identities hold up to that rounding and to what the vectors'
// sums miss 1 by. To ask more of data that are rounded themselves is vain: a
// log-probability ℓ in float64 knows its probability to |ℓ|·1.1e-16, and the
// digits of a small divergence must be there in its arguments.
//
// # Sources
//
// C. E. Shannon, A Mathematical Theory of Communication, 1948. S. Kullback and
// R. A. Leibler, On Information and Sufficiency, 1951. J. Lin, Divergence
// Measures Based on the Shannon Entropy, 1991. T. M. Cover and J. A. Thomas,
// Elements of Information Theory, second edition, 2006: cited below as Cover &
// Thomas.
package entropy
