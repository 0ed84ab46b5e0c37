/* gather_pivot.c - closing in on the key at a deep position.
 *
 * A round names a range of keys and up to HD_PIVOTS pivots in it, in board order. Every shard
 * answers how many of its entrants stand before each; the sums say between which two the wanted
 * position lies, and that is the next range. With its counts a shard sends sample keys from where
 * it would find the position if it were spread as all are; those in the next range are its pivots.
 * So a round narrows the range about HD_PIVOTS times, with no round for samples alone. Where the
 * guess was wrong, a round without pivots brings samples of the whole range.
 *
 * It always ends: a sample is never a range's first key, so a range with a pivot gets smaller, and
 * one without gets a pivot next. Each shard sends samples in proportion to its share of the range,
 * so a board that stands on few shards is searched as fast. */
#include "core/board/gather_state.h"

void
hd_gather_pivots_begin(struct hd_gather *gather)
{
	if (!gather->pivots)
		gather->pivots = hd_memory_take(gather->memory, sizeof(*gather->pivots),
						_Alignof(struct hd_gather_pivots));
	gather->pivots->from_top = gather->pivots->to_end = true;
	gather->pivots->count = 0;
	gather->pivots->first = gather->pivots->end = 0;
	for (uint32_t i = 0; i < gather->shards; i++)
		gather->shard[i].low = gather->shard[i].high = 0;
	HD_ASSERT(gather->command.offset > HD_SKIP_MAX);
	hd_gather_round(gather, HD_ASK_PIVOTS, HD_ASK_HOLD);
}

/* How many samples a shard sends of a range: its share of HD_PIVOTS, rounded up. */
static uint64_t
pivots_share(const struct hd_gather *gather, uint32_t shard)
{
	uint64_t all = gather->pivots->end - gather->pivots->first;
	const struct hd_gather_shard *own = &gather->shard[shard];
	HD_ASSERT(own->high >= own->low && own->high - own->low <= all);
	if (all == 0)
		return (HD_PIVOTS + gather->shards - 1) / gather->shards;
	uint64_t share = ((own->high - own->low) * HD_PIVOTS + all - 1) / all;
	return share ? share : 1;
}

void
hd_gather_pivots_write(const struct hd_gather *gather, uint32_t shard, struct hd_writer *out)
{
	const struct hd_gather_pivots *pivots = gather->pivots;
	HD_ASSERT(gather->ask == HD_ASK_PIVOTS && pivots->count <= HD_PIVOTS + 2);
	hd_write_varint(out, gather->command.offset);
	hd_write_varint(out, pivots->first);
	hd_write_varint(out, pivots->end);
	hd_write_varint(out, pivots_share(gather, shard));
	hd_write_varint(out, shard);
	hd_write_varint(out, gather->shards);
	hd_write_u8(out, pivots->from_top);
	hd_write_u8(out, pivots->to_end);
	hd_write_varint(out, pivots->count);
	for (uint32_t i = 0; i < pivots->count; i++)
		hd_key_write(out, &pivots->keys[i].key);
}

/* The parts of a round: positions of the bounds by shard, and all samples in the next range. */
struct pivots_parts {
	uint32_t bounds;
	struct hd_reader in[HD_SHARDS_MAX];
	uint64_t position[HD_PIVOTS + 2]; /* of each bound, over all shards */
	struct hd_board_key sample[2 * HD_PIVOTS];
	uint32_t samples;
};

static void
pivots_sum(const struct hd_gather *gather, struct pivots_parts *parts)
{
	const struct hd_gather_pivots *pivots = gather->pivots;
	parts->bounds = pivots->count + pivots->from_top + pivots->to_end;
	parts->samples = 0;
	memset(parts->position, 0, sizeof(parts->position));
	HD_ASSERT(parts->bounds >= 2 && parts->bounds <= HD_PIVOTS + 2);
	for (uint32_t i = 0; i < gather->shards; i++) {
		parts->in[i] = hd_gather_part(gather, i);
		for (uint32_t b = 0; b < parts->bounds; b++)
			parts->position[b] += hd_read_varint(&parts->in[i]);
		HD_ASSERT(!parts->in[i].bad);
	}
}

/* The shard's own positions of the bounds b and b + 1. */
static void
pivots_own(struct hd_gather *gather, uint32_t shard, uint32_t b)
{
	struct hd_gather_shard *own = &gather->shard[shard];
	struct hd_reader in = hd_gather_part(gather, shard);
	for (uint32_t i = 0; i <= b; i++)
		own->low = hd_read_varint(&in);
	own->high = hd_read_varint(&in);
	HD_ASSERT(!in.bad && own->low <= own->high);
}

/* The key of bound b; NULL: the top or the end. */
static const struct hd_board_key *
pivots_key(const struct hd_gather_pivots *pivots, uint32_t b)
{
	HD_ASSERT(b <= HD_PIVOTS + 2);
	if (pivots->from_top && b == 0)
		return NULL;
	uint32_t i = b - pivots->from_top;
	return i < pivots->count ? &pivots->keys[i].key : NULL;
}

