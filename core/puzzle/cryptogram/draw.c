/* Drawing: the ciphertext with room above each letter, and how often each letter stands in it. */
#include "core/puzzle/draw.h"

#include "core/puzzle/cryptogram/parts.h"
#include "core/puzzle/cryptogram/text.h"
#include "core/puzzle/kinds.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

#define ALPHABET HD_CRYPTOGRAM_ALPHABET

#define COLUMNS_MAX 30u /* letters and spaces of a line */
#define BLANK       '_'

/* SVG's units. */
#define COLUMN       26
#define LINE         74 /* from a line of letters to the next */
#define WRITE        30 /* from a line's top to where a letter is written on */
#define FONT         20
#define SMALL        13
#define TABLE_ROW    28
#define TABLE_CELL   30
#define TABLE_ROWS   3 /* letter, how often, what it stands for */
#define COLOUR_GIVEN "#06c"

struct view {
	struct hd_cryptogram_text text;
	uint8_t plain_of[ALPHABET]; /* what is shown of each cipher letter; 0: nothing */
	uint32_t times[ALPHABET];
};

static struct view
view_of(struct hd_bytes text, struct hd_bytes solution)
{
	struct view view;
	const char *wrong = hd_cryptogram_read(text, &view.text);
	struct hd_bytes cipher = view.text.cipher;
	HD_ASSERT(wrong == NULL && (solution.size == 0 || solution.size == cipher.size));
	memset(view.times, 0, sizeof(view.times));
	memcpy(view.plain_of, view.text.given, sizeof(view.plain_of));
	for (uint32_t i = 0; i < cipher.size; i++) {
		if (cipher.at[i] == ' ')
			continue;
		view.times[cipher.at[i] - 'A']++;
		if (solution.size > 0)
			view.plain_of[cipher.at[i] - 'A'] = solution.at[i];
	}
	return view;
}

/* The words of the next line, a word that is longer than a line cut; false: there is none. */
static bool
next_line(struct hd_bytes cipher, uint32_t *at, struct hd_bytes *line)
{
	uint32_t from = *at, end, left = cipher.size - from;
	if (from >= cipher.size)
		return false;
	end = from + (left < COLUMNS_MAX ? left : COLUMNS_MAX);
	if (end < cipher.size && cipher.at[end] != ' ')
		for (uint32_t i = end; i > from; i--)
			if (cipher.at[i - 1] == ' ') {
				end = i - 1;
				break;
			}
	HD_ASSERT(end > from);
	*line = hd_bytes_of(cipher.at + from, end - from);
	*at = end < cipher.size && cipher.at[end] == ' ' ? end + 1 : end;
	return true;
}

static uint8_t
shown(const struct view *view, uint8_t cipher)
{
	uint8_t plain;
	if (cipher == ' ')
		return ' ';
	HD_ASSERT(cipher >= 'A' && cipher <= 'Z');
	plain = view->plain_of[cipher - 'A'];
	return plain ? plain : BLANK;
}

void
hd_cryptogram_draw_text(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out)
{
	struct view view = view_of(text, solution);
	struct hd_bytes line;
	uint32_t at = 0;
	while (next_line(view.text.cipher, &at, &line)) {
		for (uint32_t i = 0; i < line.size; i++) {
			hd_write_u8(out, shown(&view, line.at[i]));
			hd_text_put(out, i + 1 < line.size ? " " : "\n");
		}
		for (uint32_t i = 0; i < line.size; i++) {
			hd_write_u8(out, line.at[i]);
			hd_text_put(out, i + 1 < line.size ? " " : "\n\n");
		}
	}
	for (uint8_t i = 0; i < ALPHABET; i++) {
		if (view.times[i] == 0)
			continue;
		hd_write_u8(out, (uint8_t)('A' + i));
		hd_text_put(out, view.times[i] < 10 ? "  " : " ");
		hd_text_put_number(out, view.times[i]);
		hd_text_put(out, " ");
		hd_write_u8(out, shown(&view, (uint8_t)('A' + i)));
		hd_text_put(out, "\n");
	}
	hd_text_rule(out, &hd_puzzle_cryptogram);
}

