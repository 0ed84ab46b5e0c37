/* What is to be made, and where: here in slices, or by a thread. */
#include "shard/forge/smith.h"
#include "shard/inside.h"

#define LONG_ONES 3u

const struct hd_puzzle_rule *
hd_forge_rule(const struct hd_shard *shard, const struct hd_deal *deal)
{
	const struct hd_definition *definition = hd_core_definition(shard->core, deal->hunt);
	HD_ASSERT(definition != NULL && deal->challenge < definition->challenges_count);
	const struct hd_puzzle_rule *rule = definition->challenges[deal->challenge].puzzle;
	HD_ASSERT(rule != NULL);
	return rule;
}

static uint64_t
next_j(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	if (forge->bases == 0)
		forge->bases =
			hd_core_bases(shard->core) & (((uint64_t)1 << HD_BASE_COUNT_BITS) - 1);
	forge->bases++;
	HD_ASSERT(forge->bases < (uint64_t)1 << HD_BASE_COUNT_BITS);
	return (uint64_t)shard->number << HD_BASE_COUNT_BITS | forge->bases;
}

/* Orders. */

static struct hd_forge_row *
row_take(struct hd_forge *forge, enum hd_forge_place place)
{
	uint32_t i = 0;
	HD_ASSERT(place != HD_FORGE_FREE);
	while (forge->rows[i].place != HD_FORGE_FREE) {
		i++;
		HD_ASSERT(i < HD_FORGE_ORDERS);
	}
	*(place == HD_FORGE_IDLE ? &forge->refills : &forge->urgent) += 1;
	forge->rows[i] = (struct hd_forge_row){.place = (uint8_t)place};
	return &forge->rows[i];
}

void
hd_forge_close(struct hd_shard *shard, uint64_t token, struct hd_forge_row *done)
{
	struct hd_forge *forge = &shard->forge;
	HD_ASSERT(token < HD_FORGE_ORDERS && forge->rows[token].place != HD_FORGE_FREE);
	*done = forge->rows[token];
	forge->rows[token].place = HD_FORGE_FREE;
	*(done->place == HD_FORGE_IDLE ? &forge->refills : &forge->urgent) -= 1;
	if (done->pool != NULL)
		done->pool->ordered--;
}

static void
fill_fresh(struct hd_shard *shard, const struct hd_puzzle_spec *spec, struct hd_forge_row *row)
{
	const uint8_t *secret = hd_core_secret(shard->core);
	HD_ASSERT(secret != NULL && !spec->kind->around_answer);
	row->fresh = true;
	row->deal = (struct hd_deal){.based = true, .j = next_j(shard)};
	row->order.spec = *spec;
	row->order.tries = HD_FORGE_TRIES;
	hd_puzzle_base_seed(secret, spec, row->deal.j, row->order.seed);
}

/* What a deal says: its base once more, or the instance around its answer. */
static void
fill_deal(struct hd_shard *shard, const struct hd_puzzle_spec *spec, const struct hd_deal *deal,
	  struct hd_forge_row *row)
{
	struct hd_forge_order *order = &row->order;
	uint8_t secret[32];
	row->deal = *deal;
	order->spec = *spec;
	if (!spec->kind->around_answer) {
		HD_ASSERT(deal->based);
		order->first_try = deal->try;
		order->tries = 1;
		hd_puzzle_base_seed(hd_core_secret(shard->core), spec, deal->j, order->seed);
		return;
	}
	order->tries = HD_FORGE_TRIES;
	order->answer_size = hd_core_deal_answer(shard->core, deal, order->answer);
	hd_core_hunt_secret(shard->core, deal->hunt, secret);
	hd_puzzle_deal_seed(secret, deal->challenge, spec, deal->d, order->seed);
}

