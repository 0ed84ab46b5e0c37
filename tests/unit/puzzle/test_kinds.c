/* What every kind of puzzle must keep, whatever it is. A kind that is added to hd_puzzle_kinds is
 * tried here without a word more. */
#include "tests/unit/puzzle/kinds_world.h"

#include "core/puzzle/draw.h"

#include <jansson.h>

#define SEEDS   3u
#define DRAWING (8u * HD_MIB)

/* Instances of every kind, of its samples and their tiers, made once. */
struct made {
	uint32_t count;
	struct instance *of[1024];
};

static void
make_all(struct made *made, const struct hd_puzzle_kind *kind, struct sample_params sample)
{
	for (uint8_t tier = 0; tier < kind->tiers_count && tier < sample.tiers; tier++)
		for (uint32_t j = 0; j < SEEDS; j++) {
			struct instance *in = malloc(sizeof(*in));
			made->of[made->count++] = in;
			assert_true(made->count < 1024);
			assert_true(instance_begin(in, kind, sample.params, tier, j));
			assert_int_equal(instance_make(in, 0, TRIES, ALL_FUEL, 0), HD_PUZZLE_READY);
		}
}

static int
setup(void **state)
{
	struct made *made = *state = calloc(1, sizeof(*made));
	for (uint32_t k = 0; hd_puzzle_kinds[k] != NULL; k++) {
		struct sample_params sample;
		for (uint32_t n = 0; (sample = sample_of(hd_puzzle_kinds[k], n)).params; n++)
			make_all(made, hd_puzzle_kinds[k], sample);
	}
	return 0;
}

static int
teardown(void **state)
{
	struct made *made = *state;
	for (uint32_t i = 0; i < made->count; i++)
		free(made->of[i]);
	free(made);
	return 0;
}

/* `fn` sees the first `seeds` of each kind, params and tier. */
static void
each_instance(void **state, uint32_t seeds, void (*fn)(struct instance *in))
{
	struct made *made = *state;
	assert_true(made->count > 0 && seeds <= SEEDS);
	for (uint32_t i = 0; i < made->count; i++)
		if (i % SEEDS < seeds)
			fn(made->of[i]);
}

/* No number of a size takes a zero in front: a text would be as long as anybody likes. */
static void
size_has_one_spelling(struct instance *in)
{
	static uint8_t longer[HD_PUZZLE_TEXT_MAX + 1];
	struct hd_bytes text = text_of(in);
	struct hd_puzzle_params params;
	uint32_t head = (uint32_t)((uint8_t *)memchr(text.at, ':', text.size) - text.at);
	for (uint32_t at = 0; at < head; at++) {
		if (text.at[at] > '9' || (at > 0 && text.at[at - 1] != 'x'))
			continue;
		memcpy(longer, text.at, at);
		longer[at] = '0';
		memcpy(longer + at + 1, text.at + at, text.size - at);
		assert_non_null(in->spec.kind->check(hd_bytes_of(longer, text.size + 1), &params));
		assert_non_null(in->spec.kind->params_read(hd_bytes_of(longer, head + 1), &params));
	}
}

static void
sizes_have_one_spelling(void **state)
{
	each_instance(state, 1, size_has_one_spelling);
}

static void
is_what_it_says(struct instance *in)
{
	const struct hd_puzzle_kind *kind = in->spec.kind;
	struct found *found = malloc(sizeof(*found));
	struct hd_puzzle_params params = {0};
	assert_null(kind->check(text_of(in), &params));
	assert_memory_equal(&params, &in->spec.params, sizeof(params));
	for (int mode = HD_PUZZLE_COUNT; mode <= HD_PUZZLE_HINT; mode++) {
		solve(kind, text_of(in), (enum hd_puzzle_mode)mode, found);
		assert_int_equal(found->verdict, HD_PUZZLE_UNIQUE);
		assert_true(hd_bytes_equal(hd_bytes_of(found->solution, found->solution_size),
					   solution_of(in)));
		if (mode == HD_PUZZLE_GRADE)
			assert_int_equal(found->rating.tier, in->spec.tier);
	}
	assert_true(found->hint_size > 0);
	assert_null(memchr(found->hint, '\n', found->hint_size));
	assert_true(kind->verify(text_of(in), solution_of(in)));
	assert_false(kind->verify(text_of(in), (struct hd_bytes){0}));
	free(found);
}

