/* bench_board - what a board's changes and questions cost, in ns of thread CPU time.
 *
 *   bench_board [entrants] [operations of a run]
 *
 * One board and records of 64 bytes, as an entrant has. Two score sets: (a) 0..20, each move +1:
 * giant ties; (b) 0..1e6, each move +1..100. Moves and ranks one by one, and in batches: first the
 * records are asked for, then hd_board_warm, then the operations. Times rise with every move. Each
 * figure is the best of eight runs, since neighbours on the machine only ever add. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "huntd/assert.h"
#include "huntd/board.h"
#include "huntd/limits.h"

struct record {
	int64_t score, time;
	char id[16];
	uint8_t rest[32];
};

struct bench {
	struct record *records; /* by handle */
	struct hd_memory memory;
	struct hd_board *board;
	uint32_t entrants, operations;
	uint64_t random;
	int64_t clock, most, step;
};

_Noreturn void
hd_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "huntd: invariant failed: %s at %s:%d\n", condition, file, line);
	exit(70);
}

/* Huge pages where there are any, as the engine's arenas have. */
static void *
huge(size_t size)
{
	size_t whole = (size + 2u * HD_MIB - 1) & ~(size_t)(2u * HD_MIB - 1);
	void *at = aligned_alloc(2u * HD_MIB, whole);
	if (!at)
		return NULL;
	madvise(at, whole, MADV_HUGEPAGE);
	return memset(at, 0, whole);
}

struct arena {
	uint8_t *at, *end;
};

static void *
arena_take(void *source, size_t size, size_t align)
{
	struct arena *arena = source;
	uint8_t *at = (uint8_t *)(((uintptr_t)arena->at + align - 1) & ~(uintptr_t)(align - 1));
	if (at + size > arena->end)
		return NULL;
	arena->at = at + size;
	return at;
}

static void
arena_give(void *source, void *at, size_t size)
{
	(void)source, (void)at, (void)size; /* all goes at once */
}

static void
record_key(const void *context, uint32_t handle, struct hd_board_key *key)
{
	const struct record *record = &((const struct record *)context)[handle];
	*key = (struct hd_board_key){
		record->score, 0, record->time, {(const uint8_t *)record->id, 16}};
}

static void
record_prefetch(const void *context, uint32_t handle)
{
	__builtin_prefetch(&((const struct record *)context)[handle]);
}

static uint64_t
draw(struct bench *bench, uint64_t below)
{
	uint64_t z = bench->random += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint64_t)(((unsigned __int128)(z ^ (z >> 31)) * below) >> 64);
}

static double
now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct move {
	uint32_t handle;
	struct hd_board_key keys[2]; /* old, new */
};

static void
move_draw(struct bench *bench, struct move *move)
{
	move->handle = 1 + (uint32_t)draw(bench, bench->entrants);
	record_prefetch(bench->records, move->handle);
}

static void
move_keys(struct bench *bench, struct move *move)
{
	record_key(bench->records, move->handle, &move->keys[0]);
	move->keys[1] = move->keys[0];
	move->keys[1].score += 1 + (int64_t)draw(bench, (uint64_t)bench->step);
	if (move->keys[1].score > bench->most)
		move->keys[1].score -= bench->most;
	move->keys[1].time = ++bench->clock;
}

static void
move_apply(struct bench *bench, struct move *move)
{
	struct record *record = &bench->records[move->handle];
	record_key(bench->records, move->handle,
		   &move->keys[0]); /* it may have moved in this batch */
	hd_board_move(bench->board, move->handle, &move->keys[0], &move->keys[1]);
	record->score = move->keys[1].score;
	record->time = move->keys[1].time;
}

static double
run_moves(struct bench *bench, uint32_t batch)
{
	struct move moves[HD_BATCH_MAX];
	struct hd_board_key keys[HD_BATCH_MAX];
	double begin = now_ns();
	for (uint32_t done = 0; done < bench->operations; done += batch) {
		for (uint32_t i = 0; i < batch; i++)
			move_draw(bench, &moves[i]);
		for (uint32_t i = 0; i < batch; i++)
			move_keys(bench, &moves[i]);
		for (uint32_t i = 0; batch > 1 && i < batch; i += HD_BATCH_MAX / 2) {
			uint32_t n = 0;
			for (uint32_t j = i; j < batch && j < i + HD_BATCH_MAX / 2; j++, n += 2) {
				keys[n] = moves[j].keys[0];
				keys[n + 1] = moves[j].keys[1];
			}
			hd_board_warm(bench->board, keys, n);
		}
		for (uint32_t i = 0; i < batch; i++)
			move_apply(bench, &moves[i]);
	}
	return (now_ns() - begin) / bench->operations;
}

