/* The forge's pieces alone: bench, cache, pool, thread. */
#include "shard/forge/cache.h"
#include "shard/forge/pool.h"
#include "shard/forge/shelf.h"
#include "shard/forge/smith.h"
#include "tests/lib/fake_io.h"
#include "tests/lib/lib.h"
#include "tests/unit/forge/toy.h"

static struct hd_forge_order
order_of(uint32_t n)
{
	struct hd_forge_order order = {.spec = toy_spec(), .tries = 1000};
	memcpy(order.seed, &n, sizeof n);
	return order;
}

/* The bench. */

static enum hd_bench_state
make(struct hd_bench *bench, const struct hd_forge_order *order, struct hd_puzzle_made *made,
     int64_t *longest)
{
	enum hd_bench_state state = HD_BENCH_WORKS;
	hd_bench_begin(bench, order);
	for (*longest = 0; state == HD_BENCH_WORKS;) {
		int64_t took;
		state = hd_bench_step(bench, made, &took);
		*longest = took > *longest ? took : *longest;
	}
	assert_null(bench->job);
	return state;
}

static void
a_step_is_as_long_as_a_slice_whatever_a_unit_costs(void **state)
{
	(void)state;
	static const int64_t units_ns[] = {1, 40, 900, 5000, 12000};
	struct fake_io disk;
	struct hd_memory memory = hd_test_memory();
	fake_io_init(&disk);
	char first[200] = "";
	for (uint32_t i = 0; i < 5; i++) {
		struct hd_bench bench;
		struct hd_puzzle_made made;
		struct hd_forge_order order = order_of(7);
		int64_t longest;
		hd_bench_init(&bench, &disk.io, &memory);
		toy_costs(&disk.now, 100000, units_ns[i], 0);
		assert_int_equal(make(&bench, &order, &made, &longest), HD_BENCH_MADE);
		assert_in_range(longest, 1, HD_PUZZLE_SLICE_NS);
		if (first[0] == '\0')
			memcpy(first, made.text.at, made.text.size + 1);
		assert_true(hd_bytes_equal(made.text, hd_bytes_str(first)));
		/* It has learnt: the next one's steps are long ones. */
		toy.step_most = 0;
		assert_int_equal(make(&bench, &order, &made, &longest), HD_BENCH_MADE);
		assert_true(longest >= HD_PUZZLE_SLICE_NS / 8 || toy.step_most == 65536);
		hd_bench_fini(&bench);
	}
	assert_int_equal(memory.used, 0);
	fake_io_fini(&disk);
}

static void
what_misses_or_is_refuted_is_said(void **state)
{
	(void)state;
	struct fake_io disk;
	struct hd_memory memory = hd_test_memory();
	struct hd_bench bench;
	struct hd_puzzle_made made;
	struct hd_forge_order order = order_of(1);
	int64_t longest;
	fake_io_init(&disk);
	hd_bench_init(&bench, &disk.io, &memory);
	toy_costs(&disk.now, 10, 100, 0);
	toy.hits = 0;
	order.tries = 5;
	assert_int_equal(make(&bench, &order, &made, &longest), HD_BENCH_MISSED);
	assert_int_equal(toy.begun, 5);
	toy.hits = 256;
	toy.refuted = true;
	assert_int_equal(make(&bench, &order, &made, &longest), HD_BENCH_REFUTED);
	toy.refuted = false;
	assert_int_equal(make(&bench, &order, &made, &longest), HD_BENCH_MADE);
	/* The try that hit makes it again at the cost of one. */
	toy.hits = 20;
	order.tries = 100000;
	assert_int_equal(make(&bench, &order, &made, &longest), HD_BENCH_MADE);
	char text[200];
	memcpy(text, made.text.at, made.text.size + 1);
	order.first_try = made.try;
	order.tries = 1;
	toy.begun = 0;
	assert_int_equal(make(&bench, &order, &made, &longest), HD_BENCH_MADE);
	assert_int_equal(toy.begun, 1);
	assert_true(hd_bytes_equal(made.text, hd_bytes_str(text)));
	hd_bench_fini(&bench);
	assert_int_equal(memory.used, 0);
	fake_io_fini(&disk);
}

