/* Bytes into requests and replies into bytes: every split, bad inputs by table, random bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/resp/request.h"
#include "net/resp/write.h"
#include "tests/lib/lib.h"

static struct hd_request request, again;

/* Reads from a copy that ends exactly where the bytes end, so that a sanitizer sees one byte more.
 */
static enum hd_request_state
read_exactly(const void *at, size_t size, struct hd_request *to)
{
	static uint8_t *copy;
	free(copy);
	copy = malloc(size ? size : 1);
	if (size)
		memcpy(copy, at, size);
	return hd_request_read(hd_bytes_of(copy, size), to);
}

static void
expect_words(const char *bytes, const char *const *words)
{
	assert_int_equal(read_exactly(bytes, strlen(bytes), &request), HD_REQUEST_WHOLE);
	assert_int_equal(request.used, strlen(bytes));
	uint32_t count = 0;
	for (; words[count]; count++) {
		assert_true(count < request.count);
		assert_true(hd_bytes_equal(request.words[count], hd_bytes_str(words[count])));
	}
	assert_int_equal(request.count, count);
}

static void
words_of_arrays_and_lines(void **state)
{
	(void)state;
	expect_words("*1\r\n$4\r\nPING\r\n", (const char *[]){"PING", NULL});
	expect_words("*3\r\n$4\r\nECHO\r\n$0\r\n\r\n$3\r\na\nb\r\n",
		     (const char *[]){"ECHO", "", "a\nb", NULL});
	expect_words("*0\r\n", (const char *[]){NULL});
	expect_words("*-1\r\n", (const char *[]){NULL});
	expect_words("\r\n", (const char *[]){NULL});
	expect_words("\n", (const char *[]){NULL});
	expect_words("PING\n", (const char *[]){"PING", NULL});
	expect_words("  HUNT.AWARD \t a  b 5\r\n",
		     (const char *[]){"HUNT.AWARD", "a", "b", "5", NULL});
	expect_words("ECHO \"a b\\n\\x41\\\"\" 'it\\'s'\r\n",
		     (const char *[]){"ECHO", "a b\nA\"", "it's", NULL});
	expect_words("ECHO \"\" ''\r\n", (const char *[]){"ECHO", "", "", NULL});
}

static void
every_cut_is_unfinished_and_the_whole_is_read(void **state)
{
	(void)state;
	static const char *const inputs[] = {
		"*4\r\n$10\r\nHUNT.AWARD\r\n$5\r\nalice\r\n$3\r\nbay\r\n$2\r\n10\r\n",
		"*2\r\n$4\r\nECHO\r\n$12\r\n*1\r\n$4\r\nPING\r\n",
		"*-1\r\n",
		"ECHO \"quoted \\x41 word\" 'and \\' this'\r\n",
		"PING\n",
	};
	for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
		size_t size = strlen(inputs[i]);
		for (size_t cut = 0; cut < size; cut++)
			assert_int_equal(read_exactly(inputs[i], cut, &request),
					 HD_REQUEST_UNFINISHED);
		assert_int_equal(read_exactly(inputs[i], size, &request), HD_REQUEST_WHOLE);
		assert_int_equal(request.used, size);
	}
}

static void
what_follows_is_left_alone(void **state)
{
	(void)state;
	static const char two[] = "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n";
	assert_int_equal(read_exactly(two, sizeof two - 1, &request), HD_REQUEST_WHOLE);
	assert_int_equal(request.used, 14);
	assert_int_equal(read_exactly(two + 14, sizeof two - 15, &request), HD_REQUEST_WHOLE);
	assert_memory_equal(request.words[0].at, "QUIT", 4);
}

