/* Boards as pub/sub messages: a snapshot of the first rows, then what changed with each view.
 *
 * The edge keeps the last view of every board that it was handed. Who subscribes to a board it
 * knows gets a snapshot at once; the first view of a board is a snapshot for all. A message is made
 * once a view and copied to each follower. A follower whose unsent bytes pass EDGE_FEED_LAG is left
 * out until it has taken them all, then gets fresh snapshots marked "resync": so a feed never holds
 * more than the lag and a few snapshots, and nobody is closed for falling behind. Only who follows
 * so much that its snapshots alone are too many is: at once over HD_FEED_CLOSE_MAX, over
 * HD_FEED_UNSENT_MAX after HD_UNSENT_SECONDS. */
#include <stdio.h>

#include "net/conn/inside.h"

#define CHANNEL_MAX (sizeof "board::" + 2 * HD_ID_MAX)
#define JSON_MAX                                                                                   \
	(64u * HD_KIB) /* HD_VIEW_ROWS rows with every id byte escaped, and as many ids that left  \
			*/

static_assert(JSON_MAX >= HD_VIEW_ROWS * 2 * (2 * HD_ID_MAX + 64), "a message fits");

struct feed {
	struct feed *next;
	uint32_t name_size;
	uint8_t name[CHANNEL_MAX];
	struct hd_view view;
};

struct subscription {
	struct subscription *next;
	uint32_t room;
	uint32_t size;
	bool pattern;
	uint8_t name[];
};

/* JSON. */

static void
text_put(struct hd_writer *w, const char *text)
{
	hd_write_fixed(w, text, (uint32_t)strlen(text));
}

static void
number_put(struct hd_writer *w, int64_t value)
{
	uint8_t digits[20];
	hd_write_fixed(w, digits, (uint32_t)(hd_resp_decimal(digits, value) - digits));
}

/* Ids are UTF-8 without control characters: quotes and backslashes are all there is to escape. */
static void
id_put(struct hd_writer *w, const struct hd_view_row *row)
{
	hd_write_u8(w, '"');
	for (uint32_t i = 0; i < row->id_size; i++) {
		if (row->id[i] == '"' || row->id[i] == '\\')
			hd_write_u8(w, '\\');
		hd_write_u8(w, row->id[i]);
	}
	hd_write_u8(w, '"');
}

static uint32_t
rank_of(const struct hd_view *view, uint32_t row)
{
	while (row && view->rows[row - 1].score == view->rows[row].score &&
	       view->rows[row - 1].sub == view->rows[row].sub)
		row--;
	return row + 1;
}

static void
row_put(struct hd_writer *w, const struct hd_view *view, uint32_t row, bool *first)
{
	text_put(w, *first ? "[" : ",[");
	*first = false;
	number_put(w, rank_of(view, row));
	hd_write_u8(w, ',');
	id_put(w, &view->rows[row]);
	hd_write_u8(w, ',');
	number_put(w, view->rows[row].score);
	hd_write_u8(w, ']');
}

static struct hd_bytes
snapshot_make(struct hd_edge *edge, const struct hd_view *view, bool resync)
{
	struct hd_writer w = hd_writer_of(edge->scratch, JSON_MAX);
	bool first = true;
	text_put(&w, "{\"v\":");
	number_put(&w, (int64_t)view->version);
	text_put(&w, resync ? ",\"resync\":true,\"rows\":[" : ",\"rows\":[");
	for (uint32_t i = 0; i < view->rows_count; i++)
		row_put(&w, view, i, &first);
	text_put(&w, "]}");
	HD_ASSERT(!w.full);
	return hd_bytes_of(edge->scratch, (size_t)(w.at - edge->scratch));
}

/* The row of the same entrant; rows_count where there is none. */
static uint32_t
row_find(const struct hd_view *view, const struct hd_view_row *row)
{
	uint32_t i = 0;
	while (i < view->rows_count && (view->rows[i].id_size != row->id_size ||
					memcmp(view->rows[i].id, row->id, row->id_size) != 0))
		i++;
	return i;
}

static struct hd_bytes
delta_make(struct hd_edge *edge, const struct hd_view *old, const struct hd_view *view)
{
	struct hd_writer w = hd_writer_of(edge->scratch, JSON_MAX);
	bool first = true;
	text_put(&w, "{\"v\":");
	number_put(&w, (int64_t)view->version);
	text_put(&w, ",\"from\":");
	number_put(&w, (int64_t)old->version);
	text_put(&w, ",\"rows\":[");
	for (uint32_t i = 0; i < view->rows_count; i++) {
		uint32_t was = row_find(old, &view->rows[i]);
		bool same = was < old->rows_count && old->rows[was].score == view->rows[i].score &&
			    rank_of(old, was) == rank_of(view, i);
		if (!same)
			row_put(&w, view, i, &first);
	}
	text_put(&w, "],\"out\":[");
	first = true;
	for (uint32_t i = 0; i < old->rows_count; i++) {
		if (row_find(view, &old->rows[i]) < view->rows_count)
			continue;
		text_put(&w, first ? "" : ",");
		first = false;
		id_put(&w, &old->rows[i]);
	}
	text_put(&w, "]}");
	HD_ASSERT(!w.full);
	return hd_bytes_of(edge->scratch, (size_t)(w.at - edge->scratch));
}

