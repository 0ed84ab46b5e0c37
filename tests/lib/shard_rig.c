#include "tests/lib/shard_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/lib.h"

#define PASSES_MAX 10000

/* The story. */

static size_t
read_event(const struct rig_story *story, size_t at, struct hd_event *event)
{
	uint32_t type, size;
	int64_t stamp;
	const uint8_t *log = story->world.log;
	memcpy(&type, log + at, 4);
	memcpy(&size, log + at + 4, 4);
	memcpy(&stamp, log + at + 8, 8);
	bool good = hd_event_decode((enum hd_event_type)type, stamp,
				    hd_bytes_of(log + at + 16, size), event);
	HD_ASSERT(good);
	return at + 16 + size;
}

static void
play(struct hd_world *world)
{
	static const struct hd_world_hunt hunt = {
		.id = "bay",
		.auto_join = true,
		.text = "text",
		.challenges = {{.id = "map", .points = 100, .answers = {"GOLD"}}},
	};
	hd_world_init(world);
	hd_world_document(world, &hunt);
	for (uint32_t n = 0; n < 700; n++) {
		if (n == 300)
			hd_world_phase(world, "bay", HD_PHASE_FROZEN);
		if (n % 7 == 3)
			hd_world_say(world, "SUBMIT p%u bay map %s", n % 61,
				     n % 2 ? "gold" : "tin");
		else
			hd_world_say(world, "AWARD p%u bay %u ID e%u", n % 61, n % 9 + 1, n);
	}
}

void
rig_story_make(struct rig_story *story)
{
	play(&story->world);
	struct hd_memory memory = hd_test_memory();
	struct hd_core *core = hd_core_create(&memory);
	hd_core_place(core, 1, 2);
	hd_core_digest(core, story->digest[0]);
	while (story->at[story->count] < story->world.log_size) {
		struct hd_event event;
		HD_ASSERT(story->count < RIG_EVENTS_MAX);
		story->at[story->count + 1] = read_event(story, story->at[story->count], &event);
		hd_core_apply(core, &event);
		hd_core_digest(core, story->digest[++story->count]);
	}
	hd_core_destroy(core);
}

void
rig_story_end(struct rig_story *story)
{
	hd_world_fini(&story->world);
}

/* The rig. Nobody is connected. */

static void
edge_input(void *edge, int64_t now)
{
	struct rig *rig = edge;
	HD_ASSERT(now >= 0);
	if (++rig->looks == rig->stop_at)
		atomic_store(&rig->stop, true);
}

static void
edge_output(void *edge, int64_t now)
{
	HD_ASSERT(edge != NULL && now >= 0);
}

static const struct hd_edge_ops nobody = {.input = edge_input, .output = edge_output};
static const struct hd_clock_page no_offset;

static void
take_news(void *context, uint32_t shard, const char *line)
{
	struct rig *rig = context;
	HD_ASSERT(shard == rig->shard->number);
	snprintf(rig->news, sizeof rig->news, "%s", line);
	rig->told++;
}

bool
rig_open(struct rig *rig)
{
	struct hd_log_options options = {.directory = RIG_FOLDER,
					 .shards = 2,
					 .segment_bytes = HD_MIB,
					 .durability = rig->durability};
	struct hd_shard *shard = aligned_alloc(64, (sizeof *shard + 63) / 64 * 64);
	HD_ASSERT(shard != NULL);
	memset(shard, 0, sizeof *shard);
	rig->memory = hd_test_memory();
	rig->hooks.context = rig;
	rig->hooks.shard_news = take_news;
	rig->shard = shard;
	shard->number = rig->number ? rig->number : 1;
	shard->count = 2 + (rig->number == 2);
	shard->io = &rig->disk.io;
	shard->plain = shard->state = rig->memory;
	shard->stats = rig->stats;
	shard->report = &rig->report;
	shard->hooks = &rig->hooks;
	shard->ops = &nobody;
	shard->edge = rig;
	shard->tops = calloc(shard->count, sizeof *shard->tops);
	HD_ASSERT(shard->tops != NULL);
	shard->mesh = hd_mesh_create(shard->count + HD_THREADS_BESIDE, 15);
	shard->time = &no_offset;
	shard->hurry = &rig->hurry;
	shard->taker.events = rig->every;
	hd_shard_prepare(shard);
	bool good = hd_shard_open(shard, &options, rig->stop_at > 0 ? &rig->stop : NULL);
	shard->serving = good;
	return good;
}

void
rig_drop(struct rig *rig)
{
	struct hd_shard *shard = rig->shard;
	if (shard->log != NULL) {
		bool closed = hd_log_close(shard->log);
		HD_ASSERT(closed);
	}
	shard->finished = true;
	hd_shard_free(shard);
	hd_mesh_destroy(shard->mesh);
	free(shard->tops);
	HD_ASSERT(shard->plain.used == 0 && shard->state.used == 0);
	HD_ASSERT(rig->disk.direct_faults == 0);
	free(shard);
	rig->shard = NULL;
}

void
rig_close(struct rig *rig)
{
	hd_taker_end(rig->shard, false);
	rig_drop(rig);
}

void
rig_append(struct rig *rig, uint32_t count)
{
	struct hd_shard *shard = rig->shard;
	const struct rig_story *story = rig->story;
	for (uint32_t i = 0; i < count && hd_log_tail(shard->log) < story->count; i++) {
		struct hd_event event;
		read_event(story, story->at[hd_log_tail(shard->log)], &event);
		hd_log_append(shard->log, &event, 1);
		hd_core_apply(shard->core, &event);
	}
}

void
rig_ask(struct rig *rig)
{
	rig->shard->boot = rig->disk.now += 1000000;
	hd_log_pass(rig->shard->log, rig->shard->boot, false);
	hd_taker_pass(rig->shard);
}

void
rig_take(struct rig *rig)
{
	struct hd_completion completions[4];
	uint32_t count = rig->disk.io.ops->wait(&rig->disk.io, 0, completions, 4);
	for (uint32_t i = 0; i < count; i++) {
		if (HD_IO_OWNER(completions[i].tag) == HD_IO_LOG)
			hd_log_complete(rig->shard->log, &completions[i]);
		else
			hd_taker_complete(rig->shard, &completions[i]);
	}
}

void
rig_settle(struct rig *rig)
{
	struct hd_shard *shard = rig->shard;
	hd_log_want_flush(shard->log);
	for (uint32_t i = 0; i < PASSES_MAX; i++) {
		if (shard->taker.state == HD_TAKER_IDLE &&
		    hd_log_flushed(shard->log) == hd_log_tail(shard->log))
			return;
		rig_ask(rig);
		rig_take(rig);
	}
	HD_UNREACHABLE();
}

void
rig_save(struct rig *rig)
{
	rig->shard->taker.asked = true;
	rig_ask(rig);
	rig_take(rig);
	rig_settle(rig);
}
