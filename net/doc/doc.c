/* From libyaml's events to nodes.
 *
 * libyaml stops at the first thing that is not YAML; what is YAML but not ours (an alias, a key
 * twice) is a fault and reading goes on, so that one run says as much as it can. Depth is checked
 * at each event, before libyaml could grow its own stacks. */
#include "net/doc/doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "huntd/assert.h"
#include "net/doc/mend.h"

/* A list or map that is open. */
struct level {
	uint32_t node; /* its index; 0 is the root */
	uint32_t last; /* newest child, 0 none */
	bool skip;     /* its nodes are read and dropped: a value without a usable key */
	bool has_key;
	struct hd_bytes key;
	uint32_t key_line, key_column;
};

struct reader {
	yaml_parser_t parser;
	struct hd_mended mended;
	struct hd_faults *faults;
	struct hd_node *nodes;
	uint32_t count, room;
	uint8_t *texts; /* every key's and scalar's bytes */
	uint32_t texts_used, texts_room;
	struct level levels[HD_DOCUMENT_DEPTH_MAX + 1];
	uint32_t depth;
	uint32_t documents;
	bool broken; /* the tree cannot be used */
	bool ended;
};

static uint32_t
line_of(yaml_mark_t mark)
{
	return (uint32_t)mark.line + 1;
}

static uint32_t
column_of(const struct reader *reader, yaml_mark_t mark)
{
	return hd_mend_column(&reader->mended, (uint32_t)mark.line, (uint32_t)mark.column) + 1;
}

/* What stands in a path for the item that the level reads now. Of a level with another one inside
 * that is its newest item, which is counted already. */
static void
path_step(const struct reader *reader, uint32_t level, char *out, size_t size)
{
	const struct level *at = &reader->levels[level];
	bool inner = level == reader->depth;
	size_t used = strlen(out);
	if (reader->nodes[at->node].kind == HD_NODE_LIST)
		snprintf(out + used, size - used, "[%u]", reader->nodes[at->node].count - !inner);
	else if (at->has_key || !inner)
		snprintf(out + used, size - used, "%s%.*s", used ? "." : "",
			 at->key.size < size ? (int)at->key.size : (int)size,
			 (const char *)at->key.at);
}

/* What a terminal or a log line must not be given, and halves of characters. */
static void
only_ascii(char *text)
{
	for (char *c = text; *c; c++)
		if ((uint8_t)*c < 0x20 || (uint8_t)*c >= 0x7f)
			*c = '?';
}

/* The path of the node being read. */
static void
path_now(const struct reader *reader, char *out, size_t size)
{
	out[0] = 0;
	for (uint32_t i = 1; i <= reader->depth && !reader->levels[i].skip; i++)
		path_step(reader, i, out, size);
	only_ascii(out);
}

static void __attribute__((format(printf, 4, 5)))
fault(struct reader *reader, uint32_t line, uint32_t column, const char *format, ...)
{
	struct hd_faults *faults = reader->faults;
	if (faults->count == HD_FAULTS_MAX) {
		faults->skipped++;
		return;
	}
	struct hd_fault *row = &faults->row[faults->count++];
	row->line = line;
	row->column = column;
	path_now(reader, row->path, sizeof row->path);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(row->what, sizeof row->what, format, arguments);
	va_end(arguments);
}

static void
fault_at(struct reader *reader, yaml_mark_t mark, const char *what)
{
	fault(reader, line_of(mark), column_of(reader, mark), "%s", what);
}

static void
out_of_memory(struct reader *reader)
{
	fault(reader, 1, 1, "there is no memory to read the document");
	reader->broken = reader->ended = true;
}

static struct hd_bytes
keep_text(struct reader *reader, const uint8_t *at, size_t size)
{
	HD_ASSERT(size <= reader->texts_room - reader->texts_used);
	uint8_t *kept = reader->texts + reader->texts_used;
	memcpy(kept, at, size);
	reader->texts_used += (uint32_t)size;
	return hd_bytes_of(kept, size);
}

/* A new node, or NULL. Its address holds until the next one is made. */
static struct hd_node *
new_node(struct reader *reader, enum hd_node_kind kind, yaml_mark_t mark)
{
	if (reader->count == reader->room) {
		uint32_t room = reader->room ? reader->room * 2 : 256;
		struct hd_node *nodes = realloc(reader->nodes, room * sizeof *nodes);
		if (!nodes) {
			out_of_memory(reader);
			return NULL;
		}
		reader->nodes = nodes;
		reader->room = room;
	}
	struct hd_node *node = &reader->nodes[reader->count++];
	*node = (struct hd_node){
		.kind = (uint8_t)kind, .line = line_of(mark), .column = column_of(reader, mark)};
	return node;
}

