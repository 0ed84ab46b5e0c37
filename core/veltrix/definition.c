/* A definition's encoding, both ways.
 *
 * Decoding walks the encoding twice with the same code: first without memory, which checks all of
 * it and counts what it needs, then into one block of that size. So the second walk cannot fail,
 * and a definition is given back by one call. */
#include "huntd/definition.h"

#include "core/base/hash.h"
#include "core/veltrix/dealt.h"
#include "core/veltrix/encoding.h"
#include "core/veltrix/regex/regex.h"
#include "huntd/assert.h"

#define FORMAT_FIXED_ONLY 1u
#define FORMAT_NO_PUZZLES 2u

/* What hd_definition_decode really makes; `definition` is first, so that it can be found again. */
struct decoded {
	struct hd_definition definition;
	const uint16_t *by_id; /* challenges in the order of their ids */
};

/* A block being filled, or only measured where base is NULL. */
struct room {
	uint8_t *base;
	size_t used, size;
	const uint8_t *secret;
	uint8_t format;         /* of the encoding that is read */
	struct hd_bytes puzzle; /* the last one read, as it is written */
	struct hd_dealt lacks;  /* the first that this release lacks; no kind: none */
};

static void *
room_take(struct room *room, size_t size)
{
	size_t at = (room->used + 7) & ~(size_t)7;
	room->used = at + size;
	if (!room->base)
		return NULL;
	HD_ASSERT(room->used <= room->size);
	return room->base + at;
}

/* A copy of `bytes`; while measuring, the bytes themselves. */
static struct hd_bytes
room_keep(struct room *room, struct hd_bytes bytes)
{
	size_t at = room->used;
	room->used += bytes.size;
	if (!room->base)
		return bytes;
	HD_ASSERT(room->used <= room->size);
	if (bytes.size)
		memcpy(room->base + at, bytes.at, bytes.size);
	return (struct hd_bytes){room->base + at, bytes.size};
}

static struct hd_bytes
keep_text(struct room *room, struct hd_reader *in, uint32_t max)
{
	return room_keep(room, hd_read_bytes(in, max));
}

static struct hd_answer_hash
read_answer(struct room *room, struct hd_reader *in)
{
	struct hd_answer_hash answer = {{0}};
	struct hd_bytes normal = hd_read_bytes(in, HD_NORMAL_MAX);
	if (normal.size == 0)
		in->bad = true;
	else if (room->base)
		hd_hash_128(room->secret, normal, answer.hash);
	return answer;
}

static void
read_answers(struct room *room, struct hd_reader *in, struct hd_challenge *challenge)
{
	challenge->answers_count = (uint16_t)hd_read_bounded(in, HD_ANSWERS_MAX);
	struct hd_answer_hash *answers =
		room_take(room, challenge->answers_count * sizeof *challenge->answers);
	for (uint32_t i = 0; i < challenge->answers_count && !in->bad; i++) {
		struct hd_answer_hash answer = read_answer(room, in);
		if (answers)
			answers[i] = answer;
	}
	challenge->answers = answers;
}

static const struct hd_regex *
read_regex(struct room *room, struct hd_reader *in)
{
	struct hd_regex regex;
	hd_regex_read_counts(in, &regex);
	struct hd_regex *kept = room_take(room, sizeof *kept);
	struct hd_regex_step *steps = room_take(room, regex.steps_count * sizeof *steps);
	struct hd_regex_range *ranges = room_take(room, regex.ranges_count * sizeof *ranges);
	hd_regex_read_program(in, &regex, steps, ranges);
	if (kept)
		*kept = regex;
	return kept;
}

static void
read_regexes(struct room *room, struct hd_reader *in, struct hd_challenge *challenge)
{
	challenge->regexes_count = (uint16_t)hd_read_bounded(in, HD_ANSWERS_MAX);
	const struct hd_regex **regexes =
		room_take(room, challenge->regexes_count * sizeof *regexes);
	for (uint32_t i = 0; i < challenge->regexes_count && !in->bad; i++) {
		const struct hd_regex *regex = read_regex(room, in);
		if (regexes)
			regexes[i] = regex;
	}
	challenge->regexes = regexes;
}

