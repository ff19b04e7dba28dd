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
// # Sequences
//
// Every sequence begins with the tokenizer's BOS, in training as in scoring. A
// document longer than the context C is cut into windows of C−1 tokens, so that
// BOS fits, at a place that differs from epoch to epoch. After the last token of
// a document (not where its last tenth was held out) the model learns to predict
// BOS, so that sampling knows where to stop; that is not part of any held-out
// number.
//
// # Files
//
// The folder appears by one rename, with all but the weights in it. Afterwards
// model.safetensors holds the best model so far, and state/checkpoint all that
// Resume needs: each save replaces one whole file.
package train
