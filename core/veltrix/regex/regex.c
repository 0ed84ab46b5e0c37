/* Compiling a pattern.
 *
 * All jumps are relative, so a piece of program means the same wherever it stands: repeating is
 * copying, and putting a split before what is already written is moving it. Hence no syntax tree,
 * and one function a rule of the grammar:
 *
 *   alternatives = sequence { "|" sequence }
 *   sequence     = { atom [ "?" | "*" | "+" | "{" m [ "," [ n ] ] "}" ] }
 *   atom         = "(" alternatives ")" | "[" class "]" | "." | "\" escape | literal
 *
 * The first error stands; whoever sees one returns, up to the top. */
#include "core/veltrix/regex/regex.h"

#include <utf8proc.h>

#include "huntd/assert.h"
#include "huntd/core.h"

#define REPEAT_MAX  255
#define WITHOUT_END (-1)

struct parser {
	enum hd_profile profile;
	struct hd_bytes pattern;
	uint32_t at, depth;
	struct hd_regex_draft *draft;
	const char *error;
	uint32_t where;
};

static void parse_alternatives(struct parser *p);

static void
fail(struct parser *p, const char *error)
{
	if (p->error)
		return;
	p->error = error;
	p->where = p->at;
}

static int
peek(const struct parser *p)
{
	HD_ASSERT(p->at <= p->pattern.size);
	return p->at < p->pattern.size ? p->pattern.at[p->at] : -1;
}

static bool
accept(struct parser *p, char byte)
{
	if (p->error || peek(p) != (uint8_t)byte)
		return false;
	p->at++;
	return true;
}

static void
emit(struct parser *p, enum hd_regex_op op, int a, int b)
{
	if (p->draft->steps_count == HD_REGEX_MAX) {
		fail(p, "is too large: at most 512 steps once its repeats are written out");
		return;
	}
	p->draft->steps[p->draft->steps_count++] =
		(struct hd_regex_step){(uint8_t)op, (int16_t)a, (int16_t)b};
}

/* Puts one step before all that was written since `start`. */
static void
insert(struct parser *p, uint32_t start, enum hd_regex_op op, int a, int b)
{
	HD_ASSERT(start <= p->draft->steps_count);
	emit(p, HD_REGEX_MATCH, 0, 0);
	if (p->error)
		return;
	struct hd_regex_step *steps = p->draft->steps;
	memmove(steps + start + 1, steps + start,
		(p->draft->steps_count - 1 - start) * sizeof *steps);
	steps[start] = (struct hd_regex_step){(uint8_t)op, (int16_t)a, (int16_t)b};
}

/* Adds a range to the class whose ranges start at `base`, growing one that it touches. */
static void
add_range(struct parser *p, uint32_t base, uint32_t low, uint32_t high)
{
	HD_ASSERT(base <= p->draft->ranges_count && low <= high);
	for (uint32_t i = base; i < p->draft->ranges_count; i++) {
		struct hd_regex_range *range = &p->draft->ranges[i];
		bool plain = range->low < HD_REGEX_PROPERTY && low < HD_REGEX_PROPERTY;
		if (!plain || low > range->high + 1 || high + 1 < range->low)
			continue;
		range->low = low < range->low ? low : range->low;
		range->high = high > range->high ? high : range->high;
		return;
	}
	if (p->draft->ranges_count == HD_REGEX_RANGES_MAX)
		fail(p, "is too large: its classes have more than 1024 ranges");
	else
		p->draft->ranges[p->draft->ranges_count++] = (struct hd_regex_range){low, high};
}

static void
emit_class(struct parser *p, enum hd_regex_op op, uint32_t base)
{
	HD_ASSERT(base <= p->draft->ranges_count);
	emit(p, op, (int)base, (int)(p->draft->ranges_count - base));
}

static void
emit_character(struct parser *p, uint32_t character)
{
	uint32_t base = p->draft->ranges_count;
	add_range(p, base, character, character);
	emit_class(p, HD_REGEX_CLASS, base);
}

/* The normal form of one character; its size, 0 where the profile drops it. */
static uint32_t
normal_of(const struct parser *p, uint32_t character, uint8_t normal[HD_NORMAL_MAX])
{
	uint8_t encoded[4];
	utf8proc_ssize_t size = utf8proc_encode_char((utf8proc_int32_t)character, encoded);
	HD_ASSERT(size > 0 && size <= 4);
	return hd_normalise(p->profile, hd_bytes_of(encoded, (size_t)size), normal);
}

