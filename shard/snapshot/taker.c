#include "shard/snapshot/taker.h"

#include <errno.h>
#include <string.h>

#include "huntd/snapshot.h"
#include "shard/inside.h"
#include "shard/probe/probe.h"
#include "shard/snapshot/heal.h"

#define STEP_OBJECTS 32u /* of a sweep between two looks at the clock */
/* Behind the writer's. */
#define TAG_FOLDER        0x10u
#define TAG_OPEN          0x11u
#define TAG_RENAME        0x12u
#define TAG_REMOVE        0x13u
#define SNAPSHOT_TAG(tag) HD_IO_TAG(HD_IO_SNAPSHOT, tag)
#define FILE_FLAGS        (HD_IO_CREATE | HD_IO_WRITE)
#define BUSY_NS           2000000 /* after the last command */
/* The last snapshot; with the drain before it within the 90 s that systemd grants. */
#define LAST_NS  50000000000
#define NS_PER_S 1000000000
#define HEAL_NS  10000000000 /* after one that failed */

static struct hd_metrics *
metrics_of(const struct hd_shard *shard)
{
	return hd_shard_mine(shard);
}

/* It ended, well or not. */
static void
rest(struct hd_shard *shard)
{
	shard->taker.state = HD_TAKER_IDLE;
	HD_GAUGE(metrics_of(shard)->snapshot_running, 0);
}

/* Serving goes on; the next is taken when it would have been after a good one. */
static void
failed(struct hd_shard *shard, int error)
{
	struct hd_taker *taker = &shard->taker;
	HD_COUNT(metrics_of(shard)->snapshot_failures_total, 1);
	HD_GAUGE(metrics_of(shard)->snapshot_failed, 1);
	taker->from = hd_log_tail(shard->log);
	taker->heal_at = shard->boot + HEAL_NS;
	hd_shard_tell(
		shard,
		"the snapshot of LSN %llu in %s was dropped: %s; nothing is lost, the log and "
		"older snapshots stay",
		(unsigned long long)taker->head.anchor.lsn, taker->directory, strerror(-error));
}

/* What is superfluous, the oldest first; what cannot be removed stays until the next time. */
static void
clear_next(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	taker->state = HD_TAKER_CLEAR;
	while (taker->clearing > 0) {
		uint64_t lsn = taker->there.lsn[--taker->clearing];
		bool kept = false;
		for (uint32_t i = 0; i < taker->kept_count; i++)
			kept |= taker->kept[i].lsn == lsn;
		if (kept)
			continue;
		hd_snapshot_path(taker->directory, lsn, true, taker->path);
		shard->io->ops->remove(shard->io, taker->path, SNAPSHOT_TAG(TAG_REMOVE));
		return;
	}
	rest(shard);
}

/* A file of which `clearing` knows has gone, or has not. */
static void
cleared(struct hd_shard *shard, int32_t result)
{
	struct hd_taker *taker = &shard->taker;
	struct hd_snapshot_list *there = &taker->there;
	HD_ASSERT(taker->state == HD_TAKER_CLEAR);
	uint32_t at = taker->clearing;
	char path[HD_SNAPSHOT_PATH];
	if (at < there->count && (result >= 0 || result == -ENOENT)) {
		hd_snapshot_path(taker->directory, there->lsn[at], true, path);
		if (strcmp(path, taker->path) == 0) {
			there->count--;
			memmove(there->lsn + at, there->lsn + at + 1,
				(there->count - at) * sizeof there->lsn[0]);
		}
	}
	clear_next(shard);
}

/* The file at `path` is no snapshot. */
static void
clear_path(struct hd_shard *shard, const char *path)
{
	struct hd_taker *taker = &shard->taker;
	taker->state = HD_TAKER_CLEAR;
	taker->clearing = 0;
	if (path != taker->path)
		memcpy(taker->path, path, sizeof taker->path);
	shard->io->ops->remove(shard->io, taker->path, SNAPSHOT_TAG(TAG_REMOVE));
}

