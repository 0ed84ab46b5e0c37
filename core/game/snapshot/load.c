/* Reading a snapshot back: one decoder for each kind of object, and what holds between them.
 *
 * The bytes may be anybody's: whatever would break the state is refused here, so that nothing else
 * has to ask. The core's object comes first, a hunt before all that names it, done bits and ids in
 * their order; all else in any. */
#include "core/game/snapshot/object.h"
#include "huntd/snapshot.h"
#include "huntd/wire.h"

struct hd_load {
	unsigned __int128 sum;
	bool whole; /* the sum and the count are those that were written */
	uint64_t count;
	uint32_t done;                     /* objects of done bits */
	uint16_t challenges[HD_HUNTS_MAX]; /* by hunt: they reach to the greatest that is named */
	uint64_t puzzles[HD_HUNTS_MAX]
			[HD_CHALLENGES_MAX / 64]; /* a bit for each that must be one */
};

void
hd_load_drop(struct hd_core *core)
{
	if (core->load == NULL)
		return;
	HD_ASSERT(core->sweep == NULL);
	hd_memory_give(core->memory, core->load, sizeof(*core->load));
	core->load = NULL;
}

static bool
all_read(const struct hd_reader *in)
{
	return !in->bad && in->at == in->end;
}

static bool
load_core(struct hd_core *core, struct hd_reader *in)
{
	if (core->load->count > 0)
		return false;
	core->stamp = hd_read_signed(in);
	core->order = hd_read_varint(in);
	core->has_secret = hd_read_bounded(in, 1) != 0;
	struct hd_bytes secret = hd_read_fixed(in, sizeof(core->secret));
	core->ids.kept_max = hd_read_signed(in);
	core->ids.age_ns = hd_read_signed(in);
	core->hunts_count = (uint32_t)hd_read_bounded(in, HD_HUNTS_MAX);
	uint64_t bases = in->at < in->end ? hd_read_varint(in) : 0;
	if (bases != 0 && !hd_base_is_own(core, bases))
		return false;
	core->bases = bases;
	if (!all_read(in) || core->stamp < 0 || core->ids.kept_max < 0 || core->ids.age_ns < 0)
		return false;
	memcpy(core->secret, secret.at, secret.size);
	return core->has_secret || core->hunts_count == 0;
}

/* They come in order, so that memory for them is bounded by what has come. */
static bool
load_done(struct hd_core *core, struct hd_reader *in)
{
	uint64_t chunk = hd_read_varint(in);
	struct hd_bytes words = hd_read_fixed(in, HD_DONE_WORDS * sizeof(uint64_t));
	if (!all_read(in) || chunk != core->load->done)
		return false;
	for (uint32_t i = 0; i < HD_DONE_WORDS; i++) {
		uint64_t word;
		memcpy(&word, words.at + i * sizeof(word), sizeof(word));
		for (uint64_t n = (chunk * HD_DONE_WORDS + i) * 64; word != 0; n++, word >>= 1) {
			if ((word & 1) == 0)
				continue;
			if (n == 0 || n > core->order)
				return false;
			hd_done_set(core, n);
		}
	}
	core->load->done++;
	return true;
}

/* What is said of a challenge, to be compared when the document is there. */
static bool
challenge_note(struct hd_load *load, uint16_t hunt, uint64_t challenge)
{
	HD_ASSERT(hunt < HD_HUNTS_MAX);
	if (challenge >= HD_CHALLENGES_MAX)
		return false;
	if (load->challenges[hunt] <= challenge)
		load->challenges[hunt] = (uint16_t)(challenge + 1);
	return true;
}

/* The same, and that it must be a puzzle. */
static void
puzzle_note(struct hd_load *load, uint16_t hunt, uint32_t challenge)
{
	bool noted = challenge_note(load, hunt, challenge);
	HD_ASSERT(noted && challenge < HD_CHALLENGES_MAX);
	load->puzzles[hunt][challenge / 64] |= UINT64_C(1) << (challenge % 64);
}

