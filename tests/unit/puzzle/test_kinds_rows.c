/* The row of every kind: names, tiers, versions, params. */
#include "tests/unit/puzzle/kinds_world.h"

#include "core/puzzle/kinds.h"

static bool
is_name(const char *name)
{
	return strlen(name) > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz") == strlen(name);
}

static void
row_is_sane(const struct hd_puzzle_kind *kind)
{
	uint32_t numbers = 1;
	assert_true(is_name(kind->name) && strlen(kind->about) > 0);
	assert_true(kind->tiers_count >= 3 && kind->tiers_count <= HD_PUZZLE_TIERS_MAX);
	for (uint32_t t = 0; t < kind->tiers_count; t++)
		assert_true(is_name(kind->tiers[t]));
	assert_true(kind->levels[0] < kind->levels[1] && kind->levels[1] < kind->levels[2]);
	assert_true(kind->levels[2] < kind->tiers_count && kind->algorithm > 0);
	assert_int_equal(kind->digits == 0, kind->around_answer);
	assert_int_equal(kind->answer_of != NULL, kind->around_answer);
	assert_int_equal(kind->digits_of != NULL, !kind->around_answer);
	assert_int_equal(kind->digit != NULL, !kind->around_answer);
	assert_true(kind->digits <= HD_PUZZLE_DIGITS_MAX);
	for (uint32_t i = 0; i < kind->digits; i++)
		numbers *= kind->base;
	assert_true(kind->around_answer || numbers >= 26);
	assert_true(kind->forms >> HD_PUZZLE_FORM_COUNT == 0);
	assert_int_equal(kind->forms != 0, kind->form_read != NULL);
	assert_int_equal(kind->forms != 0, kind->form_write != NULL);
}

static void
rows_are_sane(void **state)
{
	(void)state;
	for (uint32_t k = 0; hd_puzzle_kinds[k] != NULL; k++) {
		const struct hd_puzzle_kind *kind = hd_puzzle_kinds[k];
		row_is_sane(kind);
		assert_ptr_equal(hd_puzzle_kind_of(hd_bytes_str(kind->name), kind->algorithm),
				 kind);
		assert_non_null(hd_puzzle_kind(hd_bytes_str(kind->name)));
		assert_int_equal(hd_puzzle_kind_number(kind), k);
	}
	assert_null(hd_puzzle_kind(HD_BYTES("sudoko")));
	assert_null(hd_puzzle_kind(HD_BYTES("")));
	assert_null(hd_puzzle_kind_of(HD_BYTES("sudoku"), 0));
	assert_null(hd_puzzle_kind_of(HD_BYTES("sudoku"), UINT16_MAX));
}

/* Rows as they may stand one day: old versions are found by their number, the newest by its name,
 * wherever it stands. */
static void
a_kind_may_have_several_versions(void **state)
{
	static const struct hd_puzzle_kind one = {.name = "towers", .algorithm = 1},
					   other = {.name = "bridges", .algorithm = 2},
					   three = {.name = "towers", .algorithm = 3},
					   two = {.name = "towers", .algorithm = 2};
	static const struct hd_puzzle_kind *const rows[] = {&one, &other, &three, &two, NULL};
	(void)state;
	assert_ptr_equal(hd_puzzle_kinds_newest(rows, HD_BYTES("towers")), &three);
	assert_ptr_equal(hd_puzzle_kinds_newest(rows, HD_BYTES("bridges")), &other);
	assert_null(hd_puzzle_kinds_newest(rows, HD_BYTES("tower")));
	assert_ptr_equal(hd_puzzle_kinds_of(rows, HD_BYTES("towers"), 1), &one);
	assert_ptr_equal(hd_puzzle_kinds_of(rows, HD_BYTES("towers"), 2), &two);
	assert_ptr_equal(hd_puzzle_kinds_of(rows, HD_BYTES("towers"), 3), &three);
	assert_ptr_equal(hd_puzzle_kinds_of(rows, HD_BYTES("bridges"), 2), &other);
	assert_null(hd_puzzle_kinds_of(rows, HD_BYTES("bridges"), 1));
	assert_null(hd_puzzle_kinds_of(rows, HD_BYTES("towers"), 4));
}

static void
tiers_have_names_and_levels(void **state)
{
	(void)state;
	for (uint32_t k = 0; hd_puzzle_kinds[k] != NULL; k++) {
		const struct hd_puzzle_kind *kind = hd_puzzle_kinds[k];
		uint8_t tier, easy, hard;
		for (uint8_t t = 0; t < kind->tiers_count; t++) {
			assert_true(hd_puzzle_tier(kind, hd_bytes_str(kind->tiers[t]), &tier));
			assert_int_equal(tier, t);
		}
		assert_true(hd_puzzle_tier(kind, HD_BYTES("easy"), &easy));
		assert_true(hd_puzzle_tier(kind, HD_BYTES("hard"), &hard));
		assert_true(easy < hard);
		assert_false(hd_puzzle_tier(kind, HD_BYTES("impossible"), &tier));
	}
}

static void
params_read_as_they_are_written(void **state)
{
	(void)state;
	for (uint32_t k = 0; hd_puzzle_kinds[k] != NULL; k++) {
		const struct hd_puzzle_kind *kind = hd_puzzle_kinds[k];
		struct hd_puzzle_params params;
		static const char *const bad[] = {
			"",     "x",      "0",        "0x0",          "99999x99999", "3x",
			"-5x5", "15x15 ", "7x7c7x7c", "4294967301x5", "\xff"};
		const char *text;
		for (uint32_t p = 0; (text = sample_of(kind, p).params); p++) {
			uint8_t bytes[64];
			struct hd_writer out = hd_writer_of(bytes, sizeof(bytes));
			assert_null(kind->params_read(hd_bytes_str(text), &params));
			kind->params_write(&params, &out);
			assert_true(hd_bytes_equal(hd_bytes_of(bytes, (size_t)(out.at - bytes)),
						   hd_bytes_str(text)));
			assert_true(params.width * (params.height ? params.height : 1u) <=
				    HD_PUZZLE_CELLS_MAX);
		}
		for (uint32_t b = 0; b < sizeof(bad) / sizeof(bad[0]); b++)
			assert_non_null(kind->params_read(hd_bytes_str(bad[b]), &params));
		assert_null(kind->params_read(hd_bytes_str(kind->defaults), &params));
		for (uint8_t t = 0; t < kind->tiers_count; t++)
			assert_null(kind->params_deny(&params, t));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sane),
		cmocka_unit_test(a_kind_may_have_several_versions),
		cmocka_unit_test(tiers_have_names_and_levels),
		cmocka_unit_test(params_read_as_they_are_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
