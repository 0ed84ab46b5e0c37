/* The forge at a shard: what is there, who waits, what comes of it. */
#include "tests/unit/forge/shop.h"

static void
what_is_cheap_is_made_in_the_same_pass(void **state)
{
	(void)state;
	struct shop *shop = open_shop(false, HD_MIB, 8, false);
	for (uint32_t who = 0; who < 5; who++)
		assert_false(ask(shop, who, who));
	pass(shop);
	assert_int_equal(shop->count, 5);
	for (uint32_t who = 0; who < 5; who++) {
		assert_false(answer_of(shop, who)->busy);
		assert_int_equal(deal_of(shop, who).d, who);
		assert_int_equal(deal_of(shop, who).j, (uint64_t)1 << 40 | (who + 1));
		for (uint32_t k = 0; k < who; k++)
			assert_true(answer_of(shop, k)->hash != answer_of(shop, who)->hash);
	}
	/* Again: it is there. */
	assert_true(ask(shop, 3, 100));
	assert_int_equal(answer_of(shop, 100)->hash, answer_of(shop, 3)->hash);
	assert_int_equal(COUNTED(shop, puzzle_cache_hits_total), 1);
	assert_int_equal(COUNTED(shop, puzzle_deals_total), 5);
	assert_int_equal(COUNTED(shop, puzzle_made_total), 5);
	close_shop(shop);
}

/* However many wait, and whatever they say that they cost: a pass begins none once a slice's time
 * is gone. */
static void
a_pass_makes_no_more_than_a_slices_time_allows(void **state)
{
	(void)state;
	struct shop *shop = open_shop(false, HD_MIB, 8, false);
	toy_costs(&shop->rig.disk.now, 20, 1000, CHEAP); /* 20 us */
	for (uint32_t who = 0; who < 9; who++)
		assert_false(ask(shop, who, who));
	for (uint32_t made = 3; made <= 9; made += 3) {
		int64_t from = shop->rig.disk.now;
		pass(shop);
		assert_int_equal(shop->count, made);
		assert_int_equal(shop->rig.disk.now - from, 60000);
		assert_true(made == 9 || shop->rig.shard->again);
	}
	close_shop(shop);
}

static void
what_is_not_goes_in_slices(void **state)
{
	(void)state;
	struct shop *shop = open_shop(false, HD_MIB, 8, false);
	toy_costs(&shop->rig.disk.now, 1000, 1000, MIDDLE); /* a millisecond */
	assert_false(ask(shop, 1, 1));
	assert_false(ask(shop, 2, 2));
	uint32_t passes = 0;
	while (shop->count < 2) {
		shop->rig.shard->again = false;
		pass(shop);
		passes++;
		/* While there is work the loop does not sleep. */
		assert_true(shop->rig.shard->again || shop->count == 2);
		assert_true(passes < 10000);
	}
	assert_true(passes >= 2 * 1000 * 1000 / HD_PUZZLE_SLICE_NS);
	assert_in_range(COUNTED(shop, puzzle_slice_ns_max), 1, HD_PUZZLE_SLICE_NS);
	assert_int_equal(COUNTED(shop, puzzle_slices_ns_total), 2 * 1000 * 1000);
	assert_int_equal(deal_of(shop, 1).j, (uint64_t)1 << 40 | 1);
	close_shop(shop);
}

static void
what_is_dear_goes_to_the_nice_thread(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, 0, 8, false);
	toy_costs(NULL, 10, 0, DEAR);
	assert_false(ask(shop, 1, 1));
	assert_false(ask(shop, 1, 2)); /* another connection's retry: one base for both */
	pass(shop);
	work(shop, HD_SMITH_IDLE, 5);
	pass(shop);
	assert_int_equal(shop->count, 0);
	assert_int_equal(toy.begun, 0);
	work(shop, HD_SMITH_NICE, 10);
	pass(shop);
	assert_int_equal(shop->count, 2);
	assert_int_equal(toy.begun, 1);
	assert_int_equal(answer_of(shop, 1)->hash, answer_of(shop, 2)->hash);
	/* Nothing is kept: it is made again of (j, try), and looks the same. */
	assert_false(ask(shop, 1, 3));
	pass(shop);
	work(shop, HD_SMITH_NICE, 10);
	pass(shop);
	assert_int_equal(answer_of(shop, 3)->hash, answer_of(shop, 1)->hash);
	close_shop(shop);
}