static bool
load_gone(struct hd_core *core, const struct hd_hunt *hunt, struct hd_reader *in)
{
	uint64_t count = hd_read_varint(in), least = 0;
	for (; count > 0 && !in->bad; count--) {
		uint64_t challenge = hd_read_varint(in);
		uint32_t version = (uint32_t)hd_read_bounded(in, UINT32_MAX);
		if (in->bad || version == 0 || challenge < least ||
		    !challenge_note(core->load, hunt->number, challenge))
			return false;
		hd_share_gone(core, hunt->number, (uint32_t)challenge, version);
		least = challenge + 1;
	}
	return all_read(in);
}

/* Its trees are made when the document is there too. */
static bool
load_hunt(struct hd_core *core, struct hd_reader *in)
{
	uint32_t number = (uint32_t)hd_read_bounded(in, UINT32_MAX);
	struct hd_bytes name = hd_read_bytes(in, HD_ID_MAX);
	if (in->bad || number >= core->hunts_count || core->hunts[number] != NULL ||
	    name.size == 0 || hd_hunt_find(core, name) != NULL)
		return false;
	struct hd_hunt *hunt = hd_hunt_create(core, number, name);
	hunt->phase = (uint8_t)hd_read_bounded(in, HD_PHASE_CLOSED);
	hunt->override = hd_read_bounded(in, 1) != 0;
	hunt->serial = hd_read_bounded(in, INT64_MAX);
	hunt->boards_count = (uint32_t)hd_read_bounded(in, HD_BOARDS_MAX);
	for (uint32_t i = 0; i < hunt->boards_count; i++) {
		struct hd_live_board *board = &hunt->boards[i];
		board->serial = hd_read_bounded(in, hunt->serial);
		if (board->serial == 0)
			continue;
		board->window = hd_read_signed(in);
		if (hunt->phase == HD_PHASE_FROZEN)
			board->frozen_serial = hd_read_bounded(in, hunt->serial);
	}
	return load_gone(core, hunt, in);
}

/* NULL: no hunt that has come. */
static struct hd_hunt *
read_hunt(const struct hd_core *core, struct hd_reader *in)
{
	uint64_t number = hd_read_varint(in);
	HD_ASSERT(core->hunts_count <= HD_HUNTS_MAX);
	return !in->bad && number < core->hunts_count ? core->hunts[number] : NULL;
}

static bool
load_version(struct hd_core *core, struct hd_reader *in)
{
	struct hd_hunt *hunt = read_hunt(core, in);
	struct hd_order order = {.kind = HD_ORDER_DOCUMENT};
	order.version = (uint32_t)hd_read_bounded(in, UINT32_MAX);
	int64_t time = hd_read_signed(in);
	order.source = hd_read_bytes(in, HD_TEXT_MAX);
	order.text = hd_read_bytes(in, HD_DOCUMENT_MAX);
	order.definition = hd_read_bytes(in, HD_DOCUMENT_MAX);
	if (!all_read(in) || hunt == NULL || order.version == 0)
		return false;
	return hd_hunt_version(core, hunt, &order, 0, time);
}

static bool
load_play(struct hd_core *core, struct hd_entrant *entrant, struct hd_reader *in)
{
	int64_t sub = hd_read_signed(in), stamp = (int64_t)hd_read_u64(in);
	struct hd_bytes items = hd_read_fixed(in, hd_reader_left(in));
	HD_ASSERT(entrant->play == 0);
	if (in->bad || stamp < 0 || !hd_items_valid(items))
		return false;
	entrant->play = hd_play_load(&core->plays, items);
	entrant->has_sub = sub != 0;
	struct hd_play *play = hd_play_at(&core->plays, entrant->play);
	play->sub = sub;
	play->stamp = stamp;
	struct hd_item *item = hd_item_first(play, HD_ITEM_CELL);
	for (; item != NULL; item = hd_item_next(play, item))
		challenge_note(core->load, entrant->hunt, item->number);
	item = hd_item_first(play, HD_ITEM_DEALT);
	for (; item != NULL; item = hd_item_next(play, item))
		puzzle_note(core->load, entrant->hunt, item->number);
	return true;
}