static void
made_puzzles_are_what_they_say(void **state)
{
	each_instance(state, SEEDS, is_what_it_says);
}

static void
equal_instances(const struct instance *a, const struct instance *b)
{
	assert_true(hd_bytes_equal(text_of(a), text_of(b)));
	assert_true(hd_bytes_equal(solution_of(a), solution_of(b)));
	assert_int_equal(a->rating.tier, b->rating.tier);
	assert_int_equal(a->rating.steps, b->rating.steps);
	assert_int_equal(a->rating.nodes, b->rating.nodes);
	assert_int_equal(a->try, b->try);
}

/* Also: what lay in the memory before, and how many tries came before. */
static void
fuel_changes_nothing(struct instance *in)
{
	struct instance *twin = malloc(sizeof(*twin));
	struct found *all = calloc(1, sizeof(*all)), *one = calloc(1, sizeof(*one));
	*twin = *in;
	assert_int_equal(instance_make(twin, in->try, 1, 1, 0xff), HD_PUZZLE_READY);
	equal_instances(in, twin);
	assert_true(solve_within(in->spec.kind, text_of(in), HD_PUZZLE_HINT, ALL_FUEL, UINT64_MAX,
				 0, all));
	assert_true(
		solve_within(in->spec.kind, text_of(in), HD_PUZZLE_HINT, 1, UINT64_MAX, 0xff, one));
	assert_memory_equal(all, one, sizeof(*all));
	if (in->try > 0 && in->try < 10)
		assert_int_equal(instance_make(twin, 0, in->try, 7, 0x55), HD_PUZZLE_MISSED);
	free(all);
	free(one);
	free(twin);
}

static void
bytes_are_the_same_for_any_fuel(void **state)
{
	each_instance(state, 1, fuel_changes_nothing);
}

static void
forms_come_back(struct instance *in)
{
	const struct hd_puzzle_kind *kind = in->spec.kind;
	static uint8_t form[4 * HD_PUZZLE_TEXT_MAX], text[HD_PUZZLE_TEXT_MAX];
	struct hd_puzzle_params params;
	for (uint32_t f = 0; f < HD_PUZZLE_FORM_COUNT; f++) {
		struct hd_writer out = hd_writer_of(form, sizeof(form));
		struct hd_writer back = hd_writer_of(text, sizeof(text));
		if (!(kind->forms >> f & 1) ||
		    (f == HD_PUZZLE_FORM_81 && in->spec.params.variant != 0))
			continue;
		kind->form_write((enum hd_puzzle_form)f, text_of(in), &out);
		assert_false(out.full);
		struct hd_bytes written = hd_bytes_of(form, (size_t)(out.at - form));
		assert_null(kind->form_read((enum hd_puzzle_form)f, written, &back));
		assert_false(back.full);
		struct hd_bytes read = hd_bytes_of(text, (size_t)(back.at - text));
		assert_null(kind->check(read, &params));
		assert_true(hd_bytes_equal(read, text_of(in)));
	}
}

static void
every_form_comes_back(void **state)
{
	each_instance(state, 1, forms_come_back);
}

/* The overlay of an instance and its digits. */
static void
lay(const struct instance *in, struct hd_bytes answer, struct hd_puzzle_overlay *overlay,
    uint8_t *digits)
{
	in->spec.kind->digits_of(text_of(in), solution_of(in), digits);
	hd_puzzle_overlay_make(&in->spec, in->seed, answer, digits, overlay);
}

