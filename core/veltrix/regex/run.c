/* Running a program, and its encoding.
 *
 * Invariant of the run: `now` holds each step at most once (its mark is the position), so one
 * character costs at most steps_count visits, and the stack of steps still to follow, which also
 * takes each step once, never outgrows HD_REGEX_MAX. */
#include "core/veltrix/regex/regex.h"

#include <utf8proc.h>

#include "huntd/assert.h"

struct run {
	const struct hd_regex *regex;
	uint32_t mark[HD_REGEX_MAX]; /* position + 1 at which the step was reached last */
	uint16_t now[HD_REGEX_MAX], next[HD_REGEX_MAX], stack[HD_REGEX_MAX];
	uint32_t now_count, next_count;
	bool matched; /* MATCH was reached after the newest character */
};

static void
stack_push(struct run *run, uint32_t *depth, int step, uint32_t position)
{
	HD_ASSERT(step >= 0 && step < run->regex->steps_count);
	if (run->mark[step] == position + 1)
		return;
	run->mark[step] = position + 1;
	run->stack[(*depth)++] = (uint16_t)step;
}

/* Adds `step` to `next`, following splits and jumps. */
static void
reach(struct run *run, int step, uint32_t position)
{
	uint32_t depth = 0;
	stack_push(run, &depth, step, position);
	while (depth > 0) {
		int at = run->stack[--depth];
		const struct hd_regex_step *s = &run->regex->steps[at];
		if (s->op == HD_REGEX_SPLIT || s->op == HD_REGEX_JUMP)
			stack_push(run, &depth, at + s->a, position);
		if (s->op == HD_REGEX_SPLIT)
			stack_push(run, &depth, at + s->b, position);
		if (s->op == HD_REGEX_MATCH)
			run->matched = true;
		if (s->op == HD_REGEX_CLASS || s->op == HD_REGEX_UNLESS)
			run->next[run->next_count++] = (uint16_t)at;
	}
}

static bool
is_letter_or_mark(utf8proc_category_t category)
{
	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME;
}

static bool
has_property(uint32_t character, uint32_t property)
{
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)character);
	bool has = false;
	switch (property & 3) {
	case HD_REGEX_DIGIT:
		has = category == UTF8PROC_CATEGORY_ND;
		break;
	case HD_REGEX_WORD:
		has = is_letter_or_mark(category) || category == UTF8PROC_CATEGORY_ND ||
		      character == '_';
		break;
	default:
		has = category == UTF8PROC_CATEGORY_ZS || (character >= '\t' && character <= '\r');
		break;
	}
	return has != ((property & HD_REGEX_NOT) != 0);
}

/* Bytes above ASCII are no digit, word or space: they are parts of characters. */
static bool
in_range(const struct hd_regex *regex, const struct hd_regex_range *range, uint32_t character)
{
	if (range->low < HD_REGEX_PROPERTY)
		return character >= range->low && character <= range->high;
	uint32_t property = range->low - HD_REGEX_PROPERTY;
	if (regex->bytes && character >= 0x80)
		return (property & HD_REGEX_NOT) != 0;
	return has_property(character, property);
}

static bool
takes(const struct hd_regex *regex, const struct hd_regex_step *step, uint32_t character)
{
	HD_ASSERT(step->op == HD_REGEX_CLASS || step->op == HD_REGEX_UNLESS);
	bool in = false;
	for (int i = 0; i < step->b && !in; i++)
		in = in_range(regex, &regex->ranges[step->a + i], character);
	return in == (step->op == HD_REGEX_CLASS);
}

static uint32_t
next_character(const struct hd_regex *regex, struct hd_bytes *text)
{
	HD_ASSERT(text->size > 0);
	utf8proc_int32_t character = text->at[0];
	utf8proc_ssize_t size = 1;
	if (!regex->bytes && character >= 0x80) {
		size = utf8proc_iterate(text->at, text->size, &character);
		if (size < 1) { /* not UTF-8: a byte that only `.` and negated classes take */
			character = 0xfffd;
			size = 1;
		}
	}
	text->at += size;
	text->size -= (uint32_t)size;
	return (uint32_t)character;
}

static void
turn(struct run *run)
{
	memcpy(run->now, run->next, run->next_count * sizeof run->next[0]);
	run->now_count = run->next_count;
	run->next_count = 0;
	run->matched = false;
}