/* Asks, and what of it is done at the shard in many passes, ns. */
static uint64_t
spent_on(struct shop *shop, uint32_t who)
{
	uint64_t before = COUNTED(shop, puzzle_slices_ns_total);
	assert_false(ask(shop, who, who));
	for (uint32_t i = 0; i < 1000; i++)
		pass(shop);
	return COUNTED(shop, puzzle_slices_ns_total) - before;
}

static void
make_by_thread(struct shop *shop)
{
	uint32_t before = shop->count;
	toy.clock = &shop->desk.now;
	for (uint32_t i = 0; shop->count == before; i++) {
		assert_true(i < 10000);
		work(shop, HD_SMITH_NICE, 10);
		pass(shop);
	}
	assert_false(shop->answers[before].busy);
}

/* A kind that says too little of itself holds the loop a few times, not for ever; and where it was
 * so for a while only, it is not held against it. */
static void
what_takes_too_long_is_handed_to_the_thread(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, HD_MIB, 1, false);
	for (uint32_t who = 0; who < 5; who++) {
		toy_costs(&shop->rig.disk.now, 30000, 1000, MIDDLE); /* 30 ms */
		if (who < 3)
			assert_in_range(spent_on(shop, who), HD_BENCH_LONG,
					HD_BENCH_LONG + HD_PUZZLE_SLICE_NS);
		else
			assert_int_equal(spent_on(shop, who), 0);
		assert_int_equal(shop->count, who);
		make_by_thread(shop);
	}
	toy_costs(&shop->rig.disk.now, 1000, 1000, MIDDLE);
	assert_int_equal(spent_on(shop, 5), 0);
	make_by_thread(shop); /* none of the long ones: the next is tried here again */
	toy_costs(&shop->rig.disk.now, 1000, 1000, MIDDLE);
	assert_int_equal(spent_on(shop, 6), 1000000);
	assert_false(answer_of(shop, 6)->busy);
	close_shop(shop);
}

static void
sixty_four_wait_and_the_next_is_told_to_come_again(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, HD_MIB, 8, false);
	toy_costs(NULL, 10, 0, DEAR);
	for (uint32_t who = 0; who < HD_PUZZLE_WAITING; who++)
		assert_false(ask(shop, who, who));
	assert_true(ask(shop, 100, 100));
	assert_true(answer_of(shop, 100)->busy);
	assert_int_equal(deal_of(shop, 100).d, HD_PUZZLE_WAITING);
	while (shop->count < 2) {
		pass(shop);
		work(shop, HD_SMITH_NICE, 1);
	}
	/* In the order of asking, one has its base; so another may wait. */
	assert_int_equal(shop->count, 2);
	assert_false(answer_of(shop, 0)->busy);
	assert_false(ask(shop, 101, 101));
	assert_true(ask(shop, 102, 102));
	for (uint32_t i = 0; shop->count < HD_PUZZLE_WAITING + 3; i++) {
		assert_true(i < 5000);
		work(shop, HD_SMITH_NICE, 10);
		pass(shop);
	}
	for (uint32_t who = 0; who < HD_PUZZLE_WAITING; who++)
		assert_false(answer_of(shop, who)->busy);
	/* Its deal stood all the time. */
	assert_int_equal(deal_of(shop, 100).d, HD_PUZZLE_WAITING);
	assert_false(deal_of(shop, 100).based);
	close_shop(shop);
}