/* One literal: the characters of its normal form, none where the profile drops it. */
static void
emit_literal(struct parser *p, uint32_t character)
{
	uint8_t normal[HD_NORMAL_MAX];
	uint32_t size = normal_of(p, character, normal);
	HD_ASSERT(size <= sizeof normal);
	for (uint32_t at = 0; at < size;) {
		utf8proc_int32_t one = normal[at];
		utf8proc_ssize_t step = 1;
		if (!p->draft->bytes)
			step = utf8proc_iterate(normal + at, size - at, &one);
		HD_ASSERT(step > 0);
		emit_character(p, (uint32_t)one);
		at += (uint32_t)step;
	}
}

/* Where letters with two cases, or with marks to drop, are found. */
static const struct hd_regex_range cased[] = {
	{0x0041, 0x0587},   {0x10a0, 0x10ff},   {0x13a0, 0x13ff},   {0x1c80, 0x1fff},
	{0x2100, 0x2188},   {0x24b6, 0x24e9},   {0x2c00, 0x2d2d},   {0xa640, 0xabbf},
	{0xfb00, 0xfb17},   {0xff21, 0xff5a},   {0x10400, 0x10cf2}, {0x118a0, 0x118df},
	{0x16e40, 0x16e7f}, {0x1e900, 0x1e943},
};

/* Adds what `character` becomes, where that is one character. */
static void
add_folded(struct parser *p, uint32_t base, uint32_t character)
{
	uint8_t normal[HD_NORMAL_MAX];
	uint32_t size = normal_of(p, character, normal);
	utf8proc_int32_t folded;
	if (size > 0 && utf8proc_iterate(normal, size, &folded) == (utf8proc_ssize_t)size)
		add_range(p, base, (uint32_t)folded, (uint32_t)folded);
}

static void
add_class_range(struct parser *p, uint32_t base, uint32_t low, uint32_t high)
{
	if (p->draft->bytes && high >= 0x80) {
		fail(p, "has a class with more than ASCII, which `exact` does not take");
		return;
	}
	add_range(p, base, low, high);
	if (p->draft->bytes)
		return;
	for (size_t i = 0; i < sizeof cased / sizeof cased[0]; i++) {
		uint32_t from = low > cased[i].low ? low : cased[i].low;
		uint32_t to = high < cased[i].high ? high : cased[i].high;
		for (uint32_t c = from; c <= to && !p->error; c++)
			add_folded(p, base, c);
	}
}

/* The next character of the pattern; false: an error was said. */
static bool
take_character(struct parser *p, uint32_t *character)
{
	utf8proc_int32_t one;
	utf8proc_ssize_t size =
		utf8proc_iterate(p->pattern.at + p->at, p->pattern.size - p->at, &one);
	if (p->at == p->pattern.size || size < 1) {
		fail(p, p->at == p->pattern.size ? "ends too early" : "is not UTF-8");
		return false;
	}
	p->at += (uint32_t)size;
	*character = (uint32_t)one;
	return true;
}

/* After a backslash: a property (true) or a character. */
static bool
take_escape(struct parser *p, uint32_t *value)
{
	static const char names[] = "dwsDWS", controls[] = "tnr";
	*value = 0;
	int byte = peek(p);
	const char *name = byte > 0 ? strchr(names, byte) : NULL;
	const char *control = byte > 0 ? strchr(controls, byte) : NULL;
	bool mark = byte > 0x20 && byte < 0x7f && !(byte >= '0' && byte <= '9') &&
		    !((byte | 32) >= 'a' && (byte | 32) <= 'z');
	if (name)
		*value = (uint32_t)((name - names) % 3 + (name - names >= 3 ? HD_REGEX_NOT : 0));
	else if (control)
		*value = (uint8_t) "\t\n\r"[control - controls];
	else if (mark)
		*value = (uint32_t)byte;
	else
		fail(p, "has an unknown escape; known: \\d \\w \\s \\D \\W \\S \\t \\n \\r, and \\ "
			"before a mark");
	p->at += p->error == NULL;
	return name != NULL;
}

/* One member of a class: a property (true), or a character that may start a range. */
static bool
take_member(struct parser *p, uint32_t *value)
{
	if (accept(p, '\\'))
		return take_escape(p, value);
	if (peek(p) == '[')
		fail(p, "has `[` inside a class; write \\[");
	take_character(p, value);
	return false;
}

