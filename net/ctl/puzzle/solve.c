/* solve, count, grade, hint, verify: one word or line for each puzzle. */
#include <stdio.h>

#include "huntd/assert.h"
#include "net/ctl/puzzle/tool.h"

static void
put_line(struct hd_bytes text)
{
	fwrite(text.at, 1, text.size, stdout);
	putchar('\n');
}

/* What of `solved` a work shows; it shows a verdict that is not unique instead. */
struct shown {
	const char *work;
	enum hd_puzzle_mode mode;
	bool solution, tier, hint;
};

static const struct shown shown_rows[] = {
	{"solve", HD_PUZZLE_COUNT, true, false, false},
	{"count", HD_PUZZLE_COUNT, false, false, false},
	{"grade", HD_PUZZLE_GRADE, false, true, false},
	{"hint", HD_PUZZLE_HINT, false, false, true},
};

static const struct shown *
shown_of(const struct hd_tool_work *work)
{
	const struct shown *shown = shown_rows;
	while (strcmp(shown->work, work->name) != 0)
		shown++;
	HD_ASSERT(shown < shown_rows + sizeof shown_rows / sizeof *shown_rows);
	return shown;
}

/* What the solution spells: the answer that the puzzle was dealt with. NULL: the line says nothing
 * of one. */
static json_t *
answer_of(struct hd_tool_reading *reading, struct hd_bytes solution)
{
	const struct hd_tool_item *item = &reading->item;
	const struct hd_puzzle_kind *kind = item->kind;
	uint8_t answer[HD_PHRASE_MAX], *digits = reading->draw;
	uint32_t size = 0;
	static_assert(sizeof reading->draw >= HD_PUZZLE_CELLS_MAX, "the digits of all cells fit");
	if (kind->around_answer) {
		size = kind->answer_of(item->text, solution, answer);
	} else if (item->laid) {
		kind->digits_of(item->text, solution, digits);
		size = hd_puzzle_overlay_read(kind, &item->params, &item->overlay, digits, answer);
	}
	return size > 0 ? hd_tool_string(hd_bytes_of(answer, size)) : NULL;
}

static void
print_json(struct hd_tool_reading *reading, const struct shown *shown,
	   const struct hd_puzzle_solved *solved)
{
	const struct hd_tool_item *item = &reading->item;
	bool unique = solved->verdict == HD_PUZZLE_UNIQUE;
	json_t *fact = json_pack("{s:I, s:s, s:o, s:s}", "line", (json_int_t)reading->line, "kind",
				 item->kind->name, "text", hd_tool_string(item->text), "verdict",
				 hd_tool_verdict(solved->verdict));
	json_t *answer = shown->solution && unique ? answer_of(reading, solved->solution) : NULL;
	if (shown->solution && unique)
		json_object_set_new(fact, "solution", hd_tool_string(solved->solution));
	if (answer)
		json_object_set_new(fact, "answer", answer);
	if (shown->hint && unique)
		json_object_set_new(fact, "hint", hd_tool_string(solved->hint));
	if (shown->tier && unique) {
		const struct hd_puzzle_rating *rating = &solved->rating;
		json_object_set_new(fact, "tier",
				    json_string(hd_tool_tier(item->kind, rating->tier)));
		json_object_set_new(fact, "steps", json_integer(rating->steps));
		json_object_set_new(fact, "nodes", json_integer(rating->nodes));
	}
	hd_tool_line(fact);
}

static bool
solve_one(struct hd_tool_reading *reading, const struct hd_tool_work *work)
{
	const struct hd_tool_item *item = &reading->item;
	const struct shown *shown = shown_of(work);
	struct hd_puzzle_solved solved;
	if (!hd_tool_solved(&reading->job, item->kind, &item->params, item->text, shown->mode,
			    &solved))
		return false;
	bool unique = solved.verdict == HD_PUZZLE_UNIQUE;
	if (reading->ctl->json)
		print_json(reading, shown, &solved);
	else if (unique && shown->solution)
		put_line(solved.solution);
	else if (unique && shown->hint)
		put_line(solved.hint);
	else if (unique && shown->tier)
		puts(hd_tool_tier(item->kind, solved.rating.tier));
	else
		puts(hd_tool_verdict(solved.verdict));
	return true;
}

static bool
verify_one(struct hd_tool_reading *reading, const struct hd_tool_work *work)
{
	struct hd_tool_item *item = &reading->item;
	(void)work;
	if (item->solution.at == NULL)
		return hd_tool_wrong(item, "there is no solution: TEXT, a tab, SOLUTION");
	bool good = item->kind->verify(item->text, item->solution);
	if (reading->ctl->json)
		hd_tool_line(json_pack("{s:I, s:s, s:o, s:b}", "line", (json_int_t)reading->line,
				       "kind", item->kind->name, "text", hd_tool_string(item->text),
				       "ok", good));
	else
		puts(good ? "ok" : "wrong");
	return true;
}

int
hd_tool_solve(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file)
{
	bool verify = strcmp(work->name, "verify") == 0;
	return hd_tool_read(ctl, work, file, verify ? verify_one : solve_one);
}
