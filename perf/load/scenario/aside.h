/* aside.h - what happens beside the load in a phase: who looks at the board, reconnects, feels the
 * pulse. Each is a thread with connections of its own; what it found goes into the phase's report.
 */
#ifndef HUNTD_PERF_LOAD_SCENARIO_ASIDE_H
#define HUNTD_PERF_LOAD_SCENARIO_ASIDE_H

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>

#include "perf/load/tally.h"

#define HD_LOAD_ASIDES_MAX 4u

struct hd_load_crew;
struct hd_load_aside;

struct hd_load_aside_kind {
	const char *name; /* of its part of the JSON report */
	bool (*open)(struct hd_load_aside *aside, char *fault);
	/* From crew->start on, until crew->shared.sending is 0 and the rest is seen, or stop. */
	void (*run)(struct hd_load_aside *aside);
	void (*text)(const struct hd_load_aside *aside, FILE *to);
	json_t *(*json)(const struct hd_load_aside *aside);
	void (*close)(struct hd_load_aside *aside); /* also where open failed */
};

struct hd_load_aside {
	const struct hd_load_aside_kind *kind;
	struct hd_load_crew *crew;
	struct hd_load_tally *tally; /* own; NULL: it sends nothing that counts */
	struct hd_histogram late_ns; /* how late the thread itself was, each time that it looked */
	uint64_t end;                /* with a tally: clock, when it sent the last */
	void *own;
	pthread_t thread;
};

/* Bits of plan->asides. */
enum {
	HD_LOAD_VISIBLE = 1,
	HD_LOAD_WATCHERS = 2,
	HD_LOAD_STORM = 4,
	HD_LOAD_PULSE = 8,
};

extern const struct hd_load_aside_kind hd_load_visible, hd_load_watchers, hd_load_storm,
	hd_load_pulse;

/* After the run: how long after the load's end all was well again. False: it was not, or nobody
 * felt the pulse. */
bool hd_load_pulse_recovered(const struct hd_load_crew *crew, uint64_t *after_ns);

/* By bit. */
extern const struct hd_load_aside_kind *const hd_load_aside_kinds[HD_LOAD_ASIDES_MAX];

#endif
