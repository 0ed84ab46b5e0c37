/* A word search made: the grid is cut into runs, all cells but the answer's; each run gets a word;
 * words that stand twice by chance are changed for others until none does. */
#include "core/puzzle/text.h"
#include "core/puzzle/wordsearch/search.h"
#include "core/puzzle/wordsearch/words.h"
#include "huntd/assert.h"

#define DRAWS     24u /* tilings of one try */
#define REPAIRS   24u /* scans of one tiling */
#define RUNS_FUEL 8u  /* runs that get a word with one unit of fuel */
#define ALIKE     4u  /* of hard ones, all but one in so many words begin like another */

/* The table by size: where it is, how many words, the number of its first. */
#define COUNT(size) ((sizeof(hd_search_words_##size) - 1) / (size + 1))
#define BEFORE_4    COUNT(3)
#define BEFORE_5    (BEFORE_4 + COUNT(4))
#define BEFORE_6    (BEFORE_5 + COUNT(5))
#define BEFORE_7    (BEFORE_6 + COUNT(6))
#define BEFORE_8    (BEFORE_7 + COUNT(7))
#define BEFORE_9    (BEFORE_8 + COUNT(8))
#define BEFORE_10   (BEFORE_9 + COUNT(9))
#define ALL         (BEFORE_10 + COUNT(10))

static_assert(ALL <= HD_SEARCH_TABLE_MAX, "words are numbered");

static const struct {
	const char *words;
	uint16_t count, before;
} tables[HD_SEARCH_MADE_MAX + 1] = {
	[3] = {hd_search_words_3, COUNT(3), 0},
	[4] = {hd_search_words_4, COUNT(4), BEFORE_4},
	[5] = {hd_search_words_5, COUNT(5), BEFORE_5},
	[6] = {hd_search_words_6, COUNT(6), BEFORE_6},
	[7] = {hd_search_words_7, COUNT(7), BEFORE_7},
	[8] = {hd_search_words_8, COUNT(8), BEFORE_8},
	[9] = {hd_search_words_9, COUNT(9), BEFORE_9},
	[10] = {hd_search_words_10, COUNT(10), BEFORE_10},
};

static const uint8_t *
word_at(uint32_t size, uint32_t index)
{
	HD_ASSERT(size >= HD_SEARCH_SIZE_MIN && size <= HD_SEARCH_MADE_MAX);
	HD_ASSERT(index < tables[size].count);
	return (const uint8_t *)tables[size].words + (size_t)index * (size + 1);
}

static bool
is_used(const struct hd_search_make *m, uint32_t number)
{
	return m->used[number / 64] >> number % 64 & 1;
}

static void
flip_used(struct hd_search_make *m, uint32_t number)
{
	HD_ASSERT(number < ALL);
	m->used[number / 64] ^= (uint64_t)1 << number % 64;
}

/* The letters that another run gives to this one; 0 where it is free. */
static bool
given(const struct hd_search_make *m, const struct hd_search_run *run, uint8_t *letters)
{
	bool any = false;
	HD_ASSERT(run->size <= HD_SEARCH_MADE_MAX);
	memset(letters, 0, HD_SEARCH_MADE_MAX);
	for (uint32_t k = 0; run->crosses && k < run->size; k++) {
		uint32_t at = hd_search_step(run->at, run->direction, k);
		letters[k] = m->tiling.cover[at] > 1 ? m->scan.letters[at] : 0;
		any = any || letters[k] != 0;
	}
	return any;
}

static bool
agrees(const uint8_t *word, const uint8_t *letters, uint32_t size)
{
	for (uint32_t k = 0; k < size; k++)
		if (letters[k] != 0 && letters[k] != word[k])
			return false;
	return true;
}

/* Where in the table the search for a word begins. Hard: mostly after the word chosen last, which
 * begins alike, so that many places look like the start of a word that is not there. */
static uint32_t
start_at(struct hd_search_make *m, uint32_t size)
{
	uint32_t count = tables[size].count, drawn = hd_stream_below(&m->texts, count * ALIKE);
	HD_ASSERT(count > 0);
	if (m->spec.tier == HD_SEARCH_HARD && drawn >= count)
		return (m->recent[size] + 1u) % count;
	return drawn % count;
}