static void
bad_inputs_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		enum hd_request_state state;
		const char *message;
	} rows[] = {
		{"*1025\r\n", HD_REQUEST_INVALID, "invalid multibulk length"},
		{"*99999999999999999999", HD_REQUEST_INVALID, "invalid multibulk length"},
		{"*-2\r\n", HD_REQUEST_INVALID, "invalid multibulk length"},
		{"*\r\n", HD_REQUEST_INVALID, "invalid multibulk length"},
		{"*1x", HD_REQUEST_INVALID, "invalid multibulk length"},
		{"*+1\r\n", HD_REQUEST_INVALID, "invalid multibulk length"},
		{"*1\n$4\r\nPING\r\n", HD_REQUEST_INVALID, "invalid multibulk length"},
		{"*1\r\n:4\r\n", HD_REQUEST_INVALID, "expected '$'"},
		{"*1\r\n$524289", HD_REQUEST_INVALID, "invalid bulk length"},
		{"*1\r\n$-1\r\n", HD_REQUEST_INVALID, "invalid bulk length"},
		{"*1\r\n$\r\n", HD_REQUEST_INVALID, "invalid bulk length"},
		{"*1\r\n$4\r\nPINGxx", HD_REQUEST_INVALID, "expected CRLF after a bulk"},
		{"ECHO \"open\r\n", HD_REQUEST_INVALID, "unbalanced quotes in request"},
		{"ECHO \"a\"b\r\n", HD_REQUEST_INVALID, "unbalanced quotes in request"},
		{"POST / HTTP/1.1\r\n", HD_REQUEST_FOREIGN, NULL},
		{"GET / HTTP/1.1\r\n", HD_REQUEST_FOREIGN, NULL},
		{"Host: huntd\r\n", HD_REQUEST_FOREIGN, NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(read_exactly(rows[i].bytes, strlen(rows[i].bytes), &request),
				 rows[i].state);
		if (rows[i].message)
			assert_string_equal(request.message, rows[i].message);
	}
}

static void
limits_hold_before_the_bytes_come(void **state)
{
	(void)state;
	static uint8_t line[HD_INLINE_MAX + 8];
	memset(line, 'a', sizeof line);
	assert_int_equal(read_exactly(line, HD_INLINE_MAX, &request), HD_REQUEST_UNFINISHED);
	assert_int_equal(read_exactly(line, HD_INLINE_MAX + 1, &request), HD_REQUEST_INVALID);
	line[HD_INLINE_MAX - 1] = '\n';
	assert_int_equal(read_exactly(line, HD_INLINE_MAX, &request), HD_REQUEST_WHOLE);

	/* Two bulks of the largest size fill a request; a third is refused by its length. */
	size_t size = 0, room = HD_REQUEST_MAX + 256;
	uint8_t *bytes = malloc(room);
	size += (size_t)snprintf((char *)bytes, room, "*3\r\n");
	for (int i = 0; i < 2; i++) {
		size += (size_t)snprintf((char *)bytes + size, 32, "$%u\r\n", HD_BULK_MAX);
		memset(bytes + size, 'x', HD_BULK_MAX);
		size += HD_BULK_MAX;
		memcpy(bytes + size, "\r\n", 2);
		size += 2;
	}
	assert_int_equal(read_exactly(bytes, size, &request), HD_REQUEST_UNFINISHED);
	memcpy(bytes + size, "$1\r\n", 4);
	assert_int_equal(read_exactly(bytes, size + 4, &request), HD_REQUEST_INVALID);
	free(bytes);
}

/* Pieces that look like the protocol, in random order, with random bytes between: never past the
 * end (the sanitizer's), the same answer twice, and never more used than given. */
static void
random_bytes_never_break_it(void **state)
{
	(void)state;
	static const char *const pieces[] = {"*",
					     "$",
					     "\r\n",
					     "1",
					     "3",
					     "0",
					     "-1",
					     "PING",
					     "\"",
					     "'",
					     "\\x4",
					     " ",
					     "*2\r\n$4\r\nECHO\r\n",
					     "\n"};
	uint64_t seed = 42;
	for (int round = 0; round < 200000; round++) {
		uint8_t bytes[96];
		uint32_t size = 0, want = (uint32_t)(hd_test_random(&seed) % 64);
		while (size < want) {
			uint64_t r = hd_test_random(&seed);
			const char *piece = pieces[r % (sizeof pieces / sizeof pieces[0])];
			if (r >> 60 == 0)
				bytes[size++] = (uint8_t)(r >> 32);
			else
				for (; *piece; piece++)
					bytes[size++] = (uint8_t)*piece;
		}
		enum hd_request_state first = read_exactly(bytes, size, &request);
		assert_true(request.used <= size);
		if (first == HD_REQUEST_WHOLE)
			assert_true(request.used > 0);
		else
			assert_int_equal(request.used, 0);
		assert_int_equal(read_exactly(bytes, size, &again), first);
		assert_int_equal(again.count, request.count);
	}
}

/* Replies. */

