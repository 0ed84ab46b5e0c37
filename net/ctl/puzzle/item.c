/* One line as a puzzle, whatever form it has. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "huntd/assert.h"
#include "net/ctl/puzzle/tool.h"

bool
hd_tool_wrong(struct hd_tool_item *item, const char *format, ...)
{
	char raw[HD_TOOL_WHY];
	va_list args;
	va_start(args, format);
	vsnprintf(raw, sizeof raw, format, args);
	va_end(args);
	hd_tool_shown(hd_bytes_str(raw), item->why, sizeof item->why);
	return false;
}

/* HUNT.PUZZLE's JSON. */

/* A row or a column of a cell, from 0. */
static bool
read_place(const json_t *from, uint16_t limit, uint16_t *place)
{
	json_int_t value = json_integer_value(from);
	if (!json_is_integer(from) || value < 0 || value >= limit)
		return false;
	*place = (uint16_t)value;
	return true;
}

static bool
read_mark(struct hd_tool_item *item, size_t i, const json_t *from)
{
	const char *letter = json_string_value(json_object_get(from, "letter"));
	const json_t *cells = json_object_get(from, "cells");
	struct hd_puzzle_mark *mark = &item->overlay.marks[i];
	uint16_t width = item->params.width, height = item->params.height;
	if (!letter || letter[0] < 'A' || letter[0] > 'Z' || letter[1])
		return hd_tool_wrong(item, "overlay[%zu].letter is no letter A-Z", i);
	if (!json_is_array(cells) || json_array_size(cells) != item->kind->digits)
		return hd_tool_wrong(item, "overlay[%zu].cells is no list of %u cells", i,
				     item->kind->digits);
	mark->letter = (uint8_t)letter[0];
	mark->cells_count = item->kind->digits;
	for (size_t c = 0; c < item->kind->digits; c++) {
		const json_t *cell = json_array_get(cells, c);
		if (!json_is_array(cell) || json_array_size(cell) != 2 ||
		    !read_place(json_array_get(cell, 0), height, &mark->cells[c].row) ||
		    !read_place(json_array_get(cell, 1), width, &mark->cells[c].column))
			return hd_tool_wrong(item,
					     "overlay[%zu].cells[%zu] is no cell of the grid: "
					     "[row 0 to %d, column 0 to %d]",
					     i, c, height - 1, width - 1);
	}
	return true;
}

/* None, an empty one, or null: nothing is laid over it. */
static bool
read_overlay(struct hd_tool_item *item, const json_t *overlay)
{
	size_t count = json_array_size(overlay);
	if (overlay && !json_is_null(overlay) && !json_is_array(overlay))
		return hd_tool_wrong(item, "its overlay is no list of letters with cells");
	if (count == 0)
		return true;
	if (item->kind->around_answer)
		return hd_tool_wrong(item, "%s has no overlay: its answer stands in the solution",
				     item->kind->name);
	if (count > HD_PHRASE_MAX)
		return hd_tool_wrong(item, "its overlay has more than %u letters", HD_PHRASE_MAX);
	for (size_t i = 0; i < count; i++)
		if (!read_mark(item, i, json_array_get(overlay, i)))
			return false;
	item->overlay.count = (uint32_t)count;
	item->laid = true;
	return true;
}

