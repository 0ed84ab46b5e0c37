/* A word search solved: every place of every word. */
#include "core/puzzle/text.h"
#include "core/puzzle/wordsearch/search.h"
#include "huntd/assert.h"

void
hd_search_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode)
{
	struct hd_search_solve *s = work;
	struct hd_search_text search;
	const char *wrong = hd_search_read(text, &search);
	HD_ASSERT(wrong == NULL && mode <= HD_PUZZLE_HINT);
	s->mode = mode;
	s->hint_size = s->solution_size = 0;
	s->rating = (struct hd_puzzle_rating){.tier = HD_SEARCH_TIERS};
	s->scan.width = search.width;
	s->scan.height = search.height;
	s->scan.count = search.count;
	memcpy(s->scan.words, search.words, search.count * sizeof(search.words[0]));
	memset(s->scan.letters, 0, sizeof(s->scan.letters));
	for (uint32_t y = 0; y < search.height; y++)
		memcpy(s->scan.letters + hd_search_at(0, y), search.letters + y * search.width,
		       search.width);
	hd_search_scan_begin(&s->scan);
}

static enum hd_puzzle_verdict
verdict_of(const struct hd_search_scan *scan)
{
	enum hd_puzzle_verdict verdict = HD_PUZZLE_UNIQUE;
	HD_ASSERT(scan->cell == scan->width * scan->height);
	for (uint32_t i = 0; i < scan->count; i++) {
		if (scan->places[i].found == 0)
			return HD_PUZZLE_NONE;
		if (scan->places[i].found > 1)
			verdict = HD_PUZZLE_MANY;
	}
	return verdict;
}

/* The longest word is the easiest to find; of several, the first of the list. */
static void
write_hint(struct hd_search_solve *s)
{
	static const char *const ways[8] = {"east", "south-east", "south", "south-west",
					    "west", "north-west", "north", "north-east"};
	struct hd_writer out = hd_writer_of(s->hint, sizeof(s->hint));
	uint32_t best = 0;
	for (uint32_t i = 1; i < s->scan.count; i++)
		if (s->scan.words[i].size > s->scan.words[best].size)
			best = i;
	const struct hd_search_place *place = &s->scan.places[best];
	hd_write_fixed(&out, s->scan.words[best].at, s->scan.words[best].size);
	hd_text_put(&out, " starts in row ");
	hd_text_put_number(&out, place->at / HD_SEARCH_STRIDE);
	hd_text_put(&out, ", going ");
	hd_text_put(&out, ways[place->direction]);
	HD_ASSERT(!out.full);
	s->hint_size = (uint32_t)(out.at - s->hint);
}

static void
conclude(struct hd_search_solve *s)
{
	uint8_t cover[HD_SEARCH_PADDED], letters[HD_SEARCH_CELLS_MAX];
	struct hd_writer out = hd_writer_of(s->solution, sizeof(s->solution));
	s->verdict = verdict_of(&s->scan);
	if (s->verdict == HD_PUZZLE_NONE)
		return;
	hd_search_cover(&s->scan, cover);
	uint32_t count = hd_search_leftover(&s->scan, cover, letters);
	hd_search_write_solution(&out, s->scan.places, s->scan.count, hd_bytes_of(letters, count));
	HD_ASSERT(!out.full);
	s->solution_size = (uint32_t)(out.at - s->solution);
	s->rating = (struct hd_puzzle_rating){.tier = hd_search_tier(&s->scan, cover),
					      .steps = s->scan.count,
					      .nodes = s->scan.false_starts};
	if (s->mode == HD_PUZZLE_HINT)
		write_hint(s);
}

enum hd_puzzle_state
hd_search_solve_step(void *work, int64_t *fuel)
{
	struct hd_search_solve *s = work;
	HD_ASSERT(s->scan.count > 0);
	if (!hd_search_scan_step(&s->scan, fuel))
		return HD_PUZZLE_PENDING;
	conclude(s);
	return HD_PUZZLE_READY;
}

void
hd_search_solve_take(void *work, struct hd_puzzle_solved *solved)
{
	struct hd_search_solve *s = work;
	HD_ASSERT(s->solution_size <= sizeof(s->solution));
	solved->verdict = s->verdict;
	solved->rating = s->rating;
	solved->solution = hd_bytes_of(s->solution, s->solution_size);
	solved->hint = hd_bytes_of(s->hint, s->hint_size);
}
