/* story.h - plaintexts: some sentences, and the answer as the last words.
 *
 * Sentences are templates with words of a class in them (story_words.h), drawn from a stream. The
 * last template ends with THE, and what follows the text's last THE is the answer: its letters with
 * the spaces left out. A phrase of the built-in list is its two words; any other is the fewest
 * words of the lexicon that spell it, or now and then the fewest short ones, none of them THE or
 * vulgar. There is always a way: each letter is a word of the lexicon. */
#ifndef HUNTD_CORE_PUZZLE_CRYPTOGRAM_STORY_STORY_H
#define HUNTD_CORE_PUZZLE_CRYPTOGRAM_STORY_STORY_H

#include "core/puzzle/cryptogram/text.h"
#include "core/puzzle/stream.h"

/* Writes a story of exactly `letters` letters, A-Z and spaces, HD_CRYPTOGRAM_CIPHER_MAX bytes at
 * most; the size. 0: the templates that were drawn cannot be brought to that length. */
uint32_t hd_story_write(struct hd_stream *stream, uint32_t letters, struct hd_bytes answer,
			uint8_t *story);

/* The answer that stands in a plaintext: at most HD_PHRASE_MAX bytes; the size. */
uint32_t hd_story_answer(struct hd_bytes story, uint8_t *answer);

#endif
