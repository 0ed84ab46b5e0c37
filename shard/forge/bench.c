#include "shard/forge/bench.h"

#include "huntd/assert.h"

#define ALIGN      64u
#define FUEL_FIRST 2
#define FUEL_MAX   65536
#define SHORT_NS   (HD_PUZZLE_SLICE_NS / 8)
#define SHORTS     64u /* in one step */

void
hd_bench_init(struct hd_bench *bench, struct hd_io *io, struct hd_memory *memory)
{
	HD_ASSERT(io != NULL && memory != NULL);
	*bench = (struct hd_bench){.io = io, .memory = memory};
}

void
hd_bench_fini(struct hd_bench *bench)
{
	if (bench->work != NULL)
		hd_memory_give(bench->memory, bench->work, bench->room);
	*bench = (struct hd_bench){0};
}

static void
make_room(struct hd_bench *bench, size_t size)
{
	HD_ASSERT(size <= HD_PUZZLE_WORK_MAX + HD_KIB);
	if (size <= bench->room)
		return;
	if (bench->work != NULL)
		hd_memory_give(bench->memory, bench->work, bench->room);
	bench->work = hd_memory_take(bench->memory, size, ALIGN);
	bench->room = size;
}

void
hd_bench_begin(struct hd_bench *bench, const struct hd_forge_order *order)
{
	HD_ASSERT(bench->job == NULL && order->tries > 0);
	make_room(bench, hd_puzzle_make_size(&order->spec));
	bench->kind = order->spec.kind;
	bench->spent = bench->in_slices = 0;
	bench->steps = bench->too_long = 0;
	bench->job = hd_puzzle_make(bench->work, &order->spec, order->seed, order->first_try,
				    order->tries, hd_bytes_of(order->answer, order->answer_size));
}

/* A short step that took more than its part of a slice halves the next one's; one that was cut
 * short of a quarter of it doubles it. A thread that lost its core in between is only slower for a
 * while.
 */
static void
learn(int64_t *fuel, int64_t took, bool cut)
{
	HD_ASSERT(*fuel > 0);
	if (took > SHORT_NS)
		*fuel = *fuel > 1 ? *fuel / 2 : 1;
	else if (cut && took < SHORT_NS / 4 && *fuel < FUEL_MAX)
		*fuel *= 2;
}

static int64_t *
fuel_of(struct hd_bench *bench)
{
	uint32_t i = 0;
	while (bench->known[i].kind != NULL && bench->known[i].kind != bench->kind) {
		i++;
		HD_ASSERT(i < HD_BENCH_KINDS);
	}
	if (bench->known[i].kind == NULL) {
		bench->known[i].kind = bench->kind;
		bench->known[i].fuel = FUEL_FIRST;
	}
	return &bench->known[i].fuel;
}

/* Short steps, until half of the slice is gone: the last one may take the other half. Where the
 * clock stands they are counted. */
static enum hd_puzzle_state
run(struct hd_bench *bench, int64_t *took)
{
	int64_t *fuel = fuel_of(bench), from = bench->io->ops->now(bench->io);
	enum hd_puzzle_state state = HD_PUZZLE_PENDING;
	*took = 0;
	for (uint32_t i = 0; i < SHORTS && *took < HD_PUZZLE_SLICE_NS / 2; i++) {
		state = hd_puzzle_step(bench->job, *fuel);
		int64_t passed = bench->io->ops->now(bench->io) - from;
		learn(fuel, passed - *took, state == HD_PUZZLE_PENDING);
		*took = passed;
		if (state != HD_PUZZLE_PENDING)
			break;
	}
	return state;
}

static void
note(struct hd_bench *bench, int64_t took)
{
	bool too_long = took > HD_PUZZLE_SLICE_NS;
	bench->steps++;
	bench->too_long += too_long;
	bench->spent += took;
	bench->in_slices += too_long ? 0 : took;
	HD_ASSERT(bench->too_long <= bench->steps);
}

bool
hd_bench_was_long(const struct hd_bench *bench)
{
	HD_ASSERT(bench->steps > 0);
	return bench->spent > HD_BENCH_LONG &&
	       (bench->in_slices > HD_BENCH_LONG / 2 || bench->too_long > bench->steps / 2);
}

enum hd_bench_state
hd_bench_step(struct hd_bench *bench, struct hd_puzzle_made *made, int64_t *took)
{
	HD_ASSERT(bench->job != NULL);
	enum hd_puzzle_state state = run(bench, took);
	note(bench, *took);
	if (state == HD_PUZZLE_PENDING)
		return HD_BENCH_WORKS;
	struct hd_puzzle_job *job = bench->job;
	bench->job = NULL;
	if (state == HD_PUZZLE_MISSED)
		return HD_BENCH_MISSED;
	hd_puzzle_made(job, made);
	return bench->kind->verify(made->text, made->solution) ? HD_BENCH_MADE : HD_BENCH_REFUTED;
}