static void
a_making_is_long_by_its_work_and_not_by_a_lost_core(void **state)
{
	(void)state;
	struct fake_io disk;
	struct hd_memory memory = hd_test_memory();
	struct hd_bench bench;
	struct hd_puzzle_made made;
	struct hd_forge_order order = order_of(1);
	int64_t longest, took;
	fake_io_init(&disk);
	hd_bench_init(&bench, &disk.io, &memory);
	toy_costs(&disk.now, 30000, 1000, 0);
	assert_int_equal(make(&bench, &order, &made, &longest), HD_BENCH_MADE);
	assert_true(hd_bench_was_long(&bench));
	toy_costs(&disk.now, 2000, 1000, 0);
	assert_int_equal(make(&bench, &order, &made, &longest), HD_BENCH_MADE);
	assert_false(hd_bench_was_long(&bench));
	/* As short, but for one step. */
	hd_bench_begin(&bench, &order);
	toy.unit_ns = 2 * HD_BENCH_LONG;
	toy.clock = &disk.now;
	assert_int_equal(hd_bench_step(&bench, &made, &took), HD_BENCH_WORKS);
	toy.unit_ns = 1000;
	while (hd_bench_step(&bench, &made, &took) == HD_BENCH_WORKS)
		;
	assert_true(bench.spent > HD_BENCH_LONG);
	assert_false(hd_bench_was_long(&bench));
	/* Few steps, and each of them far too long. */
	toy_costs(&disk.now, 5, HD_BENCH_LONG / 4, 0);
	assert_int_equal(make(&bench, &order, &made, &longest), HD_BENCH_MADE);
	assert_true(hd_bench_was_long(&bench));
	hd_bench_fini(&bench);
	fake_io_fini(&disk);
}

/* The cache. */

static struct hd_cache_key
key(uint64_t d)
{
	return (struct hd_cache_key){.hunt = 3, .challenge = 5, .d = d};
}

static bool
has(struct hd_cache *cache, uint64_t d)
{
	struct hd_cache_key at = key(d);
	struct hd_bytes value;
	if (!hd_cache_find(cache, &at, &value))
		return false;
	assert_int_equal(value.size, 100);
	assert_int_equal(value.at[99], (uint8_t)d);
	return true;
}

static void
keep(struct hd_cache *cache, uint64_t d)
{
	struct hd_cache_key at = key(d);
	uint8_t value[100];
	memset(value, (int)d, sizeof value);
	hd_cache_put(cache, &at, hd_bytes_of(value, sizeof value));
}

static void
the_longest_unasked_goes_first(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct hd_cache cache;
	hd_cache_init(&cache, &memory, 1000);
	assert_false(has(&cache, 1));
	for (uint64_t d = 1; d <= 200; d++)
		keep(&cache, d);
	keep(&cache, 200);
	assert_int_equal(cache.entries, 200);
	uint64_t one = cache.bytes / 200;
	assert_true(has(&cache, 1) && has(&cache, 3));
	assert_int_equal(hd_cache_trim(&cache, 100 * one), 100);
	assert_true(has(&cache, 1) && has(&cache, 3) && has(&cache, 200) && has(&cache, 103));
	assert_false(has(&cache, 2) || has(&cache, 102));
	struct hd_cache_key other = {.hunt = 4, .challenge = 5, .d = 200};
	struct hd_bytes value;
	assert_false(hd_cache_find(&cache, &other, &value));
	assert_int_equal(hd_cache_trim(&cache, 0), 100);
	assert_int_equal(cache.bytes, 0);
	keep(&cache, 9);
	hd_cache_fini(&cache);
	assert_int_equal(memory.used, 0);
}

/* Pools. */

static void
put(struct hd_forge_pool *pool, struct hd_memory *memory, uint64_t id)
{
	struct hd_puzzle_made made = {
		.text = HD_BYTES("text"), .solution = HD_BYTES("01"), .try = 9};
	hd_forge_pool_put(pool, memory, id, &made);
}

static void
a_pool_gives_in_order_and_of_a_deal_what_is_its(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct hd_forge_pool pool;
	struct hd_puzzle_spec spec = toy_spec();
	hd_forge_pool_init(&pool, &spec);
	assert_null(hd_forge_pool_take(&pool));
	for (uint64_t round = 0; round < 5; round++) {
		for (uint64_t j = 0; j < 30; j++)
			put(&pool, &memory, round * 30 + j);
		for (uint64_t j = 0; j < 30; j++) {
			struct hd_forge_ready *ready = hd_forge_pool_take(&pool);
			assert_int_equal(ready->id, round * 30 + j);
			assert_memory_equal(ready->bytes, "text01", 6);
			hd_forge_pool_give(&memory, ready);
		}
	}
	pool.around = true;
	put(&pool, &memory, 4);
	put(&pool, &memory, 6);
	put(&pool, &memory, 7);
	assert_null(hd_forge_pool_take_at(&pool, &memory, 3));
	assert_null(hd_forge_pool_take_at(&pool, &memory, 5));
	struct hd_forge_ready *ready = hd_forge_pool_take_at(&pool, &memory, 6);
	assert_int_equal(ready->id, 6);
	hd_forge_pool_give(&memory, ready);
	assert_int_equal(pool.count, 1);
	hd_forge_pool_fini(&pool, &memory);
	assert_int_equal(memory.used, 0);
}

