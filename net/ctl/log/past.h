/* past.h - a data directory as it was at a position: every shard's events, from the first one to
 * there, in a core of its own, and all of them in one audit.
 *
 * The audit looks at an event before the core applies it: what does not hold together is said by
 * name, and from there on nothing more is applied.
 *
 * Where a log's first events are no longer kept, its oldest snapshot that fits takes their place,
 * and there is nothing to audit. */
#ifndef HUNTD_NET_CTL_LOG_PAST_H
#define HUNTD_NET_CTL_LOG_PAST_H

#include "huntd/audit.h"
#include "huntd/core.h"
#include "net/ctl/log/logs.h"
#include "shard/snapshot/files.h"

/* How far: all; to a stamp, the same for all shards; or to an LSN of each. */
struct hd_ctl_cut {
	enum { HD_CUT_NONE, HD_CUT_TIME, HD_CUT_LSN } kind;
	int64_t stamp, until; /* TIME: begins there; ends there, the same or later */
	uint64_t lsn[HD_SHARDS_MAX];
};

/* `unix-ms[.fraction]`, `2026-11-21 18:14:35.907Z` (all that is printed so), `shard:LSN,...` for
 * every shard, or with one shard a bare LSN (below HD_CUT_LSN_MAX; what is above is a time). NULL:
 * no cut. False: said why. */
#define HD_CUT_LSN_MAX INT64_C(100000000000)
bool hd_ctl_cut_parse(struct hd_ctl_cut *cut, const char *text, unsigned shards);
/* The same where one shard is asked about (below 0: all): a bare LSN is that shard's. */
bool hd_ctl_cut_parse_one(struct hd_ctl_cut *cut, const char *text, unsigned shards, int one);

/* Is the event behind the position? Is it there, or behind it? */
bool hd_ctl_cut_before(const struct hd_ctl_cut *cut, unsigned shard, const struct hd_log_event *at);
bool hd_ctl_cut_reached(const struct hd_ctl_cut *cut, unsigned shard,
			const struct hd_log_event *at);

/* What was read of a shard. */
struct hd_ctl_reached {
	uint64_t events, first_lsn, lsn;
	int64_t first_stamp, stamp;
	bool cut;      /* by the position: more events follow */
	uint64_t base; /* LSN of the snapshot that it began with; 0: none */
};

struct hd_ctl_past {
	const struct hd_ctl_logs *logs;
	struct hd_ctl_cut cut;
	/* Called with every event that was taken; may be NULL. */
	void (*each)(void *context, unsigned shard, uint64_t lsn, const struct hd_event *event);
	void *context;
	bool check_only; /* nothing is applied: no cores */

	struct hd_memory memory;
	struct hd_audit *audit;
	struct hd_core *core[HD_SHARDS_MAX]; /* NULL: not reached */
	struct hd_ctl_reached reached[HD_SHARDS_MAX];
	struct hd_log_report report[HD_SHARDS_MAX];
	unsigned shard; /* that is being read */
	bool late;      /* some log begins with a snapshot: nothing is audited */
	char stopped[HD_SNAPSHOT_PATH + 400]; /* why an event was not taken; empty: it was */
};

/* `logs`, `cut`, `each` and `context` are set by the caller, the rest is zero. */
void hd_ctl_past_begin(struct hd_ctl_past *past);
void hd_ctl_past_end(struct hd_ctl_past *past);

/* Reads a shard, once. False: the report says why (a torn tail is none). */
bool hd_ctl_past_read(struct hd_ctl_past *past, unsigned shard);

/* Reads all shards for a command that needs them whole. False: said why; `code` is the exit code.
 */
bool hd_ctl_past_read_all(struct hd_ctl_past *past, int *code);

#endif
