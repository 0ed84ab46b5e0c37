/* A board: the planes of one puzzle, and deduction to the end. */
#include "core/puzzle/slitherlink/slitherlink.h"
#include "huntd/assert.h"

/* HARD goes as SGT does, whose order decides in a few puzzles how far it comes: after a round of
 * the classes only what can use its news, and the chains last. */
enum stage { STAGE_RULES, STAGE_PAIRS, STAGE_CLASSES, STAGE_CHAINS };

struct hd_slither_grid
hd_slither_grid_of(const struct hd_puzzle_params *params)
{
	struct hd_slither_grid grid = {.width = params->width, .height = params->height};
	HD_ASSERT(params->width >= HD_SLITHER_MIN && params->width <= HD_SLITHER_MAX);
	HD_ASSERT(params->height >= HD_SLITHER_MIN && params->height <= HD_SLITHER_MAX);
	bool narrow = params->width <= HD_SLITHER_NARROW && params->height <= HD_SLITHER_NARROW;
	grid.stride = narrow ? 16 : 32;
	grid.places = grid.stride * grid.stride;
	grid.words = grid.places / 64;
	return grid;
}

static size_t
size_without_classes(const struct hd_slither_grid *grid)
{
	size_t planes = (size_t)HD_SLITHER_PLANES * grid->words * sizeof(uint64_t);
	return sizeof(struct hd_slither_board) + planes + grid->places * sizeof(uint16_t);
}

size_t
hd_slither_board_size(const struct hd_slither_grid *grid)
{
	size_t size = size_without_classes(grid) + 2 * (size_t)grid->places * sizeof(uint16_t);
	return (size + 63) / 64 * 64;
}

uint16_t *
hd_slither_parents(const struct hd_slither_grid *grid, struct hd_slither_board *board)
{
	return hd_slither_mates(grid, board) + grid->places;
}

/* Edges that are not there are no. */
static void
rim(const struct hd_slither_grid *grid, struct hd_slither_board *board)
{
	uint64_t *h = hd_slither_plane(grid, board, HD_SLITHER_HN);
	uint64_t *v = hd_slither_plane(grid, board, HD_SLITHER_VN);
	for (uint32_t row = 0; row < grid->stride; row++) {
		uint64_t all = ((uint64_t)1 << grid->stride) - 1;
		uint32_t bit = row * grid->stride;
		uint64_t no_h = row > grid->height ? all : all << grid->width & all;
		uint64_t no_v = row >= grid->height ? all : all << (grid->width + 1) & all;
		h[bit / 64] |= no_h << bit % 64;
		v[bit / 64] |= no_v << bit % 64;
	}
}

void
hd_slither_board_clear(const struct hd_slither_grid *grid, struct hd_slither_board *board)
{
	HD_ASSERT(grid->words > 0);
	memset(board, 0, size_without_classes(grid));
	rim(grid, board);
	hd_slither_chains_clear(grid, board);
}

void
hd_slither_board_copy(const struct hd_slither_grid *grid, struct hd_slither_board *to,
		      const struct hd_slither_board *from)
{
	HD_ASSERT(to != from);
	memcpy(to, from, from->classed ? hd_slither_board_size(grid) : size_without_classes(grid));
}

void
hd_slither_board_clue(const struct hd_slither_grid *grid, struct hd_slither_board *board,
		      uint32_t row, uint32_t column, uint32_t clue)
{
	HD_ASSERT(row < grid->height && column < grid->width && clue <= 4);
	hd_slither_set(hd_slither_plane(grid, board, HD_SLITHER_CLUES + clue),
		       hd_slither_slot(grid, row, column));
}

/* One round of the classes, a row a unit of fuel. STUCK: it found nothing. */
static enum hd_slither_end
classes(const struct hd_slither_grid *grid, struct hd_slither_board *board, int64_t *fuel)
{
	if (!board->classed)
		hd_slither_classes_clear(grid, board);
	while (board->row < 3 * (grid->height + 1)) {
		if (*fuel <= 0)
			return HD_SLITHER_GOING;
		(*fuel)--;
		board->news |= (uint16_t)hd_slither_classes_row(grid, board, board->row);
		board->row++;
	}
	board->steps++;
	return HD_SLITHER_STUCK;
}

