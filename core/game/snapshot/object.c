/* The encoders: one for each kind of object. */
#include "core/game/snapshot/object.h"

#include "core/base/hash.h"

unsigned __int128
hd_object_hash(struct hd_bytes object)
{
	uint8_t hash[16];
	unsigned __int128 number;
	HD_ASSERT(object.size > 0 && object.size <= HD_OBJECT_MAX);
	hd_hash_digest(object, hash);
	memcpy(&number, hash, sizeof(number));
	return number;
}

void
hd_object_core(const struct hd_core *core, struct hd_writer *out)
{
	HD_ASSERT(core->hunts_count <= HD_HUNTS_MAX);
	hd_write_u8(out, HD_OBJECT_CORE);
	hd_write_signed(out, core->stamp);
	hd_write_varint(out, core->order);
	hd_write_u8(out, core->has_secret);
	hd_write_fixed(out, core->secret, sizeof(core->secret));
	hd_write_signed(out, core->ids.kept_max);
	hd_write_signed(out, core->ids.age_ns);
	hd_write_varint(out, core->hunts_count);
	if (core->bases > 0) /* older snapshots know none, and are the same */
		hd_write_varint(out, core->bases);
}

uint32_t
hd_object_done_count(const struct hd_core *core)
{
	uint32_t words = core->done_words;
	HD_ASSERT(words % 16 == 0);
	while (words > 0 && core->done[words - 1] == 0)
		words--;
	return (words + HD_DONE_WORDS - 1) / HD_DONE_WORDS;
}

void
hd_object_done(const struct hd_core *core, uint32_t chunk, struct hd_writer *out)
{
	HD_ASSERT(chunk * HD_DONE_WORDS < core->done_words);
	hd_write_u8(out, HD_OBJECT_DONE);
	hd_write_varint(out, chunk);
	for (uint32_t i = 0; i < HD_DONE_WORDS; i++) {
		uint32_t word = chunk * HD_DONE_WORDS + i;
		hd_write_u64(out, word < core->done_words ? core->done[word] : 0);
	}
}

/* A board's rule is the document's, and in phase `frozen` every tree is. Of a board that is gone
 * nothing counts any more. */
static void
write_board(const struct hd_hunt *hunt, const struct hd_live_board *board, struct hd_writer *out)
{
	HD_ASSERT((board->frozen != NULL) == (board->tree && hunt->phase == HD_PHASE_FROZEN));
	hd_write_varint(out, board->tree ? board->serial : 0);
	if (board->tree != NULL)
		hd_write_signed(out, board->window);
	if (board->frozen != NULL)
		hd_write_varint(out, board->frozen_serial);
}

/* By which version each challenge was judged gone. */
static void
write_gone(const struct hd_hunt *hunt, struct hd_writer *out)
{
	uint32_t count = 0;
	HD_ASSERT(hunt->shares_room <= HD_CHALLENGES_MAX);
	for (uint32_t i = 0; i < hunt->shares_room; i++)
		count += hunt->shares[i].gone != 0;
	hd_write_varint(out, count);
	for (uint32_t i = 0; i < hunt->shares_room; i++) {
		if (hunt->shares[i].gone == 0)
			continue;
		hd_write_varint(out, i);
		hd_write_varint(out, hunt->shares[i].gone);
	}
}

void
hd_object_hunt(const struct hd_hunt *hunt, struct hd_writer *out)
{
	HD_ASSERT(hunt->boards_count <= HD_BOARDS_MAX);
	hd_write_u8(out, HD_OBJECT_HUNT);
	hd_write_varint(out, hunt->number);
	hd_write_bytes(out, hunt->name);
	hd_write_u8(out, hunt->phase);
	hd_write_u8(out, hunt->override);
	hd_write_varint(out, hunt->serial);
	hd_write_varint(out, hunt->boards_count);
	for (uint32_t i = 0; i < hunt->boards_count; i++)
		write_board(hunt, &hunt->boards[i], out);
	write_gone(hunt, out);
}

void
hd_object_version(const struct hd_hunt *hunt, const struct hd_version *version,
		  struct hd_writer *out)
{
	HD_ASSERT(version->document.version > 0);
	hd_write_u8(out, HD_OBJECT_VERSION);
	hd_write_varint(out, hunt->number);
	hd_write_varint(out, version->document.version);
	hd_write_signed(out, version->document.time);
	hd_write_bytes(out, version->document.source);
	hd_write_bytes(out, version->document.text);
	hd_write_bytes(out, version->document.definition);
}

