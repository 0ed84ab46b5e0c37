/* gather.h - one BOARD command over all shards, as pure questions and answers.
 *
 * The asker's side is a small state machine that knows no rings: it writes one question a shard and
 * round, takes the answers in any order, and either asks another round or replies. The answerer's
 * side is one function over a core. Both run the same in the runtime, in the simulator and in unit
 * tests over a few cores in one thread.
 *
 * Rounds. TOP (within HD_ROWS_MAX from the top), COUNT, INFO: one. RANK, AROUND: the entrant's
 * owner first (key and own part), the others second. Dense ranks: more, HD_DENSE_RUN distinct
 * scores a part. TOP with a deep OFFSET: pivot rounds that close in on the position, then rows. A
 * gather of several rounds pins each shard's root at its first question, by the gather's `pin`
 * number, and its last question lets it go: so a gather that was begun is run to its end.
 *
 * A pinned board outlives its replacement: who frees old boards asks hd_board_pinned first.
 *
 * With one shard hd_gather_local answers at once, without a gather. */
#ifndef HUNTD_GATHER_H
#define HUNTD_GATHER_H

#include "huntd/core.h"

struct hd_gather;

/* A gather for `command` (its bytes are copied) over `shards` shards; owner: the shard of the named
 * entrant's slot (RANK, AROUND), else any. `pin` must be unique for the asker among its running
 * gathers. Memory from `memory`, until destroyed. */
struct hd_gather *hd_gather_create(struct hd_memory *memory, const struct hd_command *command,
				   uint32_t shards, uint32_t owner, uint64_t pin);
void hd_gather_destroy(struct hd_gather *gather);

/* Writes this round's question for `shard`; false: nothing is asked of it. At most HD_QUESTION_MAX.
 */
bool hd_gather_question(const struct hd_gather *gather, uint32_t shard, struct hd_writer *out);

/* Takes one answer. The bytes are copied where they are needed longer. */
void hd_gather_answer(struct hd_gather *gather, uint32_t shard, struct hd_bytes part);

/* Call when all of the round's answers are in. True: another round is to be asked. False: done, and
 * `reply` holds the answer, borrowed from the gather. */
bool hd_gather_advance(struct hd_gather *gather, struct hd_reply *reply);

#define HD_QUESTION_MAX (16u * HD_KIB)
#define HD_PART_MAX     (192u * HD_KIB) /* HD_ROWS_MAX rows twice, with 64-byte ids and full keys */

/* The answerer: pins of one shard, by (asker, pin). */
struct hd_pins;
struct hd_pins *hd_pins_create(struct hd_memory *memory);
void hd_pins_destroy(struct hd_pins *pins); /* before its core: lets all pins go */

/* False: the board that it asks for is being built: keep the question until it is ready. */
bool hd_part_ready(const struct hd_core *core, struct hd_bytes question);

/* Answers a `question` of shard `asker` that is ready, from `core` into `out` (HD_PART_MAX bytes at
 * least). */
void hd_part_answer(struct hd_core *core, struct hd_pins *pins, uint32_t asker,
		    struct hd_bytes question, struct hd_writer *out);

/* One shard is all there is: answers `command` at once. `scratch` (HD_PART_MAX bytes) holds the
 * reply's value. Commands whose cost is not bounded by their rows (dense, on a board of many
 * distinct scores) take as long as they take; the caller may prefer a gather of one shard. */
void hd_gather_local(struct hd_core *core, const struct hd_command *command, uint8_t *scratch,
		     struct hd_reply *reply);

#endif