static void
parse_member(struct parser *p, uint32_t base)
{
	uint32_t low = 0, high;
	if (take_member(p, &low)) {
		add_range(p, base, HD_REGEX_PROPERTY + low, HD_REGEX_PROPERTY + low);
		return;
	}
	high = low;
	bool range =
		peek(p) == '-' && p->at + 1 < p->pattern.size && p->pattern.at[p->at + 1] != ']';
	if (range && !p->error) {
		p->at++;
		if (take_member(p, &high) || high < low)
			fail(p, "has a range in a class that does not run upwards");
	}
	if (!p->error)
		add_class_range(p, base, low, high);
}

static void
parse_class(struct parser *p)
{
	uint32_t base = p->draft->ranges_count;
	enum hd_regex_op op = accept(p, '^') ? HD_REGEX_UNLESS : HD_REGEX_CLASS;
	while (!p->error && peek(p) != ']' && peek(p) >= 0)
		parse_member(p, base);
	if (!p->error && p->draft->ranges_count == base)
		fail(p, "has an empty class");
	if (!accept(p, ']'))
		fail(p, "has a class without its `]`");
	emit_class(p, op, base);
}

static void
parse_group(struct parser *p)
{
	if (accept(p, '?') && !accept(p, ':'))
		fail(p, "has a `(?` group; only (...) and (?:...) are known");
	if (++p->depth > HD_REGEX_DEPTH_MAX)
		fail(p, "has groups deeper than 16");
	if (!p->error)
		parse_alternatives(p);
	p->depth--;
	if (!accept(p, ')'))
		fail(p, "has a group without its `)`");
}

static void
parse_escape(struct parser *p)
{
	uint32_t value, base = p->draft->ranges_count;
	if (!take_escape(p, &value)) {
		if (!p->error)
			emit_literal(p, value);
		return;
	}
	add_range(p, base, HD_REGEX_PROPERTY + value, HD_REGEX_PROPERTY + value);
	emit_class(p, HD_REGEX_CLASS, base);
}

static void
parse_literal(struct parser *p)
{
	int byte = peek(p);
	uint32_t character;
	if (byte == '*' || byte == '+' || byte == '?' || byte == '{')
		fail(p,
		     "has nothing to repeat before ?, *, + or {; a literal one is written with \\");
	if (byte == '^' || byte == '$')
		fail(p, "has ^ or $: a regex always matches the whole answer; a literal is \\^ or "
			"\\$");
	if (byte == ']' || byte == '}')
		fail(p,
		     "has a closing bracket that nothing opened; a literal one is written with \\");
	if (!p->error && take_character(p, &character))
		emit_literal(p, character);
}

static void
parse_atom(struct parser *p)
{
	if (accept(p, '('))
		parse_group(p);
	else if (accept(p, '['))
		parse_class(p);
	else if (accept(p, '.'))
		emit_class(p, HD_REGEX_UNLESS, p->draft->ranges_count);
	else if (accept(p, '\\'))
		parse_escape(p);
	else
		parse_literal(p);
}

/* A program that stands for itself, to be written again. */
struct piece {
	struct hd_regex_step steps[HD_REGEX_MAX];
	int count;
};

static void
emit_piece(struct parser *p, const struct piece *piece)
{
	HD_ASSERT(piece->count > 0);
	for (int i = 0; i < piece->count; i++)
		emit(p, piece->steps[i].op, piece->steps[i].a, piece->steps[i].b);
}

/* Writes what stands since `start` again as least..most of it. */
static void
repeat(struct parser *p, uint32_t start, int least, int most)
{
	struct piece piece = {.count = (int)(p->draft->steps_count - start)};
	HD_ASSERT(most == WITHOUT_END || most >= least);
	if (piece.count == 0)
		return;
	memcpy(piece.steps, p->draft->steps + start, (size_t)piece.count * sizeof piece.steps[0]);
	p->draft->steps_count = (uint16_t)start;
	for (int i = 0; i < least && !p->error; i++)
		emit_piece(p, &piece);
	if (most == WITHOUT_END && least > 0) {
		emit(p, HD_REGEX_SPLIT, -piece.count, 1);
	} else if (most == WITHOUT_END) {
		emit(p, HD_REGEX_SPLIT, 1, piece.count + 2);
		emit_piece(p, &piece);
		emit(p, HD_REGEX_JUMP, -(piece.count + 1), 0);
	}
	for (int left = most - least; left > 0 && !p->error; left--) {
		int after = left * (piece.count + 1);
		if (p->draft->steps_count + after > (int)HD_REGEX_MAX)
			after = 1; /* emit_piece is about to fail */
		emit(p, HD_REGEX_SPLIT, 1, after);
		emit_piece(p, &piece);
	}
}

