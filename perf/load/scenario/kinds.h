/* kinds.h - what a phase can be. One row a kind: which keys it takes, what it changes in the plan,
 * who looks on beside it. */
#ifndef HUNTD_PERF_LOAD_SCENARIO_KINDS_H
#define HUNTD_PERF_LOAD_SCENARIO_KINDS_H

#include "huntd/bytes.h"
#include "perf/load/plan.h"

struct hd_load_kind {
	const char *name, *help;
	const char *takes; /* keys, each with a space before and behind */
	/* Makes the plan, for so many hunts, one of this kind; after all keys were set. NULL:
	 * nothing to do. */
	void (*shape)(struct hd_load_plan *plan, uint32_t hunts);
	uint32_t asides; /* bits */
	bool finds;      /* the capacity that `times` is of */
	bool multiplies; /* rate = times the capacity; a phase that finds it must stand before */
};

extern const struct hd_load_kind hd_load_kinds[];
extern const uint32_t hd_load_kinds_count;

const struct hd_load_kind *hd_load_kind_find(struct hd_bytes name); /* NULL: there is none */
bool hd_load_kind_takes(const struct hd_load_kind *kind, const char *key);

#endif
