/* One row a verb says where its words go (`places`, one letter a word) and which options it takes;
 * one row an option says its word and its kind. Nothing else is special. */
#include "net/resp/args.h"

#include <stdio.h>

#include "huntd/ids.h"

enum option {
	OPT_NAME,
	OPT_BRACKET,
	OPT_AT,
	OPT_ID,
	OPT_BY,
	OPT_SUB,
	OPT_OP,
	OPT_REASON,
	OPT_BOARD,
	OPT_COUNT,
	OPT_OFFSET,
	OPT_MODE,
	OPT_VIEW,
	OPT_MIN,
	OPT_MAX,
	OPT_FROM,
	OPT_IF,
	OPT_VERSION,
	OPT_COUNT_,
};

#define BIT(option) (1u << OPT_##option)

static const char *const option_names[OPT_COUNT_] = {
	[OPT_NAME] = "NAME",   [OPT_BRACKET] = "BRACKET", [OPT_AT] = "AT",
	[OPT_ID] = "ID",       [OPT_BY] = "BY",           [OPT_SUB] = "SUB",
	[OPT_OP] = "OP",       [OPT_REASON] = "REASON",   [OPT_BOARD] = "BOARD",
	[OPT_COUNT] = "COUNT", [OPT_OFFSET] = "OFFSET",   [OPT_MODE] = "MODE",
	[OPT_VIEW] = "VIEW",   [OPT_MIN] = "MIN",         [OPT_MAX] = "MAX",
	[OPT_FROM] = "FROM",   [OPT_IF] = "IF",           [OPT_VERSION] = "VERSION",
};

/* Places: e entrant, h hunt or document, c challenge, a answer, p points, n hint's number,
 * v version into `count`, d document's text; t: a version into `offset`, which may be left out. */
struct verb_form {
	const char *places;
	uint32_t options;
};

static const struct verb_form forms[HD_CMD_COUNT_] = {
	[HD_CMD_JOIN] = {"eh", BIT(NAME) | BIT(BRACKET) | BIT(AT) | BIT(ID)},
	[HD_CMD_SUBMIT] = {"ehca", BIT(BY) | BIT(AT) | BIT(ID)},
	[HD_CMD_AWARD] = {"ehp", BIT(SUB) | BIT(OP) | BIT(REASON) | BIT(AT) | BIT(ID)},
	[HD_CMD_HINT] = {"ehcn", BIT(ID)},
	[HD_CMD_PUZZLE] = {"ehc", 0},
	[HD_CMD_PROGRESS] = {"eh", 0},
	[HD_CMD_EVENTS] = {"h", BIT(FROM) | BIT(COUNT)},
	[HD_CMD_HUNTS] = {"", 0},
	[HD_CMD_HUNT_INFO] = {"h", 0},
	[HD_CMD_OPEN] = {"h", 0},
	[HD_CMD_FREEZE] = {"h", 0},
	[HD_CMD_CLOSE] = {"h", 0},
	[HD_CMD_TOP] = {"h", BIT(BOARD) | BIT(COUNT) | BIT(OFFSET) | BIT(MODE) | BIT(VIEW)},
	[HD_CMD_RANK] = {"he", BIT(BOARD) | BIT(MODE) | BIT(VIEW)},
	[HD_CMD_AROUND] = {"he", BIT(BOARD) | BIT(COUNT) | BIT(MODE) | BIT(VIEW)},
	[HD_CMD_COUNT] = {"h", BIT(BOARD) | BIT(MIN) | BIT(MAX) | BIT(VIEW)},
	[HD_CMD_PUT] = {"hd", BIT(IF)},
	[HD_CMD_GET] = {"h", BIT(VERSION)},
	[HD_CMD_DOCUMENTS] = {"", 0},
	[HD_CMD_HISTORY] = {"h", 0},
	[HD_CMD_DIFF] = {"hvt", 0},
	[HD_CMD_ROLLBACK] = {"hv", BIT(IF)},
};

bool
hd_args_is(struct hd_bytes word, const char *text)
{
	for (uint32_t i = 0; i < word.size; i++) {
		uint8_t letter =
			word.at[i] >= 'a' && word.at[i] <= 'z' ? word.at[i] - 32 : word.at[i];
		if (letter != (uint8_t)text[i] || letter == 0)
			return false;
	}
	return text[word.size] == 0;
}

