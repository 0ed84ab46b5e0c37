/* Other ways to write a nonogram. .non: Steve Simpson's puzzle-file format, lines of a word and
 * what it says; `rows` and `columns` alone are followed by that many lines of runs, top down and
 * left to right. What other words say (title, by, copyright, goal ...) is not the puzzle's. */
#include "core/puzzle/nonogram/nonogram.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

static bool
blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static void
skip_blanks(struct hd_reader *in)
{
	while (in->at < in->end && blank(*in->at))
		in->at++;
}

/* The next line that is not blank, without blanks around it. False: there is none. */
static bool
line_next(struct hd_reader *in, struct hd_reader *line)
{
	while (in->at < in->end) {
		const uint8_t *end = memchr(in->at, '\n', hd_reader_left(in));
		*line = (struct hd_reader){in->at, end != NULL ? end : in->end, false};
		in->at = end != NULL ? end + 1 : in->end;
		skip_blanks(line);
		while (line->end > line->at && blank(line->end[-1]))
			line->end--;
		if (line->at < line->end)
			return true;
	}
	return false;
}

static bool
word_take(struct hd_reader *line, const char *word)
{
	size_t size = strlen(word);
	if (hd_reader_left(line) < size || memcmp(line->at, word, size) != 0)
		return false;
	if (hd_reader_left(line) > size && !blank(line->at[size]))
		return false;
	line->at += size;
	skip_blanks(line);
	return true;
}

static const char *
runs_read(struct hd_reader *line, struct hd_nonogram_clues *clues, uint32_t axis, uint32_t at)
{
	uint32_t count = 0, run;
	do {
		skip_blanks(line);
		if (!hd_text_take_number(line, HD_NONOGRAM_SIDE, &run))
			return "a line of runs is numbers from 1 to 62 joined by commas, or 0";
		skip_blanks(line);
		if (run == 0 && (count > 0 || line->at < line->end))
			return "0 stands alone: a line without runs";
		if (count == HD_NONOGRAM_RUNS)
			return "a line has more runs than fit it";
		if (run > 0)
			clues->runs[axis][at][count++] = (uint8_t)run;
	} while (hd_text_take(line, ','));
	clues->count[axis][at] = (uint8_t)count;
	return line->at == line->end ? NULL : "a line of runs has something behind them";
}

static const char *
axis_read(struct hd_reader *in, struct hd_nonogram_clues *clues, uint32_t axis)
{
	struct hd_reader line;
	if (clues->lines[axis] == 0)
		return "width and height stand before rows and columns";
	for (uint32_t at = 0; at < clues->lines[axis]; at++) {
		if (!line_next(in, &line))
			return "too few lines of runs";
		const char *fault = runs_read(&line, clues, axis, at);
		if (fault != NULL)
			return fault;
	}
	return NULL;
}

/* `rows 5` is an old way to say `height 5`. */
static const char *
size_read(struct hd_reader *line, uint32_t *size)
{
	if (!hd_text_take_number(line, HD_NONOGRAM_SIDE, size) || *size == 0 ||
	    line->at < line->end)
		return "width and height are from 1 to 62";
	return NULL;
}

static const char *
non_read(struct hd_reader *in, struct hd_nonogram_clues *clues)
{
	static const char *const names[2][2] = {{"height", "rows"}, {"width", "columns"}};
	struct hd_reader line;
	bool read[2] = {false, false};
	while (line_next(in, &line))
		for (uint32_t axis = 0; axis < 2; axis++) {
			const char *fault = NULL;
			bool lines = word_take(&line, names[axis][1]);
			if (lines && line.at == line.end) {
				if (read[axis])
					return "rows or columns stand twice";
				fault = axis_read(in, clues, axis);
				read[axis] = true;
			} else if (lines || word_take(&line, names[axis][0])) {
				if (clues->lines[axis] != 0)
					return "width or height stands twice";
				fault = size_read(&line, &clues->lines[axis]);
			} else {
				continue;
			}
			if (fault != NULL)
				return fault;
			break;
		}
	return read[0] && read[1] ? hd_nonogram_clues_fault(clues)
				  : "width, height, rows and columns: all are needed";
}

const char *
hd_nonogram_form_read(enum hd_puzzle_form form, struct hd_bytes in, struct hd_writer *out)
{
	struct hd_nonogram_clues clues = {0};
	struct hd_reader reader = hd_reader_of(in), line;
	HD_ASSERT(form == HD_PUZZLE_FORM_SGT || form == HD_PUZZLE_FORM_NON);
	if (form == HD_PUZZLE_FORM_SGT) {
		if (line_next(&reader, &line))
			hd_write_fixed(out, line.at, hd_reader_left(&line));
		return NULL;
	}
	const char *fault = non_read(&reader, &clues);
	if (fault == NULL)
		hd_nonogram_clues_write(&clues, out);
	return fault;
}

static void
axis_write(const struct hd_nonogram_clues *clues, uint32_t axis, struct hd_writer *out)
{
	for (uint32_t line = 0; line < clues->lines[axis]; line++) {
		if (clues->count[axis][line] == 0)
			hd_text_put(out, "0");
		for (uint32_t i = 0; i < clues->count[axis][line]; i++) {
			if (i > 0)
				hd_text_put(out, ",");
			hd_text_put_number(out, clues->runs[axis][line][i]);
		}
		hd_text_put(out, "\n");
	}
}

void
hd_nonogram_form_write(enum hd_puzzle_form form, struct hd_bytes text, struct hd_writer *out)
{
	struct hd_nonogram_clues clues;
	if (form == HD_PUZZLE_FORM_SGT) {
		hd_write_fixed(out, text.at, text.size);
		return;
	}
	const char *fault = hd_nonogram_clues_read(text, &clues);
	HD_ASSERT(form == HD_PUZZLE_FORM_NON && fault == NULL);
	hd_text_put(out, "width ");
	hd_text_put_number(out, clues.lines[HD_NONOGRAM_COLUMNS]);
	hd_text_put(out, "\nheight ");
	hd_text_put_number(out, clues.lines[HD_NONOGRAM_ROWS]);
	hd_text_put(out, "\n\nrows\n");
	axis_write(&clues, HD_NONOGRAM_ROWS, out);
	hd_text_put(out, "\ncolumns\n");
	axis_write(&clues, HD_NONOGRAM_COLUMNS, out);
}
