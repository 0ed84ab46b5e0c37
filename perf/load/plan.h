/* plan.h - what a run is asked to do: the options of the command line, checked. */
#ifndef HUNTD_PERF_LOAD_PLAN_H
#define HUNTD_PERF_LOAD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/* What may stand in --mix. */
#define HD_LOAD_VERBS(X)                                                                           \
	X(SUBMIT, "submit", "HUNT.SUBMIT")                                                         \
	X(AWARD, "award", "HUNT.AWARD")                                                            \
	X(JOIN, "join", "HUNT.JOIN")                                                               \
	X(PROGRESS, "progress", "HUNT.PROGRESS")                                                   \
	X(TOP, "top", "BOARD.TOP")                                                                 \
	X(RANK, "rank", "BOARD.RANK")                                                              \
	X(AROUND, "around", "BOARD.AROUND")                                                        \
	X(COUNT, "count", "BOARD.COUNT")

enum hd_load_verb {
#define X(symbol, name, command) HD_LOAD_##symbol,
	HD_LOAD_VERBS(X)
#undef X
		HD_LOAD_VERB_COUNT
};

extern const char *const hd_load_verb_names[HD_LOAD_VERB_COUNT];

#define HD_LOAD_CONNECTIONS_MAX 10000u
#define HD_LOAD_PIPELINE_MAX    1024u /* huntd reads no further than that */
#define HD_LOAD_THREADS_MAX     64u
#define HD_LOAD_WEIGHT_MAX      1000u
#define HD_LOAD_ENTRANTS_MAX    1000000000000ull /* twelve digits */

struct hd_load_plan {
	const char *host, *port;
	const char *hunt;
	const char *document;   /* file, NULL: the server's own */
	const char *challenges; /* first N, or ids; NULL: all of the document */
	const char *answer;     /* right for every challenge; NULL: the document's answers */
	double rate;            /* commands a second over all connections; 0: as fast as it goes */
	uint64_t duration_ns;
	uint32_t connections, pipeline, threads;
	uint64_t entrants;
	uint32_t weights[HD_LOAD_VERB_COUNT];
	double right; /* share of right answers */
	double skew;  /* 0: all entrants alike; more: some play far more and better */
	uint64_t seed;
	bool poisson, ids, names, json;
};

/* Reads the options. Returns an exit code where the program ends at once (help, version, a fault
 * that it has told on stderr), -1 to go on. */
int hd_load_plan_read(struct hd_load_plan *plan, int argc, char **argv);

#endif