/* A word for the run, used by none; false: there is none. */
static bool
choose(struct hd_search_make *m, uint32_t i)
{
	const struct hd_search_run *run = &m->tiling.runs[i];
	uint8_t letters[HD_SEARCH_MADE_MAX];
	uint32_t count = tables[run->size].count, index = start_at(m, run->size);
	bool any = given(m, run, letters);
	for (uint32_t tried = 0; tried < count; tried++, index = (index + 1) % count) {
		uint32_t number = tables[run->size].before + index;
		const uint8_t *word = word_at(run->size, index);
		if (is_used(m, number) || (any && !agrees(word, letters, run->size)))
			continue;
		flip_used(m, number);
		m->chosen[i] = (uint16_t)number;
		m->user[number] = (uint16_t)i;
		m->recent[run->size] = (uint16_t)index;
		m->scan.words[i] = hd_bytes_of(word, run->size);
		for (uint32_t k = 0; k < run->size; k++)
			m->scan.letters[hd_search_step(run->at, run->direction, k)] = word[k];
		return true;
	}
	return false;
}

/* Where a crossing leaves no word for the run, the crossing goes. */
static bool
choose_or_uncross(struct hd_search_make *m, uint32_t i)
{
	if (choose(m, i))
		return true;
	if (!m->tiling.runs[i].crosses)
		return false;
	if (hd_search_uncross(&m->tiling, i))
		return choose(m, i);
	uint32_t other = hd_search_crosser(&m->tiling, i);
	HD_ASSERT(other < m->run && other != i);
	hd_search_uncross(&m->tiling, other);
	flip_used(m, m->chosen[other]);
	return choose(m, other) && choose(m, i);
}

/* The answer, into the cells that are left. */
static void
write_answer(struct hd_search_make *m)
{
	uint32_t next = 0;
	for (uint32_t y = 0; y < m->tiling.height; y++)
		for (uint32_t x = 0; x < m->tiling.width; x++) {
			uint32_t at = hd_search_at(x, y);
			if (m->tiling.cover[at] == 0) {
				HD_ASSERT(next < m->answer.size);
				m->scan.letters[at] = m->answer.at[next++];
			}
		}
	HD_ASSERT(next == m->answer.size);
}

static void
draw_begin(struct hd_search_make *m)
{
	HD_ASSERT(m->draws_left > 0);
	m->draws_left--;
	m->repairs_left = REPAIRS;
	m->phase = HD_SEARCH_TILE;
	m->run = 0;
	memset(m->used, 0, sizeof(m->used));
	memset(m->recent, 0, sizeof(m->recent));
	memset(m->scan.letters, 0, sizeof(m->scan.letters));
	hd_search_tile_begin(&m->tiling, &m->spec, m->answer.size, DRAWS - 1 - m->draws_left,
			     &m->tiles);
}

void
hd_search_make_begin(void *work, const struct hd_puzzle_order *order)
{
	struct hd_search_make *m = work;
	HD_ASSERT(order->answer.size >= HD_PHRASE_MIN && order->answer.size <= HD_PHRASE_MAX);
	HD_ASSERT(order->spec.tier < HD_SEARCH_TIERS);
	m->spec = order->spec;
	m->answer = order->answer;
	m->draws_left = DRAWS;
	hd_stream_init(&m->tiles, order->seed, HD_STREAM_SOLUTION);
	hd_stream_init(&m->texts, order->seed, HD_STREAM_TEXT);
	draw_begin(m);
}

static enum hd_puzzle_state
fill_step(struct hd_search_make *m, int64_t *fuel)
{
	while (m->run < m->tiling.count) {
		if (!choose_or_uncross(m, m->run))
			return HD_PUZZLE_MISSED;
		m->run++;
		if (m->run % RUNS_FUEL == 0 && --*fuel <= 0)
			return HD_PUZZLE_PENDING;
	}
	write_answer(m);
	m->scan.width = m->tiling.width;
	m->scan.height = m->tiling.height;
	m->scan.count = m->tiling.count;
	hd_search_scan_begin(&m->scan);
	return HD_PUZZLE_READY;
}

static bool
is_of_tier(const struct hd_search_make *m)
{
	uint8_t cover[HD_SEARCH_PADDED];
	HD_ASSERT(m->scan.count == m->tiling.count);
	hd_search_cover(&m->scan, cover);
	return hd_search_tier(&m->scan, cover) == m->spec.tier;
}