bool
hd_args_integer(struct hd_bytes word, int64_t *out)
{
	const uint8_t *at = word.at, *end = at + word.size;
	bool negative = at < end && *at == '-';
	at += negative || (at < end && *at == '+');
	if (at == end)
		return false;
	uint64_t value = 0, most = negative ? UINT64_C(1) << 63 : INT64_MAX;
	for (; at < end; at++) {
		uint8_t digit = (uint8_t)(*at - '0');
		if (digit > 9 || value > most / 10)
			return false;
		value = value * 10 + digit;
		if (value > most)
			return false;
	}
	*out = (int64_t)(negative ? ~value + 1 : value);
	return true;
}

static bool
fail(struct hd_args_fault *fault, enum hd_error error)
{
	fault->error = error;
	fault->text[0] = 0;
	return false;
}

static bool
fail_word(struct hd_args_fault *fault, const char *what, struct hd_bytes word)
{
	fault->error = HD_ERR_SYNTAX;
	int shown = word.size < 64 ? (int)word.size : 64;
	snprintf(fault->text, sizeof fault->text, "syntax error: %s '%.*s'", what, shown,
		 (const char *)word.at);
	return false;
}

/* A byte of the result has its top bit set where the byte of `v` is not 0x21 .. 0x7e. */
static inline uint64_t
not_plain(uint64_t v)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	return (v | (v + ones) | ~((v | tops) - ones * 0x21)) & tops;
}

/* Ids are mostly plain ASCII: eight bytes at a time, and the whole rule only for what is left. */
static inline bool
id_valid(struct hd_bytes id)
{
	uint64_t v, bad = 0;
	if (id.size == 0 || id.size > HD_ID_MAX)
		return false;
	if (id.size < 8) {
		for (uint32_t i = 0; i < id.size; i++)
			bad |= (uint8_t)(id.at[i] - 0x21) > 0x7e - 0x21;
		return bad == 0 || hd_id_valid(id);
	}
	for (uint32_t i = 0; i + 8 <= id.size; i += 8) {
		memcpy(&v, id.at + i, 8);
		bad |= not_plain(v);
	}
	memcpy(&v, id.at + id.size - 8, 8);
	return (bad | not_plain(v)) == 0 || hd_id_valid(id);
}

static inline bool
id_read(struct hd_bytes word, struct hd_bytes *out, struct hd_args_fault *fault)
{
	*out = word;
	return id_valid(word) || fail(fault, HD_ERR_BAD_ID);
}

/* `<unix-ms>[.fraction]` into ns. */
static bool
at_read(struct hd_bytes word, int64_t *out, struct hd_args_fault *fault)
{
	const uint8_t *dot = memchr(word.at, '.', word.size);
	struct hd_bytes whole = {word.at, dot ? (uint32_t)(dot - word.at) : word.size};
	int64_t ms, fraction = 0;
	if (!hd_args_integer(whole, &ms) || ms < 0)
		return fail(fault, HD_ERR_BAD_AT);
	if (dot) {
		uint32_t digits = word.size - whole.size - 1;
		if (digits == 0 || digits > 6)
			return fail(fault, HD_ERR_BAD_AT);
		for (uint32_t i = 0; i < 6; i++) {
			uint8_t digit = i < digits ? (uint8_t)(dot[1 + i] - '0') : 0;
			if (digit > 9)
				return fail(fault, HD_ERR_BAD_AT);
			fraction = fraction * 10 + digit;
		}
	}
	if (__builtin_mul_overflow(ms, 1000000, out) || __builtin_add_overflow(*out, fraction, out))
		return fail(fault, HD_ERR_BAD_AT);
	return true;
}

/* The length of the UTF-8 sequence at `at`, 0 where it is none or a control character. */
static uint32_t
text_step(const uint8_t *at, uint32_t left)
{
	uint8_t first = at[0];
	if (first < 0x80)
		return first >= 0x20 && first != 0x7f;
	uint32_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || left < size)
		return 0;
	for (uint32_t i = 1; i < size; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	bool refused = (first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] > 0x9f) ||
		       (first == 0xf0 && at[1] < 0x90) || (first == 0xf4 && at[1] > 0x8f) ||
		       (first == 0xc2 && at[1] < 0xa0);
	return refused ? 0 : size;
}

static bool
name_read(struct hd_bytes word, struct hd_bytes *out, struct hd_args_fault *fault)
{
	*out = word;
	if (word.size > HD_NAME_MAX)
		return fail(fault, HD_ERR_BAD_NAME);
	for (uint32_t i = 0, step; i < word.size; i += step) {
		step = text_step(word.at + i, word.size - i);
		if (step == 0)
			return fail(fault, HD_ERR_BAD_NAME);
	}
	return true;
}

