/* One line as a puzzle, whatever form it has. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "huntd/assert.h"
#include "net/ctl/puzzle/tool.h"

bool
hd_tool_wrong(struct hd_tool_item *item, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(item->why, sizeof item->why, format, args);
	va_end(args);
	return false;
}

static bool
knows(const struct hd_puzzle_kind *kind, enum hd_puzzle_form form)
{
	return kind->forms >> form & 1;
}

/* The kind's own text, or one of its other forms in one line. */
static bool
read_text(struct hd_tool_item *item, struct hd_bytes text)
{
	const char *why = "it is longer than any";
	item->text = text;
	if (text.size <= HD_PUZZLE_TEXT_MAX)
		why = item->kind->check(text, &item->params);
	if (why == NULL)
		return true;
	for (enum hd_puzzle_form form = 0; form < HD_PUZZLE_FORM_COUNT; form++) {
		struct hd_writer out = hd_writer_of(item->bytes, sizeof item->bytes);
		if (form == HD_PUZZLE_FORM_NON || !knows(item->kind, form) ||
		    item->kind->form_read(form, text, &out) != NULL || out.full)
			continue;
		item->text = hd_bytes_of(item->bytes, (size_t)(out.at - item->bytes));
		const char *other = item->kind->check(item->text, &item->params);
		if (other == NULL)
			return true;
	}
	return hd_tool_wrong(item, "%s: %s", item->kind->name, why);
}

/* HUNT.PUZZLE's JSON. */

static bool
read_mark(const struct hd_tool_item *item, const json_t *from, struct hd_puzzle_mark *mark)
{
	const char *letter = json_string_value(json_object_get(from, "letter"));
	const json_t *cells = json_object_get(from, "cells");
	size_t count = json_array_size(cells);
	if (!letter || letter[0] < 'A' || letter[0] > 'Z' || letter[1] ||
	    count != item->kind->digits)
		return false;
	mark->letter = (uint8_t)letter[0];
	mark->cells_count = (uint8_t)count;
	for (size_t i = 0; i < count; i++) {
		const json_t *cell = json_array_get(cells, i);
		json_int_t row = json_integer_value(json_array_get(cell, 0));
		json_int_t column = json_integer_value(json_array_get(cell, 1));
		if (json_array_size(cell) != 2 || row < 0 || row >= item->params.height ||
		    column < 0 || column >= item->params.width)
			return false;
		mark->cells[i].row = (uint16_t)row;
		mark->cells[i].column = (uint16_t)column;
	}
	return true;
}

static bool
read_overlay(struct hd_tool_item *item, const json_t *overlay)
{
	size_t count = json_array_size(overlay);
	if (count == 0)
		return true;
	if (count > HD_PHRASE_MAX)
		return hd_tool_wrong(item, "its overlay has more than %u letters", HD_PHRASE_MAX);
	for (size_t i = 0; i < count; i++)
		if (!read_mark(item, json_array_get(overlay, i), &item->overlay.marks[i]))
			return hd_tool_wrong(item,
					     "overlay[%zu] is no letter A-Z with %u cells "
					     "of the grid",
					     i, item->kind->digits);
	item->overlay.count = (uint32_t)count;
	item->laid = true;
	return true;
}

static bool
read_json(struct hd_tool_item *item, struct hd_bytes line)
{
	json_error_t error;
	item->json = json_loadb((const char *)line.at, line.size, 0, &error);
	if (!item->json)
		return hd_tool_wrong(item, "JSON, column %d: %s", error.column, error.text);
	const char *kind = json_string_value(json_object_get(item->json, "kind"));
	const json_t *text = json_object_get(item->json, "text");
	const json_t *solution = json_object_get(item->json, "solution");
	const struct hd_puzzle_kind *named = kind ? hd_puzzle_kind(hd_bytes_str(kind)) : NULL;
	if (kind && !named)
		return hd_tool_wrong(item, "`%.64s` is no kind of puzzles", kind);
	if (kind && item->kind && named != item->kind)
		return hd_tool_wrong(item, "it is a %s, --kind says %s", kind, item->kind->name);
	if (kind)
		item->kind = named;
	if (!item->kind)
		return hd_tool_wrong(item, "the JSON has no \"kind\"; give --kind");
	if (!json_is_string(text))
		return hd_tool_wrong(item, "the JSON has no \"text\"");
	if (json_is_string(solution))
		item->solution =
			hd_bytes_of(json_string_value(solution), json_string_length(solution));
	return read_text(item, hd_bytes_of(json_string_value(text), json_string_length(text))) &&
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
	if (!item->kind || !knows(item->kind, HD_PUZZLE_FORM_NON))
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
		why = "it is longer than any";
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
	return read_text(item, line);
}
