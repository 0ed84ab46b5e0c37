/* shard.h's functions: what may come in, where it goes, and what the edge may know. */
#include "shard/inside.h"
#include "shard/probe/probe.h"

static enum hd_admit
busy(struct hd_shard *shard, uint32_t target, uint8_t verb, enum hd_error why, enum hd_error *error)
{
	HD_ASSERT(why != HD_ERR_NONE && target < shard->count);
	HD_COUNT(hd_shard_mine(shard)->busy_total, 1);
	if (hd_probe_wants(HD_PROBE_OVERLOAD_REFUSAL))
		hd_probe_overload_refusal(shard->number, target, verb, why,
					  HD_METRIC(shard->stats[target].metrics.undecided));
	*error = why;
	return HD_ADMIT_BUSY;
}

static enum hd_admit
admit_credit(struct hd_shard *shard, uint32_t target, uint8_t verb, enum hd_error *error)
{
	bool late;
	if (HD_LIKELY(hd_remote_credit(shard, target, &late)))
		return HD_ADMIT_YES;
	return late ? busy(shard, target, verb, HD_ERR_BUSY, error) : HD_ADMIT_WAIT;
}

static enum hd_admit
admit_to_shard(struct hd_shard *shard, const struct hd_command *command, bool writes,
	       enum hd_error *error)
{
	uint32_t target = hd_slot_shard(command->slot, shard->count);
	const struct hd_status *status = &shard->status[target];
	enum hd_error room = HD_ERR_NONE;
	if (writes && target == shard->number)
		room = hd_remote_room(shard);
	else if (writes)
		room = (enum hd_error)atomic_load_explicit(&status->room, memory_order_relaxed);
	if (HD_UNLIKELY(room != HD_ERR_NONE))
		return busy(shard, target, command->verb, room, error);
	if (atomic_load_explicit(&status->stands, memory_order_relaxed))
		return busy(shard, target, command->verb, HD_ERR_BUSY, error);
	return admit_credit(shard, target, command->verb, error);
}

static enum hd_admit
admit_gather(struct hd_shard *shard, const struct hd_command *command, enum hd_error *error)
{
	if (command->verb == HD_CMD_EVENTS && shard->pages.running == HD_GATHERS_MAX)
		return HD_ADMIT_WAIT;
	if (hd_gathers_is_long(command) && shard->gathers.long_running >= HD_GATHERS_MAX)
		return HD_ADMIT_WAIT;
	enum hd_admit admit = HD_ADMIT_YES;
	for (uint32_t target = 0; target < shard->count && admit == HD_ADMIT_YES; target++)
		admit = admit_credit(shard, target, command->verb, error);
	return admit;
}

enum hd_admit
hd_shard_admit(struct hd_shard *shard, const struct hd_command *command, enum hd_error *error)
{
	HD_ASSERT(command->verb < HD_CMD_COUNT_);
	enum hd_route route = hd_command_rows[command->verb].route;
	HD_ASSERT(route != HD_ROUTE_EDGE);
	if (HD_UNLIKELY(!shard->serving))
		return busy(shard, shard->number, command->verb, HD_ERR_LOADING, error);
	if (shard->pass_commands >= HD_PASS_COMMANDS || HD_UNLIKELY(shard->late)) {
		shard->again = true;
		return HD_ADMIT_WAIT;
	}
	switch (route) {
	case HD_ROUTE_ENTRANT:
	case HD_ROUTE_READ:
		return admit_to_shard(shard, command, route == HD_ROUTE_ENTRANT, error);
	case HD_ROUTE_BOARD:
		if (HD_UNLIKELY(shard->builds.running) && hd_builds_wait(shard, command))
			return HD_ADMIT_WAIT; /* hd_builds_pass sees to the next pass */
		if (!hd_shard_is_local(shard, command))
			return admit_gather(shard, command, error);
		return admit_credit(shard, shard->number, command->verb, error);
	case HD_ROUTE_ORDER:
		return shard->orders.asked < HD_OPEN_ORDERS_MAX ? HD_ADMIT_YES : HD_ADMIT_WAIT;
	default:
		return admit_credit(shard, shard->number, command->verb, error);
	}
}

/* Where one shard is all there is a dense rank walks the distinct scores above it: on a board of
 * many it goes in slices, as a gather of one. */
static bool
is_short(const struct hd_shard *shard, const struct hd_command *command)
{
	uint16_t hunt;
	if (command->mode != HD_MODE_DENSE || !hd_core_hunt_find(shard->core, command->hunt, &hunt))
		return true;
	return hd_core_hunt_entrants(shard->core, hunt) <= HD_DENSE_AT_ONCE;
}

