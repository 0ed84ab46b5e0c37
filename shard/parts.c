#include "shard/parts.h"

#define NS_PER_MS 1000000

/* Making. */

static void *
take(struct hd_parts *parts, size_t size)
{
	return hd_memory_take(&parts->memory, size, 64);
}

/* The page that shows it all, where the process wants to be seen; else memory like any other. */
static void
make_page(struct hd_parts *parts)
{
	const struct hd_runtime_hooks *hooks = &parts->hooks;
	size_t bytes = HD_STATS_BYTES(parts->topology.shards);
	HD_ASSERT(parts->page == NULL);
	if (hooks->stats_page != NULL)
		parts->page = hooks->stats_page(hooks->context, bytes);
	else
		parts->page = hd_memory_take(&parts->memory, bytes, 4096);
	parts->page->abi = HD_STATS_ABI;
	parts->page->layout = hd_stats_layout();
	parts->page->shards = parts->topology.shards;
	parts->page->commands = HD_CMD_COUNT_;
	parts->page->bytes = bytes;
}

static void
give_page(struct hd_parts *parts)
{
	if (parts->page != NULL && parts->hooks.stats_page == NULL)
		hd_memory_give(&parts->memory, parts->page, HD_STATS_BYTES(parts->topology.shards));
	parts->page = NULL;
}

static void
make_shard(struct hd_parts *parts, uint32_t number)
{
	HD_ASSERT(parts->mesh != NULL && parts->shards[number] == NULL);
	struct hd_shard *shard = take(parts, sizeof *shard);
	parts->shards[number] = shard;
	shard->number = number;
	shard->count = parts->topology.shards;
	shard->reducer = shard->count;
	shard->control = shard->count + 1;
	shard->helper = shard->count + 2;
	shard->forge.threads = !parts->config.forge_off;
	shard->forge.idle = shard->count + 3 + HD_SMITH_IDLE;
	shard->forge.nice = shard->count + 3 + HD_SMITH_NICE;
	shard->forge.budget = parts->config.puzzle_cache;
	shard->forge.floor = parts->config.puzzle_pool ? parts->config.puzzle_pool : HD_PUZZLE_POOL;
	shard->durability = parts->config.durability;
	shard->report = &parts->reports[number];
	shard->mesh = parts->mesh;
	shard->hooks = &parts->hooks;
	shard->ops = parts->hooks.edge;
	shard->hurry = parts->config.hurry;
	shard->taker.events = parts->config.snapshot_events;
	shard->taker.archive = parts->config.archive;
	shard->stats = parts->page->shard;
	shard->status = parts->status;
	shard->tops = parts->tops;
	shard->pulse = &parts->page->shard[number].pulse;
	shard->time = &parts->time;
	shard->tuning = parts->config.tuning;
	shard->slowlogs = parts->slowlogs;
	shard->busy_ns = (int64_t)(parts->config.busy_ms ? parts->config.busy_ms : 20) * NS_PER_MS;
}

static void
make_reducer(struct hd_parts *parts)
{
	uint32_t tick_ms = parts->config.tick_ms ? parts->config.tick_ms : HD_TICK_MS;
	parts->reducer = take(parts, sizeof *parts->reducer);
	parts->reducer->shards = parts->topology.shards;
	parts->reducer->number = parts->topology.shards;
	parts->reducer->tick_ns = (int64_t)tick_ms * NS_PER_MS;
	parts->reducer->stats = &parts->page->reducer;
}

static void
make_control(struct hd_parts *parts)
{
	parts->control = take(parts, sizeof *parts->control);
	parts->control->shards = parts->topology.shards;
	parts->control->number = parts->topology.shards + 1;
	parts->control->config = &parts->config;
	parts->control->hooks = &parts->hooks;
	parts->control->reports = parts->reports;
	parts->control->page = parts->page;
	parts->control->clock.page = &parts->time;
	parts->control->watchdog = (struct hd_watchdog){
		.shards = parts->topology.shards,
		.stats = parts->page->shard,
		.mesh = parts->mesh,
		.hooks = &parts->hooks,
	};
	parts->control->plain = parts->memory;
	parts->control->plain.used = 0;
}

