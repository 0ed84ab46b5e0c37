/* part_question.h - what a gather asks of one shard, and the encodings both sides share.
 *
 * A question is self-contained: ids, keys and numbers, no pointer and no shard-local number, so the
 * same bytes can go through a ring, a simulator or, later, a wire. A part starts with a status
 * byte: 0, an enum hd_error, or one of HD_PART_*; what follows a 0 is the ask's own:
 *
 *   ask      answered with
 *   INFO     entrants, pairs (count and bytes of encoded key-value pairs of value.h)
 *   COUNT    entrants between `low` and `high`
 *   TELL     [key where the entrant was named], ahead, count, [run]
 *   RUN      run: done, n, n times (score, sub): distinct pairs above `key`, best first, below
 *            (low, high) where BELOW is set; at most HD_DENSE_RUN
 *   ROWS     page of at most `rows` rows from `key` (first row where KEY is not set)
 *   AROUND   [key], page: rows-1 before the key, and `rows` from it
 *   PIVOTS   the position of each bound, then sample keys (gather_pivot.c)
 *   DROP     nothing
 *
 * page: start, place, count, score, sub, above, n, n keys. `start` is the position of its first
 * row, `place` that of the question's key, `count` all on the board. `above` entrants have more
 * than (score, sub), which is the group of the key a ROWS starts at, or of AROUND's first row: with
 * it the asker knows how many of this shard stand above any row of the merged page. */
#ifndef HUNTD_CORE_BOARD_PART_QUESTION_H
#define HUNTD_CORE_BOARD_PART_QUESTION_H

#include "huntd/assert.h"
#include "huntd/board.h"
#include "huntd/bytes.h"
#include "huntd/command.h"
#include "huntd/error.h"
#include "huntd/limits.h"

enum hd_ask {
	HD_ASK_INFO,
	HD_ASK_COUNT,
	HD_ASK_TELL,
	HD_ASK_RUN,
	HD_ASK_ROWS,
	HD_ASK_AROUND,
	HD_ASK_PIVOTS,
	HD_ASK_DROP,
	HD_ASK_END
};

enum hd_ask_flag {
	HD_ASK_ENTRANT = 1 << 0,      /* the entrant is named; else its key is given */
	HD_ASK_BOARD = 1 << 1,        /* a board is named; else the hunt's first */
	HD_ASK_KEY = 1 << 2,          /* `key` is given */
	HD_ASK_HOLD = 1 << 3,         /* more questions follow: pin, or answer from the pin */
	HD_ASK_FRESH = 1 << 4,        /* first question: an older pin of this number is let go */
	HD_ASK_LAST = 1 << 5,         /* let the pin go after this */
	HD_ASK_LAST_IF_DONE = 1 << 6, /* the same where the run says done */
	HD_ASK_WITH_RUN = 1 << 7,     /* TELL: the first run too */
	HD_ASK_BELOW = 1 << 8,        /* RUN goes on below (low, high) */
};

#define HD_PART_LOST   255u /* what was pinned is gone: begin again */
#define HD_PART_ABSENT 254u /* the named entrant is not on the board */

struct hd_question {
	uint8_t ask, mode, view;
	uint32_t flags;
	uint64_t pin;
	struct hd_bytes hunt, board, entrant;
	struct hd_board_key key;
	int64_t low, high; /* COUNT: MIN, MAX; RUN: the pair it goes on below */
	uint32_t rows;
	struct hd_reader rest; /* decoded: PIVOTS' own fields */
};

void hd_question_encode(const struct hd_question *question, struct hd_writer *out);

/* Byte fields borrow from `bytes`. Asserts: questions come from our own shards. */
void hd_question_decode(struct hd_bytes bytes, struct hd_question *question);

/* The most bytes of one encoded key, and of a page around its keys. */
#define HD_KEY_MAX       (3u * 10u + 1u + HD_ID_MAX)
#define HD_PAGE_HEAD_MAX 128u

/* Rows that a deep TOP lets each shard send in vain, rather than close in further. */
#define HD_SKIP_MAX 256u

static inline void
hd_key_write(struct hd_writer *out, const struct hd_board_key *key)
{
	hd_write_signed(out, key->score);
	hd_write_signed(out, key->sub);
	hd_write_signed(out, key->time);
	hd_write_bytes(out, key->id);
}

static inline void
hd_key_read(struct hd_reader *in, struct hd_board_key *key)
{
	key->score = hd_read_signed(in);
	key->sub = hd_read_signed(in);
	key->time = hd_read_signed(in);
	key->id = hd_read_bytes(in, HD_ID_MAX);
}

/* Board order: below 0 where `a` stands before `b`. */
static inline int
hd_key_compare(const struct hd_board_key *a, const struct hd_board_key *b)
{
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	if (a->sub != b->sub)
		return a->sub > b->sub ? -1 : 1;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return hd_bytes_compare(a->id, b->id);
}

static inline bool
hd_key_same_place(const struct hd_board_key *a, const struct hd_board_key *b)
{
	return a->score == b->score && a->sub == b->sub;
}

#endif
