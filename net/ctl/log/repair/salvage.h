/* salvage.h - a log that goes on from a snapshot, where the frames before the snapshot are damaged.
 *
 * The snapshot holds what those frames said, and its digest proves it. Frames behind the damage are
 * read where they form a chain among themselves that begins at or before the snapshot's LSN: so no
 * event is missing between. All is built in a folder of its own: segments from a fresh number on,
 * with the same LSNs and stamps, and the snapshot again with an anchor that leads there. */
#ifndef HUNTD_NET_CTL_LOG_REPAIR_SALVAGE_H
#define HUNTD_NET_CTL_LOG_REPAIR_SALVAGE_H

#include "net/ctl/log/logs.h"

struct hd_ctl_salvage {
	const struct hd_ctl_logs *logs;
	struct hd_io *io; /* writes */
	unsigned shard;
	uint64_t after;       /* LSN of the snapshot */
	uint64_t last;        /* the last event that was found */
	uint32_t number_last; /* of the segments that are there */
	struct hd_ctl_saved {
		int64_t stamp;
		uint64_t at; /* in `bodies` */
		uint32_t size;
		uint8_t type;
	} * rows; /* own: events after + 1 .. last */
	uint64_t count, room;
	uint8_t *bodies; /* own */
	uint64_t bodies_used, bodies_room;
	struct hd_log_anchor anchor; /* where the log begins; zero: with its first event */
	char message[700];           /* what failed */
};

/* Finds events. `logs`, `shard` and `after` are set, the rest is zero. */
void hd_ctl_salvage_find(struct hd_ctl_salvage *salvage);

/* An hd_log_each that takes events behind `after`; context: the salvage. */
bool hd_ctl_salvage_take(void *context, const struct hd_log_event *event);

/* Adds an event behind those that are there. */
void hd_ctl_salvage_add(struct hd_ctl_salvage *salvage, const struct hd_event *event);

/* SKIPPED takes the place of the event, which was taken. False: it stands there already. */
bool hd_ctl_salvage_skip(struct hd_ctl_salvage *salvage, uint64_t lsn);

/* The i-th event that was taken or added; its body borrows. */
void hd_ctl_salvage_at(const struct hd_ctl_salvage *salvage, uint64_t i, struct hd_log_event *at);

/* Opens the log in `folder` as huntd would and appends the events. False: see the message. */
bool hd_ctl_salvage_write(struct hd_ctl_salvage *salvage, const char *folder);

/* Builds in `folder`, which is there and empty: segments and snapshot. False: see the message. */
bool hd_ctl_salvage_build(struct hd_ctl_salvage *salvage, const char *folder);

void hd_ctl_salvage_free(struct hd_ctl_salvage *salvage);

#endif
