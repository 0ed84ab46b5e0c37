/* An instance as INTERFACE's JSON. */
#include "core/puzzle/text.h"
#include "huntd/assert.h"
#include "huntd/puzzle.h"

static void
put_string(struct hd_writer *out, struct hd_bytes text)
{
	static const char hex[] = "0123456789abcdef";
	hd_text_put(out, "\"");
	for (uint32_t i = 0; i < text.size; i++) {
		uint8_t byte = text.at[i];
		if (byte < 0x20) {
			hd_text_put(out, "\\u00");
			hd_write_u8(out, (uint8_t)hex[byte >> 4]);
			hd_write_u8(out, (uint8_t)hex[byte & 15]);
			continue;
		}
		if (byte == '"' || byte == '\\')
			hd_text_put(out, "\\");
		hd_write_u8(out, byte);
	}
	hd_text_put(out, "\"");
}

static void
put_mark(struct hd_writer *out, const struct hd_puzzle_mark *mark)
{
	HD_ASSERT(mark->letter >= 'A' && mark->letter <= 'Z');
	HD_ASSERT(mark->cells_count <= HD_PUZZLE_DIGITS_MAX);
	hd_text_put(out, "{\"letter\":");
	put_string(out, hd_bytes_of(&mark->letter, 1));
	hd_text_put(out, ",\"cells\":[");
	for (uint32_t c = 0; c < mark->cells_count; c++) {
		hd_text_put(out, c ? ",[" : "[");
		hd_text_put_number(out, mark->cells[c].row);
		hd_text_put(out, ",");
		hd_text_put_number(out, mark->cells[c].column);
		hd_text_put(out, "]");
	}
	hd_text_put(out, "]}");
}

void
hd_puzzle_json(const struct hd_puzzle_spec *spec, struct hd_bytes text,
	       const struct hd_puzzle_overlay *overlay, struct hd_writer *out)
{
	uint8_t bytes[64];
	struct hd_writer params = hd_writer_of(bytes, sizeof(bytes));
	HD_ASSERT(spec->tier < spec->kind->tiers_count && text.size <= HD_PUZZLE_TEXT_MAX);
	spec->kind->params_write(&spec->params, &params);
	HD_ASSERT(!params.full);
	hd_text_put(out, "{\"kind\":");
	put_string(out, hd_bytes_str(spec->kind->name));
	hd_text_put(out, ",\"tier\":");
	put_string(out, hd_bytes_str(spec->kind->tiers[spec->tier]));
	hd_text_put(out, ",\"params\":");
	put_string(out, hd_bytes_of(bytes, (size_t)(params.at - bytes)));
	hd_text_put(out, ",\"text\":");
	put_string(out, text);
	hd_text_put(out, ",\"overlay\":[");
	for (uint32_t i = 0; overlay != NULL && i < overlay->count; i++) {
		hd_text_put(out, i ? "," : "");
		put_mark(out, &overlay->marks[i]);
	}
	hd_text_put(out, "]}");
}
