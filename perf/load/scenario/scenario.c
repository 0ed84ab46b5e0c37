#include "perf/load/scenario/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/veltrix/fault.h"
#include "huntd/assert.h"
#include "huntd/error.h"
#include "huntd/ids.h"
#include "net/doc/doc.h"
#include "perf/load/scenario/find.h"
#include "perf/load/settings.h"

#define ALLOWED_MAX 224u

struct reader {
	struct hd_load_scenario *scenario;
	const struct hd_document *document;
	struct hd_check check;
	const struct hd_load_plan *line;   /* of the command line */
	struct hd_load_plan head;          /* what the phases begin with */
	const struct hd_load_phase *finds; /* the last so far that finds the capacity; NULL: none */
};

/* A scalar's text, to be kept with the scenario. */
static const char *
keep(struct reader *reader, struct hd_bytes text)
{
	struct hd_load_scenario *scenario = reader->scenario;
	size_t size = (scenario->texts_count + 1) * sizeof *scenario->texts;
	scenario->texts = realloc(scenario->texts, size);
	HD_ASSERT(scenario->texts);
	char *copy = malloc(text.size + 1u);
	HD_ASSERT(copy);
	memcpy(copy, text.at, text.size);
	copy[text.size] = 0;
	return scenario->texts[scenario->texts_count++] = copy;
}

static const struct hd_node *
next_node(const struct reader *reader, const struct hd_node *node)
{
	return node->next ? &reader->document->nodes[node->next] : NULL;
}

static const struct hd_node *
first_child(const struct reader *reader, const struct hd_node *node)
{
	return node->kind != HD_NODE_SCALAR && node->first ? &reader->document->nodes[node->first]
							   : NULL;
}

static const struct hd_node *
find_child(const struct reader *reader, const struct hd_node *map, const char *key)
{
	const struct hd_node *node = map->kind == HD_NODE_MAP ? first_child(reader, map) : NULL;
	while (node && !hd_bytes_equal(node->key, hd_bytes_str(key)))
		node = next_node(reader, node);
	return node;
}

/* Is it a text that a C string can hold? */
static bool
is_text(struct reader *reader, const struct hd_node *node)
{
	if (node->kind == HD_NODE_SCALAR && node->text.size &&
	    !memchr(node->text.at, 0, node->text.size))
		return true;
	hd_fault(&reader->check, node, "must be a text; got %n", node);
	return false;
}

/* Settings. */

static void
set(struct reader *reader, const struct hd_load_setting *setting, const struct hd_node *node,
    struct hd_load_plan *plan)
{
	if (is_text(reader, node) && !setting->set(plan, keep(reader, node->text)))
		hd_fault(&reader->check, node, "takes %s; got %n", setting->takes, node);
}

static void
unknown_key(struct reader *reader, const struct hd_node *node, const char *what,
	    const char *allowed)
{
	hd_fault_key(&reader->check, node, "unknown key %q; %s takes%s", node->key, what, allowed);
}

/* What may stand at the head, each with a space before. */
static void
head_settings(char allowed[ALLOWED_MAX])
{
	size_t at = (size_t)snprintf(allowed, ALLOWED_MAX, " title puts phases");
	for (uint32_t i = 0; i < hd_load_settings_count && at < ALLOWED_MAX; i++) {
		const struct hd_load_setting *row = &hd_load_settings[i];
		if (row->where & HD_LOAD_AT_HEAD)
			at += (size_t)snprintf(allowed + at, ALLOWED_MAX - at, " %s", row->name);
	}
}

static void
read_head_key(struct reader *reader, const struct hd_node *node)
{
	const struct hd_load_setting *setting = hd_load_setting_find(node->key, HD_LOAD_AT_HEAD);
	char allowed[ALLOWED_MAX];
	head_settings(allowed);
	if (setting)
		set(reader, setting, node, &reader->head);
	else if (hd_bytes_equal(node->key, HD_BYTES("title")) && is_text(reader, node))
		reader->scenario->title = keep(reader, node->text);
	else if (!hd_bytes_equal(node->key, HD_BYTES("title")) &&
		 !hd_bytes_equal(node->key, HD_BYTES("puts")) &&
		 !hd_bytes_equal(node->key, HD_BYTES("phases")))
		unknown_key(reader, node, "a scenario", allowed);
}

