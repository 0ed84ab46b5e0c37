/* Lights Out solved: the fewest presses, whether any other set is as small, and a hint. */
#include "core/puzzle/lightsout/lights.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

static void
walk_or_end(struct hd_lights_solve *s)
{
	s->phase = HD_LIGHTS_DONE;
	if (!s->space.any) {
		s->verdict = HD_PUZZLE_NONE;
	} else if (s->space.nullity > HD_LIGHTS_NULLITY_MAX) {
		s->verdict = HD_PUZZLE_BUDGET;
	} else {
		hd_lights_walk_begin(&s->walk, &s->space);
		s->phase = HD_LIGHTS_WALK;
	}
}

void
hd_lights_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode)
{
	struct hd_lights_solve *s = work;
	struct hd_lights_set lit = {0};
	const char *wrong = hd_lights_read(text, &s->lights);
	uint32_t w = s->lights.width, h = s->lights.height, cells = s->lights.cells;
	HD_ASSERT(wrong == NULL && mode <= HD_PUZZLE_HINT);
	s->mode = mode;
	s->hint_size = 0;
	s->walk.steps = 0;
	hd_lights_crosses(w, h, s->matrix);
	s->crosses = memcmp(s->matrix, s->lights.matrix, HD_LIGHTS_DIGITS(cells * cells)) == 0;
	if (!s->crosses) {
		hd_lights_eliminate_begin(&s->elimination, &s->lights);
		s->phase = HD_LIGHTS_ELIMINATE;
		return;
	}
	for (uint32_t cell = 0; cell < cells; cell++)
		if (hd_lights_lit(&s->lights, cell))
			hd_lights_turn(&lit, cell);
	hd_lights_chase(w, h, &lit, &s->space);
	walk_or_end(s);
}

/* The first press of the fewest. Below the first row of crosses it is what chasing does: no press
 * above is left to turn the lamp over it. */
static void
write_hint(struct hd_lights_solve *s)
{
	struct hd_writer out = hd_writer_of(s->hint, sizeof(s->hint));
	uint32_t cell = 0, width = s->lights.width;
	while (cell < s->lights.cells && !hd_lights_has(&s->walk.best, cell))
		cell++;
	if (cell == s->lights.cells) {
		hd_text_put(&out, "no light is on: nothing is to be pressed");
	} else {
		hd_text_put(&out, "press ");
		hd_text_put_cell(&out, cell / width, cell % width);
		if (s->crosses && cell >= width) {
			hd_text_put(&out, ": ");
			hd_text_put_cell(&out, cell / width - 1, cell % width);
			hd_text_put(&out, " is lit, and no press above it is left to turn it off");
		} else {
			hd_text_put(&out, ": it is the first of the fewest, ");
			hd_text_put_number(&out, s->walk.weight);
			hd_text_put(&out, s->walk.weight == 1 ? " press" : " presses");
		}
	}
	HD_ASSERT(!out.full);
	s->hint_size = (uint32_t)(out.at - s->hint);
}

enum hd_puzzle_state
hd_lights_solve_step(void *work, int64_t *fuel)
{
	struct hd_lights_solve *s = work;
	if (s->phase == HD_LIGHTS_ELIMINATE) {
		if (!hd_lights_eliminate_step(&s->elimination, fuel))
			return HD_PUZZLE_PENDING;
		hd_lights_eliminate_take(&s->elimination, &s->space);
		walk_or_end(s);
	}
	if (s->phase == HD_LIGHTS_WALK) {
		if (!hd_lights_walk_step(&s->walk, fuel))
			return HD_PUZZLE_PENDING;
		s->verdict = s->walk.tied ? HD_PUZZLE_MANY : HD_PUZZLE_UNIQUE;
		if (s->mode == HD_PUZZLE_HINT)
			write_hint(s);
		s->phase = HD_LIGHTS_DONE;
	}
	HD_ASSERT(s->phase == HD_LIGHTS_DONE);
	return HD_PUZZLE_READY;
}

void
hd_lights_solve_take(void *work, struct hd_puzzle_solved *solved)
{
	struct hd_lights_solve *s = work;
	HD_ASSERT(s->phase == HD_LIGHTS_DONE);
	solved->verdict = s->verdict;
	solved->rating.tier = HD_LIGHTS_TIERS;
	if (s->verdict != HD_PUZZLE_UNIQUE && s->verdict != HD_PUZZLE_MANY)
		return;
	s->solution[0] = 'S';
	for (uint32_t cell = 0; cell < s->lights.cells; cell++)
		s->solution[1 + cell] = hd_lights_has(&s->walk.best, cell) ? '1' : '0';
	solved->solution = hd_bytes_of(s->solution, 1 + s->lights.cells);
	solved->rating.tier = hd_lights_tier(s->lights.cells, s->space.nullity, s->walk.weight);
	solved->rating.steps = s->walk.weight;
	solved->rating.nodes = s->walk.steps;
	solved->hint = hd_bytes_of(s->hint, s->hint_size);
}
