/* Challenges: their numbers, their answers, partial answers and hints.
 *
 * Answers are compared with those already written: an answer's normal form stands in the encoding
 * just where it was put, so the encoding is the list to look in. */
#include "core/veltrix/compile.h"
#include "core/veltrix/regex/regex.h"
#include "core/veltrix/scalar.h"
#include "huntd/assert.h"
#include "huntd/core.h"
#include "huntd/ids.h"

static uint32_t
number_of(const struct hd_definition_outline *outline, uint32_t count, struct hd_bytes id)
{
	HD_ASSERT(count <= HD_CHALLENGES_MAX);
	for (uint32_t i = 0; i < count; i++)
		if (hd_bytes_equal(outline->challenges[i].id, id))
			return i;
	return count;
}

/* A challenge's number goes by its id; what has no id of the right form gets none, and a fault
 * elsewhere. */
static void
number_one(struct hd_compile *compile, uint32_t at)
{
	struct hd_definition_outline *ids = &compile->previous;
	const struct hd_node *id =
		hd_compile_find(compile->check.document, hd_compile_node(compile, at), "id");
	if (!id || !hd_id_valid_strict(id->text))
		return;
	uint32_t number = number_of(ids, ids->challenges_count, id->text);
	if (number == HD_CHALLENGES_MAX) {
		hd_fault(&compile->check, id,
			 "a hunt has at most 1024 challenges over all its versions, gone ones too");
		return;
	}
	HD_ASSERT(number <= ids->challenges_count);
	if (number == ids->challenges_count) {
		ids->challenges[ids->challenges_count++] =
			(struct hd_outline_challenge){.id = id->text};
		compile->numbered[number] = 0;
	}
	if (compile->numbered[number] == 0) {
		compile->numbered[number] = at;
		return;
	}
	uint32_t mark = hd_check_enter_key(&compile->check, "id");
	hd_fault(&compile->check, id, "id %q is used by an earlier challenge", id->text);
	hd_check_leave(&compile->check, mark);
}

void
hd_compile_number(struct hd_compile *compile, const struct hd_node *challenges)
{
	uint32_t at = challenges ? challenges->first : 0;
	HD_ASSERT(compile->previous.challenges_count <= HD_CHALLENGES_MAX);
	memset(compile->numbered, 0, sizeof compile->numbered);
	for (uint32_t i = 0; challenges && i < challenges->count; i++) {
		HD_ASSERT(at > 0 && at < compile->check.document->count);
		uint32_t mark = hd_check_enter_item(&compile->check, i);
		number_one(compile, at);
		hd_check_leave(&compile->check, mark);
		at = hd_compile_node(compile, at)->next;
	}
	compile->rules.challenges_count = compile->previous.challenges_count;
}

/* Checks the challenge at `at`, which stands somewhere in the list, under its own path. */
static void
compile_at(struct hd_compile *compile, const struct hd_node *challenges, uint32_t at,
	   const struct hd_outline_challenge *before)
{
	uint32_t place = 0;
	HD_ASSERT(at > 0 && at < compile->check.document->count);
	for (uint32_t i = challenges->first; i != at; i = hd_compile_node(compile, i)->next)
		place++;
	uint32_t mark = hd_check_enter_item(&compile->check, place);
	hd_compile_challenge(compile, hd_compile_node(compile, at), before);
	hd_check_leave(&compile->check, mark);
}

static bool
is_numbered(const struct hd_compile *compile, uint32_t at)
{
	for (uint32_t i = 0; i < compile->rules.challenges_count; i++)
		if (compile->numbered[i] == at)
			return true;
	return false;
}

static void
write_gone(const struct hd_outline_challenge *before, struct hd_writer *out)
{
	struct hd_challenge gone = {.gone = true,
				    .id = before->id,
				    .kind = before->kind,
				    .points_count = before->by_order ? 2 : 1};
	HD_ASSERT(before->known);
	hd_definition_write_challenge(&gone, out);
	hd_write_fixed(out, before->puzzle.at, before->puzzle.size);
}

void
hd_compile_challenges(struct hd_compile *compile, const struct hd_node *challenges)
{
	HD_ASSERT(compile->rules.challenges_count <= HD_CHALLENGES_MAX);
	for (uint32_t i = 0; i < compile->rules.challenges_count; i++) {
		const struct hd_outline_challenge *before = &compile->previous.challenges[i];
		if (compile->numbered[i] == 0)
			write_gone(before, compile->out);
		else
			compile_at(compile, challenges, compile->numbered[i], before);
	}
	uint32_t at = challenges ? challenges->first : 0;
	for (uint32_t i = 0; challenges && i < challenges->count; i++) {
		if (!is_numbered(compile, at)) /* faulty: checked for its other faults */
			compile_at(compile, challenges, at, NULL);
		at = hd_compile_node(compile, at)->next;
	}
}