static void
make_helper(struct hd_parts *parts)
{
	parts->helper = take(parts, sizeof *parts->helper);
	parts->helper->shards = parts->topology.shards;
	parts->helper->number = parts->topology.shards + 2;
	parts->helper->archive_max = parts->config.archive_max / parts->topology.shards;
	parts->helper->scrub.period = parts->config.scrub_ns;
	parts->helper->scrub.stats = parts->page->shard;
	parts->helper->scrub.hooks = &parts->hooks;
}

static void
make_smith(struct hd_parts *parts, uint32_t number)
{
	struct hd_smith *smith = take(parts, sizeof *smith);
	HD_ASSERT(number < HD_SMITHS && parts->smiths[number] == NULL);
	smith->shards = smith->served = parts->topology.shards;
	smith->number = parts->topology.shards + 3 + number;
	parts->smiths[number] = smith;
}

void
hd_parts_make(struct hd_parts *parts)
{
	uint32_t shards = parts->topology.shards;
	HD_ASSERT(shards >= 1 && shards <= HD_SHARDS_MAX && parts->mesh == NULL);
	HD_ASSERT(parts->config.memory_bytes > 0 && parts->hooks.wall_clock != NULL);
	if (parts->config.ring_cells != 0)
		parts->topology.ring_cells = parts->config.ring_cells;
	parts->hooks.memory_init(parts->hooks.context, shards + 1, &parts->memory);
	parts->mesh = hd_mesh_create(shards + HD_THREADS_BESIDE, parts->topology.ring_cells);
	make_page(parts);
	parts->status = take(parts, shards * sizeof *parts->status);
	parts->tops = take(parts, shards * sizeof *parts->tops);
	for (uint32_t i = 0; i < shards; i++) {
		parts->slowlogs[i] = hd_slowlog_create(&parts->memory, i);
		make_shard(parts, i);
	}
	make_reducer(parts);
	make_control(parts);
	make_helper(parts);
	for (uint32_t i = 0; i < HD_SMITHS; i++)
		make_smith(parts, i);
}

/* Opening. */

static struct hd_io *
make_io(struct hd_parts *parts, uint32_t thread)
{
	HD_ASSERT(thread < parts->topology.rows_count);
	return parts->hooks.io_create(parts->hooks.context, &parts->topology.rows[thread]);
}

static bool
prepare_shard(struct hd_parts *parts, struct hd_shard *shard)
{
	const struct hd_runtime_hooks *hooks = &parts->hooks;
	HD_ASSERT(shard->io == NULL && shard->edge == NULL);
	shard->io = make_io(parts, shard->number);
	if (shard->io == NULL)
		return false;
	hooks->memory_init(hooks->context, shard->number, &shard->state);
	shard->plain = shard->state;
	shard->plain.budget = 0;
	shard->state.budget = parts->config.memory_bytes;
	hd_shard_prepare(shard);
	shard->edge = hooks->edge_create(hooks->context, shard);
	return shard->edge != NULL;
}

int
hd_parts_open_shard(struct hd_parts *parts, uint32_t number, const char *directory)
{
	HD_ASSERT(number < parts->topology.shards && parts->shards[number] != NULL);
	struct hd_shard *shard = parts->shards[number];
	if (!prepare_shard(parts, shard))
		return HD_EXIT_FAILED;
	const struct hd_runtime_config *config = &parts->config;
	struct hd_log_options options = {
		.directory = directory,
		.shards = parts->topology.shards,
		.segment_bytes = config->segment_bytes ? config->segment_bytes : HD_SEGMENT_DEFAULT,
		.durability = config->durability,
		.window_ns = config->durability_window_ns,
	};
	if (hd_shard_open(shard, &options, config->stop))
		return 0;
	return shard->report->exit ? shard->report->exit : HD_EXIT_DAMAGED;
}

bool
hd_parts_open_reducer(struct hd_parts *parts)
{
	struct hd_reducer *reducer = parts->reducer;
	HD_ASSERT(reducer != NULL && reducer->io == NULL);
	reducer->io = make_io(parts, reducer->number);
	if (reducer->io == NULL)
		return false;
	parts->hooks.memory_init(parts->hooks.context, reducer->number, &reducer->plain);
	hd_reducer_open(reducer, parts->mesh);
	return true;
}

