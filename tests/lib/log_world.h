/* log_world.h - one log over the fake disk, with a ledger of what it promised.
 *
 * The n-th event is made from the world's seed and n alone, so that any replay can be checked byte
 * for byte without keeping what was appended. hd_log_failed lands in `failed` by a longjmp. */
#ifndef HUNTD_TESTS_LOG_WORLD_H
#define HUNTD_TESTS_LOG_WORLD_H

#include <setjmp.h>

#include "huntd/log.h"
#include "tests/lib/fake_io.h"

struct log_world {
	struct fake_io fake;
	struct hd_memory memory;
	struct hd_log_options options;
	struct hd_log_report report;
	struct hd_log *log;
	uint64_t seed;
	uint64_t text_max; /* greatest text of an event; ORDERs above HD_REASON_MAX */
	uint64_t replayed; /* LSN of the last event that open or scan handed out */
	uint64_t refuse;   /* the replay says no to this LSN */
	uint64_t wrong;    /* events that were not what was appended */
	uint64_t acked;    /* the greatest hd_log_durable that was seen */
	uint64_t flushed;  /* the same of hd_log_flushed */
	uint32_t room;     /* completions taken in one pass, 1 .. 8 */
};

/* A fresh disk, segments of 1 MiB, durability batch. */
void log_world_init(struct log_world *world, uint64_t seed);

/* Gives the disk back; the log was closed or dropped. Checks that no memory is left where closed.
 */
void log_world_fini(struct log_world *world);

/* Opens and replays; false with world->report. */
bool log_world_open(struct log_world *world);
bool log_world_close(struct log_world *world);

/* Forgets the log as a dead process does; the disk is to be crashed or killed before. */
void log_world_drop(struct log_world *world);

/* A second world with a disk like the first's now, and no log. */
void log_world_fork(struct log_world *to, const struct log_world *from);

/* Appends `count` commands of 1 to 4 events. */
void log_world_append(struct log_world *world, uint32_t count);

/* One loop pass: the log's pass, then what completed. Keeps `acked`. */
void log_world_pass(struct log_world *world, bool slept);

/* Passes until all is durable, at most 1,000. */
void log_world_settle(struct log_world *world);

/* hd_log_each over the world: checks the event against the LSN's. */
bool log_world_each(void *context, const struct hd_log_event *event);

/* Where hd_log_failed goes; set by a test that expects it. */
extern jmp_buf *log_world_failed;
extern char log_world_message[1024];

#endif