static struct hd_bytes
bracket_id(const struct hd_hunt *hunt, uint16_t bracket)
{
	HD_ASSERT(bracket <= hunt->brackets_count);
	if (bracket == 0)
		return (struct hd_bytes){0};
	return hd_bytes_of(hunt->brackets[bracket - 1].id, hunt->brackets[bracket - 1].size);
}

void
hd_object_entrant(const struct hd_core *core, const struct hd_entrant *entrant,
		  struct hd_writer *out)
{
	HD_ASSERT(entrant->hunt < core->hunts_count);
	hd_write_u8(out, HD_OBJECT_ENTRANT);
	hd_write_varint(out, entrant->hunt);
	hd_write_bytes(out, hd_entrant_id(core, entrant));
	hd_write_bytes(out, bracket_id(core->hunts[entrant->hunt], entrant->bracket));
	hd_write_signed(out, entrant->score);
	hd_write_u64(out, (uint64_t)entrant->time);
	const struct hd_play *play = hd_entrant_play(core, entrant);
	if (play == NULL)
		return;
	hd_write_signed(out, play->sub);
	hd_write_u64(out, (uint64_t)play->stamp);
	hd_write_fixed(out, play->items, play->used - (uint32_t)sizeof(*play));
}

void
hd_object_answered(const struct hd_answered *answered, struct hd_writer *out)
{
	HD_ASSERT(answered->outcome < HD_OUTCOME_COUNT);
	hd_write_u8(out, HD_OBJECT_ANSWERED);
	hd_write_fixed(out, answered->key, sizeof(answered->key));
	hd_write_fixed(out, answered->args, sizeof(answered->args));
	hd_write_u64(out, (uint64_t)answered->stamp);
	hd_write_signed(out, answered->points);
	hd_write_signed(out, answered->score);
	hd_write_u8(out, answered->outcome);
	hd_write_bytes(out, hd_answered_detail(answered));
}

/* What waits for an answer, as it was logged. */
static void
write_open(const struct hd_event *event, enum hd_object_kind kind, struct hd_writer *out)
{
	HD_ASSERT(hd_event_size_max(event) < HD_OBJECT_SMALL_MAX);
	HD_ASSERT(event->stamp > 0);
	hd_write_u8(out, (uint8_t)kind);
	hd_write_u64(out, (uint64_t)event->stamp);
	hd_event_encode(event, out);
}

void
hd_object_want(const struct hd_core *core, uint32_t handle, struct hd_writer *out)
{
	struct hd_event event;
	hd_want_event(core, handle, &event);
	write_open(&event, event.type == HD_EVENT_WANT ? HD_OBJECT_WANT : HD_OBJECT_WANT_DEAL, out);
}

void
hd_object_suspect(const struct hd_core *core, uint32_t handle, struct hd_writer *out)
{
	struct hd_event event;
	hd_suspect_event(core, handle, &event);
	write_open(&event, HD_OBJECT_SUSPECT, out);
}

void
hd_object_deal(const struct hd_core *core, enum hd_object_kind kind, const struct hd_deal_row *row,
	       struct hd_writer *out)
{
	HD_ASSERT(kind == HD_OBJECT_DEAL || kind == HD_OBJECT_TOLD);
	hd_write_u8(out, (uint8_t)kind);
	hd_write_varint(out, row->hunt);
	hd_write_varint(out, row->challenge);
	hd_write_bytes(out, hd_deal_entrant(core, row));
	hd_write_varint(out, row->d);
}

void
hd_object_grant(const struct hd_core *core, const struct hd_given_grant *grant,
		struct hd_writer *out)
{
	HD_ASSERT(grant->ordinal > 0);
	hd_write_u8(out, HD_OBJECT_GRANT);
	hd_write_varint(out, grant->hunt);
	hd_write_varint(out, grant->challenge);
	hd_write_bytes(out, hd_grant_entrant(core, grant));
	hd_write_varint(out, grant->ordinal);
	hd_write_signed(out, grant->points);
	hd_write_u64(out, (uint64_t)grant->time);
}