static bool
bounded_read(struct hd_bytes word, uint32_t max, struct hd_bytes *out, struct hd_args_fault *fault)
{
	*out = word;
	return word.size <= max || fail(fault, HD_ERR_TOO_LONG);
}

/* The position of `word` among `names`, which end with NULL; -1: not there. */
static int
choice_read(struct hd_bytes word, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (hd_args_is(word, names[i]))
			return i;
	return -1;
}

static bool
chosen(struct hd_bytes word, const char *const *names, const char *what, uint8_t *out,
       struct hd_args_fault *fault)
{
	int choice = choice_read(word, names);
	*out = (uint8_t)choice;
	return choice >= 0 || fail_word(fault, what, word);
}

static bool
integer_read(struct hd_bytes word, int64_t min, int64_t max, int64_t *out,
	     struct hd_args_fault *fault)
{
	return (hd_args_integer(word, out) && *out >= min && *out <= max) ||
	       fail(fault, HD_ERR_NOT_INTEGER);
}

static bool
count_read(struct hd_bytes word, uint32_t *out, struct hd_args_fault *fault)
{
	int64_t value;
	if (!integer_read(word, INT64_MIN, INT64_MAX, &value, fault))
		return false;
	*out = (uint32_t)value;
	return (value >= 1 && value <= HD_ROWS_MAX) || fail(fault, HD_ERR_BAD_COUNT);
}

static bool
unsigned_read(struct hd_bytes word, int64_t max, uint64_t *out, struct hd_args_fault *fault)
{
	int64_t value = 0;
	bool ok = integer_read(word, 0, max, &value, fault);
	*out = (uint64_t)value;
	return ok;
}

static bool
version_read(struct hd_bytes word, uint32_t *out, struct hd_args_fault *fault)
{
	uint64_t value;
	bool ok = unsigned_read(word, UINT32_MAX, &value, fault);
	*out = (uint32_t)value;
	return ok;
}

static bool
place_read(char place, struct hd_bytes word, struct hd_command *command,
	   struct hd_args_fault *fault)
{
	switch (place) {
	case 'e':
		return id_read(word, &command->entrant, fault);
	case 'h':
		return id_read(word, &command->hunt, fault);
	case 'c':
		return id_read(word, &command->challenge, fault);
	case 'a':
		/* An answer that is too long is judged by the core, in its turn among the faults; a
		 * byte over the limit says as much as all of them. */
		command->text = hd_bytes_of(
			word.at, word.size <= HD_ANSWER_MAX ? word.size : HD_ANSWER_MAX + 1);
		return true;
	case 'p':
		return integer_read(word, INT64_MIN, INT64_MAX, &command->points, fault);
	case 'n':
	case 'v':
		return version_read(word, &command->count, fault);
	case 't':
		return unsigned_read(word, UINT32_MAX, &command->offset, fault);
	default: /* 'd' */
		command->text = word;
		return true;
	}
}

static bool
option_read(enum option option, struct hd_bytes word, struct hd_command *command,
	    struct hd_args_fault *fault)
{
#define X(symbol, name) name,
	static const char *const ops[] = {HD_AWARD_OPS(X) NULL};
#undef X
	static const char *const modes[] = {"COMPETITION", "DENSE", "ORDINAL", NULL};
	static const char *const views[] = {"LIVE", "FROZEN", "TICK", NULL};
	switch (option) {
	case OPT_NAME:
		command->given |= HD_GIVEN_NAME;
		return name_read(word, &command->text, fault);
	case OPT_BRACKET:
		command->given |= HD_GIVEN_BRACKET;
		return id_read(word, &command->board, fault);
	case OPT_AT:
		command->given |= HD_GIVEN_AT;
		return at_read(word, &command->at, fault);
	case OPT_ID:
		command->given |= HD_GIVEN_ID;
		command->id = word;
		return (word.size >= 1 && word.size <= HD_EVENT_ID_MAX) ||
		       fail(fault, HD_ERR_BAD_ID);
	case OPT_BY:
		command->given |= HD_GIVEN_BY;
		return id_read(word, &command->by, fault);
	case OPT_SUB:
		command->given |= HD_GIVEN_SUB;
		return integer_read(word, INT64_MIN, INT64_MAX, &command->sub, fault);
	case OPT_OP:
		return chosen(word, ops, "OP is INCR, SET, BEST or DECR, not", &command->op, fault);
	case OPT_REASON:
		command->given |= HD_GIVEN_REASON;
		return bounded_read(word, HD_REASON_MAX, &command->text, fault);
	case OPT_BOARD:
		command->given |= HD_GIVEN_BOARD;
		return id_read(word, &command->board, fault);
	case OPT_COUNT:
		return count_read(word, &command->count, fault);
	case OPT_OFFSET:
		return unsigned_read(word, INT64_MAX, &command->offset, fault);
	case OPT_MODE:
		return chosen(word, modes, "MODE is competition, dense or ordinal, not",
			      &command->mode, fault);
	case OPT_VIEW:
		if (!chosen(word, views, "VIEW is live, frozen or tick, not", &command->view,
			    fault))
			return false;
		return command->view != HD_VIEW_TICK || command->verb == HD_CMD_TOP ||
		       fail_word(fault, "only BOARD.TOP has VIEW", word);
	case OPT_MIN:
		command->given |= HD_GIVEN_MIN;
		return integer_read(word, INT64_MIN, INT64_MAX, &command->points, fault);
	case OPT_MAX:
		command->given |= HD_GIVEN_MAX;
		return integer_read(word, INT64_MIN, INT64_MAX, &command->sub, fault);
	case OPT_FROM:
		command->given |= HD_GIVEN_FROM;
		return bounded_read(word, HD_BLOCK, &command->text, fault);
	case OPT_IF:
		command->given |= HD_GIVEN_IF;
		return unsigned_read(word, UINT32_MAX, &command->offset, fault);
	default: /* OPT_VERSION */
		return version_read(word, &command->count, fault);
	}
}

