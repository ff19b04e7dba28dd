// Package model opens, saves and uses language models in the folder form that
// Hugging Face's tools read and write:
//
//	config.json                    the shape, a LlamaForCausalLM
//	model.safetensors              the weights; or shards listed by model.safetensors.index.json
//	tokenizer.json                 the tokenizer
//	tokenizer_config.json          whether documents start with BOS (optional)
//
// It joins package lm, which computes, with package tokenizer and the policy
// on BOS, so that three calls do what most programs want of a model:
//
//	m, err := model.Open("my-model")
//	nats, spans, err := m.Surprisal(ctx, []byte("How surprised are you?"))
//	err = m.Sample(ctx, []byte("Once upon"), model.SampleOptions{Temperature: 0.8}, yield)
//
// [Model.Score] is what package measure builds on: many windows of tokens at
// once, every number a function of its window alone.
//
// # The beginning of a document
//
// Whether a document starts with a BOS token is the model's to declare, and
// [Model.BOS] reports it: tokenizer_config.json's add_bos_token if it is there,
// else the post-processor in tokenizer.json. Which token that is: bos_token of
// tokenizer_config.json, else the tokenizer's own, else bos_token_id of
// config.json. A bos_token_id alone declares nothing: many models name one and
// never saw it.
//
// # What is refused
//
// Whatever would make the numbers wrong is an error that names the file and
// the field or tensor: other architectures, biases, scaled rotary positions,
// quantised weights, tensors that are missing, too many or of another shape, a
// tokenizer with more tokens than the model, weights whose checksum differs or that
// were saved with another tokenizer or another config.json, files of other kinds or
// of another size than their header tells, which are not read.
package model
