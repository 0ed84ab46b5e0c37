/* What the encoding says of a puzzle, both ways, and what of it this release lacks. */
#include "core/veltrix/dealt.h"

#include "huntd/assert.h"
#include "huntd/ids.h"

#define PARAMS_MAX 64u

static bool
is_phrase(struct hd_bytes text)
{
	for (uint32_t i = 0; i < text.size; i++)
		if (text.at[i] < 'A' || text.at[i] > 'Z')
			return false;
	return text.size >= HD_PHRASE_MIN && text.size <= HD_PHRASE_MAX;
}

static void
read_own(struct hd_reader *in, struct hd_dealt *dealt)
{
	struct hd_bytes before = {0};
	dealt->own_count = (uint32_t)hd_read_bounded(in, HD_PHRASES_OWN_MAX);
	const uint8_t *from = in->at;
	for (uint32_t i = 0; i < dealt->own_count && !in->bad; i++) {
		struct hd_bytes phrase = hd_read_bytes(in, HD_PHRASE_MAX);
		if (!is_phrase(phrase) || hd_bytes_compare(before, phrase) >= 0)
			in->bad = true;
		before = phrase;
	}
	if (dealt->own_count == 0)
		in->bad = true;
	dealt->own = hd_bytes_of(from, (size_t)(in->at - from));
}

void
hd_dealt_read(struct hd_reader *in, struct hd_dealt *dealt)
{
	HD_ASSERT(in && dealt);
	*dealt = (struct hd_dealt){0};
	dealt->stocked = hd_read_bounded(in, 1) != 0;
	dealt->kind = hd_read_bytes(in, HD_ID_MAX);
	dealt->algorithm = (uint16_t)hd_read_bounded(in, UINT16_MAX);
	dealt->params = hd_read_bytes(in, PARAMS_MAX);
	dealt->tier = hd_read_u8(in);
	dealt->list = (uint16_t)hd_read_bounded(in, UINT16_MAX);
	if (!hd_id_valid_strict(dealt->kind))
		in->bad = true;
	if (dealt->list == 0 && !in->bad)
		read_own(in, dealt);
}

void
hd_dealt_write(const struct hd_dealt *dealt, struct hd_writer *out)
{
	HD_ASSERT(dealt->params.size <= PARAMS_MAX && dealt->kind.size <= HD_ID_MAX);
	HD_ASSERT(dealt->own.size == 0);
	hd_write_u8(out, dealt->stocked);
	hd_write_bytes(out, dealt->kind);
	hd_write_varint(out, dealt->algorithm);
	hd_write_bytes(out, dealt->params);
	hd_write_u8(out, dealt->tier);
	hd_write_varint(out, dealt->list);
}

static bool
has_list(uint16_t version)
{
	struct hd_phrases phrases;
	return version == 0 || hd_phrases_builtin(version, &phrases);
}

enum hd_dealt_answer
hd_dealt_spec(const struct hd_dealt *dealt, struct hd_puzzle_spec *spec)
{
	const struct hd_puzzle_kind *kind = hd_puzzle_kind_of(dealt->kind, dealt->algorithm);
	HD_ASSERT(spec);
	if (kind == NULL || !has_list(dealt->list))
		return HD_DEALT_LACKS;
	*spec = (struct hd_puzzle_spec){.kind = kind, .tier = dealt->tier};
	if (dealt->tier >= kind->tiers_count ||
	    kind->params_read(dealt->params, &spec->params) != NULL ||
	    kind->params_deny(&spec->params, spec->tier) != NULL)
		return HD_DEALT_WRONG;
	return HD_DEALT_KNOWN;
}

static void
put(struct hd_writer *out, const char *text)
{
	hd_write_fixed(out, text, (uint32_t)strlen(text));
}

static void
put_version(struct hd_writer *out, uint16_t version)
{
	uint8_t digits[5];
	uint32_t at = sizeof digits;
	do
		digits[--at] = (uint8_t)('0' + version % 10);
	while ((version = (uint16_t)(version / 10)) > 0);
	put(out, "version ");
	hd_write_fixed(out, digits + at, (uint32_t)sizeof digits - at);
}

void
hd_dealt_lacks(const struct hd_dealt *dealt, struct hd_writer *out)
{
	HD_ASSERT(hd_id_valid_strict(dealt->kind));
	if (hd_puzzle_kind_of(dealt->kind, dealt->algorithm) != NULL) {
		put_version(out, dealt->list);
		put(out, " of the built-in phrases");
		return;
	}
	if (hd_puzzle_kind(dealt->kind) != NULL) {
		put_version(out, dealt->algorithm);
		put(out, " of ");
	}
	put(out, "puzzles of kind `");
	hd_write_fixed(out, dealt->kind.at, dealt->kind.size);
	put(out, "`");
}
