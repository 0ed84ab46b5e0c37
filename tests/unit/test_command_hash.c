/* A retry is known by the hash of its arguments: all of them count, what means the same hashes the
 * same. */
#include "huntd/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool
same_hash(const struct hd_command *a, const struct hd_command *b)
{
	static const uint8_t key[16] = "sixteen byte key";
	uint8_t x[16], y[16];
	hd_command_args_hash(key, a, x);
	hd_command_args_hash(key, b, y);
	return memcmp(x, y, sizeof(x)) == 0;
}

static void
a_retry_matches_with_the_same_arguments_only(void **state)
{
	(void)state;
	struct hd_command first = {.verb = HD_CMD_AWARD,
				   .given = HD_GIVEN_ID,
				   .points = 5,
				   .entrant = HD_BYTES("ann"),
				   .hunt = HD_BYTES("bay"),
				   .id = HD_BYTES("1")},
			  retry = first;
	retry.id = HD_BYTES("2");
	assert_true(same_hash(&first, &retry));
	retry.given |= HD_GIVEN_SUB | HD_GIVEN_REASON; /* SUB 0, an empty REASON */
	retry.slot = 77;
	retry.hint = 5;
	assert_true(same_hash(&first, &retry));
#define DIFFERS(change)                                                                            \
	do {                                                                                       \
		struct hd_command other = first;                                                   \
		change;                                                                            \
		assert_false(same_hash(&first, &other));                                           \
	} while (0)
	DIFFERS(other.verb = HD_CMD_HINT);
	DIFFERS(other.points = 6);
	DIFFERS(other.sub = 1);
	DIFFERS(other.op = HD_OP_SET);
	DIFFERS(other.given |= HD_GIVEN_AT); /* AT 0 */
	DIFFERS(other.at = 1);
	DIFFERS(other.by = HD_BYTES("bob"));
	DIFFERS(other.hunt = HD_BYTES("bax"));
	DIFFERS(other.entrant = HD_BYTES("bob"));
	DIFFERS(other.text = HD_BYTES("for style"));
	DIFFERS(other.challenge = HD_BYTES("map"));
	DIFFERS(other.board = HD_BYTES("rookie"));
	DIFFERS(other.count = 1);
	first.challenge = HD_BYTES("ab");
	first.text = HD_BYTES("c");
	DIFFERS((other.challenge = HD_BYTES("a"), other.text = HD_BYTES("bc")));
#undef DIFFERS
}

static void
arguments_of_any_length_are_hashed_whole(void **state)
{
	(void)state;
	static uint8_t text[2][HD_BULK_MAX];
	static const uint32_t sizes[] = {256, 257, 4096, HD_BULK_MAX};
	for (size_t i = 0; i < 4; i++) {
		struct hd_command a = {.verb = HD_CMD_SUBMIT, .text = {text[0], sizes[i]}}, b = a;
		b.text.at = text[1];
		assert_true(same_hash(&a, &b));
		text[1][sizes[i] - 1] = 1;
		assert_false(same_hash(&a, &b));
		text[1][sizes[i] - 1] = 0;
		b.text.size--;
		assert_false(same_hash(&a, &b));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_retry_matches_with_the_same_arguments_only),
		cmocka_unit_test(arguments_of_any_length_are_hashed_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
