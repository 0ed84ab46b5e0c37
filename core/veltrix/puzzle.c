/* Puzzles in a document: what is to be dealt, checked against the kinds' own rows, and carried on
 * from version to version. */
#include "core/veltrix/compile.h"
#include "core/veltrix/dealt.h"
#include "huntd/assert.h"
#include "huntd/core.h"

#define WORDS_MAX  64u
#define PARAMS_MAX 64u

struct puzzle {
	struct hd_compile *compile;
	const struct hd_node *node;
	struct hd_schema_value values[HD_SCHEMA_KEYS_MAX];
	struct hd_puzzle_spec spec; /* kind NULL: it has a fault */
	bool known;                 /* `before` is what it must stay */
	struct hd_dealt before;
};

static const struct hd_node *
node_of(const struct puzzle *puzzle, enum hd_puzzle_key key)
{
	const struct hd_schema_value *value = &puzzle->values[key];
	return value->node ? value->node : puzzle->node;
}

/* The newest version of the kind, or that which earlier versions of the document fixed. */
static const struct hd_puzzle_kind *
kind_of(const struct puzzle *puzzle, struct hd_bytes name)
{
	const struct hd_puzzle_kind *fixed = NULL;
	if (puzzle->known && hd_bytes_equal(name, puzzle->before.kind))
		fixed = hd_puzzle_kind_of(name, puzzle->before.algorithm);
	return fixed ? fixed : hd_puzzle_kind(name);
}

static void
read_kind(struct puzzle *puzzle)
{
	const struct hd_schema_value *kind = &puzzle->values[HD_PUZZLE_KEY_KIND];
	struct hd_check *check = &puzzle->compile->check;
	const char *words[WORDS_MAX] = {NULL};
	if (!hd_schema_has(kind))
		return;
	uint32_t count = 0;
	for (uint32_t i = 0; hd_puzzle_kinds[i] != NULL; i++) {
		HD_ASSERT(count + 1 < WORDS_MAX);
		if (hd_puzzle_kind(hd_bytes_str(hd_puzzle_kinds[i]->name)) == hd_puzzle_kinds[i])
			words[count++] = hd_puzzle_kinds[i]->name;
	}
	uint32_t mark = hd_check_enter_key(check, "kind");
	int64_t place = hd_schema_word(check, "kind", kind->node, words);
	if (place >= 0)
		puzzle->spec.kind = kind_of(puzzle, hd_bytes_str(words[place]));
	hd_check_leave(check, mark);
}

/* False: a fault was said. */
static bool
read_tier(struct puzzle *puzzle)
{
	const struct hd_schema_value *tier = &puzzle->values[HD_PUZZLE_KEY_TIER];
	const struct hd_puzzle_kind *kind = puzzle->spec.kind;
	const char *words[HD_PUZZLE_TIERS_MAX + 4] = {"easy", "medium", "hard"};
	struct hd_check *check = &puzzle->compile->check;
	struct hd_bytes medium = HD_BYTES("medium");
	uint32_t count = 3;
	if (tier->refused)
		return false;
	if (hd_puzzle_tier(kind, tier->node ? tier->node->text : medium, &puzzle->spec.tier))
		return true;
	for (uint8_t i = 0; i < kind->tiers_count; i++) {
		struct hd_bytes own = hd_bytes_str(kind->tiers[i]);
		bool level = hd_bytes_equal(own, HD_BYTES("easy")) || hd_bytes_equal(own, medium) ||
			     hd_bytes_equal(own, HD_BYTES("hard"));
		if (!level)
			words[count++] = kind->tiers[i];
	}
	uint32_t mark = hd_check_enter_key(check, "tier");
	hd_schema_word(check, "tier", tier->node, words);
	hd_check_leave(check, mark);
	return false;
}

/* False: a fault was said. */
static bool
read_params(struct puzzle *puzzle)
{
	const struct hd_schema_value *params = &puzzle->values[HD_PUZZLE_KEY_PARAMS];
	const struct hd_puzzle_kind *kind = puzzle->spec.kind;
	struct hd_check *check = &puzzle->compile->check;
	if (params->refused)
		return false;
	struct hd_bytes text = params->node ? params->node->text : hd_bytes_str(kind->defaults);
	bool taken = kind->params_read(text, &puzzle->spec.params) == NULL;
	HD_ASSERT(params->node || taken);
	if (taken)
		return true;
	uint32_t mark = hd_check_enter_key(check, "params");
	hd_fault(check, params->node, "params of %s must be %s; got %n", kind->name,
		 kind->params_form, params->node);
	hd_check_leave(check, mark);
	return false;
}

