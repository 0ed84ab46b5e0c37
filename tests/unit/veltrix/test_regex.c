/* Regex answers: what a pattern means, what it refuses, and a slow matcher that must agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/veltrix/regex/regex.h"
#include "huntd/core.h"
#include "tests/lib/lib.h"

/* Compiles and matches `answer` as a player sends it. */
static bool
accepts(enum hd_profile profile, const char *pattern, const char *answer)
{
	struct hd_regex_draft draft;
	uint32_t where;
	uint8_t normal[HD_NORMAL_MAX];
	const char *why = hd_regex_compile(profile, hd_bytes_str(pattern), &draft, &where);
	if (why)
		fail_msg("%s %s at byte %u", pattern, why, where);
	uint32_t size = hd_normalise(profile, hd_bytes_str(answer), normal);
	struct hd_regex regex = hd_regex_of(&draft);
	return hd_regex_match(&regex, hd_bytes_of(normal, size));
}

struct meaning {
	enum hd_profile profile;
	const char *pattern, *answer;
	bool match;
};

static const struct meaning meanings[] = {
	{HD_PROFILE_LETTERS_DIGITS, "doubloons?", "Doubloon", true},
	{HD_PROFILE_LETTERS_DIGITS, "doubloons?", "DOUBLOONS!", true},
	{HD_PROFILE_LETTERS_DIGITS, "doubloons?", "doubloonss", false},
	{HD_PROFILE_LETTERS_DIGITS, "doubloons?", "a doubloon", false},
	{HD_PROFILE_LETTERS_DIGITS, "pieces of eight", "Pieces-of-Eight", true},
	{HD_PROFILE_LETTERS_DIGITS, "e-mail|letter", "EMail", true},
	{HD_PROFILE_LETTERS_DIGITS, "[a-c]+\\d", "ABC7", true},
	{HD_PROFILE_LETTERS_DIGITS, "[a-c]+\\d", "abd7", false},
	{HD_PROFILE_LETTERS_DIGITS, "[^a-c]", "b", false},
	{HD_PROFILE_LETTERS_DIGITS, "[^a-c]", "d", true},
	{HD_PROFILE_LETTERS_DIGITS, "[é]", "E", true},
	{HD_PROFILE_LETTERS_DIGITS, "gráinne", "GRAINNE", true},
	{HD_PROFILE_LETTERS_DIGITS, "łódź", "ŁÓDŹ", true},
	{HD_PROFILE_LETTERS_DIGITS, "(?:the )?(cat|dog)s?", "The Dogs", true},
	{HD_PROFILE_LETTERS_DIGITS, "(a|b|cd){2,3}", "acdb", true},
	{HD_PROFILE_LETTERS_DIGITS, "(a|b|cd){2,3}", "a", false},
	{HD_PROFILE_LETTERS_DIGITS, "(a|b|cd){2,3}", "aaaa", false},
	{HD_PROFILE_LETTERS_DIGITS, "a{0}b", "b", true},
	{HD_PROFILE_LETTERS_DIGITS, "a{3}", "aaa", true},
	{HD_PROFILE_LETTERS_DIGITS, "a{3}", "aa", false},
	{HD_PROFILE_LETTERS_DIGITS, "a{2,}", "aaaaaaa", true},
	{HD_PROFILE_LETTERS_DIGITS, "a{2,}", "a", false},
	{HD_PROFILE_LETTERS_DIGITS, "(a*)*b", "aaaab", true},
	{HD_PROFILE_LETTERS_DIGITS, "x|", "x", true},
	{HD_PROFILE_LETTERS_DIGITS, ".{3}", "日本語", true},
	{HD_PROFILE_LETTERS_DIGITS, ".{3}", "日本", false},
	{HD_PROFILE_LETTERS, "\\w+", "año", true},
	{HD_PROFILE_ASCII, "\\D\\d\\W*", "x7", true},
	{HD_PROFILE_FOLD, "straße", "STRASSE", true},
	{HD_PROFILE_FOLD, "a b\\.", "A B.", true},
	{HD_PROFILE_FOLD, "a b\\.", "AB.", false},
	{HD_PROFILE_FOLD, "\\w\\s\\w", "x y", true},
	{HD_PROFILE_FOLD, "[A-Z]+", "Zebra", true},
	{HD_PROFILE_FOLD, "[\\d\\s]+", "1 2", true},
	{HD_PROFILE_EXACT, "Gold", "Gold", true},
	{HD_PROFILE_EXACT, "Gold", "gold", false},
	{HD_PROFILE_EXACT, "..", "é", true},
	{HD_PROFILE_EXACT, "é+", "éé", true},
	{HD_PROFILE_EXACT, "\\w\\w", "é", false},
	{HD_PROFILE_EXACT, "\\W\\W", "é", true},
	{HD_PROFILE_EXACT, "[a\\]\\-]+", "-]a", true},
	{HD_PROFILE_EXACT, "[-a]+", "a-", true},
	{HD_PROFILE_EXACT, "[a-]+", "a-", true},
	{HD_PROFILE_EXACT, "a\\tb", "a\tb", true},
};