static void
expect_reply(const struct hd_reply *reply, uint32_t protocol, const char *bytes)
{
	uint8_t to[1024];
	uint32_t size = 0;
	assert_true(hd_resp_reply(to, sizeof to, protocol, reply, &size));
	if (size != strlen(bytes) || memcmp(to, bytes, size) != 0)
		fail_msg("got %.*s, want %s", (int)size, (char *)to, bytes);
}

static void
replies_in_both_protocols(void **state)
{
	(void)state;
	struct hd_reply reply = {.kind = HD_REPLY_OUTCOME,
				 .outcome = HD_OUTCOME_APPLIED,
				 .points = 10,
				 .score = -120};
	expect_reply(&reply, 2, "*4\r\n$7\r\napplied\r\n:10\r\n:-120\r\n$0\r\n\r\n");
	reply.outcome = HD_OUTCOME_EXHAUSTED;
	reply.number = true;
	reply.detail_number = 100000;
	expect_reply(&reply, 3, "*4\r\n$9\r\nexhausted\r\n:10\r\n:-120\r\n$6\r\n100000\r\n");
	reply = (struct hd_reply){.kind = HD_REPLY_ERROR, .error = HD_ERR_NOHUNT};
	expect_reply(&reply, 2, "-NOHUNT no such hunt\r\n");
	reply.detail = HD_BYTES("a\r\n-ERR b\x7f");
	expect_reply(&reply, 2, "-NOHUNT a  -ERR b \r\n");
	reply = (struct hd_reply){.kind = HD_REPLY_STATUS, .detail = HD_BYTES("O\nK")};
	expect_reply(&reply, 2, "+O K\r\n");
	reply = (struct hd_reply){.kind = HD_REPLY_NIL};
	expect_reply(&reply, 2, "*-1\r\n");
	expect_reply(&reply, 3, "_\r\n");
	reply = (struct hd_reply){.kind = HD_REPLY_TEXT, .detail = HD_BYTES("x\r\ny")};
	expect_reply(&reply, 3, "$4\r\nx\r\ny\r\n");
}

static void
every_integer_is_exact(void **state)
{
	(void)state;
	uint64_t seed = 7;
	for (int i = 0; i < 100000; i++) {
		int64_t value = (int64_t)(hd_test_random(&seed) >> (hd_test_random(&seed) % 64));
		value = i == 0   ? INT64_MIN
			: i == 1 ? INT64_MAX
			: i == 2 ? 0
			: i % 2  ? value
				 : -value;
		char want[32];
		snprintf(want, sizeof want, ":%lld\r\n", (long long)value);
		struct hd_reply reply = {.kind = HD_REPLY_INTEGER, .points = value};
		expect_reply(&reply, 2, want);
	}
}

static void
trees_in_both_protocols(void **state)
{
	(void)state;
	uint8_t tree[256];
	struct hd_writer w = hd_writer_of(tree, sizeof tree);
	hd_value_map(&w, 2);
	hd_value_text(&w, "rows");
	hd_value_array(&w, 3);
	hd_value_int(&w, -5);
	hd_value_nil(&w);
	hd_value_array(&w, 0);
	hd_value_simple(&w, "s\r\n");
	hd_value_map(&w, 0);
	struct hd_reply reply = {.kind = HD_REPLY_VALUE,
				 .detail = hd_bytes_of(tree, (size_t)(w.at - tree))};
	expect_reply(&reply, 2, "*4\r\n$4\r\nrows\r\n*3\r\n:-5\r\n$-1\r\n*0\r\n+s  \r\n*0\r\n");
	expect_reply(&reply, 3, "%2\r\n$4\r\nrows\r\n*3\r\n:-5\r\n_\r\n*0\r\n+s  \r\n%0\r\n");
	uint8_t small[40];
	uint32_t size;
	for (size_t room = 0; room < sizeof small; room++)
		assert_false(hd_resp_reply(small, room, 2, &reply, &size));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_arrays_and_lines),
		cmocka_unit_test(every_cut_is_unfinished_and_the_whole_is_read),
		cmocka_unit_test(what_follows_is_left_alone),
		cmocka_unit_test(bad_inputs_are_refused),
		cmocka_unit_test(limits_hold_before_the_bytes_come),
		cmocka_unit_test(random_bytes_never_break_it),
		cmocka_unit_test(replies_in_both_protocols),
		cmocka_unit_test(every_integer_is_exact),
		cmocka_unit_test(trees_in_both_protocols),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
