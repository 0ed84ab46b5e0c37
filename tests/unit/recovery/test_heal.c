/* A shard that hears of damage on its disk: new snapshots replace what a start could not use. */
#include "shard/archive/check.h"
#include "shard/snapshot/heal.h"
#include "tests/unit/recovery/taker_world.h"

#define HEAL_MS 10000 /* after one that failed */

static void
hear(struct rig *rig, enum hd_check_kind kind, uint64_t id)
{
	struct hd_cell cell = {.type = HD_CELL_DAMAGED,
			       .from = (uint8_t)rig->shard->helper,
			       .a = kind,
			       .b = (int64_t)id,
			       .c = 4096,
			       .d = HD_CHECK_SUM};
	hd_heal_take(rig->shard, &cell);
}

/* Two snapshots, of 200 and 300. */
static struct rig *
begin_healthy(void)
{
	struct rig *rig = begin();
	for (int i = 0; i < 2; i++) {
		rig_append(rig, 100);
		rig_save(rig);
	}
	assert_int_equal(rig->shard->taker.kept_count, 2);
	return rig;
}

/* Events come, and time goes by, until there are two again. */
static void
heal(struct rig *rig, uint32_t snapshots)
{
	uint64_t before = taken(rig);
	assert_true(rig->shard->taker.heal);
	for (uint32_t i = 0; i < 5; i++) {
		rig_append(rig, 10);
		rig_settle(rig);
		rig_ask(rig);
		rig_settle(rig);
	}
	assert_false(rig->shard->taker.heal);
	assert_int_equal(taken(rig) - before, snapshots);
	assert_non_null(strstr(rig->news, "has two whole snapshots again"));
	for (uint32_t i = 0; i < 2; i++)
		assert_true(is_there(rig, rig->shard->taker.kept[i].lsn, true));
}

static void
a_damaged_snapshot_is_replaced(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct rig *rig = begin_healthy();
		hear(rig, HD_CHECK_SNAPSHOT, rig->shard->taker.kept[i].lsn);
		/* Nothing was logged since the newest: only that one can be taken again now. */
		assert_non_null(strstr(rig->news, i == 0 ? "new snapshots are taken"
							 : "wait until something more is logged"));
		assert_non_null(strstr(rig->news, ".hds is damaged at offset 4096"));
		heal(rig, 1);
		end(rig);
	}
}

static void
with_both_damaged_two_are_taken(void **state)
{
	(void)state;
	struct rig *rig = begin_healthy();
	hear(rig, HD_CHECK_SNAPSHOT, rig->shard->taker.kept[0].lsn);
	hear(rig, HD_CHECK_SNAPSHOT, rig->shard->taker.kept[1].lsn);
	heal(rig, 2);
	/* One that is not kept any more matters to nobody. */
	uint32_t told = rig->told;
	hear(rig, HD_CHECK_SNAPSHOT, 7);
	assert_false(rig->shard->taker.heal);
	assert_int_equal(rig->told, told + 1);
	assert_non_null(strstr(rig->news, "no start needs it"));
	end(rig);
}

/* The snapshot of the log's very end is damaged: the next has the same LSN, and its row. */
static void
the_same_snapshot_again(void **state)
{
	(void)state;
	struct rig *rig = begin_healthy();
	hear(rig, HD_CHECK_SNAPSHOT, rig->shard->taker.kept[0].lsn);
	rig_ask(rig);
	rig_settle(rig);
	assert_false(rig->shard->taker.heal);
	assert_int_equal(rig->shard->taker.kept[0].lsn, 300);
	assert_int_equal(rig->shard->taker.kept[1].lsn, 200);
	end(rig);
}

/* With fewer than two, one that is not known of may be what a start would use. */
static void
with_one_snapshot_any_damage_counts(void **state)
{
	(void)state;
	struct rig *rig = begin();
	rig_save(rig);
	hear(rig, HD_CHECK_SNAPSHOT, 7);
	heal(rig, 1);
	end(rig);

	/* Any segment too; and a snapshot that stands in it is no help. */
	rig = begin();
	rig_save(rig);
	hear(rig, HD_CHECK_SEGMENT, 1);
	rig_append(rig, 10);
	rig_save(rig);
	assert_int_equal(rig->shard->taker.kept_count, 2);
	assert_true(rig->shard->taker.heal);
	end(rig);
}

/* A packed segment is past; a segment of the log is needed from the older anchor on. */
static void
damage_in_the_log(void **state)
{
	(void)state;
	struct rig *rig = begin_healthy();
	struct hd_taker *taker = &rig->shard->taker;
	hear(rig, HD_CHECK_PACKED, 1);
	assert_non_null(strstr(rig->news, "/archive/00000001.log.zst is damaged"));
	assert_false(taker->heal);
	taker->kept[0].number = taker->kept[1].number = 5;
	hear(rig, HD_CHECK_SEGMENT, 4);
	assert_non_null(strstr(rig->news, "/00000004.log is damaged"));
	assert_false(taker->heal);
	hear(rig, HD_CHECK_SEGMENT, 6);
	assert_true(taker->heal);
	assert_int_equal(taker->sick, 6);
	hear(rig, HD_CHECK_SEGMENT, 5);
	assert_int_equal(taker->sick, 6);
	/* The segment that follows is what makes a snapshot good. */
	taker->sick = 0;
	taker->kept[0] = (struct hd_taken){.lsn = 300, .number = 1, .rotten = true};
	taker->kept[1] = (struct hd_taken){.lsn = 200, .number = 1, .rotten = true};
	heal(rig, 2);
	end(rig);
}

/* One that fails is not tried again at once. */
static void
healing_waits_after_a_failure(void **state)
{
	(void)state;
	struct rig *rig = begin_healthy();
	hear(rig, HD_CHECK_SNAPSHOT, rig->shard->taker.kept[1].lsn);
	rig_append(rig, 10);
	rig->disk.rule = (struct fake_rule){FAKE_CALL_OPEN, ".tmp", 0, 1, -ENOSPC};
	rig_settle(rig);
	rig_ask(rig);
	assert_int_equal(dropped(rig), 1);
	for (uint32_t i = 0; i < HEAL_MS / 2; i += 100) {
		rig->disk.now += 100 * MS;
		rig_ask(rig);
		rig_take(rig);
		assert_int_equal(rig->shard->taker.state, HD_TAKER_IDLE);
	}
	rig->disk.now += HEAL_MS * (int64_t)MS;
	rig_ask(rig);
	rig_settle(rig);
	assert_false(rig->shard->taker.heal);
	end(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_damaged_snapshot_is_replaced),
		cmocka_unit_test(with_both_damaged_two_are_taken),
		cmocka_unit_test(the_same_snapshot_again),
		cmocka_unit_test(with_one_snapshot_any_damage_counts),
		cmocka_unit_test(damage_in_the_log),
		cmocka_unit_test(healing_waits_after_a_failure),
	};
	return cmocka_run_group_tests(tests, make_story, end_story);
}
