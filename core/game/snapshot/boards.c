/* Boards of a snapshot: each is sorted once and loaded whole.
 *
 * A frozen board shares its tree with the live one. So the tree is loaded as it was frozen, while
 * the records say what they said then, and pinned; after that everybody who has changed since moves
 * to where the records say now. */
#include "core/game/state.h"

/* Enough of a key to tell almost all apart. */
struct row {
	int64_t score, time;
	uint32_t handle;
	bool sub; /* it has one: ask the entrant */
};

/* What is at hand: the entrants of one hunt, and room to sort them. */
struct shelf {
	struct hd_core *core;
	uint32_t *handles; /* of all hunts, hunt by hunt */
	uint32_t first, count;
	uint32_t *sorted;
	struct row *rows[2];
	uint32_t room;
};

/* Order. */

static bool
row_before_slowly(const struct hd_live_board *board, const struct row *a, const struct row *b)
{
	struct hd_board_key x, y;
	hd_entrant_source(board, a->handle, &x);
	hd_entrant_source(board, b->handle, &y);
	HD_ASSERT(x.score == y.score);
	if (x.sub != y.sub)
		return x.sub > y.sub;
	if (x.time != y.time)
		return x.time < y.time;
	return hd_bytes_compare(x.id, y.id) < 0;
}

static inline bool
row_before(const struct hd_live_board *board, const struct row *a, const struct row *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	if (!a->sub && !b->sub && a->time != b->time)
		return a->time < b->time;
	return row_before_slowly(board, a, b);
}

/* Two runs that lie behind one another, into one. */
static void
merge(const struct hd_live_board *board, const struct row *from, uint32_t middle, uint32_t end,
      struct row *to)
{
	uint32_t left = 0, right = middle;
	HD_ASSERT(middle > 0 && middle <= end);
	if (middle < end && row_before(board, &from[middle], &from[middle - 1]))
		while (left < middle && right < end)
			*to++ = row_before(board, &from[right], &from[left]) ? from[right++]
									     : from[left++];
	memcpy(to, &from[left], (middle - left) * sizeof(*to));
	memcpy(to + (middle - left), &from[right], (end - right) * sizeof(*to));
}

/* Rows of one score, in their place: merges runs that double, from one array into the other and
 * back. Most often they lie right, or nearly, for handles rise with time. */
static void
ties_sort(const struct hd_live_board *board, struct row *rows, struct row *other, uint32_t count)
{
	struct row *from = rows;
	HD_ASSERT(count > 0);
	for (uint64_t run = 1; run < count; run *= 2) {
		for (uint64_t at = 0; at < count; at += 2 * run) {
			uint64_t left = count - at;
			uint32_t middle = (uint32_t)(run < left ? run : left);
			uint32_t end = (uint32_t)(2 * run < left ? 2 * run : left);
			merge(board, from + at, middle, end, other + at);
		}
		struct row *sorted = other;
		other = from;
		from = sorted;
	}
	if (from != rows)
		memcpy(rows, from, count * sizeof(*rows));
}

/* Rises as the score falls. */
static inline uint64_t
score_key(const struct row *row)
{
	return ~((uint64_t)row->score ^ UINT64_C(1) << 63);
}

/* One pass over a byte of the score's key. */
static void
byte_sort(const struct row *from, struct row *to, uint32_t count, uint32_t shift)
{
	uint32_t at[256] = {0}, sum = 0;
	HD_ASSERT(shift < 64);
	for (uint32_t i = 0; i < count; i++)
		at[score_key(&from[i]) >> shift & 0xff]++;
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t own = at[i];
		at[i] = sum;
		sum += own;
	}
	for (uint32_t i = 0; i < count; i++)
		to[at[score_key(&from[i]) >> shift & 0xff]++] = from[i];
}

/* By score, in a pass over each byte that differs; then the ties. Returns where they lie. */
static const struct row *
rows_sort(const struct hd_live_board *board, struct row *rows, struct row *other, uint32_t count)
{
	uint64_t differ = 0;
	for (uint32_t i = 1; i < count; i++)
		differ |= score_key(&rows[i]) ^ score_key(&rows[0]);
	for (uint32_t shift = 0; shift < 64; shift += 8) {
		if ((differ >> shift & 0xff) == 0)
			continue;
		byte_sort(rows, other, count, shift);
		struct row *sorted = other;
		other = rows;
		rows = sorted;
	}
	for (uint32_t at = 0, end = 0; at < count; at = end) {
		while (end < count && rows[end].score == rows[at].score)
			end++;
		ties_sort(board, rows + at, other + at, end - at);
	}
	return rows;
}