static void
send_order(struct hd_shard *shard, struct hd_forge_row *row)
{
	struct hd_forge *forge = &shard->forge;
	struct hd_forge_asked asked = {.token = (uint64_t)(row - forge->rows), .order = row->order};
	struct hd_cell cell = {.type = HD_CELL_FORGE,
			       .block = hd_blocks_take(&shard->blocks, sizeof asked)};
	memcpy(hd_block_bytes(cell.block), &asked, sizeof asked);
	cell.block->used = sizeof asked;
	hd_shard_send(shard, row->place == HD_FORGE_IDLE ? forge->idle : forge->nice, &cell);
}

static void
begin(struct hd_shard *shard, struct hd_forge_row *row)
{
	struct hd_forge *forge = &shard->forge;
	uint32_t number = (uint32_t)(row - forge->rows) + 1;
	forge->active = true;
	if (row->place != HD_FORGE_HERE) {
		send_order(shard, row);
		return;
	}
	if (forge->here == 0)
		forge->here = number;
	else
		forge->rows[forge->here_last - 1].next = number;
	forge->here_last = number;
}

struct hd_forge_wait *
hd_forge_first(struct hd_forge *forge, const struct hd_deal *deal)
{
	HD_ASSERT(forge->waits_count <= HD_PUZZLE_WAITING);
	for (uint32_t i = 0; i < forge->waits_count; i++)
		if (hd_forge_is_same_deal(&forge->waits[i].deal, deal))
			return &forge->waits[i];
	return NULL;
}

/* How many different deals wait for a fresh base of this sort. */
static uint32_t
fresh_wanted(const struct hd_shard *shard, const struct hd_puzzle_spec *spec)
{
	const struct hd_forge *forge = &shard->forge;
	uint32_t wanted = 0;
	for (uint32_t i = 0; i < forge->waits_count; i++) {
		const struct hd_forge_wait *wait = &forge->waits[i];
		wanted += !wait->again && !wait->deal.based &&
			  hd_forge_is_same_sort(&hd_forge_rule(shard, &wait->deal)->spec, spec);
	}
	return wanted;
}

/* Of the orders of commands: how many make a fresh base of this sort, or make this deal. */
static uint32_t
orders_out(const struct hd_forge *forge, const struct hd_puzzle_spec *spec,
	   const struct hd_deal *deal)
{
	uint32_t out = 0;
	for (uint32_t i = 0, left = forge->urgent; left > 0; i++) {
		const struct hd_forge_row *row = &forge->rows[i];
		HD_ASSERT(i < HD_FORGE_ORDERS);
		if (row->place == HD_FORGE_FREE || row->place == HD_FORGE_IDLE)
			continue;
		left--;
		out += row->fresh == (deal == NULL) &&
		       (deal == NULL ? hd_forge_is_same_sort(&row->order.spec, spec)
				     : hd_forge_is_same_deal(&row->deal, deal));
	}
	return out;
}

/* What took long some times is taken for dear, whatever is said of it. */
static enum hd_forge_place
place_of(const struct hd_forge *forge, const struct hd_puzzle_spec *spec,
	 const struct hd_deal *deal)
{
	const struct hd_forge_pool *pool = hd_forge_pool_find(forge, spec, deal);
	bool dear = spec->kind->make_ns(&spec->params, spec->tier) > HD_FORGE_SLICED ||
		    (pool != NULL && pool->long_ones >= LONG_ONES);
	return forge->threads && dear ? HD_FORGE_NICE : HD_FORGE_HERE;
}

void
hd_forge_order(struct hd_shard *shard, const struct hd_forge_wait *wait)
{
	struct hd_forge *forge = &shard->forge;
	const struct hd_puzzle_spec *spec = &hd_forge_rule(shard, &wait->deal)->spec;
	bool fresh = !spec->kind->around_answer && !wait->deal.based;
	uint32_t wanted = fresh ? fresh_wanted(shard, spec) : 1;
	if (orders_out(forge, spec, fresh ? NULL : &wait->deal) >= wanted ||
	    forge->urgent == HD_FORGE_URGENT)
		return;
	struct hd_forge_row *row = row_take(forge, place_of(forge, spec, &wait->deal));
	if (fresh)
		fill_fresh(shard, spec, row);
	else
		fill_deal(shard, spec, &wait->deal, row);
	begin(shard, row);
}

