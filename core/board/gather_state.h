/* gather_state.h - the asker's state machine: what it asks now, and what it was told.
 *
 *   INFO, COUNT          one round of all
 *   TOP   first page     ROWS of all
 *         deep           PIVOTS until the position is near a key; dense: RUNs; ROWS from that key
 *   RANK                 TELL of the owner, TELL of the others; dense: RUNs until all are done
 *   AROUND               AROUND of the owner, AROUND of the others
 *         dense          as RANK, then AROUND of all
 *   any                  DROP, where a reply is ready and a shard may still hold a pin
 *
 * A step asks some shards, then reads their parts and chooses the next step. */
#ifndef HUNTD_CORE_BOARD_GATHER_STATE_H
#define HUNTD_CORE_BOARD_GATHER_STATE_H

#include "core/board/part.h"

#define HD_PART_INLINE 128u /* parts up to this need no allocation: RANK's and COUNT's */

struct hd_gather_shard {
	bool asked; /* in this round */
	bool answered;
	bool met;                 /* asked before in this attempt */
	bool held;                /* may hold a pin */
	bool done;                /* its run is at its end */
	bool told;                /* its TELL is in */
	uint32_t part_size, room; /* room: of `part_long`, 0: in `part_inline` */
	uint8_t *part_long;
	uint8_t part_inline[HD_PART_INLINE];
	struct hd_reader run; /* what is left of its newest run, in its part */
	uint32_t run_left;
	uint64_t low, high; /* PIVOTS: its positions of the outer bounds */
};

/* A key with its own id bytes. */
struct hd_gather_key {
	struct hd_board_key key;
	uint8_t id[HD_ID_MAX];
};

/* The bounds of a search for a position, in board order: [the outer lower one], pivots, [the outer
 * upper one]. Without an outer bound the range begins at the top, or ends at the end. */
struct hd_gather_pivots {
	bool from_top, to_end;
	uint32_t count;
	uint64_t first, end; /* positions of the outer bounds */
	struct hd_gather_key keys[HD_PIVOTS + 2];
};

struct hd_gather {
	struct hd_memory *memory;
	uint32_t shards, owner;
	struct hd_command command; /* its bytes are in `bytes` */
	uint8_t bytes[3 * HD_ID_MAX];
	uint64_t pin;
	uint8_t ask;              /* enum hd_ask of this round */
	uint32_t flags;           /* of this round's questions; FRESH by shard */
	bool ready;               /* `reply` is complete: only pins are left */
	struct hd_gather_key key; /* the entrant's; TOP: the one that rows start from */
	bool key_known;
	uint64_t ahead, count; /* TELL: sums */
	uint64_t distinct;     /* pairs counted so far */
	bool below;            /* runs go on below this pair */
	int64_t below_score, below_sub;
	uint32_t rows;                   /* asked in ROWS and AROUND */
	struct hd_gather_pivots *pivots; /* NULL until a deep TOP */
	struct hd_reply reply;
	uint8_t *value; /* `reply.detail` */
	uint32_t value_room;
	uint8_t value_inline[64]; /* RANK's */
	struct hd_gather_shard shard[];
};

static inline bool
hd_gather_dense(const struct hd_gather *gather)
{
	return gather->command.mode == HD_MODE_DENSE;
}

/* gather.c */

/* Begins a round of `ask`. Then mark who is asked. */
void hd_gather_round(struct hd_gather *gather, enum hd_ask ask, uint32_t flags);
void hd_gather_ask_all(struct hd_gather *gather);

/* The part of a shard that was asked, behind its status. */
struct hd_reader hd_gather_part(const struct hd_gather *gather, uint32_t shard);

void hd_gather_key_keep(struct hd_gather_key *kept, const struct hd_board_key *key);

/* Room for a reply's value; hd_gather_value_end makes it the reply. */
struct hd_writer hd_gather_value(struct hd_gather *gather, uint32_t room);
void hd_gather_value_end(struct hd_gather *gather, const struct hd_writer *out);

/* Each takes this round's parts, then begins a next round or makes the reply (`ready`). */
void hd_gather_rank_step(struct hd_gather *gather); /* TELL and RUN: RANK, dense AROUND */
void hd_gather_pivots_begin(struct hd_gather *gather);
void hd_gather_pivots_step(struct hd_gather *gather);
void hd_gather_page_step(struct hd_gather *gather); /* ROWS, AROUND */

/* PIVOTS' own fields of a question. */
void hd_gather_pivots_write(const struct hd_gather *gather, uint32_t shard, struct hd_writer *out);

/* gather_run.c: counts distinct pairs above `key` */

void hd_gather_run_begin(struct hd_gather *gather, uint32_t flags);

/* Takes the run at `in` of `shard`. */
void hd_gather_run_take(struct hd_gather *gather, uint32_t shard, struct hd_reader in);

/* Counts what all runs together decide. True: all is counted. False: a round of RUNs has begun. */
bool hd_gather_run_merge(struct hd_gather *gather, uint32_t flags);

/* gather_page.c */

/* Begins the last round of a TOP: rows from `key` where KEY is set, else from the top. */
void hd_gather_rows_begin(struct hd_gather *gather, uint32_t rows, uint32_t flags);

#endif