/* Sets spec.kind to NULL where anything of it has a fault. */
static void
read_spec(struct puzzle *puzzle)
{
	read_kind(puzzle);
	const struct hd_puzzle_kind *kind = puzzle->spec.kind;
	if (kind == NULL)
		return;
	bool tier = read_tier(puzzle), params = read_params(puzzle);
	puzzle->spec.kind = tier && params ? kind : NULL;
	if (puzzle->spec.kind == NULL)
		return;
	const char *why = kind->params_deny(&puzzle->spec.params, puzzle->spec.tier);
	if (why == NULL)
		return;
	hd_fault(&puzzle->compile->check, puzzle->node, "%s of tier %s: %s", kind->name,
		 kind->tiers[puzzle->spec.tier], why);
	puzzle->spec.kind = NULL;
}

/* A phrase as a number, five bits a letter from the top, A is 1: the order of such numbers is the
 * order of the phrases as bytes. */
typedef unsigned __int128 phrase_key;

#define LETTER_BITS 5u

static_assert(HD_PHRASE_MAX * LETTER_BITS <= 8 * sizeof(phrase_key), "a phrase fits a key");

/* 0: it is no phrase. */
static phrase_key
key_of(struct hd_bytes normal)
{
	phrase_key key = 0;
	if (normal.size < HD_PHRASE_MIN || normal.size > HD_PHRASE_MAX)
		return 0;
	for (uint32_t i = 0; i < HD_PHRASE_MAX; i++) {
		uint8_t number = 0;
		if (i < normal.size) {
			if (normal.at[i] < 'A' || normal.at[i] > 'Z')
				return 0;
			number = (uint8_t)(normal.at[i] - 'A' + 1);
		}
		key <<= LETTER_BITS;
		key |= number;
	}
	return key;
}

static void
write_key(phrase_key key, struct hd_writer *out)
{
	uint8_t letters[HD_PHRASE_MAX];
	uint32_t size = 0;
	HD_ASSERT(key != 0);
	for (uint32_t i = HD_PHRASE_MAX; i-- > 0;) {
		uint8_t letter = (uint8_t)(key >> (LETTER_BITS * i) & 31);
		if (letter > 0)
			letters[size++] = (uint8_t)('A' - 1 + letter);
	}
	hd_write_bytes(out, hd_bytes_of(letters, size));
}

static void
sift(phrase_key *keys, uint32_t at, uint32_t count)
{
	phrase_key key = keys[at];
	for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && keys[child + 1] > keys[child])
			child++;
		if (keys[child] <= key)
			break;
		keys[at] = keys[child];
	}
	keys[at] = key;
}

static void
sort(phrase_key *keys, uint32_t count)
{
	HD_ASSERT(count <= HD_PHRASES_OWN_MAX);
	for (uint32_t i = count / 2; i-- > 0;)
		sift(keys, i, count);
	for (uint32_t left = count; left > 1; left--) {
		phrase_key greatest = keys[0];
		keys[0] = keys[left - 1];
		sift(keys, 0, left - 1);
		keys[left - 1] = greatest;
	}
}

