/* Phrases: the built-in list, which is two tables of words, each with each, or a document's own. */
#include "core/puzzle/phrases/phrases.h"

#include "core/puzzle/phrases/words.h"
#include "huntd/assert.h"
#include "huntd/puzzle.h"

#define WORDS HD_PHRASES_WORDS

static_assert(2 * (HD_PHRASES_WORD_BYTES - 1) <= HD_PHRASE_MAX, "two words make a phrase");

bool
hd_phrases_builtin(uint16_t version, struct hd_phrases *phrases)
{
	HD_ASSERT(phrases != NULL);
	if (version != HD_PHRASES_VERSION)
		return false;
	*phrases = (struct hd_phrases){.version = version, .count = WORDS * WORDS};
	return true;
}

static uint32_t
copy(struct hd_bytes word, uint8_t *to)
{
	HD_ASSERT(word.size > 0 && word.size <= HD_PHRASE_MAX);
	memcpy(to, word.at, word.size);
	return word.size;
}

uint32_t
hd_phrases_at(const struct hd_phrases *phrases, uint32_t index, uint8_t *phrase)
{
	uint32_t size;
	HD_ASSERT(index < phrases->count);
	if (phrases->version == 0)
		return copy(phrases->own[index], phrase);
	HD_ASSERT(phrases->version == HD_PHRASES_VERSION);
	size = copy(hd_bytes_str(hd_phrases_first[index / WORDS]), phrase);
	return size + copy(hd_bytes_str(hd_phrases_second[index % WORDS]), phrase + size);
}

/* Words in order: a table's, or a document's own. */
struct list {
	const char (*table)[HD_PHRASES_WORD_BYTES];
	const struct hd_bytes *own;
	uint32_t count;
};

/* The place of `word` in a list; false: it is not there. */
static bool
find_word(struct list list, struct hd_bytes word, uint32_t *at)
{
	uint32_t low = 0, high = list.count;
	HD_ASSERT((list.table == NULL) != (list.own == NULL));
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		struct hd_bytes there =
			list.own != NULL ? list.own[middle] : hd_bytes_str(list.table[middle]);
		int order = hd_bytes_compare(there, word);
		*at = middle;
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

uint32_t
hd_phrases_space(struct hd_bytes normal, uint32_t *first, uint32_t *second)
{
	const struct list firsts = {.table = hd_phrases_first, .count = WORDS};
	const struct list seconds = {.table = hd_phrases_second, .count = WORDS};
	HD_ASSERT(first != NULL && second != NULL);
	for (uint32_t split = 1; split < normal.size; split++)
		if (find_word(firsts, hd_bytes_of(normal.at, split), first) &&
		    find_word(seconds, hd_bytes_of(normal.at + split, normal.size - split), second))
			return split;
	return 0;
}

bool
hd_phrases_find(const struct hd_phrases *phrases, struct hd_bytes normal, uint32_t *index)
{
	uint32_t first, second;
	HD_ASSERT(phrases != NULL && index != NULL);
	if (normal.size < HD_PHRASE_MIN || normal.size > HD_PHRASE_MAX)
		return false;
	if (phrases->version == 0)
		return find_word((struct list){.own = phrases->own, .count = phrases->count},
				 normal, index);
	HD_ASSERT(phrases->version == HD_PHRASES_VERSION);
	if (hd_phrases_space(normal, &first, &second) == 0)
		return false;
	*index = first * WORDS + second;
	return true;
}