/* Waits for what is in flight, then the file goes. */
static void
drop(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	hd_core_sweep_abandon(shard->core);
	taker->state = HD_TAKER_DROP;
	if (!hd_snapshot_still(&taker->writer))
		return;
	hd_snapshot_write_end(&taker->writer, false);
	clear_path(shard, taker->writer.path);
}

/* Keeping. */

static void
free_log(struct hd_shard *shard)
{
	const struct hd_taker *taker = &shard->taker;
	if (taker->kept_count == HD_SNAPSHOTS_KEPT)
		hd_log_keep(shard->log, taker->kept[HD_SNAPSHOTS_KEPT - 1].number, taker->archive);
}

void
hd_taker_open(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	HD_ASSERT(shard->log != NULL && taker->kept_count <= HD_SNAPSHOTS_KEPT);
	if (taker->kept_count > 0)
		taker->from = taker->kept[0].lsn;
	/* A damaged one is left for whoever wants to look at it, until the next good one. */
	hd_snapshots_prune(shard->io, taker->directory, NULL);
	(void)hd_snapshots_list(shard->io, taker->directory, &taker->there);
	free_log(shard);
}

static void
count_in(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	struct hd_metrics *metrics = metrics_of(shard);
	hd_heal_keep(shard, (struct hd_taken){.lsn = taker->head.anchor.lsn,
					      .number = taker->head.anchor.number});
	HD_COUNT(metrics->snapshots_total, 1);
	HD_GAUGE(metrics->snapshot_failed, 0);
	HD_GAUGE(metrics->snapshot_lsn, taker->head.anchor.lsn);
	HD_GAUGE(metrics->snapshot_saved_at, shard->clock / NS_PER_S);
	HD_GAUGE(metrics->snapshot_bytes, taker->writer.offset);
	HD_GAUGE(metrics->snapshot_objects, taker->objects);
	HD_GAUGE(metrics->snapshot_ns, shard->io->ops->now(shard->io) - taker->began);
}

/* The file is on the disk and the log is past it: it gets its name. */
static void
publish(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	HD_ASSERT(hd_log_flushed(shard->log) >= taker->head.anchor.lsn);
	HD_ASSERT(taker->writer.synced);
	hd_snapshot_path(taker->directory, taker->head.anchor.lsn, true, taker->path);
	hd_snapshot_write_end(&taker->writer, false);
	taker->state = HD_TAKER_NAME;
	shard->io->ops->rename(shard->io, taker->writer.path, taker->path,
			       SNAPSHOT_TAG(TAG_RENAME));
}

static void
renamed(struct hd_shard *shard, int32_t result)
{
	struct hd_taker *taker = &shard->taker;
	HD_ASSERT(taker->state == HD_TAKER_NAME);
	if (result >= 0) {
		shard->io->ops->sync_names(shard->io, taker->directory, SNAPSHOT_TAG(TAG_FOLDER));
		return;
	}
	failed(shard, result);
	clear_path(shard, taker->writer.path);
}

/* The name is on the disk too: now it counts, and what it makes superfluous may go. */
static void
named(struct hd_shard *shard, int32_t result)
{
	struct hd_taker *taker = &shard->taker;
	HD_ASSERT(taker->state == HD_TAKER_NAME);
	if (result < 0) {
		failed(shard, result);
		clear_path(shard, taker->path);
		return;
	}
	count_in(shard);
	free_log(shard);
	hd_snapshots_note(&taker->there, taker->head.anchor.lsn);
	taker->clearing = taker->there.count;
	clear_next(shard);
}

/* Beginning. */

bool
hd_taker_is_saved(const struct hd_shard *shard)
{
	const struct hd_taker *taker = &shard->taker;
	return taker->kept_count > 0 && taker->kept[0].lsn == hd_log_tail(shard->log) &&
	       !taker->kept[0].rotten;
}

