/* The rings between threads: nothing is lost, order is kept, sleepers are woken, at any capacity.
 */
#include "shard/mesh.h"

#include "huntd/assert.h"
#include "tests/lib/lib.h"
#include "tests/lib/thread_io.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
// clang-format off
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#define THREADS_MAX 4u

struct end {
	struct hd_mesh *mesh;
	struct hd_memory memory;
	struct hd_blocks blocks;
	struct hd_io *io;
	struct hd_post *post;
	uint32_t self, threads;
	uint64_t messages;          /* to each of the others */
	uint64_t sent, got;         /* in all */
	uint64_t next[THREADS_MAX]; /* expected of each */
	uint64_t seed;
	uint64_t sleeps;
	pthread_barrier_t *ready;
	atomic_uint *done;
};

static void
end_open(struct end *end, struct hd_mesh *mesh, uint32_t self, uint32_t threads)
{
	*end = (struct end){.mesh = mesh, .self = self, .threads = threads, .seed = self + 1};
	end->memory = hd_test_memory();
	hd_blocks_init(&end->blocks, &end->memory, (uint16_t)self);
	end->io = thread_io_create(NULL, 0);
	end->post = hd_post_create(mesh, self, end->io, &end->memory, &end->blocks);
}

static void
end_close(struct end *end)
{
	hd_post_destroy(end->post);
	assert_int_equal(end->blocks.out, 0);
	hd_blocks_fini(&end->blocks);
	thread_io_destroy(end->io);
	assert_int_equal(end->memory.used, 0);
}

/* Each message says its number in the cell, every third one also in a block. */
static void
take(void *context, const struct hd_cell *cell)
{
	struct end *end = context;
	HD_ASSERT(cell->from < end->threads);
	HD_ASSERT(cell->token == end->next[cell->from]);
	end->next[cell->from]++;
	end->got++;
	if (cell->block == NULL)
		return;
	uint64_t said;
	memcpy(&said, hd_block_bytes(cell->block), sizeof said);
	HD_ASSERT(said == cell->token);
	hd_post_give(end->post, cell->block);
}

static void
send_one(struct end *end, uint32_t to, uint64_t number)
{
	struct hd_cell cell = {.type = HD_CELL_COMMANDS, .token = number};
	if (number % 3 == 0) {
		cell.block = hd_blocks_take(&end->blocks, 100);
		memcpy(hd_block_bytes(cell.block), &number, sizeof number);
	}
	hd_post_send(end->post, to, &cell);
	end->sent++;
}

/* Two ends in one thread: what is seen when, and by whom. */

static void
a_run_is_seen_when_it_is_published(void **state)
{
	(void)state;
	struct hd_mesh *mesh = hd_mesh_create(2, 7);
	struct end a, b;
	end_open(&a, mesh, 0, 2);
	end_open(&b, mesh, 1, 2);
	for (uint64_t i = 0; i < 5; i++)
		send_one(&a, 1, i);
	assert_int_equal(hd_post_receive(b.post, take, &b), 0);
	hd_post_publish(a.post);
	assert_int_equal(hd_post_receive(b.post, take, &b), 5);
	assert_int_equal(a.blocks.out, 2);
	hd_post_publish(b.post); /* the blocks go home, as one chain */
	assert_int_equal(hd_post_receive(a.post, take, &a), 1);
	assert_int_equal(a.got, 0);
	end_close(&a);
	end_close(&b);
	hd_mesh_destroy(mesh);
}

static void
what_finds_its_ring_full_waits_in_order(void **state)
{
	(void)state;
	struct hd_mesh *mesh = hd_mesh_create(2, 1);
	struct end a, b;
	end_open(&a, mesh, 0, 2);
	end_open(&b, mesh, 1, 2);
	for (uint64_t i = 0; i < 100; i++)
		send_one(&a, 1, i);
	assert_int_equal(hd_post_waiting(a.post), 99);
	while (b.got < 100) {
		hd_post_publish(a.post);
		assert_int_equal(hd_post_receive(b.post, take, &b), 1);
		hd_post_publish(b.post);
		hd_post_receive(a.post, take, &a);
	}
	hd_post_publish(b.post);
	hd_post_receive(a.post, take, &a);
	assert_int_equal(hd_post_waiting(a.post), 0);
	end_close(&a);
	end_close(&b);
	hd_mesh_destroy(mesh);
}

