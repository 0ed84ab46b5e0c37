/* Making: a random grid, and then clues taken away in random order, each where the puzzle can spare
 * it.
 *
 *   regions (jigsaw) -> grid -> strip: while rules below the tier still solve it
 *                                 |
 *                                 v
 *                               raise: while rules up to the tier still solve it
 *                                 |
 *                                 v
 *                               proof: unique, and of the tier; else the try has missed
 *
 * After `strip` no clue can go without a rule that is beyond it, so the first that `raise` takes
 * makes the puzzle harder. Trivial ones are only stripped. */
#include "core/puzzle/stream.h"
#include "core/puzzle/sudoku/grade/proof.h"
#include "core/puzzle/sudoku/kind.h"
#include "core/puzzle/sudoku/make/regions.h"
#include "huntd/assert.h"

#define BLOCK        32u     /* clues that are first taken at once */
#define SECOND_NODES 24u     /* after which rules are to say whether a clue can be spared */
#define GUESS_NODES  200000u /* where guesses are to say it: after them it is kept */
#define PROOF_NODES  200000u /* after which a candidate is thrown away */
#define GRID_NODES   2000u   /* after which a grid that does not fill is given up */

enum phase { REGIONS, GRID, STRIP, RAISE, SECOND, CLIMB, PROOF };

struct make {
	enum phase phase;
	uint8_t variant;
	enum hd_sudoku_tier tier;
	enum hd_sudoku_tier reached;     /* known: it is at least as hard */
	uint32_t at, clues;              /* in `cells`; how many there are */
	uint32_t block;                  /* clues to take at once */
	uint16_t cells[HD_SUDOKU_CELLS]; /* clues in the order of being taken */
	uint8_t digits[HD_SUDOKU_CELLS]; /* of the solution, from 0 */
	uint8_t solution[HD_SUDOKU_CELLS];
	uint8_t out[HD_SUDOKU_TEXT_MAX];
	struct hd_sudoku_text text;
	struct hd_sudoku_shape shape;
	struct hd_sudoku_regions regions;
	struct hd_stream grid, order;
	_Alignas(64) struct hd_sudoku_proof proof; /* its search serves every phase */
};

uint32_t
hd_sudoku_make_size(void)
{
	return sizeof(struct make);
}

/* Rows may be written with any digits: the first is drawn, the rest is searched. */
static void
begin_grid(struct make *m)
{
	uint16_t digits[HD_SUDOKU_SIDE];
	struct hd_sudoku_board first = {0};
	bool own = m->variant == HD_SUDOKU_JIGSAW;
	hd_sudoku_shape(&m->shape, m->variant, own ? m->text.region_of : NULL);
	for (uint16_t d = 0; d < HD_SUDOKU_SIDE; d++)
		digits[d] = d;
	hd_stream_shuffle(&m->grid, digits, HD_SUDOKU_SIDE);
	for (uint32_t cell = 0; cell < HD_SUDOKU_SIDE; cell++)
		first.open[digits[cell]] |= hd_cell(cell);
	hd_sudoku_search(&m->proof.search, m->variant, &m->shape, &first, 1);
	m->proof.search.random = &m->grid;
	m->phase = GRID;
}

void
hd_sudoku_make_begin(void *work, const struct hd_puzzle_order *order)
{
	struct make *m = work;
	HD_ASSERT(order->spec.tier < HD_SUDOKU_TIERS);
	m->variant = order->spec.params.variant;
	m->tier = (enum hd_sudoku_tier)order->spec.tier;
	m->text.variant = m->variant;
	hd_stream_init(&m->grid, order->seed, HD_STREAM_SOLUTION);
	hd_stream_init(&m->order, order->seed, HD_STREAM_CLUES);
	if (m->variant == HD_SUDOKU_JIGSAW) {
		m->phase = REGIONS;
		hd_sudoku_regions(&m->regions);
	} else {
		begin_grid(m);
	}
}