bool
hd_shard_is_local(const struct hd_shard *shard, const struct hd_command *command)
{
	HD_ASSERT(command->verb < HD_CMD_COUNT_);
	switch (hd_command_rows[command->verb].route) {
	case HD_ROUTE_ENTRANT:
	case HD_ROUTE_READ:
		return hd_slot_shard(command->slot, shard->count) == shard->number;
	case HD_ROUTE_BOARD:
		return shard->count == 1 && command->verb != HD_CMD_EVENTS &&
		       is_short(shard, command);
	case HD_ROUTE_ORDER:
		return false;
	default:
		return true;
	}
}

void
hd_shard_give(struct hd_shard *shard, struct hd_command *command, uint64_t token, int64_t arrived,
	      bool local)
{
	HD_ASSERT(shard->serving);
	HD_ASSERT(command->verb < HD_CMD_COUNT_);
	shard->pass_commands++;
	if (arrived == 0)
		arrived = shard->boot;
	if (HD_LIKELY(local)) {
		hd_remote_take(shard, shard->number);
		shard->batch[shard->batch_count++] = (struct hd_work){command, token, arrived};
		if (shard->batch_count == HD_BATCH_MAX)
			hd_shard_decide(shard);
		return;
	}
	hd_latency_send(shard, arrived);
	switch (hd_command_rows[command->verb].route) {
	case HD_ROUTE_ORDER:
		hd_orders_ask(shard, command, token);
		break;
	case HD_ROUTE_BOARD:
		hd_gathers_give(shard, command, token);
		break;
	default:
		hd_remote_give(shard, hd_slot_shard(command->slot, shard->count), command, token);
	}
}

static void
answer_edge(struct hd_shard *shard, uint32_t asker, uint64_t token, const struct hd_reply *reply,
	    uint64_t lsn)
{
	(void)asker;
	shard->ops->reply(shard->edge, token, reply, lsn);
}

void
hd_shard_decide(struct hd_shard *shard)
{
	HD_ASSERT(shard->batch_count <= HD_BATCH_MAX);
	uint32_t count = shard->batch_count;
	if (count == 0)
		return;
	shard->batch_count = 0;
	count -= hd_step_run(shard, shard->batch, count, shard->number, answer_edge);
	HD_ASSERT(shard->remote.open[shard->number] >= count);
	shard->remote.open[shard->number] -= count;
}

void
hd_shard_save(struct hd_shard *shard)
{
	struct hd_cell cell = {.type = HD_CELL_SAVE};
	HD_ASSERT(shard->serving);
	for (uint32_t to = 0; to < shard->count; to++)
		hd_shard_send(shard, to, &cell);
}

uint64_t
hd_shard_durable(const struct hd_shard *shard)
{
	return shard->log == NULL ? 0 : hd_log_durable(shard->log);
}

uint64_t
hd_shard_tail(const struct hd_shard *shard)
{
	return shard->log == NULL ? 0 : hd_log_tail(shard->log);
}

uint32_t
hd_shard_number(const struct hd_shard *shard)
{
	return shard->number;
}

uint32_t
hd_shard_count(const struct hd_shard *shard)
{
	return shard->count;
}

bool
hd_shard_loading(const struct hd_shard *shard, uint32_t *percent)
{
	if (percent != NULL)
		*percent = shard->serving ? 100 : shard->percent;
	return !shard->serving;
}

const struct hd_core *
hd_shard_core(const struct hd_shard *shard)
{
	return shard->core;
}

struct hd_memory *
hd_shard_memory(struct hd_shard *shard)
{
	return &shard->edges;
}

struct hd_io *
hd_shard_io(struct hd_shard *shard)
{
	return shard->io;
}

struct hd_metrics *
hd_shard_metrics(struct hd_shard *shard, uint32_t of)
{
	HD_ASSERT(of < shard->count);
	return &shard->stats[of].metrics;
}

struct hd_tuning *
hd_shard_tuning(struct hd_shard *shard)
{
	return shard->tuning;
}

struct hd_slowlog *
hd_shard_slowlog(struct hd_shard *shard, uint32_t of)
{
	HD_ASSERT(of < shard->count);
	return shard->slowlogs[of];
}

const struct hd_shard_stats *
hd_shard_stats(const struct hd_shard *shard, uint32_t of)
{
	HD_ASSERT(of < shard->count);
	return &shard->stats[of];
}

int64_t
hd_shard_clock(const struct hd_shard *shard)
{
	return shard->clock;
}
