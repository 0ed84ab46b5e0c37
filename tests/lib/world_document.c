/* A hunt as a table in a story, compiled and put: what net/doc and core/veltrix make of a text. And
 * what is dealt of its puzzles. */
#include "core/veltrix/dealt.h"
#include "core/veltrix/encoding.h"
#include "core/veltrix/regex/regex.h"
#include "huntd/assert.h"
#include "tests/lib/world.h"

#include <stdlib.h>

static struct hd_bytes
bytes_of(const char *text)
{
	return hd_bytes_str(text ? text : "");
}

static void
write_normal(struct hd_writer *out, const char *answer)
{
	uint8_t normal[HD_NORMAL_MAX];
	uint32_t size = hd_normalise(HD_PROFILE_LETTERS_DIGITS, bytes_of(answer), normal);
	HD_ASSERT(size > 0);
	hd_write_bytes(out, hd_bytes_of(normal, size));
}

static void
write_regex(struct hd_writer *out, const char *pattern)
{
	struct hd_regex_draft draft;
	uint32_t where;
	hd_write_varint(out, pattern != NULL);
	if (pattern == NULL)
		return;
	const char *fault =
		hd_regex_compile(HD_PROFILE_LETTERS_DIGITS, bytes_of(pattern), &draft, &where);
	HD_ASSERT(fault == NULL);
	struct hd_regex regex = {draft.bytes, draft.steps_count, draft.ranges_count, draft.steps,
				 draft.ranges};
	hd_regex_write(&regex, out);
}

/* Of this release, in its own phrases or the built-in ones. */
static void
write_puzzle(struct hd_writer *out, const struct hd_world_challenge *challenge)
{
	const struct hd_puzzle_kind *kind = hd_puzzle_kind(bytes_of(challenge->puzzle));
	uint32_t count = 0;
	HD_ASSERT(kind != NULL);
	while (count < 6 && challenge->phrases[count])
		count++;
	struct hd_dealt dealt = {.stocked = challenge->stock > 0,
				 .kind = bytes_of(kind->name),
				 .algorithm = kind->algorithm,
				 .params = bytes_of(kind->defaults),
				 .list = (uint16_t)(count ? 0 : HD_PHRASES_VERSION)};
	hd_dealt_write(&dealt, out);
	if (count > 0)
		hd_write_varint(out, count);
	for (uint32_t i = 0; i < count; i++)
		hd_write_bytes(out, bytes_of(challenge->phrases[i]));
}

static uint8_t
kind_of(const struct hd_world_challenge *challenge)
{
	if (challenge->puzzle != NULL)
		return HD_CHALLENGE_DEALT;
	return challenge->stock ? HD_CHALLENGE_TREASURE : HD_CHALLENGE_ANSWER;
}

static void
write_challenge(struct hd_writer *out, const struct hd_world_challenge *challenge)
{
	uint32_t answers = 0, hints = 0;
	struct hd_challenge head = {
		.gone = challenge->gone,
		.kind = kind_of(challenge),
		.id = bytes_of(challenge->id),
		.title = bytes_of("A title"),
		.points_count = 1,
		.points = challenge->by_order[0] ? challenge->by_order : &challenge->points,
		.stock = challenge->stock,
	};
	while (head.points_count < 4 && challenge->by_order[head.points_count] != 0)
		head.points_count++;
	hd_definition_write_challenge(&head, out);
	if (challenge->puzzle != NULL)
		write_puzzle(out, challenge);
	if (challenge->gone)
		return;
	while (answers < 4 && challenge->answers[answers])
		answers++;
	hd_write_varint(out, answers);
	for (uint32_t i = 0; i < answers; i++)
		write_normal(out, challenge->answers[i]);
	write_regex(out, challenge->regex);
	hd_write_varint(out, challenge->partial != NULL);
	if (challenge->partial != NULL) {
		write_normal(out, challenge->partial);
		hd_write_bytes(out, bytes_of(challenge->say));
	}
	while (hints < 4 && challenge->hints[hints].text)
		hints++;
	hd_write_varint(out, hints);
	for (uint32_t i = 0; i < hints; i++) {
		hd_write_signed(out, challenge->hints[i].cost);
		hd_write_bytes(out, bytes_of(challenge->hints[i].text));
	}
}