static bool
read_json(struct hd_tool_item *item, struct hd_bytes line)
{
	json_error_t error;
	char word[HD_TOOL_WORD];
	item->json = json_loadb((const char *)line.at, line.size, 0, &error);
	if (!item->json)
		return hd_tool_wrong(item, "JSON, column %d: %s", error.column, error.text);
	const char *kind = json_string_value(json_object_get(item->json, "kind"));
	const json_t *text = json_object_get(item->json, "text");
	const json_t *solution = json_object_get(item->json, "solution");
	const struct hd_puzzle_kind *named = kind ? hd_puzzle_kind(hd_bytes_str(kind)) : NULL;
	if (kind && !named)
		return hd_tool_wrong(item, "`%s` is no kind of puzzles",
				     hd_tool_shown(hd_bytes_str(kind), word, sizeof word));
	if (kind && item->kind && named != item->kind)
		return hd_tool_wrong(item, "it is a %s, --kind says %s", kind, item->kind->name);
	if (kind)
		item->kind = named;
	if (!item->kind)
		return hd_tool_wrong(item, "the JSON has no \"kind\"; give --kind");
	if (!json_is_string(text))
		return hd_tool_wrong(item, "the JSON has no \"text\"");
	if (solution && !json_is_string(solution) && !json_is_null(solution))
		return hd_tool_wrong(item, "its \"solution\" is no string");
	if (json_is_string(solution))
		item->solution =
			hd_bytes_of(json_string_value(solution), json_string_length(solution));
	return hd_tool_item_text(item,
				 hd_bytes_of(json_string_value(text), json_string_length(text))) &&
	       read_overlay(item, json_object_get(item->json, "overlay"));
}

/* A .non file: a word, then what it says; sections of several lines. It ends where the file does,
 * or where its first word comes again. */

static size_t
word_size(struct hd_bytes line)
{
	size_t size = 0;
	while (size < line.size && isalpha(line.at[size]))
		size++;
	return size;
}

static bool
begins_non(const struct hd_tool_item *item, struct hd_bytes line)
{
	static const char *const words[] = {"catalogue", "title",  "by",   "copyright", "license",
					    "width",     "height", "rows", "columns",   "goal"};
	struct hd_bytes word = {line.at, (uint32_t)word_size(line)};
	if (!item->kind || !hd_tool_has_form(item->kind, HD_PUZZLE_FORM_NON))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (hd_bytes_equal(word, hd_bytes_str(words[i])))
			return true;
	return false;
}

static bool
read_non(struct hd_tool_reading *reading, struct hd_bytes line)
{
	struct hd_tool_item *item = &reading->item;
	char first[16] = "";
	size_t word = word_size(line), used = 0;
	bool too_long = false, again = false;
	HD_ASSERT(word < sizeof first);
	memcpy(first, line.at, word);
	do {
		again = used > 0 && word_size(line) == word && memcmp(line.at, first, word) == 0;
		if (again) {
			hd_tool_lines_back(&reading->lines);
			break;
		}
		if (used + line.size + 1 > sizeof item->non)
			return hd_tool_wrong(item, "a .non file of more than %u bytes",
					     HD_TOOL_LINE);
		memcpy(item->non + used, line.at, line.size);
		used += line.size;
		item->non[used++] = '\n';
	} while (!too_long && hd_tool_lines_next(&reading->lines, &line, &too_long));
	struct hd_writer out = hd_writer_of(item->bytes, sizeof item->bytes);
	const char *why =
		item->kind->form_read(HD_PUZZLE_FORM_NON, hd_bytes_of(item->non, used), &out);
	if (why == NULL && out.full)
		return hd_tool_wrong(item, "%s: .non: as text it is longer than %u bytes",
				     item->kind->name, HD_PUZZLE_TEXT_MAX);
	item->text = hd_bytes_of(item->bytes, (size_t)(out.at - item->bytes));
	if (why == NULL)
		why = item->kind->check(item->text, &item->params);
	return why == NULL || hd_tool_wrong(item, "%s: .non: %s", item->kind->name, why);
}

bool
hd_tool_item_read(struct hd_tool_reading *reading, struct hd_bytes line)
{
	struct hd_tool_item *item = &reading->item;
	item->kind = reading->kind;
	item->solution = (struct hd_bytes){0};
	item->laid = false;
	if (line.size == 0)
		return hd_tool_wrong(item, "the line is empty");
	if (line.at[0] == '{')
		return read_json(item, line);
	if (!item->kind)
		return hd_tool_wrong(item, "which kind of puzzles? give --kind");
	if (begins_non(item, line))
		return read_non(reading, line);
	const uint8_t *tab = memchr(line.at, '\t', line.size);
	if (tab) {
		item->solution = hd_bytes_of(tab + 1, (size_t)(line.at + line.size - tab - 1));
		line.size = (uint32_t)(tab - line.at);
	}
	return hd_tool_item_text(item, line);
}
