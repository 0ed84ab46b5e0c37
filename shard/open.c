/* A shard's beginning and end, on its own thread but for hd_shard_free. */
#include "shard/inside.h"
#include "shard/replay.h"

#define NS_PER_S 1000000000

void
hd_shard_prepare(struct hd_shard *shard)
{
	HD_ASSERT(shard->core == NULL && shard->log == NULL);
	HD_ASSERT(shard->io != NULL && shard->plain.budget == 0);
	shard->orders.ids_max = HD_IDS_KEPT;
	shard->orders.ids_age_ns = (int64_t)HD_IDS_AGE_S * NS_PER_S;
	hd_blocks_init(&shard->blocks, &shard->plain, (uint16_t)shard->number);
	shard->cycled = hd_blocks_memory(&shard->blocks);
	shard->post = hd_post_create(shard->mesh, shard->number, shard->io, &shard->plain,
				     &shard->blocks);
	shard->behind =
		hd_memory_take(&shard->plain, (shard->count + 2) * sizeof *shard->behind, 8);
	shard->core = hd_core_create(&shard->state);
	hd_core_place(shard->core, shard->number, shard->count);
	hd_remote_init(shard);
	hd_gathers_init(shard);
}

bool
hd_shard_open(struct hd_shard *shard, const struct hd_log_options *options,
	      const _Atomic bool *stop)
{
	HD_ASSERT(shard->core != NULL && shard->log == NULL);
	HD_ASSERT(shard->report != NULL);
	struct hd_log_options log = *options;
	log.io = shard->io;
	log.memory = &shard->plain;
	log.shard = shard->number;
	struct hd_replay *replay = hd_memory_take(&shard->plain, sizeof *replay, 64);
	replay->shard = shard;
	replay->stop = stop;
	shard->log = hd_log_open(&log, hd_replay_one, replay, shard->report);
	if (shard->log != NULL)
		hd_replay_flush(replay);
	hd_memory_give(&shard->plain, replay, sizeof *replay);
	if (shard->log == NULL)
		return false;
	shard->stamp = hd_core_stamp(shard->core);
	shard->percent = 100;
	return true;
}

bool
hd_shard_end(struct hd_shard *shard)
{
	HD_ASSERT(shard->post != NULL);
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
	hd_pages_fini(shard);
	hd_views_fini(shard);
	hd_gathers_fini(shard);
	hd_held_fini(shard, &shard->held);
	hd_held_fini(shard, &shard->own);
	for (uint32_t i = 0; i < shard->count + 2; i++)
		hd_held_fini(shard, &shard->behind[i]);
	hd_memory_give(&shard->plain, shard->behind, (shard->count + 2) * sizeof *shard->behind);
	hd_core_destroy(shard->core);
	hd_post_destroy(shard->post);
	hd_blocks_fini(&shard->blocks);
	shard->post = NULL;
}