static uint32_t
lines_of(struct hd_bytes cipher)
{
	struct hd_bytes line;
	uint32_t at = 0, lines = 0;
	while (next_line(cipher, &at, &line))
		lines++;
	return lines;
}

static void
put_letter(struct hd_writer *out, int32_t x, int32_t y, int32_t size, const char *colour,
	   uint8_t letter)
{
	HD_ASSERT(letter >= 'A' && letter <= 'Z');
	hd_svg_text(out, x, y, size, colour, hd_bytes_of(&letter, 1));
}

static void
draw_line(struct hd_writer *out, const struct view *view, struct hd_bytes line, int32_t y)
{
	for (uint32_t i = 0; i < line.size; i++) {
		int32_t x = HD_DRAW_MARGIN + (int32_t)i * COLUMN;
		uint8_t plain = shown(view, line.at[i]);
		if (plain == ' ')
			continue;
		if (plain != BLANK)
			put_letter(out, x + COLUMN / 2, y + WRITE - FONT * 2 / 3, FONT,
				   COLOUR_GIVEN, plain);
		hd_svg_line(out, x + 3, y + WRITE, x + COLUMN - 3, y + WRITE, HD_DRAW_THIN,
			    "black");
		put_letter(out, x + COLUMN / 2, y + WRITE + FONT * 3 / 4, FONT, "black",
			   line.at[i]);
	}
}

/* All letters, how often each stands there, and a box for what it stands for. */
static void
draw_table(struct hd_writer *out, const struct view *view, int32_t y)
{
	for (uint8_t i = 0; i < ALPHABET; i++) {
		int32_t x = HD_DRAW_MARGIN + i * TABLE_CELL, middle = y + TABLE_ROW / 2;
		for (int32_t row = 0; row < TABLE_ROWS; row++)
			hd_svg_rect(
				out,
				(struct hd_svg_box){x, y + row * TABLE_ROW, TABLE_CELL, TABLE_ROW},
				"none", HD_DRAW_THIN);
		put_letter(out, x + TABLE_CELL / 2, middle, SMALL, "black", (uint8_t)('A' + i));
		hd_svg_number(out, x + TABLE_CELL / 2, middle + TABLE_ROW, SMALL, "black",
			      view->times[i]);
		if (view->plain_of[i] != 0)
			put_letter(out, x + TABLE_CELL / 2, middle + 2 * TABLE_ROW, SMALL,
				   COLOUR_GIVEN, view->plain_of[i]);
	}
}

void
hd_cryptogram_draw_svg(struct hd_bytes text, struct hd_bytes solution,
		       const struct hd_puzzle_overlay *overlay, struct hd_writer *out)
{
	struct view view = view_of(text, solution);
	struct hd_bytes line;
	uint32_t at = 0;
	int32_t y = HD_DRAW_MARGIN;
	int32_t table = HD_DRAW_MARGIN + (int32_t)lines_of(view.text.cipher) * LINE;
	HD_ASSERT(overlay == NULL || overlay->count == 0);
	int32_t width = (int32_t)ALPHABET * TABLE_CELL;
	int32_t below = table + TABLE_ROWS * TABLE_ROW + HD_DRAW_MARGIN;
	hd_svg_begin(out, 2 * HD_DRAW_MARGIN + width,
		     below + hd_svg_rule_height(&hd_puzzle_cryptogram, width) + HD_DRAW_MARGIN);
	for (; next_line(view.text.cipher, &at, &line); y += LINE)
		draw_line(out, &view, line, y);
	draw_table(out, &view, table);
	hd_svg_rule(out, &hd_puzzle_cryptogram, HD_DRAW_MARGIN, below, width);
	hd_svg_end(out);
}
