/* snapshot.h - the state of a core at one moment, written while it serves, and read back.
 *
 * A snapshot is a sequence of objects, each in its canonical encoding: no pointers, handles or
 * order of any table. A sweep walks the state in slices; whatever is about to change and has not
 * been reached is written first, as it was. So all objects together are the state at the moment of
 * hd_core_sweep_begin, though the core went on. The sum mod 2^128 of the objects' hashes is the
 * digest of that state (hd_core_digest makes the same sum from the same encodings).
 *
 * Live boards are not in it: they are loaded anew, sorted, when all entrants are there. A frozen
 * board is made again from the keys that its entrants had when it was frozen.
 *
 *   object: {size varint, bytes}; the first byte is its kind (core/game/snapshot/object.h)
 *
 * Owner: the shard's thread. One sweep at a time. */
#ifndef HUNTD_SNAPSHOT_H
#define HUNTD_SNAPSHOT_H

#include "huntd/core.h"

/* Begins a sweep of the state as it is now. Constant time, but for a bit of memory an entrant and a
 * bit an order. */
void hd_core_sweep_begin(struct hd_core *core);

/* Writes objects into `out`, whole ones, at most `objects` of them, and stops before one that finds
 * no room; `out` has room for HD_OBJECT_MAX and its size at the start of a call. What had to be
 * written first comes first, and a hunt before all that names it. False: that was the last;
 * `digest` (16 bytes) and `count` are set. */
bool hd_core_sweep_step(struct hd_core *core, uint32_t objects, struct hd_writer *out,
			uint8_t *digest, uint64_t *count);

/* Gives up a sweep that runs; nothing where none does. */
void hd_core_sweep_abandon(struct hd_core *core);

bool hd_core_sweeping(const struct hd_core *core);

/* Bytes of objects that were written first and not yet taken by a step. */
uint64_t hd_core_sweep_bytes(const struct hd_core *core);

/* Reading back into a fresh core: every object in the order it was written, then the end, which
 * builds the boards. False: not an object, or the digest or count is not what was written; the core
 * is good for hd_core_destroy only. */
bool hd_core_load(struct hd_core *core, struct hd_bytes object);
bool hd_core_loaded(struct hd_core *core, const uint8_t *digest, uint64_t count);

/* After that gave false: whether all was as it was written, and a document in force asks for what
 * this release lacks. `what`: as of hd_definition_lacks. */
bool hd_core_lacks(const struct hd_core *core, char *what);

#endif
