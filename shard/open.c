/* A shard's beginning and end, on its own thread but for hd_shard_free. */
#include <stdio.h>

#include "shard/inside.h"
#include "shard/replay.h"

#define NS_PER_S 1000000000

static void
make_core(struct hd_shard *shard)
{
	shard->core = hd_core_create(&shard->state);
	hd_core_place(shard->core, shard->number, shard->count);
}

void
hd_shard_prepare(struct hd_shard *shard)
{
	HD_ASSERT(shard->core == NULL && shard->log == NULL);
	HD_ASSERT(shard->io != NULL && shard->plain.budget == 0);
	shard->orders.ids_max = HD_IDS_KEPT;
	shard->orders.ids_age_ns = (int64_t)HD_IDS_AGE_S * NS_PER_S;
	shard->mailed = shard->logged = shard->timed = shard->forge.kept = shard->plain;
	hd_blocks_init(&shard->blocks, &shard->mailed, (uint16_t)shard->number);
	shard->cycled = shard->edges = hd_blocks_memory(&shard->blocks);
	shard->post = hd_post_create(shard->mesh, shard->number, shard->io, &shard->mailed,
				     &shard->blocks);
	shard->behind = hd_memory_take(
		&shard->plain, (shard->count + HD_THREADS_BESIDE) * sizeof *shard->behind, 8);
	if (shard->tuning == NULL) {
		shard->standard = (struct hd_tuning){.stamps = true,
						     .slow_ns = HD_SLOW_NS,
						     .slow_kept = HD_SLOW_KEPT,
						     .trace_sample = HD_TRACE_SAMPLE};
		shard->tuning = &shard->standard;
	}
	make_core(shard);
	hd_remote_init(shard);
	hd_gathers_init(shard);
	hd_forge_init(shard);
}

void
hd_shard_renew_core(struct hd_shard *shard)
{
	HD_ASSERT(shard->core != NULL && shard->log == NULL);
	hd_core_destroy(shard->core);
	make_core(shard);
}

static void
replay(struct hd_shard *shard, struct hd_loading *loading, const struct hd_log_options *options)
{
	struct hd_replay *at = hd_memory_take(&shard->plain, sizeof *at, 64);
	at->shard = shard;
	at->loading = loading;
	at->directory = options->directory;
	shard->log = hd_log_open(options, hd_replay_one, at, shard->report);
	if (shard->log != NULL && !hd_replay_flush(at)) {
		hd_log_close(shard->log);
		shard->log = NULL;
	}
	hd_core_build_all(shard->core);
	hd_memory_give(&shard->plain, at, sizeof *at);
}

bool
hd_shard_open(struct hd_shard *shard, const struct hd_log_options *options,
	      const _Atomic bool *stop)
{
	HD_ASSERT(shard->core != NULL && shard->log == NULL);
	HD_ASSERT(shard->report != NULL);
	struct hd_log_options log = *options;
	log.io = shard->io;
	log.memory = &shard->logged;
	log.shard = shard->number;
	struct hd_loading loading = {.shard = shard, .stop = stop};
	snprintf(shard->taker.directory, sizeof shard->taker.directory, "%s", options->directory);
	if (!hd_loading_snapshot(&loading, &log.from))
		return false;
	replay(shard, &loading, &log);
	if (shard->log == NULL)
		return false;
	/* A snapshot's LSN counts as sealed: a log that ends before it is refused as damaged. */
	HD_ASSERT(hd_log_tail(shard->log) >= log.from.lsn);
	hd_loading_end(&loading);
	hd_taker_open(shard);
	hd_latency_open(shard);
	shard->stamp = hd_core_stamp(shard->core);
	shard->percent = 100;
	return true;
}

bool
hd_shard_end(struct hd_shard *shard)
{
	HD_ASSERT(shard->post != NULL);
	/* A page may still be read into memory that is about to go. */
	while (shard->log != NULL && shard->pages.reading)
		hd_shard_last_pass(shard);
	if (shard->log != NULL)
		hd_taker_end(shard, shard->save);
	bool good = shard->log == NULL || hd_log_close(shard->log);
	shard->log = NULL;
	return good;
}

void
hd_shard_free(struct hd_shard *shard)
{
	if (shard->post == NULL)
		return;
	hd_orders_fini(shard);
	hd_outbox_fini(shard);
	hd_forge_fini(shard);
	hd_pages_fini(shard);
	hd_views_fini(shard);
	hd_gathers_fini(shard);
	hd_latency_fini(shard);
	hd_builds_fini(shard);
	hd_held_fini(shard, &shard->held);
	hd_held_fini(shard, &shard->own);
	for (uint32_t i = 0; i < shard->count + HD_THREADS_BESIDE; i++)
		hd_held_fini(shard, &shard->behind[i]);
	hd_memory_give(&shard->plain, shard->behind,
		       (shard->count + HD_THREADS_BESIDE) * sizeof *shard->behind);
	hd_core_destroy(shard->core);
	hd_post_destroy(shard->post);
	hd_blocks_fini(&shard->blocks);
	HD_ASSERT(shard->mailed.used == 0);
	shard->post = NULL;
}
