/* The digest: the sum of the hashes of all objects, each in a canonical encoding without pointers,
 * handles or the order of any table. Long bytes go in as their own hash. */
#include "core/base/hash.h"
#include "core/game/state.h"

#define OBJECT_ROOM 2048u

/* One object being written, and the sum so far. */
struct digest {
	unsigned __int128 sum;
	struct hd_writer out;
	uint8_t room[OBJECT_ROOM];
};

static struct hd_writer *
begin(struct digest *digest, char kind)
{
	HD_ASSERT(digest != NULL);
	digest->out = hd_writer_of(digest->room, sizeof(digest->room));
	hd_write_u8(&digest->out, (uint8_t)kind);
	return &digest->out;
}

static void
end(struct digest *digest)
{
	HD_ASSERT(!digest->out.full && digest->out.at > digest->room);
	uint8_t hash[16];
	unsigned __int128 number;
	hd_hash_digest(hd_bytes_of(digest->room, (size_t)(digest->out.at - digest->room)), hash);
	memcpy(&number, hash, sizeof(number));
	digest->sum += number;
}

static void
write_hashed(struct hd_writer *out, struct hd_bytes bytes)
{
	uint8_t hash[16];
	hd_hash_digest(bytes, hash);
	hd_write_fixed(out, hash, sizeof(hash));
}

static void
add_core(struct digest *digest, const struct hd_core *core)
{
	struct hd_writer *out = begin(digest, 'c');
	hd_write_signed(out, core->stamp);
	hd_write_varint(out, core->order);
	hd_write_fixed(out, core->secret, sizeof(core->secret));
	hd_write_signed(out, core->ids.kept_max);
	hd_write_signed(out, core->ids.age_ns);
	end(digest);
	for (uint64_t n = 1; n <= core->order; n++) {
		if (!hd_core_order_done(core, n))
			continue;
		hd_write_varint(begin(digest, 'd'), n);
		end(digest);
	}
}

static void
add_version(struct digest *digest, const struct hd_hunt *hunt, const struct hd_version *version)
{
	struct hd_writer *out = begin(digest, 'v');
	HD_ASSERT(version->document.version > 0);
	hd_write_bytes(out, hunt->name);
	hd_write_varint(out, version->document.version);
	hd_write_signed(out, version->document.time);
	write_hashed(out, version->document.source);
	write_hashed(out, version->document.text);
	write_hashed(out, version->document.definition);
	end(digest);
}

static void
add_hunt(struct digest *digest, const struct hd_hunt *hunt)
{
	struct hd_writer *out = begin(digest, 'h');
	HD_ASSERT(hunt->boards_count <= HD_BOARDS_MAX);
	hd_write_bytes(out, hunt->name);
	hd_write_varint(out, hunt->number);
	hd_write_u8(out, hunt->phase);
	hd_write_u8(out, hunt->override);
	hd_write_varint(out, hunt->serial);
	for (uint32_t i = 0; i < hunt->boards_count; i++) {
		const struct hd_live_board *board = &hunt->boards[i];
		hd_write_u8(out, (uint8_t)((board->tree != NULL) | (board->frozen != NULL) << 1));
		hd_write_varint(out, board->serial);
		hd_write_varint(out, board->frozen_serial);
		hd_write_signed(out, board->window_ns);
		hd_write_signed(out, board->window);
	}
	end(digest);
	for (const struct hd_version *version = hunt->version; version; version = version->older)
		add_version(digest, hunt, version);
}

static struct hd_bytes
bracket_id(const struct hd_hunt *hunt, uint16_t bracket)
{
	HD_ASSERT(bracket <= hunt->brackets_count);
	if (bracket == 0)
		return (struct hd_bytes){0};
	return hd_bytes_of(hunt->brackets[bracket - 1].id, hunt->brackets[bracket - 1].size);
}

static void
add_entrant(struct digest *digest, const struct hd_core *core, const struct hd_entrant *entrant)
{
	struct hd_writer *out = begin(digest, 'e');
	HD_ASSERT(entrant->hunt < core->hunts_count);
	hd_write_varint(out, entrant->hunt);
	hd_write_bytes(out, hd_entrant_id(core, entrant));
	hd_write_bytes(out, bracket_id(core->hunts[entrant->hunt], entrant->bracket));
	hd_write_signed(out, entrant->score);
	hd_write_signed(out, entrant->time);
	const struct hd_play *play = hd_entrant_play(core, entrant);
	hd_write_u8(out, play != NULL);
	if (play != NULL) {
		hd_write_signed(out, play->sub);
		hd_write_signed(out, play->stamp);
		write_hashed(out, hd_bytes_of(play->items, play->used - sizeof(*play)));
	}
	end(digest);
}

static void
add_answered(struct digest *digest, const struct hd_answered *answered)
{
	struct hd_writer *out = begin(digest, 'i');
	HD_ASSERT(answered->outcome < HD_OUTCOME_COUNT);
	hd_write_fixed(out, answered->key, sizeof(answered->key));
	hd_write_fixed(out, answered->args, sizeof(answered->args));
	hd_write_signed(out, answered->stamp);
	hd_write_signed(out, answered->points);
	hd_write_signed(out, answered->score);
	hd_write_u8(out, answered->outcome);
	write_hashed(out, hd_answered_detail(answered));
	end(digest);
}

void
hd_core_digest(const struct hd_core *core, uint8_t digest[16])
{
	HD_ASSERT(core != NULL && digest != NULL);
	struct digest sum = {.sum = 0};
	add_core(&sum, core);
	for (uint32_t i = 0; i < core->hunts_count; i++)
		add_hunt(&sum, core->hunts[i]);
	for (uint32_t handle = 1; handle <= core->entrants.used; handle++)
		add_entrant(&sum, core, hd_entrant_at(core, handle));
	for (uint32_t handle = core->ids.oldest; handle != 0;) {
		const struct hd_answered *answered = hd_pool_at(&core->ids.pool, handle);
		add_answered(&sum, answered);
		handle = answered->newer;
	}
	memcpy(digest, &sum.sum, sizeof(sum.sum));
}
