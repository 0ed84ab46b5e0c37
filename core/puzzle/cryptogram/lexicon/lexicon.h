/* lexicon.h - the words that a cryptogram's plaintext is made of, by shape.
 *
 * A word's shape says which of its letters are the same: NOON and DEED are ABBA. A cipher word
 * can only stand for words of its own shape, so these lie together, and in columns: column k has
 * the k-th different letter of every word, so one column is looked through 32 words at a time.
 *
 *   ABBA: deed noon peep poop -> columns  dnpp  eoeo      (group->count: 4, group->distinct: 2)
 *
 * Version 1 of the lexicon is the words [a-z]+ of Debian's wamerican 2020.12.07: part of the
 * algorithm's version 1, for ever as they are. */
#ifndef HUNTD_CORE_PUZZLE_CRYPTOGRAM_LEXICON_LEXICON_H
#define HUNTD_CORE_PUZZLE_CRYPTOGRAM_LEXICON_LEXICON_H

#include "huntd/bytes.h"

#define HD_LEXICON_LENGTH_MAX   22u
#define HD_LEXICON_DISTINCT_MAX 14u
#define HD_LEXICON_GROUP_MAX    3545u /* words of one shape */
#define HD_LEXICON_PADDING      64u   /* bytes that may be read behind any column */

struct hd_lexicon_group {
	char shape[HD_LEXICON_LENGTH_MAX + 1]; /* the first letter is A, the next other one B .. */
	uint8_t length, distinct;
	uint16_t count;
	uint32_t columns; /* where the first is */
};

/* Shapes in order of length, then of their bytes. */
uint32_t hd_lexicon_groups(void);
const struct hd_lexicon_group *hd_lexicon_group(uint32_t number);
/* Letters a-z. */
const uint8_t *hd_lexicon_columns(const struct hd_lexicon_group *group);
/* The words of a shape; NULL: there are none. */
const struct hd_lexicon_group *hd_lexicon_find(const char *shape, uint32_t length);
/* Word `number` of a group, A-Z; group->length bytes. */
void hd_lexicon_word(const struct hd_lexicon_group *group, uint32_t number, uint8_t *word);
/* Whether a word, of A-Z, is one. For verifying: it shares no code with what solving looks through.
 */
bool hd_lexicon_has(struct hd_bytes word);
/* Whether a word of A-Z is vulgar. No single letter is. */
bool hd_lexicon_unspoken(struct hd_bytes word);
/* BLAKE2b-128, in hexadecimal, of all words in alphabetical order, each ended by a newline. */
const char *hd_lexicon_digest(void);

#endif