/* Place of a key among sorted ones that hold it. */
static uint32_t
place_of(const phrase_key *keys, uint32_t count, phrase_key key)
{
	uint32_t low = 0, high = count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (keys[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	HD_ASSERT(low < count && keys[low] == key);
	return low;
}

/* 0: it is no phrase; `say`: and a fault says so. */
static phrase_key
key_of_node(struct hd_check *check, const struct hd_node *node, bool say)
{
	uint8_t normal[HD_NORMAL_MAX];
	uint32_t size = 0;
	if (node->kind == HD_NODE_SCALAR)
		size = hd_normalise(HD_PROFILE_ASCII, node->text, normal);
	const int64_t min = HD_PHRASE_MIN, max = HD_PHRASE_MAX;
	phrase_key key = key_of(hd_bytes_of(normal, size));
	if (key != 0 || !say)
		return key;
	if (node->kind != HD_NODE_SCALAR || size == 0)
		hd_fault(check, node, "a phrase must be %d to %d letters A-Z; got %n", min, max,
			 node);
	else
		hd_fault(check, node, "a phrase must be %d to %d letters A-Z; %q becomes %q (%d)",
			 min, max, node->text, hd_bytes_of(normal, size), (int64_t)size);
	return key;
}

/* Says every phrase that stands above already; keys: sorted. */
static void
say_twice(struct hd_check *check, const struct hd_node *list, const phrase_key *keys,
	  uint32_t count)
{
	uint8_t seen[(HD_PHRASES_OWN_MAX + 7) / 8] = {0};
	uint32_t at = list->first;
	HD_ASSERT(count <= HD_PHRASES_OWN_MAX);
	for (uint32_t i = 0; i < list->count; i++) {
		const struct hd_node *node = &check->document->nodes[at];
		phrase_key key = key_of_node(check, node, false);
		uint32_t place = key ? place_of(keys, count, key) : 0;
		uint32_t mark = hd_check_enter_item(check, i);
		if (key && seen[place / 8] >> place % 8 & 1)
			hd_fault(check, node, "phrase %q stands above already", node->text);
		else if (key)
			seen[place / 8] |= (uint8_t)(1u << place % 8);
		hd_check_leave(check, mark);
		at = node->next;
	}
}

/* Says what is wrong with the phrases, and writes them sorted. */
static void
write_phrases(struct hd_compile *compile, const struct hd_node *list)
{
	phrase_key keys[HD_PHRASES_OWN_MAX];
	uint32_t count = 0, at = list->first;
	bool twice = false;
	HD_ASSERT(list->count <= HD_PHRASES_OWN_MAX);
	for (uint32_t i = 0; i < list->count; i++) {
		uint32_t mark = hd_check_enter_item(&compile->check, i);
		const struct hd_node *node = hd_compile_node(compile, at);
		keys[count] = key_of_node(&compile->check, node, true);
		count += keys[count] != 0;
		hd_check_leave(&compile->check, mark);
		at = node->next;
	}
	sort(keys, count);
	for (uint32_t i = 1; i < count; i++)
		twice |= keys[i] == keys[i - 1];
	if (twice)
		say_twice(&compile->check, list, keys, count);
	hd_write_varint(compile->out, count);
	for (uint32_t i = 0; i < count; i++)
		write_key(keys[i], compile->out);
}

static void
say_stays(struct puzzle *puzzle, const char *name, enum hd_puzzle_key key, struct hd_bytes stays)
{
	struct hd_check *check = &puzzle->compile->check;
	uint32_t mark = hd_check_enter_key(check, name);
	hd_fault(check, node_of(puzzle, key),
		 "%s must stay %b, as in earlier versions; use a new id", name, stays);
	hd_check_leave(check, mark);
}

/* People have been dealt what earlier versions said. */
static void
check_same(struct puzzle *puzzle, struct hd_bytes params)
{
	const struct hd_puzzle_spec *spec = &puzzle->spec;
	const struct hd_dealt *before = &puzzle->before;
	HD_ASSERT(spec->kind != NULL);
	if (!puzzle->known)
		return;
	if (!hd_bytes_equal(before->kind, hd_bytes_str(spec->kind->name))) {
		say_stays(puzzle, "kind", HD_PUZZLE_KEY_KIND, before->kind);
		return;
	}
	HD_ASSERT(before->tier < spec->kind->tiers_count);
	if (before->tier != spec->tier)
		say_stays(puzzle, "tier", HD_PUZZLE_KEY_TIER,
			  hd_bytes_str(spec->kind->tiers[before->tier]));
	if (!hd_bytes_equal(before->params, params))
		say_stays(puzzle, "params", HD_PUZZLE_KEY_PARAMS, before->params);
}

/* `from`: where the own phrases' count was written; NULL: there are none. */
static void
check_same_phrases(struct puzzle *puzzle, const uint8_t *from)
{
	const struct hd_writer *out = puzzle->compile->out;
	const struct hd_dealt *before = &puzzle->before;
	HD_ASSERT(from == NULL || from <= out->at);
	if (!puzzle->known || out->full || puzzle->values[HD_PUZZLE_KEY_PHRASES].refused)
		return;
	struct hd_reader in = {from, out->at, false};
	bool own = from != NULL;
	if (own && before->list > 0)
		say_stays(puzzle, "phrases", HD_PUZZLE_KEY_PHRASES, HD_BYTES("left out"));
	else if (!own && before->list == 0)
		say_stays(puzzle, "phrases", HD_PUZZLE_KEY_PHRASES, HD_BYTES("a list"));
	else if (own && (hd_read_varint(&in) != before->own_count ||
			 !hd_bytes_equal(hd_bytes_of(in.at, hd_reader_left(&in)), before->own)))
		say_stays(puzzle, "phrases", HD_PUZZLE_KEY_PHRASES, HD_BYTES("the same"));
}

static void
write_puzzle(struct puzzle *puzzle, bool stocked)
{
	struct hd_writer *out = puzzle->compile->out;
	const struct hd_schema_value *phrases = &puzzle->values[HD_PUZZLE_KEY_PHRASES];
	uint8_t text[PARAMS_MAX];
	struct hd_writer params = hd_writer_of(text, sizeof text);
	struct hd_dealt dealt = {.stocked = stocked, .tier = puzzle->spec.tier};
	const uint8_t *from = NULL;
	if (puzzle->spec.kind != NULL) {
		puzzle->spec.kind->params_write(&puzzle->spec.params, &params);
		HD_ASSERT(!params.full);
		dealt.kind = hd_bytes_str(puzzle->spec.kind->name);
		dealt.algorithm =
			puzzle->known ? puzzle->before.algorithm : puzzle->spec.kind->algorithm;
		dealt.params = hd_bytes_of(text, (size_t)(params.at - text));
		check_same(puzzle, dealt.params);
	}
	if (!phrases->node)
		dealt.list = puzzle->known && puzzle->before.list > 0 ? puzzle->before.list
								      : HD_PHRASES_VERSION;
	hd_dealt_write(&dealt, out);
	if (hd_schema_has(phrases)) {
		uint32_t mark = hd_check_enter_key(&puzzle->compile->check, "phrases");
		from = out->at;
		write_phrases(puzzle->compile, phrases->node);
		hd_check_leave(&puzzle->compile->check, mark);
	}
	check_same_phrases(puzzle, from);
}

/* Whether others take part in what one may get, also from the hunt's shard: it has counted. */
static void
check_same_stock(struct puzzle *puzzle, const struct hd_node *challenge,
		 const struct hd_schema_value *stock)
{
	struct hd_check *check = &puzzle->compile->check;
	HD_ASSERT(puzzle->known);
	if (stock->refused || (stock->node != NULL) == puzzle->before.stocked)
		return;
	uint32_t mark = hd_check_enter_key(check, "stock");
	hd_fault(check, stock->node ? stock->node : challenge,
		 "stock must stay %s, as in earlier versions; use a new id",
		 puzzle->before.stocked ? "an integer" : "left out");
	hd_check_leave(check, mark);
}

void
hd_compile_puzzle(struct hd_compile *compile, const struct hd_node *challenge,
		  const struct hd_schema_value *values, const struct hd_outline_challenge *before)
{
	const struct hd_schema_value *value = &values[HD_CHALLENGE_PUZZLE];
	const struct hd_schema_value *stock = &values[HD_CHALLENGE_STOCK];
	struct puzzle puzzle = {.compile = compile, .node = value->node};
	puzzle.known = before && before->known && before->kind == HD_CHALLENGE_DEALT;
	if (puzzle.known) {
		struct hd_reader in = hd_reader_of(before->puzzle);
		hd_dealt_read(&in, &puzzle.before);
		HD_ASSERT(!in.bad && hd_reader_left(&in) == 0);
		check_same_stock(&puzzle, challenge, stock);
	}
	if (!hd_schema_has(value))
		return;
	uint32_t mark = hd_check_enter_key(&compile->check, "puzzle");
	if (hd_schema_read(&compile->check, &hd_schema_puzzle, value->node, puzzle.values)) {
		read_spec(&puzzle);
		write_puzzle(&puzzle, stock->number > 0);
	}
	hd_check_leave(&compile->check, mark);
}
