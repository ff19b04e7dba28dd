// Package baseline says what simple methods reach on a text that a language
// model is to be measured on: two compressors, and counts of tokens and of
// pairs of tokens under the model's own tokenizer. A model that does not beat
// the pairs has learnt nothing from context beyond one token.
//
// Every result is a total in bits over all of the text, to be divided by its
// bytes. The compressors see the held-out text alone; the counts come from the
// training text.
//
// # Counts
//
// With V token ids, c(w) the number of times that w occurs, N = Σ c(w),
// c(v,w) the number of times that w follows v and c(v) = Σ_w c(v,w), where
// every document follows BOS:
//
//	Unigram:  p(w)   = (c(w) + ½) / (N + V/2)
//	Bigram:   p(w|v) = (c(v,w) + t(v)·q(w)) / (c(v) + t(v))
//	          q(w)   = (n(w) + ½) / (Σ n + V/2)
//
// t(v) is the number of different tokens seen after v, n(w) the number of
// different tokens seen before w. The unigram is the Krichevsky–Trofimov
// estimate (The performance of universal encoding, 1981). The bigram is
// Witten and Bell's interpolation (The zero-frequency problem, 1991, method C),
// but with Kneser and Ney's lower order (Improved backing-off for m-gram
// language modeling, 1995), which asks in how many places a token is at home
// rather than how often it occurs. Both are positive everywhere and sum to 1.
//
// Of the interpolations without a parameter to tune this was the best one
// tried on the last tenth of Newton's Opticks, at V = 512, 1024 and 2048, in
// bits per byte at V = 1024: 2.282, against 2.299 for Witten–Bell over the
// unigram, 2.315 and 2.296 for absolute discounting over the unigram and over
// q (Kneser–Ney), 2.294 for the latter with three discounts (at V = 4096 that
// was better by 0.003).
package baseline
