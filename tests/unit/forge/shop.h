/* shop.h - a shard with its forge, over a disk in memory: its threads are stepped by hand, and the
 * toy stands in the place of the kind that the document names. */
#ifndef HUNTD_TESTS_SHOP_H
#define HUNTD_TESTS_SHOP_H

#include "huntd/ids.h"
#include "tests/unit/forge/toy.h"

#include "shard/forge/smith.h"
#include "tests/lib/lib.h"
#include "tests/lib/shard_rig.h"

#define MS      1000000
#define ANSWERS 512u
#define CHEAP   10000 /* what the kind says that it costs, ns */
#define MIDDLE  1000000
#define DEAR    100000000

struct answer {
	uint64_t token;
	bool busy;
	uint32_t busy_ms;
	uint64_t hash; /* of the reply's bytes */
};

struct shop {
	struct rig rig;
	struct rig_story story;
	struct fake_io desk; /* the threads' */
	struct hd_smith smiths[HD_SMITHS];
	struct answer answers[ANSWERS];
	uint32_t count;
	char hunt[16];
	bool around;
};

/* The edge. */

static inline void
edge_input(void *edge, int64_t now)
{
	(void)edge, (void)now;
}

static inline uint64_t
hash_of(struct hd_bytes bytes)
{
	uint64_t hash = 14695981039346656037u;
	for (uint32_t i = 0; i < bytes.size; i++)
		hash = (hash ^ bytes.at[i]) * 1099511628211u;
	return hash;
}

static inline uint32_t
busy_ms(const struct hd_reply *reply)
{
	uint32_t ms = 0;
	for (uint32_t i = 0; i < reply->detail.size && reply->kind == HD_REPLY_ERROR; i++)
		ms = ms * 10 + (uint32_t)(reply->detail.at[i] - '0');
	return ms;
}

static inline void
take_reply(struct shop *shop, uint64_t token, const struct hd_reply *reply)
{
	assert_true(shop->count < ANSWERS);
	assert_true(reply->kind == HD_REPLY_VALUE || reply->error == HD_ERR_BUSY);
	assert_true(reply->detail.size > 0);
	shop->answers[shop->count++] = (struct answer){.token = token,
						       .busy = reply->kind == HD_REPLY_ERROR,
						       .busy_ms = busy_ms(reply),
						       .hash = hash_of(reply->detail)};
}

static inline void
edge_reply(void *edge, uint64_t token, const struct hd_reply *reply, uint64_t lsn)
{
	struct shop *shop = edge;
	assert_int_equal(lsn, hd_log_tail(shop->rig.shard->log));
	take_reply(shop, token, reply);
}

static const struct hd_edge_ops ops = {
	.input = edge_input, .output = edge_input, .reply = edge_reply};

static inline void
answer_at_once(struct hd_shard *shard, uint32_t asker, uint64_t token, const struct hd_reply *reply,
	       uint64_t lsn)
{
	(void)asker, (void)lsn;
	take_reply(shard->edge, token, reply);
	shard->remote.open[shard->number]--;
}

/* The shop. */

/* What every world begins with, and a hunt that lies at shard 1 of 2. */
static inline void
make_story(struct shop *shop)
{
	struct rig_story *story = &shop->story;
	do
		snprintf(shop->hunt, sizeof shop->hunt, "hunt-%u", story->count++);
	while (hd_slot_shard(hd_slot(hd_bytes_str(shop->hunt)), 2) != 1);
	struct hd_world_hunt hunt = {
		.id = shop->hunt,
		.auto_join = true,
		.text = "text",
		.challenges = {{.id = "grid", .points = 10, .puzzle = "lightsout"}},
	};
	hd_world_init(&story->world);
	hd_world_document(&story->world, &hunt);
	story->count = 0;
	for (size_t at = 0; at < story->world.log_size; story->at[++story->count] = at) {
		uint32_t size;
		memcpy(&size, story->world.log + at + 4, 4);
		at += 16 + size;
	}
}

/* The toy takes the place of the kind that the document names. */
static inline void
put_toy(struct shop *shop)
{
	const struct hd_definition *definition = hd_core_definition(shop->rig.shard->core, 0);
	struct hd_puzzle_rule *rule =
		(struct hd_puzzle_rule *)(uintptr_t)definition->challenges[0].puzzle;
	rule->spec = toy_spec();
	rule->spec.kind = shop->around ? &toy_around : &toy_kind;
}

