/* The kinds of puzzles, by number; a number is for ever. What makes a kind's instances in another
 * way is one more row at the end, of the same name and with another algorithm: documents and logs
 * fix which of them dealt, and old ones need theirs for ever. */
#include "core/puzzle/kinds.h"
#include "huntd/assert.h"

const struct hd_puzzle_kind *const hd_puzzle_kinds[] = {
	&hd_puzzle_sudoku,
	&hd_puzzle_nonogram,
	&hd_puzzle_slitherlink,
	&hd_puzzle_cryptogram,
	&hd_puzzle_wordsearch,
	&hd_puzzle_lightsout,
	NULL,
};

const struct hd_puzzle_kind *
hd_puzzle_kinds_newest(const struct hd_puzzle_kind *const *rows, struct hd_bytes name)
{
	const struct hd_puzzle_kind *newest = NULL;
	for (uint32_t i = 0; rows[i] != NULL; i++) {
		if (!hd_bytes_equal(name, hd_bytes_str(rows[i]->name)))
			continue;
		if (newest == NULL || newest->algorithm < rows[i]->algorithm)
			newest = rows[i];
	}
	return newest;
}

const struct hd_puzzle_kind *
hd_puzzle_kinds_of(const struct hd_puzzle_kind *const *rows, struct hd_bytes name,
		   uint16_t algorithm)
{
	for (uint32_t i = 0; rows[i] != NULL; i++)
		if (rows[i]->algorithm == algorithm &&
		    hd_bytes_equal(name, hd_bytes_str(rows[i]->name)))
			return rows[i];
	return NULL;
}

const struct hd_puzzle_kind *
hd_puzzle_kind(struct hd_bytes name)
{
	return hd_puzzle_kinds_newest(hd_puzzle_kinds, name);
}

const struct hd_puzzle_kind *
hd_puzzle_kind_of(struct hd_bytes name, uint16_t algorithm)
{
	return hd_puzzle_kinds_of(hd_puzzle_kinds, name, algorithm);
}

uint32_t
hd_puzzle_kind_number(const struct hd_puzzle_kind *kind)
{
	uint32_t number = 0;
	while (hd_puzzle_kinds[number] != kind) {
		HD_ASSERT(hd_puzzle_kinds[number] != NULL);
		number++;
	}
	return number;
}

bool
hd_puzzle_tier(const struct hd_puzzle_kind *kind, struct hd_bytes name, uint8_t *tier)
{
	static const char *const levels[] = {"easy", "medium", "hard"};
	HD_ASSERT(kind->tiers_count >= 3 && kind->tiers_count <= HD_PUZZLE_TIERS_MAX);
	for (uint8_t i = 0; i < kind->tiers_count; i++) {
		*tier = i;
		if (hd_bytes_equal(name, hd_bytes_str(kind->tiers[i])))
			return true;
	}
	for (uint8_t i = 0; i < 3; i++) {
		*tier = kind->levels[i];
		if (hd_bytes_equal(name, hd_bytes_str(levels[i])))
			return true;
	}
	return false;
}
