// Package source generates texts whose probability is known exactly: little stories from
// a grammar, such as
//
//	One icy evening, Otto was by the river, fishing, when a storm broke. He crept into a dark
//	mill, and there sat a little frog, shaking with cold. "Are you afraid too?" whispered the boy.
//	"Only a little," said the frog. So they told stories in the mill until the ice had melted.
//	Now, when it thunders, Otto tells a story and hopes to see the frog.
//
// A story is written by choosing: who, where, when, what was lost, who helped, what was
// promised. Choices bind what follows, so that predicting the end of a story takes what
// was said several sentences before: the frog lives by the river, the mill is the one
// crept into, and telling stories is what they did there. Some probabilities depend on
// earlier choices: the ice makes the river likely, the river the frog.
//
// No two sequences of choices write the same text (see check), so the probability of a
// text is the product of the probabilities of its choices, and the entropy of the source
// follows from the chain rule,
//
//	H = E[−ln p(story)] = Σ over choices, weighted by the probability of coming to them, of the entropy of the choice
//
// computed exactly over the joint distribution of the variables on which later choices
// depend (Entropy). No model of such texts can have a lower cross-entropy than H, and what
// it has above H is its Kullback–Leibler divergence from the source.
//
// No story is a prefix of another (every one ends with its only line feed), so the end of
// a story carries no information and need not be scored.
//
// A story has 28 nats in 360 bytes. Counting words, a perfect bigram pays six times that
// and a perfect trigram three times, so a model that comes near H has learnt to look far
// back. With a byte-pair encoding of 1024 tokens trained on stories, a story takes 96
// tokens on average and, with <|bos|>, fits into a context of 128.
package source
