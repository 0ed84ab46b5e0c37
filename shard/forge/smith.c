#include "shard/forge/smith.h"

#include <sched.h>

#include "huntd/assert.h"

static struct hd_forge_asked
asked_of(struct hd_block *block)
{
	struct hd_forge_asked asked;
	HD_ASSERT(block->used == sizeof asked);
	memcpy(&asked, hd_block_bytes(block), sizeof asked);
	return asked;
}

static void
answer(struct hd_smith *smith, enum hd_bench_state state, const struct hd_puzzle_made *made)
{
	struct hd_block *order = smith->first;
	struct hd_forge_came came = {.token = asked_of(order).token,
				     .state = (uint16_t)state,
				     .was_long = hd_bench_was_long(&smith->bench)};
	HD_ASSERT(state != HD_BENCH_WORKS);
	if (state == HD_BENCH_MADE) {
		came.try = made->try;
		came.text = made->text.size;
		came.solution = made->solution.size;
	}
	uint32_t room = (uint32_t)sizeof came + came.text + came.solution;
	struct hd_cell cell = {.type = HD_CELL_FORGED,
			       .block = hd_blocks_take(&smith->blocks, room)};
	struct hd_writer out = hd_block_writer(cell.block);
	hd_write_fixed(&out, &came, sizeof came);
	if (state == HD_BENCH_MADE) {
		hd_write_fixed(&out, made->text.at, made->text.size);
		hd_write_fixed(&out, made->solution.at, made->solution.size);
	}
	HD_ASSERT(!out.full);
	hd_block_written(cell.block, &out);
	hd_post_send(smith->post, order->maker, &cell);
	smith->first = order->next;
	hd_post_give(smith->post, order);
}

/* True: there is more to do. */
static bool
work(struct hd_smith *smith)
{
	struct hd_puzzle_made made;
	int64_t took;
	smith->served = smith->shards;
	if (smith->first == NULL)
		return false;
	smith->served = smith->first->maker;
	if (smith->bench.job == NULL) {
		struct hd_forge_asked asked = asked_of(smith->first);
		hd_bench_begin(&smith->bench, &asked.order);
	}
	enum hd_bench_state state = hd_bench_step(&smith->bench, &made, &took);
	if (state != HD_BENCH_WORKS)
		answer(smith, state, &made);
	return smith->first != NULL;
}

static void
take_cell(void *context, const struct hd_cell *cell)
{
	struct hd_smith *smith = context;
	if (cell->type == HD_CELL_FINISH) {
		smith->finished = true;
		return;
	}
	HD_ASSERT(cell->type == HD_CELL_FORGE && cell->from < smith->shards);
	cell->block->next = NULL;
	if (smith->first == NULL)
		smith->first = cell->block;
	else
		smith->last->next = cell->block;
	smith->last = cell->block;
}

void
hd_smith_open(struct hd_smith *smith, struct hd_mesh *mesh)
{
	HD_ASSERT(smith->shards > 0 && smith->io != NULL);
	hd_blocks_init(&smith->blocks, &smith->plain, (uint16_t)smith->number);
	smith->post = hd_post_create(mesh, smith->number, smith->io, &smith->plain, &smith->blocks);
	hd_bench_init(&smith->bench, smith->io, &smith->plain);
}

bool
hd_smith_pass(struct hd_smith *smith)
{
	struct hd_completion completions[8];
	bool more = !smith->finished && work(smith);
	hd_post_publish(smith->post);
	if (smith->served != smith->shards)
		(void)sched_yield();
	int64_t timeout = more || !hd_post_sleep(smith->post) ? 0 : -1;
	smith->io->ops->wait(smith->io, timeout, completions, 8);
	hd_post_awake(smith->post);
	hd_post_receive(smith->post, take_cell, smith);
	return !smith->finished;
}

void
hd_smith_close(struct hd_smith *smith)
{
	HD_ASSERT(smith->post != NULL);
	hd_bench_fini(&smith->bench);
	hd_post_destroy(smith->post);
	hd_blocks_fini(&smith->blocks);
	smith->post = NULL;
}