/* True where the level waits for a key. */
static bool
wants_key(const struct reader *reader)
{
	const struct level *level = &reader->levels[reader->depth];
	return reader->depth > 0 && !level->skip && !level->has_key &&
	       reader->nodes[level->node].kind == HD_NODE_MAP;
}

/* Hangs the newest node under its level. */
static void
attach(struct reader *reader)
{
	if (reader->depth == 0)
		return;
	struct level *level = &reader->levels[reader->depth];
	uint32_t at = reader->count - 1;
	struct hd_node *node = &reader->nodes[at], *parent = &reader->nodes[level->node];
	HD_ASSERT(at > level->node);
	if (parent->kind == HD_NODE_MAP) {
		HD_ASSERT(level->has_key);
		node->key = level->key;
		node->key_line = level->key_line;
		node->key_column = level->key_column;
		level->has_key = false;
	}
	if (level->last)
		reader->nodes[level->last].next = at;
	else
		parent->first = at;
	level->last = at;
	parent->count++;
}

static void
read_key(struct reader *reader, const yaml_event_t *event)
{
	struct level *level = &reader->levels[reader->depth];
	level->key = keep_text(reader, event->data.scalar.value, event->data.scalar.length);
	level->key_line = line_of(event->start_mark);
	level->key_column = column_of(reader, event->start_mark);
	level->has_key = true;
}

static void
read_scalar(struct reader *reader, const yaml_event_t *event)
{
	if (reader->levels[reader->depth].skip)
		return;
	if (wants_key(reader)) {
		read_key(reader, event);
		return;
	}
	struct hd_node *node = new_node(reader, HD_NODE_SCALAR, event->start_mark);
	if (!node)
		return;
	node->text = keep_text(reader, event->data.scalar.value, event->data.scalar.length);
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	attach(reader);
}

static void
open_level(struct reader *reader, enum hd_node_kind kind, const yaml_event_t *event)
{
	bool skip = reader->levels[reader->depth].skip;
	if (!skip && wants_key(reader)) {
		fault_at(reader, event->start_mark, "a key must be a word; got a list or a map");
		reader->broken = skip = true;
	}
	if (reader->depth == HD_DOCUMENT_DEPTH_MAX) {
		fault_at(reader, event->start_mark, "lists and maps may be at most 32 deep");
		reader->broken = reader->ended = true;
		return;
	}
	if (!skip) {
		if (!new_node(reader, kind, event->start_mark))
			return;
		attach(reader);
	}
	reader->levels[++reader->depth] = (struct level){.node = reader->count - 1, .skip = skip};
}

static void
close_level(struct reader *reader)
{
	HD_ASSERT(reader->depth > 0);
	bool skipped = reader->levels[reader->depth].skip;
	struct level *outer = &reader->levels[--reader->depth];
	/* A list was where a key should be: its value goes the same way. */
	if (skipped && reader->depth > 0 && !outer->skip)
		outer->skip = true;
}

static bool
has_tag(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.tag != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.tag != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.tag != NULL;
	default:
		return false;
	}
}

static bool
has_anchor(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL;
	default:
		return false;
	}
}

static void
start_document(struct reader *reader, const yaml_event_t *event)
{
	if (++reader->documents == 1)
		return;
	fault_at(reader, event->start_mark, "a file holds one document; here a second one starts");
	reader->broken = reader->ended = true;
}

static void
refuse_alias(struct reader *reader, const yaml_event_t *event)
{
	fault_at(reader, event->start_mark,
		 "an alias (*name) is not taken: write out what it stands for; a text that starts "
		 "with * needs quotes");
	reader->broken = reader->ended = true;
}

