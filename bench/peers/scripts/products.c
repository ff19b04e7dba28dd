// Square matrix products in a library that is loaded at run time: OpenBLAS (sgemm_) or
// oneDNN (dnnl_sgemm). The cases are named after their size.
//
//	gcc -O2 products.c -ldl -lm -o products
//	products LIBRARY SYMBOL SIZE…
#include "peer.h"

#include <dlfcn.h>
#include <math.h>

typedef void blas(const char *ta, const char *tb, const int *m, const int *n, const int *k, const float *alpha, const float *a, const int *lda,
	const float *b, const int *ldb, const float *beta, float *c, const int *ldc);
typedef int onednn(char ta, char tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
	float beta, float *c, int64_t ldc);
typedef struct { int major, minor, patch; } onednn_version;

static blas *in_blas;
static onednn *in_onednn;
static float *a, *b, *c;
static int filled;

// huge takes memory that the system is asked to give in huge pages.
static float *huge(size_t n) {
	const size_t page = 2 << 20;
	char *p = mmap(0, n * 4 + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		perror("products");
		exit(1);
	}
	p += -(uintptr_t)p % page;
	madvise(p, n * 4, MADV_HUGEPAGE);
	memset(p, 0, n * 4);
	return (float *)p;
}

static int fill(const char *name) {
	int n = atoi(name);
	size_t all = (size_t)n * n;
	if (n == filled) return n;
	for (size_t i = 0; i < all; i++) a[i] = peer_number(1, i, 1), b[i] = peer_number(2, i, 1);
	return filled = n;
}

// run computes C = A·B, rows after rows. OpenBLAS is given the transposed product,
// since it takes columns after columns.
static int run(const char *name, long runs) {
	const float one = 1, zero = 0;
	int n = filled;
	if (n != atoi(name)) return 0;
	for (; runs > 0; runs--) {
		if (in_onednn) {
			if (in_onednn('N', 'N', n, n, n, 1, a, n, b, n, 0, c, n)) return 0;
		} else {
			in_blas("N", "N", &n, &n, &n, &one, b, &n, a, &n, &zero, c, &n);
		}
	}
	return 1;
}

static int check(const char *name, FILE *out) {
	double sum = 0;
	int n = fill(name);
	if (!n || !run(name, 1)) return 0;
	for (size_t i = 0; i < (size_t)n * n; i++) sum += fabs(c[i]);
	fprintf(out, "\"product\": %.17g", sum);
	return 1;
}

int main(int argc, char **argv) {
	FILE *out = peer_out();
	int most = 0;
	void *library = argc > 3 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : 0;
	void *symbol = library ? dlsym(library, argv[2]) : 0;
	if (!symbol) {
		fprintf(stderr, "products: %s\n", argc > 3 ? dlerror() : "usage: products LIBRARY SYMBOL SIZE…");
		return 1;
	}
	for (int i = 3; i < argc; i++) most = atoi(argv[i]) > most ? atoi(argv[i]) : most;
	a = huge((size_t)most * most), b = huge((size_t)most * most), c = huge((size_t)most * most);
	if (!strncmp(argv[2], "dnnl", 4)) {
		const onednn_version *(*version)(void) = dlsym(library, "dnnl_version");
		const onednn_version *v = version ? version() : &(onednn_version){0};
		in_onednn = symbol;
		fprintf(out, "{\"versions\": {\"oneDNN\": \"%d.%d.%d\"}}\n", v->major, v->minor, v->patch);
	} else {
		char *(*config)(void) = dlsym(library, "openblas_get_config"), *(*core)(void) = dlsym(library, "openblas_get_corename");
		char name[32] = "?";
		if (config) sscanf(config(), "OpenBLAS %31s", name);
		in_blas = symbol;
		fprintf(out, "{\"versions\": {\"OpenBLAS\": \"%s (%s)\"}}\n", name, core ? core() : "?");
	}
	fflush(out);
	peer_serve(out, run, check);
	return 0;
}
