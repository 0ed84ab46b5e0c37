/* Hunt-wide orders on a shard (DESIGN 4). Shard 0 numbers and logs them, sends each once it is
 * flushed, and calls it done when every other shard has it flushed too. Control speaks to shard 0
 * only, one order at a time. */
#include "shard/orders/orders.h"
#include "huntd/wire.h"
#include "shard/inside.h"

/* The asker. */

void
hd_orders_ask(struct hd_shard *shard, const struct hd_command *command, uint64_t token)
{
	HD_ASSERT(hd_command_rows[command->verb].route == HD_ROUTE_ORDER);
	struct hd_block *block = hd_blocks_take(&shard->blocks, hd_command_size_max(command));
	struct hd_writer writer = hd_block_writer(block);
	hd_command_encode(command, &writer);
	HD_ASSERT(!writer.full);
	hd_block_written(block, &writer);
	struct hd_cell cell = {.type = HD_CELL_ORDER_ASK, .token = token, .block = block};
	hd_shard_send(shard, shard->control, &cell);
	shard->orders.asked++;
	HD_COUNT(hd_shard_mine(shard)->command_calls[command->verb], 1);
	HD_COUNT(hd_shard_mine(shard)->commands_total, 1);
}

void
hd_orders_reply(struct hd_shard *shard, const struct hd_cell *cell)
{
	struct hd_reply reply;
	HD_ASSERT(shard->orders.asked > 0);
	bool ok = hd_reply_decode(hd_block_used(cell->block), &reply);
	HD_ASSERT(ok);
	shard->orders.asked--;
	shard->ops->reply(shard->edge, cell->token, &reply, 0);
	hd_post_give(shard->post, cell->block);
}

/* Shard 0: what control asks. */

static bool
newest_from(const struct hd_shard *shard, struct hd_bytes source)
{
	struct hd_document_version at;
	for (uint32_t hunt = 0; hunt < hd_core_hunts(shard->core); hunt++) {
		const struct hd_definition *definition =
			hd_core_definition(shard->core, (uint16_t)hunt);
		if (definition != NULL &&
		    hd_core_document_from(shard->core, definition->id, source, &at))
			return true;
	}
	return false;
}

void
hd_orders_fetch(struct hd_shard *shard, const struct hd_cell *cell)
{
	HD_ASSERT(shard->number == 0);
	struct hd_reader reader = hd_reader_of(hd_block_used(cell->block));
	struct hd_bytes name = hd_read_bytes(&reader, HD_BULK_MAX);
	struct hd_bytes source = hd_read_bytes(&reader, HD_BULK_MAX);
	struct hd_document_version now = {0}, old = {0};
	bool found = false;
	HD_ASSERT(!reader.bad);
	if (name.size == 0)
		found = newest_from(shard, source);
	else if (hd_core_document(shard->core, name, 0, &now) && source.size > 0)
		found = hd_core_document_from(shard->core, name, source, &old);
	else if (cell->a != 0)
		found = hd_core_document(shard->core, name, (uint32_t)cell->a, &old);
	hd_post_give(shard->post, cell->block);
	struct hd_block *block =
		hd_blocks_take(&shard->blocks, now.definition.size + old.text.size + 64);
	struct hd_writer writer = hd_block_writer(block);
	struct hd_fetched fetched = {now.version, found, now.definition, old.text};
	hd_fetched_encode(&fetched, &writer);
	HD_ASSERT(!writer.full);
	hd_block_written(block, &writer);
	struct hd_cell answer = {.type = HD_CELL_FETCHED, .block = block};
	hd_shard_send(shard, shard->control, &answer);
}

static enum hd_error
check_order(const struct hd_shard *shard, const struct hd_order *order, uint32_t size)
{
	uint16_t hunt;
	bool known = order->name.size > 0 && hd_core_hunt_find(shard->core, order->name, &hunt);
	if (order->kind == HD_ORDER_PHASE && !known)
		return HD_ERR_NOHUNT;
	if (order->kind != HD_ORDER_DOCUMENT)
		return HD_ERR_NONE;
	if (!known && hd_core_hunts(shard->core) == HD_HUNTS_MAX)
		return HD_ERR_OOM;
	if (!hd_memory_has(&shard->state, 4ull * size + HD_MIB))
		return HD_ERR_OOM;
	return hd_log_room(shard->log);
}

