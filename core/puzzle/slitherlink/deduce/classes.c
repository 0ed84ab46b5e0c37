/* Classes of edges that are equal or opposite, whatever they are: a union-find with parity. Two
 * unknown edges of a face or dot whose number of yes edges is known to be odd or even tell of each
 * other, and so do pairs of which exactly one is yes. */
#include "core/puzzle/slitherlink/slitherlink.h"
#include "huntd/assert.h"

#define OPPOSITE 0x8000u

void
hd_slither_classes_clear(const struct hd_slither_grid *grid, struct hd_slither_board *board)
{
	uint16_t *parents = hd_slither_parents(grid, board);
	HD_ASSERT(2 * grid->places <= OPPOSITE);
	for (uint32_t edge = 0; edge < 2 * grid->places; edge++)
		parents[edge] = (uint16_t)edge;
	board->classed = true;
}

/* The root of an edge's class, and OPPOSITE where it is the other way round. */
static uint32_t
find(uint16_t *parents, uint32_t edge)
{
	uint32_t parity = 0;
	for (;;) {
		uint32_t up = parents[edge], parent = up & ~OPPOSITE;
		if (parent == edge)
			return edge | parity;
		uint32_t above = parents[parent];
		parents[edge] = (uint16_t)(above ^ (up & OPPOSITE));
		parity ^= parents[edge] & OPPOSITE;
		edge = above & ~OPPOSITE;
	}
}

/* The four edges around the faces, or at the dots, of one row: a bit a place. */
struct around {
	uint32_t unknown[4], yes[4];
};

struct view {
	const struct hd_slither_grid *grid;
	struct hd_slither_board *board;
	uint16_t *parents;
	uint32_t news;
	struct around around;
	uint32_t row; /* of dots, that was read */
	bool told;    /* a line; rows that were read are to be read again */
};

static void
tell(struct view *view, uint32_t edge, bool yes)
{
	if (!hd_slither_is(view->grid, view->board, edge, yes)) {
		hd_slither_put(view->grid, view->board, edge, yes);
		view->news |= HD_SLITHER_NEW_LINE;
		view->told = true;
	}
}

/* An edge of a class, and its root, know what the other knows. */
static void
share(struct view *view, uint32_t edge, uint32_t root, bool opposite)
{
	for (uint32_t yes = 0; yes < 2; yes++) {
		if (hd_slither_is(view->grid, view->board, edge, yes))
			tell(view, root, yes ^ opposite);
		if (hd_slither_is(view->grid, view->board, root, yes))
			tell(view, edge, yes ^ opposite);
	}
}

static void
merge(struct view *view, uint32_t a, uint32_t b, bool opposite)
{
	uint32_t root_a = find(view->parents, a), root_b = find(view->parents, b);
	bool other = ((root_a ^ root_b) & OPPOSITE) != 0;
	root_a &= ~OPPOSITE;
	root_b &= ~OPPOSITE;
	if (root_a == root_b)
		return;
	view->parents[root_b] = (uint16_t)(root_a | (other != opposite ? OPPOSITE : 0));
	view->news |= HD_SLITHER_NEW_CLASS;
	share(view, root_b, root_a, other != opposite);
}

/* Whether the edges are known to be equal or opposite, and which. */
static bool
related(struct view *view, uint32_t a, uint32_t b, bool *opposite)
{
	uint32_t both = find(view->parents, a) ^ find(view->parents, b);
	*opposite = both == OPPOSITE;
	return (both & ~OPPOSITE) == 0;
}

/* An odd or even number of these unknown edges is yes. */
static void
parity(struct view *view, const uint32_t *edges, uint32_t count, bool odd)
{
	bool opposite;
	if (count == 2) {
		merge(view, edges[0], edges[1], odd);
	} else if (count == 3) {
		for (uint32_t i = 0; i < 3; i++)
			if (related(view, edges[(i + 1) % 3], edges[(i + 2) % 3], &opposite))
				tell(view, edges[i], odd ^ opposite);
	} else if (count == 4) {
		for (uint32_t i = 0; i < 3; i++)
			for (uint32_t j = i + 1; j < 4; j++)
				if (related(view, edges[i], edges[j], &opposite)) {
					uint32_t k = i == 0 ? (j == 1 ? 2 : 1) : 0;
					merge(view, edges[k], edges[6 - i - j - k], odd ^ opposite);
					return;
				}
	}
}

