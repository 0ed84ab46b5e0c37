#include "tests/crash/life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "huntd/assert.h"
#include "huntd/snapshot.h"
#include "shard/snapshot/reader.h"
#include "tests/lib/lib.h"

#define FOLDER "data/shard-00"

static const struct hd_world_hunt reef = {
	.id = "reef",
	.auto_join = true,
	.limit = 9,
	.per_window = 4,
	.window = 60,
	.boards = {{.id = "main"}, {.id = "hourly", .window = 30}},
	.challenges = {{.id = "map", .points = 5, .answers = {"silver"}, .hints = {{2, "h"}}},
		       {.id = "key", .points = 7, .answers = {"7"}, .partial = "6", .say = "warm"}},
};

/* What the world did since the last time goes to the log, a command's events together. */
static void
feed(struct life *life)
{
	struct hd_world *world = &life->world;
	struct hd_event events[HD_DECISION_EVENTS_MAX];
	uint32_t count = 0;
	while (life->fed < world->log_size) {
		uint32_t type, size;
		int64_t stamp;
		const uint8_t *at = world->log + life->fed;
		memcpy(&type, at, 4);
		memcpy(&size, at + 4, 4);
		memcpy(&stamp, at + 8, 8);
		bool whole = hd_event_decode((enum hd_event_type)type, stamp,
					     hd_bytes_of(at + 16, size), &events[count++]);
		HD_ASSERT(whole);
		life->fed += 16 + size;
		if (count == HD_DECISION_EVENTS_MAX || life->fed == world->log_size)
			hd_log_append(life->log, events, count);
		count %= HD_DECISION_EVENTS_MAX;
	}
	uint64_t tail = hd_log_tail(life->log);
	HD_ASSERT(tail < LIFE_LSNS);
	life->ledger->known[tail] = true;
	hd_core_digest(world->core, life->ledger->digest[tail]);
}

static void
start_memory(struct life *life)
{
	life->memory = pool_memory(&life->pool);
	life->world = (struct hd_world){.memory = life->memory, .now = HD_WORLD_BEGIN, .shards = 1};
	life->world.core = hd_core_create(&life->world.memory);
	life->fed = 0;
}

static struct hd_log_options
log_options(struct life *life)
{
	return (struct hd_log_options){.io = &life->fake.io,
				       .memory = &life->memory,
				       .directory = FOLDER,
				       .segment_bytes = HD_FRAME_MAX,
				       .durability = HD_DURABLE_BATCH};
}

void
life_begin(struct life *life, uint64_t seed, struct life_ledger *ledger)
{
	*life = (struct life){.ledger = ledger};
	memset(ledger, 0, sizeof *ledger);
	fake_io_init(&life->fake);
	life->fake.seed = seed;
}

/* Steps. */

static void
ask_snapshot(struct life *life)
{
	life->head = (struct hd_snapshot_head){
		.anchor = hd_log_anchor(life->log), .ids_max = 1, .ids_age_ns = 1};
	if (life->snapshot != LIFE_REST || life->head.anchor.lsn == 0)
		return;
	if (hd_snapshot_write_begin(&life->writer, &life->fake.io, &life->memory, FOLDER,
				    &life->head) != 0)
		return;
	hd_core_sweep_begin(life->world.core);
	life->snapshot = LIFE_SWEEP;
	life->swept = false;
}

static void
command(struct life *life, uint64_t *random)
{
	static const char *const answers[] = {"silver", "7", "6", "tin", "wood"};
	uint64_t dice = hd_test_random(random);
	unsigned who = (unsigned)(dice >> 8) % 40, which = (unsigned)(dice >> 16) % 30;
	switch (dice % 6) {
	case 0:
		hd_world_say(&life->world, "JOIN e%u reef NAME n%u", who, which);
		return;
	case 1:
		hd_world_say(&life->world, "HINT e%u reef map 1", who);
		return;
	case 2:
	case 3:
		hd_world_say(&life->world, "SUBMIT e%u reef %s %s ID s%u", who,
			     which % 2 ? "map" : "key", answers[which % 5], which * 40 + who);
		return;
	default:
		hd_world_say(&life->world, "AWARD e%u reef %d ID a%u", who, (int)which - 5,
			     which * 40 + who);
	}
}

