/* definition.h - a hunt, checked and compiled: integers, numbers instead of names, no text to
 * parse.
 *
 * core/veltrix compiles a checked document into the encoding below the structs; the encoding is
 * what an ORDER logs and what every shard decodes. Challenges and boards are matched to the
 * previous version by id and keep their number for ever; a number is never used again.
 *
 * Answers stand in the encoding normalised by the hunt's profile. Decoding hashes them with the
 * server secret and keeps only the hashes (SipHash-2-4-128), compared in constant time. */
#ifndef HUNTD_DEFINITION_H
#define HUNTD_DEFINITION_H

#include "huntd/bytes.h"
#include "huntd/limits.h"
#include "huntd/memory.h"
#include "huntd/puzzle.h"

enum hd_profile {
	HD_PROFILE_LETTERS_DIGITS,
	HD_PROFILE_LETTERS,
	HD_PROFILE_ASCII,
	HD_PROFILE_EXACT,
	HD_PROFILE_FOLD
};

#define HD_NEVER INT64_MAX /* a time that does not come; `opens` absent is INT64_MIN */

struct hd_answer_hash {
	uint8_t hash[16];
};

struct hd_partial {
	struct hd_answer_hash answer;
	struct hd_bytes say;
};

struct hd_hint {
	int64_t cost;
	struct hd_bytes text;
};

struct hd_regex; /* core/veltrix/regex/regex.h: a compiled program, matched in linear time */

enum hd_challenge_kind {
	HD_CHALLENGE_ANSWER,   /* fixed answers */
	HD_CHALLENGE_TREASURE, /* the same, and the hunt's shard gives it `stock` times */
	HD_CHALLENGE_DEALT,    /* a puzzle: each entrant is dealt an instance and an answer */
};

/* What is dealt. Fixed at the challenge's first compile, with the versions of what makes it; later
 * documents carry it on. The answer is a phrase, in `ascii` whatever the hunt's profile. */
struct hd_puzzle_rule {
	struct hd_puzzle_spec spec; /* spec.kind->algorithm is `algorithm` */
	uint16_t algorithm;
	struct hd_phrases phrases; /* a document's own: sorted, each once */
};

struct hd_challenge {
	uint16_t number;
	uint8_t kind; /* enum hd_challenge_kind */
	bool gone;    /* not in this version: -NOCHALLENGE; its solves count on */
	struct hd_bytes id, title;
	/* The k-th who solves it gets points[min(k, points_count) - 1]. One: fixed points. More: by
	 * order, which the hunt's shard alone knows, as it alone knows the stock. What is gone has
	 * its kind, and a count of 2 where it was by order: it may only come back as it was. */
	uint32_t points_count; /* 1..HD_POINTS_MAX */
	const int64_t *points;
	int64_t points_max; /* the greatest of them */
	uint64_t stock;     /* 0: no end */
	uint16_t answers_count, regexes_count, partials_count, hints_count;
	const struct hd_answer_hash *answers;
	const struct hd_regex *const *regexes;
	const struct hd_partial *partials;
	const struct hd_hint *hints;
	const struct hd_puzzle_rule *puzzle; /* DEALT, gone or not; else NULL. May have a stock */
};

struct hd_board_rule {
	uint16_t number;
	bool gone;
	struct hd_bytes id;
	struct hd_bytes bracket; /* empty: all entrants */
	int64_t window_ns; /* 0: all time; else windows count from 1970, number = time / window */
};

struct hd_definition {
	uint32_t version;
	struct hd_bytes id, title;
	bool auto_join;
	uint8_t profile;                /* enum hd_profile */
	int64_t opens, freezes, closes; /* ns since 1970 */
	uint32_t guess_limit;           /* wrong guesses per entrant and challenge, ever; 0: none */
	uint32_t per_window;            /* wrong guesses per entrant in window_ns; 0: none */
	int64_t window_ns;
	uint32_t challenges_count; /* challenges[number], gone ones too */
	uint32_t boards_count;     /* boards[number], gone ones too */
	const struct hd_challenge *challenges;
	const struct hd_board_rule *boards;
	uint16_t board_first; /* number of the first board of the document: BOARD absent */
	size_t footprint;     /* bytes held, given back by hd_definition_destroy */
};

/* Whether a right answer is decided by the hunt's shard (DESIGN 4, "Two-step commands"). */
static inline bool
hd_challenge_is_shared(const struct hd_challenge *challenge)
{
	return challenge->stock > 0 || challenge->points_count > 1;
}

/* Decodes into one block of `memory`. NULL: not a definition. secret: 16 bytes. */
struct hd_definition *hd_definition_decode(struct hd_memory *memory, struct hd_bytes encoding,
					   const uint8_t *secret);
/* Whether an encoding that does not decode asks for what this release lacks (a kind of puzzles, a
 * version of how they are made, of the built-in phrases): then `what` says so, for people. */
#define HD_LACKS_MAX 128u
bool hd_definition_lacks(struct hd_bytes encoding, char *what);
/* How many boards and challenges an encoding has, gone ones too. False: not a definition. */
bool hd_definition_counts(struct hd_bytes encoding, uint32_t *boards, uint32_t *challenges);
void hd_definition_destroy(struct hd_memory *memory, struct hd_definition *definition);

/* By id, gone ones too; NULL where there never was one. */
const struct hd_challenge *hd_definition_challenge(const struct hd_definition *definition,
						   struct hd_bytes id);
const struct hd_board_rule *hd_definition_board(const struct hd_definition *definition,
						struct hd_bytes id);

#endif