static void
begin(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	taker->head = (struct hd_snapshot_head){.log = shard->number,
						.anchor = hd_log_anchor(shard->log),
						.ids_max = shard->orders.ids_max,
						.ids_age_ns = shard->orders.ids_age_ns};
	if (taker->head.anchor.lsn == 0)
		return;
	taker->asked = false;
	taker->began = shard->io->ops->now(shard->io);
	hd_snapshot_path(taker->directory, taker->head.anchor.lsn, false, taker->path);
	shard->io->ops->open(shard->io, taker->path, FILE_FLAGS | HD_IO_DIRECT,
			     SNAPSHOT_TAG(TAG_OPEN));
	hd_core_sweep_begin(shard->core);
	taker->writer = (struct hd_snapshot_writer){.file = -1};
	taker->state = HD_TAKER_OPEN;
	taker->from = taker->head.anchor.lsn;
	taker->swept = taker->stuck = false;
	taker->next = 0;
	HD_GAUGE(metrics_of(shard)->snapshot_running, 1);
}

static void
opened(struct hd_shard *shard, int32_t file)
{
	struct hd_taker *taker = &shard->taker;
	HD_ASSERT(taker->state == HD_TAKER_OPEN);
	if (file == -EINVAL)
		file = hd_snapshot_open_plain(shard->io, taker->path, FILE_FLAGS);
	if (file < 0) {
		hd_core_sweep_abandon(shard->core);
		failed(shard, file);
		rest(shard);
		return;
	}
	hd_snapshot_write_into(&taker->writer, shard->io, &shard->plain, taker->path, file,
			       &taker->head);
	taker->state = HD_TAKER_SWEEP;
}

/* An ORDER that is not done stands in no core's state: the snapshot waits for its DONE. */
static bool
is_wanted(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	bool old = taker->events > 0 && hd_log_tail(shard->log) - taker->from >= taker->events;
	bool heal = taker->heal && shard->boot >= taker->heal_at && !hd_taker_is_saved(shard);
	if (HD_LIKELY(!old && !taker->asked && !heal))
		return false;
	if (!shard->serving || shard->draining || shard->orders.open_count > 0)
		return false;
	if (!hd_taker_is_saved(shard))
		return true;
	taker->asked = false;
	HD_GAUGE(metrics_of(shard)->snapshot_saved_at, shard->clock / NS_PER_S);
	return false;
}

/* One step of the sweep. False: nothing can be done now. */
static bool
step(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	struct hd_snapshot_writer *writer = &taker->writer;
	if (!taker->swept && hd_snapshot_hungry(writer)) {
		struct hd_writer out = hd_snapshot_room(writer);
		taker->swept = !hd_core_sweep_step(shard->core, STEP_OBJECTS, &out, taker->digest,
						   &taker->objects);
		hd_snapshot_took(writer, &out);
		return true;
	}
	if (hd_snapshot_pack(writer, taker->swept))
		return true;
	if (taker->swept && writer->raw_from == writer->raw_to &&
	    hd_snapshot_finish(writer, taker->digest, taker->objects))
		taker->state = HD_TAKER_WRITE;
	return false;
}

static void
slice(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	struct hd_io *io = shard->io;
	int64_t start = io->ops->now(io), now = start;
	if (start < taker->next && !taker->swollen)
		return;
	taker->stuck = false;
	while (!taker->stuck && now - start < HD_SNAPSHOT_SLICE_NS) {
		taker->stuck = !step(shard);
		now = io->ops->now(io);
	}
	taker->next = now < taker->busy_until ? now + (now - start) * (HD_SNAPSHOT_SHARE - 1) : 0;
	uint64_t longest = HD_METRIC(metrics_of(shard)->snapshot_slice_ns_max);
	if ((uint64_t)(now - start) > longest)
		HD_GAUGE(metrics_of(shard)->snapshot_slice_ns_max, now - start);
	if (hd_probe_wants(HD_PROBE_SNAPSHOT_SLICE))
		hd_probe_snapshot_slice(shard->number, (uint64_t)(now - start), taker->objects,
					taker->writer.offset);
}