static void
who_has_waited_a_second_is_told_and_a_retry_finds_it_made(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, HD_MIB, 1, false);
	toy_costs(NULL, 10, 0, DEAR);
	assert_false(ask(shop, 1, 1));
	pass(shop);
	int64_t deadline = hd_forge_deadline(shop->rig.shard);
	assert_int_equal(deadline, shop->rig.shard->boot + (int64_t)HD_PUZZLE_WAIT_MS * MS);
	shop->rig.disk.now = deadline - 1;
	pass(shop);
	assert_int_equal(shop->count, 0);
	shop->rig.disk.now = deadline;
	pass(shop);
	assert_true(answer_of(shop, 1)->busy);
	assert_int_equal(COUNTED(shop, puzzle_busy_total), 1);
	assert_int_equal(COUNTED(shop, puzzle_waiting), 0);
	assert_false(deal_of(shop, 1).based);
	uint64_t d = deal_of(shop, 1).d;
	work(shop, HD_SMITH_NICE, 10);
	pass(shop);
	assert_true(ask(shop, 1, 2));
	assert_false(answer_of(shop, 2)->busy);
	assert_int_equal(deal_of(shop, 1).d, d);
	assert_int_equal(deal_of(shop, 1).j, (uint64_t)1 << 40 | 1);
	close_shop(shop);
}

/* Nothing is kept and no thread helps: who is there is served, and not who has gone. */
static void
what_nobody_awaits_any_more_holds_nobody_up(void **state)
{
	(void)state;
	struct shop *shop = open_shop(false, 0, 8, false);
	toy_costs(&shop->rig.disk.now, 20000, 1000, MIDDLE); /* 20 ms */
	for (uint32_t who = 0; who < HD_PUZZLE_WAITING; who++)
		assert_false(ask(shop, who, who));
	for (uint32_t i = 0; shop->count < HD_PUZZLE_WAITING; i++) {
		assert_true(i < 100000);
		pass(shop);
	}
	uint64_t made = COUNTED(shop, puzzle_made_total);
	assert_in_range(made, 40, 51);
	assert_int_equal(COUNTED(shop, puzzle_busy_total), HD_PUZZLE_WAITING - made);
	/* Those orders are still out; one of them, which had begun, is for whoever is first. */
	assert_false(ask(shop, 100, 100));
	for (uint32_t i = 0; shop->count == HD_PUZZLE_WAITING; i++) {
		assert_true(i < 100000);
		pass(shop);
	}
	assert_false(answer_of(shop, 100)->busy);
	assert_in_range(toy.begun, made, made + 1);
	pass(shop);
	assert_int_equal(shop->rig.shard->forge.urgent, 0);
	assert_in_range(toy.begun, made, made + 1);
	close_shop(shop);
}

/* Passes until the one who waits is told to come again, and then until nothing is being made. */
static void
wait_in_vain(struct shop *shop, uint32_t who, uint64_t token)
{
	assert_false(ask(shop, who, token));
	for (uint32_t i = 0; shop->rig.shard->forge.here != 0; i++) {
		assert_true(i < 1000000);
		pass(shop);
	}
	assert_true(answer_of(shop, token)->busy);
}

/* One client, and makings that take longer than anybody may wait: the second time it is there. */
static void
what_was_made_too_late_is_there_for_the_next(void **state)
{
	(void)state;
	for (int around = 0; around < 2; around++) {
		struct shop *shop = open_shop(false, 0, 8, around);
		toy_costs(&shop->rig.disk.now, 1500000, 1000, MIDDLE); /* 1.5 s */
		wait_in_vain(shop, 1, 1);
		assert_true(ask(shop, 1, 2));
		assert_false(answer_of(shop, 2)->busy);
		assert_int_equal(toy.begun, 1);
		/* It was kept for once; what the deal says by now is made again, as slowly. */
		wait_in_vain(shop, 1, 3);
		assert_true(ask(shop, 1, 4));
		assert_int_equal(answer_of(shop, 4)->hash, answer_of(shop, 2)->hash);
		assert_int_equal(toy.begun, 2);
		close_shop(shop);
	}
}

