#include "net/ctl/rules.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "huntd/assert.h"
#include "net/doc/doc.h"

struct reading {
	const char *path;
	const struct hd_node *nodes;
	struct hd_rules *rules;
	bool good;
};

static void
fault(struct reading *reading, const struct hd_node *node, const char *what)
{
	hd_ctl_fail("%s:%u:%u: %s", reading->path, node->line, node->column, what);
	reading->good = false;
}

static void
read_text(struct reading *reading, const struct hd_node *node, char *out, size_t room)
{
	if (node->kind != HD_NODE_SCALAR || node->text.size >= room)
		fault(reading, node, "a text is wanted here, of less than 128 bytes");
	else
		snprintf(out, room, "%.*s", (int)node->text.size, (const char *)node->text.at);
}

static int64_t
read_whole(struct reading *reading, const struct hd_node *node)
{
	char text[HD_RULES_TEXT] = "", *end;
	read_text(reading, node, text, sizeof text);
	int64_t value = strtoll(text, &end, 10);
	if (*end || end == text)
		fault(reading, node, "a whole number is wanted here");
	return value;
}

static int64_t
read_time(struct reading *reading, const struct hd_node *node)
{
	char text[HD_RULES_TEXT] = "";
	struct tm parts = {0};
	read_text(reading, node, text, sizeof text);
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
	if (!end || *end)
		fault(reading, node, "a time is wanted here, like 2025-11-22T01:00:00Z");
	return (int64_t)timegm(&parts) * 1000;
}

static void
read_needs(struct reading *reading, const struct hd_node *list)
{
	char text[HD_RULES_TEXT] = "";
	size_t used = 0;
	struct hd_rules *rules = reading->rules;
	for (uint32_t i = list->first; i; i = reading->nodes[i].next) {
		read_text(reading, &reading->nodes[i], text, sizeof text);
		if (used + sizeof text < sizeof rules->needs)
			used += (size_t)snprintf(rules->needs + used, sizeof rules->needs - used,
						 "%s%s", used ? "; " : "", text);
	}
}

static bool
key_is(const struct hd_node *node, const char *name)
{
	return hd_bytes_equal(node->key, hd_bytes_str(name));
}

static void
read_bonus(struct reading *reading, const struct hd_node *map)
{
	struct hd_rules *rules = reading->rules;
	const struct hd_node *nodes = reading->nodes;
	for (uint32_t i = map->first; i; i = nodes[i].next) {
		if (key_is(&nodes[i], "column")) {
			read_text(reading, &nodes[i], rules->bonus, sizeof rules->bonus);
		} else if (key_is(&nodes[i], "percent")) {
			for (uint32_t k = nodes[i].first; k; k = nodes[k].next)
				if (rules->percent_count < HD_RULES_BONUS)
					rules->percent[rules->percent_count++] =
						read_whole(reading, &nodes[k]);
		} else {
			fault(reading, &nodes[i], "bonus has `column` and `percent`");
		}
	}
}

static void
read_document(struct reading *reading, const struct hd_node *node)
{
	char name[HD_RULES_TEXT] = "", folder[512];
	read_text(reading, node, name, sizeof name);
	snprintf(folder, sizeof folder, "%s", reading->path);
	int n = snprintf(reading->rules->document, sizeof reading->rules->document, "%s/%s",
			 dirname(folder), name);
	if (n < 0 || (size_t)n >= sizeof reading->rules->document)
		fault(reading, node, "the path is too long");
}

static void
read_key(struct reading *reading, const struct hd_node *node)
{
	struct hd_rules *rules = reading->rules;
	if (key_is(node, "document"))
		read_document(reading, node);
	else if (key_is(node, "start"))
		rules->start_ms = read_time(reading, node);
	else if (key_is(node, "end_ms"))
		rules->end_ms = read_whole(reading, node);
	else if (key_is(node, "points"))
		read_text(reading, node, rules->points, sizeof rules->points);
	else if (key_is(node, "bonus"))
		read_bonus(reading, node);
	else if (key_is(node, "bracket"))
		read_text(reading, node, rules->bracket, sizeof rules->bracket);
	else if (key_is(node, "hidden"))
		read_text(reading, node, rules->hidden, sizeof rules->hidden);
	else if (key_is(node, "needs"))
		read_needs(reading, node);
	else
		fault(reading, node,
		      "unknown key; allowed: document, start, end_ms, points, bonus, bracket, "
		      "hidden, needs");
}

static void
read_tree(struct reading *reading, const struct hd_document *document)
{
	const struct hd_node *nodes = document->nodes;
	reading->nodes = nodes;
	if (nodes[0].kind != HD_NODE_MAP)
		fault(reading, &nodes[0], "rules are a map");
	for (uint32_t i = nodes[0].first; reading->good && i; i = nodes[i].next)
		read_key(reading, &nodes[i]);
	const struct hd_rules *rules = reading->rules;
	bool whole = rules->document[0] && rules->start_ms && rules->end_ms && rules->points[0];
	if (reading->good && !whole && !rules->needs[0])
		fault(reading, &nodes[0],
		      "document, start, end_ms and points are wanted, or needs");
}

static void
print_faults(const char *path, const struct hd_faults *faults)
{
	char line[HD_DOC_LINE_MAX];
	for (uint32_t i = 0; i < faults->count; i++) {
		hd_doc_fault_line(path, &faults->row[i], line, sizeof line);
		hd_ctl_fail("%s", line);
	}
}

bool
hd_rules_read(const char *path, struct hd_rules *rules)
{
	size_t size;
	struct hd_doc doc = {0};
	struct hd_faults *faults = calloc(1, sizeof *faults);
	char *text = hd_ctl_file(path, &size);
	struct reading reading = {.path = path, .rules = rules, .good = text != NULL};
	HD_ASSERT(faults);
	*rules = (struct hd_rules){0};
	reading.good = reading.good && hd_doc_read(hd_bytes_of(text, size), &doc, faults) &&
		       faults->count == 0;
	print_faults(path, faults);
	if (reading.good)
		read_tree(&reading, &doc.document);
	hd_doc_free(&doc);
	free(faults);
	free(text);
	return reading.good;
}

int64_t
hd_rules_points(const struct hd_rules *rules, int64_t value, uint32_t place)
{
	if (place >= rules->percent_count)
		return value;
	int64_t hundredths = value * (100 + rules->percent[place]);
	int64_t whole = hundredths / 100, rest = hundredths % 100;
	return whole + (rest > 50 || (rest == 50 && whole % 2 != 0));
}