/* Documents. */

static bool
is_double(const struct hd_load_scenario *scenario, struct hd_bytes id)
{
	for (uint32_t i = 0; i < scenario->puts_count; i++) {
		if (hd_bytes_equal(id, hd_bytes_str(scenario->puts[i].hunt)))
			return true;
	}
	return false;
}

static void
read_put(struct reader *reader, const struct hd_node *node)
{
	struct hd_load_scenario *scenario = reader->scenario;
	struct hd_faults *faults = calloc(1, sizeof *faults);
	struct hd_doc doc = {0};
	HD_ASSERT(faults);
	bool text = is_text(reader, node);
	bool good = text && hd_doc_read(node->text, &doc, faults) && doc.document.count;
	struct hd_bytes id = good ? hd_veltrix_name(&doc.document) : (struct hd_bytes){0};
	if (faults->count) {
		hd_fault(&reader->check, node, "is no document: its line %d, column %d: %s",
			 (int64_t)faults->row[0].line, (int64_t)faults->row[0].column,
			 faults->row[0].what);
	} else if (text && !hd_id_valid(id)) {
		hd_fault(&reader->check, node, "must be a hunt document, with hunt: ID");
	} else if (text && is_double(scenario, id)) {
		hd_fault(&reader->check, node, "hunt %q stands twice", id);
	} else if (text && scenario->puts_count < HD_LOAD_PUTS_MAX) {
		scenario->puts[scenario->puts_count++] =
			(struct hd_load_put){keep(reader, id), keep(reader, node->text)};
	}
	hd_doc_free(&doc);
	free(faults);
}

static void
read_puts(struct reader *reader, const struct hd_node *root)
{
	const struct hd_node *list = find_child(reader, root, "puts");
	uint32_t mark = hd_check_enter_key(&reader->check, "puts"), number = 0;
	if (list && (list->kind != HD_NODE_LIST || list->count > HD_LOAD_PUTS_MAX)) {
		hd_fault(&reader->check, list, "must be a list of 1 to %d documents; got %n",
			 (int64_t)HD_LOAD_PUTS_MAX, list);
		list = NULL;
	}
	const struct hd_node *node = list ? first_child(reader, list) : NULL;
	for (; node; node = next_node(reader, node)) {
		uint32_t item = hd_check_enter_item(&reader->check, number++);
		read_put(reader, node);
		hd_check_leave(&reader->check, item);
	}
	hd_check_leave(&reader->check, mark);
}

/* Phases. */

static const struct hd_load_kind *
read_kind(struct reader *reader, const struct hd_node *map)
{
	const struct hd_node *node = find_child(reader, map, "kind");
	const struct hd_load_kind *kind =
		node && node->kind == HD_NODE_SCALAR ? hd_load_kind_find(node->text) : NULL;
	char names[ALLOWED_MAX];
	size_t at = 0;
	for (uint32_t i = 0; i < hd_load_kinds_count; i++)
		at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "",
				       hd_load_kinds[i].name);
	if (!node)
		hd_fault(&reader->check, map, "needs kind, one of %s", names);
	else if (!kind)
		hd_fault(&reader->check, node, "kind must be one of %s; got %n", names, node);
	return kind;
}

static void
wrong_phase_key(struct reader *reader, const struct hd_load_kind *kind, const struct hd_node *node)
{
	char what[48], allowed[ALLOWED_MAX];
	snprintf(what, sizeof what, "a phase of kind %s", kind->name);
	snprintf(allowed, sizeof allowed, " name%s", kind->takes);
	allowed[strlen(allowed) - 1] = 0;
	unknown_key(reader, node, what, allowed);
}

