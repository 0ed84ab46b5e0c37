#include "tests/lib/world_pair.h"

#include "huntd/assert.h"
#include "huntd/ids.h"

void
hd_world_pair_init(struct hd_world_pair *pair, const struct hd_world_hunt *hunt)
{
	uint32_t home = hd_slot_shard(hd_slot(hd_bytes_str(hunt->id)), 2);
	hd_world_init(&pair->e);
	hd_world_init(&pair->h);
	hd_world_place(&pair->e, 1 - home, 2);
	hd_world_place(&pair->h, home, 2);
	pair->h.now += 7; /* so that no stamp is of both */
	hd_world_pair_document(pair, hunt);
}

void
hd_world_pair_fini(struct hd_world_pair *pair)
{
	struct hd_world *worlds[] = {&pair->e, &pair->h};
	for (int i = 0; i < 2; i++) {
		hd_world_replay(worlds[i]);
		hd_world_snapshot(worlds[i]);
		hd_world_fini(worlds[i]);
	}
}

int
hd_world_pair_setup(void **state)
{
	static struct hd_world_pair pair;
	hd_world_pair_init(&pair, *state);
	*state = &pair;
	return 0;
}

int
hd_world_pair_teardown(void **state)
{
	hd_world_pair_fini(*state);
	return 0;
}

void
hd_world_pair_document(struct hd_world_pair *pair, const struct hd_world_hunt *hunt)
{
	hd_world_document(&pair->e, hunt);
	hd_world_document(&pair->h, hunt);
}

static uint32_t
ask(struct hd_world_pair *pair, const struct hd_want *want)
{
	struct hd_grant grant;
	struct hd_writer out = hd_writer_of(pair->want_bytes, sizeof(pair->want_bytes));
	hd_want_encode(want, &out);
	bool whole = hd_want_decode(
		hd_bytes_of(pair->want_bytes, (size_t)(out.at - pair->want_bytes)), &pair->want);
	HD_ASSERT(whole && !out.full);
	hd_core_grant(pair->h.core, pair->h.now, &pair->want, &pair->h.decision, &grant);
	out = hd_writer_of(pair->grant_bytes, sizeof(pair->grant_bytes));
	hd_grant_encode(&pair->want, &grant, &out);
	HD_ASSERT(!out.full);
	pair->answer = hd_bytes_of(pair->grant_bytes, (size_t)(out.at - pair->grant_bytes));
	hd_world_take(&pair->h);
	return pair->h.decision.events_count;
}

uint32_t
hd_world_pair_ask(struct hd_world_pair *pair, const char *entrant)
{
	struct hd_want want;
	uint32_t handle = hd_core_want_of(pair->e.core, hd_bytes_str(entrant));
	HD_ASSERT(handle != 0);
	hd_core_want(pair->e.core, handle, &want);
	return ask(pair, &want);
}

uint32_t
hd_world_pair_suspect(struct hd_world_pair *pair, uint32_t handle)
{
	struct hd_want want;
	HD_ASSERT(handle != 0);
	hd_core_suspect(pair->e.core, handle, &want);
	return ask(pair, &want);
}

const char *
hd_world_pair_settle(struct hd_world_pair *pair)
{
	struct hd_want want;
	struct hd_grant grant;
	bool whole = hd_grant_decode(pair->answer, &want, &grant);
	HD_ASSERT(whole);
	if (!hd_core_settle(pair->e.core, pair->e.now, &want, &grant, &pair->e.decision))
		return "stale";
	if (want.what == HD_WANT_SUSPECT)
		pair->e.answer[0] = 0;
	else
		hd_world_answer(&pair->e, &pair->e.decision.reply);
	hd_world_take(&pair->e);
	return pair->e.answer;
}

const char *
hd_world_pair_finish(struct hd_world_pair *pair, const char *entrant, const char *answer)
{
	if (strcmp(answer, "later") != 0)
		return answer;
	hd_world_pair_ask(pair, entrant);
	return hd_world_pair_settle(pair);
}