static int64_t
hour(int64_t seconds, int64_t absent)
{
	return seconds ? HD_WORLD_BEGIN + seconds * HD_WORLD_SECOND : absent;
}

static uint32_t
compile(const struct hd_world_hunt *hunt, uint32_t version, uint8_t *at, size_t size)
{
	struct hd_board_rule boards[6] = {{.id = HD_BYTES("main")}};
	struct hd_definition definition = {
		.version = version,
		.id = bytes_of(hunt->id),
		.title = bytes_of("A hunt"),
		.auto_join = hunt->auto_join,
		.profile = HD_PROFILE_LETTERS_DIGITS,
		.opens = hour(hunt->opens, INT64_MIN),
		.freezes = hour(hunt->freezes, HD_NEVER),
		.closes = hour(hunt->closes, HD_NEVER),
		.guess_limit = hunt->limit,
		.per_window = hunt->per_window,
		.window_ns = hunt->window * HD_WORLD_SECOND,
		.board_first = hunt->board_first,
		.boards = boards,
		.boards_count = 1,
	};
	for (uint16_t i = 0; i < 6 && hunt->boards[i].id; i++) {
		const struct hd_world_board *board = &hunt->boards[i];
		boards[i] = (struct hd_board_rule){i, board->gone, bytes_of(board->id),
						   bytes_of(board->bracket),
						   board->window * HD_WORLD_SECOND};
		definition.boards_count = i + 1u;
	}
	while (definition.challenges_count < 6 && hunt->challenges[definition.challenges_count].id)
		definition.challenges_count++;
	struct hd_writer out = hd_writer_of(at, size);
	hd_definition_write_head(&definition, &out);
	for (uint32_t i = 0; i < definition.challenges_count; i++)
		write_challenge(&out, &hunt->challenges[i]);
	HD_ASSERT(!out.full);
	return (uint32_t)(out.at - at);
}

void
hd_world_document(struct hd_world *world, const struct hd_world_hunt *hunt)
{
	static const size_t room = 64 * 1024;
	uint8_t *encoding = malloc(room);
	struct hd_document_version old = {0};
	hd_core_document(world->core, bytes_of(hunt->id), 0, &old);
	uint32_t size = compile(hunt, old.version + 1, encoding, room);
	hd_world_order(world,
		       &(struct hd_order){.kind = HD_ORDER_DOCUMENT,
					  .name = bytes_of(hunt->id),
					  .version = old.version + 1,
					  .source = bytes_of(hunt->source),
					  .text = bytes_of(hunt->text ? hunt->text : "hunt: x\n"),
					  .definition = hd_bytes_of(encoding, size)});
	free(encoding);
}

const char *
hd_world_dealt(struct hd_world *world, uint32_t challenge, const char *entrant)
{
	struct hd_deal deal;
	bool dealt = hd_core_deal(world->core, 0, challenge, bytes_of(entrant), &deal);
	HD_ASSERT(dealt);
	char *answer = world->dealt[world->dealt_next++ % 4];
	uint32_t size = hd_core_deal_answer(world->core, &deal, (uint8_t *)answer);
	HD_ASSERT(size >= HD_PHRASE_MIN && size <= HD_PHRASE_MAX);
	answer[size] = 0;
	return answer;
}

void
hd_world_base(struct hd_world *world, uint32_t challenge, const char *entrant, uint64_t j,
	      uint32_t try)
{
	struct hd_deal deal;
	bool dealt = hd_core_deal(world->core, 0, challenge, bytes_of(entrant), &deal);
	HD_ASSERT(dealt && !deal.based);
	hd_core_base(world->core, world->now, &deal, bytes_of(entrant), j, try, &world->decision);
	HD_ASSERT(world->decision.events_count == 1);
	hd_world_take(world);
}
