/* plan.h - what a run is asked to do: the options of the command line, checked. A phase of a
 * scenario (scenario/) is such a plan, too. */
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
#define HD_LOAD_SAMPLES_MAX     100000u
#define HD_LOAD_WAVES_MAX       1000u
#define HD_LOAD_GIVEN_MAX       32u

struct hd_load_setting;

/* An option of the command line; it stands above what a scenario says. */
struct hd_load_given {
	const struct hd_load_setting *setting;
	const char *text;
};

struct hd_load_plan {
	const char *host, *port;
	const char *hunt;       /* NULL: the scenario's own */
	const char *document;   /* file, NULL: the server's own */
	const char *challenges; /* first N, or ids; NULL: all of the document */
	const char *answer;     /* right for every challenge; NULL: the document's answers */
	const char *scenario;   /* a file, or the name of a shipped one; NULL: one plain run */
	double rate;            /* commands a second over all connections; 0: as fast as it goes */
	uint64_t duration_ns;
	uint32_t connections, pipeline, threads;
	uint64_t entrants, first; /* numbered first, first + 1, ... */
	uint32_t weights[HD_LOAD_VERB_COUNT];
	double right; /* share of right answers */
	double skew;  /* 0: all entrants alike; more: some play far more and better */
	uint64_t seed;
	bool poisson, ids, names, json;

	/* In scenarios. */
	bool force;                    /* put a document over another one, load a busy server */
	bool each;                     /* each entrant gives one command, in order, and no more */
	uint64_t commands;             /* each: so many; entrants, once for each hunt */
	bool silent;                   /* nobody sends but the asides */
	uint32_t asides;               /* bits: who looks on; see scenario/aside.h */
	uint64_t patience_ns;          /* each: this long after the duration for what is late */
	double times;                  /* of the capacity found before: the rate; 0: see rate */
	double hot_entrant, hot_hunt;  /* shares of the first entrant, of the first hunt */
	uint32_t samples;              /* answers that are followed until a board shows them */
	uint32_t watchers, slow;       /* subscribers of the board; those of them who read slowly */
	double changes;                /* marked ones a second, for the watchers */
	uint32_t waves;                /* of a reconnect storm */
	uint64_t pause_ns;             /* between two waves */
	uint64_t recovery_ns, calm_ns; /* wait so long until answers take no longer than that */

	struct hd_load_given given[HD_LOAD_GIVEN_MAX];
	uint32_t given_count;
};

/* Reads the options. Returns an exit code where the program ends at once (help, version, a fault
 * that it has told on stderr), -1 to go on. */
int hd_load_plan_read(struct hd_load_plan *plan, int argc, char **argv);

#endif