static void
take_event(struct reader *reader, const yaml_event_t *event)
{
	if (has_anchor(event))
		fault_at(reader, event->start_mark,
			 "an anchor (&name) is not taken; a text that starts with & needs quotes");
	if (has_tag(event))
		fault_at(reader, event->start_mark,
			 "a tag (!name) is not taken; a text that starts with ! needs quotes");
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		start_document(reader, event);
		break;
	case YAML_ALIAS_EVENT:
		refuse_alias(reader, event);
		break;
	case YAML_SCALAR_EVENT:
		read_scalar(reader, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		open_level(reader, HD_NODE_LIST, event);
		break;
	case YAML_MAPPING_START_EVENT:
		open_level(reader, HD_NODE_MAP, event);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_level(reader);
		break;
	case YAML_STREAM_END_EVENT:
		reader->ended = true;
		break;
	default:
		break;
	}
}

/* Line and column of a byte: libyaml's reader knows only the offset of what it cannot read. */
static void
fault_unreadable(struct reader *reader, struct hd_bytes text)
{
	uint32_t line = 1, column = 1;
	for (uint32_t at = 0; at < text.size && at < reader->parser.problem_offset; at++) {
		column += (text.at[at] & 0xc0) != 0x80;
		if (text.at[at] == '\n') {
			line++;
			column = 1;
		}
	}
	column = hd_mend_column(&reader->mended, line - 1, column - 1) + 1;
	fault(reader, line, column, "%s: the text must be UTF-8 without control characters",
	      reader->parser.problem);
}

/* What to do about the commonest mistakes, by a part of libyaml's words for them. */
static const char *
syntax_help(const char *problem)
{
	static const struct {
		const char *part, *help;
	} helps[] = {
		{"mapping values are not allowed",
		 "indent by spaces alike; a text with `: ` in it needs quotes"},
		{"tab character", "indent with spaces"},
		{"cannot start any token", "a text that starts with this character needs quotes"},
		{"',' or '}'", "close the map; a text with , [ ] { } in it needs quotes here"},
		{"',' or ']'", "close the list; a text with , [ ] { } in it needs quotes here"},
		{"unexpected end of stream", "close the quotes"},
		{"unknown escape character", "write \\\\ for a backslash, or use single quotes"},
		{"expected <block end>", "indent what belongs together alike"},
		{"could not find expected ':'", "a key needs `: ` behind it"},
	};
	for (size_t i = 0; i < sizeof helps / sizeof helps[0]; i++)
		if (strstr(problem, helps[i].part))
			return helps[i].help;
	return "the text must be YAML or JSON";
}

static void
fault_syntax(struct reader *reader, struct hd_bytes text)
{
	const yaml_parser_t *parser = &reader->parser;
	yaml_mark_t mark = parser->problem_mark;
	reader->broken = reader->ended = true;
	reader->depth = 0; /* where it broke is known better than in what */
	if (parser->error == YAML_MEMORY_ERROR)
		out_of_memory(reader);
	else if (parser->error == YAML_READER_ERROR)
		fault_unreadable(reader, text);
	else
		fault(reader, line_of(mark), column_of(reader, mark), "%s%s%s: %s", parser->problem,
		      parser->context ? " " : "", parser->context ? parser->context : "",
		      syntax_help(parser->problem));
}

static void
read_events(struct reader *reader, struct hd_bytes text)
{
	while (!reader->ended) {
		yaml_event_t event;
		if (!yaml_parser_parse(&reader->parser, &event)) {
			fault_syntax(reader, text);
			return;
		}
		take_event(reader, &event);
		yaml_event_delete(&event);
	}
}

struct keyed {
	const struct hd_node *nodes;
	uint32_t at;
};

