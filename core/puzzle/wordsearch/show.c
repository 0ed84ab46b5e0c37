/* A word search drawn. */
#include "core/puzzle/draw.h"
#include "core/puzzle/kinds.h"
#include "core/puzzle/text.h"
#include "core/puzzle/wordsearch/search.h"
#include "huntd/assert.h"

#define LINE_LETTERS 64u
#define LETTER_FONT  24
#define LIST_FONT    16
#define LIST_LINE    24
#define LIST_LETTER  13 /* units of a capital and what is around it */
#define FOUND        "#bcd8f6"
#define FOUND_STROKE 26
#define LEFT         "#c22"

/* Marks the cells of the solution's words; its places, if wanted. */
static void
mark_found(const struct hd_search_text *search, struct hd_bytes solution, bool *covered,
	   struct hd_search_place *places)
{
	struct hd_reader in = hd_reader_of(solution);
	memset(covered, 0, HD_SEARCH_PADDED);
	for (uint32_t i = 0; i < search->count && solution.size > 0; i++) {
		uint32_t x, y, direction;
		bool taken = hd_search_take_place(&in, &x, &y, &direction);
		HD_ASSERT(taken);
		places[i] = (struct hd_search_place){.at = (uint16_t)hd_search_at(x, y),
						     .direction = (uint8_t)direction};
		for (uint32_t k = 0; k < search->words[i].size; k++)
			covered[hd_search_step(places[i].at, direction, k) % HD_SEARCH_PADDED] =
				true;
		hd_text_take(&in, ';');
	}
}

static void
put_list(struct hd_writer *out, const struct hd_search_text *search)
{
	uint32_t column = 0;
	for (uint32_t i = 0; i < search->count; i++) {
		if (column > 0 && column + search->words[i].size >= LINE_LETTERS) {
			hd_text_put(out, "\n");
			column = 0;
		}
		hd_text_put(out, column > 0 ? " " : "");
		hd_write_fixed(out, search->words[i].at, search->words[i].size);
		column += search->words[i].size + 1;
	}
	hd_text_put(out, "\n");
}

/* With a solution, the letters that words cover are small, so that the answer stands out. */
void
hd_search_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out)
{
	struct hd_search_text search;
	struct hd_search_place places[HD_SEARCH_WORDS_MAX];
	bool covered[HD_SEARCH_PADDED];
	const char *wrong = hd_search_read(text, &search);
	HD_ASSERT(wrong == NULL);
	mark_found(&search, solution, covered, places);
	for (uint32_t y = 0; y < search.height; y++)
		for (uint32_t x = 0; x < search.width; x++) {
			uint8_t letter = search.letters[y * search.width + x];
			if (covered[hd_search_at(x, y)])
				letter = (uint8_t)(letter + 'a' - 'A');
			hd_write_u8(out, letter);
			hd_text_put(out, x + 1 < search.width ? " " : "\n");
		}
	put_list(out, &search);
	hd_text_rule(out, &hd_puzzle_wordsearch);
}

static void
draw_found(struct hd_writer *out, struct hd_svg_box grid, struct hd_bytes word,
	   const struct hd_search_place *place)
{
	uint32_t from = place->at, to = hd_search_step(from, place->direction, word.size - 1);
	HD_ASSERT(from > HD_SEARCH_STRIDE && to > HD_SEARCH_STRIDE);
	struct hd_svg_box a =
		hd_svg_cell(grid, from / HD_SEARCH_STRIDE - 1, from % HD_SEARCH_STRIDE - 1);
	struct hd_svg_box b =
		hd_svg_cell(grid, to / HD_SEARCH_STRIDE - 1, to % HD_SEARCH_STRIDE - 1);
	hd_svg_line(out, a.x + a.width / 2, a.y + a.height / 2, b.x + b.width / 2,
		    b.y + b.height / 2, FOUND_STROKE, FOUND);
}

static int32_t
list_column(const struct hd_search_text *search)
{
	uint32_t longest = 0;
	for (uint32_t i = 0; i < search->count; i++)
		longest = search->words[i].size > longest ? search->words[i].size : longest;
	HD_ASSERT(longest > 0);
	return (int32_t)(longest + 1) * LIST_LETTER;
}

/* Column after column, as the list goes. */
static int32_t
list_rows(const struct hd_search_text *search, int32_t width)
{
	int32_t columns = width / list_column(search);
	HD_ASSERT(width > 0);
	if (columns == 0)
		columns = 1;
	return ((int32_t)search->count + columns - 1) / columns;
}

void
hd_search_draw_svg(struct hd_bytes text, struct hd_bytes solution,
		   const struct hd_puzzle_overlay *overlay, struct hd_writer *out)
{
	struct hd_search_text search;
	struct hd_search_place places[HD_SEARCH_WORDS_MAX];
	bool covered[HD_SEARCH_PADDED];
	const char *wrong = hd_search_read(text, &search);
	HD_ASSERT(wrong == NULL && (overlay == NULL || overlay->count == 0));
	mark_found(&search, solution, covered, places);
	struct hd_svg_box grid = hd_svg_grid_box(search.width, search.height, 0, 0);
	int32_t rows = list_rows(&search, grid.width), m = HD_DRAW_MARGIN;
	int32_t list = grid.y + grid.height + m + LIST_LINE / 2;
	int32_t below = grid.y + grid.height + m + rows * LIST_LINE + m / 2;
	hd_svg_begin(out, grid.width + 2 * m,
		     below + hd_svg_rule_height(&hd_puzzle_wordsearch, grid.width) + m);
	for (uint32_t i = 0; i < search.count && solution.size > 0; i++)
		draw_found(out, grid, search.words[i], &places[i]);
	hd_svg_rect(out, grid, "none", HD_DRAW_THICK);
	for (uint32_t cell = 0; cell < search.width * search.height; cell++) {
		uint32_t x = cell % search.width, y = cell / search.width;
		bool left = solution.size > 0 && !covered[hd_search_at(x, y)];
		hd_svg_letter(out, hd_svg_cell(grid, y, x), LETTER_FONT, left ? LEFT : "black",
			      search.letters[cell]);
	}
	for (uint32_t i = 0; i < search.count; i++)
		hd_svg_text_from(out, m + (int32_t)i / rows * list_column(&search),
				 list + (int32_t)i % rows * LIST_LINE, LIST_FONT, "black",
				 search.words[i]);
	hd_svg_rule(out, &hd_puzzle_wordsearch, m, below, grid.width);
	hd_svg_end(out);
}