static int
take_count(struct parser *p)
{
	int count = 0;
	uint32_t first = p->at;
	for (int byte = peek(p); byte >= '0' && byte <= '9'; byte = peek(p)) {
		count = count > REPEAT_MAX ? count : count * 10 + (byte - '0');
		p->at++;
	}
	if (p->at == first)
		fail(p, "has a `{` that is not {m}, {m,} or {m,n}");
	if (count > REPEAT_MAX)
		fail(p, "repeats more than 255 times");
	return count;
}

static void
parse_braces(struct parser *p, uint32_t start)
{
	int least = take_count(p), most = least;
	if (accept(p, ','))
		most = peek(p) == '}' ? WITHOUT_END : take_count(p);
	if (!accept(p, '}'))
		fail(p, "has a `{` that is not {m}, {m,} or {m,n}");
	if (most != WITHOUT_END && most < least)
		fail(p, "has {m,n} with n below m");
	if (!p->error)
		repeat(p, start, least, most);
}

static void
parse_repeat(struct parser *p, uint32_t start)
{
	if (accept(p, '?'))
		repeat(p, start, 0, 1);
	else if (accept(p, '*'))
		repeat(p, start, 0, WITHOUT_END);
	else if (accept(p, '+'))
		repeat(p, start, 1, WITHOUT_END);
	else if (accept(p, '{'))
		parse_braces(p, start);
	else
		return;
	int byte = p->error ? -1 : peek(p);
	if (byte == '?' || byte == '*' || byte == '+' || byte == '{')
		fail(p, "has a repeat right after a repeat");
}

static void
parse_sequence(struct parser *p)
{
	while (!p->error && peek(p) >= 0 && peek(p) != '|' && peek(p) != ')') {
		uint32_t start = p->draft->steps_count;
		parse_atom(p);
		if (!p->error)
			parse_repeat(p, start);
	}
}

/* `a|b|c` is (a|b)|c: each bar puts one split before all that stands and one jump after it. */
static void
parse_alternatives(struct parser *p)
{
	uint32_t start = p->draft->steps_count;
	HD_ASSERT(p->depth <= HD_REGEX_DEPTH_MAX);
	parse_sequence(p);
	while (accept(p, '|')) {
		insert(p, start, HD_REGEX_SPLIT, 1, (int)(p->draft->steps_count - start) + 2);
		uint32_t jump = p->draft->steps_count;
		emit(p, HD_REGEX_JUMP, 0, 0);
		parse_sequence(p);
		if (!p->error)
			p->draft->steps[jump].a = (int16_t)(p->draft->steps_count - jump);
	}
}

const char *
hd_regex_compile(enum hd_profile profile, struct hd_bytes pattern, struct hd_regex_draft *draft,
		 uint32_t *where)
{
	HD_ASSERT(draft && where);
	struct parser p = {.profile = profile, .pattern = pattern, .draft = draft};
	draft->bytes = profile == HD_PROFILE_EXACT;
	draft->steps_count = draft->ranges_count = 0;
	if (pattern.size == 0)
		fail(&p, "is empty");
	if (pattern.size > HD_ANSWER_MAX)
		fail(&p, "is longer than 256 bytes");
	if (!p.error)
		parse_alternatives(&p);
	if (peek(&p) == ')')
		fail(&p, "has a `)` that nothing opened; a literal one is written \\)");
	emit(&p, HD_REGEX_MATCH, 0, 0);
	*where = p.where;
	return p.error;
}

struct hd_regex
hd_regex_of(const struct hd_regex_draft *draft)
{
	HD_ASSERT(draft->steps_count > 0);
	HD_ASSERT(draft->steps[draft->steps_count - 1].op == HD_REGEX_MATCH);
	return (struct hd_regex){draft->bytes, draft->steps_count, draft->ranges_count,
				 draft->steps, draft->ranges};
}
