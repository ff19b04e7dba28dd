// A training step of llm.c's CPU trainer: its own source, included, on a model of
// another shape. It reads models from files, so one is written first.
//
//	gcc -Ofast -fno-finite-math-only -march=native -fopenmp -DOMP -ILLMC llmc.c -lm -o llmc
//	llmc LAYERS HEADS WIDTH CLASSES CONTEXT SEQUENCES FILE
#include "peer.h"

#define TESTING
#include "train_gpt2.c"

static GPT2 model;
static int *tokens, *targets, batch, context, steps;

static void write_model(const char *file, int layers, int heads, int width, int classes) {
	int header[256] = {20240326, 3, context, classes, layers, heads, width, classes};
	GPT2Config shape = {context, classes, classes, layers, heads, width};
	size_t sizes[NUM_PARAMETER_TENSORS], at = 0;
	fill_in_parameter_sizes(sizes, shape);
	FILE *f = fopenCheck(file, "wb");
	fwrite(header, sizeof header, 1, f);
	for (int t = 0; t < NUM_PARAMETER_TENSORS; t++) {
		int norm = t == 2 || t == 8 || t == 14, bias = t == 3 || t == 5 || t == 7 || t == 9 || t == 11 || t == 13 || t == 15;
		for (size_t i = 0; i < sizes[t]; i++, at++) {
			float x = norm ? 1 : bias ? 0 : peer_number(3, at, 0.02);
			fwrite(&x, sizeof x, 1, f);
		}
	}
	fcloseCheck(f);
}

static int run(const char *name, long runs) {
	if (strcmp(name, "step")) return 0;
	for (; runs > 0; runs--) {
		gpt2_forward(&model, tokens, targets, batch, context);
		gpt2_zero_grad(&model);
		gpt2_backward(&model);
		gpt2_update(&model, 1e-4f, 0.9f, 0.99f, 1e-8f, 0.1f, ++steps);
	}
	return 1;
}

static int check(const char *name, FILE *out) {
	if (!run(name, 1)) return 0;
	fprintf(out, "\"loss\": %.9g", model.mean_loss);
	return 1;
}

int main(int argc, char **argv) {
	FILE *out = peer_out();
	if (argc != 8) {
		fprintf(stderr, "usage: llmc LAYERS HEADS WIDTH CLASSES CONTEXT SEQUENCES FILE\n");
		return 1;
	}
	int classes = atoi(argv[4]);
	context = atoi(argv[5]), batch = atoi(argv[6]);
	write_model(argv[7], atoi(argv[1]), atoi(argv[2]), atoi(argv[3]), classes);
	gpt2_build_from_checkpoint(&model, argv[7]);
	remove(argv[7]);
	tokens = mallocCheck(sizeof(int) * batch * context), targets = mallocCheck(sizeof(int) * batch * context);
	for (int i = 0; i < batch * context; i++) tokens[i] = peer_index(1, i, classes), targets[i] = peer_index(2, i, classes);
	fprintf(out, "{\"versions\": {\"llm.c\": \"(gcc %d.%d)\"}}\n", __GNUC__, __GNUC_MINOR__);
	fflush(out);
	peer_serve(out, run, check);
	return 0;
}
