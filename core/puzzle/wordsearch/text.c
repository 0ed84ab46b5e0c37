/* Word search as text: `WxH:letters by rows:WORD,WORD...`. */
#include "core/puzzle/text.h"

#include "core/puzzle/wordsearch/search.h"
#include "huntd/assert.h"

#define SLOTS 1024u /* of words, to find one that stands twice */

static_assert(SLOTS >= 2 * HD_SEARCH_WORDS_MAX, "there is always a free slot");

/* Takes the letters A-Z that come next. */
static struct hd_bytes
take_letters(struct hd_reader *in)
{
	const uint8_t *from = in->at;
	while (in->at < in->end && *in->at >= 'A' && *in->at <= 'Z')
		in->at++;
	return hd_bytes_of(from, (size_t)(in->at - from));
}

/* Open addressing. There are at most WORDS_MAX, so even words that all hash alike cost little. */
static bool
stands_twice(const struct hd_search_text *search)
{
	uint16_t slots[SLOTS] = {0};
	HD_ASSERT(search->count <= HD_SEARCH_WORDS_MAX);
	for (uint32_t i = 0; i < search->count; i++) {
		struct hd_bytes word = search->words[i];
		uint32_t hash = 0;
		for (uint32_t k = 0; k < word.size; k++)
			hash = hash * 31 + word.at[k];
		hash = hash * 2654435769u >> 22;
		for (; slots[hash] != 0; hash = (hash + 1) % SLOTS)
			if (hd_bytes_equal(search->words[slots[hash] - 1], word))
				return true;
		slots[hash] = (uint16_t)(i + 1);
	}
	return false;
}

static const char *
read_words(struct hd_reader *in, struct hd_search_text *search)
{
	uint32_t side = search->width > search->height ? search->width : search->height;
	do {
		struct hd_bytes word = take_letters(in);
		if (word.size < HD_SEARCH_SIZE_MIN || word.size > side)
			return "a word is 3 letters A-Z or more, and no longer than the grid";
		if (search->count == HD_SEARCH_WORDS_MAX)
			return "there are more than 400 words";
		search->words[search->count++] = word;
	} while (hd_text_take(in, ','));
	if (in->at != in->end)
		return "words are letters A-Z, with commas between them";
	return stands_twice(search) ? "a word stands twice in the list" : NULL;
}

const char *
hd_search_read(struct hd_bytes text, struct hd_search_text *search)
{
	struct hd_reader in = hd_reader_of(text);
	HD_ASSERT(search != NULL);
	search->count = 0;
	if (text.size > HD_PUZZLE_TEXT_MAX)
		return "it is too long; 12,288 bytes at most";
	struct hd_puzzle_params sides;
	if (!hd_grid_take(&in, hd_search_sides, "", &sides))
		return "sides are WxH, each from 8 to 30";
	search->width = sides.width;
	search->height = sides.height;
	if (!hd_text_take(&in, ':'))
		return "after the sides comes a colon";
	struct hd_bytes letters = take_letters(&in);
	search->letters = letters.at;
	if (letters.size != search->width * search->height)
		return "the grid is one letter A-Z for each cell";
	if (!hd_text_take(&in, ':'))
		return "after the grid comes a colon";
	return read_words(&in, search);
}

void
hd_search_write_solution(struct hd_writer *out, const struct hd_search_place *places,
			 uint32_t count, struct hd_bytes leftover)
{
	HD_ASSERT(count > 0 && count <= HD_SEARCH_WORDS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = places[i].at;
		HD_ASSERT(at > HD_SEARCH_STRIDE && places[i].direction < 8);
		hd_text_put(out, i > 0 ? ";" : "");
		hd_text_put_number(out, at % HD_SEARCH_STRIDE - 1);
		hd_text_put(out, ",");
		hd_text_put_number(out, at / HD_SEARCH_STRIDE - 1);
		hd_text_put(out, ",");
		hd_text_put_number(out, places[i].direction);
	}
	hd_text_put(out, ":");
	hd_write_fixed(out, leftover.at, leftover.size);
}

bool
hd_search_take_place(struct hd_reader *in, uint32_t *x, uint32_t *y, uint32_t *direction)
{
	HD_ASSERT(x != NULL && y != NULL && direction != NULL);
	return hd_text_take_number(in, HD_SEARCH_SIDE_MAX, x) && hd_text_take(in, ',') &&
	       hd_text_take_number(in, HD_SEARCH_SIDE_MAX, y) && hd_text_take(in, ',') &&
	       hd_text_take_number(in, 7, direction);
}
