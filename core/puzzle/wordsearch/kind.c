/* The row of word searches. */
#include "core/puzzle/kinds.h"
#include "core/puzzle/text.h"
#include "core/puzzle/wordsearch/search.h"
#include "huntd/assert.h"

static const char *
params_read(struct hd_bytes text, struct hd_puzzle_params *params)
{
	return hd_grid_read(text, hd_search_sides, "", params)
		       ? NULL
		       : "wordsearch is WxH, sides from 8 to 30";
}

static void
params_write(const struct hd_puzzle_params *params, struct hd_writer *out)
{
	hd_grid_write(params, "", out);
}

/* Every size has all tiers, with answers of any length: tried. */
static const char *
params_deny(const struct hd_puzzle_params *params, uint8_t tier)
{
	HD_ASSERT(params->width >= HD_SEARCH_SIDE_MIN && params->height >= HD_SEARCH_SIDE_MIN);
	HD_ASSERT(tier < HD_SEARCH_TIERS);
	return NULL;
}

static void
sizes(const struct hd_puzzle_params *params, struct hd_puzzle_sizes *sizes)
{
	HD_ASSERT(params->width <= HD_SEARCH_SIDE_MAX && params->height <= HD_SEARCH_SIDE_MAX);
	sizes->text = HD_PUZZLE_TEXT_MAX;
	sizes->solution = HD_SEARCH_SOLUTION_MAX;
	sizes->make = (uint32_t)sizeof(struct hd_search_make);
	sizes->solve = (uint32_t)sizeof(struct hd_search_solve);
}

static uint64_t
make_ns(const struct hd_puzzle_params *params, uint8_t tier)
{
	HD_ASSERT(params->width > 0 && tier < HD_SEARCH_TIERS);
	return 5000 +
	       (uint64_t)params->width * params->height * (tier == HD_SEARCH_HARD ? 700 : 150);
}

static const char *
check(struct hd_bytes text, struct hd_puzzle_params *params)
{
	struct hd_search_text search;
	const char *wrong = hd_search_read(text, &search);
	if (wrong == NULL)
		*params = (struct hd_puzzle_params){.width = (uint16_t)search.width,
						    .height = (uint16_t)search.height};
	return wrong;
}

/* Takes a place and asks whether the word stands there; marks its cells. */
static bool
stands(const struct hd_search_text *search, struct hd_bytes word, struct hd_reader *in,
       bool *covered)
{
	static const int8_t right[8] = {1, 1, 0, -1, -1, -1, 0, 1};
	static const int8_t down[8] = {0, 1, 1, 1, 0, -1, -1, -1};
	uint32_t column, row, direction;
	if (!hd_search_take_place(in, &column, &row, &direction))
		return false;
	HD_ASSERT(direction < 8 && word.size > 0);
	int32_t x = (int32_t)column, y = (int32_t)row;
	for (uint32_t k = 0; k < word.size; k++, x += right[direction], y += down[direction]) {
		if (x < 0 || y < 0 || x >= (int32_t)search->width || y >= (int32_t)search->height)
			return false;
		uint32_t cell = (uint32_t)y * search->width + (uint32_t)x;
		if (search->letters[cell] != word.at[k])
			return false;
		covered[cell] = true;
	}
	return true;
}

/* Whether each word stands where the solution says, and the rest is the letters left. That it
 * stands nowhere else is for the solver to say. */
static bool
verify(struct hd_bytes text, struct hd_bytes solution)
{
	struct hd_search_text search;
	bool covered[HD_SEARCH_CELLS_MAX] = {false};
	struct hd_reader in = hd_reader_of(solution);
	const char *wrong = hd_search_read(text, &search);
	HD_ASSERT(wrong == NULL);
	for (uint32_t i = 0; i < search.count; i++)
		if ((i > 0 && !hd_text_take(&in, ';')) ||
		    !stands(&search, search.words[i], &in, covered))
			return false;
	if (!hd_text_take(&in, ':'))
		return false;
	for (uint32_t cell = 0; cell < search.width * search.height; cell++)
		if (!covered[cell] && !hd_text_take(&in, (char)search.letters[cell]))
			return false;
	return in.at == in.end;
}

/* Empty where more letters are left than an answer has. */
static uint32_t
answer_of(struct hd_bytes text, struct hd_bytes solution, uint8_t *answer)
{
	const uint8_t *colon = memchr(solution.at, ':', solution.size);
	(void)text;
	HD_ASSERT(colon != NULL);
	uint32_t count = (uint32_t)(solution.at + solution.size - (colon + 1));
	if (count > HD_PHRASE_MAX)
		return 0;
	memcpy(answer, colon + 1, count);
	return count;
}

static const char *const tiers[] = {"easy", "medium", "hard"};

const struct hd_puzzle_kind hd_puzzle_wordsearch = {
	.name = "wordsearch",
	.about = "Word search: find each word, straight in any direction; the letters left over, "
		 "row "
		 "by row, are the answer",
	.rule = "Find all words of the list: straight lines in any of eight directions. The "
		"letters left over, read row by row, are the answer.",
	.params_form = "WxH, sides from 8 to 30",
	.defaults = "15x15",
	.tiers = tiers,
	.tiers_count = HD_SEARCH_TIERS,
	.levels = {HD_SEARCH_EASY, HD_SEARCH_MEDIUM, HD_SEARCH_HARD},
	.algorithm = 1,
	.around_answer = true,
	.params_read = params_read,
	.params_write = params_write,
	.params_deny = params_deny,
	.sizes = sizes,
	.make_ns = make_ns,
	.make_begin = hd_search_make_begin,
	.make_step = hd_search_make_step,
	.make_take = hd_search_make_take,
	.check = check,
	.solve_begin = hd_search_solve_begin,
	.solve_step = hd_search_solve_step,
	.solve_take = hd_search_solve_take,
	.verify = verify,
	.answer_of = answer_of,
	.draw_text = hd_search_draw_text,
	.draw_svg = hd_search_draw_svg,
};