static enum option
option_find(struct hd_bytes word, uint32_t allowed)
{
	for (uint32_t rest = allowed; rest; rest &= rest - 1) {
		enum option option = (enum option)__builtin_ctz(rest);
		if (hd_args_is(word, option_names[option]))
			return option;
	}
	return OPT_COUNT_;
}

static bool
options_read(const struct hd_request *request, uint32_t from, uint32_t allowed,
	     struct hd_command *command, struct hd_args_fault *fault)
{
	uint32_t seen = 0;
	for (uint32_t i = from; i < request->count; i += 2) {
		struct hd_bytes word = request->words[i];
		enum option option = option_find(word, allowed);
		if (option == OPT_COUNT_)
			return fail_word(fault, "unexpected", word);
		if (seen & 1u << option)
			return fail_word(fault, "given twice:", word);
		if (i + 1 == request->count)
			return fail_word(fault, "no value after", word);
		seen |= 1u << option;
		if (!option_read(option, request->words[i + 1], command, fault))
			return false;
	}
	return true;
}

bool
hd_args_arity(enum hd_verb verb, uint32_t words, struct hd_args_fault *fault)
{
	const struct hd_command_row *row = &hd_command_rows[verb];
	uint32_t least = (uint32_t)(row->arity < 0 ? -row->arity : row->arity);
	if (words == least || (words > least && row->arity < 0))
		return true;
	fault->error = HD_ERR_ARITY;
	snprintf(fault->text, sizeof fault->text, "wrong number of arguments; usage: %s%s%s",
		 row->name, row->usage[0] ? " " : "", row->usage);
	return false;
}

static void
defaults_set(enum hd_verb verb, struct hd_command *command)
{
	*command = (struct hd_command){.verb = (uint8_t)verb};
	if (verb == HD_CMD_COUNT) {
		command->points = INT64_MIN;
		command->sub = INT64_MAX;
	} else if (verb == HD_CMD_TOP || verb == HD_CMD_AROUND) {
		command->count = HD_ROWS_DEFAULT;
	} else if (verb == HD_CMD_EVENTS) {
		command->count = HD_EVENTS_DEFAULT;
	}
}

bool
hd_args_read(enum hd_verb verb, const struct hd_request *request, struct hd_command *command,
	     struct hd_args_fault *fault)
{
	if (!hd_args_arity(verb, request->count, fault))
		return false;
	if (verb == HD_CMD_CHECKIN)
		return fail(fault, HD_ERR_UNSUPPORTED);
	const struct verb_form *form = &forms[verb];
	defaults_set(verb, command);
	uint32_t word = 1;
	for (const char *place = form->places; *place; place++, word++) {
		if (*place == 't' && word == request->count)
			break;
		if (!place_read(*place, request->words[word], command, fault))
			return false;
	}
	if (word < request->count && !options_read(request, word, form->options, command, fault))
		return false;
	if (hd_command_rows[verb].key)
		command->slot = hd_slot(request->words[1]);
	return true;
}