static void
json_agrees(struct instance *in)
{
	static uint8_t bytes[HD_PUZZLE_JSON_MAX], digits[HD_PUZZLE_CELLS_MAX];
	struct hd_puzzle_overlay overlay = {0};
	struct hd_writer out = hd_writer_of(bytes, sizeof(bytes));
	bool around = in->spec.kind->around_answer;
	uint8_t longest[HD_PHRASE_MAX];
	memset(longest, 'W', sizeof(longest));
	if (!around)
		lay(in, hd_bytes_of(longest, sizeof(longest)), &overlay, digits);
	hd_puzzle_json(&in->spec, text_of(in), around ? NULL : &overlay, &out);
	assert_false(out.full);
	json_t *json = json_loadb((const char *)bytes, (size_t)(out.at - bytes), 0, NULL);
	assert_non_null(json);
	assert_int_equal(json_object_size(json), 5);
	assert_string_equal(json_string_value(json_object_get(json, "kind")), in->spec.kind->name);
	assert_string_equal(json_string_value(json_object_get(json, "tier")),
			    in->spec.kind->tiers[in->spec.tier]);
	assert_true(hd_bytes_equal(hd_bytes_str(json_string_value(json_object_get(json, "text"))),
				   text_of(in)));
	json_t *marks = json_object_get(json, "overlay");
	assert_int_equal(json_array_size(marks), overlay.count);
	for (uint32_t i = 0; i < overlay.count; i++) {
		json_t *mark = json_array_get(marks, i), *cells = json_object_get(mark, "cells");
		const char *letter = json_string_value(json_object_get(mark, "letter"));
		assert_int_equal(letter[0], overlay.marks[i].letter);
		assert_int_equal(json_array_size(cells), in->spec.kind->digits);
		for (uint32_t c = 0; c < in->spec.kind->digits; c++) {
			json_t *cell = json_array_get(cells, c);
			assert_int_equal(json_integer_value(json_array_get(cell, 0)),
					 overlay.marks[i].cells[c].row);
			assert_int_equal(json_integer_value(json_array_get(cell, 1)),
					 overlay.marks[i].cells[c].column);
		}
	}
	json_decref(json);
}

static void
json_says_it_all(void **state)
{
	each_instance(state, 1, json_agrees);
}

/* Well formed, as far as we write XML: tags that nest, attributes in double quotes, the escapes. */
static void
is_xml(const char *at, const char *end)
{
	uint32_t depth = 0;
	bool any = false;
	for (; at < end; at++) {
		if (*at == '&') {
			assert_true(strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0 ||
				    strncmp(at, "&gt;", 4) == 0);
		}
		assert_true((uint8_t)*at >= 0x20 || *at == '\n');
		if (*at != '<') {
			assert_true(depth > 0 || *at == '\n');
			assert_int_not_equal(*at, '>');
			continue;
		}
		bool closes = at[1] == '/', quoted = false;
		assert_true(depth > 0 || !any);
		any = true;
		for (at++; at < end && (*at != '>' || quoted); at++) {
			quoted ^= *at == '"';
			assert_int_not_equal(*at, '<');
		}
		assert_true(at < end && !quoted && (!closes || depth > 0));
		depth = closes ? depth - 1 : at[-1] == '/' ? depth : depth + 1;
	}
	assert_int_equal(depth, 0);
	assert_true(any);
}