static inline void
open_shard(struct shop *shop, bool threads, uint64_t budget, uint32_t floor)
{
	assert_true(rig_open(&shop->rig));
	struct hd_shard *shard = shop->rig.shard;
	shard->ops = &ops;
	shard->edge = shop;
	if (hd_log_tail(shard->log) == 0)
		rig_append(&shop->rig, shop->story.count);
	put_toy(shop);
	shard->stamp = hd_core_stamp(shard->core);
	shard->boot = shop->rig.disk.now;
	shard->clock = HD_WORLD_BEGIN + shard->boot;
	struct hd_forge *forge = &shard->forge;
	forge->threads = threads;
	forge->budget = budget;
	forge->floor = floor;
	for (uint32_t i = 0; i < HD_SMITHS; i++) {
		uint32_t number = shard->count + 3 + i;
		*(i == HD_SMITH_IDLE ? &forge->idle : &forge->nice) = number;
		shop->smiths[i] = (struct hd_smith){.shards = shard->count,
						    .number = number,
						    .served = shard->count,
						    .io = &shop->desk.io,
						    .plain = hd_test_memory()};
		hd_smith_open(&shop->smiths[i], shard->mesh);
	}
	hd_forge_look(shard);
}

static inline void
close_shard(struct shop *shop)
{
	for (uint32_t i = 0; i < HD_SMITHS; i++)
		hd_smith_close(&shop->smiths[i]);
	rig_settle(&shop->rig);
	rig_close(&shop->rig);
}

static inline struct shop *
open_shop(bool threads, uint64_t budget, uint32_t floor, bool around)
{
	struct shop *shop = aligned_alloc(64, (sizeof *shop + 63) / 64 * 64);
	assert_non_null(shop);
	memset(shop, 0, sizeof *shop);
	fake_io_init(&shop->rig.disk);
	fake_io_init(&shop->desk);
	shop->rig.story = &shop->story;
	shop->around = around;
	make_story(shop);
	toy_costs(&shop->rig.disk.now, 1, 1000, CHEAP);
	open_shard(shop, threads, budget, floor);
	return shop;
}

static inline void
close_shop(struct shop *shop)
{
	close_shard(shop);
	fake_io_fini(&shop->desk);
	fake_io_fini(&shop->rig.disk);
	rig_story_end(&shop->story);
	free(shop);
}

/* The mail between shard and threads, and a pass of the forge. */

static inline void
take_cell(void *context, const struct hd_cell *cell)
{
	hd_shard_take(context, cell);
}

static inline void
pass(struct shop *shop)
{
	struct hd_shard *shard = shop->rig.shard;
	shard->boot = shop->rig.disk.now;
	shard->clock = HD_WORLD_BEGIN + shard->boot;
	hd_post_receive(shard->post, take_cell, shard);
	hd_forge_pass(shard);
	hd_post_publish(shard->post);
}

static inline void
work(struct shop *shop, enum hd_smiths which, uint32_t passes)
{
	for (uint32_t i = 0; i < passes; i++)
		assert_true(hd_smith_pass(&shop->smiths[which]));
}

/* HUNT.PUZZLE of entrant `who`; false: it waits. */
static inline bool
ask(struct shop *shop, uint32_t who, uint64_t token)
{
	struct hd_shard *shard = shop->rig.shard;
	char name[16];
	snprintf(name, sizeof name, "p%u", who);
	struct hd_command command = {.verb = HD_CMD_PUZZLE,
				     .entrant = hd_bytes_str(name),
				     .hunt = hd_bytes_str(shop->hunt),
				     .challenge = HD_BYTES("grid")};
	struct hd_work given = {&command, token, shard->boot};
	hd_remote_take(shard, shard->number);
	uint32_t later = hd_step_run(shard, &given, 1, shard->number, answer_at_once);
	return later == 0;
}

static inline struct hd_deal
deal_of(struct shop *shop, uint32_t who)
{
	char name[16];
	struct hd_deal deal;
	snprintf(name, sizeof name, "p%u", who);
	assert_true(hd_core_deal(shop->rig.shard->core, 0, 0, hd_bytes_str(name), &deal));
	return deal;
}

static const struct answer *
answer_of(const struct shop *shop, uint64_t token)
{
	for (uint32_t i = 0; i < shop->count; i++)
		if (shop->answers[i].token == token)
			return &shop->answers[i];
	return NULL;
}

static inline uint64_t
counted(struct shop *shop, size_t at)
{
	const char *metrics = (const char *)hd_shard_mine(shop->rig.shard);
	return HD_METRIC(*(const _Atomic uint64_t *)(const void *)(metrics + at));
}
#define COUNTED(shop, row) counted(shop, offsetof(struct hd_metrics, row))

#endif