static double
run_ranks(struct bench *bench, uint32_t batch, bool ordinal)
{
	struct move moves[HD_BATCH_MAX];
	struct hd_board_key keys[HD_BATCH_MAX];
	uint64_t sum = 0;
	double begin = now_ns();
	for (uint32_t done = 0; done < bench->operations; done += batch) {
		for (uint32_t i = 0; i < batch; i++)
			move_draw(bench, &moves[i]);
		for (uint32_t i = 0; i < batch; i++)
			record_key(bench->records, moves[i].handle, &keys[i]);
		for (uint32_t i = 0; !ordinal && i < batch; i++) {
			keys[i].time = INT64_MIN;
			keys[i].id.size = 0;
		}
		if (batch > 1)
			hd_board_warm(bench->board, keys, batch);
		for (uint32_t i = 0; i < batch; i++)
			sum += ordinal ? hd_board_position(bench->board, NULL, moves[i].handle,
							   &keys[i])
				       : hd_board_above(bench->board, NULL, &keys[i]);
	}
	HD_ASSERT(sum > 0);
	return (now_ns() - begin) / bench->operations;
}

static double
run_pages(struct bench *bench, uint32_t rows)
{
	struct hd_board_walk walk;
	uint32_t pages = bench->operations / 10;
	int64_t sum = 0;
	double begin = now_ns();
	for (uint32_t i = 0; i < pages; i++) {
		hd_board_seek(&walk, bench->board, NULL, draw(bench, bench->entrants - rows));
		for (uint32_t n = 0; n < rows && hd_board_next(&walk); n++)
			sum += walk.row.time;
	}
	HD_ASSERT(sum > 0);
	return (now_ns() - begin) / pages;
}

/* Moves while one old root is pinned: what freezing costs, until all leaves were copied. */
static double
run_frozen(struct bench *bench, uint32_t batch)
{
	struct hd_board_root *root = hd_board_pin(bench->board);
	double ns = run_moves(bench, batch);
	hd_board_release(bench->board, root);
	return ns;
}

static double
run_above(struct bench *bench, uint32_t batch)
{
	return run_ranks(bench, batch, false);
}

static double
run_position(struct bench *bench, uint32_t batch)
{
	return run_ranks(bench, batch, true);
}

static void
best(struct bench *bench, const char *name, double (*run)(struct bench *, uint32_t), uint32_t batch)
{
	double least = run(bench, batch);
	for (uint32_t i = 1; i < 8; i++) {
		double ns = run(bench, batch);
		least = ns < least ? ns : least;
	}
	printf(" | %s %u: %.0f", name, batch, least);
}

static void
run_set(struct bench *bench, const char *name, int64_t most, int64_t step)
{
	size_t room = 160u * (size_t)bench->entrants + 4u * HD_MIB;
	struct arena arena = {huge(room), NULL};
	void *whole = arena.at;
	HD_ASSERT(whole);
	arena.end = arena.at + room;
	bench->memory =
		(struct hd_memory){.take = arena_take, .give = arena_give, .source = &arena};
	bench->board =
		hd_board_create(&bench->memory, (struct hd_board_source){record_key, bench->records,
									 record_prefetch});
	bench->most = most;
	bench->step = step;
	double begin = now_ns();
	for (uint32_t i = 1; i <= bench->entrants; i++) {
		struct record *record = &bench->records[i];
		struct hd_board_key key = {(int64_t)draw(bench, (uint64_t)most),
					   0,
					   ++bench->clock,
					   {(const uint8_t *)record->id, 16}};
		hd_board_insert(bench->board, i, &key);
		record->score = key.score;
		record->time = key.time;
	}
	printf("(%s) insert %.0f", name, (now_ns() - begin) / bench->entrants);
	for (uint32_t i = 0; i < 16; i++) /* churn */
		run_moves(bench, 32);
	best(bench, "move", run_moves, 1);
	best(bench, "move", run_moves, 16);
	best(bench, "move", run_moves, 32);
	best(bench, "move", run_moves, 64);
	best(bench, "above", run_above, 1);
	best(bench, "above", run_above, 32);
	best(bench, "position", run_position, 1);
	best(bench, "position", run_position, 32);
	best(bench, "page", run_pages, 10);
	printf(" | B/entrant: %.1f, taken %.1f",
	       (double)hd_board_footprint(bench->board) / bench->entrants,
	       (double)bench->memory.used / bench->entrants);
	best(bench, "frozen move", run_frozen, 32);
	hd_board_audit(bench->board);
	printf("\n");
	fflush(stdout);
	hd_board_destroy(bench->board);
	free(whole);
}

int
main(int argc, char **argv)
{
	struct bench bench = {.random = 1};
	bench.entrants = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	bench.operations = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 125000;
	bench.records = huge((bench.entrants + 1u) * sizeof *bench.records);
	HD_ASSERT(bench.records && bench.entrants > 100);
	for (uint32_t i = 1; i <= bench.entrants; i++)
		snprintf(bench.records[i].id, 16, "entrant%08u", i);
	run_set(&bench, "a", 20, 1);
	run_set(&bench, "b", 1000000, 100);
	free(bench.records);
	return 0;
}
