/* CLIENT: this connection, and the others of its shard. Those of other shards are their own
 * threads'; LIST says how many it does not show. */
#include <stdio.h>

#include "net/conn/inside.h"

static const char *
name_of(const struct conn *conn, uint32_t which)
{
	return conn->names ? conn->names + which * EDGE_NAME_MAX : "";
}

/* One line as CLIENT LIST shows it. */
static int
line_write(const struct hd_edge *edge, const struct conn *conn, char *text, size_t room)
{
	char peer[64] = "";
	if (edge->info->peer)
		edge->info->peer(conn->socket, peer, sizeof peer);
	const char *verb =
		conn->last_verb < HD_CMD_COUNT_ ? hd_command_rows[conn->last_verb].name : "NULL";
	return snprintf(
		text, room,
		"id=%llu addr=%s fd=%d name=%s age=%lld idle=%lld flags=%s db=0 sub=%u psub=0 "
		"multi=-1 qbuf=%u "
		"obl=0 omem=%llu cmd=%s user=default lib-name=%s lib-ver=%s resp=%u shard=%u\n",
		(unsigned long long)conn->id, peer, conn->socket, name_of(conn, 0),
		(long long)((edge->now - conn->opened_at) / 1000000000),
		(long long)((edge->now - conn->active_at) / 1000000000),
		conn->subscriptions_count ? "P" : "N", conn->subscriptions_count,
		conn->place_to - conn->place_from + conn->spill_to - conn->spill_from,
		(unsigned long long)conn_unsent(conn), verb, name_of(conn, 1), name_of(conn, 2),
		conn->protocol, hd_shard_number(edge->shard));
}

static void
list(struct call *call)
{
	char *text = (char *)call->edge->scratch;
	size_t used = 0, room = EDGE_SCRATCH - 1024;
	uint32_t slot = 0;
	for (struct conn *conn; used < room && (conn = hd_conn_next(call->edge, &slot)) != NULL;)
		used += (size_t)line_write(call->edge, conn, text + used, 1024);
	uint64_t others = EDGE_SUM(call->edge, connections) - call->edge->live;
	if (others)
		used += (size_t)snprintf(text + used, 1024,
					 "# and %llu connections of other shards\n",
					 (unsigned long long)others);
	call->reply = (struct hd_reply){.kind = HD_REPLY_TEXT, .detail = hd_bytes_of(text, used)};
}

static void
info(struct call *call)
{
	char *text = (char *)call->edge->scratch;
	int size = line_write(call->edge, call->conn, text, 1024);
	call->reply =
		(struct hd_reply){.kind = HD_REPLY_TEXT, .detail = hd_bytes_of(text, (size_t)size)};
}

static void
setinfo(struct call *call)
{
	bool lib = call_word_is(call, 2, "LIB-NAME"), version = call_word_is(call, 2, "LIB-VER");
	if (!lib && !version)
		hd_call_error(call, HD_ERR_SYNTAX, "Unrecognized option: LIB-NAME or LIB-VER");
	else if (hd_session_name(call, lib ? 1 : 2, call->request->words[3]))
		hd_call_ok(call);
}

/* What KILL's words ask for. */
struct wanted {
	int64_t id;       /* 0: any */
	const char *addr; /* NULL: any */
	char addr_text[80];
	bool skip_me;
};

static bool
wanted_read(struct call *call, struct wanted *wanted)
{
	const struct hd_request *r = call->request;
	*wanted = (struct wanted){.skip_me = r->count > 3};
	for (uint32_t i = r->count == 3 ? 1 : 2; i + 1 < r->count; i += 2) {
		struct hd_bytes value = r->words[i + 1];
		if (r->count == 3 || call_word_is(call, i, "ADDR")) {
			snprintf(wanted->addr_text, sizeof wanted->addr_text, "%.*s",
				 value.size < 79 ? (int)value.size : 79, (const char *)value.at);
			wanted->addr = wanted->addr_text;
		} else if (call_word_is(call, i, "ID")) {
			if (!hd_args_integer(value, &wanted->id) || wanted->id < 1)
				return false;
		} else if (call_word_is(call, i, "SKIPME")) {
			wanted->skip_me = hd_args_is(value, "YES");
		} else {
			return false;
		}
	}
	return r->count == 3 || r->count % 2 == 0;
}

static bool
matches(const struct hd_edge *edge, const struct conn *conn, const struct wanted *wanted)
{
	if (wanted->id && (uint64_t)wanted->id != conn->id)
		return false;
	if (!wanted->addr)
		return true;
	char peer[64] = "";
	if (edge->info->peer)
		edge->info->peer(conn->socket, peer, sizeof peer);
	return strcmp(peer, wanted->addr) == 0;
}

static void
kill(struct call *call)
{
	struct wanted wanted;
	if (!wanted_read(call, &wanted)) {
		hd_call_error(
			call, HD_ERR_SYNTAX,
			"syntax error: CLIENT KILL addr | [ID n] [ADDR addr] [SKIPME yes|no]");
		return;
	}
	int64_t count = 0;
	uint32_t slot = 0;
	for (struct conn *conn; (conn = hd_conn_next(call->edge, &slot)) != NULL;) {
		if (conn->doomed || (conn == call->conn && wanted.skip_me) ||
		    !matches(call->edge, conn, &wanted))
			continue;
		count++;
		if (conn == call->conn)
			conn->closing = true;
		else
			hd_conn_doom(call->edge, conn);
	}
	bool elsewhere = wanted.id && (uint64_t)wanted.id % hd_shard_count(call->edge->shard) !=
					      hd_shard_number(call->edge->shard);
	if (count == 0 && elsewhere)
		hd_call_error(call, HD_ERR_UNSUPPORTED,
			      "that connection belongs to another shard; it can be killed from "
			      "there only, for now");
	else if (call->request->count == 3 && count == 0)
		hd_call_error(call, HD_ERR_SYNTAX, "No such client");
	else if (call->request->count == 3)
		hd_call_ok(call);
	else
		call->reply = (struct hd_reply){.kind = HD_REPLY_INTEGER, .points = count};
}

void
hd_call_client(struct call *call)
{
	uint32_t count = call->request->count;
	if (call_word_is(call, 1, "ID") && count == 2)
		call->reply = (struct hd_reply){.kind = HD_REPLY_INTEGER,
						.points = (int64_t)call->conn->id};
	else if (call_word_is(call, 1, "SETNAME") && count == 3)
		hd_session_name(call, 0, call->request->words[2]) ? hd_call_ok(call) : (void)0;
	else if (call_word_is(call, 1, "GETNAME") && count == 2)
		name_of(call->conn, 0)[0] ? hd_value_text(&call->w, name_of(call->conn, 0))
					  : hd_value_nil(&call->w);
	else if (call_word_is(call, 1, "SETINFO") && count == 4)
		setinfo(call);
	else if (call_word_is(call, 1, "LIST"))
		list(call);
	else if (call_word_is(call, 1, "INFO") && count == 2)
		info(call);
	else if (call_word_is(call, 1, "KILL") && count >= 3)
		kill(call);
	else if (call_word_is(call, 1, "NO-EVICT") || call_word_is(call, 1, "NO-TOUCH"))
		hd_call_error(call, HD_ERR_UNSUPPORTED, "not offered: huntd evicts nothing");
	else if (call_word_is(call, 1, "TRACKING") || call_word_is(call, 1, "CACHING"))
		hd_call_error(call, HD_ERR_UNSUPPORTED,
			      "client side caching is not offered; SUBSCRIBE board:<hunt>:<board> "
			      "follows a board");
	else
		hd_call_syntax(call);
}
