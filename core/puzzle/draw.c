#include "core/puzzle/draw.h"

#include "core/puzzle/text.h"
#include "huntd/assert.h"

#define MARK_FONT   9
#define KEY_FONT    14
#define KEY_LINE    22
#define KEY_NUMBER  30  /* units from an entry's start to its letter */
#define KEY_LETTER  24  /* and on to its first cell */
#define KEY_CELL    62  /* the longest name, r62c62, and a space */
#define TEXT_LINE   78u /* letters of a line of text */
#define SAID_MAX    400u
#define COLOUR_MARK "#a33"

static void
put_signed(struct hd_writer *out, int32_t value)
{
	int64_t wide = value;
	if (wide < 0) {
		hd_text_put(out, "-");
		wide = -wide;
	}
	hd_text_put_number(out, (uint64_t)wide);
}

static void
put_attribute(struct hd_writer *out, const char *name, int32_t value)
{
	HD_ASSERT(name != NULL && value > -1000000 && value < 1000000);
	hd_text_put(out, " ");
	hd_text_put(out, name);
	hd_text_put(out, "=\"");
	put_signed(out, value);
	hd_text_put(out, "\"");
}

static void
put_paint(struct hd_writer *out, const char *name, const char *colour)
{
	HD_ASSERT(name != NULL && colour != NULL);
	hd_text_put(out, " ");
	hd_text_put(out, name);
	hd_text_put(out, "=\"");
	hd_text_put(out, colour);
	hd_text_put(out, "\"");
}

/* How a shape is filled and drawn around, and its end. */
static void
put_shape_end(struct hd_writer *out, const char *fill, int32_t stroke)
{
	HD_ASSERT(stroke >= 0);
	put_paint(out, "fill", fill);
	if (stroke > 0) {
		put_paint(out, "stroke", "black");
		put_attribute(out, "stroke-width", stroke);
	}
	hd_text_put(out, "/>\n");
}

static void
put_escaped(struct hd_writer *out, struct hd_bytes text)
{
	for (uint32_t i = 0; i < text.size; i++) {
		if (text.at[i] == '&')
			hd_text_put(out, "&amp;");
		else if (text.at[i] == '<')
			hd_text_put(out, "&lt;");
		else if (text.at[i] == '>')
			hd_text_put(out, "&gt;");
		else
			hd_write_u8(out, text.at[i]);
	}
}