static void
a_pool_is_filled_to_its_mark_and_dealt_from(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, HD_MIB, 40, false);
	toy_costs(NULL, 10, 0, DEAR);
	for (uint32_t i = 0; i < 100; i++) {
		pass(shop);
		work(shop, HD_SMITH_IDLE, 20);
	}
	pass(shop);
	assert_int_equal(COUNTED(shop, puzzle_pools), 1);
	assert_int_equal(COUNTED(shop, puzzle_ready), 40);
	assert_int_equal(COUNTED(shop, puzzle_low_water), 40);
	assert_int_equal(toy.begun, 40);
	for (uint32_t who = 0; who < 9; who++)
		assert_true(ask(shop, who, who));
	pass(shop);
	work(shop, HD_SMITH_IDLE, 20);
	assert_int_equal(toy.begun, 40);
	assert_true(ask(shop, 9, 9));
	assert_true(ask(shop, 10, 10));
	for (uint32_t i = 0; i < 20; i++) {
		pass(shop);
		work(shop, HD_SMITH_IDLE, 20);
	}
	pass(shop);
	assert_int_equal(COUNTED(shop, puzzle_ready), 40);
	for (uint32_t who = 0; who <= 10; who++)
		assert_int_equal(deal_of(shop, who).j, (uint64_t)1 << 40 | (who + 1));
	close_shop(shop);
}

/* The shard wakes for it: nobody deals. */
static void
a_pools_mark_falls_when_nobody_asks(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, HD_MIB, 2, false);
	struct hd_shard *shard = shop->rig.shard;
	toy_costs(NULL, 10, 0, 1000000000);
	for (uint32_t i = 0; i < 10; i++) {
		pass(shop);
		work(shop, HD_SMITH_IDLE, 20);
	}
	pass(shop);
	assert_int_equal(hd_forge_deadline(shard), HD_NEVER);
	assert_true(ask(shop, 1, 1) && ask(shop, 2, 2));
	for (uint32_t i = 0; i < 10; i++) {
		pass(shop);
		work(shop, HD_SMITH_IDLE, 20);
	}
	assert_int_equal(COUNTED(shop, puzzle_low_water), 8);
	uint32_t wakes = 0;
	for (; hd_forge_deadline(shard) != HD_NEVER; wakes++) {
		assert_true(wakes < 5 && hd_forge_deadline(shard) > shop->rig.disk.now);
		shop->rig.disk.now = hd_forge_deadline(shard);
		pass(shop);
	}
	assert_int_equal(wakes, 3); /* 2, 1, 0 a second */
	assert_int_equal(COUNTED(shop, puzzle_low_water), 2);
	close_shop(shop);
}

/* Whatever was ready or on its way is gone; what was dealt is the same; no base comes twice. */
static void
no_base_is_dealt_twice_across_a_crash(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, HD_MIB, 10, false);
	toy_costs(NULL, 10, 0, DEAR);
	toy.hits = 60; /* so that tries count */
	uint64_t used[60], hashes[60];
	for (uint32_t life = 0, who = 0; life < 5; life++) {
		if (life > 0) {
			close_shard(shop);
			open_shard(shop, true, HD_MIB, 10);
		}
		for (uint32_t i = 0; i < 60; i++) {
			pass(shop);
			work(shop, HD_SMITH_IDLE, 60);
		}
		for (uint32_t i = 0; i < 3 + life; i++, who++) {
			assert_true(ask(shop, who, 1000 * life + who));
			used[who] = deal_of(shop, who).j;
			hashes[who] = answer_of(shop, 1000 * life + who)->hash;
			for (uint32_t k = 0; k < who; k++)
				assert_true(used[k] != used[who] && hashes[k] != hashes[who]);
		}
		/* All that were dealt before are shown as they were. */
		for (uint32_t k = 0; k < who; k++) {
			uint64_t token = 100000 + 1000 * life + k;
			if (!ask(shop, k, token)) {
				work(shop, HD_SMITH_NICE, 60);
				pass(shop);
			}
			pass(shop);
			work(shop, HD_SMITH_NICE, 60);
			pass(shop);
			assert_int_equal(answer_of(shop, token)->hash, hashes[k]);
			assert_int_equal(deal_of(shop, k).j, used[k]);
		}
	}
	close_shop(shop);
}