/* The answers of one challenge while they are written. */
struct answers {
	struct hd_compile *compile;
	const uint8_t *exact; /* in the encoding: the first answer */
	uint32_t exact_count;
	const uint8_t *partials; /* the first partial */
	uint32_t partials_count;
};

/* Looks for a normal form among `count` written ones; each is followed by a say where `says`. */
static bool
stands_in(const uint8_t *from, uint32_t count, bool says, const uint8_t *end,
	  struct hd_bytes normal)
{
	HD_ASSERT(count == 0 || from <= end);
	struct hd_reader r = {from, end, false};
	for (uint32_t i = 0; i < count; i++) {
		struct hd_bytes one = hd_read_bytes(&r, HD_NORMAL_MAX);
		if (says)
			hd_read_bytes(&r, HD_TEXT_MAX);
		if (!r.bad && hd_bytes_equal(one, normal))
			return true;
	}
	return false;
}

static const char *
profile_keeps(uint8_t profile)
{
	HD_ASSERT(profile <= HD_PROFILE_FOLD);
	static const char *const keeps[] = {
		[HD_PROFILE_LETTERS_DIGITS] = "letters and digits",
		[HD_PROFILE_LETTERS] = "letters",
		[HD_PROFILE_ASCII] = "ASCII letters and digits",
		[HD_PROFILE_EXACT] = "all bytes",
		[HD_PROFILE_FOLD] = "all characters",
	};
	return keeps[profile];
}

/* The normal form of an answer; 0: a fault was said. */
static uint32_t
normal_of(struct hd_compile *compile, const struct hd_node *node, uint8_t *normal)
{
	if (node->kind != HD_NODE_SCALAR) {
		hd_fault(&compile->check, node, "an answer must be a text such as GOLD; got %n",
			 node);
		return 0;
	}
	if (node->text.size > HD_ANSWER_MAX) {
		hd_fault(&compile->check, node, "an answer must be at most 256 bytes; got %d: %n",
			 (int64_t)node->text.size, node);
		return 0;
	}
	uint32_t size = hd_normalise(compile->rules.profile, node->text, normal);
	HD_ASSERT(size <= HD_NORMAL_MAX);
	if (size == 0)
		hd_fault(&compile->check, node,
			 "nothing is left of the answer %q: its normal form must keep some of its "
			 "%s",
			 node->text, profile_keeps(compile->rules.profile));
	return size;
}

static void
write_exact(struct answers *answers, const struct hd_node *node)
{
	struct hd_compile *compile = answers->compile;
	uint8_t normal[HD_NORMAL_MAX];
	struct hd_bytes form = {normal, normal_of(compile, node, normal)};
	if (form.size == 0)
		return;
	if (stands_in(answers->exact, answers->exact_count, false, compile->out->at, form)) {
		hd_fault(&compile->check, node, "answer %q is an earlier one again: both become %q",
			 node->text, form);
		return;
	}
	hd_write_bytes(compile->out, form);
	answers->exact_count++;
}

static void
write_regex(struct hd_compile *compile, const struct hd_node *node)
{
	struct hd_schema_value values[HD_SCHEMA_KEYS_MAX];
	if (!hd_schema_read(&compile->check, &hd_schema_answer, node, values) ||
	    !hd_schema_has(&values[HD_ANSWER_REGEX]))
		return;
	const struct hd_node *pattern = values[HD_ANSWER_REGEX].node;
	struct hd_regex_draft draft;
	uint32_t where;
	const char *why = hd_regex_compile(compile->rules.profile, pattern->text, &draft, &where);
	HD_ASSERT(where <= pattern->text.size + 1);
	if (why) {
		uint32_t mark = hd_check_enter_key(&compile->check, "regex");
		hd_fault(&compile->check, pattern, "regex %q %s (at byte %d)", pattern->text, why,
			 (int64_t)where + 1);
		hd_check_leave(&compile->check, mark);
		return;
	}
	struct hd_regex regex = hd_regex_of(&draft);
	hd_regex_write(&regex, compile->out);
}

static bool
is_map(const struct hd_node *node)
{
	return node->kind == HD_NODE_MAP;
}

static bool
is_no_map(const struct hd_node *node)
{
	return node->kind != HD_NODE_MAP;
}