static void
test_meanings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
		const struct meaning *m = &meanings[i];
		if (accepts(m->profile, m->pattern, m->answer) != m->match)
			fail_msg("%s and %s: not %d", m->pattern, m->answer, m->match);
	}
}

static void
test_refusals(void **state)
{
	(void)state;
	static const struct {
		const char *pattern;
		uint32_t where;
	} bad[] = {
		{"", 0},    {"*a", 0},    {"a**", 2},         {"a+?", 2},    {"(a", 2},
		{"a)", 1},  {"[a", 2},    {"[]", 1},          {"[b-a]", 4},  {"[a-\\d]", 5},
		{"a{2", 3}, {"a{x}", 2},  {"a{3,2}", 6},      {"a{256}", 5}, {"\\b", 1},
		{"\\1", 1}, {"(?=a)", 2}, {"^a", 0},          {"a$", 1},     {"a]", 1},
		{"a}", 1},  {"\\", 1},    {"[[:alpha:]]", 1}, {"{2}", 0},    {"\xff", 0},
	};
	struct hd_regex_draft draft;
	uint32_t where;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct hd_bytes pattern = hd_bytes_str(bad[i].pattern);
		const char *why = hd_regex_compile(HD_PROFILE_FOLD, pattern, &draft, &where);
		if (!why || where != bad[i].where)
			fail_msg("%s: %s at %u", bad[i].pattern, why ? why : "taken", where);
	}
	assert_non_null(hd_regex_compile(HD_PROFILE_EXACT, HD_BYTES("[é]"), &draft, &where));
	assert_non_null(hd_regex_compile(HD_PROFILE_FOLD, HD_BYTES("((a{100}){100}){100}"), &draft,
					 &where));
	assert_non_null(hd_regex_compile(HD_PROFILE_FOLD,
					 HD_BYTES("((((((((((((((((((a))))))))))))))))))"), &draft,
					 &where));
	uint8_t wide[HD_ANSWER_MAX + 1];
	memset(wide, 'a', sizeof wide);
	assert_null(hd_regex_compile(HD_PROFILE_FOLD, hd_bytes_of(wide, HD_ANSWER_MAX), &draft,
				     &where));
	assert_non_null(
		hd_regex_compile(HD_PROFILE_FOLD, hd_bytes_of(wide, sizeof wide), &draft, &where));
}

/* What would take a backtracking matcher longer than the age of the world. */
static void
test_linear_time(void **state)
{
	(void)state;
	char answer[HD_ANSWER_MAX] = {0};
	memset(answer, 'a', sizeof answer - 2);
	assert_true(accepts(HD_PROFILE_EXACT, "((a*)*)*", answer));
	answer[sizeof answer - 2] = 'b';
	assert_false(accepts(HD_PROFILE_EXACT, "((a*)*)*", answer));
	assert_false(accepts(HD_PROFILE_EXACT, "(a|a)*(a|aa)*(a?){40}", answer));
}

