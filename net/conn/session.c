/* Commands of the connection and the process: one row each says who answers and whether all earlier
 * commands must be answered first. */
#include <stdio.h>

#include "net/conn/inside.h"

void
hd_call_ok(struct call *call)
{
	call->reply = (struct hd_reply){.kind = HD_REPLY_STATUS, .detail = HD_BYTES("OK")};
}

void
hd_call_error(struct call *call, enum hd_error error, const char *text)
{
	snprintf(call->text, sizeof call->text, "%s", text);
	call->reply = (struct hd_reply){.kind = HD_REPLY_ERROR,
					.error = (uint8_t)error,
					.detail = hd_bytes_str(call->text)};
}

void
hd_call_syntax(struct call *call)
{
	const struct hd_request *request = call->request;
	struct hd_bytes word = request->words[request->count > 1 ? 1 : 0];
	char text[160];
	snprintf(text, sizeof text,
		 "unknown subcommand or wrong number of arguments for '%.*s'. Try COMMAND DOCS.",
		 word.size < 64 ? (int)word.size : 64, (const char *)word.at);
	hd_call_error(call, HD_ERR_SYNTAX, text);
}

static void
call_text(struct call *call, struct hd_bytes text)
{
	call->reply = (struct hd_reply){.kind = HD_REPLY_TEXT, .detail = text};
}

static void
call_integer(struct call *call, int64_t value)
{
	call->reply = (struct hd_reply){.kind = HD_REPLY_INTEGER, .points = value};
}

/* Names that a client gives itself: no spaces, no control characters. True: kept. */
bool
hd_session_name(struct call *call, uint32_t which, struct hd_bytes name)
{
	struct conn *conn = call->conn;
	bool good = name.size < EDGE_NAME_MAX;
	for (uint32_t i = 0; i < name.size; i++)
		good = good && name.at[i] > 0x20 && name.at[i] < 0x7f;
	if (!good) {
		hd_call_error(call, HD_ERR_SYNTAX,
			      "Client names cannot contain spaces, newlines or special characters, "
			      "and are at most 63 bytes.");
		return false;
	}
	if (!conn->names) {
		uint32_t room;
		conn->names = (char *)hd_buffers_take(&call->edge->buffers, HD_KIB, &room);
		memset(conn->names, 0, HD_KIB);
	}
	char *to = conn->names + which * EDGE_NAME_MAX;
	if (name.size)
		memcpy(to, name.at, name.size);
	to[name.size] = 0;
	return true;
}

static void
no_password(struct call *call)
{
	hd_call_error(call, HD_ERR_SYNTAX,
		      "AUTH <password> called without any password configured for the default "
		      "user. Are you sure your "
		      "configuration is correct?");
}

/* There are no users yet: `default` with any password is let in, as Redis does with nopass. */
static bool
credentials(struct call *call, struct hd_bytes user)
{
	if (hd_bytes_equal(user, HD_BYTES("default")))
		return true;
	static const char text[] =
		"-WRONGPASS invalid username-password pair or user is disabled.\r\n";
	hd_output_append(call->edge, call->conn, text, sizeof text - 1, 0);
	call->silent = true;
	return false;
}

static void
call_auth(struct call *call)
{
	if (call->request->count == 2)
		no_password(call);
	else if (call->request->count > 3)
		hd_call_error(call, HD_ERR_SYNTAX, "syntax error");
	else if (credentials(call, call->request->words[1]))
		hd_call_ok(call);
}

static void
hello_write(struct call *call)
{
	const struct hd_server_info *info = call->edge->info;
	struct hd_writer *w = &call->w;
	hd_value_map(w, info->durability ? 8 : 7);
	hd_value_text(w, "server");
	hd_value_text(w, "huntd");
	hd_value_text(w, "version");
	hd_value_text(w, info->version ? info->version : "");
	hd_value_text(w, "proto");
	hd_value_int(w, call->conn->protocol);
	hd_value_text(w, "id");
	hd_value_int(w, (int64_t)call->conn->id);
	hd_value_text(w, "mode");
	hd_value_text(w, "standalone");
	hd_value_text(w, "role");
	hd_value_text(w, "master");
	if (info->durability) {
		hd_value_text(w, "durability");
		hd_value_text(w, info->durability);
	}
	hd_value_text(w, "modules");
	hd_value_array(w, 0);
}