static uint32_t
known(const struct hd_slither_grid *grid, struct hd_slither_board *board)
{
	uint32_t count = 0;
	for (uint32_t word = 0; word < 4 * grid->words; word++)
		count += (uint32_t)__builtin_popcountll(board->words[word]);
	return count;
}

static enum stage
after_classes(const struct hd_slither_grid *grid, struct hd_slither_board *board)
{
	uint32_t news = board->news;
	board->row = 0;
	board->news = 0;
	board->known = known(grid, board);
	if (news == 0)
		return STAGE_CHAINS;
	if (news & HD_SLITHER_NEW_LINE)
		return STAGE_RULES;
	return news & HD_SLITHER_NEW_PAIR ? STAGE_PAIRS : STAGE_CLASSES;
}

static enum hd_slither_end
rules(const struct hd_slither_grid *grid, struct hd_slither_board *board, uint32_t level,
      int64_t *fuel)
{
	if (*fuel <= 0)
		return HD_SLITHER_GOING;
	if (grid->stride == 16)
		return hd_slither_rules16(board->words, level, &board->steps, fuel);
	return hd_slither_rules32(board->words, level, &board->steps, fuel);
}

/* HARD, once the rules are stuck: to where there are news for them, or none at all. */
static enum hd_slither_end
deduce_classes(const struct hd_slither_grid *grid, struct hd_slither_board *board, int64_t *fuel)
{
	HD_ASSERT(board->stage == STAGE_PAIRS || board->stage == STAGE_CLASSES);
	if (board->stage == STAGE_PAIRS) {
		enum hd_slither_end end = rules(grid, board, HD_SLITHER_PAIRS, fuel);
		if (end == HD_SLITHER_STUCK)
			board->stage =
				known(grid, board) > board->known ? STAGE_RULES : STAGE_CLASSES;
		return end;
	}
	if (classes(grid, board, fuel) == HD_SLITHER_GOING)
		return HD_SLITHER_GOING;
	board->stage = (uint8_t)after_classes(grid, board);
	return HD_SLITHER_STUCK;
}

enum hd_slither_end
hd_slither_deduce(const struct hd_slither_grid *grid, struct hd_slither_board *board,
		  enum hd_slither_level level, int64_t *fuel)
{
	HD_ASSERT(level < HD_SLITHER_LEVELS);
	for (;;) {
		enum hd_slither_end end;
		if (board->stage == STAGE_CHAINS) {
			board->stage = STAGE_RULES;
			end = hd_slither_chains(grid, board);
			if (end != HD_SLITHER_GOING)
				return end;
		} else if (board->stage != STAGE_RULES) {
			end = deduce_classes(grid, board, fuel);
			if (end != HD_SLITHER_STUCK)
				return end;
		} else {
			bool hard = level == HD_SLITHER_HARD;
			end = rules(grid, board, hard ? HD_SLITHER_TRICKY : level, fuel);
			if (end != HD_SLITHER_STUCK)
				return end;
			board->stage = hard ? STAGE_CLASSES : STAGE_CHAINS;
		}
	}
}

void
hd_slither_board_lines(const struct hd_slither_grid *grid, struct hd_slither_board *board,
		       uint8_t *yes)
{
	struct hd_puzzle_params params = {(uint16_t)grid->width, (uint16_t)grid->height, 0};
	for (uint32_t row = 0; row < grid->height; row++)
		for (uint32_t column = 0; column < grid->width; column++) {
			uint32_t slot = hd_slither_slot(grid, row, column), numbers[4];
			hd_slither_numbers(&params, row, column, numbers);
			yes[numbers[0]] = hd_slither_is(grid, board, slot, true);
			yes[numbers[1]] = hd_slither_is(grid, board, slot + grid->places + 1, true);
			yes[numbers[2]] = hd_slither_is(grid, board, slot + grid->stride, true);
			yes[numbers[3]] = hd_slither_is(grid, board, slot + grid->places, true);
		}
}