static enum hd_puzzle_state
step_regions(struct make *m)
{
	if (!hd_sudoku_regions_step(&m->regions, &m->grid))
		return HD_PUZZLE_PENDING;
	memcpy(m->text.region_of, m->regions.region_of, sizeof(m->text.region_of));
	begin_grid(m);
	return HD_PUZZLE_PENDING;
}

static enum hd_puzzle_state
step_grid(struct make *m)
{
	struct hd_sudoku_search *search = &m->proof.search;
	if (hd_sudoku_search_step(search))
		return search->nodes < GRID_NODES ? HD_PUZZLE_PENDING : HD_PUZZLE_MISSED;
	if (search->solutions == 0)
		return HD_PUZZLE_MISSED;
	m->text.given = search->first;
	hd_sudoku_digits(&search->first, m->digits);
	for (uint16_t cell = 0; cell < HD_SUDOKU_CELLS; cell++) {
		m->solution[cell] = (uint8_t)(m->digits[cell] + '0');
		m->digits[cell]--;
		m->cells[cell] = cell;
	}
	hd_stream_shuffle(&m->order, m->cells, HD_SUDOKU_CELLS);
	m->at = 0;
	m->clues = HD_SUDOKU_CELLS;
	m->block = BLOCK;
	m->reached = HD_SUDOKU_TRIVIAL;
	m->phase = STRIP;
	return HD_PUZZLE_PENDING;
}

static void
take(struct make *m, uint32_t count)
{
	for (uint32_t i = m->at; i < m->at + count; i++)
		m->text.given.open[m->digits[m->cells[i]]] &= ~hd_cell(m->cells[i]);
}

static void
put_back(struct make *m, uint32_t count)
{
	for (uint32_t i = m->at; i < m->at + count; i++)
		m->text.given.open[m->digits[m->cells[i]]] |= hd_cell(m->cells[i]);
}

static enum hd_puzzle_state
begin_proof(struct make *m)
{
	/* What was never raised to the tier need not be proved to have missed it. */
	if (m->reached < m->tier && m->tier < HD_SUDOKU_UNREASONABLE)
		return HD_PUZZLE_MISSED;
	hd_sudoku_prove(&m->proof, m->variant, &m->shape, &m->text.given, true);
	m->phase = PROOF;
	return HD_PUZZLE_PENDING;
}

/* Only what is still a clue is tried again. */
static enum hd_puzzle_state
begin_raise(struct make *m)
{
	uint32_t kept = 0;
	if (m->tier == HD_SUDOKU_TRIVIAL)
		return begin_proof(m);
	for (uint32_t i = 0; i < HD_SUDOKU_CELLS; i++)
		if (m->text.given.open[m->digits[m->cells[i]]] >> m->cells[i] & 1)
			m->cells[kept++] = m->cells[i];
	m->clues = kept;
	m->at = 0;
	m->phase = RAISE;
	return HD_PUZZLE_PENDING;
}

/* Several at once while that goes well: as each alone would, since rules take what they take
 * whatever else is known. */
static enum hd_puzzle_state
step_strip(struct make *m)
{
	enum hd_sudoku_tier tier = m->tier > 0 ? m->tier - 1 : 0;
	uint32_t count = m->clues - m->at < m->block ? m->clues - m->at : m->block;
	hd_cells taken = 0;
	if (tier > HD_SUDOKU_INTERMEDIATE)
		tier = HD_SUDOKU_INTERMEDIATE;
	for (uint32_t i = m->at; i < m->at + count; i++)
		taken |= hd_cell(m->cells[i]);
	take(m, count);
	if (hd_sudoku_yields(&m->shape, &m->text.given, tier, taken)) {
		m->at += count;
	} else {
		put_back(m, count);
		m->at += count == 1;
		m->block = count > 1 ? count / 2 : 1;
	}
	return m->at < m->clues ? HD_PUZZLE_PENDING : begin_raise(m);
}

static enum hd_puzzle_state
next_clue(struct make *m, bool spared)
{
	if (!spared)
		put_back(m, 1);
	m->phase = RAISE;
	return ++m->at < m->clues ? HD_PUZZLE_PENDING : begin_proof(m);
}

