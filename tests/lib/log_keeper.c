#include "tests/lib/log_keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "huntd/assert.h"
#include "shard/log/frame.h"

#define HELPER 3u

void
log_keeper_init(struct log_keeper *keeper, uint64_t seed)
{
	*keeper = (struct log_keeper){.archive = true};
	log_world_init(&keeper->world, seed);
	keeper->world.options.segment_bytes = HD_FRAME_MAX;
}

void
log_keeper_drop(struct log_keeper *keeper)
{
	if (keeper->mesh != NULL) {
		hd_mesh_destroy(keeper->mesh);
		ZSTD_freeCCtx(keeper->helper.job.packer.zstd);
	}
	keeper->mesh = NULL;
	keeper->told = false;
	keeper->pending = (struct hd_log_anchor){0};
	log_world_drop(&keeper->world);
}

void
log_keeper_fini(struct log_keeper *keeper)
{
	log_keeper_drop(keeper);
	log_world_fini(&keeper->world);
}

void
log_keeper_fork(struct log_keeper *to, const struct log_keeper *from)
{
	*to = *from;
	log_world_fork(&to->world, &from->world);
	to->mesh = NULL;
	to->told = false;
	to->pending = (struct hd_log_anchor){0};
}

/* The world's io serves both threads: a wait of the helper's takes nothing of the log's. */
static uint32_t
wait_for_nothing(struct hd_io *io, int64_t timeout, struct hd_completion *out, uint32_t room)
{
	(void)io, (void)timeout, (void)out, (void)room;
	return 0;
}

static void
wake_nobody(struct hd_io *io, struct hd_io *target)
{
	(void)io, (void)target;
}

static void
begin_helper(struct log_keeper *keeper)
{
	struct log_world *world = &keeper->world;
	keeper->mesh = hd_mesh_create(HELPER + 1, 15);
	hd_blocks_init(&keeper->blocks, &world->memory, 0);
	keeper->post =
		hd_post_create(keeper->mesh, 0, &world->fake.io, &world->memory, &keeper->blocks);
	keeper->helper = (struct hd_helper){.shards = 1,
					    .number = HELPER,
					    .archive_max = keeper->archive_max,
					    .io = &world->fake.io,
					    .plain = world->memory};
	hd_helper_open(&keeper->helper, keeper->mesh);
}

bool
log_keeper_open(struct log_keeper *keeper, uint32_t snapshot, bool all)
{
	HD_ASSERT(snapshot < 2 && keeper->mesh == NULL);
	struct log_world *world = &keeper->world;
	if (keeper->kept[snapshot].lsn == 0)
		snapshot = 1;
	world->options.from = all ? (struct hd_log_anchor){0} : keeper->kept[snapshot];
	if (!log_world_open(world))
		return false;
	if (snapshot == 0 && !all)
		keeper->kept[1] = keeper->kept[0];
	begin_helper(keeper);
	if (keeper->kept[0].lsn != 0)
		hd_log_keep(world->log, keeper->kept[0].number, keeper->archive);
	return true;
}

void
log_keeper_snapshot(struct log_keeper *keeper)
{
	if (keeper->pending.lsn == 0)
		keeper->pending = hd_log_anchor(keeper->world.log);
}

static void
take_answer(void *context, const struct hd_cell *cell)
{
	struct log_keeper *keeper = context;
	HD_ASSERT(cell->type == HD_CELL_ARCHIVED);
	keeper->archive_oldest = (uint64_t)cell->c;
	if (cell->a == 0)
		return;
	hd_log_archived(keeper->world.log, (uint32_t)cell->a, (int)cell->b);
	keeper->archived += cell->b == 0;
	keeper->errors += cell->b != 0;
}

static void
ask(struct log_keeper *keeper)
{
	struct hd_cell cell = {.type = HD_CELL_ARCHIVE,
			       .a = hd_log_archive_next(keeper->world.log)};
	const char *directory = hd_log_directory(keeper->world.log);
	uint32_t size = (uint32_t)strlen(directory);
	if (cell.a == 0 && keeper->told)
		return;
	if (!keeper->told) {
		cell.block = hd_blocks_take(&keeper->blocks, size);
		memcpy(hd_block_bytes(cell.block), directory, size);
		cell.block->used = size;
	}
	keeper->told = true;
	hd_post_send(keeper->post, HELPER, &cell);
}

void
log_keeper_pass(struct log_keeper *keeper, uint32_t steps)
{
	struct hd_io *io = &keeper->world.fake.io;
	const struct hd_io_ops *ops = io->ops;
	if (keeper->pending.lsn != 0 && hd_log_flushed(keeper->world.log) >= keeper->pending.lsn) {
		keeper->kept[0] = keeper->kept[1];
		keeper->kept[1] = keeper->pending;
		keeper->pending = (struct hd_log_anchor){0};
		if (keeper->kept[0].lsn != 0)
			hd_log_keep(keeper->world.log, keeper->kept[0].number, keeper->archive);
	}
	struct hd_io_ops quiet = *ops;
	quiet.wait = wait_for_nothing;
	quiet.wake = wake_nobody;
	io->ops = &quiet;
	if (keeper->archive)
		ask(keeper);
	hd_post_publish(keeper->post);
	for (uint32_t i = 0; i < steps; i++)
		hd_helper_pass(&keeper->helper);
	hd_post_receive(keeper->post, take_answer, keeper);
	io->ops = ops;
}

static bool
take_event(void *context, const struct hd_log_event *event)
{
	struct log_world *world = context;
	if (world->replayed == 0)
		world->replayed = event->lsn - 1;
	return log_world_each(world, event);
}

bool
log_keeper_verify(struct log_keeper *keeper)
{
	struct log_world *world = &keeper->world;
	world->replayed = world->wrong = 0;
	return hd_log_verify(&world->fake.io, world->options.directory, take_event, world,
			     &world->report);
}

struct log_keeper *
log_keeper_begin(uint64_t seed)
{
	struct log_keeper *keeper = malloc(sizeof *keeper);
	HD_ASSERT(keeper != NULL);
	log_keeper_init(keeper, seed);
	keeper->world.text_max = 20000;
	if (!log_keeper_open(keeper, 0, true)) {
		fprintf(stderr, "%s\n", keeper->world.report.message);
		abort();
	}
	return keeper;
}

void
log_keeper_end(struct log_keeper *keeper)
{
	fake_io_kill(&keeper->world.fake, 0);
	log_keeper_fini(keeper);
	free(keeper);
}