static void
drawings_are_drawn(struct instance *in)
{
	const struct hd_puzzle_kind *kind = in->spec.kind;
	static uint8_t digits[HD_PUZZLE_CELLS_MAX];
	struct hd_puzzle_overlay overlay = {0};
	char *drawing = malloc(DRAWING), *other = malloc(DRAWING);
	if (!kind->around_answer)
		lay(in, hd_bytes_of(in->answer, in->answer_size), &overlay, digits);
	for (uint32_t what = 0; what < 4; what++) {
		struct hd_bytes shown = what & 1 ? solution_of(in) : (struct hd_bytes){0};
		struct hd_puzzle_overlay *laid = what & 2 && overlay.count > 0 ? &overlay : NULL;
		struct hd_writer out = hd_writer_of(drawing, DRAWING);
		kind->draw_svg(text_of(in), shown, laid, &out);
		assert_false(out.full);
		assert_memory_equal(drawing, "<svg ", 5);
		is_xml(drawing, (const char *)out.at);
		struct hd_writer bare = hd_writer_of(other, DRAWING);
		kind->draw_svg(text_of(in), (struct hd_bytes){0}, NULL, &bare);
		bool more = shown.size > 0 || laid != NULL;
		assert_int_equal(more, (char *)out.at - drawing != (char *)bare.at - other ||
					       memcmp(drawing, other,
						      (size_t)((char *)bare.at - other)) != 0);
		out = hd_writer_of(drawing, DRAWING);
		kind->draw_text(text_of(in), shown, &out);
		assert_false(out.full);
		assert_true((char *)out.at > drawing && out.at[-1] == '\n');
		assert_null(memmem(drawing, (size_t)((char *)out.at - drawing), " \n", 2));
		out = hd_writer_of(drawing, 40); /* room for some of it */
		kind->draw_svg(text_of(in), shown, laid, &out);
		assert_true(out.full);
	}
	free(drawing);
	free(other);
}

/* Who has the page and nothing else must know what to do. Lines end between words. */
static void
has_its_rule(const char *drawing, const char *end, const char *rule)
{
	const char *at = drawing, *word = rule;
	for (uint32_t words = 0; *word != '\0'; words++) {
		size_t size = strcspn(word, " ");
		const char *found = memmem(at, (size_t)(end - at), word, size);
		if (found == NULL)
			fail_msg("no `%.*s` in a drawing", (int)size, word);
		/* one behind the other, with a line's end and its marks between them at most */
		assert_true(words == 0 || found - at < 100);
		at = found + size;
		word += size + (word[size] == ' ');
	}
}

static void
drawings_say_the_rule(struct instance *in)
{
	const struct hd_puzzle_kind *kind = in->spec.kind;
	char *drawing = malloc(DRAWING);
	struct hd_writer out = hd_writer_of(drawing, DRAWING);
	const char *last = kind->rule + strlen(kind->rule) - 1;
	assert_true(strlen(kind->rule) > 40 && *last == '.');
	kind->draw_text(text_of(in), (struct hd_bytes){0}, &out);
	const char *first = memmem(drawing, (size_t)((char *)out.at - drawing), kind->rule, 8);
	assert_non_null(first);
	has_its_rule(first, (char *)out.at, kind->rule);
	out = hd_writer_of(drawing, DRAWING);
	kind->draw_svg(text_of(in), (struct hd_bytes){0}, NULL, &out);
	first = memmem(drawing, (size_t)((char *)out.at - drawing), kind->rule, 8);
	assert_non_null(first);
	has_its_rule(first, (char *)out.at, kind->rule);
	free(drawing);
}

static void
every_page_says_its_rule(void **state)
{
	each_instance(state, 1, drawings_say_the_rule);
}

static void
all_are_drawn(void **state)
{
	each_instance(state, 1, drawings_are_drawn);
}

static void
answer_comes_back(struct instance *in)
{
	static uint8_t digits[HD_PUZZLE_CELLS_MAX];
	const struct hd_puzzle_kind *kind = in->spec.kind;
	struct hd_puzzle_overlay overlay;
	uint8_t read[HD_PHRASE_MAX] = {0};
	uint32_t size;
	if (kind->around_answer) {
		size = kind->answer_of(text_of(in), solution_of(in), read);
	} else {
		lay(in, hd_bytes_of(in->answer, in->answer_size), &overlay, digits);
		size = hd_puzzle_overlay_read(kind, &in->spec.params, &overlay, digits, read);
	}
	assert_int_equal(size, in->answer_size);
	assert_memory_equal(read, in->answer, size);
}

static void
solved_puzzles_tell_their_answer(void **state)
{
	each_instance(state, SEEDS, answer_comes_back);
}

