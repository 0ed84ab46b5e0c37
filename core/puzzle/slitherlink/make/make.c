/* Making: a random loop, all its clues, and then as many of them taken away, in random order, as
 * the rules of the tier allow.
 *
 * Taking away one after the other would ask for a whole solution each time. What is asked is
 * shared instead: `blocks` of clues are halved, and what follows without a block is kept on a
 * board while its halves are looked at. Where nothing more is needed, the whole block goes at
 * once. The result is the same, clue for clue, as with one after the other, because more clues
 * never make less follow. */
#include "core/puzzle/slitherlink/make/loop.h"
#include "huntd/assert.h"

#define FRAMES 12u /* halvings of 900 clues, and some */

enum stage { STAGE_LOOP, STAGE_WHOLE, STAGE_STRIP, STAGE_BELOW, STAGE_TIER };
/* Hard blocks go as far as tricky ones first: it is cheaper. */
enum at { AT_TRICKY, AT_START, AT_LEFT, AT_RIGHT };

struct block {
	uint16_t from, count; /* in `sequence` */
	enum at at;
};

struct maker {
	struct hd_slither_grid grid;
	struct hd_puzzle_spec spec;
	enum stage stage;
	struct hd_stream stream;
	uint32_t depth;
	struct block blocks[FRAMES];
	uint32_t steps;
	uint16_t sequence[HD_SLITHER_FACES]; /* the faces, in the order of their going */
	bool kept[HD_SLITHER_FACES];         /* by place in the sequence */
	uint8_t clues[HD_SLITHER_FACES];
	uint8_t lines[HD_SLITHER_EDGES];
	uint8_t text[HD_SLITHER_TEXT];
	uint8_t solution[HD_SLITHER_MOVE];
	struct hd_slither_loop loop;
	_Alignas(64) uint8_t boards[]; /* one a block, the board without its clues */
};

size_t
hd_slither_make_size(const struct hd_puzzle_params *params)
{
	struct hd_slither_grid grid = hd_slither_grid_of(params);
	return sizeof(struct maker) + FRAMES * hd_slither_board_size(&grid);
}

void
hd_slither_make_begin(void *work, const struct hd_puzzle_order *order)
{
	struct maker *maker = work;
	HD_ASSERT(order->answer.size == 0 && order->spec.tier < HD_SLITHER_LEVELS);
	maker->grid = hd_slither_grid_of(&order->spec.params);
	maker->spec = order->spec;
	maker->stage = STAGE_LOOP;
	maker->depth = 0;
	hd_stream_init(&maker->stream, order->seed, HD_STREAM_CLUES);
	hd_slither_loop_begin(&maker->loop, &order->spec.params, order->seed);
}

static uint32_t
faces_of(const struct maker *maker)
{
	return maker->grid.width * maker->grid.height;
}

static struct hd_slither_board *
board_at(struct maker *maker, uint32_t depth)
{
	HD_ASSERT(depth < FRAMES);
	return (struct hd_slither_board *)(maker->boards +
					   depth * hd_slither_board_size(&maker->grid));
}

/* Gives the board the clues of places from..to-1 of the sequence; of them only those kept. */
static void
give(struct maker *maker, struct hd_slither_board *board, uint32_t from, uint32_t to, bool all)
{
	HD_ASSERT(from <= to && to <= faces_of(maker));
	for (uint32_t place = from; place < to; place++) {
		uint32_t face = maker->sequence[place];
		if (all || maker->kept[place])
			hd_slither_board_clue(&maker->grid, board, face / maker->grid.width,
					      face % maker->grid.width, maker->clues[face]);
	}
}

static void
draw_clues(struct maker *maker)
{
	for (uint32_t face = 0; face < faces_of(maker); face++) {
		maker->sequence[face] = (uint16_t)face;
		maker->clues[face] = hd_slither_loop_clue(&maker->loop, face / maker->grid.width,
							  face % maker->grid.width);
	}
	hd_stream_shuffle(&maker->stream, maker->sequence, faces_of(maker));
	hd_slither_board_clear(&maker->grid, board_at(maker, 0));
	give(maker, board_at(maker, 0), 0, faces_of(maker), true);
}

static void
open_block(struct maker *maker, uint32_t from, uint32_t count)
{
	HD_ASSERT(maker->depth < FRAMES && count > 0);
	enum at at = maker->spec.tier == HD_SLITHER_HARD ? AT_TRICKY : AT_START;
	maker->blocks[maker->depth++] = (struct block){(uint16_t)from, (uint16_t)count, at};
}

static void
begin_strip(struct maker *maker)
{
	memset(maker->kept, 0, sizeof(maker->kept));
	hd_slither_board_clear(&maker->grid, board_at(maker, 0));
	open_block(maker, 0, faces_of(maker));
}

/* The board of the last block is at its end: goes on with one half, or with who is waiting. */
static void
strip(struct maker *maker, enum hd_slither_end end)
{
	struct block *block = &maker->blocks[maker->depth - 1];
	uint32_t half = block->count / 2u, middle = block->from + half;
	HD_ASSERT(end != HD_SLITHER_WRONG);
	if (block->at == AT_START && end == HD_SLITHER_STUCK && block->count == 1)
		maker->kept[block->from] = true;
	if (end == HD_SLITHER_SOLVED || block->count == 1 || block->at == AT_RIGHT) {
		maker->depth--;
		return;
	}
	struct hd_slither_board *board = board_at(maker, maker->depth - 1);
	struct hd_slither_board *next = board_at(maker, maker->depth);
	hd_slither_board_copy(&maker->grid, next, board);
	if (block->at == AT_START) {
		give(maker, next, middle, block->from + block->count, true);
		open_block(maker, block->from, half);
	} else {
		give(maker, next, block->from, middle, false);
		open_block(maker, middle, block->count - half);
	}
	block->at = block->at == AT_START ? AT_LEFT : AT_RIGHT;
}

