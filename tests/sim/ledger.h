/* ledger.h - every event of every log, noted when its frame was written.
 *
 * The ledger reads frames itself, from what the disk was given. So it knows without the engine's
 * help that LSNs have no gap and stamps rise (I8), that a log that was opened again holds all that
 * was durable (I1), and that what the engine made of a snapshot and a tail is what all events from
 * the first one on make of an empty core (I7). */
#ifndef HUNTD_TESTS_SIM_LEDGER_H
#define HUNTD_TESTS_SIM_LEDGER_H

#include "tests/sim/machine.h"

struct ledger_event {
	int64_t stamp;
	uint8_t type;
	uint32_t size;
	uint64_t at; /* of its body in `bytes` */
	int file;    /* and where its frame stands */
	uint64_t offset;
	uint32_t frame;
};

struct ledger_log {
	struct ledger_event *events; /* LSN 1 is the first */
	uint64_t count, room;
	uint8_t *bytes;
	uint64_t used, bytes_room;
	uint64_t promised; /* what must be there when it is opened again */
	bool pending;      /* a frame of which a part is written */
	int file;
	uint64_t offset;
};

struct ledger {
	struct machine *machine;
	struct ledger_log logs[HD_SHARDS_MAX];
	uint64_t replays;
	uint64_t steps; /* events that another log's follow from */
};

void ledger_init(struct ledger *ledger, struct machine *machine);
void ledger_fini(struct ledger *ledger);
void ledger_written(struct ledger *ledger, int file, uint64_t offset, uint32_t size);
/* The logs are open: compares, and forgets what was rightly lost. */
void ledger_opened(struct ledger *ledger);

/* The canary: takes the last frame with an event of an entrant off the disk. */
bool ledger_lose(struct ledger *ledger);

/* One bit turns over in a frame behind `snapshot` of which a later one says that it was flushed.
 * False: there is none. */
bool ledger_decay(struct ledger *ledger, uint32_t shard, uint64_t snapshot);

#endif
