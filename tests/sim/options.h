/* options.h - what a seed decides: how large the world is, and which faults may strike it.
 *
 * Every option is one row of a table: name, the least and the greatest that a seed draws, and how
 * many in a hundred seeds have it at all (else it is 0). A line `0xSEED name=value ...` is a whole
 * run: what it names wins over what the seed draws, which is how a failing run is made smaller. */
#ifndef HUNTD_TESTS_SIM_OPTIONS_H
#define HUNTD_TESTS_SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* X(name, least, greatest, chance, is a fault) */
#define SIM_OPTIONS(X)                                                                             \
	X(shards, 1, 8, 100, false)                                                                \
	X(ring, 1, 4, 100, false)        /* 1, 3, 64, the default */                               \
	X(durability, 1, 10, 100, false) /* 9: window, 10: off, else batch */                      \
	X(clients, 2, 10, 100, false)                                                              \
	X(entrants, 2, 60, 100, false)                                                             \
	X(pipeline, 1, 12, 100, false)                                                             \
	X(think_ms, 100, 2500, 100, false)                                                         \
	X(seconds, 540, 660, 100, false) /* simulated, before the heal */                          \
	X(segment, 1, 6, 100, false)     /* times HD_FRAME_MAX */                                  \
	X(noid, 1, 30, 50, false)        /* commands without ID, in a hundred */                   \
	X(past, 1, 60, 40, false)        /* commands with AT */                                    \
	X(documents, 5, 60, 70, false)   /* seconds between versions of the document */            \
	X(phases, 5, 90, 60, false)      /* seconds between OPEN, FREEZE, CLOSE */                 \
	X(reads, 5, 60, 90, false)       /* in a hundred */                                        \
	X(again, 1, 10, 50, false)       /* acknowledged commands sent again, in a hundred */      \
	X(clean, 30, 300, 30, true)      /* seconds between ends in order */                       \
	X(kills, 20, 200, 60, true)      /* seconds between kill -9 */                             \
	X(cuts, 20, 200, 60, true)       /* seconds between power cuts */                          \
	X(inside, 1, 100, 70, true)      /* of a hundred deaths, inside of a pass */               \
	X(slow, 1, 5000, 40, true)       /* ms: flushes now and then */                            \
	X(sync_us, 50, 20000, 100, false)                                                          \
	X(shorts, 1, 50, 40, true) /* short writes, in a hundred */                                \
	X(eio, 20, 300, 25, true)  /* seconds between errors of the disk */                        \
	X(full, 30, 200, 25, true) /* seconds between fillings of the disk */                      \
	X(pauses, 1, 60, 40, true) /* seconds between stalls of a thread */                        \
	X(pause_ms, 1, 4000, 100, false)                                                           \
	X(drops, 5, 60, 50, true)         /* seconds between lost connections */                   \
	X(jumps, 20, 300, 25, true)       /* seconds between jumps of the wall clock */            \
	X(misdirect, 1, 1, 0, true)       /* beyond the model: a write that goes elsewhere */      \
	X(canary, 1, 1, 0, false)         /* 1: an event is lost, 2: a reply is altered */         \
	X(snapshots, 20, 2000, 80, false) /* events between snapshots */                           \
	X(archive, 1, 2, 60, false)       /* segments are kept; 2: not more than some */           \
	X(rot, 1, 100, 40, true)          /* deaths, in a hundred, at which a snapshot rots */     \
	X(scrub, 40, 300, 50, false)      /* seconds in which all files are read and checked */    \
	X(lag, 1, 1500, 30, true)         /* ms more that one shard's flushes take */              \
	X(focus, 1, 95, 40, false)        /* in a hundred: the entrant of the command before */    \
	X(rush, 40, 200, 30, false)       /* entrants more, and a treasure with stock for them */  \
	X(aim, 5, 100, 40, true)     /* in a thousand: deaths soon after a WANT, GRANT, ORDER */   \
	X(ids, 1, 60, 40, false)     /* ids kept beyond their age; not where the clock jumps */    \
	X(decay, 60, 1200, 20, true) /* seconds; a bit of a log turns: must be found, ends it */   \
	X(tick, 1, 1500, 50, false)  /* us that pass from one look at the clock to the next */     \
	X(burst, 1, 6, 30, false)    /* seconds: all clients send whole pipelines at one moment */

struct sim_options {
#define X(name, least, greatest, chance, fault) int64_t name;
	SIM_OPTIONS(X)
#undef X
};

#define SIM_OPTIONS_COUNT (sizeof(struct sim_options) / sizeof(int64_t))

struct sim_line {
	uint64_t seed;
	bool given[SIM_OPTIONS_COUNT];
	int64_t value[SIM_OPTIONS_COUNT];
};

struct sim_option_row {
	const char *name;
	int64_t least, greatest;
	uint32_t chance;
	bool fault;
};
extern const struct sim_option_row sim_option_rows[SIM_OPTIONS_COUNT];

/* What the line comes to. */
struct sim_options sim_options_draw(const struct sim_line *line);
/* `name=value`; false: there is no such option. */
bool sim_line_set(struct sim_line *line, const char *word);
void sim_line_print(const struct sim_line *line, FILE *out);

#endif