bool
hd_regex_match(const struct hd_regex *regex, struct hd_bytes text)
{
	HD_ASSERT(regex->steps_count > 0 && regex->steps_count <= HD_REGEX_MAX);
	struct run run;
	run.regex = regex;
	run.next_count = run.now_count = 0;
	run.matched = false;
	memset(run.mark, 0, sizeof run.mark);
	reach(&run, 0, 0);
	for (uint32_t position = 1; text.size > 0; position++) {
		turn(&run);
		uint32_t character = next_character(regex, &text);
		for (uint32_t i = 0; i < run.now_count; i++)
			if (takes(regex, &regex->steps[run.now[i]], character))
				reach(&run, run.now[i] + 1, position);
		if (run.next_count == 0 && !run.matched)
			return false;
	}
	return run.matched;
}

void
hd_regex_write(const struct hd_regex *regex, struct hd_writer *out)
{
	HD_ASSERT(regex->steps_count > 0 && regex->steps_count <= HD_REGEX_MAX);
	HD_ASSERT(regex->ranges_count <= HD_REGEX_RANGES_MAX);
	hd_write_u8(out, regex->bytes);
	hd_write_varint(out, regex->steps_count);
	hd_write_varint(out, regex->ranges_count);
	for (uint32_t i = 0; i < regex->steps_count; i++) {
		hd_write_u8(out, regex->steps[i].op);
		hd_write_signed(out, regex->steps[i].a);
		hd_write_signed(out, regex->steps[i].b);
	}
	for (uint32_t i = 0; i < regex->ranges_count; i++) {
		hd_write_varint(out, regex->ranges[i].low);
		hd_write_varint(out, regex->ranges[i].high);
	}
}

void
hd_regex_read_counts(struct hd_reader *in, struct hd_regex *regex)
{
	HD_ASSERT(in->at <= in->end);
	regex->bytes = hd_read_bounded(in, 1) != 0;
	regex->steps_count = (uint16_t)hd_read_bounded(in, HD_REGEX_MAX);
	regex->ranges_count = (uint16_t)hd_read_bounded(in, HD_REGEX_RANGES_MAX);
	regex->steps = NULL;
	regex->ranges = NULL;
	if (regex->steps_count == 0)
		in->bad = true;
}

static bool
is_step(const struct hd_regex *regex, uint32_t at, const struct hd_regex_step *step)
{
	int count = regex->steps_count, here = (int)at;
	bool last = here + 1 == count;
	switch (step->op) {
	case HD_REGEX_CLASS:
	case HD_REGEX_UNLESS:
		return !last && step->a >= 0 && step->b >= 0 &&
		       step->a + step->b <= regex->ranges_count;
	case HD_REGEX_SPLIT:
		return here + step->a >= 0 && here + step->a < count && here + step->b >= 0 &&
		       here + step->b < count;
	case HD_REGEX_JUMP:
		return here + step->a >= 0 && here + step->a < count;
	case HD_REGEX_MATCH:
		return last;
	default:
		return false;
	}
}

static int16_t
read_i16(struct hd_reader *in)
{
	int64_t value = hd_read_signed(in);
	if (value < INT16_MIN || value > INT16_MAX)
		in->bad = true;
	return (int16_t)value;
}

void
hd_regex_read_program(struct hd_reader *in, struct hd_regex *regex, struct hd_regex_step *steps,
		      struct hd_regex_range *ranges)
{
	HD_ASSERT(regex->steps_count <= HD_REGEX_MAX);
	HD_ASSERT(regex->ranges_count <= HD_REGEX_RANGES_MAX);
	struct hd_regex_step step = {HD_REGEX_MATCH, 0, 0};
	for (uint32_t i = 0; i < regex->steps_count && !in->bad; i++) {
		step = (struct hd_regex_step){hd_read_u8(in), 0, 0};
		step.a = read_i16(in);
		step.b = read_i16(in);
		if (!is_step(regex, i, &step))
			in->bad = true;
		if (steps)
			steps[i] = step;
	}
	if (step.op != HD_REGEX_MATCH)
		in->bad = true;
	for (uint32_t i = 0; i < regex->ranges_count && !in->bad; i++) {
		uint32_t low = (uint32_t)hd_read_bounded(in, HD_REGEX_PROPERTY + 7);
		uint32_t high = (uint32_t)hd_read_bounded(in, HD_REGEX_PROPERTY + 7);
		if (ranges)
			ranges[i] = (struct hd_regex_range){low, high};
	}
	regex->steps = steps;
	regex->ranges = ranges;
}