void
life_act(struct life *life, uint64_t seed, uint32_t k)
{
	uint64_t random = seed * 1000003 + k;
	uint64_t dice = hd_test_random(&random);
	if (hd_log_room(life->log) != HD_ERR_NONE)
		return;
	if (hd_core_secret(life->world.core) == NULL)
		hd_world_order(&life->world,
			       &(struct hd_order){.kind = HD_ORDER_SECRET,
						  .text = HD_BYTES("0123456789abcdef"
								   "0123456789ABCDEF")});
	else if (hd_core_hunts(life->world.core) == 0 || dice % 97 == 0)
		hd_world_document(&life->world, &reef);
	else if (dice % 89 == 0)
		hd_world_phase(&life->world, "reef", dice % 2 ? HD_PHASE_FROZEN : HD_PHASE_OPEN);
	else if (dice % 23 == 0)
		hd_world_clock(&life->world,
			       (life->world.now - HD_WORLD_BEGIN) / HD_WORLD_SECOND + 7);
	else
		command(life, &random);
	feed(life);
	if (dice % 41 == 1)
		ask_snapshot(life);
}

/* Snapshots, as shard/snapshot/taker.c takes them. */

static void
count_in(struct life *life)
{
	char path[HD_SNAPSHOT_PATH];
	struct hd_io *io = &life->fake.io;
	hd_snapshot_path(FOLDER, life->head.anchor.lsn, true, path);
	hd_snapshot_write_end(&life->writer, false);
	life->snapshot = LIFE_REST;
	if (io->ops->file_rename(io, life->writer.path, path) != 0 ||
	    io->ops->dir_sync(io, FOLDER) != 0) {
		(void)io->ops->file_remove(io, path);
		return;
	}
	life->kept.lsn[1] = life->kept.lsn[0];
	life->kept_number[1] = life->kept_number[0];
	life->kept.lsn[0] = life->head.anchor.lsn;
	life->kept_number[0] = life->head.anchor.number;
	life->kept.count += life->kept.count < HD_SNAPSHOTS_KEPT;
	hd_snapshots_prune(io, FOLDER, &life->kept);
	if (life->kept.count == HD_SNAPSHOTS_KEPT)
		hd_log_keep(life->log, life->kept_number[1], false);
	life->snapshots++;
}

static void
sweep(struct life *life)
{
	struct hd_snapshot_writer *writer = &life->writer;
	if (!life->swept && hd_snapshot_hungry(writer)) {
		struct hd_writer out = hd_snapshot_room(writer);
		life->swept = !hd_core_sweep_step(life->world.core, 8, &out, life->digest,
						  &life->objects);
		hd_snapshot_took(writer, &out);
	}
	if (hd_snapshot_pack(writer, life->swept))
		return;
	if (life->swept && writer->raw_from == writer->raw_to &&
	    hd_snapshot_finish(writer, life->digest, life->objects))
		life->snapshot = LIFE_WRITE;
}

static void
snapshot_step(struct life *life)
{
	if (life->snapshot != LIFE_REST && life->snapshot != LIFE_DROP && life->writer.error != 0) {
		hd_core_sweep_abandon(life->world.core);
		life->snapshot = LIFE_DROP;
	}
	if (life->snapshot == LIFE_SWEEP)
		sweep(life);
	else if (life->snapshot == LIFE_WRITE && life->writer.synced &&
		 hd_snapshot_still(&life->writer) &&
		 hd_log_flushed(life->log) >= life->head.anchor.lsn)
		count_in(life);
	else if (life->snapshot == LIFE_DROP && hd_snapshot_still(&life->writer)) {
		hd_snapshot_write_end(&life->writer, true);
		life->snapshot = LIFE_REST;
	}
}

void
life_submit(struct life *life, bool slept)
{
	hd_log_pass(life->log, life->fake.now, slept);
	snapshot_step(life);
}

void
life_complete(struct life *life)
{
	struct hd_completion done[8];
	struct hd_io *io = &life->fake.io;
	uint32_t count = io->ops->wait(io, 0, done, 8);
	for (uint32_t i = 0; i < count; i++) {
		if (HD_IO_OWNER(done[i].tag) == HD_IO_LOG)
			hd_log_complete(life->log, &done[i]);
		else
			hd_snapshot_complete(&life->writer, &done[i]);
	}
	life->fake.now += 1000000;
	life->acked = hd_log_durable(life->log);
}