static struct hd_open_order *
open_order(struct hd_shard *shard, uint64_t n, uint64_t lsn, int64_t time, struct hd_bytes body)
{
	struct hd_orders *orders = &shard->orders;
	HD_ASSERT(orders->open_count < HD_OPEN_ORDERS_MAX);
	struct hd_open_order *open = &orders->open[orders->open_count++];
	*open = (struct hd_open_order){.n = n, .lsn = lsn, .time = time};
	open->body = hd_blocks_take(&shard->blocks, body.size);
	memcpy(hd_block_bytes(open->body), body.at, body.size);
	open->body->used = body.size;
	return open;
}

static void
refuse(struct hd_shard *shard, enum hd_error error)
{
	struct hd_cell answer = {.type = HD_CELL_IN_FORCE, .b = error};
	hd_shard_send(shard, shard->control, &answer);
}

void
hd_orders_propose(struct hd_shard *shard, const struct hd_cell *cell)
{
	HD_ASSERT(shard->number == 0 && shard->started);
	struct hd_bytes body = hd_block_used(cell->block);
	struct hd_order order;
	bool ok = hd_order_decode(body, &order);
	HD_ASSERT(ok);
	enum hd_error error = check_order(shard, &order, body.size);
	if (error == HD_ERR_NONE) {
		uint64_t n = hd_core_order(shard->core) + 1;
		struct hd_event event = {.type = HD_EVENT_ORDER, .order = n, .text = body};
		uint64_t lsn = hd_step_event(shard, &event);
		open_order(shard, n, lsn, event.stamp, body)->proposed = true;
		hd_log_want_flush(shard->log);
		hd_views_touch_all(shard);
		hd_forge_look(shard);
	} else {
		refuse(shard, error);
	}
	hd_post_give(shard->post, cell->block);
}

/* The other shards. */

static void
owe_answer(struct hd_shard *shard, uint64_t n, uint64_t lsn)
{
	struct hd_orders *orders = &shard->orders;
	HD_ASSERT(orders->owed_count < HD_OPEN_ORDERS_MAX);
	orders->owed[orders->owed_count].n = n;
	orders->owed[orders->owed_count++].lsn = lsn;
	hd_log_want_flush(shard->log);
}

void
hd_orders_take(struct hd_shard *shard, const struct hd_cell *cell)
{
	HD_ASSERT(shard->number != 0 && shard->started);
	uint64_t n = (uint64_t)cell->a, known = hd_core_order(shard->core);
	HD_ASSERT(n <= known + 1);
	uint64_t lsn = hd_log_tail(shard->log);
	if (n == known + 1) {
		struct hd_event event = {.type = HD_EVENT_ORDER,
					 .order = n,
					 .text = hd_block_used(cell->block),
					 .has = HD_EVENT_HAS_AT,
					 .time = cell->b};
		lsn = hd_step_event(shard, &event);
		hd_views_touch_all(shard);
		hd_forge_look(shard);
	}
	owe_answer(shard, n, lsn);
	hd_post_give(shard->post, cell->block);
}

static void
pay_answers(struct hd_shard *shard)
{
	struct hd_orders *orders = &shard->orders;
	uint64_t flushed = hd_log_flushed(shard->log);
	uint32_t paid = 0;
	while (paid < orders->owed_count && orders->owed[paid].lsn <= flushed) {
		struct hd_cell cell = {.type = HD_CELL_ORDERED, .a = (int64_t)orders->owed[paid].n};
		hd_shard_send(shard, 0, &cell);
		paid++;
	}
	orders->owed_count -= paid;
	memmove(orders->owed, orders->owed + paid, orders->owed_count * sizeof orders->owed[0]);
}

/* Shard 0: an order's way to all. */