/* Calls `visit` for each item that is `wanted` (NULL: for all), under its path. */
static void
each_item(struct answers *answers, const struct hd_node *list,
	  bool (*wanted)(const struct hd_node *),
	  void (*visit)(struct answers *, const struct hd_node *))
{
	struct hd_compile *compile = answers->compile;
	uint32_t at = list->first;
	HD_ASSERT(list->kind == HD_NODE_LIST);
	for (uint32_t i = 0; i < list->count; i++) {
		const struct hd_node *node = hd_compile_node(compile, at);
		uint32_t mark = hd_check_enter_item(&compile->check, i);
		if (!wanted || wanted(node))
			visit(answers, node);
		hd_check_leave(&compile->check, mark);
		at = node->next;
	}
}

static void
visit_regex(struct answers *answers, const struct hd_node *node)
{
	write_regex(answers->compile, node);
}

static uint32_t
count_maps(const struct hd_compile *compile, const struct hd_node *list)
{
	uint32_t count = 0, at = list->first;
	HD_ASSERT(list->kind == HD_NODE_LIST);
	for (uint32_t i = 0; i < list->count; i++) {
		count += is_map(hd_compile_node(compile, at));
		at = hd_compile_node(compile, at)->next;
	}
	return count;
}

static void
write_answers(struct answers *answers, const struct hd_schema_value *value)
{
	struct hd_compile *compile = answers->compile;
	if (!hd_schema_has(value)) {
		hd_write_varint(compile->out, 0);
		hd_write_varint(compile->out, 0);
		return;
	}
	uint32_t mark = hd_check_enter_key(&compile->check, "answers");
	uint32_t maps = count_maps(compile, value->node);
	HD_ASSERT(maps <= value->node->count);
	hd_write_varint(compile->out, value->node->count - maps);
	answers->exact = compile->out->at;
	each_item(answers, value->node, is_no_map, write_exact);
	hd_write_varint(compile->out, maps);
	each_item(answers, value->node, is_map, visit_regex);
	hd_check_leave(&compile->check, mark);
}

static void
write_partial(struct answers *answers, const struct hd_node *node)
{
	struct hd_compile *compile = answers->compile;
	struct hd_schema_value values[HD_SCHEMA_KEYS_MAX];
	uint8_t normal[HD_NORMAL_MAX];
	if (!hd_schema_read(&compile->check, &hd_schema_partial, node, values) ||
	    !hd_schema_has(&values[HD_PARTIAL_ANSWER]))
		return;
	const struct hd_node *answer = values[HD_PARTIAL_ANSWER].node;
	uint32_t mark = hd_check_enter_key(&compile->check, "answer");
	struct hd_bytes form = {normal, normal_of(compile, answer, normal)};
	const uint8_t *end = compile->out->at;
	bool right = stands_in(answers->exact, answers->exact_count, false, end, form);
	if (form.size > 0 && right)
		hd_fault(&compile->check, answer,
			 "partial answer %q equals one of answers: both become %q", answer->text,
			 form);
	else if (form.size > 0 &&
		 stands_in(answers->partials, answers->partials_count, true, end, form))
		hd_fault(&compile->check, answer,
			 "partial answer %q is an earlier one again: both become %q", answer->text,
			 form);
	else if (form.size > 0) {
		const struct hd_schema_value *say = &values[HD_PARTIAL_SAY];
		hd_write_bytes(compile->out, form);
		hd_write_bytes(compile->out,
			       hd_schema_has(say) ? say->node->text : (struct hd_bytes){0});
		answers->partials_count++;
	}
	hd_check_leave(&compile->check, mark);
}

static void
write_partials(struct answers *answers, const struct hd_schema_value *value)
{
	struct hd_compile *compile = answers->compile;
	hd_write_varint(compile->out, hd_schema_has(value) ? value->node->count : 0);
	if (!hd_schema_has(value))
		return;
	uint32_t mark = hd_check_enter_key(&compile->check, "partial");
	answers->partials = compile->out->at;
	each_item(answers, value->node, NULL, write_partial);
	hd_check_leave(&compile->check, mark);
}

static void
write_hint(struct answers *answers, const struct hd_node *node)
{
	struct hd_compile *compile = answers->compile;
	struct hd_schema_value values[HD_SCHEMA_KEYS_MAX];
	if (!hd_schema_read(&compile->check, &hd_schema_hint, node, values))
		return;
	const struct hd_schema_value *text = &values[HD_HINT_TEXT];
	HD_ASSERT(values[HD_HINT_COST].number >= 0 || values[HD_HINT_COST].refused);
	hd_write_signed(compile->out,
			hd_schema_has(&values[HD_HINT_COST]) ? values[HD_HINT_COST].number : 0);
	hd_write_bytes(compile->out, hd_schema_has(text) ? text->node->text : (struct hd_bytes){0});
}

