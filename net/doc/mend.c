#include "net/doc/mend.h"

#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"

#define PAIR_SIZE   12 /* \ud83d\ude00 */
#define MENDED_SIZE 10 /* \U0001F600 */

/* A walk over the text: where it stands, in bytes and in characters of the mended text. */
struct walk {
	struct hd_bytes text;
	uint32_t at, line, column, on_line;
	uint8_t quote; /* the quote we are inside of, or 0 */
	struct hd_mended *mended;
};

/* `\uXXXX` at `at`: its value, or 0. */
static uint32_t
unit_at(struct hd_bytes text, uint32_t at)
{
	if (at + 6 > text.size || text.at[at] != '\\' || text.at[at + 1] != 'u')
		return 0;
	uint32_t value = 0;
	for (uint32_t i = 2; i < 6; i++) {
		uint8_t byte = text.at[at + i], low = byte | 32;
		if (byte >= '0' && byte <= '9')
			value = value << 4 | (uint32_t)(byte - '0');
		else if (low >= 'a' && low <= 'f')
			value = value << 4 | (uint32_t)(low - 'a' + 10);
		else
			return 0;
	}
	return value;
}

/* The character of a surrogate pair at `at`, or 0. */
static uint32_t
pair_at(struct hd_bytes text, uint32_t at)
{
	uint32_t high = unit_at(text, at), low = high ? unit_at(text, at + 6) : 0;
	if (high < 0xd800 || high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return 0;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static void
copy_character(struct walk *walk)
{
	HD_ASSERT(walk->at < walk->text.size);
	uint8_t byte = walk->text.at[walk->at++];
	walk->mended->text[walk->mended->size++] = byte;
	if (byte == '\n') {
		walk->line++;
		walk->column = walk->on_line = 0;
	} else if ((byte & 0xc0) != 0x80) {
		walk->column++;
	}
}

static void
copy_mended(struct walk *walk, uint32_t character)
{
	struct hd_mended *mended = walk->mended;
	char escape[MENDED_SIZE + 1];
	HD_ASSERT(character <= 0x10ffff);
	snprintf(escape, sizeof escape, "\\U%08X", character);
	memcpy(mended->text + mended->size, escape, MENDED_SIZE);
	mended->size += MENDED_SIZE;
	walk->at += PAIR_SIZE;
	walk->column += MENDED_SIZE;
	walk->on_line++;
	mended->mends[mended->mends_count++] =
		(struct hd_mend){walk->line, walk->column, walk->on_line};
}

static void
copy_next(struct walk *walk)
{
	uint8_t byte = walk->text.at[walk->at];
	uint32_t pair = walk->quote == '"' ? pair_at(walk->text, walk->at) : 0;
	if (pair) {
		copy_mended(walk, pair);
		return;
	}
	if (walk->quote == '"' && byte == '\\' && walk->at + 1 < walk->text.size)
		copy_character(walk);
	else if (byte == walk->quote)
		walk->quote = 0;
	else if (walk->quote == 0 && (byte == '"' || byte == '\''))
		walk->quote = byte;
	copy_character(walk);
	if (walk->quote == 0 && byte == '\t')
		walk->mended->text[walk->mended->size - 1] = ' ';
}

bool
hd_mend_json(struct hd_bytes text, struct hd_mended *mended)
{
	*mended = (struct hd_mended){0};
	uint32_t pairs = 0;
	for (uint32_t at = 0; at < text.size; at++)
		pairs += text.at[at] == '\\' && pair_at(text, at) != 0;
	mended->text = malloc(text.size);
	mended->mends = calloc(pairs + 1, sizeof *mended->mends);
	if (!mended->text || !mended->mends) {
		hd_mend_free(mended);
		return false;
	}
	struct walk walk = {.text = text, .mended = mended};
	while (walk.at < text.size)
		copy_next(&walk);
	HD_ASSERT(mended->mends_count <= pairs && mended->size <= text.size);
	return true;
}

void
hd_mend_free(struct hd_mended *mended)
{
	free(mended->text);
	free(mended->mends);
	*mended = (struct hd_mended){0};
}

uint32_t
hd_mend_column(const struct hd_mended *mended, uint32_t line, uint32_t column)
{
	uint32_t low = 0, high = mended->mends_count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		const struct hd_mend *mend = &mended->mends[middle];
		if (mend->line < line || (mend->line == line && mend->column <= column))
			low = middle + 1;
		else
			high = middle;
	}
	const struct hd_mend *last = low > 0 ? &mended->mends[low - 1] : NULL;
	bool shifts = last && last->line == line;
	return column + (shifts ? last->before * (PAIR_SIZE - MENDED_SIZE) : 0);
}
