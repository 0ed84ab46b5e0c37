/* fit.h - which words of a list fit, and what their letters may be.
 *
 * A list is words of one shape, in columns as the lexicon has them. Each different letter of the
 * shape has a domain: the plain letters that it may be, bit 0 for A. A word fits where each of its
 * letters is in its domain. What a letter is among the words that fit is the domain's new bound.
 * 32 words are tried at once where the machine can; the plain twin finds the same. */
#ifndef HUNTD_CORE_PUZZLE_CRYPTOGRAM_LEXICON_FIT_H
#define HUNTD_CORE_PUZZLE_CRYPTOGRAM_LEXICON_FIT_H

#include "core/puzzle/cryptogram/lexicon/lexicon.h"

#define HD_FIT_ALL 0x3ffffffu /* all letters */

#define HD_FIT_BLOCKS ((HD_LEXICON_GROUP_MAX + 31u) / 32u)

struct hd_fit_list {
	const uint8_t *columns; /* HD_LEXICON_PADDING bytes behind the last may be read */
	uint32_t count;         /* words; from one column to the next */
};

struct hd_fit {
	uint32_t count;                            /* of words that fit */
	uint32_t letters[HD_LEXICON_DISTINCT_MAX]; /* what each may be; 0 where none fits */
	uint32_t words[HD_FIT_BLOCKS];             /* bit i of words[b]: 32 b + i fits */
};

void hd_fit(const struct hd_fit_list *list, uint32_t distinct, const uint32_t *domains,
	    struct hd_fit *fit);
void hd_fit_plain(const struct hd_fit_list *list, uint32_t distinct, const uint32_t *domains,
		  struct hd_fit *fit);
/* Copies the words that fit to `columns`, distinct * fit->count bytes. */
void hd_fit_keep(const struct hd_fit_list *list, uint32_t distinct, const struct hd_fit *fit,
		 uint8_t *columns);

#endif
