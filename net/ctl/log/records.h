/* records.h - what a hunt's log says was asked, as commands that can be decided again.
 *
 * Joins, answers, hints, awards and deals, each with its time and its place in the one order of all
 * shards: by stamp, but what the hunt's shard granted stands where that decided it. */
#ifndef HUNTD_NET_CTL_LOG_RECORDS_H
#define HUNTD_NET_CTL_LOG_RECORDS_H

#include "huntd/command.h"
#include "net/ctl/log/past.h"

struct hd_ctl_record {
	int64_t order; /* stamp */
	int64_t time;
	int64_t points, sub;
	int64_t want;           /* stamp of the WANT that it stands for, as long as that is open */
	uint64_t text;          /* where its texts begin: entrant, challenge, text, board, by */
	uint32_t shard, number; /* of the event's challenge */
	uint32_t count;
	uint8_t verb, op;
	bool dropped;  /* another record stands for it */
	bool allotted; /* no command: the hunt's shard allotted deal `points` to the entrant */
	uint16_t size[5];
};

struct hd_ctl_records {
	struct hd_ctl_past *past;
	struct hd_bytes hunt;
	struct hd_ctl_record *rows; /* own */
	uint64_t count, room;
	uint8_t *texts; /* own */
	uint64_t texts_used, texts_room;
	uint64_t unchanged; /* awards that changed nothing, of which only the answer is known */
	uint16_t number;    /* of the hunt */
	bool found;
	uint8_t secret[32];
};

/* For hd_ctl_past's `each`; context: struct hd_ctl_records. */
void hd_ctl_records_take(void *context, unsigned shard, uint64_t lsn, const struct hd_event *event);

/* All logs were read: brings the records in order. */
void hd_ctl_records_sort(struct hd_ctl_records *records);
void hd_ctl_records_free(struct hd_ctl_records *records);

/* A record as the command that it was. */
void hd_ctl_records_command(const struct hd_ctl_records *records,
			    const struct hd_ctl_record *record, struct hd_command *command);

#endif