/* What was frozen. */

/* What the entrant kept of the board as it was frozen; NULL: it has not changed since. */
static struct hd_item *
kept_of(const struct hd_live_board *board, const struct hd_entrant *entrant)
{
	struct hd_play *play = hd_entrant_play(board->core, entrant);
	if (board->frozen_serial == 0 || play == NULL)
		return NULL;
	struct hd_item *item = hd_item_find(play, HD_ITEM_FROZEN, board->number);
	return item && hd_item_key(item)->serial == board->frozen_serial ? item : NULL;
}

static void
swap(int64_t *a, int64_t *b)
{
	int64_t was = *a;
	*a = *b;
	*b = was;
}

/* Exchanges what the record says of this board with what was kept. */
static void
kept_swap(const struct hd_live_board *board, struct hd_entrant *entrant, struct hd_item *item)
{
	struct hd_item_key *kept = hd_item_key(item);
	struct hd_play *play = hd_entrant_play(board->core, entrant);
	HD_ASSERT(item->flag != 0);
	if (board->window_ns == 0) {
		swap(&entrant->score, &kept->score);
		swap(&entrant->time, &kept->time);
		swap(&play->sub, &kept->sub);
		entrant->has_sub = play->sub != 0;
	} else {
		struct hd_item_key *now =
			hd_item_key(hd_item_find(play, HD_ITEM_WINDOW, board->number));
		swap(&now->score, &kept->score);
		swap(&now->time, &kept->time);
		swap(&now->sub, &kept->sub);
	}
}

/* Puts all to where they stand now who have changed since. */
static void
thawed_move(const struct shelf *shelf, struct hd_live_board *board)
{
	HD_ASSERT(board->frozen != NULL);
	for (uint32_t i = 0; i < shelf->count; i++) {
		uint32_t handle = shelf->handles[shelf->first + i];
		struct hd_entrant *entrant = hd_entrant_at(shelf->core, handle);
		struct hd_item *item = kept_of(board, entrant);
		if (item == NULL)
			continue;
		struct hd_board_key old, key;
		hd_entrant_source(board, handle, &old);
		if (item->flag == 0) {
			hd_board_insert(board->tree, handle, &old);
			continue;
		}
		const struct hd_item_key *kept = hd_item_key(item);
		key = (struct hd_board_key){kept->score, kept->sub, kept->time, old.id};
		hd_board_move(board->tree, handle, &old, &key);
		kept_swap(board, entrant, item);
	}
}

/* One board. */

/* The rows as of the freeze, or of now where nothing is frozen. False: who changed since a freeze
 * must stand there. */
static bool
rows_take(struct shelf *shelf, const struct hd_live_board *board, uint32_t *count)
{
	*count = 0;
	for (uint32_t i = 0; i < shelf->count; i++) {
		uint32_t handle = shelf->handles[shelf->first + i];
		struct hd_entrant *entrant = hd_entrant_at(shelf->core, handle);
		struct hd_item *item = kept_of(board, entrant);
		struct hd_board_key key;
		if (!hd_entrant_key(board, entrant, &key)) {
			if (item != NULL)
				return false;
			continue;
		}
		if (item != NULL && item->flag == 0)
			continue;
		if (item != NULL) {
			kept_swap(board, entrant, item);
			hd_entrant_key(board, entrant, &key);
		}
		shelf->rows[0][(*count)++] =
			(struct row){key.score, key.time, handle, key.sub != 0};
	}
	HD_ASSERT(*count <= shelf->room);
	return true;
}

static bool
tree_load(struct shelf *shelf, struct hd_live_board *board)
{
	uint32_t count;
	if (!rows_take(shelf, board, &count))
		return false;
	const struct row *rows = rows_sort(board, shelf->rows[0], shelf->rows[1], count);
	for (uint32_t i = 0; i < count; i++)
		shelf->sorted[i] = rows[i].handle;
	if (count > 0)
		hd_board_load(board->tree, shelf->sorted, count);
	return true;
}

