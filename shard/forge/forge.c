/* From a deal to its instance: what is there, who waits, and what came of an order. */
#include "shard/inside.h"

#include "huntd/value.h"
#include "shard/forge/smith.h"

#include <stdio.h>

#define NS_PER_MS     1000000
#define BUSY_LEAST_MS 20u
/* Who is refused at the same moment comes again over half as long once more, not all at once. */
#define REFUSED_SPREAD 16u

static_assert(HD_PUZZLE_TEXT_MAX + HD_PUZZLE_JSON_MAX < HD_UNSENT_MAX / 2,
	      "an instance is a small part of what a connection may hold");

void
hd_forge_init(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	HD_ASSERT(shard->io != NULL && forge->waits_count == 0);
	hd_cache_init(&forge->cache, &forge->kept, forge->budget);
	hd_bench_init(&forge->bench, shard->io, &forge->kept);
	forge->falls = HD_NEVER;
}

void
hd_forge_fini(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	hd_forge_drop_pools(shard);
	hd_cache_fini(&forge->cache);
	hd_shelf_fini(&forge->shelf, &forge->kept);
	hd_bench_fini(&forge->bench);
	HD_ASSERT(forge->kept.used == 0);
}

/* Showing. */

static struct hd_cache_key
key_of(const struct hd_deal *deal)
{
	return (struct hd_cache_key){
		.hunt = deal->hunt, .challenge = deal->challenge, .d = deal->d};
}

/* The JSON of an instance, with the deal's answer laid over it where it knows of none. */
static struct hd_bytes
write_json(struct hd_shard *shard, const struct hd_deal *deal, struct hd_bytes text,
	   struct hd_bytes solution)
{
	struct hd_forge *forge = &shard->forge;
	const struct hd_puzzle_spec *spec = &hd_forge_rule(shard, deal)->spec;
	struct hd_puzzle_overlay overlay;
	bool lays = !spec->kind->around_answer;
	if (lays) {
		uint8_t secret[32], seed[HD_PUZZLE_SEED], answer[HD_PHRASE_MAX];
		uint32_t size = hd_core_deal_answer(shard->core, deal, answer);
		hd_core_hunt_secret(shard->core, deal->hunt, secret);
		hd_puzzle_deal_seed(secret, deal->challenge, spec, deal->d, seed);
		spec->kind->digits_of(text, solution, forge->digits);
		hd_puzzle_overlay_make(spec, seed, hd_bytes_of(answer, size), forge->digits,
				       &overlay);
	}
	struct hd_writer out = hd_writer_of(forge->json, sizeof forge->json);
	hd_puzzle_json(spec, text, lays ? &overlay : NULL, &out);
	HD_ASSERT(!out.full);
	return hd_bytes_of(forge->json, (size_t)(out.at - forge->json));
}

/* As it is sent; kept for who asks again. */
static struct hd_reply
show(struct hd_shard *shard, const struct hd_deal *deal, struct hd_bytes text,
     struct hd_bytes solution)
{
	struct hd_forge *forge = &shard->forge;
	const struct hd_puzzle_spec *spec = &hd_forge_rule(shard, deal)->spec;
	struct hd_bytes json = write_json(shard, deal, text, solution);
	struct hd_writer out = hd_writer_of(forge->value, sizeof forge->value);
	hd_value_map(&out, 4);
	hd_value_text(&out, "kind");
	hd_value_text(&out, spec->kind->name);
	hd_value_text(&out, "tier");
	hd_value_text(&out, spec->kind->tiers[spec->tier]);
	hd_value_text(&out, "text");
	hd_value_bulk(&out, text);
	hd_value_text(&out, "json");
	hd_value_bulk(&out, json);
	HD_ASSERT(!out.full);
	struct hd_bytes value = hd_bytes_of(forge->value, (size_t)(out.at - forge->value));
	struct hd_cache_key key = key_of(deal);
	uint64_t pools = hd_forge_pools_bytes(forge);
	if (forge->budget > 0) {
		hd_cache_put(&forge->cache, &key, value);
		hd_cache_trim(&forge->cache, forge->budget > pools ? forge->budget - pools : 0);
	}
	return (struct hd_reply){.kind = HD_REPLY_VALUE, .detail = value};
}