static void
read_phase_key(struct reader *reader, struct hd_load_phase *phase, const struct hd_node *node)
{
	const struct hd_load_setting *setting = hd_load_setting_find(node->key, HD_LOAD_IN_PHASE);
	bool name = hd_bytes_equal(node->key, HD_BYTES("name"));
	if (hd_bytes_equal(node->key, HD_BYTES("kind")))
		return;
	if (!name && !(setting && hd_load_kind_takes(phase->kind, setting->name))) {
		wrong_phase_key(reader, phase->kind, node);
		return;
	}
	uint32_t mark = hd_check_enter_key(&reader->check, name ? "name" : setting->name);
	if (!name)
		set(reader, setting, node, &phase->plan);
	else if (is_text(reader, node))
		phase->name = keep(reader, node->text);
	hd_check_leave(&reader->check, mark);
}

/* What the command line says stands above all. */
static void
override(const struct reader *reader, struct hd_load_phase *phase)
{
	const struct hd_load_plan *line = reader->line;
	for (uint32_t i = 0; i < line->given_count; i++) {
		const struct hd_load_given *given = &line->given[i];
		if (!(given->setting->where & HD_LOAD_IN_PHASE) ||
		    hd_load_kind_takes(phase->kind, given->setting->name))
			HD_ASSERT(given->setting->set(&phase->plan, given->text));
	}
}

/* An overload is a multiple of a capacity, which is one of such commands on such connections. */
static void
load_as(const struct hd_load_plan *capacity, struct hd_load_plan *plan)
{
	plan->connections = capacity->connections;
	plan->pipeline = capacity->pipeline;
	plan->right = capacity->right;
	memcpy(plan->weights, capacity->weights, sizeof plan->weights);
}

static void
finish_phase(struct reader *reader, struct hd_load_phase *phase, const struct hd_node *map)
{
	override(reader, phase);
	/* Dice of its own: commands that an earlier phase gave would be `duplicate` and `solved`,
	 * and cost less than they did there. */
	phase->plan.seed += reader->scenario->phases_count - 1;
	if (phase->kind->multiplies && !reader->finds)
		hd_fault(&reader->check, map,
			 "a phase of kind %s needs one of kind capacity before it",
			 phase->kind->name);
	else if (phase->kind->multiplies)
		load_as(&reader->finds->plan, &phase->plan);
	if (phase->kind->finds)
		reader->finds = phase;
	if (phase->plan.threads > phase->plan.connections)
		phase->plan.threads = phase->plan.connections;
	bool own = !reader->line->hunt && reader->scenario->puts_count;
	if (phase->kind->shape)
		phase->kind->shape(&phase->plan, own ? reader->scenario->puts_count : 1);
	phase->plan.asides = phase->kind->asides;
}

static void
read_phase(struct reader *reader, const struct hd_node *map)
{
	struct hd_load_scenario *scenario = reader->scenario;
	const struct hd_load_kind *kind;
	if (map->kind != HD_NODE_MAP) {
		hd_fault(&reader->check, map, "must be a map with kind; got %n", map);
		return;
	}
	if ((kind = read_kind(reader, map)) == NULL)
		return;
	struct hd_load_phase *phase = &scenario->phases[scenario->phases_count++];
	*phase = (struct hd_load_phase){kind->name, kind, reader->head};
	const struct hd_node *node = first_child(reader, map);
	for (; node; node = next_node(reader, node))
		read_phase_key(reader, phase, node);
	finish_phase(reader, phase, map);
}

static void
read_phases(struct reader *reader, const struct hd_node *root)
{
	const struct hd_node *list = find_child(reader, root, "phases");
	if (!list || list->kind != HD_NODE_LIST || !list->count ||
	    list->count > HD_LOAD_PHASES_MAX) {
		hd_fault(&reader->check, list ? list : root, "phases must be a list of 1 to %d",
			 (int64_t)HD_LOAD_PHASES_MAX);
		return;
	}
	uint32_t mark = hd_check_enter_key(&reader->check, "phases"), number = 0;
	const struct hd_node *node = first_child(reader, list);
	for (; node; node = next_node(reader, node)) {
		uint32_t item = hd_check_enter_item(&reader->check, number++);
		read_phase(reader, node);
		hd_check_leave(&reader->check, item);
	}
	hd_check_leave(&reader->check, mark);
}

