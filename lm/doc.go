// Package lm is the language model: a decoder-only transformer of the Llama
// shape, forward and backward by hand.
//
//	x = E[tokens]
//	for each layer:  x += Wo·attention(RoPE(Wq·n), RoPE(Wk·n), Wv·n),  n = RMSNorm(x)
//	                 x += Wdown·(silu(Wgate·n)∘(Wup·n)),               n = RMSNorm(x)
//	logits = Whead·RMSNorm(x)
//
// A Spec describes a model, Weights hold its matrices in whatever type a file
// stores, an Arena holds all of them in one slice for training and Gradients
// the derivative beside it. A Runner computes: Loss and Gradient of a Batch,
// and Extend for one sequence step by step behind a Cache. The logits of a
// batch never exist; the loss works on the last hidden states and the head.
//
// Names and shapes are those of Hugging Face's LlamaForCausalLM; a matrix is
// stored out × in, so that y = x·Wᵀ.
//
// # Determinism
//
// Loss and gradients are functions of the batch's sequences in order: they do
// not depend on the number of goroutines, nor on how the batch is cut between
// sequences into calls that add into the same Total and Gradients (in BFloat16
// each but the last of an even number of tokens), nor on whether a sequence is
// computed at once or step by step. Back ends of the products (package gemm)
// differ from each other in the last digits. As long as activations are finite,
// no token depends on a later one.
package lm