/* The deal takes a base: for good. */
static void
give_base(struct hd_shard *shard, struct hd_deal *deal, struct hd_bytes entrant, uint64_t j,
	  uint32_t try)
{
	struct hd_decision *decision = &shard->decision;
	HD_ASSERT(!deal->based);
	decision->events_count = 0;
	hd_core_base(shard->core, hd_step_stamp(shard), deal, entrant, j, try, decision);
	HD_ASSERT(decision->events_count > 0);
	hd_step_log(shard, decision);
	hd_step_apply(shard, decision);
	deal->based = true;
	deal->j = j;
	deal->try = try;
}

/* Asking. */

static struct hd_reply
busy(struct hd_shard *shard, const struct hd_deal *deal)
{
	struct hd_forge *forge = &shard->forge;
	const struct hd_puzzle_spec *spec = &hd_forge_rule(shard, deal)->spec;
	uint64_t ms = spec->kind->make_ns(&spec->params, spec->tier) / NS_PER_MS *
		      (forge->waits_count + 1);
	uint64_t most = HD_PUZZLE_WAIT_MS / 3 * 2;
	ms = ms < BUSY_LEAST_MS ? BUSY_LEAST_MS : ms > most ? most : ms;
	ms += ms / 2 * (forge->refused++ % REFUSED_SPREAD) / REFUSED_SPREAD;
	int size = snprintf(forge->busy, sizeof forge->busy, "%u", (unsigned)ms);
	HD_COUNT(hd_shard_mine(shard)->puzzle_busy_total, 1);
	return (struct hd_reply){.kind = HD_REPLY_ERROR,
				 .error = HD_ERR_BUSY,
				 .detail = hd_bytes_of(forge->busy, (size_t)size)};
}

/* Takes of the pool what is ready for this deal. */
static struct hd_forge_ready *
take_pooled(struct hd_shard *shard, const struct hd_deal *deal)
{
	struct hd_forge *forge = &shard->forge;
	const struct hd_puzzle_spec *spec = &hd_forge_rule(shard, deal)->spec;
	struct hd_forge_pool *pool = hd_forge_pool_find(forge, spec, deal);
	if (pool == NULL || deal->based)
		return NULL;
	hd_forge_pool_dealt(pool, shard->boot);
	forge->active = true;
	return pool->around ? hd_forge_pool_take_at(pool, &forge->kept, deal->d)
			    : hd_forge_pool_take(pool);
}

/* What is there already, or can be had at once. */
static bool
find(struct hd_shard *shard, struct hd_deal *deal, struct hd_bytes entrant, struct hd_reply *reply)
{
	struct hd_forge *forge = &shard->forge;
	struct hd_cache_key key = key_of(deal);
	struct hd_bytes value;
	bool hit = hd_cache_find(&forge->cache, &key, &value);
	HD_COUNT(hd_shard_mine(shard)->puzzle_cache_hits_total, hit);
	if (hit) {
		*reply = (struct hd_reply){.kind = HD_REPLY_VALUE, .detail = value};
		return true;
	}
	const struct hd_puzzle_spec *spec = &hd_forge_rule(shard, deal)->spec;
	struct hd_forge_ready *ready = take_pooled(shard, deal);
	if (ready == NULL)
		ready = hd_shelf_take(&forge->shelf, spec, deal);
	if (ready == NULL)
		return false;
	if (!spec->kind->around_answer && !deal->based)
		give_base(shard, deal, entrant, ready->id, ready->try);
	*reply = show(shard, deal, hd_bytes_of(ready->bytes, ready->text),
		      hd_bytes_of(ready->bytes + ready->text, ready->solution));
	hd_forge_pool_give(&forge->kept, ready);
	return true;
}

