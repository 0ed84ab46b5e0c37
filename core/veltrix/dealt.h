/* dealt.h - what the encoding says of a puzzle that is dealt: fixed at its first compile, carried
 * on by every later version, there even while the challenge is gone.
 *
 *   stocked     1 byte: whether it has a stock
 *   kind        its name
 *   algorithm   varint: the version of what makes it
 *   params      as text, in the kind's own form
 *   tier        1 byte, the place in the kind's tiers
 *   list        varint: the version of the built-in phrases; 0: the document's own, which follow:
 *     own       count; each A-Z, sorted as bytes, each once
 *
 * Names and texts, not numbers: so a release that lacks the kind can still read past it and say
 * what it lacks. */
#ifndef HUNTD_CORE_VELTRIX_DEALT_H
#define HUNTD_CORE_VELTRIX_DEALT_H

#include "huntd/puzzle.h"

struct hd_dealt {
	bool stocked;
	uint8_t tier;
	uint16_t algorithm, list;
	struct hd_bytes kind, params;
	uint32_t own_count;
	struct hd_bytes own; /* the phrases, each behind its length */
};

/* Borrows from the reader's input, which is `bad` where this is no such section. */
void hd_dealt_read(struct hd_reader *in, struct hd_dealt *dealt);
/* All but the own phrases: their count and they are to follow where `list` is 0. */
void hd_dealt_write(const struct hd_dealt *dealt, struct hd_writer *out);

enum hd_dealt_answer {
	HD_DEALT_KNOWN, /* spec is filled */
	HD_DEALT_LACKS, /* it asks for what this release does not have */
	HD_DEALT_WRONG, /* no release wrote it */
};

enum hd_dealt_answer hd_dealt_spec(const struct hd_dealt *dealt, struct hd_puzzle_spec *spec);

/* What is lacking, for people: "puzzles of kind `towers`". */
void hd_dealt_lacks(const struct hd_dealt *dealt, struct hd_writer *out);

#endif