/* A row of edges: which are yes, which are unknown. */
static void
edge_row(const struct view *view, uint32_t row, bool vertical, uint32_t *yes, uint32_t *unknown)
{
	uint32_t plane = vertical ? HD_SLITHER_VY : HD_SLITHER_HY;
	uint32_t no = hd_slither_row(view->grid,
				     hd_slither_plane(view->grid, view->board, plane + 1), row);
	*yes = hd_slither_row(view->grid, hd_slither_plane(view->grid, view->board, plane), row);
	*unknown = ~(*yes | no);
}

static void
read_faces(struct view *view, uint32_t row)
{
	struct around *around = &view->around;
	edge_row(view, row, false, &around->yes[0], &around->unknown[0]);
	edge_row(view, row + 1, false, &around->yes[2], &around->unknown[2]);
	edge_row(view, row, true, &around->yes[3], &around->unknown[3]);
	around->yes[1] = around->yes[3] >> 1;
	around->unknown[1] = around->unknown[3] >> 1;
	view->told = false;
}

static void
read_dots(struct view *view, uint32_t row)
{
	struct around *around = &view->around;
	edge_row(view, row, false, &around->yes[0], &around->unknown[0]);
	edge_row(view, row, true, &around->yes[1], &around->unknown[1]);
	around->yes[2] = around->yes[0] << 1;
	around->unknown[2] = around->unknown[0] << 1;
	around->yes[3] = around->unknown[3] = 0;
	if (row > 0)
		edge_row(view, row - 1, true, &around->yes[3], &around->unknown[3]);
	view->row = row;
	view->told = false;
}

/* The unknown of a place's four edges; of the others it counts the yes. */
static uint32_t
unknown_of(const struct around *around, uint32_t column, const uint32_t *edges, uint32_t *unknown,
	   uint32_t *yes)
{
	uint32_t count = 0;
	*yes = 0;
	for (uint32_t i = 0; i < 4; i++) {
		unknown[count] = edges[i];
		count += around->unknown[i] >> column & 1;
		*yes += around->yes[i] >> column & 1;
	}
	return count;
}

/* Two equal edges of a face are both no where there is room for one yes only; and mirrored. SGT
 * does not count such lines as news: where a round finds nothing else, it ends there. So do we, or
 * what is hard here would be beyond it. */
static void
equals(struct view *view, const uint32_t *unknown, uint32_t count, bool yes)
{
	uint32_t news = view->news;
	bool opposite;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = i + 1; j < count; j++)
			if (related(view, unknown[i], unknown[j], &opposite) && !opposite) {
				tell(view, unknown[i], yes);
				tell(view, unknown[j], yes);
			}
	view->news = news;
}

static void
face(struct view *view, uint32_t row, uint32_t column, uint32_t clue)
{
	const struct hd_slither_grid *grid = view->grid;
	uint32_t slot = hd_slither_slot(grid, row, column), unknown[5], yes;
	const uint32_t edges[] = {slot, slot + grid->places + 1, slot + grid->stride,
				  slot + grid->places};
	uint32_t count = unknown_of(&view->around, column, edges, unknown, &yes);
	if (yes + 1 == clue)
		equals(view, unknown, count, false);
	if (view->told)
		read_faces(view, row);
	count = unknown_of(&view->around, column, edges, unknown, &yes);
	if (clue + 1 == yes + count)
		equals(view, unknown, count, true);
	if (view->told)
		read_faces(view, row);
	count = unknown_of(&view->around, column, edges, unknown, &yes);
	parity(view, unknown, count, (clue - yes) % 2);
}

/* Two unknown edges of a dot: opposite is the same as one at most and one at least. */
static void
pair(struct view *view, uint32_t slot, uint32_t corner, uint32_t a, uint32_t b)
{
	uint64_t *most = hd_slither_plane(view->grid, view->board, HD_SLITHER_MOST_SE + corner);
	uint64_t *least = hd_slither_plane(view->grid, view->board, HD_SLITHER_LEAST_SE + corner);
	bool opposite;
	if (hd_slither_bit(most, slot) && hd_slither_bit(least, slot)) {
		merge(view, a, b, true);
	} else if (related(view, a, b, &opposite) && opposite) {
		hd_slither_set(most, slot);
		hd_slither_set(least, slot);
		view->news |= HD_SLITHER_NEW_PAIR;
	}
}

