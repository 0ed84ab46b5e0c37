/* snap.h - a snapshot in memory: what a sweep wrote, and a core made of it. */
#ifndef HUNTD_TESTS_SNAP_H
#define HUNTD_TESTS_SNAP_H

#include "huntd/snapshot.h"

/* Begin with zeros; free `bytes` at the end. */
struct hd_snap {
	uint8_t *bytes;
	size_t size, room;
	uint8_t digest[16];
	uint64_t count;
};

/* One step of the sweep that runs; false: it has ended, and digest and count are set. */
bool hd_snap_step(struct hd_snap *snap, struct hd_core *core, uint32_t objects);

/* A fresh core with the objects; NULL where one is refused, or the end. */
struct hd_core *hd_snap_load(const struct hd_snap *snap, struct hd_memory *memory);

#endif
