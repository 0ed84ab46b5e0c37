/* Treasures and points by order in a document: what becomes of them, and what a new version may not
 * change. (bad_documents.txt has what no version may say.) */
#include <stdio.h>

#include "tests/unit/veltrix/veltrix_world.h"

/* A treasure has a stock; points by order may be an ordinary challenge's too. */
static void
test_treasures(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct put *one = put_good(
		"hunt: bay\nchallenges:\n"
		"  - {id: chest, kind: treasure, stock: 3, points: [300, 200, 350], answers: [X]}\n"
		"  - {id: purse, kind: treasure, stock: 1000000000, points: 5, answers: [X]}\n"
		"  - {id: race, points: [9, 8], answers: [X]}\n"
		"  - {id: plain, points: [7], answers: [X]}\n",
		(struct hd_bytes){0}, 1);
	static const struct {
		uint8_t kind;
		bool shared;
		uint32_t count;
		int64_t max;
		uint64_t stock;
	} is[] = {{HD_CHALLENGE_TREASURE, true, 3, 350, 3},
		  {HD_CHALLENGE_TREASURE, true, 1, 5, 1000000000},
		  {HD_CHALLENGE_ANSWER, true, 2, 9, 0},
		  {HD_CHALLENGE_ANSWER, false, 1, 7, 0}};
	struct hd_definition *d = hd_definition_decode(&memory, one->encoded, secret);
	assert_non_null(d);
	for (uint32_t i = 0; i < 4; i++) {
		const struct hd_challenge *c = &d->challenges[i];
		assert_int_equal(c->kind, is[i].kind);
		assert_int_equal(hd_challenge_is_shared(c), is[i].shared);
		assert_int_equal(c->points_count, is[i].count);
		assert_int_equal(c->points_max, is[i].max);
		assert_int_equal(c->stock, is[i].stock);
	}
	assert_int_equal(d->challenges[0].points[1], 200);
	hd_definition_destroy(&memory, d);
	free(one);
}

/* People have played by a challenge's kind and by how its points go: they stay, also for what was
 * gone for a while. Stock and points themselves may change. */
static void
test_kinds_stay(void **state)
{
	(void)state;
	static const char first[] =
		"hunt: bay\nchallenges:\n"
		"  - {id: chest, kind: treasure, stock: 3, points: [300, 200], answers: [X]}\n"
		"  - {id: purse, kind: treasure, stock: 3, points: 5, answers: [X]}\n"
		"  - {id: race, points: [9, 8], answers: [X]}\n"
		"  - {id: plain, points: 7, answers: [X]}\n";
	static const char changed[] =
		"hunt: bay\nchallenges:\n"
		"  - {id: chest, kind: treasure, stock: 3, points: 300, answers: [X]}\n"
		"  - {id: purse, points: 5, answers: [X]}\n"
		"  - {id: race, points: [9], answers: [X]}\n"
		"  - {id: plain, kind: treasure, stock: 1, points: [7, 6], answers: [X]}\n";
	static const char refused[] =
		"challenges[0].points: points must stay by order, a list of 2 or more, as in "
		"earlier versions; use a new id\n"
		"challenges[1].kind: kind must stay treasure, as in earlier versions; use a new "
		"id\n"
		"challenges[2].points: points must stay by order, a list of 2 or more, as in "
		"earlier versions; use a new id\n"
		"challenges[3].kind: kind must stay left out, for fixed answers, as in earlier "
		"versions; use a new id\n"
		"challenges[3].points: points must stay fixed, one integer, as in earlier "
		"versions; use a new id\n";
	struct put *one = put_good(first, (struct hd_bytes){0}, 1);
	check_next(one->encoded, changed, refused);
	struct put *gone = put_good("hunt: bay\n", one->encoded, 2);
	check_next(gone->encoded, changed, refused);
	struct put *back = put_good(
		"hunt: bay\nchallenges:\n"
		"  - {id: purse, kind: treasure, stock: 1, points: 50, answers: [X]}\n"
		"  - {id: race, points: [1, 2, 3], answers: [X]}\n"
		"  - {id: chest, kind: treasure, stock: 9, points: [1, 2], answers: [X]}\n",
		gone->encoded, 3);
	free(one);
	free(gone);
	free(back);
}

static void
test_too_many_points(void **state)
{
	(void)state;
	char text[8192];
	for (uint32_t count = HD_POINTS_MAX; count <= HD_POINTS_MAX + 1; count++) {
		int used = snprintf(text, sizeof text,
				    "hunt: bay\nchallenges:\n  - {id: a, answers: [X], points: [");
		for (uint32_t i = 0; i < count; i++)
			used += snprintf(text + used, sizeof text - (size_t)used, "1, ");
		snprintf(text + used, sizeof text - (size_t)used, "]}\n");
		struct put *one = put(hd_bytes_str(text), (struct hd_bytes){0}, 1);
		assert_int_equal(one->good, count == HD_POINTS_MAX);
		if (!one->good)
			assert_non_null(strstr(one->faults.row[0].what, "; got a list of 1001"));
		free(one);
	}
}

/* What logs of the first format hold: one number of points a challenge, no count, no stock. */
static void
test_the_first_format_is_still_read(void **state)
{
	(void)state;
	static const uint8_t bytes[] =
		"\x01\x01\x03"
		"bay\x03"
		"Bay\x00\x00\x00"              /* format, version, id, title, rules */
		"\x00\x00\x00\x00\x00\x00\x00" /* hours, window, guesses, board_first */
		"\x01\x00\x04main\x00\x00"     /* boards */
		"\x02\x01\x00\x03old"          /* challenges: a gone one */
		"\x00\x00\x03map\x03Map\xc8\x01\x01\x04gold\x00\x00\x00";
	struct hd_memory memory = hd_test_memory();
	struct hd_bytes encoding = hd_bytes_of(bytes, sizeof bytes - 1);
	struct hd_definition *d = hd_definition_decode(&memory, encoding, secret);
	assert_non_null(d);
	assert_int_equal(d->challenges_count, 2);
	assert_true(d->challenges[0].gone);
	assert_int_equal(d->challenges[1].points_count, 1);
	assert_int_equal(d->challenges[1].points[0], 100);
	assert_int_equal(d->challenges[1].points_max, 100);
	assert_int_equal(d->challenges[1].stock, 0);
	assert_true(is_hash_of(&d->challenges[1].answers[0], "gold"));
	hd_definition_destroy(&memory, d);
	check_next(encoding, "hunt: bay\nchallenges: [{id: old, points: [2, 1], answers: [A]}]\n",
		   "challenges[0].points: points must stay fixed, one integer, as in earlier "
		   "versions; use a new id\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_treasures),
		cmocka_unit_test(test_kinds_stay),
		cmocka_unit_test(test_too_many_points),
		cmocka_unit_test(test_the_first_format_is_still_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