static void
call_hello(struct call *call)
{
	const struct hd_request *r = call->request;
	int64_t protocol = call->conn->protocol;
	if (r->count > 1 &&
	    (!hd_args_integer(r->words[1], &protocol) || protocol < 2 || protocol > 3)) {
		static const char text[] = "-NOPROTO unsupported protocol version\r\n";
		hd_output_append(call->edge, call->conn, text, sizeof text - 1, 0);
		call->silent = true;
		return;
	}
	for (uint32_t i = 2; i < r->count;) {
		if (call_word_is(call, i, "AUTH") && i + 2 < r->count) {
			if (!credentials(call, r->words[i + 1]))
				return;
			i += 3;
		} else if (call_word_is(call, i, "SETNAME") && i + 1 < r->count) {
			if (!hd_session_name(call, 0, r->words[i + 1]))
				return;
			i += 2;
		} else {
			hd_call_error(call, HD_ERR_SYNTAX, "Syntax error in HELLO option");
			return;
		}
	}
	call->conn->protocol = (uint8_t)protocol;
	hello_write(call);
}

static void
call_ping(struct call *call)
{
	const struct hd_request *r = call->request;
	if (r->count > 2) {
		hd_call_error(call, HD_ERR_ARITY, "wrong number of arguments for 'ping' command");
	} else if (call->conn->subscriptions_count && call->conn->protocol == 2) {
		hd_value_array(&call->w, 2);
		hd_value_text(&call->w, "pong");
		hd_value_bulk(&call->w, r->count == 2 ? r->words[1] : (struct hd_bytes){0});
	} else if (r->count == 2) {
		call_text(call, r->words[1]);
	} else {
		call->reply =
			(struct hd_reply){.kind = HD_REPLY_STATUS, .detail = HD_BYTES("PONG")};
	}
}

static void
call_echo(struct call *call)
{
	call_text(call, call->request->words[1]);
}

static void
call_quit(struct call *call)
{
	call->conn->closing = true;
	hd_call_ok(call);
}

static void
call_reset(struct call *call)
{
	hd_pubsub_leave(call->edge, call->conn);
	call->conn->protocol = 2;
	if (call->conn->names)
		call->conn->names[0] = 0;
	call->reply = (struct hd_reply){.kind = HD_REPLY_STATUS, .detail = HD_BYTES("RESET")};
}

static void
call_select(struct call *call)
{
	int64_t number;
	if (!hd_args_integer(call->request->words[1], &number))
		hd_call_error(call, HD_ERR_NOT_INTEGER, "");
	else if (number != 0)
		hd_call_error(call, HD_ERR_SYNTAX,
			      "DB index is out of range: there is one database, 0");
	else
		hd_call_ok(call);
}

static void
call_dbsize(struct call *call)
{
	call_integer(call, (int64_t)EDGE_SUM(call->edge, entrants));
}

static void
call_time(struct call *call)
{
	int64_t now = hd_shard_clock(call->edge->shard) / 1000;
	char text[24];
	hd_value_array(&call->w, 2);
	snprintf(text, sizeof text, "%lld", (long long)(now / 1000000));
	hd_value_text(&call->w, text);
	snprintf(text, sizeof text, "%lld", (long long)(now % 1000000));
	hd_value_text(&call->w, text);
}

/* Redis' words: monitors look for them. */
static void
call_bgsave(struct call *call)
{
	bool schedule = call->request->count == 2 && call_word_is(call, 1, "SCHEDULE");
	if (call->request->count > 1 && !schedule) {
		hd_call_error(call, HD_ERR_SYNTAX, "syntax error");
	} else if (EDGE_SUM(call->edge, snapshot_running) > 0 && !schedule) {
		hd_call_error(call, HD_ERR_SYNTAX, "Background save already in progress");
	} else {
		hd_shard_save(call->edge->shard);
		call->reply = (struct hd_reply){.kind = HD_REPLY_STATUS,
						.detail = HD_BYTES("Background saving started")};
	}
}

/* The oldest of the shards' last ones; 0: some shard has none. */
uint64_t
hd_session_saved_at(struct hd_edge *edge)
{
	uint64_t oldest = UINT64_MAX;
	for (uint32_t i = 0; i < hd_shard_count(edge->shard); i++) {
		uint64_t at = HD_METRIC(hd_shard_metrics(edge->shard, i)->snapshot_saved_at);
		oldest = at < oldest ? at : oldest;
	}
	return oldest;
}

static void
call_lastsave(struct call *call)
{
	call_integer(call, (int64_t)hd_session_saved_at(call->edge));
}

