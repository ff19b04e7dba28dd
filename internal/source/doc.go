// Package source generates texts whose probability is known exactly: little stories from a grammar.
//
// A story is written by choosing: who, where, when, what was lost, who helped, what was promised. Choices bind what follows, so that
// predicting the end of a story takes what was said several sentences before; their probabilities are known, some depend on
// earlier choices, and no two sequences of choices write the same text. So the probability of a text is the
// product of the probabilities of its choices, and the entropy of the source follows from the chain rule,
//
//	H = E[−ln p(story)] = Σ over choices, weighted by the probability to come to them, of the entropy of the choice
//
// computed exactly over the joint distribution of the variables on which later choices depend. No model of such
// texts can have a lower cross-entropy than H, and what it has above H is its Kullback–Leibler divergence.
//
// No story is a prefix of another (every one ends with its only line feed), so the end of a story carries no information
// and need not be scored.
package source