static void
read_partials(struct room *room, struct hd_reader *in, struct hd_challenge *challenge)
{
	challenge->partials_count = (uint16_t)hd_read_bounded(in, HD_ANSWERS_MAX);
	struct hd_partial *partials = room_take(room, challenge->partials_count * sizeof *partials);
	for (uint32_t i = 0; i < challenge->partials_count && !in->bad; i++) {
		struct hd_partial partial = {.answer = read_answer(room, in)};
		partial.say = keep_text(room, in, HD_TEXT_MAX);
		if (partials)
			partials[i] = partial;
	}
	challenge->partials = partials;
}

static void
read_hints(struct room *room, struct hd_reader *in, struct hd_challenge *challenge)
{
	challenge->hints_count = (uint16_t)hd_read_bounded(in, HD_HINTS_MAX);
	struct hd_hint *hints = room_take(room, challenge->hints_count * sizeof *hints);
	for (uint32_t i = 0; i < challenge->hints_count && !in->bad; i++) {
		struct hd_hint hint = {.cost = hd_read_signed(in)};
		hint.text = keep_text(room, in, HD_TEXT_MAX);
		if (hints)
			hints[i] = hint;
	}
	challenge->hints = hints;
}

static void
read_points(struct room *room, struct hd_reader *in, struct hd_challenge *challenge)
{
	int64_t *points = room_take(room, challenge->points_count * sizeof *points);
	challenge->points_max = INT64_MIN;
	for (uint32_t i = 0; i < challenge->points_count && !in->bad; i++) {
		int64_t one = hd_read_signed(in);
		if (one > challenge->points_max)
			challenge->points_max = one;
		if (points)
			points[i] = one;
	}
	challenge->points = points;
}

/* A rule, and the phrases of its own behind it. */
static const struct hd_puzzle_rule *
keep_puzzle(struct room *room, const struct hd_dealt *dealt, const struct hd_puzzle_spec *spec)
{
	struct hd_puzzle_rule *rule = room_take(room, sizeof *rule);
	struct hd_bytes *own = room_take(room, dealt->own_count * sizeof *own);
	struct hd_reader in = hd_reader_of(room_keep(room, dealt->own));
	if (!rule)
		return NULL;
	*rule = (struct hd_puzzle_rule){.spec = *spec, .algorithm = dealt->algorithm};
	rule->phrases = (struct hd_phrases){.count = dealt->own_count, .own = own};
	for (uint32_t i = 0; i < dealt->own_count; i++)
		own[i] = hd_read_bytes(&in, HD_PHRASE_MAX);
	HD_ASSERT(!in.bad && hd_reader_left(&in) == 0);
	if (dealt->list > 0) {
		bool there = hd_phrases_builtin(dealt->list, &rule->phrases);
		HD_ASSERT(there);
	}
	return rule;
}

static void
read_puzzle(struct room *room, struct hd_reader *in, struct hd_challenge *challenge)
{
	const uint8_t *from = in->at;
	struct hd_dealt dealt;
	struct hd_puzzle_spec spec;
	hd_dealt_read(in, &dealt);
	room->puzzle = hd_bytes_of(from, (size_t)(in->at - from));
	enum hd_dealt_answer answer = in->bad ? HD_DEALT_WRONG : hd_dealt_spec(&dealt, &spec);
	if (answer == HD_DEALT_LACKS && room->lacks.kind.size == 0)
		room->lacks = dealt;
	bool stocked = challenge->gone ? dealt.stocked : challenge->stock > 0;
	if (answer != HD_DEALT_KNOWN || dealt.stocked != stocked)
		in->bad = true;
	else
		challenge->puzzle = keep_puzzle(room, &dealt, &spec);
}

static uint8_t
kind_max(uint8_t format)
{
	return format == FORMAT_FIXED_ONLY   ? HD_CHALLENGE_ANSWER
	       : format == FORMAT_NO_PUZZLES ? HD_CHALLENGE_TREASURE
					     : HD_CHALLENGE_DEALT;
}

