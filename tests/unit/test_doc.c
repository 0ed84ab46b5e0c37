/* Documents: text to nodes, what is refused and how it is said, and both syntaxes alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/doc/doc.h"
#include "tests/lib/lib.h"

struct read {
	struct hd_doc doc;
	struct hd_faults faults;
	bool whole;
};

static void
begin(struct read *read, struct hd_bytes text)
{
	memset(read, 0, sizeof *read);
	read->whole = hd_doc_read(text, &read->doc, &read->faults);
}

static const struct hd_node *
node_at(const struct read *read, uint32_t at)
{
	assert_true(at < read->doc.document.count);
	return &read->doc.document.nodes[at];
}

static void
assert_text(struct hd_bytes bytes, const char *text)
{
	if (!hd_bytes_equal(bytes, hd_bytes_str(text)))
		fail_msg("%.*s, not %s", (int)bytes.size, (const char *)bytes.at, text);
}

static void
test_every_scalar_stays_text(void **state)
{
	(void)state;
	static const char text[] =
		"country: no\nagent: 007\nempty:\nquoted: \"yes\"\nblock: |\n  a\n  b\n";
	static const char *const values[] = {"no", "007", "", "yes", "a\nb\n"};
	struct read read;
	begin(&read, HD_BYTES(text));
	assert_true(read.whole);
	const struct hd_node *root = node_at(&read, 0);
	assert_int_equal(root->kind, HD_NODE_MAP);
	assert_int_equal(root->count, 5);
	uint32_t at = root->first;
	for (uint32_t i = 0; i < 5; i++) {
		const struct hd_node *node = node_at(&read, at);
		assert_int_equal(node->kind, HD_NODE_SCALAR);
		assert_text(node->text, values[i]);
		assert_int_equal(node->quoted, i >= 3);
		at = node->next;
	}
	assert_int_equal(at, 0);
	hd_doc_free(&read.doc);
}

static void
test_positions(void **state)
{
	(void)state;
	struct read read;
	begin(&read, HD_BYTES("# first\nałb: [x,\n      {c: y}]\n"));
	assert_true(read.whole);
	const struct hd_node *list = node_at(&read, node_at(&read, 0)->first);
	assert_text(list->key, "ałb");
	assert_int_equal(list->key_line, 2);
	assert_int_equal(list->key_column, 1);
	assert_int_equal(list->line, 2);
	assert_int_equal(list->column, 6);
	assert_int_equal(list->count, 2);
	const struct hd_node *map = node_at(&read, node_at(&read, list->first)->next);
	assert_int_equal(map->line, 3);
	assert_int_equal(map->column, 7);
	const struct hd_node *y = node_at(&read, map->first);
	assert_int_equal(y->key_column, 8);
	assert_int_equal(y->column, 11);
	hd_doc_free(&read.doc);
}

static void
test_json_pairs_are_mended_and_columns_stay_true(void **state)
{
	(void)state;
	static const char text[] =
		"\t{\"a\": \"\\ud83d\\ude00\\uD83D\\uDE80\", \"b\": \"\\\\ud83d\\\\ude00\",\n"
		"\t\"c\": \"\\/\\u00e9\", \"d\": \"\\ud83c\\udff4\", \"e\": 1}";
	struct read read;
	begin(&read, HD_BYTES(text));
	assert_true(read.whole);
	const struct hd_node *a = node_at(&read, node_at(&read, 0)->first);
	assert_text(a->text, "\U0001F600\U0001F680");
	assert_int_equal(a->column, 8);
	const struct hd_node *b = node_at(&read, a->next);
	assert_text(b->text, "\\ud83d\\ude00");
	assert_int_equal(b->key_column, 36);
	const struct hd_node *c = node_at(&read, b->next);
	assert_text(c->text, "/\u00e9");
	assert_int_equal(c->key_column, 2);
	const struct hd_node *e = node_at(&read, node_at(&read, c->next)->next);
	assert_int_equal(e->line, 2);
	assert_int_equal(e->key_column, 40);
	hd_doc_free(&read.doc);
}

static void
test_a_key_twice_keeps_the_first(void **state)
{
	(void)state;
	struct read read;
	begin(&read, HD_BYTES("a: 1\nb: 2\na: 3\nc: {d: 1, d: 2, d: 3}\n"));
	assert_true(read.whole);
	assert_int_equal(read.faults.count, 3);
	assert_int_equal(read.faults.row[0].line, 3);
	assert_string_equal(read.faults.row[0].what,
			    "key `a` stands twice in one map; it is first on line 1");
	assert_int_equal(node_at(&read, 0)->count, 3);
	assert_text(node_at(&read, node_at(&read, 0)->first)->text, "1");
	hd_doc_free(&read.doc);
}

static void
test_what_is_not_taken(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"a: *b",
		"a: {[b]: c}",
		"a: b\n---\nc: d",
		"a: [",
		"a: \x01",
		"\xff\xfe\x41",
		"a: \"\xc3\"",
		"{\"a\": \"\\ud800\"}",
		"a: b: c",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
		"? ? ? ? a",
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct read read;
		begin(&read, hd_bytes_str(texts[i]));
		if (read.whole || read.faults.count == 0 || read.faults.row[0].line == 0)
			fail_msg("taken: %s", texts[i]);
		hd_doc_free(&read.doc);
	}
}

static void
test_size_is_bounded(void **state)
{
	(void)state;
	uint8_t *text = malloc(HD_DOCUMENT_MAX + 1);
	assert_non_null(text);
	memset(text, '\n', HD_DOCUMENT_MAX + 1);
	memcpy(text, "a: b", 4);
	struct read read;
	begin(&read, hd_bytes_of(text, HD_DOCUMENT_MAX));
	assert_true(read.whole);
	hd_doc_free(&read.doc);
	begin(&read, hd_bytes_of(text, HD_DOCUMENT_MAX + 1));
	assert_false(read.whole);
	assert_int_equal(read.faults.count, 1);
	hd_doc_free(&read.doc);
	free(text);
}

/* Many keys, half of them twice: sorting, not searching, finds them. */
static void
test_many_doubles_are_counted(void **state)
{
	(void)state;
	char *text = malloc(HD_DOCUMENT_MAX);
	assert_non_null(text);
	int size = 0;
	for (int i = 0; i < 60000; i++)
		size += snprintf(text + size, HD_DOCUMENT_MAX - (size_t)size, "%d:\n", i % 30000);
	struct read read;
	begin(&read, hd_bytes_of(text, (size_t)size));
	assert_true(read.whole);
	assert_int_equal(read.faults.count, HD_FAULTS_MAX);
	assert_int_equal(read.faults.skipped, 30000 - HD_FAULTS_MAX);
	assert_int_equal(node_at(&read, 0)->count, 30000);
	hd_doc_free(&read.doc);
	free(text);
}