static void
read_root(struct reader *reader)
{
	const struct hd_node *root = &reader->document->nodes[0];
	if (root->kind != HD_NODE_MAP) {
		hd_fault(&reader->check, root, "a scenario is a map with phases; got %n", root);
		return;
	}
	const struct hd_node *node = first_child(reader, root);
	for (; node; node = next_node(reader, node)) {
		uint32_t mark = reader->check.path_size;
		const struct hd_load_setting *setting =
			hd_load_setting_find(node->key, HD_LOAD_AT_HEAD);
		if (setting)
			hd_check_enter_key(&reader->check, setting->name);
		read_head_key(reader, node);
		hd_check_leave(&reader->check, mark);
	}
	read_puts(reader, root);
	read_phases(reader, root);
}

/* Files. */

static uint8_t *
read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *text = file ? malloc(HD_DOCUMENT_MAX + 1) : NULL;
	*size = text ? fread(text, 1, HD_DOCUMENT_MAX + 1, file) : 0;
	bool failed = file && ferror(file);
	if (file)
		fclose(file);
	if (!failed)
		return text;
	free(text);
	return NULL;
}

static int
tell_faults(const char *path, struct hd_faults *faults)
{
	char line[HD_DOC_LINE_MAX];
	hd_faults_sort(faults);
	for (uint32_t i = 0; i < faults->count; i++) {
		hd_doc_fault_line(path, &faults->row[i], line, sizeof line);
		fprintf(stderr, "%s\n", line);
	}
	if (faults->skipped)
		fprintf(stderr, "%s: and %u more\n", path, faults->skipped);
	return faults->count ? HD_EXIT_CONFIG : -1;
}

/* An option that no phase takes would say one thing and do another. */
static int
check_options(const struct hd_load_scenario *scenario, const struct hd_load_plan *line)
{
	for (uint32_t i = 0; i < line->given_count; i++) {
		const struct hd_load_setting *setting = line->given[i].setting;
		bool taken = !(setting->where & HD_LOAD_IN_PHASE);
		for (uint32_t k = 0; k < scenario->phases_count; k++)
			taken |= hd_load_kind_takes(scenario->phases[k].kind, setting->name);
		if (taken)
			continue;
		fprintf(stderr, "hunt-load: no phase of %s takes %s\n", scenario->path,
			setting->name);
		return HD_EXIT_USAGE;
	}
	if (line->hunt || scenario->puts_count)
		return -1;
	fprintf(stderr, "hunt-load: --hunt is needed: %s puts no hunt of its own\n",
		scenario->path);
	return HD_EXIT_USAGE;
}

static int
read_text(struct hd_load_scenario *scenario, const struct hd_load_plan *plan, struct hd_bytes text)
{
	struct hd_faults *faults = calloc(1, sizeof *faults);
	struct hd_doc doc = {0};
	HD_ASSERT(faults);
	if (hd_doc_read(text, &doc, faults)) {
		struct reader reader = {.scenario = scenario,
					.document = &doc.document,
					.check = {&doc.document, faults, "", 0},
					.line = plan,
					.head = *plan};
		read_root(&reader);
	}
	int code = tell_faults(scenario->path, faults);
	hd_doc_free(&doc);
	free(faults);
	return code >= 0 ? code : check_options(scenario, plan);
}

int
hd_load_scenario_read(struct hd_load_scenario *scenario, const struct hd_load_plan *plan)
{
	size_t size;
	*scenario = (struct hd_load_scenario){.path = hd_load_scenario_path(plan->scenario)};
	uint8_t *text = read_file(scenario->path, &size);
	if (!text) {
		char names[256];
		int why = errno;
		hd_load_scenario_list(names, sizeof names);
		fprintf(stderr, "hunt-load: --scenario %s: %s; a file, or one of: %s\n",
			plan->scenario, strerror(why), names);
		return HD_EXIT_USAGE;
	}
	int code = read_text(scenario, plan, hd_bytes_of(text, size));
	free(text);
	return code;
}

void
hd_load_scenario_free(struct hd_load_scenario *scenario)
{
	for (uint32_t i = 0; i < scenario->texts_count; i++)
		free(scenario->texts[i]);
	free(scenario->texts);
	free(scenario->path);
	*scenario = (struct hd_load_scenario){0};
}