/* From the start, with the clues that were kept. */
static void
begin_kept(struct maker *maker)
{
	hd_slither_board_clear(&maker->grid, board_at(maker, 0));
	give(maker, board_at(maker, 0), 0, faces_of(maker), false);
}

static enum hd_puzzle_state
strip_step(struct maker *maker, int64_t *fuel)
{
	while (maker->depth > 0) {
		struct block *block = &maker->blocks[maker->depth - 1];
		struct hd_slither_board *board = board_at(maker, maker->depth - 1);
		enum hd_slither_end end = HD_SLITHER_STUCK;
		if (block->at <= AT_START)
			end = hd_slither_deduce(&maker->grid, board,
						block->at == AT_TRICKY ? HD_SLITHER_TRICKY
								       : maker->spec.tier,
						fuel);
		if (end == HD_SLITHER_GOING)
			return HD_PUZZLE_PENDING;
		if (block->at == AT_TRICKY && end == HD_SLITHER_STUCK)
			block->at = AT_START;
		else
			strip(maker, end);
	}
	begin_kept(maker);
	maker->stage = maker->spec.tier > 0 ? STAGE_BELOW : STAGE_TIER;
	return HD_PUZZLE_PENDING;
}

static void
write_out(struct maker *maker)
{
	struct hd_slither_board *board = board_at(maker, 0);
	hd_slither_board_lines(&maker->grid, board, maker->lines);
	for (uint32_t place = 0; place < faces_of(maker); place++)
		if (!maker->kept[place])
			maker->clues[maker->sequence[place]] = HD_SLITHER_BLANK;
	maker->steps = board->steps;
}

/* A stage that is one deduction on the first board; `next` is done where it ends as wanted. */
static enum hd_puzzle_state
stage_ended(struct maker *maker, enum hd_slither_end end)
{
	HD_ASSERT(end != HD_SLITHER_WRONG && end != HD_SLITHER_GOING);
	if (maker->stage == STAGE_BELOW) { /* solved by what is easier: too easy */
		maker->stage = STAGE_TIER;
		if (maker->spec.tier == HD_SLITHER_HARD)
			begin_kept(maker); /* as SGT does: see classes.c */
		return end == HD_SLITHER_SOLVED ? HD_PUZZLE_MISSED : HD_PUZZLE_PENDING;
	}
	if (end != HD_SLITHER_SOLVED)
		return HD_PUZZLE_MISSED;
	if (maker->stage == STAGE_TIER) {
		write_out(maker);
		return HD_PUZZLE_READY;
	}
	begin_strip(maker);
	maker->stage = STAGE_STRIP;
	return HD_PUZZLE_PENDING;
}

static enum hd_puzzle_state
stage_step(struct maker *maker, int64_t *fuel)
{
	enum hd_slither_level level = maker->spec.tier;
	if (maker->stage == STAGE_BELOW)
		level = maker->spec.tier - 1;
	enum hd_slither_end end = hd_slither_deduce(&maker->grid, board_at(maker, 0), level, fuel);
	return end == HD_SLITHER_GOING ? HD_PUZZLE_PENDING : stage_ended(maker, end);
}

enum hd_puzzle_state
hd_slither_make_step(void *work, int64_t *fuel)
{
	struct maker *maker = work;
	HD_ASSERT(*fuel > 0);
	while (*fuel > 0) {
		enum hd_puzzle_state state = HD_PUZZLE_PENDING;
		if (maker->stage == STAGE_STRIP) {
			state = strip_step(maker, fuel);
		} else if (maker->stage != STAGE_LOOP) {
			state = stage_step(maker, fuel);
		} else if (hd_slither_loop_step(&maker->loop, fuel)) {
			draw_clues(maker);
			maker->stage = STAGE_WHOLE;
		}
		if (state != HD_PUZZLE_PENDING)
			return state;
	}
	return HD_PUZZLE_PENDING;
}

void
hd_slither_make_take(void *work, struct hd_puzzle_made *made)
{
	struct maker *maker = work;
	uint32_t edges = maker->grid.width * (maker->grid.height + 1) +
			 maker->grid.height * (maker->grid.width + 1);
	struct hd_writer text = hd_writer_of(maker->text, sizeof(maker->text));
	struct hd_writer move = hd_writer_of(maker->solution, sizeof(maker->solution));
	hd_slither_text_write(&maker->spec.params, maker->clues, &text);
	hd_slither_move_write(maker->lines, edges, &move);
	HD_ASSERT(!text.full && !move.full);
	made->text = hd_bytes_of(maker->text, (size_t)(text.at - maker->text));
	made->solution = hd_bytes_of(maker->solution, (size_t)(move.at - maker->solution));
	made->rating = (struct hd_puzzle_rating){maker->spec.tier, maker->steps, 0};
}