static void
the_mark_follows_the_rate_between_floor_and_memory(void **state)
{
	(void)state;
	struct hd_forge_pool pool;
	struct hd_puzzle_spec spec = toy_spec();
	const uint64_t share = HD_MIB;
	int64_t now = 5000000000;
	toy_costs(NULL, 1, 0, 200000000); /* 0.2 s */
	hd_forge_pool_init(&pool, &spec);
	assert_int_equal(hd_forge_pool_low(&pool, 10, share), 10);
	for (uint32_t i = 0; i < 1000; i++)
		hd_forge_pool_dealt(&pool, now += 1000000);
	assert_in_range(hd_forge_pool_low(&pool, 10, share), 4 * 990 / 5, 4 * 1010 / 5);
	assert_int_equal(hd_forge_pool_low(&pool, 10, 50 * pool.most), 50);
	assert_int_equal(hd_forge_pool_low(&pool, 10, 0), 0);
	/* Nobody for a while: it falls by itself, and then to nothing. */
	uint32_t before = pool.rate;
	assert_int_equal(hd_forge_pool_falls(&pool), pool.window_end);
	hd_forge_pool_look(&pool, pool.window_end - 1);
	assert_int_equal(pool.rate, before);
	now += 3000000000;
	hd_forge_pool_look(&pool, now);
	assert_in_range(pool.rate, before / 8, before / 2);
	assert_true(hd_forge_pool_falls(&pool) > now);
	hd_forge_pool_look(&pool, now += 12000000000);
	assert_int_equal(pool.rate, 0);
	assert_int_equal(hd_forge_pool_falls(&pool), HD_NEVER);
	hd_forge_pool_dealt(&pool, now);
	assert_int_equal(pool.rate, 1);
	assert_int_equal(hd_forge_pool_low(&pool, 10, share), 10);
	/* Orders begin a quarter below it, so many at once, and end at it. */
	struct hd_memory memory = hd_test_memory();
	assert_int_equal(hd_forge_pool_lacks(&pool, 40), HD_FORGE_POOL_ORDERS);
	for (uint32_t i = 0; i < 35; i++)
		put(&pool, &memory, i);
	assert_int_equal(hd_forge_pool_lacks(&pool, 40), 5);
	pool.ordered = 5;
	assert_int_equal(hd_forge_pool_lacks(&pool, 40), 0);
	pool.ordered = 0;
	assert_int_equal(hd_forge_pool_lacks(&pool, 40), 0);
	hd_forge_pool_give(&memory, hd_forge_pool_take(&pool));
	assert_int_equal(hd_forge_pool_lacks(&pool, 40), 0);
	for (uint32_t i = 0; i < 5; i++)
		hd_forge_pool_give(&memory, hd_forge_pool_take(&pool));
	assert_int_equal(hd_forge_pool_lacks(&pool, 40), 11);
	hd_forge_pool_fini(&pool, &memory);
}

/* The shelf. */

static void
a_shelf_keeps_the_last_few(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct hd_shelf shelf = {0};
	struct hd_puzzle_made made = {.text = HD_BYTES("text"), .solution = HD_BYTES("01")};
	struct hd_puzzle_spec spec = toy_spec(), other = toy_spec();
	struct hd_deal none = {.d = 100};
	other.tier = 1;
	for (uint64_t d = 0; d <= HD_FORGE_SHELF; d++) {
		struct hd_deal deal = {.d = d, .based = true, .j = 50 + d};
		hd_shelf_put(&shelf, &memory, &spec, &deal, d % 2 == 0, &made);
	}
	/* Bases that no deal has: 2, 4 .. 16; the first has gone. */
	assert_null(hd_shelf_take(&shelf, &other, &none));
	for (uint64_t i = 0; i < HD_FORGE_SHELF / 2; i++) {
		struct hd_forge_ready *ready = hd_shelf_take(&shelf, &spec, &none);
		assert_non_null(ready);
		assert_true(ready->id > 50 && ready->id % 2 == 0);
		hd_forge_pool_give(&memory, ready);
	}
	assert_null(hd_shelf_take(&shelf, &spec, &none));
	/* What a deal has is for that one. */
	struct hd_deal based = {.d = 3, .based = true, .j = 53}, unknown = {.d = 4, .based = true};
	struct hd_forge_ready *ready = hd_shelf_take(&shelf, &spec, &based);
	assert_int_equal(ready->id, 53);
	hd_forge_pool_give(&memory, ready);
	assert_null(hd_shelf_take(&shelf, &spec, &based));
	assert_null(hd_shelf_take(&shelf, &spec, &unknown));
	hd_shelf_fini(&shelf, &memory);
	assert_int_equal(memory.used, 0);
}

/* A thread: the test is the shard, thread 0. */

#define SMITH 1u

