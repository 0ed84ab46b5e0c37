/* part.h - one shard's share of a BOARD answer: finding the board, reading it, keeping pins.
 *
 * Everything here reads one core in one moment. Positions count from 0, ranks as shown from 1. */
#ifndef HUNTD_CORE_BOARD_PART_H
#define HUNTD_CORE_BOARD_PART_H

#include "core/board/part_question.h"
#include "huntd/core.h"
#include "huntd/gather.h"
#include "huntd/value.h"

/* A board, and the version of it that is asked for. */
struct hd_part_board {
	struct hd_board *board;
	const struct hd_board_root *root; /* NULL: live */
	uint16_t hunt, number;
	bool frozen; /* `root` is the hunt's own frozen one */
};

/* board NULL: the hunt's first. HD_ERR_NONE, NOHUNT or NOBOARD. */
enum hd_error hd_part_board_find(const struct hd_core *core, struct hd_bytes hunt,
				 const struct hd_bytes *board, uint8_t view,
				 struct hd_part_board *at);

/* The standing of an entrant in the version `at`. `hint` as in hd_command. */
bool hd_part_standing(const struct hd_core *core, const struct hd_part_board *at,
		      struct hd_bytes entrant, uint32_t hint, struct hd_board_key *key);

/* HUNT.INFO but for `entrants`: HD_INFO_PAIRS pairs of value.h, at most HD_INFO_MAX bytes. */
#define HD_INFO_PAIRS 9u
#define HD_INFO_MAX   (4u * HD_KIB)
void hd_part_info_write(const struct hd_core *core, uint16_t hunt, struct hd_writer *out);

/* Distinct (score, sub) pairs, best first: those above `limit` and, where `below` is given, under
 * it. Ties are jumped over, however many they are: a pair costs a few rows or two descents. */
struct hd_part_run {
	struct hd_board_walk walk;
	uint64_t position, end; /* of the next pair's first row; of the first row not wanted */
	bool seek;              /* the walk does not stand at `position` */
};
void hd_part_run_start(struct hd_part_run *run, const struct hd_part_board *at,
		       const struct hd_board_key *limit, const struct hd_board_key *below);
bool hd_part_run_next(struct hd_part_run *run, struct hd_board_key *pair);

/* Ranks of rows one after another, from a first row whose rank and position are known. */
struct hd_ranker {
	uint8_t mode;
	uint64_t position, rank; /* of the next row; of the group, in `mode` */
	int64_t score, sub;      /* the group */
};

static inline uint64_t
hd_ranker_next(struct hd_ranker *ranker, const struct hd_board_key *row)
{
	uint64_t place = ++ranker->position;
	if (ranker->mode == HD_MODE_ORDINAL)
		return place;
	if (row->score != ranker->score || row->sub != ranker->sub) {
		ranker->rank = ranker->mode == HD_MODE_DENSE ? ranker->rank + 1 : place;
		ranker->score = row->score;
		ranker->sub = row->sub;
	}
	return ranker->rank;
}

/* [rank, entrant, score]: at most HD_ROW_REPLY_MAX bytes. */
#define HD_ROW_REPLY_MAX (2u + 11u + 2u + HD_ID_MAX + 11u)
static inline void
hd_part_row_write(struct hd_writer *out, uint64_t rank, const struct hd_board_key *row)
{
	hd_value_array(out, 3);
	hd_value_int(out, (int64_t)rank);
	hd_value_bulk(out, row->id);
	hd_value_int(out, row->score);
}

/* AROUND's first position: (rows-1)/2 above `place`, shifted at either end of `count`. */
static inline uint64_t
hd_part_around_start(uint64_t place, uint64_t count, uint32_t rows)
{
	uint64_t above = (rows - 1) / 2;
	uint64_t start = place > above ? place - above : 0;
	uint64_t latest = count > rows ? count - rows : 0;
	return start < latest ? start : latest;
}

/* Pins: what (asker, number) reads until it is let go. */

struct hd_pin {
	struct hd_pin *next;
	uint32_t asker;
	uint64_t number;
	struct hd_part_board at;
	struct hd_board_root
		*own;     /* `at.root` where it was pinned here; NULL: the hunt's frozen one */
	uint64_t changes; /* of the board when pinned: unchanged, the root is shared */
	uint64_t order;   /* the core's, when pinned: another may have ended the freeze */
};

struct hd_pin *hd_pins_find(const struct hd_pins *pins, uint32_t asker, uint64_t number);
void hd_pins_hold(struct hd_pins *pins, const struct hd_core *core, uint32_t asker, uint64_t number,
		  const struct hd_part_board *at);
void hd_pins_let_go(struct hd_pins *pins, uint32_t asker, uint64_t number);

/* False: the board was replaced, or the frozen root it names may be another by now, or gone. */
bool hd_pin_valid(const struct hd_pin *pin, const struct hd_core *core);

#endif
