/* PROGRESS: what an entrant has reached. */
#include "core/game/state.h"
#include "huntd/value.h"

#define VALUE_ROOM 32u /* of any field but a list */
#define STAMP_ROOM 32u

/* A position as a time: unix ms and six decimals, as AT takes it. */
static struct hd_bytes
position(int64_t stamp, uint8_t *text)
{
	HD_ASSERT(stamp >= 0);
	uint8_t *end = text + STAMP_ROOM, *at = end;
	uint64_t left = (uint64_t)stamp;
	for (uint32_t digits = 0; digits < 7 || left > 0; digits++) {
		if (digits == 6)
			*--at = '.';
		*--at = (uint8_t)('0' + left % 10);
		left /= 10;
	}
	HD_ASSERT(at >= text);
	return hd_bytes_of(at, (size_t)(end - at));
}

struct reached {
	uint8_t lists[HD_CHALLENGES_MAX]; /* by challenge: where it is listed */
	int64_t guesses, hints;
};

enum { NOWHERE, SOLVED, OPEN };

/* Cells stand in the order of their numbers, as challenges do: one walk over both. */
static void
reached_read(struct reached *reached, const struct hd_definition *definition, struct hd_play *play)
{
	HD_ASSERT(definition->challenges_count <= HD_CHALLENGES_MAX);
	struct hd_item *item = play ? hd_item_first(play, HD_ITEM_CELL) : NULL;
	reached->guesses = reached->hints = 0;
	for (uint32_t i = 0; i < definition->challenges_count; i++) {
		const struct hd_challenge *challenge = &definition->challenges[i];
		HD_ASSERT(challenge->number == i && (item == NULL || item->number >= i));
		reached->lists[i] = challenge->gone ? NOWHERE : OPEN;
		if (item == NULL || item->number != i)
			continue;
		const struct hd_cell *cell = hd_item_cell(item);
		if (cell->solved)
			reached->lists[i] = SOLVED;
		reached->guesses += cell->wrong;
		reached->hints += cell->hints;
		item = hd_item_next(play, item);
	}
	HD_ASSERT(item == NULL); /* a challenge's number is for ever */
}

static void
write_list(struct hd_writer *out, const char *name, const struct hd_definition *definition,
	   const struct reached *reached, uint8_t list)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < definition->challenges_count; i++)
		count += reached->lists[i] == list;
	hd_value_text(out, name);
	hd_value_array(out, count);
	for (uint32_t i = 0; i < definition->challenges_count; i++)
		if (reached->lists[i] == list)
			hd_value_bulk(out, definition->challenges[i].id);
}

void
hd_progress_decide(struct hd_case *c)
{
	const struct hd_entrant *entrant = c->entrant;
	HD_ASSERT(entrant != NULL);
	uint32_t room = (c->definition->challenges_count + 1) * (HD_ID_MAX + 4) + 16 * VALUE_ROOM;
	struct hd_writer out = hd_core_answer(c->core, room);
	uint8_t *begin = out.at, stamp[STAMP_ROOM];
	struct hd_play *play = hd_entrant_play(c->core, entrant);
	struct reached reached;
	reached_read(&reached, c->definition, play);
	hd_value_map(&out, 8);
	hd_value_text(&out, "score");
	hd_value_int(&out, entrant->score);
	hd_value_text(&out, "subscore");
	hd_value_int(&out, hd_entrant_sub(c->core, entrant));
	write_list(&out, "solved", c->definition, &reached, SOLVED);
	write_list(&out, "open", c->definition, &reached, OPEN);
	hd_value_text(&out, "locked");
	hd_value_array(&out, 0);
	hd_value_text(&out, "guesses");
	hd_value_int(&out, reached.guesses);
	hd_value_text(&out, "hints");
	hd_value_int(&out, reached.hints);
	hd_value_text(&out, "position");
	hd_value_bulk(&out, position(play ? play->stamp : entrant->time, stamp));
	HD_ASSERT(!out.full);
	c->out->reply = (struct hd_reply){.kind = HD_REPLY_VALUE,
					  .detail = hd_bytes_of(begin, (size_t)(out.at - begin))};
}
