/* What any shard answers from its own copy of the documents: HUNT.LIST and VELTRIX's questions. */
#include "core/game/state.h"
#include "huntd/value.h"

#define ROW_ROOM 64u /* of a row beside its text */
#define MS_NS    INT64_C(1000000)

static const struct hd_version *
version_find(const struct hd_core *core, struct hd_bytes name, uint32_t number)
{
	const struct hd_hunt *hunt = hd_hunt_find(core, name);
	const struct hd_version *version = hunt ? hunt->version : NULL;
	while (version != NULL && number != 0 && version->document.version != number)
		version = version->older;
	HD_ASSERT(version == NULL || version->document.version > 0);
	return version;
}

bool
hd_core_document(const struct hd_core *core, struct hd_bytes name, uint32_t version,
		 struct hd_document_version *out)
{
	HD_ASSERT(out != NULL);
	const struct hd_version *found = version_find(core, name, version);
	if (found != NULL)
		*out = found->document;
	return found != NULL;
}

bool
hd_core_document_from(const struct hd_core *core, struct hd_bytes name, struct hd_bytes source,
		      struct hd_document_version *out)
{
	HD_ASSERT(out != NULL);
	const struct hd_version *found = version_find(core, name, 0);
	while (found != NULL && !hd_bytes_equal(found->document.source, source))
		found = found->older;
	if (found != NULL)
		*out = found->document;
	return found != NULL;
}

static void
answer_value(struct hd_case *c, const uint8_t *begin, const struct hd_writer *out)
{
	HD_ASSERT(!out->full && out->at > begin);
	c->out->reply = (struct hd_reply){.kind = HD_REPLY_VALUE,
					  .detail = hd_bytes_of(begin, (size_t)(out->at - begin))};
}

static void
hunts_decide(struct hd_case *c)
{
	const struct hd_core *core = c->core;
	uint32_t room = (core->hunts_count + 1) * (HD_ID_MAX + ROW_ROOM);
	struct hd_writer out = hd_core_answer(c->core, room);
	const uint8_t *begin = out.at;
	hd_value_array(&out, core->hunts_count);
	for (uint32_t i = 0; i < core->hunts_count; i++)
		hd_value_bulk(&out, core->hunts[i]->name);
	answer_value(c, begin, &out);
}

static void
list_decide(struct hd_case *c)
{
	const struct hd_core *core = c->core;
	uint32_t room = (core->hunts_count + 1) * (HD_ID_MAX + ROW_ROOM);
	struct hd_writer out = hd_core_answer(c->core, room);
	const uint8_t *begin = out.at;
	hd_value_array(&out, core->hunts_count);
	for (uint32_t i = 0; i < core->hunts_count; i++) {
		hd_value_array(&out, 3);
		hd_value_bulk(&out, core->hunts[i]->name);
		hd_value_text(&out, "hunt");
		hd_value_int(&out, core->hunts[i]->version->document.version);
	}
	answer_value(c, begin, &out);
}

/* Newest first. */
static void
history_decide(struct hd_case *c)
{
	const struct hd_version *newest = version_find(c->core, c->command->hunt, 0);
	uint32_t count = 0, room = ROW_ROOM;
	for (const struct hd_version *version = newest; version; version = version->older) {
		count++;
		room += ROW_ROOM + version->document.source.size;
	}
	struct hd_writer out = hd_core_answer(c->core, room);
	const uint8_t *begin = out.at;
	hd_value_array(&out, count);
	for (const struct hd_version *version = newest; version; version = version->older) {
		hd_value_array(&out, 4);
		hd_value_int(&out, version->document.version);
		hd_value_int(&out, version->document.time / MS_NS);
		hd_value_int(&out, version->document.text.size);
		hd_value_bulk(&out, version->document.source);
	}
	answer_value(c, begin, &out);
}

static void
get_decide(struct hd_case *c)
{
	const struct hd_version *version =
		version_find(c->core, c->command->hunt, c->command->count);
	c->out->reply = (struct hd_reply){.kind = HD_REPLY_NIL};
	if (version != NULL)
		c->out->reply =
			(struct hd_reply){.kind = HD_REPLY_TEXT, .detail = version->document.text};
}

void
hd_documents_decide(struct hd_case *c)
{
	switch (c->command->verb) {
	case HD_CMD_HUNTS:
		hunts_decide(c);
		break;
	case HD_CMD_DOCUMENTS:
		list_decide(c);
		break;
	case HD_CMD_GET:
		get_decide(c);
		break;
	case HD_CMD_HISTORY:
		history_decide(c);
		break;
	case HD_CMD_DIFF:
		hd_diff_decide(c);
		break;
	default:
		HD_UNREACHABLE();
	}
}