/* Messages. */

static struct hd_bytes
feed_name(const struct feed *feed)
{
	return hd_bytes_of(feed->name, feed->name_size);
}

static struct hd_bytes
subscription_name(const struct subscription *s)
{
	return hd_bytes_of(s->name, s->size);
}

static bool
follows(const struct subscription *s, const struct feed *feed)
{
	if (s->pattern)
		return hd_glob(subscription_name(s), feed_name(feed));
	return hd_bytes_equal(subscription_name(s), feed_name(feed));
}

static void
message_send(struct hd_edge *edge, struct conn *conn, const struct subscription *s,
	     const struct feed *feed, struct hd_bytes payload)
{
	uint32_t room = payload.size + s->size + feed->name_size + 128;
	if (conn->doomed)
		return;
	if (conn_unsent(conn) + room > HD_FEED_CLOSE_MAX) {
		HD_COUNT(edge->metrics->connections_closed_slow_total, 1);
		hd_conn_doom(edge, conn);
		return;
	}
	uint8_t *at = hd_output_room(edge, conn, room);
	struct hd_writer w = hd_writer_of(at, room);
	hd_resp_push(&w, conn->protocol, s->pattern ? 4 : 3);
	hd_resp_bulk(&w, s->pattern ? HD_BYTES("pmessage") : HD_BYTES("message"));
	if (s->pattern)
		hd_resp_bulk(&w, subscription_name(s));
	hd_resp_bulk(&w, feed_name(feed));
	hd_resp_bulk(&w, payload);
	HD_ASSERT(!w.full);
	hd_output_wrote(edge, conn, (uint32_t)(w.at - at), 0);
}

static void
feed_send(struct hd_edge *edge, struct conn *conn, const struct feed *feed, struct hd_bytes payload)
{
	for (const struct subscription *s = conn->subscriptions; s; s = s->next)
		if (follows(s, feed))
			message_send(edge, conn, s, feed, payload);
}

void
hd_pubsub_caught_up(struct hd_edge *edge, struct conn *conn)
{
	conn->lagging = false;
	for (const struct feed *feed = edge->feeds; feed && conn->subscriptions; feed = feed->next)
		feed_send(edge, conn, feed, snapshot_make(edge, &feed->view, true));
}

/* Feeds. */

static struct feed *
feed_of(struct hd_edge *edge, uint16_t hunt, uint16_t board)
{
	struct feed *feed = edge->feeds;
	while (feed && (feed->view.hunt != hunt || feed->view.board != board))
		feed = feed->next;
	return feed;
}

static struct feed *
feed_make(struct hd_edge *edge, const struct hd_view *view)
{
	const struct hd_definition *d = hd_core_definition(hd_shard_core(edge->shard), view->hunt);
	if (!d || view->board >= d->boards_count)
		return NULL;
	struct feed *feed = hd_memory_take(edge->memory, sizeof *feed, 8);
	struct hd_writer w = hd_writer_of(feed->name, sizeof feed->name);
	text_put(&w, "board:");
	hd_write_fixed(&w, d->id.at, d->id.size);
	hd_write_u8(&w, ':');
	hd_write_fixed(&w, d->boards[view->board].id.at, d->boards[view->board].id.size);
	feed->name_size = (uint32_t)(w.at - feed->name);
	feed->next = edge->feeds;
	edge->feeds = feed;
	return feed;
}

static void
publish(struct hd_edge *edge, const struct feed *feed, struct hd_bytes payload)
{
	uint32_t slot = 0;
	for (struct conn *conn; (conn = hd_conn_next(edge, &slot)) != NULL;) {
		if (!conn->subscriptions || conn->doomed || conn->lagging)
			continue;
		if (conn_unsent(conn) > EDGE_FEED_LAG)
			conn->lagging = true;
		else
			feed_send(edge, conn, feed, payload);
	}
}

void
hd_pubsub_view(struct hd_edge *edge, const struct hd_view *view)
{
	struct feed *feed = feed_of(edge, view->hunt, view->board);
	bool known = feed != NULL;
	if (!known && (feed = feed_make(edge, view)) == NULL)
		return;
	if (edge->subscribers)
		publish(edge, feed,
			known ? delta_make(edge, &feed->view, view)
			      : snapshot_make(edge, view, false));
	feed->view = *view;
}

/* Commands. */

static struct subscription **
subscription_find(struct conn *conn, struct hd_bytes name, bool pattern)
{
	struct subscription **at = &conn->subscriptions;
	while (*at && ((*at)->pattern != pattern || !hd_bytes_equal(subscription_name(*at), name)))
		at = &(*at)->next;
	return at;
}

