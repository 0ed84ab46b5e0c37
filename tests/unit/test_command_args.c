/* Words into commands: what is taken, what is refused, and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "huntd/ids.h"
#include "net/resp/args.h"
#include "net/resp/write.h"
#include "tests/lib/lib.h"

static struct hd_request request;
static struct hd_command command;
static struct hd_args_fault fault;
static struct hd_verbs verbs;

static bool
parse(const char *line)
{
	static char bytes[4096];
	int size = snprintf(bytes, sizeof bytes, "%s\n", line);
	assert_int_equal(hd_request_read(hd_bytes_of(bytes, (size_t)size), &request),
			 HD_REQUEST_WHOLE);
	enum hd_verb verb = hd_verbs_find(&verbs, request.words[0]);
	assert_int_not_equal(verb, HD_CMD_COUNT_);
	return hd_args_read(verb, &request, &command, &fault);
}

static void
expect_fault(const char *line, enum hd_error error, const char *text)
{
	if (parse(line))
		fail_msg("taken: %s", line);
	if (fault.error != error)
		fail_msg("%s: error %d, want %d", line, fault.error, error);
	if (text && !strstr(fault.text, text))
		fail_msg("%s: '%s' lacks '%s'", line, fault.text, text);
}

static void
expect_bytes(struct hd_bytes got, const char *want)
{
	assert_int_equal(got.size, strlen(want));
	assert_memory_equal(got.at, want, got.size);
}

static void
every_command_is_found_in_any_case(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++) {
		char name[32];
		snprintf(name, sizeof name, "%s", hd_command_rows[i].name);
		for (char *c = name; *c; c += 2)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
		assert_int_equal(hd_verbs_find(&verbs, hd_bytes_str(name)), i);
	}
	static const char *const others[] = {
		"", "P", "PIN", "PINGS", "HUNT.AWARDS", "XUNT.AWARD", "HUNT\016AWARD", "\020ING"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_int_equal(hd_verbs_find(&verbs, hd_bytes_str(others[i])), HD_CMD_COUNT_);
}

static void
a_mistyped_name_is_told_the_nearest(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{"HUNT.AWRD", "did you mean HUNT.AWARD?"},
		{"AWARD", "did you mean HUNT.AWARD?"},
		{"board.tpo", "did you mean BOARD.TOP?"},
		{"PONG", "did you mean PING?"},
		{"MULTI", "every command of huntd is atomic"},
		{"CLUSTER", "cluster support disabled"},
	};
	char text[160];
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		hd_verbs_unknown(hd_bytes_str(rows[i][0]), text, sizeof text);
		if (!strstr(text, rows[i][1]))
			fail_msg("%s: %s", rows[i][0], text);
	}
	hd_verbs_unknown(HD_BYTES("ZREVRANGEBYSCORE"), text, sizeof text);
	assert_string_equal(text, "unknown command 'ZREVRANGEBYSCORE'");
}

static void
award_takes_options_in_any_order(void **state)
{
	(void)state;
	assert_true(parse("hunt.award alice bay +0010"));
	assert_int_equal(command.verb, HD_CMD_AWARD);
	assert_int_equal(command.points, 10);
	assert_int_equal(command.given, 0);
	assert_int_equal(command.op, HD_OP_INCR);
	assert_int_equal(command.slot, hd_slot(HD_BYTES("alice")));
	assert_true(parse("HUNT.AWARD a b -5 id retry-1 REASON \"fair play\" op best SUB -7 at "
			  "1700000000000.25"));
	assert_int_equal(command.given, HD_GIVEN_ID | HD_GIVEN_REASON | HD_GIVEN_SUB | HD_GIVEN_AT);
	assert_int_equal(command.op, HD_OP_BEST);
	assert_int_equal(command.points, -5);
	assert_int_equal(command.sub, -7);
	assert_int_equal(command.at, 1700000000000250000);
	expect_bytes(command.id, "retry-1");
	expect_bytes(command.text, "fair play");
	expect_bytes(command.entrant, "a");
	expect_bytes(command.hunt, "b");
}

static void
integers_are_i64_in_decimal(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		bool taken;
		int64_t value;
	} rows[] = {
		{"0", true, 0},
		{"-0", true, 0},
		{"+7", true, 7},
		{"000000000000000000000000012", true, 12},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"-9223372036854775809", false, 0},
		{"99999999999999999999", false, 0},
		{"", false, 0},
		{"-", false, 0},
		{"+", false, 0},
		{"1.0", false, 0},
		{" 1", false, 0},
		{"1e3", false, 0},
		{"--1", false, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t value = 0;
		assert_int_equal(hd_args_integer(hd_bytes_str(rows[i].word), &value),
				 rows[i].taken);
		if (rows[i].taken)
			assert_int_equal(value, rows[i].value);
	}
	uint64_t seed = 3;
	for (int i = 0; i < 100000; i++) {
		int64_t value = (int64_t)(hd_test_random(&seed) >> (hd_test_random(&seed) % 64)),
			back;
		uint8_t digits[20];
		assert_true(hd_args_integer(
			hd_bytes_of(digits, (size_t)(hd_resp_decimal(digits, value) - digits)),
			&back));
		assert_int_equal(back, value);
	}
}

static void
other_commands_find_their_fields(void **state)
{
	(void)state;
	assert_true(parse("HUNT.SUBMIT alice bay chest X7-KRAKEN BY bob"));
	expect_bytes(command.challenge, "chest");
	expect_bytes(command.text, "X7-KRAKEN");
	expect_bytes(command.by, "bob");
	assert_true(parse("HUNT.JOIN alice bay BRACKET rookie NAME \"Alice of \xc3\x85land\""));
	expect_bytes(command.board, "rookie");
	assert_true(parse("BOARD.TOP bay"));
	assert_int_equal(command.count, HD_ROWS_DEFAULT);
	assert_int_equal(command.given, 0);
	assert_true(parse("BOARD.TOP bay OFFSET 7 COUNT 1000 MODE Dense VIEW tick BOARD today"));
	assert_int_equal(command.count, 1000);
	assert_int_equal(command.offset, 7);
	assert_int_equal(command.mode, HD_MODE_DENSE);
	assert_int_equal(command.view, HD_VIEW_TICK);
	expect_bytes(command.board, "today");
	assert_true(parse("BOARD.RANK bay alice"));
	expect_bytes(command.hunt, "bay");
	expect_bytes(command.entrant, "alice");
	assert_int_equal(command.slot, hd_slot(HD_BYTES("bay")));
	assert_true(parse("BOARD.COUNT bay"));
	assert_int_equal(command.points, INT64_MIN);
	assert_int_equal(command.sub, INT64_MAX);
	assert_true(parse("VELTRIX.DIFF bay 3"));
	assert_int_equal(command.count, 3);
	assert_int_equal(command.offset, 0);
	assert_true(parse("VELTRIX.DIFF bay 3 4"));
	assert_int_equal(command.offset, 4);
	assert_true(parse("VELTRIX.PUT bay \"hunt: bay\" IF 2"));
	expect_bytes(command.text, "hunt: bay");
	assert_int_equal(command.offset, 2);
	assert_int_equal(command.given, HD_GIVEN_IF);
}

static void
faults_name_what_is_wrong(void **state)
{
	(void)state;
	expect_fault("HUNT.AWARD a b", HD_ERR_ARITY, "usage: HUNT.AWARD entrant hunt points");
	expect_fault("HUNT.PROGRESS a b c", HD_ERR_ARITY, "usage: HUNT.PROGRESS entrant hunt");
	expect_fault("HUNT.AWARD a b 1 FOO 2", HD_ERR_SYNTAX, "'FOO'");
	expect_fault("HUNT.AWARD a b 1 BOARD main", HD_ERR_SYNTAX, "'BOARD'");
	expect_fault("HUNT.AWARD a b 1 ID", HD_ERR_SYNTAX, "no value after 'ID'");
	expect_fault("HUNT.AWARD a b 1 ID x ID y", HD_ERR_SYNTAX, "given twice: 'ID'");
	expect_fault("HUNT.AWARD a b 1 OP MUL", HD_ERR_SYNTAX, "not 'MUL'");
	expect_fault("HUNT.AWARD a b 1.5", HD_ERR_NOT_INTEGER, NULL);
	expect_fault("HUNT.AWARD a b 1 ID \"\"", HD_ERR_BAD_ID, NULL);
	expect_fault("HUNT.AWARD \"a b\" c 1", HD_ERR_BAD_ID, NULL);
	expect_fault("HUNT.AWARD 12345678\x7f"
		     "9 c 1",
		     HD_ERR_BAD_ID, NULL);
	expect_fault("HUNT.AWARD 12345678\xff"
		     "9 c 1",
		     HD_ERR_BAD_ID, NULL);
	expect_fault(
		"HUNT.AWARD aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12345 c 1",
		HD_ERR_BAD_ID, NULL);
	expect_fault("HUNT.AWARD a b 1 AT 12.1234567", HD_ERR_BAD_AT, NULL);
	expect_fault("HUNT.AWARD a b 1 AT 12.", HD_ERR_BAD_AT, NULL);
	expect_fault("HUNT.AWARD a b 1 AT -1", HD_ERR_BAD_AT, NULL);
	expect_fault("HUNT.AWARD a b 1 AT 12.3x", HD_ERR_BAD_AT, NULL);
	expect_fault("HUNT.AWARD a b 1 AT 9223372036855", HD_ERR_BAD_AT, NULL);
	expect_fault("BOARD.TOP b COUNT 0", HD_ERR_BAD_COUNT, NULL);
	expect_fault("BOARD.TOP b COUNT 1001", HD_ERR_BAD_COUNT, NULL);
	expect_fault("BOARD.TOP b COUNT 4294967297", HD_ERR_BAD_COUNT, NULL);
	expect_fault("BOARD.TOP b COUNT ten", HD_ERR_NOT_INTEGER, NULL);
	expect_fault("BOARD.TOP b OFFSET -1", HD_ERR_NOT_INTEGER, NULL);
	expect_fault("BOARD.RANK b a VIEW tick", HD_ERR_SYNTAX, "VIEW");
	expect_fault("HUNT.JOIN a b NAME \"x\\x01\"", HD_ERR_BAD_NAME, NULL);
	expect_fault("HUNT.JOIN a b NAME \"\\xc3\"", HD_ERR_BAD_NAME, NULL);
	expect_fault("HUNT.CHECKIN a b c 1 2", HD_ERR_UNSUPPORTED, NULL);
}

/* Ids that pass the short cut must pass the whole rule, and the other way round. */
static void
the_short_cut_for_ids_is_the_rule(void **state)
{
	(void)state;
	uint64_t seed = 9;
	static const uint8_t edges[] = {0x20, 0x21, 0x7e, 0x7f, 0x80, 0xc2, 0xa0, 0xa1, 0xff, 0x00};
	for (int i = 0; i < 200000; i++) {
		uint8_t id[24];
		uint32_t size = 1 + (uint32_t)(hd_test_random(&seed) % sizeof id);
		for (uint32_t k = 0; k < size; k++)
			id[k] = (uint8_t)('a' + hd_test_random(&seed) % 26);
		for (uint64_t n = hd_test_random(&seed) % 3; n; n--)
			id[hd_test_random(&seed) % size] =
				edges[hd_test_random(&seed) % sizeof edges];
		request.count = 3;
		request.words[0] = HD_BYTES("HUNT.PROGRESS");
		request.words[1] = hd_bytes_of(id, size);
		request.words[2] = HD_BYTES("bay");
		assert_int_equal(hd_args_read(HD_CMD_PROGRESS, &request, &command, &fault),
				 hd_id_valid(request.words[1]));
	}
}

int
main(void)
{
	hd_verbs_init(&verbs);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_found_in_any_case),
		cmocka_unit_test(a_mistyped_name_is_told_the_nearest),
		cmocka_unit_test(award_takes_options_in_any_order),
		cmocka_unit_test(integers_are_i64_in_decimal),
		cmocka_unit_test(other_commands_find_their_fields),
		cmocka_unit_test(faults_name_what_is_wrong),
		cmocka_unit_test(the_short_cut_for_ids_is_the_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
