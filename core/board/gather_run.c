/* gather_run.c - distinct (score, sub) pairs above a key, over all shards.
 *
 * Every shard sends its pairs in sorted runs. What lies at or above the last pair of every
 * unfinished run is decided: those pairs are counted, equal ones of several shards once. Unfinished
 * shards then go on below the horizon, all from the same pair; a finished shard's rest waits in its
 * part. */
#include "core/board/gather_merge.h"
#include "core/board/gather_state.h"

void
hd_gather_run_begin(struct hd_gather *gather, uint32_t flags)
{
	HD_ASSERT(gather->key_known);
	hd_gather_round(gather, HD_ASK_RUN, flags | HD_ASK_HOLD | HD_ASK_KEY);
}

void
hd_gather_run_take(struct hd_gather *gather, uint32_t shard, struct hd_reader in)
{
	struct hd_gather_shard *from = &gather->shard[shard];
	HD_ASSERT(!from->done);
	from->done = hd_read_u8(&in);
	from->run_left = (uint32_t)hd_read_bounded(&in, HD_DENSE_RUN);
	from->run = in;
	HD_ASSERT(!in.bad && (from->done || from->run_left == HD_DENSE_RUN));
	if (from->done && (gather->flags & HD_ASK_LAST_IF_DONE))
		from->held = false;
}

/* The highest of the last pairs of unfinished runs. False: all runs are finished. */
static bool
run_horizon(const struct hd_gather *gather, struct hd_board_key *horizon)
{
	bool any = false;
	for (uint32_t i = 0; i < gather->shards; i++) {
		const struct hd_gather_shard *shard = &gather->shard[i];
		if (shard->done)
			continue;
		struct hd_board_key last = {0};
		struct hd_reader in = shard->run;
		for (uint32_t n = 0; n < shard->run_left; n++) {
			last.score = hd_read_signed(&in);
			last.sub = hd_read_signed(&in);
		}
		HD_ASSERT(!in.bad && shard->run_left > 0);
		if (!any || hd_key_compare(&last, horizon) < 0)
			*horizon = last;
		any = true;
	}
	return any;
}

/* Counts the pairs down to `horizon`, or all where it is NULL. */
static void
run_count(struct hd_gather *gather, const struct hd_board_key *horizon)
{
	struct hd_merge merge;
	const struct hd_board_key *top;
	struct hd_board_key last = {0};
	bool any = false;
	hd_merge_init(&merge);
	for (uint32_t i = 0; i < gather->shards; i++)
		hd_merge_add_pairs(&merge, gather->shard[i].run, gather->shard[i].run_left);
	while ((top = hd_merge_top(&merge)) && (!horizon || hd_key_compare(top, horizon) <= 0)) {
		gather->distinct += !any || !hd_key_same_place(top, &last);
		last = *top;
		any = true;
		hd_merge_take(&merge);
	}
	for (uint32_t i = 0; i < gather->shards; i++) {
		const struct hd_merge_cursor *cursor = &merge.cursor[i];
		gather->shard[i].run = cursor->here;
		gather->shard[i].run_left = cursor->left + cursor->live;
	}
}

bool
hd_gather_run_merge(struct hd_gather *gather, uint32_t flags)
{
	struct hd_board_key horizon = {0};
	bool more = run_horizon(gather, &horizon);
	run_count(gather, more ? &horizon : NULL);
	if (!more)
		return true;
	gather->below = true;
	gather->below_score = horizon.score;
	gather->below_sub = horizon.sub;
	hd_gather_run_begin(gather, flags);
	HD_ASSERT(gather->ask == HD_ASK_RUN);
	for (uint32_t i = 0; i < gather->shards; i++)
		gather->shard[i].asked = !gather->shard[i].done;
	return false;
}