static void
subscription_drop(struct hd_edge *edge, struct conn *conn, struct subscription **at)
{
	struct subscription *s = *at;
	*at = s->next;
	hd_buffers_give(&edge->buffers, s, s->room);
	if (--conn->subscriptions_count == 0) {
		edge->subscribers--;
		conn->lagging = false;
	}
}

/* `["subscribe", channel, count]` and its like; name.at NULL: nil. */
static void
confirm(struct call *call, const char *what, struct hd_bytes name)
{
	uint32_t room = name.size + 96;
	uint8_t *at = hd_output_room(call->edge, call->conn, room);
	struct hd_writer w = hd_writer_of(at, room);
	hd_resp_push(&w, call->conn->protocol, 3);
	hd_resp_bulk(&w, hd_bytes_str(what));
	if (name.at)
		hd_resp_bulk(&w, name);
	else
		hd_write_fixed(&w, call->conn->protocol == 3 ? "_\r\n" : "$-1\r\n",
			       call->conn->protocol == 3 ? 3 : 5);
	hd_resp_integer(&w, call->conn->subscriptions_count);
	HD_ASSERT(!w.full);
	hd_output_wrote(call->edge, call->conn, (uint32_t)(w.at - at), 0);
}

static struct subscription *
subscription_add(struct hd_edge *edge, struct conn *conn, struct hd_bytes name, bool pattern)
{
	struct subscription **at = subscription_find(conn, name, pattern);
	if (*at)
		return NULL;
	uint32_t room;
	struct subscription *s =
		(void *)hd_buffers_take(&edge->buffers, sizeof *s + name.size, &room);
	*s = (struct subscription){.room = room, .size = name.size, .pattern = pattern};
	if (name.size)
		memcpy(s->name, name.at, name.size);
	*at = s;
	edge->subscribers += conn->subscriptions_count++ == 0;
	return s;
}

#define SUBSCRIPTIONS_MAX 1024u
#define PATTERN_MAX       256u

void
hd_call_subscribe(struct call *call)
{
	struct hd_edge *edge = call->edge;
	bool pattern = hd_args_is(call->request->words[0], "PSUBSCRIBE");
	for (uint32_t i = 1; i < call->request->count; i++) {
		if (call->request->words[i].size > PATTERN_MAX ||
		    call->conn->subscriptions_count >= SUBSCRIPTIONS_MAX) {
			hd_call_error(call, HD_ERR_TOO_LONG,
				      "a channel has at most 256 bytes, a connection 1024 of them");
			return;
		}
	}
	call->silent = true;
	for (uint32_t i = 1; i < call->request->count; i++) {
		struct hd_bytes name = call->request->words[i];
		const struct subscription *s = subscription_add(edge, call->conn, name, pattern);
		confirm(call, pattern ? "psubscribe" : "subscribe", name);
		for (const struct feed *feed = edge->feeds; s && feed; feed = feed->next)
			if (follows(s, feed))
				message_send(edge, call->conn, s, feed,
					     snapshot_make(edge, &feed->view, false));
	}
}

void
hd_call_unsubscribe(struct call *call)
{
	bool pattern = hd_args_is(call->request->words[0], "PUNSUBSCRIBE");
	const char *what = pattern ? "punsubscribe" : "unsubscribe";
	struct conn *conn = call->conn;
	call->silent = true;
	for (uint32_t i = 1; i < call->request->count; i++) {
		struct subscription **at =
			subscription_find(conn, call->request->words[i], pattern);
		if (*at)
			subscription_drop(call->edge, conn, at);
		confirm(call, what, call->request->words[i]);
	}
	if (call->request->count > 1)
		return;
	bool any = false;
	for (struct subscription **at = &conn->subscriptions; *at;) {
		if ((*at)->pattern != pattern) {
			at = &(*at)->next;
			continue;
		}
		uint8_t name[PATTERN_MAX];
		uint32_t size = (*at)->size;
		memcpy(name, (*at)->name, size);
		subscription_drop(call->edge, conn, at);
		confirm(call, what, hd_bytes_of(name, size));
		any = true;
	}
	if (!any)
		confirm(call, what, (struct hd_bytes){0});
}

void
hd_call_publish(struct call *call)
{
	hd_call_error(call, HD_ERR_UNSUPPORTED,
		      "PUBLISH is not offered: boards publish themselves on board:<hunt>:<board>");
}

void
hd_pubsub_leave(struct hd_edge *edge, struct conn *conn)
{
	while (conn->subscriptions)
		subscription_drop(edge, conn, &conn->subscriptions);
}

void
hd_pubsub_fini(struct hd_edge *edge)
{
	while (edge->feeds) {
		struct feed *feed = edge->feeds;
		edge->feeds = feed->next;
		hd_memory_give(edge->memory, feed, sizeof *feed);
	}
}