/* As in Redis there is no answer: the connection ends with the server. */
static void
call_shutdown(struct call *call)
{
	const struct hd_server_info *info = call->edge->info;
	bool plain = call->request->count == 1 || call_word_is(call, 1, "NOSAVE") ||
		     call_word_is(call, 1, "SAVE");
	if (!plain || call->request->count > 2) {
		hd_call_error(call, HD_ERR_SYNTAX, "syntax error");
	} else if (!info->stop) {
		hd_call_error(call, HD_ERR_UNSUPPORTED, "SHUTDOWN is not offered here");
	} else {
		info->stop(info->context, !call_word_is(call, 1, "NOSAVE"));
		call->conn->closing = true;
		call->silent = true;
	}
}

#define WAITS   true
#define AT_ONCE false

static const struct {
	call_handler run;
	bool waits;
} handlers[HD_CMD_COUNT_] = {
	[HD_CMD_HELLO] = {call_hello, WAITS},
	[HD_CMD_AUTH] = {call_auth, WAITS},
	[HD_CMD_PING] = {call_ping, AT_ONCE},
	[HD_CMD_ECHO] = {call_echo, AT_ONCE},
	[HD_CMD_QUIT] = {call_quit, WAITS},
	[HD_CMD_RESET] = {call_reset, WAITS},
	[HD_CMD_SELECT] = {call_select, AT_ONCE},
	[HD_CMD_CLIENT] = {hd_call_client, WAITS},
	[HD_CMD_INFO] = {hd_call_info, WAITS},
	[HD_CMD_COMMAND] = {hd_call_command, WAITS},
	[HD_CMD_CONFIG] = {hd_call_config, WAITS},
	[HD_CMD_DBSIZE] = {call_dbsize, WAITS},
	[HD_CMD_TIME] = {call_time, AT_ONCE},
	[HD_CMD_LATENCY] = {hd_call_latency, WAITS},
	[HD_CMD_SLOWLOG] = {hd_call_slowlog, WAITS},
	[HD_CMD_SUBSCRIBE] = {hd_call_subscribe, WAITS},
	[HD_CMD_UNSUBSCRIBE] = {hd_call_unsubscribe, WAITS},
	[HD_CMD_PSUBSCRIBE] = {hd_call_subscribe, WAITS},
	[HD_CMD_PUNSUBSCRIBE] = {hd_call_unsubscribe, WAITS},
	[HD_CMD_PUBLISH] = {hd_call_publish, AT_ONCE},
	[HD_CMD_BGSAVE] = {call_bgsave, WAITS},
	[HD_CMD_LASTSAVE] = {call_lastsave, WAITS},
	[HD_CMD_SHUTDOWN] = {call_shutdown, WAITS},
};

bool
hd_session_waits(enum hd_verb verb)
{
	return handlers[verb].waits;
}

/* From its bytes to its reply, which is written in this pass unless earlier commands' are not. */
static void
time_own(struct hd_edge *edge, struct conn *conn, uint16_t sequence, enum hd_verb verb)
{
	int64_t since = conn_arrived(edge, conn);
	struct hd_answered answered = {.since = since,
				       .lsn = conn_waits_for(conn),
				       .client = conn_client(conn),
				       .verb = (uint8_t)verb};
	if (sequence == conn->head)
		hd_shard_answered(edge->shard, &answered);
	else
		hd_asked_put(edge, conn, sequence, (uint8_t)verb, NULL, since);
}

void
hd_session_run(struct hd_edge *edge, struct conn *conn, uint16_t sequence, enum hd_verb verb)
{
	HD_ASSERT(handlers[verb].run);
	struct call call = {
		.edge = edge,
		.conn = conn,
		.request = &edge->request,
		.w = hd_writer_of(edge->scratch, EDGE_SCRATCH),
		.reply = {.kind = HD_REPLY_VALUE},
	};
	if (edge->stamps)
		time_own(edge, conn, sequence, verb);
	handlers[verb].run(&call);
	HD_COUNT(edge->metrics->command_calls[verb], 1);
	HD_COUNT(edge->metrics->commands_total, 1);
	if (call.silent) {
		HD_ASSERT(sequence == conn->head);
		conn->head++;
		return;
	}
	if (call.reply.kind == HD_REPLY_ERROR)
		HD_COUNT(edge->metrics->command_errors[verb], 1);
	if (call.w.full)
		hd_call_error(&call, HD_ERR_TOO_LONG, "the answer is too long");
	if (call.reply.kind == HD_REPLY_VALUE)
		call.reply.detail = hd_bytes_of(edge->scratch, (size_t)(call.w.at - edge->scratch));
	hd_reply_own(edge, conn, sequence, &call.reply);
}
