/* Puzzles in a document: what is dealt by them, what a new version may not change, and what a
 * release says that lacks what an older log asks for. (bad_documents.txt has what no version may
 * say.) */
#include <stdio.h>

#include "huntd/error.h"
#include "huntd/event.h"
#include "huntd/log.h"
#include "huntd/order.h"
#include "tests/unit/veltrix/veltrix_world.h"

static const char puzzles[] =
	"hunt: bay\nnormalise: exact\nchallenges:\n"
	"  - {id: plain, points: 5, kind: puzzle, puzzle: {kind: sudoku}}\n"
	"  - {id: cross, points: [3, 2, 1], stock: 2, kind: puzzle,\n"
	"     puzzle: {kind: sudoku, tier: advanced, params: 3x3x}, hints: [{text: Look.}]}\n"
	"  - {id: own, points: 7, kind: puzzle, puzzle: {kind: nonogram, tier: line,\n"
	"     params: 20x10, phrases: [Zebra, 'pieces of eight', piecesofeigh, Ärger]}}\n";

static void
test_what_is_dealt(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct put *one = put_good(puzzles, (struct hd_bytes){0}, 1);
	struct hd_definition *d = hd_definition_decode(&memory, one->encoded, secret);
	assert_non_null(d);
	const struct hd_challenge *c = d->challenges;
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(c[i].kind, HD_CHALLENGE_DEALT);
		assert_int_equal(c[i].puzzle->algorithm, c[i].puzzle->spec.kind->algorithm);
	}
	const struct hd_puzzle_spec *spec = &c[0].puzzle->spec;
	assert_ptr_equal(spec->kind, hd_puzzle_kind(HD_BYTES("sudoku")));
	assert_int_equal(spec->tier, spec->kind->levels[1]);
	assert_int_equal(spec->params.width, 9);
	assert_int_equal(c[0].puzzle->phrases.version, HD_PHRASES_VERSION);
	assert_in_range(c[0].puzzle->phrases.count, 65536, 1000000);
	assert_int_equal(c[1].puzzle->spec.tier, 3);
	assert_int_equal(c[1].stock, 2);
	assert_int_equal(c[1].points_count, 3);
	assert_int_equal(c[1].hints_count, 1);
	assert_int_not_equal(c[1].puzzle->spec.params.variant, spec->params.variant);
	const struct hd_phrases *own = &c[2].puzzle->phrases;
	static const char *const sorted[] = {"ARGER", "PIECESOFEIGH", "PIECESOFEIGHT", "ZEBRA"};
	assert_int_equal(own->version, 0);
	assert_int_equal(own->count, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_text(own->own[i], sorted[i]);
	assert_int_equal(c[2].puzzle->spec.params.width, 20);
	assert_int_equal(c[2].puzzle->spec.params.height, 10);
	assert_int_equal(c[2].puzzle->spec.tier, 0);
	hd_definition_destroy(&memory, d);
	assert_int_equal(memory.used, 0);
	free(one);
}

/* The same in other words is the same; what is gone comes back as it was. */
static void
test_puzzles_live_on(void **state)
{
	(void)state;
	static const char again[] =
		"hunt: bay\nchallenges:\n"
		"  - {id: own, points: 9, kind: puzzle, title: Own, puzzle: {kind: nonogram,\n"
		"     tier: easy, params: 20x10, phrases: [arger, PIECES OF EIGH, zebra, Pieces "
		"Of\n"
		"     Eight]}}\n"
		"  - {id: plain, points: 5, kind: puzzle, puzzle: {kind: sudoku, tier: medium,\n"
		"     params: 3x3}}\n"
		"  - {id: cross, points: [3, 1], stock: 9, kind: puzzle,\n"
		"     puzzle: {kind: sudoku, tier: advanced, params: 3x3x}}\n";
	struct hd_memory memory = hd_test_memory();
	struct put *one = put_good(puzzles, (struct hd_bytes){0}, 1);
	struct put *gone = put_good("hunt: bay\n", one->encoded, 2);
	struct hd_definition *d = hd_definition_decode(&memory, gone->encoded, secret);
	assert_true(d->challenges[2].gone);
	assert_int_equal(d->challenges[2].puzzle->phrases.count, 4);
	assert_text(d->challenges[2].puzzle->phrases.own[3], "ZEBRA");
	hd_definition_destroy(&memory, d);
	struct put *back = put_good(again, gone->encoded, 3);
	d = hd_definition_decode(&memory, back->encoded, secret);
	assert_text(d->challenges[2].title, "Own");
	assert_int_equal(d->challenges[2].puzzle->phrases.count, 4);
	hd_definition_destroy(&memory, d);
	free(put_good(again, one->encoded, 2));
	free(one);
	free(gone);
	free(back);
}

