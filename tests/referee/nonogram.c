/* Nonograms by trying: what all ways to place a line's runs agree on, and where that ends, a guess.
 */
#include "tests/referee/referee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX 64
#define RUNS_MAX 33

enum cell { OPEN, WHITE, BLACK };

struct line {
	int count, runs[RUNS_MAX];
};

struct picture {
	int width, height;
	struct line lines[2 * SIDE_MAX]; /* columns, then rows */
	char cells[SIDE_MAX * SIDE_MAX];
	uint64_t nodes;
	int found;
	bool gave_up;
	char *solution;
};

static bool
read_picture(struct picture *picture, const char *text)
{
	int used = 0;
	if (sscanf(text, "%dx%d:%n", &picture->width, &picture->height, &used) != 2 || !used)
		return false;
	int lines = picture->width + picture->height;
	if (picture->width < 1 || picture->width > SIDE_MAX || picture->height < 1 ||
	    picture->height > SIDE_MAX)
		return false;
	text += used;
	for (int i = 0; i < lines; i++) {
		struct line *line = &picture->lines[i];
		while (*text >= '0' && *text <= '9') {
			char *end;
			if (line->count == RUNS_MAX)
				return false;
			line->runs[line->count++] = (int)strtol(text, &end, 10);
			text = *end == '.' ? end + 1 : end;
		}
		if (*text != (i + 1 < lines ? '/' : '\0'))
			return false;
		text++;
	}
	return true;
}

/* One line, copied out of the picture. */
struct row {
	const struct line *clue;
	int size;
	char cells[SIDE_MAX];
	bool may[SIDE_MAX][3];                        /* some way has it so */
	signed char fits[SIDE_MAX + 2][RUNS_MAX + 1]; /* 0 not known, 1 yes, -1 no */
};

/* Whether the runs from `run` on can be placed in the cells from `at` on; marks what they may be.
 */
static bool
place(struct row *row, int at, int run)
{
	if (at >= row->size)
		return run == row->clue->count;
	if (row->fits[at][run] != 0)
		return row->fits[at][run] > 0;
	bool fits = false;
	if (row->cells[at] != BLACK && place(row, at + 1, run)) {
		row->may[at][WHITE] = true;
		fits = true;
	}
	int size = run < row->clue->count ? row->clue->runs[run] : SIDE_MAX + 1, end = at + size;
	bool room = end <= row->size && memchr(row->cells + at, WHITE, (size_t)size) == NULL &&
		    (end == row->size || row->cells[end] != BLACK);
	if (room && place(row, end + 1, run + 1)) {
		for (int i = at; i < end; i++)
			row->may[i][BLACK] = true;
		if (end < row->size)
			row->may[end][WHITE] = true;
		fits = true;
	}
	row->fits[at][run] = fits ? 1 : -1;
	return fits;
}

/* -1: the line has no way; else how many cells it settled. */
static int
settle(struct picture *picture, int number)
{
	struct row row = {.clue = &picture->lines[number]};
	bool column = number < picture->width;
	int step = column ? picture->width : 1, settled = 0;
	char *cells =
		picture->cells + (column ? number : (number - picture->width) * picture->width);
	row.size = column ? picture->height : picture->width;
	for (int i = 0; i < row.size; i++)
		row.cells[i] = cells[i * step];
	if (!place(&row, 0, 0))
		return -1;
	for (int i = 0; i < row.size; i++) {
		if (row.cells[i] != OPEN || row.may[i][WHITE] == row.may[i][BLACK])
			continue;
		cells[i * step] = row.may[i][BLACK] ? BLACK : WHITE;
		settled++;
	}
	return settled;
}

static bool
settle_all(struct picture *picture)
{
	for (int settled = 1; settled > 0;) {
		settled = 0;
		for (int i = 0; i < picture->width + picture->height; i++) {
			int more = settle(picture, i);
			if (more < 0)
				return false;
			settled += more;
		}
	}
	return true;
}

static void
keep(struct picture *picture)
{
	char *out = picture->solution;
	if (picture->found++ > 0)
		return;
	for (int i = 0; i < picture->width * picture->height; i++) {
		if (i > 0 && i % picture->width == 0)
			*out++ = '/';
		*out++ = picture->cells[i] == BLACK ? '1' : '0';
	}
	*out = '\0';
}

static void
try(struct picture *picture)
{
	char kept[SIDE_MAX * SIDE_MAX];
	size_t size = (size_t)(picture->width * picture->height);
	if (picture->nodes-- == 0)
		picture->gave_up = true;
	if (!settle_all(picture))
		return;
	const char *open = memchr(picture->cells, OPEN, size);
	if (open == NULL) {
		keep(picture);
		return;
	}
	memcpy(kept, picture->cells, size);
	for (char guess = WHITE; guess <= BLACK && picture->found < 2 && !picture->gave_up;
	     guess++) {
		memcpy(picture->cells, kept, size);
		picture->cells[open - picture->cells] = guess;
		try(picture);
	}
}

int
referee_nonogram(const char *text, uint64_t nodes, char *solution)
{
	struct picture picture = {.nodes = nodes, .solution = solution};
	if (!read_picture(&picture, text))
		return REFEREE_MALFORMED;
	try(&picture);
	return picture.gave_up ? REFEREE_GAVE_UP : picture.found;
}
