/* object.h - the state as objects: what the digest sums up and what a snapshot holds.
 *
 * Each object has one canonical encoding: its kind's byte, then its fields, without pointers,
 * handles or the order of any table. Entrants name their hunt by its number, which is the same in
 * every log, and their bracket by its id. A kind has one encoder, and one decoder (load.c).
 *
 * What is not here is made again from what is: boards, the index, brackets' numbers, what is due.
 *
 * core/game only. */
#ifndef HUNTD_CORE_GAME_SNAPSHOT_OBJECT_H
#define HUNTD_CORE_GAME_SNAPSHOT_OBJECT_H

#include "core/game/state.h"

enum hd_object_kind {
	HD_OBJECT_CORE = 'c',     /* stamp, order, secret, settings, how many hunts; bases if any */
	HD_OBJECT_DONE = 'd',     /* which orders are done: HD_DONE_WORDS words of bits */
	HD_OBJECT_HUNT = 'h',     /* a hunt, its phase, its trees, what is gone */
	HD_OBJECT_VERSION = 'v',  /* a version of a hunt's document */
	HD_OBJECT_ENTRANT = 'e',  /* an entrant with its play */
	HD_OBJECT_ANSWERED = 'i', /* what was answered to an event id */
	HD_OBJECT_WANT = 'w',     /* an open WANT: its stamp, and the event as it is logged */
	HD_OBJECT_GRANT = 'g',    /* what this shard gave; their number is counted from them */
	HD_OBJECT_WANT_DEAL = 'q', /* an open WANT_DEAL, as a WANT */
	HD_OBJECT_SUSPECT = 's',   /* an open SUSPECTED, as a WANT */
	HD_OBJECT_DEAL = 'a',      /* what this shard allotted; of a challenge in the order of d */
	HD_OBJECT_TOLD = 't'       /* who was told of, and for which deal */
};

#define HD_DONE_WORDS 64u

/* Bounds of the small ones' sizes. An entrant's is its play's more, a hunt's is so much more for
 * each challenge that is gone. */
#define HD_OBJECT_SMALL_MAX (4u * HD_KIB)
#define HD_OBJECT_GONE_MAX  16u

void hd_object_core(const struct hd_core *core, struct hd_writer *out);
void hd_object_done(const struct hd_core *core, uint32_t chunk, struct hd_writer *out);
void hd_object_hunt(const struct hd_hunt *hunt, struct hd_writer *out);
void hd_object_version(const struct hd_hunt *hunt, const struct hd_version *version,
		       struct hd_writer *out);
void hd_object_entrant(const struct hd_core *core, const struct hd_entrant *entrant,
		       struct hd_writer *out);
void hd_object_answered(const struct hd_answered *answered, struct hd_writer *out);
void hd_object_want(const struct hd_core *core, uint32_t handle, struct hd_writer *out);
void hd_object_suspect(const struct hd_core *core, uint32_t handle, struct hd_writer *out);
void hd_object_deal(const struct hd_core *core, enum hd_object_kind kind,
		    const struct hd_deal_row *row, struct hd_writer *out);
void hd_object_grant(const struct hd_core *core, const struct hd_given_grant *grant,
		     struct hd_writer *out);

/* What it adds to the digest. */
unsigned __int128 hd_object_hash(struct hd_bytes object);

/* How many objects there are of done bits: as many as reach the last one. */
uint32_t hd_object_done_count(const struct hd_core *core);

#endif