static int
compare_keys(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int order = hd_bytes_compare(x->nodes[x->at].key, y->nodes[y->at].key);
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static void
fault_double(struct reader *reader, uint32_t first, uint32_t at)
{
	const struct hd_node *node = &reader->nodes[at];
	char name[64];
	int size = node->key.size < 60 ? (int)node->key.size : 60;
	snprintf(name, sizeof name, "%.*s", size, (const char *)node->key.at);
	only_ascii(name);
	fault(reader, node->key_line, node->key_column,
	      "key `%s` stands twice in one map; it is first on line %u", name,
	      reader->nodes[first].key_line);
}

/* Takes the children without a key (key.at NULL) out of a map. */
static void
unlink_dropped(struct reader *reader, uint32_t map)
{
	struct hd_node *nodes = reader->nodes;
	uint32_t *link = &nodes[map].first;
	while (*link != 0) {
		struct hd_node *node = &nodes[*link];
		if (node->key.at) {
			link = &node->next;
		} else {
			*link = node->next;
			nodes[map].count--;
		}
	}
}

/* Keys that stand twice, found by sorting: a map may have as many keys as its text has bytes. */
static void
drop_doubles(struct reader *reader, uint32_t map)
{
	uint32_t count = reader->nodes[map].count, at = reader->nodes[map].first;
	struct keyed *keys = count > 1 ? calloc(count, sizeof *keys) : NULL;
	if (!keys) {
		if (count > 1)
			out_of_memory(reader);
		return;
	}
	for (uint32_t i = 0; i < count; i++, at = reader->nodes[at].next)
		keys[i] = (struct keyed){reader->nodes, at};
	qsort(keys, count, sizeof *keys, compare_keys);
	uint32_t first = 0;
	for (uint32_t i = 1; i < count; i++) {
		bool twice = hd_bytes_equal(reader->nodes[keys[i].at].key,
					    reader->nodes[keys[first].at].key);
		if (!twice) {
			first = i;
			continue;
		}
		fault_double(reader, keys[first].at, keys[i].at);
		reader->nodes[keys[i].at].key = (struct hd_bytes){0};
	}
	free(keys);
	unlink_dropped(reader, map);
}

static void
check_tree(struct reader *reader)
{
	reader->depth = 0;
	for (uint32_t i = 0; i < reader->count && !reader->broken; i++)
		if (reader->nodes[i].kind == HD_NODE_MAP)
			drop_doubles(reader, i);
	if (reader->count == 0 && !reader->broken) {
		fault(reader, 1, 1, "the document is empty");
		reader->broken = true;
	}
}

static bool
is_json(struct hd_bytes text)
{
	uint32_t at = 0;
	while (at < text.size && memchr(" \t\r\n", text.at[at], 4))
		at++;
	return at < text.size && (text.at[at] == '{' || text.at[at] == '[');
}

static void
read_text(struct reader *reader, struct hd_bytes text)
{
	if (is_json(text) && !hd_mend_json(text, &reader->mended)) {
		out_of_memory(reader);
		return;
	}
	if (reader->mended.text)
		text = hd_bytes_of(reader->mended.text, reader->mended.size);
	reader->texts_room = text.size * 2 + 1; /* an escape may lengthen: \L has 2 bytes, LS 3 */
	reader->texts = malloc(reader->texts_room);
	if (!reader->texts || !yaml_parser_initialize(&reader->parser)) {
		out_of_memory(reader);
		return;
	}
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	/* libyaml takes no null, which is where an empty text may be. */
	yaml_parser_set_input_string(&reader->parser, text.size ? text.at : (const uint8_t *)"",
				     text.size);
	read_events(reader, text);
	yaml_parser_delete(&reader->parser);
	check_tree(reader);
}

struct owned {
	struct hd_node *nodes;
	uint8_t *texts;
};

bool
hd_doc_read(struct hd_bytes text, struct hd_doc *doc, struct hd_faults *faults)
{
	struct reader reader = {.faults = faults};
	struct owned *owned = calloc(1, sizeof *owned);
	*doc = (struct hd_doc){.memory = owned};
	if (!owned) {
		out_of_memory(&reader);
		return false;
	}
	if (text.size > HD_DOCUMENT_MAX)
		fault(&reader, 1, 1, "the text has %u bytes; a document has at most %u", text.size,
		      HD_DOCUMENT_MAX);
	else
		read_text(&reader, text);
	hd_mend_free(&reader.mended);
	*owned = (struct owned){reader.nodes, reader.texts};
	if (reader.broken || reader.count == 0)
		return false;
	doc->document = (struct hd_document){reader.nodes, reader.count};
	return true;
}

void
hd_doc_free(struct hd_doc *doc)
{
	struct owned *owned = doc->memory;
	if (owned) {
		free(owned->nodes);
		free(owned->texts);
		free(owned);
	}
	*doc = (struct hd_doc){0};
}

uint32_t
hd_doc_fault_line(const char *file, const struct hd_fault *fault, char *out, uint32_t size)
{
	HD_ASSERT(size > 0);
	int length = snprintf(out, size, "%s%s%u:%u: %s%s%s", file ? file : "", file ? ":" : "",
			      fault->line, fault->column, fault->path, fault->path[0] ? ": " : "",
			      fault->what);
	HD_ASSERT(length > 0);
	return (uint32_t)length < size ? (uint32_t)length : size - 1;
}