void
hd_svg_begin(struct hd_writer *out, int32_t width, int32_t height)
{
	HD_ASSERT(width > 0 && height > 0);
	hd_text_put(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ");
	put_signed(out, width);
	hd_text_put(out, " ");
	put_signed(out, height);
	hd_text_put(out, "\" font-family=\"sans-serif\">\n");
	hd_svg_rect(out, (struct hd_svg_box){0, 0, width, height}, "white", 0);
}

void
hd_svg_end(struct hd_writer *out)
{
	hd_text_put(out, "</svg>\n");
}

void
hd_svg_rect(struct hd_writer *out, struct hd_svg_box box, const char *fill, int32_t stroke)
{
	HD_ASSERT(box.width >= 0 && box.height >= 0 && stroke >= 0);
	hd_text_put(out, "<rect");
	put_attribute(out, "x", box.x);
	put_attribute(out, "y", box.y);
	put_attribute(out, "width", box.width);
	put_attribute(out, "height", box.height);
	put_shape_end(out, fill, stroke);
}

void
hd_svg_line(struct hd_writer *out, int32_t x1, int32_t y1, int32_t x2, int32_t y2, int32_t stroke,
	    const char *colour)
{
	HD_ASSERT(stroke > 0);
	hd_text_put(out, "<line");
	put_attribute(out, "x1", x1);
	put_attribute(out, "y1", y1);
	put_attribute(out, "x2", x2);
	put_attribute(out, "y2", y2);
	put_paint(out, "stroke", colour);
	put_attribute(out, "stroke-width", stroke);
	hd_text_put(out, " stroke-linecap=\"round\"/>\n");
}

void
hd_svg_circle(struct hd_writer *out, int32_t x, int32_t y, int32_t radius, const char *fill,
	      int32_t stroke)
{
	HD_ASSERT(radius > 0 && stroke >= 0);
	hd_text_put(out, "<circle");
	put_attribute(out, "cx", x);
	put_attribute(out, "cy", y);
	put_attribute(out, "r", radius);
	put_shape_end(out, fill, stroke);
}

void
hd_svg_text_from(struct hd_writer *out, int32_t x, int32_t y, int32_t size, const char *colour,
		 struct hd_bytes text)
{
	HD_ASSERT(size > 0);
	hd_text_put(out, "<text");
	put_attribute(out, "x", x);
	put_attribute(out, "y", y + size * 36 / 100); /* half of a capital's height */
	put_attribute(out, "font-size", size);
	put_paint(out, "fill", colour);
	hd_text_put(out, ">");
	put_escaped(out, text);
	hd_text_put(out, "</text>\n");
}

void
hd_svg_text(struct hd_writer *out, int32_t x, int32_t y, int32_t size, const char *colour,
	    struct hd_bytes text)
{
	HD_ASSERT(size > 0);
	hd_text_put(out, "<g text-anchor=\"middle\">");
	hd_svg_text_from(out, x, y, size, colour, text);
	hd_text_put(out, "</g>\n");
}

void
hd_svg_number(struct hd_writer *out, int32_t x, int32_t y, int32_t size, const char *colour,
	      uint32_t number)
{
	uint8_t digits[10];
	struct hd_writer text = hd_writer_of(digits, sizeof(digits));
	hd_text_put_number(&text, number);
	HD_ASSERT(!text.full);
	hd_svg_text(out, x, y, size, colour, hd_bytes_of(digits, (size_t)(text.at - digits)));
}

struct hd_svg_box
hd_svg_grid_box(uint32_t columns, uint32_t rows, int32_t left, int32_t above)
{
	HD_ASSERT(columns > 0 && rows > 0);
	HD_ASSERT(left >= 0 && above >= 0);
	return (struct hd_svg_box){HD_DRAW_MARGIN + left, HD_DRAW_MARGIN + above,
				   (int32_t)columns * HD_DRAW_CELL, (int32_t)rows * HD_DRAW_CELL};
}

struct hd_svg_box
hd_svg_cell(struct hd_svg_box grid, uint32_t row, uint32_t column)
{
	int32_t x = (int32_t)column * HD_DRAW_CELL, y = (int32_t)row * HD_DRAW_CELL;
	HD_ASSERT(x < grid.width && y < grid.height);
	return (struct hd_svg_box){grid.x + x, grid.y + y, HD_DRAW_CELL, HD_DRAW_CELL};
}

void
hd_svg_letter(struct hd_writer *out, struct hd_svg_box cell, int32_t size, const char *colour,
	      uint8_t letter)
{
	HD_ASSERT(letter > ' ');
	hd_svg_text(out, cell.x + cell.width / 2, cell.y + cell.height / 2, size, colour,
		    hd_bytes_of(&letter, 1));
}

void
hd_svg_grid(struct hd_writer *out, struct hd_svg_box grid)
{
	int32_t right = grid.x + grid.width, below = grid.y + grid.height;
	HD_ASSERT(grid.width > 0 && grid.height > 0);
	for (int32_t at = grid.x; at <= right; at += HD_DRAW_CELL)
		hd_svg_line(out, at, grid.y, at, below, HD_DRAW_THIN, "black");
	for (int32_t at = grid.y; at <= below; at += HD_DRAW_CELL)
		hd_svg_line(out, grid.x, at, right, at, HD_DRAW_THIN, "black");
}

/* How many marks name a cell before cell `c` of letter `i` does. */
static uint32_t
marks_before(const struct hd_puzzle_overlay *overlay, uint32_t i, uint32_t c)
{
	const struct hd_puzzle_mark *own = &overlay->marks[i];
	uint32_t count = 0;
	HD_ASSERT(i < overlay->count && c < own->cells_count);
	for (uint32_t k = 0; k <= i; k++) {
		const struct hd_puzzle_mark *m = &overlay->marks[k];
		for (uint32_t n = 0; n < (k < i ? m->cells_count : c); n++)
			count += m->cells[n].row == own->cells[c].row &&
				 m->cells[n].column == own->cells[c].column;
	}
	return count;
}

/* The first at the top left, then right; below; in the middle: six stand apart. */
static void
mark(struct hd_writer *out, struct hd_svg_box cell, struct hd_bytes name, uint32_t before)
{
	static const int32_t rows[] = {0, 2, 1};
	int32_t side = HD_DRAW_CELL - 2 * MARK_FONT, half = (side + 4) / 2;
	HD_ASSERT(name.size > 0);
	hd_svg_text(out, cell.x + MARK_FONT + (before % 2 ? side : 0),
		    cell.y + MARK_FONT - 2 + rows[before / 2 % 3] * half, MARK_FONT, COLOUR_MARK,
		    name);
}

static void
marks(struct hd_writer *out, const struct hd_puzzle_overlay *overlay, struct hd_svg_box grid)
{
	HD_ASSERT(overlay->count <= HD_PHRASE_MAX);
	for (uint32_t i = 0; i < overlay->count; i++) {
		const struct hd_puzzle_mark *m = &overlay->marks[i];
		for (uint32_t c = 0; c < m->cells_count; c++) {
			uint8_t bytes[8];
			struct hd_writer name = hd_writer_of(bytes, sizeof(bytes));
			hd_text_put_number(&name, i + 1);
			hd_write_u8(&name, (uint8_t)('a' + c));
			HD_ASSERT(!name.full);
			mark(out, hd_svg_cell(grid, m->cells[c].row, m->cells[c].column),
			     hd_bytes_of(bytes, (size_t)(name.at - bytes)),
			     marks_before(overlay, i, c));
		}
	}
}

/* The words of a text that the next line takes, at most `letters` of them unless one word is more;
 * false: there are none left. */
static bool
next_line(struct hd_bytes text, uint32_t letters, uint32_t *at, struct hd_bytes *line)
{
	uint32_t from = *at, end = from;
	HD_ASSERT(letters > 0 && from <= text.size);
	for (uint32_t i = from; i < text.size; i++)
		if ((i + 1 == text.size || text.at[i + 1] == ' ') &&
		    (end == from || i + 1 - from <= letters))
			end = i + 1;
	*line = hd_bytes_of(text.at + from, end - from);
	*at = end < text.size ? end + 1 : end;
	return end > from;
}

/* A letter is about half as wide as it is high. */
static uint32_t
letters_of(int32_t width)
{
	int32_t letters = width * 11 / (KEY_FONT * 6);
	return letters > 1 ? (uint32_t)letters : 1;
}

static int32_t
lines_height(struct hd_bytes text, int32_t width)
{
	uint32_t at = 0;
	int32_t height = 0;
	struct hd_bytes line;
	while (next_line(text, letters_of(width), &at, &line))
		height += KEY_LINE;
	return height;
}

static void
lines_draw(struct hd_writer *out, struct hd_bytes text, int32_t x, int32_t y, int32_t width)
{
	uint32_t at = 0;
	struct hd_bytes line;
	for (; next_line(text, letters_of(width), &at, &line); y += KEY_LINE)
		hd_svg_text_from(out, x, y + KEY_LINE / 2, KEY_FONT, "black", line);
}

int32_t
hd_svg_rule_height(const struct hd_puzzle_kind *kind, int32_t width)
{
	HD_ASSERT(width > 0);
	return lines_height(hd_bytes_str(kind->rule), width);
}

void
hd_svg_rule(struct hd_writer *out, const struct hd_puzzle_kind *kind, int32_t x, int32_t y,
	    int32_t width)
{
	HD_ASSERT(width > 0);
	lines_draw(out, hd_bytes_str(kind->rule), x, y, width);
}

/* How the overlay is read. */
static void
put_how(struct hd_writer *out, const struct hd_puzzle_kind *kind)
{
	HD_ASSERT(kind->digits > 0 && kind->base > 1);
	hd_text_put(out, "Each cell is a digit");
	if (kind->digit != NULL) {
		hd_text_put(out, " (");
		hd_text_put(out, kind->digit);
		hd_text_put(out, ")");
	}
	hd_text_put(out, " of a number in base ");
	hd_text_put_number(out, kind->base);
	hd_text_put(out, ", highest first. Move the letter on in A-Z by that number (after Z comes "
			 "A): a letter of the answer.");
}

/* The same, and what the small names in the cells are. */
static struct hd_bytes
said(const struct hd_puzzle_kind *kind, uint8_t bytes[SAID_MAX])
{
	struct hd_writer out = hd_writer_of(bytes, SAID_MAX);
	put_how(&out, kind);
	hd_text_put(&out, " In the grid, 7b is the second cell of letter 7.");
	HD_ASSERT(!out.full);
	return hd_bytes_of(bytes, (size_t)(out.at - bytes));
}

static int32_t
entry_width(const struct hd_puzzle_overlay *overlay)
{
	HD_ASSERT(overlay->count > 0 && overlay->marks[0].cells_count <= HD_PUZZLE_DIGITS_MAX);
	return KEY_NUMBER + KEY_LETTER + overlay->marks[0].cells_count * KEY_CELL;
}

/* From a cell's name to the next, where one entry takes all of a narrow width. */
static int32_t
cell_step(const struct hd_puzzle_overlay *overlay, int32_t width)
{
	int32_t step = (width - KEY_NUMBER - KEY_LETTER) / (int32_t)overlay->marks[0].cells_count;
	HD_ASSERT(overlay->count > 0);
	return step < KEY_CELL ? step : KEY_CELL;
}

static int32_t
entry_columns(const struct hd_puzzle_overlay *overlay, int32_t width)
{
	int32_t columns = width / entry_width(overlay);
	HD_ASSERT(width > 0);
	return columns > 0 ? columns : 1;
}

static int32_t
entry_rows(const struct hd_puzzle_overlay *overlay, int32_t width)
{
	int32_t columns = entry_columns(overlay, width);
	return ((int32_t)overlay->count + columns - 1) / columns;
}

static void
key_entry(struct hd_writer *out, const struct hd_puzzle_overlay *overlay, uint32_t i, int32_t x,
	  int32_t y, int32_t step)
{
	int32_t font = step < 3 * KEY_FONT ? step / 3 : KEY_FONT;
	const struct hd_puzzle_mark *m = &overlay->marks[i];
	uint8_t bytes[16];
	struct hd_writer name = hd_writer_of(bytes, sizeof(bytes));
	HD_ASSERT(i < overlay->count);
	hd_text_put_number(&name, i + 1);
	hd_svg_text_from(out, x, y, KEY_FONT, COLOUR_MARK,
			 hd_bytes_of(bytes, (size_t)(name.at - bytes)));
	hd_svg_text_from(out, x + KEY_NUMBER, y, KEY_FONT + 4, "black", hd_bytes_of(&m->letter, 1));
	for (uint32_t c = 0; c < m->cells_count; c++) {
		name = hd_writer_of(bytes, sizeof(bytes));
		hd_text_put_cell(&name, m->cells[c].row, m->cells[c].column);
		HD_ASSERT(!name.full);
		hd_svg_text_from(out, x + KEY_NUMBER + KEY_LETTER + (int32_t)c * step, y, font,
				 "black", hd_bytes_of(bytes, (size_t)(name.at - bytes)));
	}
}

static void
key(struct hd_writer *out, const struct hd_puzzle_kind *kind,
    const struct hd_puzzle_overlay *overlay, struct hd_svg_box box)
{
	uint8_t bytes[SAID_MAX];
	struct hd_bytes how = said(kind, bytes);
	int32_t rows = entry_rows(overlay, box.width), top;
	lines_draw(out, how, box.x, box.y, box.width);
	top = box.y + lines_height(how, box.width) + KEY_LINE / 2;
	for (uint32_t i = 0; i < overlay->count; i++)
		key_entry(out, overlay, i, box.x + (int32_t)i / rows * entry_width(overlay),
			  top + ((int32_t)i % rows) * KEY_LINE + KEY_LINE / 2,
			  cell_step(overlay, box.width));
}

/* Below the grid, as wide as it and what stands to the left of it: the rule, and the key. */
struct below {
	struct hd_svg_box rule, key;
};

static struct below
below_of(const struct hd_puzzle_kind *kind, const struct hd_puzzle_overlay *overlay,
	 struct hd_svg_box grid)
{
	uint8_t bytes[SAID_MAX];
	struct hd_svg_box rule = {HD_DRAW_MARGIN, grid.y + grid.height + HD_DRAW_MARGIN,
				  grid.x + grid.width - HD_DRAW_MARGIN, 0};
	HD_ASSERT(rule.width > 0);
	rule.height = hd_svg_rule_height(kind, rule.width);
	struct hd_svg_box key = {rule.x, rule.y + rule.height, rule.width, 0};
	if (overlay != NULL && overlay->count > 0) {
		key.y += KEY_LINE / 2;
		key.height = lines_height(said(kind, bytes), key.width) + KEY_LINE / 2 +
			     entry_rows(overlay, key.width) * KEY_LINE;
	}
	return (struct below){rule, key};
}

void
hd_svg_page_begin(struct hd_writer *out, const struct hd_puzzle_kind *kind,
		  const struct hd_puzzle_overlay *overlay, struct hd_svg_box grid)
{
	struct hd_svg_box last = below_of(kind, overlay, grid).key;
	hd_svg_begin(out, grid.x + grid.width + HD_DRAW_MARGIN,
		     last.y + last.height + HD_DRAW_MARGIN);
}

void
hd_svg_page_end(struct hd_writer *out, const struct hd_puzzle_kind *kind,
		const struct hd_puzzle_overlay *overlay, struct hd_svg_box grid)
{
	struct below below = below_of(kind, overlay, grid);
	hd_svg_rule(out, kind, below.rule.x, below.rule.y, below.rule.width);
	if (below.key.height > 0) {
		marks(out, overlay, grid);
		key(out, kind, overlay, below.key);
	}
	hd_svg_end(out);
}

static void
text_lines(struct hd_writer *out, struct hd_bytes text)
{
	uint32_t at = 0;
	struct hd_bytes line;
	while (next_line(text, TEXT_LINE, &at, &line)) {
		hd_write_fixed(out, line.at, line.size);
		hd_text_put(out, "\n");
	}
}

void
hd_text_rule(struct hd_writer *out, const struct hd_puzzle_kind *kind)
{
	HD_ASSERT(kind->rule != NULL);
	text_lines(out, hd_bytes_str(kind->rule));
}

/* At the end of `places`. */
static void
put_aligned(struct hd_writer *out, uint32_t number, uint32_t places)
{
	uint32_t digits = number < 10 ? 1 : 2;
	HD_ASSERT(number < 100 && digits <= places);
	for (; places > digits; places--)
		hd_text_put(out, " ");
	hd_text_put_number(out, number);
}

void
hd_text_row(struct hd_writer *out, uint32_t row)
{
	put_aligned(out, row + 1, HD_TEXT_ROW - 1);
	hd_text_put(out, " ");
}

void
hd_text_columns(struct hd_writer *out, uint32_t indent, uint32_t columns, uint32_t step)
{
	HD_ASSERT(columns > 0 && step > 1);
	while (indent-- > 0)
		hd_text_put(out, " ");
	for (uint32_t column = 0; column < columns; column++)
		put_aligned(out, column + 1, step);
	hd_text_put(out, "\n");
}

void
hd_text_key(struct hd_writer *out, const struct hd_puzzle_kind *kind,
	    const struct hd_puzzle_overlay *overlay)
{
	HD_ASSERT(overlay != NULL && overlay->count <= HD_PHRASE_MAX);
	for (uint32_t i = 0; i < overlay->count; i++) {
		const struct hd_puzzle_mark *m = &overlay->marks[i];
		hd_text_put(out, i + 1 < 10 ? " " : "");
		hd_text_put_number(out, i + 1);
		hd_text_put(out, " ");
		hd_write_u8(out, m->letter);
		for (uint32_t c = 0; c < m->cells_count; c++) {
			hd_text_put(out, " ");
			hd_text_put_cell(out, m->cells[c].row, m->cells[c].column);
		}
		hd_text_put(out, "\n");
	}
	uint8_t bytes[SAID_MAX];
	struct hd_writer how = hd_writer_of(bytes, sizeof(bytes));
	put_how(&how, kind);
	HD_ASSERT(!how.full);
	text_lines(out, hd_bytes_of(bytes, (size_t)(how.at - bytes)));
}
