// Package train teaches a language model from text, on a CPU, from ln V down.
//
// [Run] reads a corpus (or takes the built-in source of stories whose entropy is
// known), holds a part of it out, trains a tokenizer on the rest, makes a model
// folder, and learns until the budget is spent; [Resume] continues a folder whose
// run was cut off. Both return a [Report]: what the best model reaches on the
// held-out part, beside what compressors and counting reach there.
//
// # What decides a run
//
// A time budget becomes a number of steps once, after a calibration, and is
// recorded in the folder before the first step. From then on everything is a function of steps: batches,
// learning rate, evaluations, the best model. So equal seeds, step counts and
// back ends give equal bits, whatever the number of goroutines, and a run that
// was cut off continues as if it had not been.
//
// # Corpora
//
// A corpus may be larger than the memory: its bytes are copied once, beyond 64 MiB
// into a nameless file beside the model, and tokens are made from them as they are
// needed. Documents are taken in the order of their hashes, so that neither the
// names nor the order of files decide anything. An epoch goes through all of the
// text in chunks of some 32 KiB in random order, 64 of them at a time, whose windows
// are shuffled together. The tokenizer, and the counts that the model is compared
// with, are made from the training part, or from 16 MiB spread over it.
//
// # Sequences
//
// Every sequence begins with the tokenizer's BOS, in training as in scoring. A
// document, or a chunk of one, longer than the context C is cut into windows of C−1
// tokens, so that BOS fits, at a place that differs from epoch to epoch. After the
// last token of a document (not where its last tenth was held out) the model learns
// to predict BOS, so that sampling knows where to stop; that is not part of any
// held-out number.
//
// # Files
//
// The folder appears by one rename, with all but the weights in it. Afterwards
// model.safetensors holds the best model so far, and state/checkpoint all that
// Resume needs: each save replaces one whole file, the model before the checkpoint
// that records it. A run that is killed between the two finds the model ahead of its
// checkpoint, computes it again and writes the same bytes. state/lock keeps other
// trainers out; readers need no lock.
package train