/* A random pattern over a, b, c as a tree, which is printed for the one matcher and walked by the
 * other. */
enum kind { LETTER, ANY, JOIN, EITHER, STAR, PLUS, MAYBE, TWICE };
struct tree {
	enum kind kind;
	char letter;
	int left, right;
};
struct forest {
	struct tree trees[64];
	int count;
	uint64_t seed;
};

static int
grow(struct forest *forest, int depth)
{
	int at = forest->count++;
	bool leaf = depth == 0 || at > 40;
	struct tree tree = {.kind = (enum kind)(hd_test_random(&forest->seed) % (leaf ? 2 : 8))};
	tree.letter = (char)('a' + hd_test_random(&forest->seed) % 3);
	if (tree.kind >= JOIN)
		tree.left = grow(forest, depth - 1);
	if (tree.kind == JOIN || tree.kind == EITHER)
		tree.right = grow(forest, depth - 1);
	forest->trees[at] = tree;
	return at;
}

static void
print_tree(const struct forest *forest, int at, struct hd_writer *out)
{
	static const char *const after[] = {"", "", "", "", "*", "+", "?", "{2}"};
	const struct tree *tree = &forest->trees[at];
	if (tree->kind < JOIN) {
		hd_write_u8(out, tree->kind == ANY ? '.' : (uint8_t)tree->letter);
		return;
	}
	hd_write_u8(out, '(');
	print_tree(forest, tree->left, out);
	if (tree->kind == EITHER)
		hd_write_u8(out, '|');
	if (tree->kind <= EITHER)
		print_tree(forest, tree->right, out);
	hd_write_u8(out, ')');
	hd_write_fixed(out, after[tree->kind], (uint32_t)strlen(after[tree->kind]));
}

/* The ends that a tree can reach from `from`, as a set of bits; texts have at most 30 letters. */
static uint32_t
ends(const struct forest *forest, int at, const char *text, uint32_t from)
{
	const struct tree *tree = &forest->trees[at];
	uint32_t set = 0, length = (uint32_t)strlen(text), first;
	switch (tree->kind) {
	case LETTER:
	case ANY:
		return from < length && (tree->kind == ANY || text[from] == tree->letter)
			       ? 1u << (from + 1)
			       : 0;
	case EITHER:
		return ends(forest, tree->left, text, from) | ends(forest, tree->right, text, from);
	case MAYBE:
		return 1u << from | ends(forest, tree->left, text, from);
	case JOIN:
	case TWICE:
		first = ends(forest, tree->left, text, from);
		for (uint32_t i = 0; i <= length; i++)
			if (first >> i & 1)
				set |= ends(forest, tree->kind == JOIN ? tree->right : tree->left,
					    text, i);
		return set;
	default:
		set = tree->kind == STAR ? 1u << from : ends(forest, tree->left, text, from);
		for (uint32_t i = from; i <= length; i++)
			if (set >> i & 1)
				set |= ends(forest, tree->left, text, i);
		return set;
	}
}

static void
compare_once(struct forest *forest)
{
	char pattern[512] = {0}, text[9] = {0};
	forest->count = 0;
	int root = grow(forest, 4);
	struct hd_writer out = hd_writer_of(pattern, sizeof pattern - 1);
	print_tree(forest, root, &out);
	struct hd_regex_draft draft;
	uint32_t where;
	const char *why = hd_regex_compile(HD_PROFILE_EXACT, hd_bytes_str(pattern), &draft, &where);
	if (why) {
		assert_true(strncmp(why, "is ", 3) == 0); /* too large, or longer than 256 */
		return;
	}
	struct hd_regex regex = hd_regex_of(&draft);
	for (int i = 0; i < 20; i++) {
		uint32_t length = (uint32_t)(hd_test_random(&forest->seed) % 8);
		for (uint32_t c = 0; c < length; c++)
			text[c] = (char)('a' + hd_test_random(&forest->seed) % 3);
		text[length] = 0;
		bool right = ends(forest, root, text, 0) >> length & 1;
		if (hd_regex_match(&regex, hd_bytes_str(text)) != right)
			fail_msg("%s and `%s`: not %d", pattern, text, right);
	}
}