uint64_t
hd_taker_unwritten(const struct hd_shard *shard)
{
	const struct hd_taker *taker = &shard->taker;
	if (HD_LIKELY(taker->state == HD_TAKER_IDLE))
		return 0;
	return hd_core_sweep_bytes(shard->core) + hd_snapshot_unwritten(&taker->writer);
}

static void
advance(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	if (taker->writer.error != 0 && taker->state < HD_TAKER_COUNT) {
		failed(shard, taker->writer.error);
		drop(shard);
		return;
	}
	switch (taker->state) {
	case HD_TAKER_SWEEP:
		slice(shard);
		break;
	case HD_TAKER_WRITE:
		if (!taker->writer.synced)
			break;
		taker->state = HD_TAKER_COUNT;
		hd_log_want_flush(shard->log);
		break;
	case HD_TAKER_COUNT:
		if (hd_log_flushed(shard->log) >= taker->head.anchor.lsn)
			publish(shard);
		break;
	case HD_TAKER_DROP:
		drop(shard);
		break;
	default:
		break;
	}
}

void
hd_taker_pass(struct hd_shard *shard)
{
	struct hd_taker *taker = &shard->taker;
	if (HD_LIKELY(taker->state == HD_TAKER_IDLE)) {
		taker->swollen = false;
		if (is_wanted(shard))
			begin(shard);
		return;
	}
	if (shard->pass_commands > 0)
		taker->busy_until = shard->boot + BUSY_NS;
	uint64_t unflushed = hd_log_unflushed_bytes(shard->log) + hd_taker_unwritten(shard);
	taker->swollen = unflushed > HD_UNFLUSHED_MAX;
	advance(shard);
}

int64_t
hd_taker_deadline(const struct hd_shard *shard)
{
	const struct hd_taker *taker = &shard->taker;
	switch (taker->state) {
	case HD_TAKER_SWEEP:
		if (taker->stuck)
			return HD_NEVER;
		return taker->next > shard->boot ? taker->next : shard->boot;
	case HD_TAKER_WRITE:
		return taker->writer.synced ? shard->boot : HD_NEVER;
	case HD_TAKER_COUNT:
		return hd_log_flushed(shard->log) >= taker->head.anchor.lsn ? shard->boot
									    : HD_NEVER;
	default:
		return HD_NEVER;
	}
}

void
hd_taker_complete(struct hd_shard *shard, const struct hd_completion *completion)
{
	HD_ASSERT(shard->taker.state != HD_TAKER_IDLE);
	switch (completion->tag & 0xff) {
	case TAG_OPEN:
		opened(shard, completion->result);
		break;
	case TAG_RENAME:
		renamed(shard, completion->result);
		break;
	case TAG_FOLDER:
		named(shard, completion->result);
		break;
	case TAG_REMOVE:
		cleared(shard, completion->result);
		break;
	default:
		hd_snapshot_complete(&shard->taker.writer, completion);
	}
	shard->taker.stuck = false;
}

/* The end. */

static bool
is_hurried(const struct hd_shard *shard)
{
	return shard->hurry != NULL && atomic_load(shard->hurry);
}

/* One that has its name is brought to its end. */
static void
give_up(struct hd_shard *shard)
{
	if (shard->taker.state >= HD_TAKER_SWEEP && shard->taker.state <= HD_TAKER_COUNT)
		drop(shard);
}

void
hd_taker_end(struct hd_shard *shard, bool save)
{
	struct hd_taker *taker = &shard->taker;
	HD_ASSERT(shard->log != NULL);
	taker->events = 0;
	taker->asked = false;
	taker->busy_until = taker->next = 0;
	for (give_up(shard); taker->state != HD_TAKER_IDLE; give_up(shard))
		hd_shard_last_pass(shard);
	if (!save || is_hurried(shard) || hd_taker_is_saved(shard) || shard->orders.open_count > 0)
		return;
	shard->pass_commands = 0;
	begin(shard);
	int64_t last = taker->began + LAST_NS;
	while (taker->state != HD_TAKER_IDLE) {
		hd_shard_last_pass(shard);
		if (is_hurried(shard) || shard->boot >= last)
			give_up(shard);
	}
}
