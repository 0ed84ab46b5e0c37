/* house_inside.h - what a house is made of, for house.c (which runs it) and house_look.c (what a
 * story may see and turn of it). */
#ifndef HUNTD_TESTS_HOUSE_INSIDE_H
#define HUNTD_TESTS_HOUSE_INSIDE_H

#include <pthread.h>

#include "huntd/view.h"
#include "tests/lib/house.h"
#include "tests/lib/thread_io.h"

#define HOUSE_SHARDS 16u

/* The edge of one shard: asks come in through `inbox`; what waits for the log lies in `held`. */
struct door {
	struct house *house;
	struct hd_shard *shard;
	pthread_mutex_t mutex;
	struct house_ask *inbox, **inbox_end; /* under the mutex */
	struct house_ask *todo, **todo_end;   /* the shard's */
	struct house_ask *held;               /* replied, not durable */
	bool shut;                            /* nothing is taken in; under the mutex */
	_Atomic uint32_t stall_ms;            /* the next input takes so long */
	uint32_t open;                        /* given, not replied */
	_Atomic int64_t clock;                /* of the pass that replied last */
	uint64_t views;
	struct hd_view view;
};

struct house {
	struct hd_runtime *runtime;
	struct hd_runtime_config config;
	struct house_options options;
	struct door doors[HOUSE_SHARDS];
	pthread_t control;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool ready, ended;
	int code;
	uint32_t bad_files;
	_Atomic int64_t wall_ahead;
	_Atomic uint32_t clock_news;
	_Atomic bool hurry;
	uint32_t shard_news; /* under the mutex */
	char shard_line[1024];
	char health_news[512]; /* lines of control; under the mutex */
	struct thread_disk disk;
};

#endif
