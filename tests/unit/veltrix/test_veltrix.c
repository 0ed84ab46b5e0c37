/* The compiler of documents: what a hunt becomes, what is refused and in which words, and how
 * numbers live on from version to version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "core/veltrix/regex/regex.h"
#include "core/veltrix/scalar.h"
#include "huntd/core.h"
#include "net/doc/doc.h"
#include "tests/lib/lib.h"
#include "tests/unit/veltrix/veltrix_world.h"

static const char whole_hunt[] =
	"hunt: bay\ntitle: The Bay\nauto_join: true\nmode: solo\nnormalise: fold\n"
	"opens: 2026-12-01T10:00:00Z\nfreezes: 2026-12-01T18:00:00.5+01:00\n"
	"closes: 2026-12-01T18:00:00Z\n"
	"guesses: {limit: 20, window: 60s, per_window: 10, policy: fixed}\n"
	"boards:\n  - {id: main}\n  - {id: today, window: 1d}\n  - {id: rookies, bracket: rookie}\n"
	"challenges:\n"
	"  - id: map\n    title: The torn map\n    points: 100\n"
	"    answers: [Gold, 'Łódź 7', {regex: 'doubloons?'}]\n"
	"    partial: [{answer: Silver, say: Shinier.}]\n"
	"    hints: [{cost: 10, text: Look.}, {text: Again.}]\n"
	"  - {id: cave, points: 0, answers: [x]}\n";

static void
test_a_whole_hunt(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct put *one = put_good(whole_hunt, (struct hd_bytes){0}, 1);
	struct hd_definition *d = hd_definition_decode(&memory, one->encoded, secret);
	assert_non_null(d);
	assert_int_equal(memory.used, d->footprint);
	assert_int_equal(d->version, 1);
	assert_text(d->id, "bay");
	assert_text(d->title, "The Bay");
	assert_true(d->auto_join);
	assert_int_equal(d->profile, HD_PROFILE_FOLD);
	assert_int_equal(d->opens, INT64_C(1796119200000000000));
	assert_int_equal(d->freezes - d->opens, INT64_C(25200500000000));
	assert_int_equal(d->closes - d->opens, INT64_C(28800000000000));
	assert_int_equal(d->guess_limit, 20);
	assert_int_equal(d->per_window, 10);
	assert_int_equal(d->window_ns, INT64_C(60000000000));
	assert_int_equal(d->boards_count, 3);
	assert_int_equal(d->boards[1].window_ns, INT64_C(86400000000000));
	assert_text(d->boards[2].bracket, "rookie");
	const struct hd_challenge *map = hd_definition_challenge(d, HD_BYTES("map"));
	assert_non_null(map);
	assert_int_equal(map->points[0], 100);
	assert_int_equal(map->points_count, 1);
	assert_false(hd_challenge_is_shared(map));
	assert_text(map->title, "The torn map");
	assert_int_equal(map->answers_count, 2);
	assert_true(is_hash_of(&map->answers[0], "gold"));
	assert_true(is_hash_of(&map->answers[1], "łódź 7"));
	assert_int_equal(map->regexes_count, 1);
	assert_true(hd_regex_match(map->regexes[0], HD_BYTES("doubloon")));
	assert_int_equal(map->partials_count, 1);
	assert_true(is_hash_of(&map->partials[0].answer, "silver"));
	assert_text(map->partials[0].say, "Shinier.");
	assert_int_equal(map->hints_count, 2);
	assert_int_equal(map->hints[0].cost, 10);
	assert_int_equal(map->hints[1].cost, 0);
	assert_text(map->hints[1].text, "Again.");
	assert_text(hd_definition_challenge(d, HD_BYTES("cave"))->title, "cave");
	assert_null(hd_definition_challenge(d, HD_BYTES("nope")));
	assert_null(hd_definition_board(d, HD_BYTES("nope")));
	hd_definition_destroy(&memory, d);
	assert_int_equal(memory.used, 0);
	free(one);
}

static void
test_defaults(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct put *one = put_good("hunt: bay\n", (struct hd_bytes){0}, 1);
	struct hd_definition *d = hd_definition_decode(&memory, one->encoded, secret);
	assert_non_null(d);
	assert_text(d->title, "bay");
	assert_false(d->auto_join);
	assert_int_equal(d->profile, HD_PROFILE_LETTERS_DIGITS);
	assert_true(d->opens == INT64_MIN && d->freezes == HD_NEVER && d->closes == HD_NEVER);
	assert_int_equal(d->guess_limit + d->per_window + d->window_ns, 0);
	assert_int_equal(d->boards_count, 1);
	assert_text(d->boards[d->board_first].id, "main");
	assert_int_equal(d->challenges_count, 0);
	hd_definition_destroy(&memory, d);
	free(one);
}

static void
test_yaml_and_json_twins(void **state)
{
	(void)state;
	static const char json[] =
		"{\"hunt\":\"bay\",\"title\":\"The Bay\",\"auto_join\":true,\"mode\":\"solo\","
		"\"normalise\":\"fold\",\"opens\":\"2026-12-01T10:00:00Z\","
		"\"freezes\":\"2026-12-01T18:00:00.5+01:00\",\"closes\":\"2026-12-01T18:00:00Z\","
		"\"guesses\":{\"limit\":20,\"window\":\"60s\",\"per_window\":10,\"policy\":"
		"\"fixed\"},"
		"\"boards\":[{\"id\":\"main\"},{\"id\":\"today\",\"window\":\"1d\"},"
		"{\"id\":\"rookies\",\"bracket\":\"rookie\"}],\"challenges\":[{\"id\":\"map\","
		"\"title\":\"The torn map\",\"points\":100,\"answers\":[\"Gold\","
		"\"\\u0141\\u00f3d\\u017a 7\",{\"regex\":\"doubloons?\"}],"
		"\"partial\":[{\"answer\":\"Silver\",\"say\":\"Shinier.\"}],"
		"\"hints\":[{\"cost\":10,\"text\":\"Look.\"},{\"text\":\"Again.\"}]},"
		"{\"id\":\"cave\",\"points\":0,\"answers\":[\"x\"]}]}";
	struct put *yaml = put_good(whole_hunt, (struct hd_bytes){0}, 1);
	struct put *twin = put_good(json, (struct hd_bytes){0}, 1);
	assert_true(hd_bytes_equal(yaml->encoded, twin->encoded));
	free(yaml);
	free(twin);
}

static void
test_numbers_live_on(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct put *first = put_good("hunt: bay\nboards: [{id: x}, {id: y}]\nchallenges:\n"
				     "  - {id: a, points: 1, answers: [A]}\n"
				     "  - {id: b, points: 2, answers: [B]}\n",
				     (struct hd_bytes){0}, 1);
	struct put *second = put_good("hunt: bay\nboards: [{id: z}, {id: y}]\nchallenges:\n"
				      "  - {id: c, points: 3, answers: [C]}\n"
				      "  - {id: b, points: 9, answers: [B]}\n",
				      first->encoded, 2);
	struct put *third = put_good("hunt: bay\nchallenges:\n"
				     "  - {id: d, points: 4, answers: [D]}\n"
				     "  - {id: a, points: 7, answers: [A]}\n",
				     second->encoded, 3);
	static const char *const ids[] = {"a", "b", "c", "d"};
	static const bool gone[] = {false, true, true, false};
	struct hd_definition *d = hd_definition_decode(&memory, third->encoded, secret);
	assert_non_null(d);
	assert_int_equal(d->challenges_count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		const struct hd_challenge *c = hd_definition_challenge(d, hd_bytes_str(ids[i]));
		assert_int_equal(c->number, i);
		assert_int_equal(c->gone, gone[i]);
		assert_ptr_equal(c, &d->challenges[i]);
	}
	assert_int_equal(d->challenges[0].points[0], 7);
	assert_int_equal(d->boards_count, 4);
	assert_true(d->boards[0].gone && d->boards[1].gone && d->boards[2].gone);
	assert_int_equal(d->board_first, 3);
	assert_text(d->boards[3].id, "main");
	hd_definition_destroy(&memory, d);
	d = hd_definition_decode(&memory, second->encoded, secret);
	assert_int_equal(d->board_first, 2);
	assert_int_equal(d->challenges[1].points[0], 9);
	hd_definition_destroy(&memory, d);
	free(first);
	free(second);
	free(third);
}

/* Versions that each bring new boards: sixteen over all of them, the next is refused. */
static void
test_numbers_run_out(void **state)
{
	(void)state;
	struct put *last = put_good("hunt: bay\nboards: [{id: b0}]\n", (struct hd_bytes){0}, 1);
	for (uint32_t i = 1; i <= HD_BOARDS_MAX; i++) {
		char text[64];
		snprintf(text, sizeof text, "hunt: bay\nboards: [{id: b%u}]\n", i);
		struct put *next = put(hd_bytes_str(text), last->encoded, i + 1);
		assert_int_equal(next->good, i < HD_BOARDS_MAX);
		free(last);
		last = next;
	}
	assert_string_equal(last->faults.row[0].path, "boards[0].id");
	free(last);
}

