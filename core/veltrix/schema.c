/* The check of one map against its table. */
#include "core/veltrix/schema.h"

#include <utf8proc.h>

#include "core/veltrix/scalar.h"
#include "huntd/assert.h"
#include "huntd/ids.h"

#define WORD_MAX 32u /* longer words have no near ones */

static uint32_t
least_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint8_t
lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 32) : byte;
}

static bool
same_letter(struct hd_bytes a, uint32_t i, struct hd_bytes b, uint32_t j)
{
	HD_ASSERT(i < a.size && j < b.size);
	return lower(a.at[i]) == lower(b.at[j]);
}

/* Letters to add, drop, change or swap (Damerau's distance, optimal string alignment). */
static uint32_t
distance(struct hd_bytes a, struct hd_bytes b)
{
	HD_ASSERT(a.size <= WORD_MAX && b.size <= WORD_MAX);
	uint32_t rows[3][WORD_MAX + 1];
	for (uint32_t j = 0; j <= b.size; j++)
		rows[0][j] = j;
	for (uint32_t i = 1; i <= a.size; i++) {
		uint32_t *now = rows[i % 3], *above = rows[(i + 2) % 3], *swap = rows[(i + 1) % 3];
		now[0] = i;
		for (uint32_t j = 1; j <= b.size; j++) {
			bool same = same_letter(a, i - 1, b, j - 1);
			now[j] = least_of(above[j - 1] + !same, 1 + least_of(above[j], now[j - 1]));
			if (i > 1 && j > 1 && same_letter(a, i - 1, b, j - 2) &&
			    same_letter(a, i - 2, b, j - 1))
				now[j] = least_of(now[j], swap[j - 2] + 1);
		}
	}
	HD_ASSERT(rows[a.size % 3][b.size] <= WORD_MAX);
	return rows[a.size % 3][b.size];
}

/* The nearest word so far, for "did you mean". */
struct near {
	struct hd_bytes word;
	const char *best;
	uint32_t best_distance;
};

static struct near
near_of(struct hd_bytes word)
{
	return (struct near){word, NULL, 1 + word.size / 3};
}

static void
near_try(struct near *near, const char *word)
{
	HD_ASSERT(strlen(word) <= WORD_MAX);
	if (near->word.size > WORD_MAX)
		return;
	uint32_t d = distance(near->word, hd_bytes_str(word));
	if (d < near->best_distance + (near->best == NULL)) {
		near->best = word;
		near->best_distance = d;
	}
}

/* The names a table allows, joined; those of later work are not among them. */
static const char *
list_keys(const struct hd_schema *schema, char *out, size_t size)
{
	struct hd_writer w = hd_writer_of(out, size - 1);
	for (uint32_t i = 0; i < schema->count; i++) {
		if (schema->keys[i].type == HD_SCHEMA_LATER)
			continue;
		if (w.at != (uint8_t *)out)
			hd_write_fixed(&w, ", ", 2);
		hd_write_fixed(&w, schema->keys[i].name, (uint32_t)strlen(schema->keys[i].name));
	}
	HD_ASSERT(!w.full);
	*w.at = 0;
	return out;
}

/* The key that was meant, if any, counts as refused: one misspelt word is one fault. */
static void
say_unknown_key(struct hd_check *check, const struct hd_schema *schema, const struct hd_node *node,
		struct hd_schema_value *values)
{
	HD_ASSERT(schema->count <= HD_SCHEMA_KEYS_MAX);
	char names[160];
	list_keys(schema, names, sizeof names);
	struct near near = near_of(node->key);
	for (uint32_t i = 0; i < schema->count; i++)
		near_try(&near, schema->keys[i].name);
	if (near.best)
		hd_fault_key(check, node, "unknown key %q; did you mean `%s`? %s has: %s",
			     node->key, near.best, schema->what, names);
	else
		hd_fault_key(check, node, "unknown key %q; %s has: %s", node->key, schema->what,
			     names);
	for (uint32_t i = 0; i < schema->count; i++)
		if (schema->keys[i].name == near.best)
			values[i].refused = true;
}

static void
say_unknown_word(struct hd_check *check, const char *name, const char *allowed,
		 const struct near *near, const struct hd_node *node)
{
	HD_ASSERT(name && allowed);
	if (near->best)
		hd_fault(check, node, "%s must be %s; got %n; did you mean `%s`?", name, allowed,
			 node, near->best);
	else
		hd_fault(check, node, "%s must be %s; got %n", name, allowed, node);
}

static void
near_try_all(struct near *near, const char *const *words)
{
	for (; words && *words; words++)
		near_try(near, *words);
}