static bool
load_entrant(struct hd_core *core, struct hd_reader *in)
{
	struct hd_hunt *hunt = read_hunt(core, in);
	struct hd_bytes id = hd_read_bytes(in, HD_ID_MAX), bracket = hd_read_bytes(in, HD_ID_MAX);
	int64_t score = hd_read_signed(in), time = (int64_t)hd_read_u64(in);
	if (in->bad || hunt == NULL || id.size == 0 ||
	    hunt->brackets_count + HD_BOARDS_MAX >= UINT16_MAX - 1 ||
	    core->entrants.used == UINT32_MAX - 1)
		return false;
	struct hd_entrant *entrant = hd_entrant_at(core, hd_entrant_add(core, hunt, id, bracket));
	entrant->score = score;
	entrant->time = time;
	if (in->at == in->end)
		return time >= 0; /* it is the stamp of the last event too */
	return load_play(core, entrant, in);
}

static bool
load_answered(struct hd_core *core, struct hd_reader *in)
{
	struct hd_answered answered = {0};
	struct hd_bytes key = hd_read_fixed(in, sizeof(answered.key));
	struct hd_bytes args = hd_read_fixed(in, sizeof(answered.args));
	answered.stamp = (int64_t)hd_read_u64(in);
	answered.points = hd_read_signed(in);
	answered.score = hd_read_signed(in);
	answered.outcome = (uint8_t)hd_read_bounded(in, HD_OUTCOME_COUNT - 1);
	struct hd_bytes detail = hd_read_bytes(in, HD_REPLY_SMALL_MAX);
	if (!all_read(in) || answered.stamp > core->stamp)
		return false;
	memcpy(answered.key, key.at, key.size);
	memcpy(answered.args, args.at, args.size);
	return hd_event_ids_load(&core->ids, &answered, detail);
}

/* What waits for an answer, as it was logged; `has`: the flags that it may have. */
static bool
read_open(struct hd_core *core, struct hd_reader *in, enum hd_event_type type, uint32_t has,
	  struct hd_event *event)
{
	int64_t stamp = (int64_t)hd_read_u64(in);
	struct hd_bytes body = hd_read_fixed(in, hd_reader_left(in));
	if (in->bad || stamp <= 0 || stamp > core->stamp ||
	    !hd_event_decode(type, stamp, body, event))
		return false;
	return event->hunt < core->hunts_count && core->hunts[event->hunt] != NULL &&
	       event->entrant.size > 0 && (event->has & ~has) == 0 &&
	       challenge_note(core->load, event->hunt, event->number);
}

static bool
load_want(struct hd_core *core, struct hd_reader *in)
{
	struct hd_event event;
	if (!read_open(core, in, HD_EVENT_WANT, HD_EVENT_HAS_AT | HD_EVENT_HAS_BY | HD_EVENT_HAS_ID,
		       &event) ||
	    event.text.size == 0 || hd_core_want_of(core, event.entrant) != 0)
		return false;
	hd_want_open(core, &event);
	return true;
}

static bool
load_want_deal(struct hd_core *core, struct hd_reader *in)
{
	struct hd_event event;
	if (!read_open(core, in, HD_EVENT_WANT_DEAL, HD_EVENT_HAS_AT, &event) ||
	    hd_core_want_of(core, event.entrant) != 0)
		return false;
	puzzle_note(core->load, event.hunt, event.number);
	hd_want_open(core, &event);
	return true;
}

static bool
load_suspect(struct hd_core *core, struct hd_reader *in)
{
	struct hd_event event;
	if (!read_open(core, in, HD_EVENT_SUSPECTED, HD_EVENT_HAS_AT, &event) ||
	    hd_suspect_find(core, event.stamp) != 0)
		return false;
	puzzle_note(core->load, event.hunt, event.number);
	hd_suspect_open(core, &event);
	return true;
}