static void
nobody_sleeps_while_mail_is_there(void **state)
{
	(void)state;
	struct hd_mesh *mesh = hd_mesh_create(2, 1);
	struct end a, b;
	end_open(&a, mesh, 0, 2);
	end_open(&b, mesh, 1, 2);
	assert_true(hd_post_sleep(b.post));
	hd_post_awake(b.post);
	send_one(&a, 1, 0);
	assert_true(hd_post_sleep(b.post)); /* not published yet */
	hd_post_publish(a.post);            /* wakes it */
	struct hd_completion completion;
	assert_int_equal(b.io->ops->wait(b.io, -1, &completion, 1), 0);
	assert_false(hd_post_sleep(b.post));
	hd_post_awake(b.post);
	send_one(&a, 1, 1);
	hd_post_publish(a.post);
	assert_true(hd_post_sleep(a.post)); /* its ring is full: it may sleep until there is room */
	hd_post_receive(b.post, take, &b);  /* which wakes it */
	assert_int_equal(a.io->ops->wait(a.io, -1, &completion, 1), 0);
	assert_false(hd_post_sleep(a.post));
	hd_post_awake(a.post);
	hd_post_publish(a.post);
	hd_post_receive(b.post, take, &b);
	hd_post_publish(b.post);
	hd_post_receive(a.post, take, &a);
	end_close(&a);
	end_close(&b);
	hd_mesh_destroy(mesh);
}

static void
capacities_are_powers_of_two_less_one(void **state)
{
	(void)state;
	assert_int_equal(hd_mesh_capacity(1), 1);
	assert_int_equal(hd_mesh_capacity(2), 3);
	assert_int_equal(hd_mesh_capacity(3), 3);
	assert_int_equal(hd_mesh_capacity(256), 511);
}

/* Threads that all write to all, sleep whenever they have nothing to do, and end when all have all.
 */

static bool
has_all(const struct end *end)
{
	return end->got == end->messages * (end->threads - 1) && end->sent == end->got &&
	       hd_post_waiting(end->post) == 0 && end->blocks.out == 0;
}

static void
send_some(struct end *end, uint64_t *number)
{
	uint64_t run = hd_test_random(&end->seed) % 40;
	for (; run > 0 && *number < end->messages && hd_post_waiting(end->post) < 200; run--) {
		for (uint32_t to = 0; to < end->threads; to++) {
			if (to != end->self)
				send_one(end, to, *number);
		}
		++*number;
	}
}

static void *
run(void *context)
{
	struct end *end = context;
	uint64_t number = 0;
	bool counted = false;
	struct hd_completion completion;
	pthread_barrier_wait(end->ready);
	while (atomic_load(end->done) < end->threads) {
		hd_post_receive(end->post, take, end);
		send_some(end, &number);
		hd_post_publish(end->post);
		if (has_all(end) && !counted) {
			counted = true;
			atomic_fetch_add(end->done, 1);
			for (uint32_t i = 0; i < end->threads; i++)
				hd_mesh_wake(end->mesh, i);
		}
		bool busy = number < end->messages && hd_post_waiting(end->post) < 200;
		if (hd_post_sleep(end->post) && !busy && atomic_load(end->done) < end->threads) {
			/* Returning a block wakes nobody: whoever waits for its last looks again.
			 */
			end->io->ops->wait(end->io, has_all(end) ? 1000000 : 5000000, &completion,
					   1);
			end->sleeps++;
		}
		hd_post_awake(end->post);
	}
	return NULL;
}

static void
all_to_all(uint32_t threads, uint32_t capacity, uint64_t messages)
{
	struct hd_mesh *mesh = hd_mesh_create(threads, capacity);
	struct end ends[THREADS_MAX];
	pthread_t handles[THREADS_MAX];
	pthread_barrier_t ready;
	atomic_uint done = 0;
	pthread_barrier_init(&ready, NULL, threads);
	for (uint32_t i = 0; i < threads; i++) {
		end_open(&ends[i], mesh, i, threads);
		ends[i].messages = messages;
		ends[i].ready = &ready;
		ends[i].done = &done;
	}
	for (uint32_t i = 0; i < threads; i++)
		assert_int_equal(pthread_create(&handles[i], NULL, run, &ends[i]), 0);
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(handles[i], NULL);
	for (uint32_t i = 0; i < threads; i++) {
		assert_int_equal(ends[i].got, messages * (threads - 1));
		end_close(&ends[i]);
	}
	pthread_barrier_destroy(&ready);
	hd_mesh_destroy(mesh);
}