bool
hd_forge_deal(struct hd_shard *shard, const struct hd_deal *asked, const struct hd_forge_ask *ask,
	      struct hd_reply *reply)
{
	struct hd_forge *forge = &shard->forge;
	struct hd_deal deal = *asked;
	HD_ASSERT(ask->entrant.size > 0 && ask->entrant.size <= HD_ID_MAX);
	if (find(shard, &deal, ask->entrant, reply))
		return true;
	if (forge->waits_count == HD_PUZZLE_WAITING || shard->draining) {
		*reply = busy(shard, &deal);
		return true;
	}
	bool again = hd_forge_first(forge, &deal) != NULL;
	struct hd_forge_wait *wait = &forge->waits[forge->waits_count++];
	*wait = (struct hd_forge_wait){
		.token = ask->token,
		.again = again,
		.asker = ask->asker,
		.verb = ask->verb,
		.deadline = shard->boot + (int64_t)HD_PUZZLE_WAIT_MS * NS_PER_MS,
		.deal = deal,
		.entrant_size = ask->entrant.size,
	};
	memcpy(wait->entrant, ask->entrant.at, ask->entrant.size);
	HD_COUNT(hd_shard_mine(shard)->puzzle_waits_total, 1);
	forge->active = true;
	hd_forge_order(shard, wait);
	return false;
}

/* Answering. */

/* Removes the wait and answers it. */
static void
answer(struct hd_shard *shard, uint32_t at, const struct hd_reply *reply)
{
	struct hd_forge *forge = &shard->forge;
	struct hd_forge_wait wait = forge->waits[at];
	HD_ASSERT(at < forge->waits_count);
	forge->waits_count--;
	memmove(&forge->waits[at], &forge->waits[at + 1],
		(forge->waits_count - at) * sizeof forge->waits[0]);
	struct hd_forge_wait *next = hd_forge_first(forge, &wait.deal);
	if (next != NULL)
		next->again = false;
	hd_outbox_answer(shard, wait.asker, wait.token, reply, hd_log_tail(shard->log));
	hd_step_count(shard, wait.verb, reply);
	forge->answered = true;
}

static void
answer_all(struct hd_shard *shard, const struct hd_deal *deal, const struct hd_reply *reply)
{
	struct hd_forge *forge = &shard->forge;
	for (uint32_t i = 0; i < forge->waits_count;) {
		if (hd_forge_is_same_deal(&forge->waits[i].deal, deal))
			answer(shard, i, reply);
		else
			i++;
	}
}

/* The first who waits for a fresh base of this sort has it. False: nobody does. */
static bool
give_first(struct hd_shard *shard, const struct hd_forge_row *row,
	   const struct hd_puzzle_made *made)
{
	struct hd_forge *forge = &shard->forge;
	for (uint32_t i = 0; i < forge->waits_count; i++) {
		struct hd_forge_wait *wait = &forge->waits[i];
		struct hd_deal deal = wait->deal;
		if (deal.based ||
		    !hd_forge_is_same_sort(&row->order.spec, &hd_forge_rule(shard, &deal)->spec))
			continue;
		give_base(shard, &deal, hd_bytes_of(wait->entrant, wait->entrant_size), row->deal.j,
			  made->try);
		struct hd_reply reply = show(shard, &deal, made->text, made->solution);
		answer_all(shard, &deal, &reply);
		return true;
	}
	return false;
}

/* A base, ordered by a command or for a pool. */
static void
fresh_made(struct hd_shard *shard, const struct hd_forge_row *row,
	   const struct hd_puzzle_made *made)
{
	struct hd_forge *forge = &shard->forge;
	if (give_first(shard, row, made))
		return;
	struct hd_forge_pool *pool = hd_forge_pool_find(forge, &row->order.spec, &row->deal);
	if (pool != NULL)
		hd_forge_pool_put(pool, &forge->kept, row->deal.j, made);
	else
		hd_shelf_put(&forge->shelf, &forge->kept, &row->order.spec, &row->deal, true, made);
}

