/* The lexicon: its tables, which lexicon.py writes, and looking through them. */
#include "core/puzzle/cryptogram/lexicon/lexicon.h"

#include "huntd/assert.h"

#include "core/puzzle/cryptogram/lexicon/lexicon.inc"

uint32_t
hd_lexicon_groups(void)
{
	return HD_LEXICON_GROUPS;
}

const struct hd_lexicon_group *
hd_lexicon_group(uint32_t number)
{
	HD_ASSERT(number < HD_LEXICON_GROUPS);
	return &groups[number];
}

const uint8_t *
hd_lexicon_columns(const struct hd_lexicon_group *group)
{
	HD_ASSERT(group->columns < HD_LEXICON_COLUMNS);
	return (const uint8_t *)columns + group->columns;
}

const char *
hd_lexicon_digest(void)
{
	return HD_LEXICON_DIGEST;
}

const struct hd_lexicon_group *
hd_lexicon_find(const char *shape, uint32_t length)
{
	uint32_t low = 0, high = HD_LEXICON_GROUPS;
	HD_ASSERT(length > 0 && shape[0] == 'A');
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		const struct hd_lexicon_group *group = &groups[middle];
		int order = group->length != length ? (group->length > length ? 1 : -1)
						    : memcmp(group->shape, shape, length);
		if (order == 0)
			return group;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void
hd_lexicon_word(const struct hd_lexicon_group *group, uint32_t number, uint8_t *word)
{
	const uint8_t *at = hd_lexicon_columns(group);
	HD_ASSERT(number < group->count);
	for (uint32_t i = 0; i < group->length; i++) {
		uint32_t column = (uint32_t)(group->shape[i] - 'A');
		word[i] = (uint8_t)(at[column * group->count + number] - 'a' + 'A');
	}
}

/* The order of a group's shape and a word's, without a name for the word's. */
static int
compare_shape(const struct hd_lexicon_group *group, struct hd_bytes word)
{
	uint8_t next = 'A';
	if (group->length != word.size)
		return group->length > word.size ? 1 : -1;
	for (uint32_t i = 0; i < word.size; i++) {
		const uint8_t *before = memchr(word.at, word.at[i], i);
		uint8_t name = before ? (uint8_t)group->shape[before - word.at] : next++;
		if (group->shape[i] != (char)name)
			return group->shape[i] - (char)name;
	}
	return 0;
}

/* The order of word `number` of a group and a word of the same shape. */
static int
compare(const struct hd_lexicon_group *group, uint32_t number, const uint8_t *word)
{
	uint8_t other[HD_LEXICON_LENGTH_MAX];
	hd_lexicon_word(group, number, other);
	return memcmp(other, word, group->length);
}

bool
hd_lexicon_has(struct hd_bytes word)
{
	uint32_t low = 0, high = HD_LEXICON_GROUPS;
	if (word.size == 0 || word.size > HD_LEXICON_LENGTH_MAX)
		return false;
	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;
		if (compare_shape(&groups[middle], word) <= 0)
			low = middle;
		else
			high = middle;
	}
	if (compare_shape(&groups[low], word) != 0)
		return false;
	const struct hd_lexicon_group *group = &groups[low];
	for (low = 0, high = group->count; high - low > 1;) {
		uint32_t middle = (low + high) / 2;
		if (compare(group, middle, word.at) <= 0)
			low = middle;
		else
			high = middle;
	}
	return compare(group, low, word.at) == 0;
}