void
life_settle(struct life *life)
{
	for (int i = 0; i < 10000; i++) {
		if (hd_log_durable(life->log) == hd_log_tail(life->log) &&
		    life->snapshot == LIFE_REST)
			return;
		life_submit(life, true);
		life_complete(life);
	}
	HD_UNREACHABLE();
}

void
life_end(struct life *life)
{
	pool_drop(&life->pool);
	free(life->world.log);
	if (life->snapshot != LIFE_REST && life->writer.zstd)
		ZSTD_freeCCtx(life->writer.zstd);
	life->world.log = NULL;
	life->log = NULL;
	life->snapshot = LIFE_REST;
	life->pool.takes = 0;
}

void
life_fini(struct life *life)
{
	life_end(life);
	fake_io_fini(&life->fake);
}

void
life_fork(struct life *to, const struct life *from)
{
	*to = (struct life){.ledger = from->ledger};
	fake_io_clone(&to->fake, &from->fake);
}

/* Recovery. */

static bool
load_object(void *context, struct hd_bytes object)
{
	struct life *life = context;
	return hd_core_load(life->world.core, object);
}

/* Loads the snapshot of `lsn`; false: it is not whole. */
static bool
load(struct life *life, uint64_t lsn, struct hd_log_anchor *from)
{
	char path[HD_SNAPSHOT_PATH];
	struct hd_snapshot_reader reader = {.io = &life->fake.io,
					    .memory = &life->memory,
					    .path = path,
					    .context = life,
					    .each = load_object};
	hd_snapshot_path(FOLDER, lsn, true, path);
	if (!hd_snapshot_read(&reader) ||
	    !hd_core_loaded(life->world.core, reader.end.digest, reader.end.objects))
		return false;
	*from = reader.head.anchor;
	return true;
}

static bool
replay(void *context, const struct hd_log_event *event)
{
	struct life *life = context;
	struct hd_event decoded;
	if (!hd_event_decode((enum hd_event_type)event->type, event->stamp, event->body, &decoded))
		return false;
	hd_core_apply(life->world.core, &decoded);
	return true;
}

static struct hd_log_anchor
load_newest(struct life *life)
{
	struct hd_log_anchor from = {0};
	struct hd_snapshot_list list = {0};
	(void)hd_snapshots_list(&life->fake.io, FOLDER, &list);
	start_memory(life);
	for (uint32_t i = 0; i < list.count; i++) {
		if (load(life, list.lsn[i], &from)) {
			life->kept = (struct hd_snapshot_list){1, {from.lsn}};
			life->kept_number[0] = from.number;
			return from;
		}
		life->fallbacks++;
		hd_core_destroy(life->world.core);
		life->world.core = hd_core_create(&life->world.memory);
	}
	return from;
}

const char *
life_recover(struct life *life, uint64_t promised, uint64_t tail)
{
	uint8_t digest[16];
	life->kept = (struct hd_snapshot_list){0};
	struct hd_log_anchor from = load_newest(life);
	struct hd_log_options options = log_options(life);
	options.from = from;
	life->log = hd_log_open(&options, replay, life, &life->report);
	if (!life->log)
		return life->report.message;
	uint64_t last = hd_log_tail(life->log);
	life->acked = hd_log_flushed(life->log);
	life->world.orders = hd_core_order(life->world.core);
	if (hd_core_stamp(life->world.core) >= life->world.now)
		life->world.now = hd_core_stamp(life->world.core) + 1;
	hd_core_digest(life->world.core, digest);
	if (last < promised)
		return "an acknowledged event is lost";
	if (last > tail)
		return "there are events that nobody appended";
	if (last > 0 && !life->ledger->known[last])
		return "half of a command";
	if (last > 0 && memcmp(digest, life->ledger->digest[last], 16) != 0)
		return "the state is not what it was at this LSN";
	hd_snapshots_prune(&life->fake.io, FOLDER, NULL);
	return NULL;
}
