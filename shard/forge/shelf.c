#include "shard/forge/shelf.h"

#include "huntd/assert.h"

void
hd_shelf_fini(struct hd_shelf *shelf, struct hd_memory *memory)
{
	HD_ASSERT(shelf->next < HD_FORGE_SHELF);
	for (uint32_t i = 0; i < HD_FORGE_SHELF; i++)
		if (shelf->at[i].ready != NULL)
			hd_forge_pool_give(memory, shelf->at[i].ready);
	*shelf = (struct hd_shelf){0};
}

void
hd_shelf_put(struct hd_shelf *shelf, struct hd_memory *memory, const struct hd_puzzle_spec *spec,
	     const struct hd_deal *deal, bool fresh, const struct hd_puzzle_made *made)
{
	uint32_t i = shelf->next;
	HD_ASSERT(i < HD_FORGE_SHELF && (!fresh || !spec->kind->around_answer));
	if (shelf->at[i].ready != NULL)
		hd_forge_pool_give(memory, shelf->at[i].ready);
	shelf->at[i].fresh = fresh;
	shelf->at[i].spec = *spec;
	shelf->at[i].deal = *deal;
	shelf->at[i].ready = hd_forge_ready_make(memory, deal->j, made);
	shelf->next = (i + 1) % HD_FORGE_SHELF;
}

struct hd_forge_ready *
hd_shelf_take(struct hd_shelf *shelf, const struct hd_puzzle_spec *spec, const struct hd_deal *deal)
{
	bool fresh = !spec->kind->around_answer && !deal->based;
	for (uint32_t i = 0; i < HD_FORGE_SHELF; i++) {
		struct hd_forge_ready *ready = shelf->at[i].ready;
		if (ready == NULL || shelf->at[i].fresh != fresh ||
		    !hd_forge_is_same_sort(&shelf->at[i].spec, spec) ||
		    (!fresh && !hd_forge_is_same_deal(&shelf->at[i].deal, deal)))
			continue;
		shelf->at[i].ready = NULL;
		return ready;
	}
	return NULL;
}