/* People have been dealt what the first version said: it stays, also for what was gone. */
static void
test_puzzles_stay(void **state)
{
	(void)state;
	static const char changed[] =
		"hunt: bay\nchallenges:\n"
		"  - {id: plain, points: 5, stock: 3, kind: puzzle, puzzle: {kind: nonogram}}\n"
		"  - {id: cross, points: [3, 2], kind: puzzle,\n"
		"     puzzle: {kind: sudoku, tier: easy, phrases: [abcd]}}\n"
		"  - {id: own, points: 7, kind: puzzle, puzzle: {kind: nonogram, tier: line,\n"
		"     params: 20x10, phrases: [Zebra, 'pieces of eight', piecesofeigh]}}\n";
	static const char refused[] =
		"challenges[0].stock: stock must stay left out, as in earlier versions; use a new "
		"id\n"
		"challenges[0].puzzle.kind: kind must stay sudoku, as in earlier versions; use a "
		"new id\n"
		"challenges[1].stock: stock must stay an integer, as in earlier versions; use a "
		"new id\n"
		"challenges[1].puzzle.params: params must stay 3x3x, as in earlier versions; use "
		"a new id\n"
		"challenges[1].puzzle.tier: tier must stay advanced, as in earlier versions; use "
		"a new id\n"
		"challenges[1].puzzle.phrases: phrases must stay left out, as in earlier "
		"versions; use a new id\n"
		"challenges[2].puzzle.phrases: phrases must stay the same, as in earlier "
		"versions; use a new id\n";
	static const char other[] =
		"hunt: bay\nchallenges:\n"
		"  - {id: plain, points: 5, answers: [A]}\n"
		"  - {id: cross, points: [3, 2], stock: 2, kind: treasure, answers: [A]}\n"
		"  - {id: own, points: 7, kind: puzzle, puzzle: {kind: nonogram, tier: line,\n"
		"     params: 20x10}}\n";
	static const char other_refused[] =
		"challenges[0].kind: kind must stay puzzle, as in earlier versions; use a new id\n"
		"challenges[1].kind: kind must stay puzzle, as in earlier versions; use a new id\n"
		"challenges[2].puzzle.phrases: phrases must stay a list, as in earlier versions; "
		"use a new id\n";
	struct put *one = put_good(puzzles, (struct hd_bytes){0}, 1);
	struct put *gone = put_good("hunt: bay\n", one->encoded, 2);
	check_next(one->encoded, changed, refused);
	check_next(gone->encoded, changed, refused);
	check_next(one->encoded, other, other_refused);
	check_next(gone->encoded, other, other_refused);
	struct put *plain = put_good("hunt: bay\nchallenges: [{id: a, points: 1, answers: [A]}]\n",
				     (struct hd_bytes){0}, 1);
	check_next(plain->encoded,
		   "hunt: bay\nchallenges: [{id: a, points: 1, kind: puzzle, puzzle: "
		   "{kind: sudoku}}]\n",
		   "challenges[0].kind: kind must stay left out, for fixed answers, as in earlier "
		   "versions; use a new id\n");
	free(one);
	free(gone);
	free(plain);
}

/* As many as there may be, in any order: sorted, each there; one more, or one twice, is a fault. */
static void
test_many_phrases(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	size_t room = 40 * (HD_PHRASES_OWN_MAX + 1), used;
	char *text = malloc(room);
	assert_non_null(text);
	for (uint32_t count = HD_PHRASES_OWN_MAX; count <= HD_PHRASES_OWN_MAX + 1; count++) {
		uint64_t seed = 3;
		used = (size_t)snprintf(text, room,
					"hunt: bay\nchallenges:\n  - {id: a, points: 1, kind: "
					"puzzle, puzzle: {kind: sudoku, phrases: [");
		for (uint32_t i = 0; i < count; i++) {
			for (int n = 0; n < 10; n++)
				text[used++] = (char)('a' + hd_test_random(&seed) % 26);
			text[used++] = ',';
		}
		used += (size_t)snprintf(text + used, room - used, "]}}\n");
		struct put *one = put(hd_bytes_of(text, used), (struct hd_bytes){0}, 1);
		assert_int_equal(one->good, count == HD_PHRASES_OWN_MAX);
		if (one->good) {
			struct hd_definition *d =
				hd_definition_decode(&memory, one->encoded, secret);
			const struct hd_phrases *own = &d->challenges[0].puzzle->phrases;
			assert_int_equal(own->count, HD_PHRASES_OWN_MAX);
			for (uint32_t i = 1; i < own->count; i++)
				assert_true(hd_bytes_compare(own->own[i - 1], own->own[i]) < 0);
			hd_definition_destroy(&memory, d);
		}
		free(one);
	}
	free(text);
}