/* All that stands before the puzzle, and before the lists of what is not gone. */
static struct hd_challenge
read_challenge_head(struct room *room, struct hd_reader *in, uint32_t number)
{
	bool old = room->format == FORMAT_FIXED_ONLY;
	struct hd_challenge challenge = {.number = (uint16_t)number};
	challenge.gone = hd_read_bounded(in, 1) != 0;
	challenge.kind = (uint8_t)hd_read_bounded(in, kind_max(room->format));
	challenge.id = keep_text(room, in, HD_ID_MAX);
	challenge.points_count = old ? 1 : (uint32_t)hd_read_bounded(in, HD_POINTS_MAX);
	if (challenge.id.size == 0 || challenge.points_count == 0)
		in->bad = true;
	if (challenge.gone)
		return challenge;
	challenge.title = keep_text(room, in, HD_TEXT_MAX);
	read_points(room, in, &challenge);
	challenge.stock = old ? 0 : hd_read_bounded(in, HD_STOCK_MAX);
	if ((challenge.stock > 0) != (challenge.kind == HD_CHALLENGE_TREASURE) &&
	    challenge.kind != HD_CHALLENGE_DEALT)
		in->bad = true;
	return challenge;
}

static struct hd_challenge
read_challenge(struct room *room, struct hd_reader *in, uint32_t number)
{
	struct hd_challenge challenge = read_challenge_head(room, in, number);
	room->puzzle = (struct hd_bytes){0};
	if (challenge.kind == HD_CHALLENGE_DEALT)
		read_puzzle(room, in, &challenge);
	if (challenge.gone)
		return challenge;
	read_answers(room, in, &challenge);
	read_regexes(room, in, &challenge);
	read_partials(room, in, &challenge);
	read_hints(room, in, &challenge);
	return challenge;
}

static void
read_challenges(struct room *room, struct hd_reader *in, struct hd_definition *definition)
{
	definition->challenges_count = (uint32_t)hd_read_bounded(in, HD_CHALLENGES_MAX);
	struct hd_challenge *challenges =
		room_take(room, definition->challenges_count * sizeof *challenges);
	for (uint32_t i = 0; i < definition->challenges_count && !in->bad; i++) {
		struct hd_challenge challenge = read_challenge(room, in, i);
		if (challenges)
			challenges[i] = challenge;
	}
	definition->challenges = challenges;
}

static struct hd_board_rule
read_board(struct room *room, struct hd_reader *in, uint32_t number)
{
	struct hd_board_rule board = {.number = (uint16_t)number};
	board.gone = hd_read_bounded(in, 1) != 0;
	board.id = keep_text(room, in, HD_ID_MAX);
	if (board.id.size == 0)
		in->bad = true;
	if (board.gone)
		return board;
	board.bracket = keep_text(room, in, HD_ID_MAX);
	board.window_ns = hd_read_signed(in);
	if (board.window_ns < 0)
		in->bad = true;
	return board;
}

static void
read_boards(struct room *room, struct hd_reader *in, struct hd_definition *definition)
{
	definition->boards_count = (uint32_t)hd_read_bounded(in, HD_BOARDS_MAX);
	struct hd_board_rule *boards = room_take(room, definition->boards_count * sizeof *boards);
	bool first_stands = false;
	for (uint32_t i = 0; i < definition->boards_count && !in->bad; i++) {
		struct hd_board_rule board = read_board(room, in, i);
		first_stands |= i == definition->board_first && !board.gone;
		if (boards)
			boards[i] = board;
	}
	definition->boards = boards;
	if (!first_stands)
		in->bad = true;
}

static void
read_rules(struct room *room, struct hd_reader *in, struct hd_definition *definition)
{
	room->format = hd_read_u8(in);
	if (room->format < FORMAT_FIXED_ONLY || room->format > HD_DEFINITION_FORMAT)
		in->bad = true;
	definition->version = (uint32_t)hd_read_bounded(in, UINT32_MAX);
	definition->id = keep_text(room, in, HD_ID_MAX);
	definition->title = keep_text(room, in, HD_TEXT_MAX);
	hd_read_bounded(in, 0); /* mode */
	definition->auto_join = hd_read_bounded(in, 1) != 0;
	definition->profile = (uint8_t)hd_read_bounded(in, HD_PROFILE_FOLD);
	definition->opens = hd_read_signed(in);
	definition->freezes = hd_read_signed(in);
	definition->closes = hd_read_signed(in);
	definition->window_ns = hd_read_signed(in);
	definition->guess_limit = (uint32_t)hd_read_bounded(in, HD_GUESS_LIMIT_MAX);
	definition->per_window = (uint32_t)hd_read_bounded(in, HD_PER_WINDOW_MAX);
	definition->board_first = (uint16_t)hd_read_bounded(in, HD_BOARDS_MAX);
}