static void
write_hints(struct answers *answers, const struct hd_schema_value *value)
{
	struct hd_compile *compile = answers->compile;
	hd_write_varint(compile->out, hd_schema_has(value) ? value->node->count : 0);
	if (!hd_schema_has(value))
		return;
	uint32_t mark = hd_check_enter_key(&compile->check, "hints");
	each_item(answers, value->node, NULL, write_hint);
	hd_check_leave(&compile->check, mark);
}

static bool
is_kind(const struct hd_schema_value *kind, enum hd_challenge_kind wanted)
{
	uint8_t stands = hd_schema_has(kind) ? (uint8_t)(kind->number + 1) : HD_CHALLENGE_ANSWER;
	HD_ASSERT(stands <= HD_CHALLENGE_DEALT);
	return !kind->refused && stands == wanted;
}

/* A key that stands where another kind of challenge has none. */
static void
say_foreign(struct hd_compile *compile, const struct hd_schema_value *value, const char *name,
	    const char *why)
{
	uint32_t mark = hd_check_enter_key(&compile->check, name);
	HD_ASSERT(value->node != NULL);
	hd_fault_key(&compile->check, value->node, "%s %s", name, why);
	hd_check_leave(&compile->check, mark);
}

/* Answers are needed, unless they are dealt, or what was refused may have been there instead of
 * them. */
static void
check_answers(struct hd_compile *compile, const struct hd_node *challenge,
	      const struct hd_schema_value *values)
{
	const struct hd_schema_value *answers = &values[HD_CHALLENGE_ANSWERS];
	const struct hd_schema_value *partial = &values[HD_CHALLENGE_PARTIAL];
	const struct hd_schema_value *kind = &values[HD_CHALLENGE_KIND];
	if (is_kind(kind, HD_CHALLENGE_DEALT))
		return;
	if (!answers->node && !answers->refused && !kind->refused &&
	    !values[HD_CHALLENGE_PUZZLE].node)
		hd_schema_missing(&compile->check, &hd_schema_challenge.keys[HD_CHALLENGE_ANSWERS],
				  challenge);
	if (hd_schema_has(answers) && hd_schema_has(partial) &&
	    answers->node->count + partial->node->count > HD_ANSWERS_MAX)
		hd_fault(&compile->check, partial->node,
			 "answers and partial have at most 256 together; got %d",
			 (int64_t)answers->node->count + partial->node->count);
}

/* `kind: puzzle` and `puzzle:` go together; its answers are dealt. */
static void
check_puzzle(struct hd_compile *compile, const struct hd_node *challenge,
	     const struct hd_schema_value *values)
{
	static const char dealt[] =
		"cannot be used with `kind: puzzle`: each entrant is dealt an answer; leave "
		"it out";
	const struct hd_schema_value *kind = &values[HD_CHALLENGE_KIND];
	const struct hd_schema_value *puzzle = &values[HD_CHALLENGE_PUZZLE];
	if (kind->refused)
		return;
	if (!is_kind(kind, HD_CHALLENGE_DEALT)) {
		if (puzzle->node)
			say_foreign(compile, puzzle, "puzzle",
				    "is of `kind: puzzle`; add that or leave it out");
		return;
	}
	if (!puzzle->node && !puzzle->refused)
		hd_schema_missing(&compile->check, &hd_schema_challenge.keys[HD_CHALLENGE_PUZZLE],
				  challenge);
	if (values[HD_CHALLENGE_ANSWERS].node)
		say_foreign(compile, &values[HD_CHALLENGE_ANSWERS], "answers", dealt);
	if (values[HD_CHALLENGE_PARTIAL].node)
		say_foreign(compile, &values[HD_CHALLENGE_PARTIAL], "partial", dealt);
}

/* A stock is of a treasure, which has one, or of a puzzle. */
static void
check_stock(struct hd_compile *compile, const struct hd_node *challenge,
	    const struct hd_schema_value *values)
{
	const struct hd_schema_value *kind = &values[HD_CHALLENGE_KIND];
	const struct hd_schema_value *stock = &values[HD_CHALLENGE_STOCK];
	if (kind->refused || stock->refused)
		return;
	if (is_kind(kind, HD_CHALLENGE_TREASURE) && !stock->node)
		hd_schema_missing(&compile->check, &hd_schema_challenge.keys[HD_CHALLENGE_STOCK],
				  challenge);
	if (stock->node && is_kind(kind, HD_CHALLENGE_ANSWER))
		say_foreign(compile, stock, "stock",
			    "is of a treasure; add `kind: treasure` or leave it out");
}

