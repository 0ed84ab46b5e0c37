/* Two-step commands: the question of the entrant's shard, and the answer of the hunt's. */
#include "huntd/assert.h"
#include "huntd/wire.h"

void
hd_want_encode(const struct hd_want *want, struct hd_writer *out)
{
	HD_ASSERT(want->entrant.size > 0 && want->entrant.size <= HD_ID_MAX);
	HD_ASSERT(want->has_at || want->at == 0);
	HD_ASSERT(want->what == HD_WANT_SUSPECT || want->d == 0);
	hd_write_u8(out, want->what);
	if (want->what == HD_WANT_SUSPECT)
		hd_write_varint(out, want->d);
	hd_write_signed(out, want->stamp);
	hd_write_varint(out, want->hunt);
	hd_write_varint(out, want->challenge);
	hd_write_bytes(out, want->entrant);
	hd_write_u8(out, want->has_at);
	if (want->has_at)
		hd_write_signed(out, want->at);
}

static void
read_want(struct hd_reader *r, struct hd_want *want)
{
	*want = (struct hd_want){.what = (uint8_t)hd_read_bounded(r, HD_WANT_SUSPECT)};
	if (want->what == HD_WANT_SUSPECT)
		want->d = hd_read_varint(r);
	want->stamp = hd_read_signed(r);
	want->hunt = (uint16_t)hd_read_bounded(r, HD_HUNTS_MAX - 1);
	want->challenge = (uint32_t)hd_read_bounded(r, HD_CHALLENGES_MAX - 1);
	want->entrant = hd_read_bytes(r, HD_ID_MAX);
	want->has_at = hd_read_bounded(r, 1) != 0;
	if (want->has_at)
		want->at = hd_read_signed(r);
	if (want->stamp <= 0 || want->entrant.size == 0)
		r->bad = true;
}

bool
hd_want_decode(struct hd_bytes bytes, struct hd_want *want)
{
	HD_ASSERT(want != NULL);
	HD_ASSERT(bytes.at != NULL || bytes.size == 0);
	struct hd_reader r = hd_reader_of(bytes);
	read_want(&r, want);
	return !r.bad && r.at == r.end;
}

/* Only stock can be gone, and of a suspicion the entrant's shard learns nothing. */
static bool
verdict_fits(const struct hd_want *want, const struct hd_grant *grant)
{
	HD_ASSERT(want->what <= HD_WANT_SUSPECT);
	if (want->what == HD_WANT_SUSPECT)
		return grant->verdict == HD_VERDICT_VOID;
	return want->what == HD_WANT_SOLVE || grant->verdict != HD_VERDICT_GONE;
}

void
hd_grant_encode(const struct hd_want *want, const struct hd_grant *grant, struct hd_writer *out)
{
	HD_ASSERT(grant->verdict <= HD_VERDICT_VOID && verdict_fits(want, grant));
	hd_want_encode(want, out);
	hd_write_u8(out, grant->verdict);
	hd_write_varint(out, grant->version);
	if (grant->verdict != HD_VERDICT_GRANTED)
		return;
	HD_ASSERT(grant->ordinal > 0);
	hd_write_varint(out, grant->ordinal);
	hd_write_signed(out, grant->points);
	hd_write_signed(out, grant->time);
}

bool
hd_grant_decode(struct hd_bytes bytes, struct hd_want *want, struct hd_grant *grant)
{
	HD_ASSERT(want != NULL && grant != NULL);
	HD_ASSERT(bytes.at != NULL || bytes.size == 0);
	struct hd_reader r = hd_reader_of(bytes);
	read_want(&r, want);
	*grant = (struct hd_grant){.verdict = (uint8_t)hd_read_bounded(&r, HD_VERDICT_VOID)};
	grant->version = (uint32_t)hd_read_bounded(&r, UINT32_MAX);
	if (r.bad || !verdict_fits(want, grant))
		return false;
	if (grant->verdict != HD_VERDICT_GRANTED)
		return !r.bad && r.at == r.end;
	grant->ordinal = hd_read_varint(&r);
	grant->points = hd_read_signed(&r);
	grant->time = hd_read_signed(&r);
	return !r.bad && r.at == r.end && grant->ordinal > 0;
}