/* Challenges in the order of their ids: each is put where it belongs among those before it. */
static void
sort_by_id(const struct hd_definition *definition, uint16_t *by_id)
{
	for (uint32_t i = 0; i < definition->challenges_count; i++) {
		uint32_t at = i;
		struct hd_bytes id = definition->challenges[i].id;
		while (at > 0 &&
		       hd_bytes_compare(id, definition->challenges[by_id[at - 1]].id) < 0) {
			by_id[at] = by_id[at - 1];
			at--;
		}
		by_id[at] = (uint16_t)i;
	}
}

/* One walk; false: not a definition. */
static bool
walk(struct room *room, struct hd_bytes encoding, struct decoded *decoded)
{
	struct hd_reader in = hd_reader_of(encoding);
	*decoded = (struct decoded){0};
	struct decoded *kept = room_take(room, sizeof *kept);
	read_rules(room, &in, &decoded->definition);
	read_boards(room, &in, &decoded->definition);
	read_challenges(room, &in, &decoded->definition);
	uint16_t *by_id = room_take(room, decoded->definition.challenges_count * sizeof *by_id);
	if (in.bad || hd_reader_left(&in) > 0)
		return false;
	if (kept) {
		sort_by_id(&decoded->definition, by_id);
		decoded->by_id = by_id;
		decoded->definition.footprint = room->size;
		*kept = *decoded;
	}
	return true;
}

bool
hd_definition_counts(struct hd_bytes encoding, uint32_t *boards, uint32_t *challenges)
{
	HD_ASSERT(boards && challenges);
	struct room room = {0};
	struct decoded decoded;
	bool good = walk(&room, encoding, &decoded);
	*boards = decoded.definition.boards_count;
	*challenges = decoded.definition.challenges_count;
	return good;
}

bool
hd_definition_lacks(struct hd_bytes encoding, char *what)
{
	struct room room = {0};
	struct decoded decoded;
	struct hd_writer out = hd_writer_of(what, HD_LACKS_MAX - 1);
	HD_ASSERT(what);
	if (walk(&room, encoding, &decoded) || room.lacks.kind.size == 0)
		return false;
	hd_dealt_lacks(&room.lacks, &out);
	HD_ASSERT(!out.full);
	*out.at = 0;
	return true;
}

struct hd_definition *
hd_definition_decode(struct hd_memory *memory, struct hd_bytes encoding, const uint8_t *secret)
{
	HD_ASSERT(memory && secret);
	struct room room = {.secret = secret};
	struct decoded read;
	if (!walk(&room, encoding, &read))
		return NULL;
	room.size = room.used;
	room.used = 0;
	room.base = hd_memory_take(memory, room.size, _Alignof(struct decoded));
	bool same = walk(&room, encoding, &read);
	HD_ASSERT(same && room.used == room.size);
	struct decoded *decoded = (struct decoded *)(void *)room.base;
	return &decoded->definition;
}

void
hd_definition_destroy(struct hd_memory *memory, struct hd_definition *definition)
{
	HD_ASSERT(memory);
	if (!definition)
		return;
	HD_ASSERT(definition->footprint >= sizeof(struct decoded));
	hd_memory_give(memory, definition, definition->footprint);
}