static void
overlay_keeps_off(struct instance *in)
{
	static uint8_t digits[HD_PUZZLE_CELLS_MAX];
	struct hd_puzzle_overlay overlay;
	uint32_t w = in->spec.params.width, cells = w * in->spec.params.height, open = 0, given = 0;
	if (in->spec.kind->around_answer)
		return;
	for (uint32_t size = HD_PHRASE_MIN; size <= HD_PHRASE_MAX; size++) {
		uint8_t uses[HD_PUZZLE_CELLS_MAX] = {0}, answer[HD_PHRASE_MAX], most = 0;
		memset(answer, 'A' + (int)size, size);
		lay(in, hd_bytes_of(answer, size), &overlay, digits);
		open = given = 0;
		for (uint32_t c = 0; c < cells; c++) {
			open += !(digits[c] & HD_PUZZLE_GIVEN);
			assert_true((digits[c] & ~HD_PUZZLE_GIVEN) < in->spec.kind->base);
		}
		for (uint32_t i = 0; i < size; i++)
			for (uint32_t c = 0; c < overlay.marks[i].cells_count; c++) {
				uint32_t cell = overlay.marks[i].cells[c].row * w +
						overlay.marks[i].cells[c].column;
				given += digits[cell] & HD_PUZZLE_GIVEN;
				most = ++uses[cell] > most ? uses[cell] : most;
				for (uint32_t b = 0; b < c; b++)
					assert_true(overlay.marks[i].cells[b].row * w +
							    overlay.marks[i].cells[b].column !=
						    cell);
			}
		assert_true(most == 1 || size * in->spec.kind->digits > open);
		assert_int_equal(given, 0);
	}
}

/* A digit that the puzzle prints would turn its letter for everyone. */
static void
printed_digits_are_marked(void **state)
{
	const struct hd_puzzle_kind *sudoku = hd_puzzle_kind(HD_BYTES("sudoku"));
	struct made *made = *state;
	for (uint32_t i = 0; i < made->count; i++) {
		const struct instance *in = made->of[i];
		uint8_t digits[81];
		uint32_t marked = 0, printed = 0;
		if (in->spec.kind != sudoku)
			continue;
		sudoku->digits_of(text_of(in), solution_of(in), digits);
		for (uint32_t cell = 0; cell < 81; cell++)
			marked += digits[cell] >= HD_PUZZLE_GIVEN;
		const uint8_t *at = memchr(in->text, ':', in->text_size);
		for (; at < in->text + in->text_size && *at != ','; at++)
			printed += *at >= '1' && *at <= '9';
		assert_int_equal(marked, printed);
		assert_true(marked >= 12);
	}
}

static void
overlays_draw_fresh_cells(void **state)
{
	each_instance(state, 1, overlay_keeps_off);
}

#define DEALS            400u /* of each instance */
#define UNTURNED_PERCENT 12u

/* How many printed letters of DEALS overlays are the answer's own. */
static uint32_t
unturned_of(const struct instance *in)
{
	static uint8_t digits[HD_PUZZLE_CELLS_MAX];
	struct hd_puzzle_overlay overlay;
	uint8_t answer[HD_PHRASE_MAX];
	uint32_t unturned = 0;
	memset(answer, 'Q', sizeof(answer));
	in->spec.kind->digits_of(text_of(in), solution_of(in), digits);
	for (uint32_t deal = 0; deal < DEALS; deal++) {
		uint8_t seed[HD_PUZZLE_SEED] = {(uint8_t)deal, (uint8_t)(deal >> 8)};
		hd_puzzle_overlay_make(&in->spec, seed, hd_bytes_of(answer, sizeof(answer)), digits,
				       &overlay);
		for (uint32_t i = 0; i < overlay.count; i++)
			unturned += overlay.marks[i].letter == 'Q';
	}
	return unturned;
}

/* Who reads the printed letters must not read the answer: of each kind's usual size, tier by tier.
 * Measured: lightsout 5 to 11 percent, nonogram 6 and 11, sudoku and slitherlink 4 to 5. */