static void
say_unknown_choice(struct hd_check *check, const struct hd_schema_key *key,
		   const struct hd_node *node)
{
	HD_ASSERT(key->type == HD_SCHEMA_CHOICE);
	struct near near = near_of(node->text);
	near_try_all(&near, key->choices);
	near_try_all(&near, key->later);
	say_unknown_word(check, key->name, key->allowed, &near, node);
}

/* Place of `text` in a list of words that ends with NULL; -1: not there. */
static int64_t
place_of(struct hd_bytes text, const char *const *words)
{
	for (int64_t i = 0; words && words[i]; i++)
		if (hd_bytes_equal(text, hd_bytes_str(words[i])))
			return i;
	return -1;
}

/* "one, two or three", cut where it is too long. */
static const char *
list_words(const char *const *words, char *out, size_t size)
{
	struct hd_writer w = hd_writer_of(out, size - 1);
	HD_ASSERT(words[0] != NULL);
	for (uint32_t i = 0; words[i] != NULL; i++) {
		const char *joint = i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ";
		hd_write_fixed(&w, joint, (uint32_t)strlen(joint));
		hd_write_fixed(&w, words[i], (uint32_t)strlen(words[i]));
	}
	*w.at = 0;
	return out;
}

int64_t
hd_schema_word(struct hd_check *check, const char *name, const struct hd_node *node,
	       const char *const *words)
{
	char allowed[sizeof((struct hd_fault *)0)->what / 2] = "";
	int64_t place = place_of(node->text, words);
	HD_ASSERT(node->kind == HD_NODE_SCALAR);
	if (place >= 0)
		return place;
	struct near near = near_of(node->text);
	near_try_all(&near, words);
	say_unknown_word(check, name, list_words(words, allowed, sizeof allowed), &near, node);
	return -1;
}

static bool
read_choice(struct hd_check *check, const struct hd_schema_key *key, const struct hd_node *node,
	    int64_t *number)
{
	*number = place_of(node->text, key->choices);
	if (*number >= 0)
		return true;
	if (place_of(node->text, key->later) >= 0)
		hd_fault(check, node, "%s %n is not supported yet; must be %s", key->name, node,
			 key->allowed);
	else
		say_unknown_choice(check, key, node);
	return false;
}

static bool
is_text(struct hd_bytes text, bool lines)
{
	for (uint32_t at = 0; at < text.size;) {
		utf8proc_int32_t character;
		utf8proc_ssize_t size = utf8proc_iterate(text.at + at, text.size - at, &character);
		bool space = lines && (character == '\n' || character == '\t');
		if (size < 1 ||
		    (!space && (character < 0x20 || (character >= 0x7f && character < 0xa0))))
			return false;
		at += (uint32_t)size;
	}
	return text.size <= HD_TEXT_MAX;
}

static bool
read_bool(struct hd_bytes text, int64_t *number)
{
	*number = hd_bytes_equal(text, HD_BYTES("true"));
	return *number || hd_bytes_equal(text, HD_BYTES("false"));
}

static bool
in_range(const struct hd_schema_key *key, int64_t number)
{
	return number >= key->least && number <= key->most;
}

/* True where the scalar has its row's form. Numbers and words are written without quotes. */
static bool
read_scalar(const struct hd_schema_key *key, const struct hd_node *node, int64_t *number)
{
	HD_ASSERT(node->kind == HD_NODE_SCALAR);
	switch (key->type) {
	case HD_SCHEMA_ID:
		return hd_id_valid_strict(node->text);
	case HD_SCHEMA_LINE:
	case HD_SCHEMA_TEXT:
		return is_text(node->text, key->type == HD_SCHEMA_TEXT);
	case HD_SCHEMA_RAW:
		return true;
	case HD_SCHEMA_INTEGER:
		return !node->quoted && hd_scalar_integer(node->text, number) &&
		       in_range(key, *number);
	case HD_SCHEMA_BOOL:
		return !node->quoted && read_bool(node->text, number);
	case HD_SCHEMA_TIME:
		return hd_scalar_time(node->text, number);
	case HD_SCHEMA_DURATION:
		return hd_scalar_duration(node->text, number) && in_range(key, *number);
	default:
		HD_UNREACHABLE();
	}
}

static bool
read_list(struct hd_check *check, const struct hd_schema_key *key, const struct hd_node *node)
{
	HD_ASSERT(key->type == HD_SCHEMA_LIST);
	if (node->kind == HD_NODE_LIST && in_range(key, node->count))
		return true;
	if (node->kind == HD_NODE_LIST)
		hd_fault(check, node, "%s must be %s; got a list of %d", key->name, key->allowed,
			 (int64_t)node->count);
	else
		hd_fault(check, node, "%s must be %s; got %n", key->name, key->allowed, node);
	return false;
}