const struct hd_challenge *
hd_definition_challenge(const struct hd_definition *definition, struct hd_bytes id)
{
	HD_ASSERT(definition->challenges_count <= HD_CHALLENGES_MAX);
	const struct decoded *decoded = (const struct decoded *)(const void *)definition;
	uint32_t low = 0, high = definition->challenges_count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		const struct hd_challenge *challenge =
			&definition->challenges[decoded->by_id[middle]];
		int order = hd_bytes_compare(id, challenge->id);
		if (order == 0)
			return challenge;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct hd_board_rule *
hd_definition_board(const struct hd_definition *definition, struct hd_bytes id)
{
	HD_ASSERT(definition->boards_count <= HD_BOARDS_MAX);
	for (uint32_t i = 0; i < definition->boards_count; i++)
		if (hd_bytes_equal(definition->boards[i].id, id))
			return &definition->boards[i];
	return NULL;
}

bool
hd_definition_outline(struct hd_bytes encoding, struct hd_definition_outline *out)
{
	HD_ASSERT(out);
	out->challenges_count = out->boards_count = 0;
	if (encoding.size == 0)
		return true;
	struct room room = {0};
	struct hd_reader in = hd_reader_of(encoding);
	struct hd_definition rules = {0};
	read_rules(&room, &in, &rules);
	uint32_t boards = (uint32_t)hd_read_bounded(&in, HD_BOARDS_MAX);
	for (; out->boards_count < boards && !in.bad; out->boards_count++)
		out->boards[out->boards_count] = read_board(&room, &in, out->boards_count).id;
	uint32_t challenges = (uint32_t)hd_read_bounded(&in, HD_CHALLENGES_MAX);
	for (; out->challenges_count < challenges && !in.bad; out->challenges_count++) {
		struct hd_challenge one = read_challenge(&room, &in, out->challenges_count);
		out->challenges[out->challenges_count] = (struct hd_outline_challenge){
			one.id, true, one.points_count > 1, one.kind, room.puzzle};
	}
	HD_ASSERT(in.bad || out->challenges_count == challenges);
	return !in.bad && hd_reader_left(&in) == 0;
}

static void
write_board(const struct hd_board_rule *board, struct hd_writer *out)
{
	HD_ASSERT(board->id.size > 0 && board->id.size <= HD_ID_MAX);
	hd_write_u8(out, board->gone);
	hd_write_bytes(out, board->id);
	if (board->gone)
		return;
	hd_write_bytes(out, board->bracket);
	hd_write_signed(out, board->window_ns);
}

void
hd_definition_write_head(const struct hd_definition *definition, struct hd_writer *out)
{
	HD_ASSERT(definition->boards_count <= HD_BOARDS_MAX);
	HD_ASSERT(definition->challenges_count <= HD_CHALLENGES_MAX);
	hd_write_u8(out, HD_DEFINITION_FORMAT);
	hd_write_varint(out, definition->version);
	hd_write_bytes(out, definition->id);
	hd_write_bytes(out, definition->title);
	hd_write_u8(out, 0); /* mode */
	hd_write_u8(out, definition->auto_join);
	hd_write_u8(out, definition->profile);
	hd_write_signed(out, definition->opens);
	hd_write_signed(out, definition->freezes);
	hd_write_signed(out, definition->closes);
	hd_write_signed(out, definition->window_ns);
	hd_write_varint(out, definition->guess_limit);
	hd_write_varint(out, definition->per_window);
	hd_write_varint(out, definition->board_first);
	hd_write_varint(out, definition->boards_count);
	for (uint32_t i = 0; i < definition->boards_count; i++)
		write_board(&definition->boards[i], out);
	hd_write_varint(out, definition->challenges_count);
}

void
hd_definition_write_challenge(const struct hd_challenge *challenge, struct hd_writer *out)
{
	HD_ASSERT(challenge->id.size <= HD_ID_MAX && challenge->title.size <= HD_TEXT_MAX);
	HD_ASSERT(challenge->points_count > 0 && challenge->points_count <= HD_POINTS_MAX);
	hd_write_u8(out, challenge->gone);
	hd_write_u8(out, challenge->kind);
	hd_write_bytes(out, challenge->id);
	hd_write_varint(out, challenge->points_count);
	if (challenge->gone)
		return;
	hd_write_bytes(out, challenge->title);
	for (uint32_t i = 0; i < challenge->points_count; i++)
		hd_write_signed(out, challenge->points[i]);
	hd_write_varint(out, challenge->stock);
}