static void
overlays_turn_most_letters(void **state)
{
	struct made *made = *state;
	uint32_t letters = SEEDS * DEALS * HD_PHRASE_MAX;
	for (uint32_t i = 0; i < made->count; i += SEEDS) {
		const struct hd_puzzle_spec *spec = &made->of[i]->spec;
		struct hd_puzzle_params usual;
		uint32_t unturned = 0;
		assert_null(spec->kind->params_read(hd_bytes_str(spec->kind->defaults), &usual));
		if (spec->kind->around_answer || memcmp(&usual, &spec->params, sizeof(usual)) != 0)
			continue;
		for (uint32_t j = 0; j < SEEDS; j++)
			unturned += unturned_of(made->of[i + j]);
		if (unturned * 100 > UNTURNED_PERCENT * letters)
			fail_msg("%s %s: %u of %u letters are the answer's own", spec->kind->name,
				 spec->kind->tiers[spec->tier], unturned, letters);
	}
}

/* No byte of a solution may be another; nor may one be missing. */
static void
verifier_refuses(struct instance *in)
{
	const struct hd_puzzle_kind *kind = in->spec.kind;
	uint64_t random = in->seed[0];
	for (uint32_t i = 0; i < 64; i++) {
		uint32_t at = (uint32_t)(hd_test_random(&random) % in->solution_size);
		uint32_t from = (uint32_t)(hd_test_random(&random) % in->solution_size);
		uint8_t kept = in->solution[at];
		uint8_t put = i % 2 ? in->solution[from] : (uint8_t)hd_test_random(&random);
		in->solution[at] = put;
		if (put != kept && kind->verify(text_of(in), solution_of(in)))
			fail_msg("%s: byte %u may be %c for %c", kind->name, at, put, kept);
		in->solution[at] = kept;
	}
	in->solution_size--;
	assert_false(kind->verify(text_of(in), solution_of(in)));
	in->solution_size++;
}

static void
verifiers_refuse_what_was_changed(void **state)
{
	each_instance(state, 1, verifier_refuses);
}

/* Texts cut off or changed: refused, or solved as what they then are. */
static void
junk_is_met(struct instance *in)
{
	const struct hd_puzzle_kind *kind = in->spec.kind;
	struct found *found = malloc(sizeof(*found));
	uint64_t random = in->seed[1];
	struct hd_puzzle_params params;
	for (uint32_t i = 0; i < 40; i++) {
		uint32_t size =
			i % 4 ? in->text_size : (uint32_t)(hd_test_random(&random) % in->text_size);
		uint8_t *text = malloc(size + 1u);
		memcpy(text, in->text, size);
		if (size == in->text_size)
			text[hd_test_random(&random) % size] =
				i % 2 ? in->text[hd_test_random(&random) % size]
				      : (uint8_t)hd_test_random(&random);
		struct hd_bytes bytes = hd_bytes_of(text, size);
		if (kind->check(bytes, &params) == NULL &&
		    solve_within(kind, bytes, HD_PUZZLE_HINT, 100, 100, 0, found) &&
		    found->verdict == HD_PUZZLE_UNIQUE)
			assert_true(kind->verify(
				bytes, hd_bytes_of(found->solution, found->solution_size)));
		free(text);
	}
	assert_non_null(kind->check((struct hd_bytes){0}, &params));
	free(found);
}

static void
junk_is_refused_or_solved(void **state)
{
	each_instance(state, 1, junk_is_met);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_have_one_spelling),
		cmocka_unit_test(made_puzzles_are_what_they_say),
		cmocka_unit_test(bytes_are_the_same_for_any_fuel),
		cmocka_unit_test(every_form_comes_back),
		cmocka_unit_test(json_says_it_all),
		cmocka_unit_test(all_are_drawn),
		cmocka_unit_test(every_page_says_its_rule),
		cmocka_unit_test(solved_puzzles_tell_their_answer),
		cmocka_unit_test(printed_digits_are_marked),
		cmocka_unit_test(overlays_draw_fresh_cells),
		cmocka_unit_test(overlays_turn_most_letters),
		cmocka_unit_test(verifiers_refuse_what_was_changed),
		cmocka_unit_test(junk_is_refused_or_solved),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
