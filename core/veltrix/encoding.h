/* encoding.h - a definition's encoding, written by the compiler and read by definition.c.
 *
 *   format          1 byte, HD_DEFINITION_FORMAT
 *   version         varint
 *   id, title       length and bytes
 *   mode            1 byte, 0: solo
 *   auto_join       1 byte
 *   profile         1 byte, enum hd_profile
 *   opens, freezes, closes, window_ns     signed varints
 *   guess_limit, per_window, board_first  varints
 *   boards          count; each: gone (1 byte), id; where not gone: bracket, window (signed)
 *   challenges      count; each: gone (1 byte), kind (1 byte, 0: fixed answers), id; not gone:
 *     title, points (signed)
 *     answers       count; each normalised
 *     regexes       count; each a program as hd_regex_write writes it
 *     partials      count; each answer normalised, and say
 *     hints         count; each cost (signed) and text
 *
 * A board's or challenge's number is its place in its list. What is gone keeps its place and id. */
#ifndef HUNTD_CORE_VELTRIX_ENCODING_H
#define HUNTD_CORE_VELTRIX_ENCODING_H

#include "huntd/definition.h"

#define HD_DEFINITION_FORMAT 1u

/* Everything up to and with the challenges' count; `boards` must be filled, challenges need not. */
void hd_definition_write_head(const struct hd_definition *definition, struct hd_writer *out);

void hd_definition_write_gone(struct hd_bytes id, struct hd_writer *out);

/* The first fields of a challenge, its kind and `gone` before them; its lists follow. */
void hd_definition_write_challenge(struct hd_bytes id, struct hd_bytes title, int64_t points,
				   struct hd_writer *out);

/* Numbers and ids of a definition, for the version that follows it. Borrows from the encoding. */
struct hd_definition_outline {
	uint32_t challenges_count, boards_count;
	struct hd_bytes challenges[HD_CHALLENGES_MAX], boards[HD_BOARDS_MAX];
};

/* False: not a definition. An empty encoding has an empty outline. */
bool hd_definition_outline(struct hd_bytes encoding, struct hd_definition_outline *out);

#endif