static void
what_the_cache_lost_is_made_again(void **state)
{
	(void)state;
	struct shop *shop = open_shop(false, 12000, 8, false);
	uint64_t hashes[40];
	for (uint32_t who = 0; who < 40; who++) {
		assert_false(ask(shop, who, who));
		pass(shop);
		hashes[who] = answer_of(shop, who)->hash;
	}
	assert_in_range(shop->rig.shard->forge.cache.bytes, 1, 12000);
	assert_in_range(shop->rig.shard->forge.cache.entries, 1, 39);
	assert_true(ask(shop, 39, 139));
	assert_false(ask(shop, 0, 100));
	pass(shop);
	assert_int_equal(answer_of(shop, 100)->hash, hashes[0]);
	assert_int_equal(answer_of(shop, 139)->hash, hashes[39]);
	close_shop(shop);
}

static void
kinds_around_their_answer_are_made_ahead_by_deal(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, HD_MIB, 6, true);
	toy_costs(NULL, 10, 0, DEAR);
	for (uint32_t i = 0; i < 30; i++) {
		pass(shop);
		work(shop, HD_SMITH_IDLE, 20);
	}
	pass(shop);
	assert_int_equal(COUNTED(shop, puzzle_ready), 6);
	for (uint32_t who = 0; who < 6; who++)
		assert_true(ask(shop, who, who));
	/* Nothing is ready: the seventh waits, and its own making is the same as one ahead. */
	assert_false(ask(shop, 6, 6));
	pass(shop);
	work(shop, HD_SMITH_NICE, 10);
	pass(shop);
	assert_int_equal(shop->count, 7);
	for (uint32_t who = 0; who < 7; who++) {
		assert_int_equal(deal_of(shop, who).d, who);
		assert_false(deal_of(shop, who).based);
	}
	uint64_t hash[7];
	for (uint32_t who = 0; who < 7; who++)
		hash[who] = answer_of(shop, who)->hash;
	close_shard(shop);
	open_shard(shop, true, 0, 6);
	for (uint32_t who = 0; who < 7; who++) {
		assert_false(ask(shop, who, 100 + who));
		pass(shop);
		work(shop, HD_SMITH_NICE, 10);
		pass(shop);
		assert_int_equal(answer_of(shop, 100 + who)->hash, hash[who]);
	}
	close_shop(shop);
}

/* The hunt's shard sends what it has ready ahead of the grant; there it is shown at once. */
static void
what_is_ready_is_carried_to_the_entrants_shard(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, HD_MIB, 4, true);
	struct hd_shard *shard = shop->rig.shard;
	toy_costs(NULL, 10, 0, DEAR);
	for (uint32_t i = 0; i < 30; i++) {
		pass(shop);
		work(shop, HD_SMITH_IDLE, 20);
	}
	hd_forge_carry(shard, 0, 0, 1, 0);
	hd_forge_carry(shard, 0, 0, 99, 0); /* not ready: nothing goes */
	assert_int_equal(shard->outbox.answers.count, 1);
	struct hd_held held = hd_held_pop(&shard->outbox.answers);
	assert_int_equal(held.cell.type, HD_CELL_INSTANCE);
	assert_int_equal(held.lsn, hd_log_tail(shard->log));
	hd_forge_take(shard, &held.cell);
	assert_false(ask(shop, 0, 0)); /* those of 0 and 2 went by, as grants that never asked */
	assert_true(ask(shop, 1, 1));
	assert_int_equal(COUNTED(shop, puzzle_cache_hits_total), 1);
	/* It is what the entrant's shard would have made. */
	uint64_t hash = answer_of(shop, 1)->hash;
	close_shard(shop);
	open_shard(shop, true, 0, 4);
	assert_false(ask(shop, 1, 2));
	pass(shop);
	work(shop, HD_SMITH_NICE, 10);
	pass(shop);
	assert_int_equal(answer_of(shop, 2)->hash, hash);
	close_shop(shop);
}