/* What earlier versions said must stay: people have played by it. `key` may be absent. */
static void
say_changed(struct hd_compile *compile, const struct hd_node *challenge,
	    const struct hd_schema_value *key, const char *name, const char *stays)
{
	uint32_t mark = hd_check_enter_key(&compile->check, name);
	hd_fault(&compile->check, key->node ? key->node : challenge,
		 "%s must stay %s, as in earlier versions; use a new id", name, stays);
	hd_check_leave(&compile->check, mark);
}

static void
check_unchanged(struct hd_compile *compile, const struct hd_node *node,
		const struct hd_challenge *now, const struct hd_outline_challenge *before,
		const struct hd_schema_value *values)
{
	const struct hd_schema_value *kind = &values[HD_CHALLENGE_KIND];
	const struct hd_schema_value *points = &values[HD_CHALLENGE_POINTS];
	if (!before || !before->known)
		return;
	HD_ASSERT(before->kind <= HD_CHALLENGE_DEALT);
	static const char *const kinds[] = {[HD_CHALLENGE_ANSWER] = "left out, for fixed answers",
					    [HD_CHALLENGE_TREASURE] = "treasure",
					    [HD_CHALLENGE_DEALT] = "puzzle"};
	if (!kind->refused && now->kind != before->kind)
		say_changed(compile, node, kind, "kind", kinds[before->kind]);
	if (hd_schema_has(points) && (now->points_count > 1) != before->by_order)
		say_changed(compile, node, points, "points",
			    before->by_order ? "by order, a list of 2 or more"
					     : "fixed, one integer");
}

/* One integer, or a list of them; each was checked. */
static uint32_t
read_points(const struct hd_compile *compile, const struct hd_schema_value *value, int64_t *points)
{
	points[0] = value->number;
	if (!hd_schema_has(value) || value->node->kind != HD_NODE_LIST)
		return 1;
	HD_ASSERT(value->node->count > 0 && value->node->count <= HD_POINTS_MAX);
	uint32_t at = value->node->first;
	for (uint32_t i = 0; i < value->node->count; i++) {
		bool good = hd_scalar_integer(hd_compile_node(compile, at)->text, &points[i]);
		HD_ASSERT(good);
		at = hd_compile_node(compile, at)->next;
	}
	return value->node->count;
}

void
hd_compile_challenge(struct hd_compile *compile, const struct hd_node *challenge,
		     const struct hd_outline_challenge *before)
{
	struct hd_schema_value values[HD_SCHEMA_KEYS_MAX];
	int64_t points[HD_POINTS_MAX];
	if (!hd_schema_read(&compile->check, &hd_schema_challenge, challenge, values))
		return;
	check_answers(compile, challenge, values);
	check_puzzle(compile, challenge, values);
	check_stock(compile, challenge, values);
	const struct hd_schema_value *kind = &values[HD_CHALLENGE_KIND];
	const struct hd_schema_value *id = &values[HD_CHALLENGE_ID];
	const struct hd_schema_value *title = &values[HD_CHALLENGE_TITLE];
	struct hd_bytes name = hd_schema_has(id) ? id->node->text : (struct hd_bytes){0};
	struct hd_challenge head = {
		.kind = hd_schema_has(kind) ? (uint8_t)(kind->number + 1) : HD_CHALLENGE_ANSWER,
		.id = name,
		.title = hd_schema_has(title) && title->node->text.size ? title->node->text : name,
		.points_count = read_points(compile, &values[HD_CHALLENGE_POINTS], points),
		.points = points,
		.stock = (uint64_t)values[HD_CHALLENGE_STOCK].number,
	};
	check_unchanged(compile, challenge, &head, before, values);
	hd_definition_write_challenge(&head, compile->out);
	if (head.kind == HD_CHALLENGE_DEALT)
		hd_compile_puzzle(compile, challenge, values, before);
	struct answers answers = {.compile = compile};
	write_answers(&answers, &values[HD_CHALLENGE_ANSWERS]);
	write_partials(&answers, &values[HD_CHALLENGE_PARTIAL]);
	write_hints(&answers, &values[HD_CHALLENGE_HINTS]);
}