static void
dot(struct view *view, uint32_t row, uint32_t column)
{
	/* Pairs by corner: which edge, and which other. */
	static const uint8_t corners[4][2] = {{0, 1}, {2, 1}, {0, 3}, {2, 3}};
	const struct around *around = &view->around;
	uint32_t slot = hd_slither_slot(view->grid, row, column), below = slot + view->grid->places;
	/* To the right, below, left, above; where there is none, it is known. */
	const uint32_t edges[] = {slot, below, slot - 1, below - view->grid->stride};
	uint32_t unknown[5], yes, count = unknown_of(around, column, edges, unknown, &yes);
	for (uint32_t corner = 0; corner < 4; corner++) {
		uint32_t a = corners[corner][0], b = corners[corner][1];
		if (around->unknown[a] & around->unknown[b] & 1u << column)
			pair(view, slot, corner, edges[a], edges[b]);
	}
	parity(view, unknown, count, yes % 2);
}

/* Edges of a row that are unknown, or known but their classes do not know it yet. */
static void
share_row(struct view *view, uint32_t row, bool vertical)
{
	const struct hd_slither_grid *grid = view->grid;
	uint32_t planes = vertical ? HD_SLITHER_VY : HD_SLITHER_HY;
	uint64_t *told = hd_slither_plane(grid, view->board, HD_SLITHER_TOLD_H + vertical);
	uint32_t inside = (1u << (grid->width + vertical)) - 1;
	uint32_t left = ~hd_slither_row(grid, told, row) & inside;
	for (; left != 0; left &= left - 1) {
		uint32_t slot = hd_slither_slot(grid, row, (uint32_t)__builtin_ctz(left));
		uint32_t edge = slot + (vertical ? grid->places : 0);
		uint32_t root = find(view->parents, edge);
		if ((root & ~OPPOSITE) != edge)
			share(view, edge, root & ~OPPOSITE, (root & OPPOSITE) != 0);
		if (hd_slither_bit(hd_slither_plane(grid, view->board, planes), slot) ||
		    hd_slither_bit(hd_slither_plane(grid, view->board, planes + 1), slot))
			hd_slither_set(told, slot);
	}
}

/* Places of a row at which two or more of the edges are unknown. */
static uint32_t
two_unknown(const struct around *around)
{
	const uint32_t *u = around->unknown;
	return (u[0] & u[1]) | (u[2] & u[3]) | ((u[0] | u[1]) & (u[2] | u[3]));
}

static void
face_row(struct view *view, uint32_t row)
{
	uint32_t clues[5], all = 0;
	for (uint32_t clue = 0; clue < 5; clue++) {
		const uint64_t *plane =
			hd_slither_plane(view->grid, view->board, HD_SLITHER_CLUES + clue);
		clues[clue] = hd_slither_row(view->grid, plane, row);
		all |= clues[clue];
	}
	read_faces(view, row);
	for (uint32_t left = all & two_unknown(&view->around); left != 0; left &= left - 1) {
		uint32_t column = (uint32_t)__builtin_ctz(left), clue = 0;
		while (!(clues[clue] >> column & 1))
			clue++;
		face(view, row, column, clue);
		if (view->told)
			read_faces(view, row);
	}
}

static void
dot_at(struct view *view, uint32_t row, uint32_t column)
{
	if (view->told || view->row != row)
		read_dots(view, row);
	if (two_unknown(&view->around) >> column & 1)
		dot(view, row, column);
}

/* In SGT's order, faces by rows and of each the dots that none before it had, clockwise: it decides
 * what a round has found when the next begins. So the first two rows go together. */
static void
dot_row(struct view *view, uint32_t row)
{
	uint32_t width = view->grid->width;
	read_dots(view, row);
	if (row >= 2) {
		dot_at(view, row, 1);
		dot_at(view, row, 0);
		for (uint32_t column = 2; column <= width; column++)
			dot_at(view, row, column);
	} else if (row == 0) {
		dot_at(view, 0, 0);
		dot_at(view, 0, 1);
		dot_at(view, 1, 1);
		dot_at(view, 1, 0);
		for (uint32_t column = 2; column <= width; column++) {
			dot_at(view, 0, column);
			dot_at(view, 1, column);
		}
	}
}

uint32_t
hd_slither_classes_row(const struct hd_slither_grid *grid, struct hd_slither_board *board,
		       uint32_t row)
{
	struct view view = {.grid = grid, .board = board};
	uint32_t phase = row / (grid->height + 1);
	HD_ASSERT(phase < 3 && board->classed);
	view.parents = hd_slither_parents(grid, board);
	row %= grid->height + 1;
	if (phase == 0 && row < grid->height)
		face_row(&view, row);
	if (phase == 1)
		dot_row(&view, row);
	if (phase == 2) {
		share_row(&view, row, false);
		share_row(&view, row, true);
	}
	return view.news;
}