static bool
board_load(struct shelf *shelf, struct hd_hunt *hunt, struct hd_live_board *board)
{
	if (!tree_load(shelf, board))
		return false;
	if (hunt->phase != HD_PHASE_FROZEN)
		return true;
	HD_ASSERT(board->frozen == NULL);
	board->frozen = hd_board_pin(board->tree);
	thawed_move(shelf, board);
	return true;
}

/* All of them. */

static void *
room_take(struct shelf *shelf, uint64_t count, size_t size)
{
	return hd_memory_take(shelf->core->memory, (count + 1) * size, 64);
}

static void
room_give(struct shelf *shelf, void *at, uint64_t count, size_t size)
{
	hd_memory_give(shelf->core->memory, at, (count + 1) * size);
}

/* Room for so many handles, and to sort so many of them. */
static struct shelf
shelf_take(struct hd_core *core, uint32_t handles, uint32_t room)
{
	struct shelf shelf = {.core = core, .room = room};
	HD_ASSERT(room <= handles);
	shelf.handles = room_take(&shelf, handles, sizeof(*shelf.handles));
	shelf.sorted = room_take(&shelf, room, sizeof(*shelf.sorted));
	for (uint32_t i = 0; i < 2; i++)
		shelf.rows[i] = room_take(&shelf, room, sizeof(struct row));
	return shelf;
}

static void
shelf_give(struct shelf *shelf, uint32_t handles)
{
	HD_ASSERT(shelf->room <= handles);
	for (uint32_t i = 0; i < 2; i++)
		room_give(shelf, shelf->rows[i], shelf->room, sizeof(struct row));
	room_give(shelf, shelf->sorted, shelf->room, sizeof(*shelf->sorted));
	room_give(shelf, shelf->handles, handles, sizeof(*shelf->handles));
}

/* Puts the handles hunt by hunt. */
static void
handles_sort(struct shelf *shelf)
{
	struct hd_core *core = shelf->core;
	uint32_t *ends = room_take(shelf, HD_HUNTS_MAX, sizeof(*ends));
	uint32_t end = 0;
	for (uint32_t i = 0; i < core->hunts_count; i++) {
		ends[i] = end;
		end += (uint32_t)core->hunts[i]->entrants;
	}
	HD_ASSERT(end == core->entrants.used);
	for (uint32_t handle = 1; handle <= core->entrants.used; handle++)
		shelf->handles[ends[hd_entrant_at(core, handle)->hunt]++] = handle;
	room_give(shelf, ends, HD_HUNTS_MAX, sizeof(*ends));
}

static bool
hunts_load(struct shelf *shelf)
{
	struct hd_core *core = shelf->core;
	HD_ASSERT(shelf->first == 0);
	for (uint32_t i = 0; i < core->hunts_count; i++) {
		struct hd_hunt *hunt = core->hunts[i];
		shelf->count = (uint32_t)hunt->entrants;
		for (uint32_t j = 0; j < hunt->boards_count; j++)
			if (hunt->boards[j].tree != NULL &&
			    !board_load(shelf, hunt, &hunt->boards[j]))
				return false;
		shelf->first += shelf->count;
	}
	return true;
}

bool
hd_load_boards(struct hd_core *core)
{
	uint32_t used = core->entrants.used, most = 0;
	for (uint32_t i = 0; i < core->hunts_count; i++)
		if (core->hunts[i]->entrants > most)
			most = (uint32_t)core->hunts[i]->entrants;
	struct shelf shelf = shelf_take(core, used, most);
	handles_sort(&shelf);
	bool good = hunts_load(&shelf);
	shelf_give(&shelf, used);
	return good;
}

void
hd_load_board(struct hd_core *core, const struct hd_hunt *hunt, struct hd_live_board *board)
{
	uint32_t count = (uint32_t)hunt->entrants;
	struct shelf shelf = shelf_take(core, count, count);
	HD_ASSERT(board->frozen == NULL && board->frozen_serial == 0);
	for (uint32_t handle = 1; handle <= core->entrants.used; handle++)
		if (hd_entrant_at(core, handle)->hunt == hunt->number)
			shelf.handles[shelf.count++] = handle;
	HD_ASSERT(shelf.count == count);
	bool good = tree_load(&shelf, board);
	HD_ASSERT(good);
	shelf_give(&shelf, count);
}