static void
what_its_verifier_refuses_is_never_dealt(void **state)
{
	(void)state;
	struct shop *shop = open_shop(false, HD_MIB, 8, false);
	toy.refuted = true;
	assert_false(ask(shop, 1, 1));
	for (uint32_t i = 0; i < 5; i++)
		pass(shop);
	assert_int_equal(shop->count, 0);
	assert_true(COUNTED(shop, puzzle_refuted_total) > 0);
	assert_int_equal(COUNTED(shop, puzzle_made_total), 0);
	toy.refuted = false;
	pass(shop);
	assert_int_equal(shop->count, 1);
	assert_false(answer_of(shop, 1)->busy);
	close_shop(shop);
}

static void
an_end_keeps_nobody_waiting(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, HD_MIB, 8, false);
	toy_costs(NULL, 10, 0, DEAR);
	for (uint32_t who = 0; who < 5; who++)
		assert_false(ask(shop, who, who));
	pass(shop);
	shop->rig.shard->draining = true;
	hd_forge_drain(shop->rig.shard);
	assert_int_equal(shop->count, 5);
	assert_true(ask(shop, 9, 9));
	for (uint32_t i = 0; i < 6; i++)
		assert_true(shop->answers[i].busy);
	assert_int_equal(shop->rig.shard->remote.open[1], 0);
	close_shop(shop);
}

static void
who_is_refused_together_comes_again_one_by_one(void **state)
{
	(void)state;
	struct shop *shop = open_shop(true, HD_MIB, 8, false);
	toy_costs(NULL, 10, 0, DEAR);
	for (uint32_t who = 0; who < HD_PUZZLE_WAITING; who++)
		assert_false(ask(shop, who, who));
	for (uint32_t i = 0; i < 16; i++) {
		assert_true(ask(shop, 100 + i, 100 + i));
		uint32_t ms = answer_of(shop, 100 + i)->busy_ms;
		assert_in_range(ms, HD_PUZZLE_WAIT_MS / 2, HD_PUZZLE_WAIT_MS);
		for (uint32_t k = 0; k < i; k++)
			assert_true(answer_of(shop, 100 + k)->busy_ms != ms);
	}
	close_shop(shop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_cheap_is_made_in_the_same_pass),
		cmocka_unit_test(a_pass_makes_no_more_than_a_slices_time_allows),
		cmocka_unit_test(what_is_not_goes_in_slices),
		cmocka_unit_test(what_is_dear_goes_to_the_nice_thread),
		cmocka_unit_test(what_takes_too_long_is_handed_to_the_thread),
		cmocka_unit_test(sixty_four_wait_and_the_next_is_told_to_come_again),
		cmocka_unit_test(who_has_waited_a_second_is_told_and_a_retry_finds_it_made),
		cmocka_unit_test(what_nobody_awaits_any_more_holds_nobody_up),
		cmocka_unit_test(what_was_made_too_late_is_there_for_the_next),
		cmocka_unit_test(a_pool_is_filled_to_its_mark_and_dealt_from),
		cmocka_unit_test(a_pools_mark_falls_when_nobody_asks),
		cmocka_unit_test(no_base_is_dealt_twice_across_a_crash),
		cmocka_unit_test(what_the_cache_lost_is_made_again),
		cmocka_unit_test(kinds_around_their_answer_are_made_ahead_by_deal),
		cmocka_unit_test(what_is_ready_is_carried_to_the_entrants_shard),
		cmocka_unit_test(what_its_verifier_refuses_is_never_dealt),
		cmocka_unit_test(an_end_keeps_nobody_waiting),
		cmocka_unit_test(who_is_refused_together_comes_again_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
