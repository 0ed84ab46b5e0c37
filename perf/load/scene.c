#include "perf/load/scene.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "huntd/ids.h"
#include "net/doc/doc.h"

static void *
take(size_t size)
{
	void *memory = calloc(1, size);
	HD_ASSERT(memory);
	return memory;
}

/* `$4\r\nGOLD\r\n`, own. */
static struct hd_bytes
bulk_of(struct hd_bytes text)
{
	uint8_t *memory = take(text.size + 24u);
	int head = snprintf((char *)memory, 24, "$%u\r\n", text.size);
	memcpy(memory + head, text.at, text.size);
	memcpy(memory + head + text.size, "\r\n", 2);
	return hd_bytes_of(memory, (size_t)head + text.size + 2);
}

static void
texts_add(struct hd_load_texts *texts, struct hd_bytes text)
{
	if (text.size == 0 || text.size > HD_ANSWER_MAX)
		return;
	texts->rows = realloc(texts->rows, (texts->count + 1) * sizeof *texts->rows);
	HD_ASSERT(texts->rows);
	texts->rows[texts->count++] = bulk_of(text);
}

static void
texts_free(struct hd_load_texts *texts)
{
	for (uint32_t i = 0; i < texts->count; i++)
		free((void *)texts->rows[i].at);
	free(texts->rows);
}

/* The value of a key in a map; NULL: absent, or no map. */
static const struct hd_node *
child(const struct hd_document *document, const struct hd_node *map, const char *key)
{
	uint32_t at = map->kind == HD_NODE_MAP ? map->first : 0;
	while (at) {
		const struct hd_node *node = &document->nodes[at];
		if (hd_bytes_equal(node->key, hd_bytes_str(key)))
			return node;
		at = node->next;
	}
	return NULL;
}

static const struct hd_node *
first_item(const struct hd_document *document, const struct hd_node *list)
{
	return list && list->kind == HD_NODE_LIST && list->first ? &document->nodes[list->first]
								 : NULL;
}

static const struct hd_node *
next_item(const struct hd_document *document, const struct hd_node *item)
{
	return item->next ? &document->nodes[item->next] : NULL;
}

/* Is it among those of --challenges? */
static bool
is_wanted(const struct hd_load_plan *plan, struct hd_bytes id)
{
	const char *at = plan->challenges;
	if (!at || at[strspn(at, "0123456789")] == 0)
		return true;
	while (*at) {
		size_t size = strcspn(at, ",");
		if (hd_bytes_equal(id, hd_bytes_of(at, size)))
			return true;
		at += size + (at[size] == ',');
	}
	return false;
}

static struct hd_load_challenge *
add_challenge(struct hd_load_scene *scene, const struct hd_load_plan *plan, struct hd_bytes id)
{
	size_t size = (scene->count + 1) * sizeof *scene->challenges;
	scene->challenges = realloc(scene->challenges, size);
	HD_ASSERT(scene->challenges);
	struct hd_load_challenge *challenge = &scene->challenges[scene->count++];
	*challenge = (struct hd_load_challenge){.id = bulk_of(id)};
	if (plan->answer)
		texts_add(&challenge->right, hd_bytes_str(plan->answer));
	return challenge;
}

/* A puzzle's answers are in no document; players of ours do not solve them. */
static void
read_challenge(struct hd_load_scene *scene, const struct hd_load_plan *plan,
	       const struct hd_document *document, const struct hd_node *node)
{
	const struct hd_node *id = child(document, node, "id"), *item;
	if (!id || id->kind != HD_NODE_SCALAR || !hd_id_valid(id->text) ||
	    !is_wanted(plan, id->text) || child(document, node, "puzzle"))
		return;
	struct hd_load_challenge *challenge = add_challenge(scene, plan, id->text);
	item = plan->answer ? NULL : first_item(document, child(document, node, "answers"));
	for (; item; item = next_item(document, item)) {
		if (item->kind == HD_NODE_SCALAR)
			texts_add(&challenge->right, item->text);
	}
	item = first_item(document, child(document, node, "partial"));
	for (; item; item = next_item(document, item)) {
		const struct hd_node *answer = child(document, item, "answer");
		if (answer && answer->kind == HD_NODE_SCALAR)
			texts_add(&challenge->partial, answer->text);
	}
}

/* Where the document names no boards there is one, `main`. */
static void
read_board(struct hd_load_scene *scene, const struct hd_document *document)
{
	const struct hd_node *board =
		first_item(document, child(document, &document->nodes[0], "boards"));
	const struct hd_node *id = board ? child(document, board, "id") : NULL;
	struct hd_bytes name = id && id->kind == HD_NODE_SCALAR ? id->text : hd_bytes_str("main");
	snprintf(scene->board, sizeof scene->board, "%.*s", (int)name.size, (const char *)name.at);
}