/* A text in which {{x*N}} stands for N times x. */
static uint32_t
expand(const char *text, char *out, size_t size)
{
	size_t used = 0;
	char letter;
	int count, length;
	while (*text) {
		if (sscanf(text, "{{%c*%d}}%n", &letter, &count, &length) != 2) {
			letter = *text;
			count = length = 1;
		}
		assert_true(used + (size_t)count < size);
		memset(out + used, letter, (size_t)count);
		used += (size_t)count;
		text += length;
	}
	out[used] = 0;
	return (uint32_t)used;
}

/* One case: the document and the lines, both ended by a zero. */
static void
check_refused(const char *document, const char *lines)
{
	static char text[8192], said[65536];
	uint32_t size = expand(document, text, sizeof text), used = 0;
	struct put *one = put(hd_bytes_of(text, size), (struct hd_bytes){0}, 1);
	for (uint32_t i = 0; i < one->faults.count; i++) {
		used += hd_doc_fault_line(NULL, &one->faults.row[i], said + used, HD_DOC_LINE_MAX);
		said[used++] = '\n';
	}
	said[used] = 0;
	if (one->good || strcmp(said, lines) != 0)
		fail_msg("%s\n-- says --\n%s-- not --\n%s", document, said, lines);
	free(one);
}

static char *
read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *text = calloc(1, 1 << 20);
	assert_non_null(text);
	size_t size = fread(text, 1, (1 << 20) - 1, file);
	assert_in_range(size, 1, (1 << 20) - 2);
	fclose(file);
	return text;
}