/* The document's order with `size` bytes at `from` made `to`, as a log has it. */
static void
check_lacks(const struct put *one, const char *from, const char *to, size_t size,
	    const char *expected)
{
	uint8_t encoding[2048], order_bytes[4096], body[8192];
	char what[HD_LACKS_MAX], line[512];
	uint32_t boards, challenges;
	struct hd_memory memory = hd_test_memory();
	memcpy(encoding, one->encoding, one->encoded.size);
	uint8_t *at = memmem(encoding, one->encoded.size, from, size);
	assert_non_null(at);
	memcpy(at, to, size);
	struct hd_bytes changed = {encoding, one->encoded.size};
	assert_null(hd_definition_decode(&memory, changed, secret));
	assert_false(hd_definition_counts(changed, &boards, &challenges));
	assert_int_equal(hd_definition_lacks(changed, what), expected != NULL);
	if (expected != NULL)
		assert_string_equal(what, expected);
	struct hd_order order = {.kind = HD_ORDER_DOCUMENT,
				 .version = 1,
				 .name = HD_BYTES("bay"),
				 .definition = changed};
	struct hd_writer out = hd_writer_of(order_bytes, sizeof order_bytes);
	hd_order_encode(&order, &out);
	struct hd_event event = {.type = HD_EVENT_ORDER, .order = 1};
	event.text = hd_bytes_of(order_bytes, (size_t)(out.at - order_bytes));
	out = hd_writer_of(body, sizeof body);
	hd_event_encode(&event, &out);
	struct hd_log_event logged = {.lsn = 7, .type = HD_EVENT_ORDER, .number = 3, .offset = 9};
	logged.body = hd_bytes_of(body, (size_t)(out.at - body));
	struct hd_log_report report = {0};
	hd_log_refuse_event(&report, "d", &logged);
	assert_int_equal(report.exit, expected ? HD_EXIT_DAMAGED : HD_EXIT_INVARIANT);
	snprintf(line, sizeof line,
		 "d/00000003.log, offset 9: LSN 7 is a document with %s, which this release of "
		 "huntd lacks: a newer release wrote it, start that one",
		 expected ? expected : "");
	if (expected != NULL)
		assert_string_equal(report.message, line);
}

static void
test_what_a_release_lacks_is_named(void **state)
{
	(void)state;
	struct put *one = put_good("hunt: bay\nchallenges: [{id: a, points: 1, kind: puzzle, "
				   "puzzle: {kind: sudoku}}]\n",
				   (struct hd_bytes){0}, 1);
	check_lacks(one, "sudoku", "sudokz", 6, "puzzles of kind `sudokz`");
	check_lacks(one, "sudoku\x01", "sudoku\x7b", 7, "version 123 of puzzles of kind `sudoku`");
	check_lacks(one, "3x3\x02\x01", "3x3\x02\x09", 5, "version 9 of the built-in phrases");
	check_lacks(one, "3x3", "3y3", 3, NULL);
	check_lacks(one, "sudoku", "sudok\x1b", 6, NULL);
	free(one);
}

/* Cut or damaged encodings are no definition, or a sound one. */
static void
test_damaged_encodings(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct put *one = put_good(puzzles, (struct hd_bytes){0}, 1);
	char what[HD_LACKS_MAX];
	uint64_t seed = 8;
	for (uint32_t size = 0; size < one->encoded.size; size++)
		assert_null(
			hd_definition_decode(&memory, hd_bytes_of(one->encoding, size), secret));
	for (int i = 0; i < 100000; i++) {
		uint32_t at = (uint32_t)(hd_test_random(&seed) % one->encoded.size);
		uint8_t kept = one->encoding[at];
		one->encoding[at] = (uint8_t)hd_test_random(&seed);
		struct hd_definition *d = hd_definition_decode(&memory, one->encoded, secret);
		if (d != NULL)
			assert_false(hd_definition_lacks(one->encoded, what));
		hd_definition_destroy(&memory, d);
		one->encoding[at] = kept;
	}
	assert_int_equal(memory.used, 0);
	free(one);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_dealt),
		cmocka_unit_test(test_puzzles_live_on),
		cmocka_unit_test(test_puzzles_stay),
		cmocka_unit_test(test_many_phrases),
		cmocka_unit_test(test_what_a_release_lacks_is_named),
		cmocka_unit_test(test_damaged_encodings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
