#include "tests/lib/snap.h"

#include "huntd/assert.h"

#include <stdlib.h>

#define ROOM (2u * HD_MIB)

bool
hd_snap_step(struct hd_snap *snap, struct hd_core *core, uint32_t objects)
{
	if (snap->room - snap->size < ROOM) {
		snap->room = 2 * snap->room + ROOM;
		snap->bytes = realloc(snap->bytes, snap->room);
	}
	struct hd_writer out = hd_writer_of(snap->bytes + snap->size, ROOM);
	bool more = hd_core_sweep_step(core, objects, &out, snap->digest, &snap->count);
	HD_ASSERT(!out.full && more == hd_core_sweeping(core));
	snap->size = (size_t)(out.at - snap->bytes);
	return more;
}

struct hd_core *
hd_snap_load(const struct hd_snap *snap, struct hd_memory *memory)
{
	struct hd_core *core = hd_core_create(memory);
	struct hd_reader in = {snap->bytes, snap->bytes + snap->size, false};
	bool good = true;
	while (good && in.at < in.end) {
		struct hd_bytes object = hd_read_bytes(&in, HD_OBJECT_MAX);
		good = !in.bad && hd_core_load(core, object);
	}
	if (good && hd_core_loaded(core, snap->digest, snap->count))
		return core;
	hd_core_destroy(core);
	return NULL;
}