static void
test_bad_documents(void **state)
{
	(void)state;
	char *file = read_file(HD_TEST_FILES "/veltrix/bad_documents.txt"), *at = file;
	uint32_t cases = 0;
	while (*at == '#')
		at = strchr(at, '\n') + 1;
	while (*at) {
		char *lines = strstr(at, "\n---\n"), *end = lines ? strstr(lines, "\n===\n") : NULL;
		assert_non_null(end);
		lines[1] = 0;
		end[1] = 0;
		check_refused(at, lines + strlen("\n---\n"));
		at = end + strlen("\n===\n");
		cases++;
	}
	assert_in_range(cases, 200, 10000);
	free(file);
}

static void
test_many_faults_are_counted(void **state)
{
	(void)state;
	char *text = calloc(1, 20000);
	assert_non_null(text);
	int size = snprintf(text, 20000, "hunt: bay\n");
	for (int i = 0; i < 500; i++)
		size += snprintf(text + size, 20000 - (size_t)size, "wrong%d: x\n", i);
	struct put *one = put(hd_bytes_of(text, (size_t)size), (struct hd_bytes){0}, 1);
	assert_int_equal(one->faults.count, HD_FAULTS_MAX);
	assert_int_equal(one->faults.skipped, 500 - HD_FAULTS_MAX);
	assert_int_equal(one->faults.row[199].line, 201);
	free(one);
	free(text);
}

static void
test_too_large_is_a_fault(void **state)
{
	(void)state;
	static const char text[] = "hunt: bay\nchallenges: [{id: a, points: 1, answers: [A]}]\n";
	struct hd_doc doc;
	struct hd_faults faults = {0};
	assert_true(hd_doc_read(HD_BYTES(text), &doc, &faults));
	uint8_t room[256];
	size_t need = 0;
	for (size_t size = 0; size < sizeof room && need == 0; size++) {
		struct hd_writer out = hd_writer_of(room, size);
		faults.count = 0;
		if (hd_veltrix_compile(&doc.document, HD_BYTES("bay"), (struct hd_bytes){0}, 1,
				       &out, &faults))
			need = size;
		else
			assert_int_equal(faults.count, 1);
	}
	assert_in_range(need, 30, 200);
	assert_text(hd_veltrix_name(&doc.document), "bay");
	hd_doc_free(&doc);
}

/* Another name, and a name that is not there. */
static void
test_names(void **state)
{
	(void)state;
	struct hd_doc doc;
	struct hd_faults faults = {0};
	uint8_t room[256];
	struct hd_writer out = hd_writer_of(room, sizeof room);
	assert_true(hd_doc_read(HD_BYTES("hunt: bay\n"), &doc, &faults));
	assert_false(hd_veltrix_compile(&doc.document, HD_BYTES("cove"), (struct hd_bytes){0}, 1,
					&out, &faults));
	assert_string_equal(
		faults.row[0].what,
		"hunt must equal the name that the document is put under, `cove`; got `bay`");
	hd_doc_free(&doc);
	assert_true(hd_doc_read(HD_BYTES("[hunt]"), &doc, &faults));
	assert_int_equal(hd_veltrix_name(&doc.document).size, 0);
	hd_doc_free(&doc);
}

