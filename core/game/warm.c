/* Warming a batch: every level of memory is asked for over the whole batch before any is used, so
 * that the misses of all commands overlap. */
#include "core/game/state.h"

/* One command on its way to its entrant. */
struct lookup {
	struct hd_command *command;
	const struct hd_hunt *hunt;
	uint64_t hash;
	struct hd_index_cursor cursor;
};

/* Keys of one tree, gathered for one call. */
struct path {
	const struct hd_board *tree;
	uint32_t count;
	struct hd_board_key keys[HD_BATCH_MAX];
};

static bool
names_entrant(const struct hd_command *command)
{
	HD_ASSERT(command->verb < HD_CMD_COUNT_);
	enum hd_route route = hd_command_rows[command->verb].route;
	return route == HD_ROUTE_ENTRANT || route == HD_ROUTE_READ ||
	       command->verb == HD_CMD_RANK || command->verb == HD_CMD_AROUND;
}

/* Most answers are wrong and move nobody: SUBMIT's path is not worth its lines. */
static bool
needs_board(const struct hd_command *command)
{
	return command->verb == HD_CMD_AWARD || command->verb == HD_CMD_RANK ||
	       command->verb == HD_CMD_AROUND;
}

static uint32_t
find_buckets(const struct hd_core *core, struct hd_command *const *commands, uint32_t count,
	     struct lookup *lookups)
{
	uint32_t found = 0;
	const struct hd_hunt *hunt = NULL;
	HD_ASSERT(count <= HD_BATCH_MAX);
	for (uint32_t i = 0; i < count; i++) {
		struct hd_command *command = commands[i];
		command->hint = 0;
		if (!names_entrant(command))
			continue;
		if (hunt == NULL || !hd_id_equal(hunt->name, command->hunt))
			hunt = hd_hunt_find(core, command->hunt);
		if (hunt == NULL)
			continue;
		struct lookup *lookup = &lookups[found++];
		lookup->command = command;
		lookup->hunt = hunt;
		lookup->hash = hd_entrant_hash(core, hunt->number, command->entrant);
		lookup->cursor = (struct hd_index_cursor){0};
		hd_index_prefetch(core->by_id, lookup->hash);
	}
	return found;
}

static void
find_records(const struct hd_core *core, struct lookup *lookups, uint32_t count)
{
	HD_ASSERT(core->by_id != NULL);
	for (uint32_t i = 0; i < count; i++) {
		struct lookup *lookup = &lookups[i];
		uint32_t handle = hd_index_next(core->by_id, lookup->hash, &lookup->cursor);
		lookup->command->hint = handle;
		if (handle != 0)
			hd_entrant_fetch(core, handle);
	}
}

/* The candidates of the second pass were most likely right: now they are compared. */
static void
find_entrant(const struct hd_core *core, struct lookup *lookup)
{
	struct hd_command *command = lookup->command;
	uint32_t handle = command->hint;
	while (handle != 0 && !hd_entrant_is(core, hd_entrant_at(core, handle),
					     lookup->hunt->number, command->entrant))
		handle = hd_index_next(core->by_id, lookup->hash, &lookup->cursor);
	command->hint = handle;
	if (handle == 0)
		return;
	const struct hd_entrant *entrant = hd_entrant_at(core, handle);
	HD_ASSERT(entrant->id_size == command->entrant.size);
	if (entrant->play != 0)
		__builtin_prefetch(hd_entrant_play(core, entrant));
}

static void
path_flush(struct path *path)
{
	HD_ASSERT(path->count <= HD_BATCH_MAX);
	if (path->count > 0)
		hd_board_warm(path->tree, path->keys, path->count);
	path->count = 0;
}

static void
path_add(struct path *path, const struct hd_board *tree, const struct hd_board_key *key)
{
	if (path->tree != tree || path->count == HD_BATCH_MAX)
		path_flush(path);
	path->tree = tree;
	path->keys[path->count++] = *key;
}

/* Where the entrant stands on its hunt's first board, and where an INCR will put it. */
static void
path_find(struct path *path, const struct hd_core *core, const struct lookup *lookup)
{
	const struct hd_command *command = lookup->command;
	struct hd_board_key key;
	if (command->hint == 0 || !needs_board(command))
		return;
	const struct hd_live_board *board =
		&lookup->hunt->boards[lookup->hunt->definition->board_first];
	HD_ASSERT(board->tree != NULL);
	if (hd_entrant_unbuilt(command->hint, board) ||
	    !hd_entrant_key(board, hd_entrant_at(core, command->hint), &key))
		return;
	path_add(path, board->tree, &key);
	if (command->verb != HD_CMD_AWARD)
		return;
	bool sum = command->op == HD_OP_INCR;
	if (__builtin_add_overflow(sum ? key.score : 0, command->points, &key.score))
		return;
	key.time = INT64_MAX;
	path_add(path, board->tree, &key);
}

void
hd_core_warm(struct hd_core *core, struct hd_command *const *commands, uint32_t count)
{
	struct lookup lookups[HD_BATCH_MAX];
	struct path path;
	HD_ASSERT(count <= HD_BATCH_MAX);
	if (!core->has_secret)
		return;
	uint32_t found = find_buckets(core, commands, count, lookups);
	find_records(core, lookups, found);
	for (uint32_t i = 0; i < found; i++)
		find_entrant(core, &lookups[i]);
	path.tree = NULL;
	path.count = 0;
	for (uint32_t i = 0; i < found; i++)
		path_find(&path, core, &lookups[i]);
	path_flush(&path);
}