/* Puts a sample in its place; where there are too many, the last one goes. */
static void
pivots_insert(struct pivots_parts *parts, const struct hd_board_key *key)
{
	uint32_t room = sizeof(parts->sample) / sizeof(parts->sample[0]);
	uint32_t at = parts->samples;
	while (at > 0 && hd_key_compare(key, &parts->sample[at - 1]) < 0)
		at--;
	if (at == room)
		return;
	uint32_t behind = parts->samples < room ? parts->samples++ - at : room - 1 - at;
	memmove(&parts->sample[at + 1], &parts->sample[at], behind * sizeof(*key));
	parts->sample[at] = *key;
}

/* Reads a shard's samples; keeps those between bounds b and b + 1. */
static void
pivots_samples(const struct hd_gather *gather, struct pivots_parts *parts, uint32_t shard,
	       uint32_t b)
{
	struct hd_reader *in = &parts->in[shard];
	const struct hd_board_key *low = pivots_key(gather->pivots, b);
	const struct hd_board_key *high = pivots_key(gather->pivots, b + 1);
	uint64_t ranges = hd_read_bounded(in, 3);
	while (ranges-- > 0) {
		uint64_t count = hd_read_bounded(in, HD_PIVOTS);
		while (count-- > 0) {
			struct hd_board_key key;
			hd_key_read(in, &key);
			bool above = high && hd_key_compare(&key, high) >= 0;
			if (!above && !(low && hd_key_compare(&key, low) <= 0))
				pivots_insert(parts, &key);
		}
	}
	HD_ASSERT(!in->bad && hd_reader_left(in) == 0);
}

/* The next range: bounds b and b + 1 of this one, and samples between, HD_PIVOTS of them at most.
 */
static void
pivots_narrow(struct hd_gather *gather, const struct pivots_parts *parts, uint32_t b)
{
	struct hd_gather_pivots next = {.from_top = true, .to_end = true};
	struct hd_gather_pivots *pivots = gather->pivots;
	const struct hd_board_key *low = pivots_key(pivots, b), *high = pivots_key(pivots, b + 1);
	next.first = parts->position[b];
	next.end = parts->position[b + 1];
	HD_ASSERT(next.first < next.end);
	if (low)
		hd_gather_key_keep(&next.keys[next.count++], low);
	uint32_t kept = parts->samples < HD_PIVOTS ? parts->samples : HD_PIVOTS;
	for (uint32_t i = 0; i < kept; i++)
		hd_gather_key_keep(&next.keys[next.count++],
				   &parts->sample[i * parts->samples / kept]);
	if (high)
		hd_gather_key_keep(&next.keys[next.count++], high);
	next.from_top = !low;
	next.to_end = !high;
	*pivots = next;
	for (uint32_t i = 0; i < next.count; i++)
		pivots->keys[i].key.id.at = pivots->keys[i].id;
}

/* The position is near enough to bound b: its key is where the rows start. */
static void
pivots_found(struct hd_gather *gather, uint32_t b, uint64_t position)
{
	const struct hd_board_key *key = pivots_key(gather->pivots, b);
	uint64_t skip = gather->command.offset - position;
	gather->rows = (uint32_t)skip + gather->command.count;
	HD_ASSERT(skip <= HD_SKIP_MAX && key);
	hd_gather_key_keep(&gather->key, key);
	gather->key_known = true;
	if (hd_gather_dense(gather))
		hd_gather_run_begin(gather, 0);
	else
		hd_gather_rows_begin(gather, gather->rows, HD_ASK_HOLD | HD_ASK_LAST | HD_ASK_KEY);
	hd_gather_ask_all(gather);
}

static void
pivots_past_end(struct hd_gather *gather)
{
	struct hd_writer out = hd_gather_value(gather, sizeof(gather->value_inline));
	HD_ASSERT(gather->command.verb == HD_CMD_TOP);
	hd_value_array(&out, 0);
	hd_gather_value_end(gather, &out);
}

void
hd_gather_pivots_step(struct hd_gather *gather)
{
	struct pivots_parts parts;
	uint64_t offset = gather->command.offset;
	pivots_sum(gather, &parts);
	HD_ASSERT(parts.position[0] <= offset);
	uint32_t b = 0, last = parts.bounds - 1;
	if (parts.position[last] <= offset) {
		pivots_past_end(gather);
		return;
	}
	while (parts.position[b + 1] <= offset)
		b++;
	if (offset - parts.position[b] <= HD_SKIP_MAX) {
		pivots_found(gather, b, parts.position[b]);
		return;
	}
	for (uint32_t i = 0; i < gather->shards; i++) {
		pivots_own(gather, i, b);
		pivots_samples(gather, &parts, i, b);
	}
	pivots_narrow(gather, &parts, b);
	hd_gather_round(gather, HD_ASK_PIVOTS, HD_ASK_HOLD);
	hd_gather_ask_all(gather);
}
