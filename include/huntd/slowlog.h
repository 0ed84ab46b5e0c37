/* slowlog.h - the newest slow commands of one shard, for SLOWLOG of any connection.
 *
 * One writer, the shard whose client asked; any thread reads. An entry is written whole behind its
 * sequence number (odd while it is being written); who reads one that changed meanwhile leaves it
 * out: it has just been overwritten by a newer one. */
#ifndef HUNTD_SLOWLOG_H
#define HUNTD_SLOWLOG_H

#include "huntd/memory.h"
#include "huntd/stats.h"
#include "huntd/trace.h"

struct hd_slow {
	uint64_t id;      /* rises, over all shards: number * HD_SHARDS_MAX + shard */
	int64_t unix_us;  /* when it was answered */
	int64_t total_ns; /* from its bytes to its reply */
	uint64_t leg_ns[HD_LEG_COUNT];
	uint8_t verb; /* enum hd_verb */
	char key[HD_TRACE_KEY];
	char client[HD_CLIENT_ADDRESS]; /* ADDR:PORT; empty where it is gone */
	char name[HD_CLIENT_NAME];      /* as CLIENT SETNAME */
};

struct hd_slowlog;

struct hd_slowlog *hd_slowlog_create(struct hd_memory *memory, uint32_t shard);
size_t hd_slowlog_bytes(void); /* that one takes */
void hd_slowlog_destroy(struct hd_slowlog *slowlog, struct hd_memory *memory);

/* The writer: `entry->id` is set here. */
void hd_slowlog_add(struct hd_slowlog *slowlog, struct hd_slow *entry);

/* Any thread: the newest `room` at most, newest first, those of SLOWLOG RESET left out. */
uint32_t hd_slowlog_read(const struct hd_slowlog *slowlog, uint32_t kept, struct hd_slow *out,
			 uint32_t room);
/* Any thread: what is there now is not shown any more. */
void hd_slowlog_reset(struct hd_slowlog *slowlog);

#endif
