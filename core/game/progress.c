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

static const struct hd_cell *
cell_of(struct hd_play *play, uint16_t challenge)
{
	struct hd_item *item = play ? hd_item_find(play, HD_ITEM_CELL, challenge) : NULL;
	return item ? hd_item_cell(item) : NULL;
}

static bool
is_listed(const struct hd_challenge *challenge, const struct hd_cell *cell, bool solved)
{
	if (cell != NULL && cell->solved)
		return solved;
	return !solved && !challenge->gone;
}

/* The ids of all challenges that are solved, or of all that are open. */
static void
write_list(struct hd_writer *out, const struct hd_definition *definition, struct hd_play *play,
	   bool solved)
{
	HD_ASSERT(definition->challenges_count <= HD_CHALLENGES_MAX);
	bool listed[HD_CHALLENGES_MAX];
	uint32_t count = 0;
	for (uint32_t i = 0; i < definition->challenges_count; i++) {
		const struct hd_challenge *challenge = &definition->challenges[i];
		listed[i] = is_listed(challenge, cell_of(play, challenge->number), solved);
		count += listed[i];
	}
	hd_value_array(out, count);
	for (uint32_t i = 0; i < definition->challenges_count; i++)
		if (listed[i])
			hd_value_bulk(out, definition->challenges[i].id);
}

static void
write_counts(struct hd_writer *out, struct hd_play *play)
{
	int64_t guesses = 0, hints = 0;
	struct hd_item *item = play ? hd_item_first(play, HD_ITEM_CELL) : NULL;
	for (; item != NULL; item = hd_item_next(play, item)) {
		guesses += hd_item_cell(item)->wrong;
		hints += hd_item_cell(item)->hints;
	}
	hd_value_text(out, "guesses");
	hd_value_int(out, guesses);
	hd_value_text(out, "hints");
	hd_value_int(out, hints);
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
	hd_value_map(&out, 8);
	hd_value_text(&out, "score");
	hd_value_int(&out, entrant->score);
	hd_value_text(&out, "subscore");
	hd_value_int(&out, hd_entrant_sub(c->core, entrant));
	hd_value_text(&out, "solved");
	write_list(&out, c->definition, play, true);
	hd_value_text(&out, "open");
	write_list(&out, c->definition, play, false);
	hd_value_text(&out, "locked");
	hd_value_array(&out, 0);
	write_counts(&out, play);
	hd_value_text(&out, "position");
	hd_value_bulk(&out, position(play ? play->stamp : entrant->time, stamp));
	HD_ASSERT(!out.full);
	c->out->reply = (struct hd_reply){.kind = HD_REPLY_VALUE,
					  .detail = hd_bytes_of(begin, (size_t)(out.at - begin))};
}