bool
hd_parts_open_helper(struct hd_parts *parts)
{
	struct hd_helper *helper = parts->helper;
	HD_ASSERT(helper != NULL && helper->io == NULL);
	helper->io = make_io(parts, helper->number);
	if (helper->io == NULL)
		return false;
	parts->hooks.memory_init(parts->hooks.context, helper->number, &helper->plain);
	hd_helper_open(helper, parts->mesh);
	return true;
}

bool
hd_parts_open_smith(struct hd_parts *parts, uint32_t number)
{
	struct hd_smith *smith = parts->smiths[number];
	HD_ASSERT(smith != NULL && smith->io == NULL);
	HD_ASSERT(parts->topology.rows[smith->number].role == HD_ROLE_FORGE);
	smith->io = make_io(parts, smith->number);
	if (smith->io == NULL)
		return false;
	parts->hooks.memory_init(parts->hooks.context, smith->number, &smith->plain);
	hd_smith_open(smith, parts->mesh);
	return true;
}

bool
hd_parts_open_control(struct hd_parts *parts)
{
	struct hd_control *control = parts->control;
	HD_ASSERT(control != NULL && control->io == NULL);
	HD_ASSERT(parts->topology.rows[control->number].role == HD_ROLE_CONTROL);
	control->io = make_io(parts, control->number);
	if (control->io == NULL)
		return false;
	const struct hd_runtime_hooks *hooks = &parts->hooks;
	if (hooks->desk != NULL) {
		control->desk = hooks->desk->create(hooks->context, control->io, &control->plain,
						    parts->page);
		if (control->desk == NULL) {
			hd_parts_drop_io(parts, control->io);
			control->io = NULL;
			return false;
		}
	}
	control->boot = control->io->ops->now(control->io);
	hd_clock_start(&control->clock, control->boot, hooks->wall_clock(hooks->context));
	hd_control_open(control, parts->mesh);
	return true;
}

/* Ending. */

bool
hd_parts_end_shard(struct hd_parts *parts, uint32_t number)
{
	struct hd_shard *shard = parts->shards[number];
	HD_ASSERT(shard != NULL);
	bool good = shard->post == NULL || hd_shard_end(shard);
	if (shard->edge != NULL)
		parts->hooks.edge_destroy(parts->hooks.context, shard->edge);
	return good;
}

void
hd_parts_drop_io(struct hd_parts *parts, struct hd_io *io)
{
	if (io != NULL)
		parts->hooks.io_destroy(parts->hooks.context, io);
}

static void
give(struct hd_parts *parts, void *at, size_t size)
{
	hd_memory_give(&parts->memory, at, size);
}

void
hd_parts_free(struct hd_parts *parts)
{
	uint32_t shards = parts->topology.shards;
	if (parts->mesh == NULL)
		return;
	for (uint32_t i = 0; i < shards; i++) {
		hd_shard_free(parts->shards[i]);
		give(parts, parts->shards[i], sizeof *parts->shards[i]);
		hd_slowlog_destroy(parts->slowlogs[i], &parts->memory);
	}
	if (parts->reducer->post != NULL)
		hd_reducer_close(parts->reducer);
	if (parts->control->post != NULL)
		hd_control_close(parts->control);
	if (parts->helper->post != NULL)
		hd_helper_close(parts->helper);
	for (uint32_t i = 0; i < HD_SMITHS; i++) {
		if (parts->smiths[i]->post != NULL)
			hd_smith_close(parts->smiths[i]);
		give(parts, parts->smiths[i], sizeof *parts->smiths[i]);
	}
	hd_mesh_destroy(parts->mesh);
	parts->mesh = NULL;
	give(parts, parts->reducer, sizeof *parts->reducer);
	give(parts, parts->control, sizeof *parts->control);
	give(parts, parts->helper, sizeof *parts->helper);
	give_page(parts);
	give(parts, parts->status, shards * sizeof *parts->status);
	give(parts, parts->tops, shards * sizeof *parts->tops);
	HD_ASSERT(parts->memory.used == 0);
}