static void
deal_made(struct hd_shard *shard, const struct hd_forge_row *row, const struct hd_puzzle_made *made)
{
	struct hd_forge *forge = &shard->forge;
	const struct hd_deal *deal = &row->deal;
	bool awaited = hd_forge_first(forge, deal) != NULL;
	if (awaited || (row->place != HD_FORGE_IDLE && hd_forge_caches(forge))) {
		struct hd_reply reply = show(shard, deal, made->text, made->solution);
		answer_all(shard, deal, &reply);
		return;
	}
	if (row->place != HD_FORGE_IDLE) {
		hd_shelf_put(&forge->shelf, &forge->kept, &row->order.spec, deal, false, made);
		return;
	}
	uint64_t allotted = hd_core_allotted(shard->core, deal->hunt, deal->challenge);
	if (row->pool != NULL && deal->d >= allotted)
		hd_forge_pool_put(row->pool, &forge->kept, deal->d, made);
}

/* It was not to be: who waits for a base gets another, who waits for this one is told. */
static void
nothing_made(struct hd_shard *shard, const struct hd_forge_row *row)
{
	struct hd_forge *forge = &shard->forge;
	if (!row->fresh && hd_forge_first(forge, &row->deal) != NULL) {
		struct hd_reply reply = busy(shard, &row->deal);
		answer_all(shard, &row->deal, &reply);
	}
	for (uint32_t i = 0; i < forge->waits_count && row->fresh; i++)
		hd_forge_order(shard, &forge->waits[i]);
}

void
hd_forge_finish(struct hd_shard *shard, uint64_t token, enum hd_bench_state state,
		const struct hd_puzzle_made *made)
{
	struct hd_metrics *metrics = hd_shard_mine(shard);
	struct hd_forge_row row;
	HD_ASSERT(state != HD_BENCH_WORKS);
	hd_forge_close(shard, token, &row);
	HD_COUNT(metrics->puzzle_made_total, state == HD_BENCH_MADE);
	HD_COUNT(metrics->puzzle_missed_total, state == HD_BENCH_MISSED);
	HD_COUNT(metrics->puzzle_refuted_total, state == HD_BENCH_REFUTED);
	if (state != HD_BENCH_MADE)
		nothing_made(shard, &row);
	else if (row.fresh)
		fresh_made(shard, &row, made);
	else
		deal_made(shard, &row, made);
}

/* Mail. */

void
hd_forge_take(struct hd_shard *shard, const struct hd_cell *cell)
{
	struct hd_forge *forge = &shard->forge;
	HD_ASSERT(cell->block != NULL);
	forge->active = true;
	if (cell->type == HD_CELL_INSTANCE) {
		struct hd_deal deal = {.hunt = (uint16_t)cell->a,
				       .challenge = (uint32_t)cell->b,
				       .d = (uint64_t)cell->c};
		HD_ASSERT(hd_forge_rule(shard, &deal)->spec.kind->around_answer);
		show(shard, &deal, hd_block_used(cell->block), hd_bytes_of(NULL, 0));
		hd_post_give(shard->post, cell->block);
		return;
	}
	HD_ASSERT(cell->type == HD_CELL_FORGED);
	cell->block->next = NULL;
	if (forge->todo == NULL)
		forge->todo = cell->block;
	else
		forge->todo_last->next = cell->block;
	forge->todo_last = cell->block;
}

static void
take_made(struct hd_shard *shard, struct hd_block *block)
{
	struct hd_forge_came came;
	const uint8_t *bytes = hd_block_bytes(block);
	HD_ASSERT(block->used >= sizeof came);
	memcpy(&came, bytes, sizeof came);
	HD_ASSERT(block->used == sizeof came + came.text + came.solution);
	HD_ASSERT(came.token < HD_FORGE_ORDERS);
	if (!came.was_long)
		hd_forge_learn(&shard->forge, &shard->forge.rows[came.token], false);
	struct hd_puzzle_made made = {
		.text = hd_bytes_of(bytes + sizeof came, came.text),
		.solution = hd_bytes_of(bytes + sizeof came + came.text, came.solution),
		.try = came.try,
	};
	hd_forge_finish(shard, came.token, (enum hd_bench_state)came.state, &made);
	hd_post_give(shard->post, block);
}

