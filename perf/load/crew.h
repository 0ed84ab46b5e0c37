/* crew.h - the threads that carry out one plan: workers that send, and beside them asides that look
 * on (aside.h). One crew a run; a scenario hires one for each phase. */
#ifndef HUNTD_PERF_LOAD_CREW_H
#define HUNTD_PERF_LOAD_CREW_H

#include <signal.h>

#include "perf/load/report.h"
#include "perf/load/scenario/aside.h"
#include "perf/load/worker.h"

struct hd_load_crew {
	const struct hd_load_plan *plan;
	const struct hd_load_target *target;
	struct hd_load_scene *scenes; /* own */
	uint32_t scenes_count;
	struct hd_load_shared shared;
	struct hd_load_worker *workers; /* own */
	uint32_t workers_count;
	struct hd_load_aside asides[HD_LOAD_ASIDES_MAX];
	uint32_t asides_count;
	uint64_t start; /* clock */
	uint32_t run;   /* a number that no other run has */
};

/* A number that no other run has. */
uint32_t hd_load_run_number(void);

/* Blocks and names the signals that hd_load_crew_run waits for. */
void hd_load_signals(sigset_t *signals);

/* Asks the server for the hunts, connects everybody. False: see `fault`. Closing is needed either
 * way. */
bool hd_load_crew_open(struct hd_load_crew *crew, const struct hd_load_plan *plan,
		       const struct hd_load_target *target, const char *const *hunts,
		       uint32_t hunts_count, uint32_t run, char *fault);

/* Returns when the last thread has ended; true: a signal ended it. A line of progress goes to
 * stderr where that is a terminal. */
bool hd_load_crew_run(struct hd_load_crew *crew, const sigset_t *signals);

/* Adds all up; `sum` is the caller's, zeroed. */
struct hd_load_result hd_load_crew_result(const struct hd_load_crew *crew, bool stopped,
					  struct hd_load_tally *sum);

/* 1 where nothing was answered well or no connection is left: a script must not take it for a run.
 * Says so on stderr. */
int hd_load_crew_verdict(const struct hd_load_result *result);

void hd_load_crew_close(struct hd_load_crew *crew);

#endif