struct shop {
	struct fake_io disk;
	struct hd_memory memory;
	struct hd_blocks blocks;
	struct hd_mesh *mesh;
	struct hd_post *post;
	struct hd_smith smith;
	uint64_t answers[64];
	uint32_t count;
};

static void
take_answer(void *context, const struct hd_cell *cell)
{
	struct shop *shop = context;
	struct hd_forge_came came;
	assert_int_equal(cell->type, HD_CELL_FORGED);
	memcpy(&came, hd_block_bytes(cell->block), sizeof came);
	assert_int_equal(came.state, HD_BENCH_MADE);
	assert_int_equal(cell->block->used, sizeof came + came.text + came.solution);
	shop->answers[shop->count++] = came.token;
	hd_post_give(shop->post, cell->block);
}

static void
open_shop(struct shop *shop)
{
	memset(shop, 0, sizeof *shop);
	fake_io_init(&shop->disk);
	shop->memory = hd_test_memory();
	shop->mesh = hd_mesh_create(2, 15);
	hd_blocks_init(&shop->blocks, &shop->memory, 0);
	shop->post = hd_post_create(shop->mesh, 0, &shop->disk.io, &shop->memory, &shop->blocks);
	shop->smith = (struct hd_smith){.shards = 1,
					.number = SMITH,
					.served = 1,
					.io = &shop->disk.io,
					.plain = hd_test_memory()};
	hd_smith_open(&shop->smith, shop->mesh);
}

static void
close_shop(struct shop *shop)
{
	hd_smith_close(&shop->smith);
	hd_post_destroy(shop->post);
	hd_blocks_fini(&shop->blocks);
	hd_mesh_destroy(shop->mesh);
	fake_io_fini(&shop->disk);
	assert_int_equal(shop->memory.used, 0);
	assert_int_equal(shop->smith.plain.used, 0);
}

static void
order_from(struct shop *shop, uint64_t token)
{
	struct hd_forge_asked asked = {.token = token, .order = order_of((uint32_t)token)};
	struct hd_cell cell = {.type = HD_CELL_FORGE,
			       .block = hd_blocks_take(&shop->blocks, sizeof asked)};
	memcpy(hd_block_bytes(cell.block), &asked, sizeof asked);
	cell.block->used = sizeof asked;
	hd_post_send(shop->post, SMITH, &cell);
	hd_post_publish(shop->post);
}

static bool
pass(struct shop *shop)
{
	bool goes_on = hd_smith_pass(&shop->smith);
	hd_post_receive(shop->post, take_answer, shop);
	hd_post_publish(shop->post);
	return goes_on;
}

static void
a_thread_makes_what_it_is_asked_in_order(void **state)
{
	(void)state;
	struct shop *shop = calloc(1, sizeof *shop);
	open_shop(shop);
	toy_costs(&shop->disk.now, 200, 1000, 0);
	for (uint64_t token = 0; token < 40; token++)
		order_from(shop, token);
	uint32_t passes = 0;
	for (; shop->count < 40; passes++)
		assert_true(pass(shop));
	assert_true(passes > 40 * 4);
	for (uint64_t i = 0; i < 40; i++)
		assert_int_equal(shop->answers[i], i);
	/* Nothing to do: it does nothing. */
	pass(shop);
	assert_int_equal(shop->smith.served, 1);
	assert_int_equal(toy.begun, 40);
	close_shop(shop);
	free(shop);
}

static void
a_thread_ends_in_the_middle_of_its_work(void **state)
{
	(void)state;
	struct shop *shop = calloc(1, sizeof *shop);
	struct hd_cell finish = {.type = HD_CELL_FINISH};
	open_shop(shop);
	toy_costs(&shop->disk.now, 1000, 1000, 0);
	for (uint64_t token = 0; token < 9; token++)
		order_from(shop, token);
	for (uint32_t i = 0; i < 20; i++)
		assert_true(pass(shop));
	hd_post_send(shop->post, SMITH, &finish);
	hd_post_publish(shop->post);
	assert_false(pass(shop));
	assert_true(shop->count < 9);
	close_shop(shop);
	free(shop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_is_as_long_as_a_slice_whatever_a_unit_costs),
		cmocka_unit_test(what_misses_or_is_refuted_is_said),
		cmocka_unit_test(a_making_is_long_by_its_work_and_not_by_a_lost_core),
		cmocka_unit_test(the_longest_unasked_goes_first),
		cmocka_unit_test(a_pool_gives_in_order_and_of_a_deal_what_is_its),
		cmocka_unit_test(the_mark_follows_the_rate_between_floor_and_memory),
		cmocka_unit_test(a_shelf_keeps_the_last_few),
		cmocka_unit_test(a_thread_makes_what_it_is_asked_in_order),
		cmocka_unit_test(a_thread_ends_in_the_middle_of_its_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
