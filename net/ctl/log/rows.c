#include "net/ctl/log/rows.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"

/* One shard's next row. */
struct source {
	struct hd_board_walk walk;
	bool more;
};

static bool
comes_before(const struct hd_board_key *a, const struct hd_board_key *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	if (a->sub != b->sub)
		return a->sub > b->sub;
	if (a->time != b->time)
		return a->time < b->time;
	return hd_bytes_compare(a->id, b->id) < 0;
}

static struct source *
best_of(struct source *sources, unsigned count)
{
	struct source *best = NULL;
	for (unsigned i = 0; i < count; i++)
		if (sources[i].more &&
		    (!best || comes_before(&sources[i].walk.row, &best->walk.row)))
			best = &sources[i];
	return best;
}

static void
add_row(struct hd_ctl_rows *rows, const struct hd_board_key *key)
{
	const struct hd_ctl_row_at *above = rows->count ? &rows->rows[rows->count - 1] : NULL;
	bool equal = above && above->score == key->score && above->sub == key->sub;
	rows->rows[rows->count] = (struct hd_ctl_row_at){
		.rank = equal ? above->rank : rows->count + 1,
		.score = key->score,
		.sub = key->sub,
		.time = key->time,
		.entrant = key->id,
	};
	rows->count++;
}

static void
hash_rows(struct hd_ctl_rows *rows)
{
	crypto_generichash_state state;
	uint8_t hash[32];
	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	for (uint64_t i = 0; i < rows->count; i++) {
		const struct hd_ctl_row_at *row = &rows->rows[i];
		char line[256];
		int size = snprintf(line, sizeof line,
				    "%" PRIu64 "\t%.*s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
				    row->rank, (int)row->entrant.size,
				    (const char *)row->entrant.at, row->score, row->sub, row->time);
		HD_ASSERT(size > 0 && (size_t)size < sizeof line);
		crypto_generichash_update(&state, (const uint8_t *)line, (unsigned long long)size);
	}
	crypto_generichash_final(&state, hash, sizeof hash);
	sodium_bin2hex(rows->hash, sizeof rows->hash, hash, sizeof hash);
}

/* A shard that the hunt's document had not reached has no rows. */
static bool
begin_source(struct source *source, struct hd_core *core, uint16_t hunt, uint16_t board,
	     bool frozen, uint64_t *total)
{
	if (hunt >= hd_core_hunts(core) || board >= hd_core_definition(core, hunt)->boards_count)
		return true;
	hd_core_build_all(core);
	struct hd_board *tree = hd_core_board(core, hunt, board);
	const struct hd_board_root *root = frozen ? hd_core_board_frozen(core, hunt, board) : NULL;
	if (!tree || (frozen && !root))
		return false;
	*total += hd_board_count(tree, root);
	hd_board_seek(&source->walk, tree, root, 0);
	source->more = hd_board_next(&source->walk);
	return true;
}

bool
hd_ctl_rows_make(struct hd_ctl_rows *rows, struct hd_core *const *cores, unsigned count,
		 uint16_t hunt, uint16_t board, bool frozen)
{
	struct source sources[HD_SHARDS_MAX] = {0};
	uint64_t total = 0;
	HD_ASSERT(count >= 1 && count <= HD_SHARDS_MAX);
	*rows = (struct hd_ctl_rows){0};
	for (unsigned i = 0; i < count; i++)
		if (!begin_source(&sources[i], cores[i], hunt, board, frozen, &total))
			return false;
	rows->rows = calloc(total + 1, sizeof *rows->rows);
	HD_ASSERT(rows->rows);
	for (struct source *best; (best = best_of(sources, count));) {
		add_row(rows, &best->walk.row);
		best->more = hd_board_next(&best->walk);
	}
	HD_ASSERT(rows->count == total);
	hash_rows(rows);
	return true;
}

void
hd_ctl_rows_free(struct hd_ctl_rows *rows)
{
	free(rows->rows);
	*rows = (struct hd_ctl_rows){0};
}

json_t *
hd_ctl_rows_fact(const struct hd_ctl_row_at *row)
{
	return json_pack("{s:I, s:o, s:I, s:I, s:I}", "rank", (json_int_t)row->rank, "entrant",
			 hd_client_text(row->entrant), "score", (json_int_t)row->score, "subscore",
			 (json_int_t)row->sub, "time_ns", (json_int_t)row->time);
}