static void
send_order(struct hd_shard *shard, struct hd_open_order *open)
{
	for (uint32_t to = 1; to < shard->count; to++) {
		struct hd_block *copy = hd_blocks_take(&shard->blocks, open->body->used);
		memcpy(hd_block_bytes(copy), hd_block_bytes(open->body), open->body->used);
		copy->used = open->body->used;
		struct hd_cell cell = {.type = HD_CELL_ORDER,
				       .a = (int64_t)open->n,
				       .b = open->time,
				       .block = copy};
		hd_shard_send(shard, to, &cell);
	}
	open->sent = true;
}

static void
forget_first(struct hd_shard *shard)
{
	struct hd_orders *orders = &shard->orders;
	HD_ASSERT(orders->open_count > 0);
	hd_blocks_put(&shard->blocks, orders->open[0].body);
	orders->open_count--;
	memmove(orders->open, orders->open + 1, orders->open_count * sizeof orders->open[0]);
}

void
hd_orders_answered(struct hd_shard *shard, const struct hd_cell *cell)
{
	struct hd_orders *orders = &shard->orders;
	HD_ASSERT(shard->number == 0);
	HD_ASSERT(orders->open_count > 0 && orders->open[0].n == (uint64_t)cell->a);
	orders->open[0].answers++;
}

static void
finish_first(struct hd_shard *shard)
{
	struct hd_open_order *open = &shard->orders.open[0];
	struct hd_event done = {.type = HD_EVENT_DONE, .order = open->n};
	hd_step_event(shard, &done);
	if (open->proposed) {
		struct hd_cell cell = {.type = HD_CELL_IN_FORCE, .a = (int64_t)open->n};
		hd_shard_send(shard, shard->control, &cell);
	}
	forget_first(shard);
}

static void
resumed(struct hd_shard *shard)
{
	struct hd_cell cell = {.type = HD_CELL_RESUMED,
			       .a = (int64_t)hd_core_order(shard->core),
			       .b = shard->orders.ids_max,
			       .c = shard->orders.ids_age_ns};
	shard->orders.resuming = false;
	hd_shard_send(shard, shard->control, &cell);
}

void
hd_orders_pass(struct hd_shard *shard)
{
	struct hd_orders *orders = &shard->orders;
	if (orders->owed_count > 0)
		pay_answers(shard);
	if (!shard->started)
		return;
	while (orders->open_count > 0) {
		struct hd_open_order *open = &orders->open[0];
		if (!open->sent && hd_log_flushed(shard->log) < open->lsn)
			break;
		if (!open->sent)
			send_order(shard, open);
		if (open->answers < shard->count - 1)
			break;
		finish_first(shard);
		shard->again = true; /* DONE is to be logged by a pass of its own */
	}
	if (orders->resuming && orders->open_count == 0)
		resumed(shard);
}

/* Replay. */

static void
replayed_setting(struct hd_orders *orders, struct hd_bytes body)
{
	struct hd_order order;
	if (!hd_order_decode(body, &order) || order.kind != HD_ORDER_SETTING)
		return;
	if (hd_bytes_equal(order.name, HD_BYTES("ids_max")))
		orders->ids_max = order.value;
	else if (hd_bytes_equal(order.name, HD_BYTES("ids_age")))
		orders->ids_age_ns = order.value;
}

bool
hd_orders_replayed(struct hd_shard *shard, const struct hd_event *event, uint64_t lsn)
{
	struct hd_orders *orders = &shard->orders;
	HD_ASSERT(!shard->started);
	if (shard->number != 0)
		return true;
	if (event->type == HD_EVENT_ORDER) {
		if (orders->open_count == HD_OPEN_ORDERS_MAX)
			return false;
		replayed_setting(orders, event->text);
		open_order(shard, event->order, lsn, event->time, event->text);
	} else if (event->type == HD_EVENT_DONE) {
		if (orders->open_count == 0 || orders->open[0].n != event->order)
			return false;
		forget_first(shard);
	}
	return true;
}

void
hd_orders_fini(struct hd_shard *shard)
{
	while (shard->orders.open_count > 0)
		forget_first(shard);
	HD_ASSERT(shard->orders.open_count == 0);
}