/* Words that stand twice are changed. READY: none does, and the tier is right. */
static enum hd_puzzle_state
repair(struct hd_search_make *m)
{
	bool changed = false;
	for (uint32_t i = 0; i < m->scan.count; i++) {
		HD_ASSERT(m->scan.places[i].found > 0);
		uint32_t old = m->chosen[i];
		if (m->scan.places[i].found == 1)
			continue;
		if (!choose_or_uncross(m, i))
			return HD_PUZZLE_MISSED;
		flip_used(m, old);
		changed = true;
	}
	if (!changed)
		return is_of_tier(m) ? HD_PUZZLE_READY : HD_PUZZLE_MISSED;
	if (m->repairs_left == 0)
		return HD_PUZZLE_MISSED;
	m->repairs_left--;
	hd_search_scan_begin(&m->scan);
	return HD_PUZZLE_PENDING;
}

/* The phase on; MISSED: this tiling will not do. */
static enum hd_puzzle_state
phase_step(struct hd_search_make *m, int64_t *fuel)
{
	enum hd_puzzle_state state = HD_PUZZLE_PENDING;
	if (m->phase == HD_SEARCH_TILE)
		state = hd_search_tile_step(&m->tiling, &m->tiles, fuel);
	else if (m->phase == HD_SEARCH_FILL)
		state = fill_step(m, fuel);
	else if (hd_search_scan_step(&m->scan, fuel))
		state = repair(m);
	HD_ASSERT(m->phase < HD_SEARCH_DONE);
	if (state == HD_PUZZLE_READY)
		m->phase++;
	return state;
}

enum hd_puzzle_state
hd_search_make_step(void *work, int64_t *fuel)
{
	struct hd_search_make *m = work;
	HD_ASSERT(m->phase < HD_SEARCH_DONE);
	while (*fuel > 0) {
		if (phase_step(m, fuel) == HD_PUZZLE_MISSED) {
			if (m->draws_left == 0)
				return HD_PUZZLE_MISSED;
			draw_begin(m);
		}
		if (m->phase == HD_SEARCH_DONE)
			return HD_PUZZLE_READY;
	}
	return HD_PUZZLE_PENDING;
}

/* The list goes by the table: by size, then by the alphabet; it tells nothing of the grid. */
static uint32_t
write_list(struct hd_search_make *m, struct hd_writer *out, struct hd_search_place *places)
{
	uint32_t count = 0;
	for (uint32_t number = 0; number < ALL; number++) {
		if (!is_used(m, number))
			continue;
		uint32_t run = m->user[number];
		HD_ASSERT(run < m->scan.count && count < m->scan.count);
		hd_text_put(out, count > 0 ? "," : "");
		hd_write_fixed(out, m->scan.words[run].at, m->scan.words[run].size);
		places[count++] = m->scan.places[run];
	}
	return count;
}

void
hd_search_make_take(void *work, struct hd_puzzle_made *made)
{
	struct hd_search_make *m = work;
	struct hd_search_place places[HD_SEARCH_WORDS_MAX];
	struct hd_writer text = hd_writer_of(m->text, sizeof(m->text));
	struct hd_writer solution = hd_writer_of(m->solution, sizeof(m->solution));
	hd_text_put_number(&text, m->scan.width);
	hd_text_put(&text, "x");
	hd_text_put_number(&text, m->scan.height);
	hd_text_put(&text, ":");
	for (uint32_t y = 0; y < m->scan.height; y++)
		hd_write_fixed(&text, m->scan.letters + hd_search_at(0, y), m->scan.width);
	hd_text_put(&text, ":");
	uint32_t count = write_list(m, &text, places);
	HD_ASSERT(count == m->scan.count && !text.full);
	hd_search_write_solution(&solution, places, count, m->answer);
	HD_ASSERT(!solution.full);
	made->text = hd_bytes_of(m->text, (size_t)(text.at - m->text));
	made->solution = hd_bytes_of(m->solution, (size_t)(solution.at - m->solution));
	made->rating.tier = m->spec.tier;
	made->rating.steps = count;
	made->rating.nodes = m->scan.false_starts;
}