static void
all_arrives_through_rings_of_one(void **state)
{
	(void)state;
	all_to_all(4, 1, 3000);
}

static void
all_arrives_through_rings_of_three(void **state)
{
	(void)state;
	all_to_all(3, 3, 10000);
}

static void
all_arrives_through_rings_of_many(void **state)
{
	(void)state;
	all_to_all(4, 256, 50000);
}

/* One asks, the other answers, both sleep in between without a timeout: a wake that were lost would
 * hang the test. */

struct ping {
	struct end end;
	uint64_t rounds;
	bool asks;
};

static void *
ping_run(void *context)
{
	struct ping *ping = context;
	struct end *end = &ping->end;
	struct hd_completion completion;
	if (ping->asks)
		send_one(end, 1 - end->self, 1);
	hd_post_publish(end->post);
	end->next[1 - end->self] = 1;
	uint64_t answered = 0;
	while (end->got < ping->rounds) {
		if (hd_post_sleep(end->post))
			end->io->ops->wait(end->io, -1, &completion, 1);
		hd_post_awake(end->post);
		hd_post_receive(end->post, take, end);
		for (; answered < end->got && end->sent < ping->rounds; answered++)
			send_one(end, 1 - end->self, end->sent + 1);
		hd_post_publish(end->post);
	}
	return NULL;
}

static void
sleepers_are_always_woken(void **state)
{
	(void)state;
	struct hd_mesh *mesh = hd_mesh_create(2, 1);
	struct ping pings[2] = {0};
	pthread_t handles[2];
	for (uint32_t i = 0; i < 2; i++) {
		end_open(&pings[i].end, mesh, i, 2);
		pings[i].rounds = 20000;
		pings[i].asks = i == 0;
	}
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&handles[i], NULL, ping_run, &pings[i]), 0);
	for (uint32_t i = 0; i < 2; i++)
		pthread_join(handles[i], NULL);
	for (uint32_t k = 0; k < 3; k++) {
		for (uint32_t i = 0; i < 2; i++) {
			hd_post_receive(pings[i].end.post, take, &pings[i].end);
			hd_post_publish(pings[i].end.post);
		}
	}
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(pings[i].end.got, pings[i].rounds);
		end_close(&pings[i].end);
	}
	hd_mesh_destroy(mesh);
}

static void
blocks_are_used_again(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct hd_blocks blocks;
	hd_blocks_init(&blocks, &memory, 0);
	struct hd_block *block = hd_blocks_take(&blocks, 1000);
	assert_true(block->room >= 1000);
	hd_blocks_put(&blocks, block);
	uint64_t used = memory.used;
	for (uint32_t i = 0; i < 1000; i++)
		hd_blocks_put(&blocks, hd_blocks_take(&blocks, 900 + i % 100));
	struct hd_memory cycled = hd_blocks_memory(&blocks);
	for (uint32_t i = 0; i < 1000; i++) {
		uint8_t *at = hd_memory_take(&cycled, 1000, 8);
		for (uint32_t k = 0; k < 1000; k++)
			assert_int_equal(at[k], 0);
		memset(at, 0xff, 1000);
		hd_memory_give(&cycled, at, 1000);
	}
	assert_true(memory.used <= used + 32 * HD_KIB);
	assert_int_equal(blocks.out, 0);
	hd_blocks_fini(&blocks);
	assert_int_equal(memory.used, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_is_seen_when_it_is_published),
		cmocka_unit_test(what_finds_its_ring_full_waits_in_order),
		cmocka_unit_test(nobody_sleeps_while_mail_is_there),
		cmocka_unit_test(capacities_are_powers_of_two_less_one),
		cmocka_unit_test(all_arrives_through_rings_of_one),
		cmocka_unit_test(all_arrives_through_rings_of_three),
		cmocka_unit_test(all_arrives_through_rings_of_many),
		cmocka_unit_test(sleepers_are_always_woken),
		cmocka_unit_test(blocks_are_used_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
