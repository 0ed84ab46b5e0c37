/* text.h - an instance as text: `N:GIVENS:CIPHERTEXT` (INTERFACE).
 *
 *   16:QE,XT:ABXXQC AQ CBXQ DQABC     N letters in words with one space between; Q stands for E
 *
 * Each letter of the ciphertext stands for one plain letter, two never for the same. Givens are in
 * order of their cipher letters, each once. */
#ifndef HUNTD_CORE_PUZZLE_CRYPTOGRAM_TEXT_H
#define HUNTD_CORE_PUZZLE_CRYPTOGRAM_TEXT_H

#include "huntd/bytes.h"

#define HD_CRYPTOGRAM_ALPHABET 26u
/* Letters of an instance that is made; any that is read may have fewer. */
#define HD_CRYPTOGRAM_LETTERS_MIN 60u
#define HD_CRYPTOGRAM_LETTERS_MAX 400u
/* Letters and the spaces between them. */
#define HD_CRYPTOGRAM_CIPHER_MAX (2u * HD_CRYPTOGRAM_LETTERS_MAX - 1u)
/* "400:", 26 givens with commas, ":". */
#define HD_CRYPTOGRAM_TEXT_MAX                                                                     \
	(4u + 3u * HD_CRYPTOGRAM_ALPHABET - 1u + 1u + HD_CRYPTOGRAM_CIPHER_MAX)

struct hd_cryptogram_text {
	uint32_t letters;
	uint8_t given[HD_CRYPTOGRAM_ALPHABET]; /* A-Z, of each cipher letter; 0: not given */
	struct hd_bytes cipher;                /* borrowed */
};

/* NULL, or what is wrong. */
const char *hd_cryptogram_read(struct hd_bytes from, struct hd_cryptogram_text *text);
void hd_cryptogram_write(const struct hd_cryptogram_text *text, struct hd_writer *out);

/* The word that begins at *at, which moves on to the next; false: there is none. */
static inline bool
hd_cryptogram_word(struct hd_bytes words, uint32_t *at, struct hd_bytes *word)
{
	uint32_t from = *at;
	if (from >= words.size)
		return false;
	while (*at < words.size && words.at[*at] != ' ')
		++*at;
	*word = hd_bytes_of(words.at + from, *at - from);
	++*at;
	return true;
}

#endif
