/* What somebody wrote, in messages and in JSON: any bytes, shown as text. */
#include <stdlib.h>

#include "huntd/assert.h"
#include "net/ctl/puzzle/tool.h"

/* Of the character that `at` begins with; 0: these bytes are none. */
static size_t
character_size(const uint8_t *at, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc0 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	uint32_t code = size > 1 ? at[0] & (0x7fu >> size) : at[0];
	if (size == 0 || size > left || at[0] > 0xf7)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3fu);
	}
	bool good = code >= least[size] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
	return good ? size : 0;
}

static bool
is_control(const uint8_t *at, size_t size)
{
	return (size == 1 && (at[0] < 0x20 || at[0] == 0x7f)) ||
	       (size == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

/* The bytes that are written, at most as many as are read. */
static size_t
clean(struct hd_bytes bytes, char *to, size_t max, bool controls)
{
	size_t used = 0;
	for (size_t at = 0; at < bytes.size;) {
		size_t size = character_size(bytes.at + at, bytes.size - at), took = size;
		const char *from = (const char *)bytes.at + at;
		if (size == 0 || (!controls && is_control(bytes.at + at, size))) {
			from = "?";
			took = size > 0 ? size : 1;
			size = 1;
		}
		if (used + size > max)
			break;
		memcpy(to + used, from, size);
		used += size;
		at += took;
	}
	return used;
}

const char *
hd_tool_shown(struct hd_bytes bytes, char *to, size_t max)
{
	HD_ASSERT(max > 0);
	to[clean(bytes, to, max - 1, false)] = '\0';
	return to;
}

json_t *
hd_tool_string(struct hd_bytes bytes)
{
	json_t *string = json_stringn((const char *)bytes.at, bytes.size);
	if (string == NULL) {
		char *copy = malloc(bytes.size + 1);
		HD_ASSERT(copy != NULL);
		string = json_stringn(copy, clean(bytes, copy, bytes.size, true));
		free(copy);
	}
	HD_ASSERT(string != NULL);
	return string;
}