/* Of DEAL and TOLD. */
static bool
read_deal(struct hd_core *core, struct hd_reader *in, struct hd_event *event)
{
	const struct hd_hunt *hunt = read_hunt(core, in);
	*event = (struct hd_event){0};
	event->number = (uint32_t)hd_read_bounded(in, HD_CHALLENGES_MAX - 1);
	event->entrant = hd_read_bytes(in, HD_ID_MAX);
	event->order = hd_read_bounded(in, INT64_MAX);
	if (!all_read(in) || hunt == NULL || event->entrant.size == 0)
		return false;
	event->hunt = hunt->number;
	puzzle_note(core->load, event->hunt, event->number);
	return true;
}

static bool
load_deal(struct hd_core *core, struct hd_reader *in)
{
	struct hd_event event;
	if (!read_deal(core, in, &event) ||
	    event.order != hd_core_allotted(core, event.hunt, event.number) ||
	    hd_deal_of(core, event.hunt, event.number, event.entrant) != NULL)
		return false;
	event.value = (int64_t)event.order;
	hd_deal_keep(core, &event);
	return true;
}

static bool
load_told(struct hd_core *core, struct hd_reader *in)
{
	struct hd_event event;
	if (!read_deal(core, in, &event) ||
	    hd_deal_at(core, event.hunt, event.number, event.order) == NULL ||
	    hd_deal_told(core, event.hunt, event.number, event.order, event.entrant))
		return false;
	hd_told_keep(core, &event);
	return true;
}

static bool
load_grant(struct hd_core *core, struct hd_reader *in)
{
	const struct hd_hunt *hunt = read_hunt(core, in);
	struct hd_event event = {.type = HD_EVENT_GRANT};
	event.number = (uint32_t)hd_read_bounded(in, HD_CHALLENGES_MAX - 1);
	event.entrant = hd_read_bytes(in, HD_ID_MAX);
	event.value = (int64_t)hd_read_bounded(in, INT64_MAX);
	event.points = hd_read_signed(in);
	event.time = (int64_t)hd_read_u64(in);
	if (!all_read(in) || hunt == NULL || event.entrant.size == 0 || event.value == 0 ||
	    hd_grant_find(core, hunt->number, event.number, event.entrant) != NULL)
		return false;
	event.hunt = hunt->number;
	challenge_note(core->load, event.hunt, event.number);
	hd_grant_keep(core, &event);
	return true;
}

static bool
load_object(struct hd_core *core, struct hd_reader *in)
{
	uint8_t kind = hd_read_u8(in);
	if ((kind == HD_OBJECT_CORE) != (core->load->count == 0))
		return false;
	switch (kind) {
	case HD_OBJECT_CORE:
		return load_core(core, in);
	case HD_OBJECT_DONE:
		return load_done(core, in);
	case HD_OBJECT_HUNT:
		return load_hunt(core, in);
	case HD_OBJECT_VERSION:
		return load_version(core, in);
	case HD_OBJECT_ENTRANT:
		return load_entrant(core, in);
	case HD_OBJECT_ANSWERED:
		return load_answered(core, in);
	case HD_OBJECT_WANT:
		return load_want(core, in);
	case HD_OBJECT_GRANT:
		return load_grant(core, in);
	case HD_OBJECT_WANT_DEAL:
		return load_want_deal(core, in);
	case HD_OBJECT_SUSPECT:
		return load_suspect(core, in);
	case HD_OBJECT_DEAL:
		return load_deal(core, in);
	case HD_OBJECT_TOLD:
		return load_told(core, in);
	default:
		return false;
	}
}

