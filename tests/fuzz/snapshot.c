/* The objects of a snapshot: any bytes are refused, or make a core that can be read, judged by and
 * destroyed, whose own snapshot is what it was made of. The input is a run of {size varint,
 * object}, as a sweep writes it; digest and count are always what the bytes come to, as behind a
 * checksum that somebody mended. */
#include "huntd/snapshot.h"
#include "core/game/snapshot/object.h"
#include "tests/fuzz/fuzz.h"

/* False: an object was refused. */
static bool
load(struct hd_core *core, struct hd_reader *in, unsigned __int128 *sum, uint64_t *count)
{
	while (hd_reader_left(in) > 0) {
		struct hd_bytes object = hd_read_bytes(in, HD_OBJECT_MAX);
		if (in->bad || !hd_core_load(core, object))
			return false;
		*sum += hd_object_hash(object);
		++*count;
	}
	return true;
}

/* A command against whatever it became. */
static void
ask(struct hd_core *core)
{
	static struct hd_decision decision;
	int64_t now = hd_core_stamp(core);
	if (now >= INT64_MAX - HD_DECISION_EVENTS_MAX)
		return;
	struct hd_command command = {.verb = HD_CMD_AWARD,
				     .points = 1,
				     .entrant = HD_BYTES("ann"),
				     .hunt = HD_BYTES("reef")};
	hd_core_decide(core, now + 1, &command, &decision);
	for (uint32_t i = 0; i < decision.events_count; i++)
		hd_core_apply(core, &decision.events[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct hd_memory memory = fuzz_memory();
	struct hd_core *core = hd_core_create(&memory);
	struct hd_reader in = hd_reader_of(hd_bytes_of(at, size));
	unsigned __int128 sum = 0, digest;
	uint64_t count = 0;
	if (load(core, &in, &sum, &count) && count > 0 &&
	    hd_core_loaded(core, (const uint8_t *)&sum, count)) {
		hd_core_digest(core, (uint8_t *)&digest);
		HD_ASSERT(digest == sum);
		ask(core);
	}
	hd_core_destroy(core);
	HD_ASSERT(memory.used == 0);
	return 0;
}