/* Cut or damaged encodings are no definition, or a sound one. */
static void
test_damaged_encodings(void **state)
{
	(void)state;
	struct hd_memory memory = hd_test_memory();
	struct put *one = put_good(whole_hunt, (struct hd_bytes){0}, 1);
	for (uint32_t size = 0; size < one->encoded.size; size++)
		assert_null(
			hd_definition_decode(&memory, hd_bytes_of(one->encoding, size), secret));
	uint64_t seed = 5;
	for (int i = 0; i < 100000; i++) {
		uint32_t at = (uint32_t)(hd_test_random(&seed) % one->encoded.size);
		uint8_t kept = one->encoding[at];
		one->encoding[at] = (uint8_t)hd_test_random(&seed);
		struct hd_definition *d = hd_definition_decode(&memory, one->encoded, secret);
		if (d)
			hd_definition_challenge(d, HD_BYTES("map"));
		hd_definition_destroy(&memory, d);
		one->encoding[at] = kept;
	}
	assert_int_equal(memory.used, 0);
	free(one);
}

/* A hunt's text with a few bytes changed is compiled as the next version of the one before, or
 * refused with faults: nothing else. */
static void
test_mutated_documents(void **state)
{
	(void)state;
	static const char alphabet[] = "az09:-,[]{}\"' \n#*&!|\\\x7f\xc3\xa9";
	struct hd_memory memory = hd_test_memory();
	uint64_t seed = 12;
	uint32_t good = 0;
	struct put *last = put_good(whole_hunt, (struct hd_bytes){0}, 1);
	for (int i = 0; i < 3000; i++) {
		char text[sizeof whole_hunt];
		memcpy(text, whole_hunt, sizeof text);
		for (uint64_t n = hd_test_random(&seed) % 4; n < 4; n++)
			text[hd_test_random(&seed) % (sizeof text - 1)] =
				alphabet[hd_test_random(&seed) % (sizeof alphabet - 1)];
		struct put *one = put(hd_bytes_of(text, sizeof text - 1), last->encoded, good + 2);
		if (one->good) {
			struct hd_definition *d =
				hd_definition_decode(&memory, one->encoded, secret);
			assert_non_null(d);
			hd_definition_destroy(&memory, d);
			good++;
		}
		struct put *old = one->good ? last : one;
		last = one->good ? one : last;
		free(old);
	}
	free(last);
	assert_in_range(good, 50, 2900);
}

static void
test_scalars(void **state)
{
	(void)state;
	int64_t value;
	assert_true(hd_scalar_integer(HD_BYTES("-9223372036854775808"), &value) &&
		    value == INT64_MIN);
	assert_true(hd_scalar_integer(HD_BYTES("+007"), &value) && value == 7);
	assert_false(hd_scalar_integer(HD_BYTES("9223372036854775808"), &value));
	assert_false(hd_scalar_integer(HD_BYTES("-"), &value));
	assert_true(hd_scalar_duration(HD_BYTES("2w"), &value) &&
		    value == INT64_C(1209600000000000));
	assert_true(hd_scalar_duration(HD_BYTES("10ms"), &value) && value == 10000000);
	assert_false(hd_scalar_duration(HD_BYTES("36526d"), &value));
	assert_true(hd_scalar_time(HD_BYTES("1970-01-01T00:00:00Z"), &value) && value == 0);
	assert_true(hd_scalar_time(HD_BYTES("2000-02-29 23:59:59.000000001-00:30"), &value) &&
		    value == INT64_C(951870599000000001));
	assert_true(hd_scalar_time(HD_BYTES("2100-03-01T00:00:00+23:59"), &value) &&
		    value == INT64_C(4107456060000000000));
	assert_false(hd_scalar_time(HD_BYTES("2100-02-29T00:00:00Z"), &value));
	assert_false(hd_scalar_time(HD_BYTES("2026-01-01T00:00:00ZZ"), &value));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_hunt),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_yaml_and_json_twins),
		cmocka_unit_test(test_numbers_live_on),
		cmocka_unit_test(test_numbers_run_out),
		cmocka_unit_test(test_bad_documents),
		cmocka_unit_test(test_many_faults_are_counted),
		cmocka_unit_test(test_too_large_is_a_fault),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_damaged_encodings),
		cmocka_unit_test(test_mutated_documents),
		cmocka_unit_test(test_scalars),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