void
hd_forge_refill(struct hd_shard *shard, struct hd_forge_pool *pool)
{
	struct hd_forge *forge = &shard->forge;
	HD_ASSERT(forge->threads && forge->refills < HD_FORGE_REFILLS);
	struct hd_forge_row *row = row_take(forge, HD_FORGE_IDLE);
	row->pool = pool;
	pool->ordered++;
	if (pool->around) {
		struct hd_deal deal = {
			.hunt = pool->hunt, .challenge = pool->challenge, .d = pool->next++};
		fill_deal(shard, &pool->spec, &deal, row);
	} else {
		fill_fresh(shard, &pool->spec, row);
	}
	begin(shard, row);
}

/* Slices. */

/* One of a hundred is long; of a sort that says too little of itself, each. */
void
hd_forge_learn(struct hd_forge *forge, const struct hd_forge_row *row, bool was_long)
{
	struct hd_forge_pool *pool = hd_forge_pool_find(forge, &row->order.spec, &row->deal);
	HD_ASSERT(row->place != HD_FORGE_FREE);
	if (pool == NULL)
		return;
	if (!was_long)
		pool->long_ones /= 2;
	else if (pool->long_ones < LONG_ONES)
		pool->long_ones++;
}

/* One of a hundred, or a kind that says too little of itself: the loop has done enough for it. */
static void
hand_over(struct hd_forge *forge, struct hd_forge_row *row)
{
	HD_ASSERT(row->place == HD_FORGE_HERE && forge->bench.job != NULL);
	if (hd_bench_was_long(&forge->bench))
		hd_forge_learn(forge, row, true);
	forge->bench.job = NULL;
	forge->here = row->next;
	row->place = HD_FORGE_NICE;
}

/* What nobody awaits any more, and nothing would keep, is not begun: others wait behind it. */
static bool
is_worth_it(struct hd_shard *shard, const struct hd_forge_row *row)
{
	struct hd_forge *forge = &shard->forge;
	const struct hd_puzzle_spec *spec = &row->order.spec;
	HD_ASSERT(row->place == HD_FORGE_HERE);
	if (row->fresh)
		return hd_forge_pool_find(forge, spec, &row->deal) != NULL ||
		       fresh_wanted(shard, spec) > 0;
	return hd_forge_caches(forge) || hd_forge_first(forge, &row->deal) != NULL;
}

/* The next that is to be made goes on the bench. False: none is. */
static bool
begin_next(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	struct hd_forge_row done;
	while (forge->here != 0 && !is_worth_it(shard, &forge->rows[forge->here - 1])) {
		hd_forge_close(shard, forge->here - 1, &done);
		forge->here = done.next;
	}
	if (forge->here == 0)
		return false;
	hd_bench_begin(&forge->bench, &forge->rows[forge->here - 1].order);
	return true;
}

bool
hd_forge_slice(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	struct hd_metrics *metrics = hd_shard_mine(shard);
	struct hd_puzzle_made made;
	int64_t took;
	int64_t from = shard->io->ops->now(shard->io);
	if (forge->bench.job == NULL && !begin_next(shard))
		return false;
	struct hd_forge_row *row = &forge->rows[forge->here - 1];
	enum hd_bench_state state = hd_bench_step(&forge->bench, &made, &took);
	took = shard->io->ops->now(shard->io) - from;
	HD_COUNT(metrics->puzzle_slices_ns_total, took);
	if (took > (int64_t)HD_METRIC(metrics->puzzle_slice_ns_max))
		HD_GAUGE(metrics->puzzle_slice_ns_max, took);
	if (state != HD_BENCH_WORKS) {
		uint64_t token = forge->here - 1;
		forge->here = row->next;
		if (!hd_bench_was_long(&forge->bench))
			hd_forge_learn(forge, row, false);
		hd_forge_finish(shard, token, state, &made);
	} else if (forge->threads && forge->bench.spent > HD_BENCH_LONG) {
		hand_over(forge, row);
		send_order(shard, row);
	}
	return forge->here != 0;
}
