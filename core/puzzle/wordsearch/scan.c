/* Where the words stand. A word is met at each place where its first two letters do. */
#include "core/puzzle/wordsearch/search.h"
#include "huntd/assert.h"

#define SPENT_FUEL   256u /* looks and letters compared of one unit of fuel */
#define FALSE_START  3u   /* letters */
#define HARD_TURNS   6u   /* directions of a hard one */
#define HARD_CROSSES 8u   /* a hard one has a crossing for each so many words */
#define HARD_FALSE   8u   /* and a false start for each so many */

/* Letters as a number; cells outside the grid are no letter of any word. */
static uint32_t
two(uint8_t a, uint8_t b)
{
	return (a & 31u) << 5 | (b & 31u);
}

static uint32_t
three(uint8_t a, uint8_t b, uint8_t c)
{
	return two(a, b) << 5 | (c & 31u);
}

void
hd_search_scan_begin(struct hd_search_scan *scan)
{
	HD_ASSERT(scan->count > 0 && scan->count <= HD_SEARCH_WORDS_MAX);
	scan->cell = scan->spent = scan->false_starts = 0;
	memset(scan->first, 0, sizeof(scan->first));
	memset(scan->starts, 0, sizeof(scan->starts));
	memset(scan->places, 0, scan->count * sizeof(scan->places[0]));
	for (uint32_t i = scan->count; i-- > 0;) {
		const uint8_t *word = scan->words[i].at;
		uint32_t start = two(word[0], word[1]), more = three(word[0], word[1], word[2]);
		HD_ASSERT(scan->words[i].size >= HD_SEARCH_SIZE_MIN);
		scan->next[i] = scan->first[start];
		scan->first[start] = (uint16_t)(i + 1);
		scan->starts[more / 64] |= (uint64_t)1 << more % 64;
	}
}

/* One word at one place. */
static void
try_word(struct hd_search_scan *scan, uint32_t word, uint32_t at, uint32_t direction)
{
	struct hd_bytes letters = scan->words[word];
	struct hd_search_place *place = &scan->places[word];
	const uint8_t *grid = scan->letters + at;
	int32_t step = hd_search_steps[direction];
	uint32_t same = 2;
	grid += 2 * step;
	while (same < letters.size && *grid == letters.at[same]) {
		grid += step;
		same++;
	}
	scan->spent += same;
	if (same < letters.size) {
		scan->false_starts += same >= FALSE_START;
		return;
	}
	if (place->found == 0) {
		place->at = (uint16_t)at;
		place->direction = (uint8_t)direction;
	}
	place->found = place->found == 0 ? 1 : 2;
}

static void
look(struct hd_search_scan *scan, uint32_t at)
{
	const uint8_t *cell = scan->letters + at;
	HD_ASSERT(at > HD_SEARCH_STRIDE && *cell != 0);
	for (uint32_t d = 0; d < 8; d++) {
		int32_t step = hd_search_steps[d];
		if (cell[step] == 0)
			continue;
		uint32_t start = three(*cell, cell[step], cell[2 * step]);
		if (!(scan->starts[start / 64] >> start % 64 & 1))
			continue;
		uint32_t word = scan->first[start >> 5];
		for (; word != 0; word = scan->next[word - 1])
			try_word(scan, word - 1, at, d);
	}
	scan->spent += 8;
}

bool
hd_search_scan_step(struct hd_search_scan *scan, int64_t *fuel)
{
	uint32_t cells = scan->width * scan->height;
	uint32_t x = scan->cell % scan->width, y = scan->cell / scan->width;
	HD_ASSERT(scan->cell <= cells);
	for (; scan->cell<cells && * fuel> 0; scan->cell++) {
		look(scan, hd_search_at(x, y));
		if (++x == scan->width) {
			x = 0;
			y++;
		}
		if (scan->spent >= SPENT_FUEL) {
			*fuel -= scan->spent / SPENT_FUEL;
			scan->spent = 0;
		}
	}
	return scan->cell == cells;
}

void
hd_search_cover(const struct hd_search_scan *scan, uint8_t *cover)
{
	memset(cover, 0, HD_SEARCH_PADDED);
	for (uint32_t i = 0; i < scan->count; i++) {
		const struct hd_search_place *place = &scan->places[i];
		HD_ASSERT(place->found > 0);
		for (uint32_t k = 0; k < scan->words[i].size; k++) {
			uint8_t *words = &cover[hd_search_step(place->at, place->direction, k)];
			*words = (uint8_t)(*words + (*words < UINT8_MAX));
		}
	}
}

uint32_t
hd_search_leftover(const struct hd_search_scan *scan, const uint8_t *cover, uint8_t *letters)
{
	uint32_t count = 0;
	HD_ASSERT(scan->width <= HD_SEARCH_SIDE_MAX && scan->height <= HD_SEARCH_SIDE_MAX);
	for (uint32_t y = 0; y < scan->height; y++)
		for (uint32_t x = 0; x < scan->width; x++) {
			uint32_t at = hd_search_at(x, y);
			if (cover[at] == 0)
				letters[count++] = scan->letters[at];
		}
	return count;
}

uint8_t
hd_search_tier(const struct hd_search_scan *scan, const uint8_t *cover)
{
	uint32_t turns = 0, crossings = 0;
	HD_ASSERT(scan->count > 0);
	for (uint32_t i = 0; i < scan->count; i++)
		turns |= 1u << scan->places[i].direction;
	if ((turns & ~7u) == 0)
		return HD_SEARCH_EASY;
	for (uint32_t at = 0; at < HD_SEARCH_PADDED; at++)
		crossings += cover[at] > 1;
	if ((uint32_t)__builtin_popcount(turns) >= HARD_TURNS &&
	    crossings * HARD_CROSSES >= scan->count &&
	    scan->false_starts * HARD_FALSE >= scan->count)
		return HD_SEARCH_HARD;
	return HD_SEARCH_MEDIUM;
}
