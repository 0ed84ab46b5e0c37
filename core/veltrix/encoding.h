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
 *   challenges      count; each: gone (1 byte), kind (1 byte, enum hd_challenge_kind), id, count of
 *                   points; not gone: title, points (each signed), stock
 *     puzzle        of kind DEALT only, gone or not: dealt.h
 *     answers       count; each normalised
 *     regexes       count; each a program as hd_regex_write writes it
 *     partials      count; each answer normalised, and say
 *     hints         count; each cost (signed) and text
 *
 * A board's or challenge's number is its place in its list. What is gone keeps its place and id.
 *
 * Format 1 knew fixed answers only, each with one number of points: it had no count of them (one
 * stands for it), and no stock. Format 2 knew no puzzles. Both are still read. */
#ifndef HUNTD_CORE_VELTRIX_ENCODING_H
#define HUNTD_CORE_VELTRIX_ENCODING_H

#include "huntd/definition.h"

#define HD_DEFINITION_FORMAT 3u

/* Everything up to and with the challenges' count; `boards` must be filled, challenges need not. */
void hd_definition_write_head(const struct hd_definition *definition, struct hd_writer *out);

/* The first fields of a challenge; of kind DEALT its puzzle follows; where it is not gone, its
 * lists. */
void hd_definition_write_challenge(const struct hd_challenge *challenge, struct hd_writer *out);

/* What a challenge must stay in every version. */
struct hd_outline_challenge {
	struct hd_bytes id;
	bool known; /* by an earlier version than the one that is compiled */
	bool by_order;
	uint8_t kind;           /* enum hd_challenge_kind */
	struct hd_bytes puzzle; /* DEALT: as it is written (dealt.h) */
};

/* Numbers and ids of a definition, for the version that follows it. Borrows from the encoding. */
struct hd_definition_outline {
	uint32_t challenges_count, boards_count;
	struct hd_outline_challenge challenges[HD_CHALLENGES_MAX];
	struct hd_bytes boards[HD_BOARDS_MAX];
};

/* False: not a definition. An empty encoding has an empty outline. */
bool hd_definition_outline(struct hd_bytes encoding, struct hd_definition_outline *out);

#endif