static bool
read_document(struct hd_load_scene *scene, const struct hd_load_plan *plan, struct hd_bytes text,
	      const char *from, char *fault)
{
	struct hd_faults *faults = take(sizeof *faults);
	struct hd_doc doc = {0};
	bool good = hd_doc_read(text, &doc, faults) && doc.document.count;
	if (good) {
		const struct hd_document *document = &doc.document;
		const struct hd_node *node =
			first_item(document, child(document, &document->nodes[0], "challenges"));
		for (; node; node = next_item(document, node))
			read_challenge(scene, plan, document, node);
		read_board(scene, document);
	} else if (faults->count) {
		hd_doc_fault_line(from, &faults->row[0], fault, HD_LOAD_FAULT_MAX);
	} else {
		snprintf(fault, HD_LOAD_FAULT_MAX, "%s holds no document", from);
	}
	hd_doc_free(&doc);
	free(faults);
	return good;
}

static bool
read_file(struct hd_load_scene *scene, const struct hd_load_plan *plan, char *fault)
{
	uint8_t *text = take(HD_DOCUMENT_MAX + 1);
	FILE *file = fopen(plan->document, "rb");
	if (!file) {
		snprintf(fault, HD_LOAD_FAULT_MAX, "cannot read %s: %s", plan->document,
			 strerror(errno));
		free(text);
		return false;
	}
	size_t size = fread(text, 1, HD_DOCUMENT_MAX + 1, file);
	fclose(file);
	bool good = read_document(scene, plan, hd_bytes_of(text, size), plan->document, fault);
	free(text);
	return good;
}

static bool
read_server(struct hd_load_scene *scene, const struct hd_load_plan *plan, int fd, uint8_t **memory,
	    char *fault)
{
	struct hd_load_reply reply;
	if (!hd_load_ask(fd, "VELTRIX.GET", plan->hunt, &reply, memory, fault))
		return false;
	if (reply.mark == '-' || !reply.bulk.size) {
		snprintf(fault, HD_LOAD_FAULT_MAX,
			 "VELTRIX.GET %s: %.*s; --document FILE gives it instead", plan->hunt,
			 (int)reply.text.size, (const char *)reply.text.at);
		return false;
	}
	return read_document(scene, plan, reply.bulk, "the server's document", fault);
}

/* The first N of --challenges N; for ids, all of them must have been found. */
static bool
choose(struct hd_load_scene *scene, const struct hd_load_plan *plan, char *fault)
{
	const char *at = plan->challenges;
	bool number = at && at[strspn(at, "0123456789")] == 0;
	uint32_t wanted = at && !number ? 1 : 0;
	if (number) {
		unsigned long first = strtoul(at, NULL, 10);
		if (first < 1 || first > scene->count) {
			snprintf(fault, HD_LOAD_FAULT_MAX,
				 "--challenges takes 1 to %u here; got `%s`", scene->count, at);
			return false;
		}
		while (scene->count > first) {
			struct hd_load_challenge *challenge = &scene->challenges[--scene->count];
			free((void *)challenge->id.at);
			texts_free(&challenge->right);
			texts_free(&challenge->partial);
		}
	}
	for (; wanted && *at; at++)
		wanted += *at == ',' && at[1];
	if (scene->count && scene->count >= wanted)
		return true;
	snprintf(fault, HD_LOAD_FAULT_MAX, "hunt `%s` has %s", plan->hunt,
		 wanted ? "not all challenges of --challenges" : "no challenges");
	return false;
}

/* The hunt must be there; where it is not, the others are named. */
static bool
check_hunt(const struct hd_load_plan *plan, int fd, uint8_t **memory, char *fault)
{
	struct hd_load_reply reply;
	if (!hd_load_ask(fd, "HUNT.INFO", plan->hunt, &reply, memory, fault))
		return false;
	if (reply.mark != '-')
		return true;
	snprintf(fault, HD_LOAD_FAULT_MAX, "hunt `%s`: %.*s; huntctl hunts lists what is there",
		 plan->hunt, (int)reply.text.size, (const char *)reply.text.at);
	return false;
}

bool
hd_load_scene_open(struct hd_load_scene *scene, const struct hd_load_plan *plan,
		   const struct hd_load_target *target, char *fault)
{
	uint8_t *memory = NULL;
	uint32_t size = (uint32_t)strlen(plan->hunt);
	*scene = (struct hd_load_scene){.hunt = bulk_of(hd_bytes_str(plan->hunt))};
	scene->id = hd_bytes_of(scene->hunt.at + scene->hunt.size - 2 - size, size);
	int fd = hd_load_dial(target, fault);
	bool good = fd >= 0 && check_hunt(plan, fd, &memory, fault);
	bool answers = plan->weights[HD_LOAD_SUBMIT] > 0;
	if (good && (answers || plan->asides)) {
		good = plan->document ? read_file(scene, plan, fault)
				      : read_server(scene, plan, fd, &memory, fault);
		good = good && (!answers || choose(scene, plan, fault));
	}
	free(memory);
	if (fd >= 0)
		close(fd);
	return good;
}

void
hd_load_scene_close(struct hd_load_scene *scene)
{
	for (uint32_t i = 0; i < scene->count; i++) {
		free((void *)scene->challenges[i].id.at);
		texts_free(&scene->challenges[i].right);
		texts_free(&scene->challenges[i].partial);
	}
	free(scene->challenges);
	free((void *)scene->hunt.at);
	*scene = (struct hd_load_scene){0};
}
