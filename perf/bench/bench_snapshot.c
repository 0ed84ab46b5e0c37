/* bench_snapshot - what a snapshot of a core costs, in thread CPU time: begin, sweep, load.
 *
 *   bench_snapshot [entrants] [objects of a step]
 *
 * Every entrant has a score, every fourth a guess. One hunt, two boards. Then the same with its
 * boards frozen, and one entrant in ten changed since; and what a document with one board more
 * takes. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/veltrix/encoding.h"
#include "huntd/assert.h"
#include "huntd/snapshot.h"

#define BEGIN INT64_C(1700000000000000000)

_Noreturn void
hd_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "huntd: invariant failed: %s at %s:%d\n", condition, file, line);
	exit(70);
}

static void *
take(void *source, size_t size, size_t align)
{
	(void)source;
	void *at = aligned_alloc(align < 64 ? 64 : align, (size + 63) & ~(size_t)63);
	return at ? memset(at, 0, size) : NULL;
}

static void
give(void *source, void *at, size_t size)
{
	(void)source;
	(void)size;
	free(at);
}

struct bench {
	struct hd_memory memory;
	struct hd_core *core;
	int64_t stamp;
	uint64_t orders, random;
	uint32_t entrants, objects;
	uint8_t *bytes;
	size_t size, room;
	uint8_t digest[16];
	uint64_t count;
};

static double
now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static uint32_t
random_next(struct bench *bench)
{
	bench->random = bench->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(bench->random >> 33);
}

static void
order(struct bench *bench, const struct hd_order *body)
{
	uint8_t text[4096];
	struct hd_writer out = hd_writer_of(text, sizeof text);
	hd_order_encode(body, &out);
	HD_ASSERT(!out.full);
	bench->stamp++;
	struct hd_event event = {.type = HD_EVENT_ORDER,
				 .stamp = bench->stamp,
				 .time = bench->stamp,
				 .order = ++bench->orders,
				 .text = hd_bytes_of(text, (size_t)(out.at - text))};
	hd_core_apply(bench->core, &event);
}

static void
document(struct bench *bench, uint32_t version, uint32_t boards_count)
{
	uint8_t encoding[2048];
	struct hd_board_rule boards[] = {{.id = HD_BYTES("main")},
					 {.number = 1, .id = HD_BYTES("also")},
					 {.number = 2, .id = HD_BYTES("new")}};
	struct hd_challenge challenge = {.id = HD_BYTES("one"), .points_count = 1};
	int64_t points = 5;
	challenge.points = &points;
	struct hd_definition definition = {.version = version,
					   .id = HD_BYTES("bay"),
					   .auto_join = true,
					   .opens = INT64_MIN,
					   .freezes = HD_NEVER,
					   .closes = HD_NEVER,
					   .boards = boards,
					   .boards_count = boards_count,
					   .challenges_count = 1};
	struct hd_writer out = hd_writer_of(encoding, sizeof encoding);
	hd_definition_write_head(&definition, &out);
	hd_definition_write_challenge(&challenge, &out);
	for (int lists = 0; lists < 4; lists++) /* answers, regexes, partials, hints: none */
		hd_write_varint(&out, 0);
	order(bench,
	      &(struct hd_order){.kind = HD_ORDER_DOCUMENT,
				 .name = HD_BYTES("bay"),
				 .version = version,
				 .definition = hd_bytes_of(encoding, (size_t)(out.at - encoding))});
}

static void
happen(struct bench *bench, uint8_t type, uint32_t entrant)
{
	char id[24];
	int size = snprintf(id, sizeof id, "player-%u", entrant * 2654435761u);
	uint64_t mark = bench->random;
	bench->stamp += 1000;
	struct hd_event event = {.type = type,
				 .stamp = bench->stamp,
				 .time = bench->stamp,
				 .entrant = hd_bytes_of(id, (size_t)size)};
	if (type == HD_EVENT_AWARDED)
		event.points = random_next(bench) % 100000 + 1;
	if (type == HD_EVENT_JUDGED) {
		event.outcome = HD_OUTCOME_WRONG;
		event.extra = hd_bytes_of(&mark, sizeof mark);
	}
	hd_core_apply(bench->core, &event);
}

static void
fill(struct bench *bench)
{
	for (uint32_t i = 0; i < bench->entrants; i++) {
		happen(bench, HD_EVENT_JOINED, i);
		happen(bench, HD_EVENT_AWARDED, i);
		if (i % 4 == 0)
			happen(bench, HD_EVENT_JUDGED, i);
	}
}

static void
sweep(struct bench *bench, const char *what)
{
	double longest = 0, sum = 0, begin = now_ns();
	hd_core_sweep_begin(bench->core);
	double began = now_ns() - begin;
	bench->size = 0;
	for (bool more = true; more;) {
		struct hd_writer out =
			hd_writer_of(bench->bytes + bench->size, bench->room - bench->size);
		double from = now_ns();
		more = hd_core_sweep_step(bench->core, bench->objects, &out, bench->digest,
					  &bench->count);
		double spent = now_ns() - from;
		bench->size = (size_t)(out.at - bench->bytes);
		sum += spent;
		longest = spent > longest ? spent : longest;
	}
	printf("%-8s begin %.0f us, sweep %.0f ns an entrant, longest step %.0f us, %.0f bytes an "
	       "entrant\n",
	       what, began / 1e3, sum / bench->entrants, longest / 1e3,
	       (double)bench->size / bench->entrants);
}

static void
load(struct bench *bench, const char *what)
{
	struct hd_memory memory = {.take = take, .give = give};
	struct hd_core *core = hd_core_create(&memory);
	struct hd_reader in = {bench->bytes, bench->bytes + bench->size, false};
	double begin = now_ns();
	while (in.at < in.end) {
		bool good = hd_core_load(core, hd_read_bytes(&in, HD_OBJECT_MAX));
		HD_ASSERT(good);
	}
	double middle = now_ns();
	bool good = hd_core_loaded(core, bench->digest, bench->count);
	HD_ASSERT(good);
	double end = now_ns();
	printf("%-8s load %.3f s: objects %.0f ns an entrant, boards %.0f\n", what,
	       (end - begin) / 1e9, (middle - begin) / bench->entrants,
	       (end - middle) / bench->entrants);
	hd_core_destroy(core);
}

int
main(int argc, char **argv)
{
	struct bench bench = {.memory = {.take = take, .give = give}, .stamp = BEGIN};
	bench.entrants = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	bench.objects = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 256;
	bench.room = (size_t)bench.entrants * 400 + 4u * HD_MIB;
	bench.bytes = malloc(bench.room);
	bench.core = hd_core_create(&bench.memory);
	memset(bench.bytes, 1, bench.room);
	order(&bench, &(struct hd_order){.kind = HD_ORDER_SECRET,
					 .text = HD_BYTES("0123456789abcdef0123456789ABCDEF")});
	document(&bench, 1, 2);
	fill(&bench);
	sweep(&bench, "open");
	load(&bench, "open");
	order(&bench, &(struct hd_order){.kind = HD_ORDER_PHASE,
					 .name = HD_BYTES("bay"),
					 .phase = HD_PHASE_FROZEN});
	for (uint32_t i = 0; i < bench.entrants; i += 10)
		happen(&bench, HD_EVENT_AWARDED, i);
	sweep(&bench, "frozen");
	load(&bench, "frozen");
	double begin = now_ns();
	document(&bench, 2, 3);
	printf("document with a new board: %.0f ms\n", (now_ns() - begin) / 1e6);
	hd_core_destroy(bench.core);
	free(bench.bytes);
	return 0;
}
