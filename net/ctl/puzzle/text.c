/* An instance in one line: the kind's own text, or another form; and of what is neither, what it
 * was taken for and what is wrong with it as that. */
#include <stdio.h>

#include "huntd/assert.h"
#include "net/ctl/puzzle/tool.h"

#define CHARACTERS 81u /* of HD_PUZZLE_FORM_81 */

bool
hd_tool_has_form(const struct hd_puzzle_kind *kind, enum hd_puzzle_form form)
{
	HD_ASSERT(form < HD_PUZZLE_FORM_COUNT);
	return kind->forms >> form & 1;
}

/* Where the first byte is that is not allowed; text.size: there is none. */
static uint32_t
first_not(struct hd_bytes text, bool (*allowed)(uint8_t byte))
{
	uint32_t at = 0;
	while (at < text.size && allowed(text.at[at]))
		at++;
	return at;
}

static bool
is_printed(uint8_t byte)
{
	return byte >= ' ' && byte <= '~';
}

static bool
is_of_81(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || byte == '.';
}

/* What stands there: the character, or the byte's number where it has no picture. */
static const char *
named(uint8_t byte, char word[HD_TOOL_WORD])
{
	snprintf(word, HD_TOOL_WORD, is_printed(byte) ? "`%c`" : "byte 0x%02x", byte);
	return word;
}

static bool
wrong_byte(struct hd_tool_item *item, struct hd_bytes text, uint32_t at, const char *taken,
	   const char *allowed)
{
	char word[HD_TOOL_WORD];
	return hd_tool_wrong(item, "%s: %scharacter %u is %s; allowed: %s", item->kind->name, taken,
			     at + 1, named(text.at[at], word), allowed);
}

/* What has a colon, or characters that no text has, cannot be 81 digits; what cannot be the other
 * is that with a fault. */
static bool
explain(struct hd_tool_item *item, struct hd_bytes text, const char *why)
{
	const char *name = item->kind->name;
	bool knows_81 = hd_tool_has_form(item->kind, HD_PUZZLE_FORM_81);
	bool colon = text.size > 0 && memchr(text.at, ':', text.size);
	uint32_t odd = first_not(text, is_of_81), unprinted = first_not(text, is_printed);
	if (text.size == 0)
		return hd_tool_wrong(item, "%s: the text is empty", name);
	if (knows_81 && !colon && text.size == CHARACTERS)
		return wrong_byte(item, text, odd, "taken for 81 characters: ", "1-9, 0 or .");
	if (knows_81 && odd == text.size)
		return hd_tool_wrong(item, "%s: taken for 81 characters: there are %u", name,
				     text.size);
	if (unprinted < text.size)
		return wrong_byte(item, text, unprinted, "", "printed characters of ASCII");
	if (!colon)
		return hd_tool_wrong(item, "%s: taken for PARAMS:REST: there is no colon%s", name,
				     knows_81 ? "; nor is it 81 characters 1-9, 0 or ." : "");
	return hd_tool_wrong(item, "%s: taken for PARAMS:REST: %s", name, why);
}

bool
hd_tool_item_text(struct hd_tool_item *item, struct hd_bytes text)
{
	item->text = text;
	if (text.size > HD_PUZZLE_TEXT_MAX)
		return hd_tool_wrong(item, "%s: it has %u bytes; %u at most", item->kind->name,
				     text.size, HD_PUZZLE_TEXT_MAX);
	const char *why = item->kind->check(text, &item->params);
	for (enum hd_puzzle_form form = 0; why != NULL && form < HD_PUZZLE_FORM_COUNT; form++) {
		struct hd_writer out = hd_writer_of(item->bytes, sizeof item->bytes);
		if (form == HD_PUZZLE_FORM_NON || !hd_tool_has_form(item->kind, form) ||
		    item->kind->form_read(form, text, &out) != NULL || out.full)
			continue;
		/* It has that form: what is wrong now is nearer to the fault. */
		item->text = hd_bytes_of(item->bytes, (size_t)(out.at - item->bytes));
		why = item->kind->check(item->text, &item->params);
	}
	return why == NULL || explain(item, text, why);
}
