/* COMMAND: the table of command.h in the shapes that Redis clients read. */
#include "net/conn/inside.h"

static uint32_t
words_of(const char *flags)
{
	uint32_t count = *flags != 0;
	for (; *flags; flags++)
		count += *flags == ' ';
	return count;
}

static void
flags_write(struct hd_writer *w, const char *flags)
{
	hd_value_array(w, words_of(flags));
	while (*flags) {
		size_t size = strcspn(flags, " ");
		hd_write_u8(w, HD_VALUE_SIMPLE);
		hd_write_bytes(w, hd_bytes_of(flags, size));
		flags += size + (flags[size] == ' ');
	}
}

static void
lower_write(struct hd_writer *w, const char *name)
{
	char lower[32];
	size_t size = strlen(name);
	HD_ASSERT(size < sizeof lower);
	for (size_t i = 0; i < size; i++)
		lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
	hd_value_bulk(w, hd_bytes_of(lower, size));
}

/* Redis' groups, as ACL categories. */
static const char *
category_of(const struct hd_command_row *row)
{
	if (row->route == HD_ROUTE_EDGE)
		return strstr(row->flags, "pubsub") ? "@pubsub" : "@connection";
	return strstr(row->flags, "write") ? "@write" : "@read";
}

static void
info_write(struct hd_writer *w, const struct hd_command_row *row)
{
	hd_value_array(w, 10);
	lower_write(w, row->name);
	hd_value_int(w, row->arity);
	flags_write(w, row->flags);
	hd_value_int(w, row->key);
	hd_value_int(w, row->key);
	hd_value_int(w, row->key);
	hd_value_array(w, 1);
	hd_value_simple(w, category_of(row));
	hd_value_array(w, 0);
	hd_value_array(w, 0);
	hd_value_array(w, 0);
}

static void
docs_write(struct hd_writer *w, const struct hd_command_row *row)
{
	lower_write(w, row->name);
	hd_value_map(w, 5);
	hd_value_text(w, "summary");
	hd_value_text(w, row->summary);
	hd_value_text(w, "since");
	hd_value_text(w, "0.1.0");
	hd_value_text(w, "group");
	hd_value_text(w, row->route == HD_ROUTE_EDGE ? "connection" : "generic");
	hd_value_text(w, "complexity");
	hd_value_text(w, row->route == HD_ROUTE_EDGE ? "O(1)" : "O(log N)");
	hd_value_text(w, "arguments");
	hd_value_array(w, row->usage[0] ? 1 : 0);
	if (!row->usage[0])
		return;
	hd_value_map(w, 3);
	hd_value_text(w, "name");
	hd_value_text(w, row->usage);
	hd_value_text(w, "type");
	hd_value_text(w, "string");
	hd_value_text(w, "display_text");
	hd_value_text(w, row->usage);
}

/* INFO and DOCS take names, or nothing for all. */
static void
infos(struct call *call, uint32_t from)
{
	const struct hd_request *r = call->request;
	bool all = r->count <= from;
	hd_value_array(&call->w, all ? HD_CMD_COUNT_ : r->count - from);
	for (uint32_t i = 0; all && i < HD_CMD_COUNT_; i++)
		info_write(&call->w, &hd_command_rows[i]);
	for (uint32_t i = from; !all && i < r->count; i++) {
		enum hd_verb verb = hd_verbs_find(&call->edge->verbs, r->words[i]);
		if (verb < HD_CMD_COUNT_)
			info_write(&call->w, &hd_command_rows[verb]);
		else
			hd_value_nil(&call->w);
	}
}

static void
docs(struct call *call)
{
	const struct hd_request *r = call->request;
	bool all = r->count == 2;
	uint32_t known = 0;
	for (uint32_t i = 2; i < r->count; i++)
		known += hd_verbs_find(&call->edge->verbs, r->words[i]) < HD_CMD_COUNT_;
	hd_value_map(&call->w, all ? HD_CMD_COUNT_ : known);
	for (uint32_t i = 0; all && i < HD_CMD_COUNT_; i++)
		docs_write(&call->w, &hd_command_rows[i]);
	for (uint32_t i = 2; i < r->count; i++) {
		enum hd_verb verb = hd_verbs_find(&call->edge->verbs, r->words[i]);
		if (verb < HD_CMD_COUNT_)
			docs_write(&call->w, &hd_command_rows[verb]);
	}
}

static void
names(struct call *call)
{
	hd_value_array(&call->w, HD_CMD_COUNT_);
	for (uint32_t i = 0; i < HD_CMD_COUNT_; i++)
		lower_write(&call->w, hd_command_rows[i].name);
}

static void
keys(struct call *call)
{
	const struct hd_request *r = call->request;
	enum hd_verb verb = hd_verbs_find(&call->edge->verbs, r->words[2]);
	struct hd_args_fault fault;
	if (verb == HD_CMD_COUNT_) {
		hd_call_error(call, HD_ERR_SYNTAX, "Invalid command specified");
	} else if (!hd_args_arity(verb, r->count - 2, &fault)) {
		hd_call_error(call, HD_ERR_SYNTAX,
			      "Invalid number of arguments specified for command");
	} else if (!hd_command_rows[verb].key) {
		hd_call_error(call, HD_ERR_SYNTAX, "The command has no key arguments");
	} else {
		hd_value_array(&call->w, 1);
		hd_value_bulk(&call->w, r->words[2 + hd_command_rows[verb].key]);
	}
}

void
hd_call_command(struct call *call)
{
	uint32_t count = call->request->count;
	if (count == 1)
		infos(call, 1);
	else if (call_word_is(call, 1, "COUNT") && count == 2)
		call->reply = (struct hd_reply){.kind = HD_REPLY_INTEGER, .points = HD_CMD_COUNT_};
	else if (call_word_is(call, 1, "INFO"))
		infos(call, 2);
	else if (call_word_is(call, 1, "DOCS"))
		docs(call);
	else if (call_word_is(call, 1, "LIST") && count == 2)
		names(call);
	else if (call_word_is(call, 1, "GETKEYS") && count > 2)
		keys(call);
	else
		hd_call_syntax(call);
}
