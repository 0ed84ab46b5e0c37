/* worker.h - one thread of load: its connections, their schedules, what came back.
 *
 * Open loop: command k of connection c is due at a time that is fixed before the run. What is due
 * is sent together, at most `pipeline` outstanding; where a connection is full, its next command
 * waits, and its latency runs from when it was due. So a server that stalls for a second shows it
 * in every command that was due in that second, not in one (Gil Tene's "coordinated omission").
 * Closed loop (--rate max): each connection is kept full, and time runs from the send.
 *
 * A connection that the server closes stays closed and is counted. */
#ifndef HUNTD_PERF_LOAD_WORKER_H
#define HUNTD_PERF_LOAD_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "perf/load/author.h"
#include "perf/load/tally.h"

/* Written by all threads, and by main for `stop`. */
struct hd_load_shared {
	_Atomic bool stop;
	_Atomic uint32_t sending; /* workers that have not ended; what they counted stands at 0 */
	_Atomic uint32_t running; /* threads of any kind */
	_Atomic uint64_t answered, errors;
};

struct hd_load_lane;

struct hd_load_worker {
	const struct hd_load_plan *plan;
	struct hd_load_shared *shared;
	struct hd_load_author author;
	struct hd_load_tally tally;
	struct hd_load_lane *lanes; /* own */
	uint32_t lanes_count, alive, outstanding;
	uint64_t todo;       /* where the plan has a last command: those still to be sent */
	uint64_t random;     /* of the gaps */
	uint64_t start, end; /* clock; nothing is sent from `end` on */
	uint64_t told_answered, told_errors;
	int epoll;
	pthread_t thread;
};

static inline uint64_t
hd_load_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Connects the worker's share of the connections: those whose number is `number` modulo threads. */
bool hd_load_worker_open(struct hd_load_worker *worker, uint32_t number,
			 const struct hd_load_target *target, char *fault);

/* A thread's body; sends from worker->start on. */
void *hd_load_worker_run(void *worker);

/* Sleeps; the last thing that a thread does: SIGUSR1 goes to the process when it was the last. */
void hd_load_sleep_until(uint64_t clock);
void hd_load_thread_ends(struct hd_load_shared *shared);

/* When command `number` of a plan with a rate and even gaps is due, ns from the start. */
uint64_t hd_load_due_ns(const struct hd_load_plan *plan, uint64_t number);

void hd_load_worker_close(struct hd_load_worker *worker);

#endif