static enum hd_puzzle_state
step_raise(struct make *m)
{
	uint32_t cell = m->cells[m->at];
	take(m, 1);
	if (m->tier <= HD_SUDOKU_INTERMEDIATE) {
		bool spared = hd_sudoku_yields(&m->shape, &m->text.given, m->tier, hd_cell(cell));
		if (spared)
			m->reached = m->tier;
		return next_clue(m, spared);
	}
	hd_sudoku_search(&m->proof.search, m->variant, &m->shape, &m->text.given, 1);
	hd_sudoku_search_without(&m->proof.search, cell, m->digits[cell]);
	m->phase = SECOND;
	return HD_PUZZLE_PENDING;
}

/* A second solution would have another digit where the clue was. That there is none need not be
 * proved where rules are to solve it: they do so only where there is one solution. */
static enum hd_puzzle_state
step_second(struct make *m)
{
	struct hd_sudoku_search *search = &m->proof.search;
	bool guesses = m->tier == HD_SUDOKU_UNREASONABLE;
	if (hd_sudoku_search_step(search) && search->nodes < (guesses ? GUESS_NODES : SECOND_NODES))
		return HD_PUZZLE_PENDING;
	if (search->solutions > 0)
		return next_clue(m, false);
	if (guesses)
		return next_clue(m, hd_sudoku_search_verdict(search) == HD_PUZZLE_NONE);
	hd_sudoku_ladder(&m->proof.ladder, &m->shape, &m->text.given, m->tier);
	m->proof.ladder.tier = HD_SUDOKU_INTERMEDIATE;
	m->phase = CLIMB;
	return HD_PUZZLE_PENDING;
}

static enum hd_puzzle_state
step_climb(struct make *m)
{
	enum hd_puzzle_state state = hd_sudoku_ladder_step(&m->proof.ladder);
	if (state == HD_PUZZLE_PENDING)
		return state;
	if (state == HD_PUZZLE_READY && m->reached < m->proof.ladder.tier)
		m->reached = m->proof.ladder.tier;
	return next_clue(m, state == HD_PUZZLE_READY);
}

static enum hd_puzzle_state
step_proof(struct make *m)
{
	if (hd_sudoku_prove_step(&m->proof) == HD_PUZZLE_PENDING)
		return m->proof.climbs || m->proof.search.nodes < PROOF_NODES ? HD_PUZZLE_PENDING
									      : HD_PUZZLE_MISSED;
	if (m->proof.verdict != HD_PUZZLE_UNIQUE || m->proof.rating.tier != m->tier)
		return HD_PUZZLE_MISSED;
	return HD_PUZZLE_READY;
}

enum hd_puzzle_state
hd_sudoku_make_step(void *work, int64_t *fuel)
{
	static enum hd_puzzle_state (*const steps[])(struct make *) = {
		[REGIONS] = step_regions, [GRID] = step_grid,     [STRIP] = step_strip,
		[RAISE] = step_raise,     [SECOND] = step_second, [CLIMB] = step_climb,
		[PROOF] = step_proof,
	};
	struct make *m = work;
	enum hd_puzzle_state state;
	HD_ASSERT(*fuel > 0);
	do {
		state = steps[m->phase](m);
		--*fuel;
	} while (state == HD_PUZZLE_PENDING && *fuel > 0);
	return state;
}

void
hd_sudoku_make_take(void *work, struct hd_puzzle_made *made)
{
	struct make *m = work;
	struct hd_writer out = hd_writer_of(m->out, sizeof(m->out));
	HD_ASSERT(m->phase == PROOF && m->proof.verdict == HD_PUZZLE_UNIQUE);
	hd_sudoku_text_write(&m->text, &out);
	HD_ASSERT(!out.full);
	made->text = hd_bytes_of(m->out, (size_t)(out.at - m->out));
	made->solution = hd_bytes_of(m->solution, sizeof(m->solution));
	made->rating = m->proof.rating;
}