void
hd_forge_carry(struct hd_shard *shard, uint16_t hunt, uint32_t challenge, uint64_t d, uint32_t to)
{
	struct hd_deal deal = {.hunt = hunt, .challenge = challenge, .d = d};
	HD_ASSERT(to != shard->number);
	if (!hd_forge_rule(shard, &deal)->spec.kind->around_answer)
		return;
	struct hd_forge_ready *ready = take_pooled(shard, &deal);
	if (ready == NULL)
		return;
	struct hd_block *block = hd_blocks_take(&shard->blocks, ready->text);
	memcpy(hd_block_bytes(block), ready->bytes, ready->text);
	block->used = ready->text;
	hd_forge_pool_give(&shard->forge.kept, ready);
	struct hd_held held = {
		.lsn = hd_log_tail(shard->log),
		.to = to,
		.cell = {.type = HD_CELL_INSTANCE,
			 .a = hunt,
			 .b = challenge,
			 .c = (int64_t)d,
			 .block = block},
	};
	hd_held_push(shard, &shard->outbox.answers, &held);
}

/* The pass. */

static void
refuse_first(struct hd_shard *shard)
{
	struct hd_reply reply = busy(shard, &shard->forge.waits[0].deal);
	answer(shard, 0, &reply);
}

int64_t
hd_forge_deadline(const struct hd_shard *shard)
{
	const struct hd_forge *forge = &shard->forge;
	int64_t deadline = forge->waits_count > 0 ? forge->waits[0].deadline : HD_NEVER;
	return deadline < forge->falls ? deadline : forge->falls;
}

void
hd_forge_drain(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	HD_ASSERT(shard->draining);
	while (forge->waits_count > 0)
		refuse_first(shard);
	if (forge->answered)
		hd_remote_answered(shard);
	forge->answered = false;
}

/* Cheap ones go by the dozen, each slice makes a whole one; but no more of them than begin within
 * the first slice's time. */
static void
run_slices(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	bool more = forge->here != 0;
	int64_t from = more ? shard->io->ops->now(shard->io) : 0;
	for (uint32_t i = 0; i < HD_FORGE_CHEAP && more; i++) {
		const struct hd_puzzle_spec *spec = &forge->rows[forge->here - 1].order.spec;
		bool cheap = spec->kind->make_ns(&spec->params, spec->tier) <= HD_PUZZLE_SLICE_NS;
		if (i > 0 &&
		    (!cheap || shard->io->ops->now(shard->io) - from >= HD_PUZZLE_SLICE_NS))
			break;
		more = hd_forge_slice(shard);
	}
	shard->again |= more;
}

static void
publish(struct hd_shard *shard)
{
	const struct hd_forge *forge = &shard->forge;
	struct hd_metrics *metrics = hd_shard_mine(shard);
	uint64_t ready = 0, low = 0;
	for (uint32_t i = 0; i < forge->pools_count; i++) {
		const struct hd_forge_pool *pool = forge->pools[i];
		ready += pool->count;
		low += hd_forge_pool_low(pool, forge->floor,
					 forge->budget / 2 / forge->pools_count);
	}
	HD_GAUGE(metrics->puzzle_pools, forge->pools_count);
	HD_GAUGE(metrics->puzzle_ready, ready);
	HD_GAUGE(metrics->puzzle_low_water, low);
	HD_GAUGE(metrics->puzzle_waiting, forge->waits_count);
	HD_GAUGE(metrics->puzzle_cached, forge->cache.entries);
	HD_GAUGE(metrics->memory_puzzle_bytes, forge->kept.used);
}

void
hd_forge_pass(struct hd_shard *shard)
{
	struct hd_forge *forge = &shard->forge;
	if (HD_LIKELY(!forge->active && forge->waits_count == 0 && shard->boot < forge->falls))
		return;
	while (forge->todo != NULL) {
		struct hd_block *block = forge->todo;
		forge->todo = block->next;
		take_made(shard, block);
	}
	run_slices(shard);
	while (forge->waits_count > 0 && forge->waits[0].deadline <= shard->boot)
		refuse_first(shard);
	if (forge->looking)
		hd_forge_look_on(shard);
	hd_forge_fill(shard);
	if (forge->answered)
		hd_remote_answered(shard);
	forge->answered = false;
	forge->active = forge->here != 0 || forge->looking;
	publish(shard);
}