bool
hd_core_load(struct hd_core *core, struct hd_bytes object)
{
	HD_ASSERT(core->sweep == NULL);
	if (core->load == NULL) {
		HD_ASSERT(core->stamp == 0 && core->hunts_count == 0);
		core->load = hd_memory_take(core->memory, sizeof(*core->load), 64);
	}
	struct hd_reader in = hd_reader_of(object);
	if (object.size > HD_OBJECT_MAX || !load_object(core, &in))
		return false;
	core->load->sum += hd_object_hash(object);
	core->load->count++;
	return true;
}

/* The end. */

/* A board as its rule has it; its tree, which is empty, if it is to have one. */
static bool
board_ready(struct hd_core *core, struct hd_hunt *hunt, const struct hd_board_rule *rule)
{
	HD_ASSERT(rule->number < HD_BOARDS_MAX);
	struct hd_live_board *board = &hunt->boards[rule->number];
	if (rule->gone != (board->serial == 0))
		return false;
	if (rule->gone)
		return true;
	int64_t first = 0, last = 0;
	if (rule->window_ns != 0) {
		first = hd_window_of(INT64_MIN, rule->window_ns);
		last = hd_window_of(INT64_MAX, rule->window_ns) - 1;
	}
	if (board->window < first || board->window > last)
		return false;
	board->number = rule->number;
	board->bracket = hd_hunt_bracket(core, hunt, rule->bracket);
	board->window_ns = rule->window_ns;
	hunt->window_boards = (uint16_t)(hunt->window_boards + (rule->window_ns != 0));
	hd_hunt_tree(core, board);
	return true;
}

/* Whether all are puzzles that must be. */
static bool
puzzles_ready(const struct hd_load *load, const struct hd_hunt *hunt)
{
	const struct hd_definition *definition = hunt->definition;
	HD_ASSERT(definition->challenges_count >= load->challenges[hunt->number]);
	for (uint32_t i = 0; i < definition->challenges_count; i++)
		if ((load->puzzles[hunt->number][i / 64] >> (i % 64) & 1) != 0 &&
		    definition->challenges[i].puzzle == NULL)
			return false;
	return true;
}

/* The document in force, and the boards by it. */
static bool
hunt_ready(struct hd_core *core, struct hd_hunt *hunt)
{
	if (hunt == NULL || hunt->version == NULL)
		return false;
	hunt->definition = hd_definition_decode(core->memory, hunt->version->document.definition,
						core->secret);
	const struct hd_definition *definition = hunt->definition;
	if (definition == NULL || definition->boards_count != hunt->boards_count ||
	    definition->challenges_count < core->load->challenges[hunt->number] ||
	    !puzzles_ready(core->load, hunt))
		return false;
	if (!hunt->override && hunt->phase > hd_phase_scheduled(definition, core->stamp))
		return false; /* a schedule never goes back */
	for (uint32_t i = 0; i < definition->boards_count; i++) {
		if (!board_ready(core, hunt, &definition->boards[i]))
			return false;
	}
	return true;
}

bool
hd_core_loaded(struct hd_core *core, const uint8_t *digest, uint64_t count)
{
	struct hd_load *load = core->load;
	if (load == NULL || load->count != count ||
	    memcmp(digest, &load->sum, sizeof(load->sum)) != 0)
		return false;
	load->whole = true;
	for (uint32_t i = 0; i < core->hunts_count; i++)
		if (!hunt_ready(core, core->hunts[i]))
			return false;
	if (!hd_entrants_index(core) || !hd_event_ids_index(&core->ids) || !hd_load_boards(core))
		return false;
	for (uint32_t i = 0; i < core->hunts_count; i++)
		hd_phase_plan(core, core->hunts[i]);
	hd_load_drop(core);
	return true;
}

bool
hd_core_lacks(const struct hd_core *core, char *what)
{
	HD_ASSERT(what != NULL);
	if (core->load == NULL || !core->load->whole)
		return false;
	for (uint32_t i = 0; i < core->hunts_count; i++) {
		const struct hd_hunt *hunt = core->hunts[i];
		if (hunt != NULL && hunt->version != NULL &&
		    hd_definition_lacks(hunt->version->document.definition, what))
			return true;
	}
	return false;
}