static bool
say_later(struct hd_check *check, const struct hd_schema_key *key, const struct hd_node *node)
{
	const char *what = node->kind == HD_NODE_MAP ? key->later_map : NULL;
	if (!what)
		return false;
	hd_fault(check, node, "%s is not supported yet; %s must be %s", what, key->name,
		 key->allowed);
	return true;
}

static void
say_form(struct hd_check *check, const struct hd_schema_key *key, const struct hd_node *node)
{
	bool unquote =
		node->quoted && (key->type == HD_SCHEMA_INTEGER || key->type == HD_SCHEMA_BOOL);
	hd_fault(check, node,
		 unquote ? "%s must be %s, without quotes; got %n" : "%s must be %s; got %n",
		 key->name, key->allowed, node);
}

/* One value that is no list of items, by its row; false: a fault was said. */
static bool
read_single(struct hd_check *check, const struct hd_schema_key *key, const struct hd_node *node,
	    int64_t *number)
{
	if (key->type == HD_SCHEMA_LATER) {
		hd_fault_key(check, node, "%s is not supported yet; leave it out", key->name);
		return false;
	}
	if (key->type == HD_SCHEMA_LIST)
		return read_list(check, key, node);
	if (say_later(check, key, node))
		return false;
	bool scalar = node->kind == HD_NODE_SCALAR;
	if (scalar && key->type == HD_SCHEMA_CHOICE)
		return read_choice(check, key, node, number);
	bool good = key->type == HD_SCHEMA_MAP ? node->kind == HD_NODE_MAP
					       : scalar && key->type != HD_SCHEMA_CHOICE &&
							 read_scalar(key, node, number);
	if (!good)
		say_form(check, key, node);
	return good;
}

/* A list where one value may stand too. */
static bool
read_items(struct hd_check *check, const struct hd_schema_key *key, const struct hd_node *node)
{
	bool good = node->count > 0 && node->count <= key->items_most;
	int64_t number;
	if (!good)
		hd_fault(check, node, "%s must be %s; got a list of %d", key->name, key->allowed,
			 (int64_t)node->count);
	uint32_t at = node->first;
	for (uint32_t i = 0; i < node->count && i < key->items_most; i++) {
		HD_ASSERT(at > 0 && at < check->document->count);
		uint32_t mark = hd_check_enter_item(check, i);
		good &= read_single(check, key->item, &check->document->nodes[at], &number);
		hd_check_leave(check, mark);
		at = check->document->nodes[at].next;
	}
	return good;
}

static bool
read_value(struct hd_check *check, const struct hd_schema_key *key, const struct hd_node *node,
	   int64_t *number)
{
	if (key->item && node->kind == HD_NODE_LIST)
		return read_items(check, key, node);
	return read_single(check, key, node, number);
}

static void
read_key(struct hd_check *check, const struct hd_schema *schema, const struct hd_node *node,
	 struct hd_schema_value *values)
{
	for (uint32_t i = 0; i < schema->count; i++) {
		const struct hd_schema_key *key = &schema->keys[i];
		if (!hd_bytes_equal(node->key, hd_bytes_str(key->name)))
			continue;
		uint32_t mark = hd_check_enter_key(check, key->name);
		values[i].node = node;
		values[i].refused = !read_value(check, key, node, &values[i].number);
		hd_check_leave(check, mark);
		return;
	}
	say_unknown_key(check, schema, node, values);
}

void
hd_schema_missing(struct hd_check *check, const struct hd_schema_key *key,
		  const struct hd_node *map)
{
	HD_ASSERT(map->kind == HD_NODE_MAP);
	uint32_t mark = hd_check_enter_key(check, key->name);
	hd_fault(check, map, "%s is missing; it must be %s", key->name, key->allowed);
	hd_check_leave(check, mark);
}

bool
hd_schema_read(struct hd_check *check, const struct hd_schema *schema, const struct hd_node *node,
	       struct hd_schema_value *values)
{
	HD_ASSERT(schema->count <= HD_SCHEMA_KEYS_MAX);
	memset(values, 0, schema->count * sizeof *values);
	if (node->kind != HD_NODE_MAP) {
		char names[160];
		hd_fault(check, node, "%s must be a map; got %n; %s has: %s", schema->what, node,
			 schema->what, list_keys(schema, names, sizeof names));
		return false;
	}
	uint32_t at = node->first;
	for (uint32_t i = 0; i < node->count; i++) {
		HD_ASSERT(at > 0 && at < check->document->count);
		read_key(check, schema, &check->document->nodes[at], values);
		at = check->document->nodes[at].next;
	}
	for (uint32_t i = 0; i < schema->count; i++)
		if (schema->keys[i].needed && !values[i].node && !values[i].refused)
			hd_schema_missing(check, &schema->keys[i], node);
	return true;
}