static void
test_a_fault_is_one_line(void **state)
{
	(void)state;
	struct hd_fault fault = {.line = 3, .column = 9, .path = "a[1].b", .what = "is wrong"};
	char line[64];
	assert_int_equal(hd_doc_fault_line("x.yaml", &fault, line, sizeof line), 28);
	assert_string_equal(line, "x.yaml:3:9: a[1].b: is wrong");
	fault.path[0] = 0;
	hd_doc_fault_line(NULL, &fault, line, sizeof line);
	assert_string_equal(line, "3:9: is wrong");
	assert_int_equal(hd_doc_fault_line("x.yaml", &fault, line, 8), 7);
	assert_string_equal(line, "x.yaml:");
}

static void
check_links(const struct hd_document *document)
{
	for (uint32_t i = 0; i < document->count; i++) {
		uint32_t at = document->nodes[i].first;
		for (uint32_t c = 0; c < document->nodes[i].count; c++) {
			assert_true(at > i && at < document->count);
			at = document->nodes[at].next;
		}
		assert_int_equal(at, 0);
	}
}

/* Any text of these characters gives a tree whose links hold, or at least one fault. */
static void
test_any_text(void **state)
{
	(void)state;
	static const char alphabet[] =
		"ab:: --,,[]{}\"'\n\n  #&*!|>?\\ud83d\\ude00%@`\t\xc3\xa9\x01";
	uint64_t seed = 11;
	uint32_t whole = 0;
	for (int i = 0; i < 60000; i++) {
		char text[48];
		uint32_t size = (uint32_t)(hd_test_random(&seed) % sizeof text);
		for (uint32_t c = 0; c < size; c++)
			text[c] = alphabet[hd_test_random(&seed) % (sizeof alphabet - 1)];
		struct read read;
		begin(&read, hd_bytes_of(text, size));
		assert_true(read.whole || read.faults.count > 0);
		if (read.whole)
			check_links(&read.doc.document);
		whole += read.whole;
		hd_doc_free(&read.doc);
	}
	assert_in_range(whole, 500, 59000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_scalar_stays_text),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_json_pairs_are_mended_and_columns_stay_true),
		cmocka_unit_test(test_a_key_twice_keeps_the_first),
		cmocka_unit_test(test_what_is_not_taken),
		cmocka_unit_test(test_size_is_bounded),
		cmocka_unit_test(test_many_doubles_are_counted),
		cmocka_unit_test(test_a_fault_is_one_line),
		cmocka_unit_test(test_any_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
