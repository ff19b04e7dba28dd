// What the programs in C have in common: equal values on both sides, and the
// protocol, both as in peer.py.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static double peer_clock(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

static uint64_t peer_hash(uint64_t stream, uint64_t i) {
	uint64_t x = ((stream << 40) + i + 1) * 0x9E3779B97F4A7C15u;
	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
	x = (x ^ x >> 27) * 0x94D049BB133111EBu;
	return x ^ x >> 31;
}

static float peer_number(uint64_t stream, uint64_t i, double sd) {
	uint64_t h = peer_hash(stream, i);
	int sum = (int)(h & 0xFFFF) + (int)(h >> 16 & 0xFFFF) + (int)(h >> 32 & 0xFFFF) + (int)(h >> 48);
	return (float)(sum - 131070) * (float)(sd / 37837);
}

static int peer_index(uint64_t stream, uint64_t i, uint64_t v) { return (int)((peer_hash(stream, i) >> 32) * v >> 32); }

// peer_peak is the most memory that the process has held, in bytes.
static long peer_peak(void) {
	char line[256];
	long kilobytes = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f)) sscanf(line, "VmHWM: %ld", &kilobytes);
	if (f) fclose(f);
	return kilobytes * 1024;
}

// peer_serve does what it is told. run does runs runs of a case; check prints what the
// case computes, as members of an object. Both return 0 where there is no such case.
static void peer_serve(FILE *out, int (*run)(const char *name, long runs), int (*check)(const char *name, FILE *out)) {
	char line[256], name[128];
	long runs;
	while (fgets(line, sizeof line, stdin)) {
		if (sscanf(line, "time %127s %ld", name, &runs) == 2) {
			double start = peer_clock();
			if (run(name, runs)) {
				fprintf(out, "{\"seconds\": %.9f}\n", peer_clock() - start);
			} else {
				fprintf(out, "{\"error\": \"no such case\"}\n");
			}
		} else if (sscanf(line, "check %127s", name) == 1) {
			fprintf(out, "{\"values\": {");
			fprintf(out, check(name, out) ? "}}\n" : "}, \"error\": \"no such case\"}\n");
		} else if (!strcmp(line, "memory\n")) {
			fprintf(out, "{\"peak\": %ld}\n", peer_peak());
		} else {
			fprintf(out, "{\"error\": \"unknown request\"}\n");
		}
		fflush(out);
	}
}

// peer_out is where replies go; what libraries print goes to standard error.
static FILE *peer_out(void) {
	FILE *out = fdopen(dup(1), "w");
	dup2(2, 1);
	return out;
}
