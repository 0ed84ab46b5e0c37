#include "shard/snapshot/load.h"

#include <string.h>

#include "huntd/snapshot.h"
#include "shard/inside.h"
#include "shard/log/reader.h"
#include "shard/snapshot/reader.h"

#define LOOK_NS  5000000
#define NS_PER_S 1000000000

static void
publish(struct hd_loading *loading)
{
	struct hd_shard *shard = loading->shard;
	struct hd_metrics *metrics = hd_shard_mine(shard);
	if (loading->total < loading->done)
		loading->total = loading->done; /* it was guessed too low */
	/* All of it is told when the shard serves. */
	uint64_t percent = loading->total ? loading->done * 100 / loading->total : 0;
	shard->percent = percent < 99 ? (uint32_t)percent : 99;
	HD_GAUGE(metrics->loading_total_bytes, loading->total);
	HD_GAUGE(metrics->loading_loaded_bytes, loading->done);
	HD_GAUGE(metrics->entrants, hd_core_entrants(shard->core));
}

bool
hd_loading_look(struct hd_loading *loading)
{
	struct hd_shard *shard = loading->shard;
	int64_t now = shard->io->ops->now(shard->io);
	if (now - loading->looked < LOOK_NS)
		return true;
	loading->looked = now;
	publish(loading);
	hd_shard_loading_pass(shard);
	return loading->stop == NULL || !atomic_load(loading->stop);
}

bool
hd_loading_replayed(struct hd_loading *loading)
{
	loading->done = loading->snapshot + loading->shard->report->bytes;
	return hd_loading_look(loading);
}

void
hd_loading_end(struct hd_loading *loading)
{
	loading->total = loading->done = loading->snapshot + loading->shard->report->bytes;
	publish(loading);
}

/* One snapshot. */

static bool
load_object(void *context, struct hd_bytes object)
{
	struct hd_loading *loading = context;
	return hd_core_load(loading->shard->core, object);
}

/* Of the log only what goes on where this one ends is to be read then. */
static void
begin(void *context, const struct hd_snapshot_reader *reader)
{
	struct hd_loading *loading = context;
	struct hd_shard *shard = loading->shard;
	loading->total =
		reader->size + hd_log_measure(shard->io, &shard->plain, shard->taker.directory,
					      reader->head.anchor.number);
}

static bool
tick(void *context, uint64_t done, uint64_t size)
{
	struct hd_loading *loading = context;
	HD_ASSERT(done <= size);
	loading->done = done;
	return hd_loading_look(loading);
}

static void
tell_damage(struct hd_shard *shard, const struct hd_snapshot_reader *reader, bool older)
{
	hd_shard_tell(shard, "%s is damaged at offset %llu: %s%s%s; %s instead: no data is lost",
		      reader->path, (unsigned long long)reader->offset, reader->what,
		      reader->error ? ": " : "", reader->error ? strerror(-reader->error) : "",
		      older ? "the snapshot before it is loaded" : "the whole log is replayed");
}

static bool
load_one(struct hd_loading *loading, struct hd_snapshot_reader *reader, uint64_t lsn)
{
	struct hd_shard *shard = loading->shard;
	if (!hd_snapshot_read(reader))
		return false;
	reader->offset = reader->size;
	if (reader->head.log != shard->number || reader->head.anchor.lsn != lsn)
		reader->what = "it is another shard's, or of another LSN than its name says";
	else if (!hd_core_loaded(shard->core, reader->end.digest, reader->end.objects))
		reader->what = "its objects do not have the digest that they were written with";
	return reader->what == NULL;
}