static void
test_agrees_with_sets_of_ends(void **state)
{
	(void)state;
	struct forest forest = {.seed = 4868};
	for (int i = 0; i < 20000; i++)
		compare_once(&forest);
}

/* Bytes in any order are refused or compiled; what was compiled runs. */
static void
test_any_bytes(void **state)
{
	(void)state;
	static const char alphabet[] = "ab[](){}|?*+\\^-.,:0123dws \xc3\xa9\xff";
	uint64_t seed = 7;
	uint8_t pattern[24];
	struct hd_regex_draft draft;
	uint32_t where, taken = 0;
	for (int i = 0; i < 200000; i++) {
		uint32_t size = 1 + (uint32_t)(hd_test_random(&seed) % sizeof pattern);
		for (uint32_t c = 0; c < size; c++)
			pattern[c] =
				(uint8_t)alphabet[hd_test_random(&seed) % (sizeof alphabet - 1)];
		enum hd_profile profile = (enum hd_profile)(hd_test_random(&seed) % 5);
		if (hd_regex_compile(profile, hd_bytes_of(pattern, size), &draft, &where))
			continue;
		struct hd_regex regex = hd_regex_of(&draft);
		hd_regex_match(&regex, HD_BYTES("AB12 ab\xc3\xa9\xff"));
		taken++;
	}
	assert_in_range(taken, 1000, 199000);
}

static void
read_back(struct hd_bytes encoding, struct hd_regex *regex, struct hd_regex_draft *kept, bool *bad)
{
	struct hd_reader in = hd_reader_of(encoding);
	hd_regex_read_counts(&in, regex);
	if (!in.bad)
		hd_regex_read_program(&in, regex, kept->steps, kept->ranges);
	*bad = in.bad || hd_reader_left(&in) > 0;
}

static void
test_program_travels(void **state)
{
	(void)state;
	struct hd_regex_draft draft, kept;
	uint32_t where;
	uint8_t encoding[4096];
	bool bad;
	assert_null(
		hd_regex_compile(HD_PROFILE_FOLD, HD_BYTES("(a|[x-z]{2,4})+\\d?"), &draft, &where));
	struct hd_regex regex = hd_regex_of(&draft), other;
	struct hd_writer out = hd_writer_of(encoding, sizeof encoding);
	hd_regex_write(&regex, &out);
	uint32_t size = (uint32_t)(out.at - encoding);
	read_back(hd_bytes_of(encoding, size), &other, &kept, &bad);
	assert_false(bad);
	assert_true(hd_regex_match(&other, HD_BYTES("axyza7")));
	assert_false(hd_regex_match(&other, HD_BYTES("ax7")));
	for (uint32_t cut = 0; cut < size; cut++) {
		read_back(hd_bytes_of(encoding, cut), &other, &kept, &bad);
		assert_true(bad);
	}
	uint64_t seed = 3;
	for (int i = 0; i < 50000; i++) { /* a damaged program is refused, or is sound */
		uint8_t damaged[4096];
		memcpy(damaged, encoding, size);
		damaged[hd_test_random(&seed) % size] = (uint8_t)hd_test_random(&seed);
		read_back(hd_bytes_of(damaged, size), &other, &kept, &bad);
		if (!bad)
			hd_regex_match(&other, HD_BYTES("axyza7"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meanings),    cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_linear_time), cmocka_unit_test(test_agrees_with_sets_of_ends),
		cmocka_unit_test(test_any_bytes),   cmocka_unit_test(test_program_travels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
