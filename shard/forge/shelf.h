/* shelf.h - the last few that were made after those who waited had gone, and for which there is
 * neither pool nor cache: who comes again finds them, and nothing is made for ever in vain. */
#ifndef HUNTD_SHARD_FORGE_SHELF_H
#define HUNTD_SHARD_FORGE_SHELF_H

#include "huntd/core.h"
#include "shard/forge/pool.h"

#define HD_FORGE_SHELF 16u

static inline bool
hd_forge_is_same_deal(const struct hd_deal *a, const struct hd_deal *b)
{
	return a->d == b->d && a->challenge == b->challenge && a->hunt == b->hunt;
}

struct hd_shelf {
	struct {
		bool fresh; /* a base that no deal has; else what `deal` is made of */
		struct hd_puzzle_spec spec;
		struct hd_deal deal;
		struct hd_forge_ready *ready; /* NULL: nothing lies here */
	} at[HD_FORGE_SHELF];
	uint32_t next; /* the longest there goes first */
};

void hd_shelf_fini(struct hd_shelf *shelf, struct hd_memory *memory);
/* fresh: deal.j is a base for whoever is first. */
void hd_shelf_put(struct hd_shelf *shelf, struct hd_memory *memory,
		  const struct hd_puzzle_spec *spec, const struct hd_deal *deal, bool fresh,
		  const struct hd_puzzle_made *made);
/* To be given back by hd_forge_pool_give; NULL: nothing serves this deal. */
struct hd_forge_ready *hd_shelf_take(struct hd_shelf *shelf, const struct hd_puzzle_spec *spec,
				     const struct hd_deal *deal);

#endif