/* The state of the one loaded, beside the core's. */
static void
take_head(struct hd_shard *shard, const struct hd_snapshot_reader *reader)
{
	struct hd_metrics *metrics = hd_shard_mine(shard);
	const struct hd_log_anchor *anchor = &reader->head.anchor;
	shard->orders.ids_max = reader->head.ids_max;
	shard->orders.ids_age_ns = reader->head.ids_age_ns;
	shard->taker.kept[shard->taker.kept_count++] =
		(struct hd_taken){.lsn = anchor->lsn, .number = anchor->number};
	HD_GAUGE(metrics->snapshot_lsn, anchor->lsn);
	HD_GAUGE(metrics->snapshot_saved_at, anchor->stamp / NS_PER_S);
	HD_GAUGE(metrics->snapshot_bytes, reader->size);
	HD_GAUGE(metrics->snapshot_objects, reader->end.objects);
}

/* The one before it is kept too, if it looks like one. */
static void
keep_older(struct hd_shard *shard, uint64_t lsn)
{
	char path[HD_SNAPSHOT_PATH];
	struct hd_taker *taker = &shard->taker;
	struct hd_snapshot_reader reader = {.io = shard->io, .memory = &shard->plain, .path = path};
	hd_snapshot_path(taker->directory, lsn, true, path);
	if (!hd_snapshot_read_head(&reader))
		return;
	HD_ASSERT(taker->kept_count < HD_SNAPSHOTS_KEPT);
	taker->kept[taker->kept_count++] =
		(struct hd_taken){.lsn = lsn, .number = reader.head.anchor.number};
}

/* A snapshot that is whole and cannot be read here: an older one, or the log, would be no better.
 */
static bool
refuse_lacking(struct hd_shard *shard, const char *path)
{
	char what[HD_LACKS_MAX];
	if (!hd_core_lacks(shard->core, what))
		return false;
	return !hd_log_refuse(shard->report, HD_EXIT_DAMAGED,
			      "%.300s has a document with %s, which this release of huntd lacks: a "
			      "newer release wrote it, start that one",
			      path, what);
}

/* Tries one. True: it is loaded, or the trying is over. */
static bool
try_one(struct hd_loading *loading, const struct hd_snapshot_list *list, uint32_t at,
	struct hd_log_anchor *from)
{
	struct hd_shard *shard = loading->shard;
	char path[HD_SNAPSHOT_PATH];
	struct hd_snapshot_reader reader = {.io = shard->io,
					    .memory = &shard->plain,
					    .path = path,
					    .context = loading,
					    .begin = begin,
					    .each = load_object,
					    .tick = tick};
	hd_snapshot_path(shard->taker.directory, list->lsn[at], true, path);
	if (load_one(loading, &reader, list->lsn[at])) {
		*from = reader.head.anchor;
		take_head(shard, &reader);
		loading->done = loading->snapshot = reader.size;
		publish(loading);
		return true;
	}
	if (reader.stopped || refuse_lacking(shard, path))
		return true;
	tell_damage(shard, &reader, at + 1 < list->count);
	hd_shard_renew_core(shard);
	return false;
}

bool
hd_loading_snapshot(struct hd_loading *loading, struct hd_log_anchor *from)
{
	struct hd_shard *shard = loading->shard;
	struct hd_snapshot_list list;
	HD_ASSERT(shard->log == NULL && shard->taker.kept_count == 0);
	int error = hd_snapshots_list(shard->io, shard->taker.directory, &list);
	if (error != 0)
		hd_shard_tell(shard, "%s cannot be listed: %s", shard->taker.directory,
			      strerror(-error));
	*from = (struct hd_log_anchor){0};
	uint32_t at = 0;
	while (at < list.count && !try_one(loading, &list, at, from))
		at++;
	for (uint32_t i = at + 1; i < list.count && shard->taker.kept_count < HD_SNAPSHOTS_KEPT;
	     i++)
		keep_older(shard, list.lsn[i]);
	bool going = (loading->stop == NULL || !atomic_load(loading->stop)) &&
		     shard->report->exit == HD_EXIT_OK;
	if (going && from->lsn == 0) {
		loading->done = 0;
		loading->total =
			hd_log_measure(shard->io, &shard->plain, shard->taker.directory, 0);
		publish(loading);
	}
	return going;
}
