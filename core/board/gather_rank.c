/* gather_rank.c - an entrant's rank: what its owner tells, what the others add, distinct scores. */
#include "core/board/gather_state.h"

/* Runs of a RANK end the pins; those of a TOP and of an AROUND leave them for the rows. */
static uint32_t
rank_run_flags(const struct hd_gather *gather)
{
	HD_ASSERT(hd_gather_dense(gather));
	return gather->command.verb == HD_CMD_RANK ? HD_ASK_LAST_IF_DONE : 0;
}

static void
rank_take(struct hd_gather *gather, uint32_t shard)
{
	struct hd_reader in = hd_gather_part(gather, shard);
	if (gather->ask == HD_ASK_TELL) {
		if (gather->flags & HD_ASK_ENTRANT) {
			struct hd_board_key key;
			hd_key_read(&in, &key);
			hd_gather_key_keep(&gather->key, &key);
			gather->key_known = true;
		}
		gather->ahead += hd_read_varint(&in);
		gather->count += hd_read_varint(&in);
		gather->shard[shard].told = true;
	}
	HD_ASSERT(!in.bad);
	if (gather->ask == HD_ASK_RUN || (gather->flags & HD_ASK_WITH_RUN))
		hd_gather_run_take(gather, shard, in);
}

/* Asks who has not told yet. False: all have. */
static bool
rank_others(struct hd_gather *gather)
{
	bool any = false;
	HD_ASSERT(gather->key_known);
	uint32_t flags = (gather->flags & ~(uint32_t)HD_ASK_ENTRANT) | HD_ASK_KEY;
	if (gather->ask != HD_ASK_TELL)
		return false;
	for (uint32_t i = 0; i < gather->shards; i++)
		any |= !gather->shard[i].told;
	if (!any)
		return false;
	hd_gather_round(gather, HD_ASK_TELL, flags);
	for (uint32_t i = 0; i < gather->shards; i++)
		gather->shard[i].asked = !gather->shard[i].told;
	return true;
}

static void
rank_reply(struct hd_gather *gather)
{
	uint64_t ahead = hd_gather_dense(gather) ? gather->distinct : gather->ahead;
	HD_ASSERT(gather->ahead < gather->count);
	struct hd_writer out = hd_gather_value(gather, sizeof(gather->value_inline));
	hd_value_array(&out, 3);
	hd_value_int(&out, (int64_t)ahead + 1);
	hd_value_int(&out, gather->key.key.score);
	hd_value_int(&out, (int64_t)gather->count);
	hd_gather_value_end(gather, &out);
}

void
hd_gather_rank_step(struct hd_gather *gather)
{
	HD_ASSERT(gather->ask == HD_ASK_TELL || gather->ask == HD_ASK_RUN);
	for (uint32_t i = 0; i < gather->shards; i++)
		if (gather->shard[i].asked)
			rank_take(gather, i);
	if (gather->command.verb != HD_CMD_TOP && rank_others(gather))
		return;
	if (hd_gather_dense(gather) && !hd_gather_run_merge(gather, rank_run_flags(gather)))
		return;
	if (gather->command.verb == HD_CMD_RANK) {
		rank_reply(gather);
	} else if (gather->command.verb == HD_CMD_TOP) {
		hd_gather_rows_begin(gather, gather->rows, HD_ASK_HOLD | HD_ASK_LAST | HD_ASK_KEY);
		hd_gather_ask_all(gather);
	} else {
		hd_gather_round(gather, HD_ASK_AROUND, HD_ASK_HOLD | HD_ASK_LAST | HD_ASK_KEY);
		hd_gather_ask_all(gather);
	}
}
