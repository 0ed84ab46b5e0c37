/* Lights Out by trying every first row: what is left lit says what the next row must press. Only
 * the grid of crosses; other graphs by trying every set, where they are small. */
#include "tests/referee/referee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX  16
#define CELLS_MAX (SIDE_MAX * SIDE_MAX)

struct lights {
	int width, height, cells;
	unsigned char turns[CELLS_MAX][CELLS_MAX]; /* [pressed][turned] */
	unsigned char lit[CELLS_MAX];
	int best, count; /* the fewest presses, and how many sets have that many */
	unsigned char set[CELLS_MAX];
};

/* Bits as hex digits, highest first. */
static const char *
read_bits(const char *text, int count, unsigned char *bits)
{
	for (int i = 0; i < count; i++) {
		int hex = text[i / 4] >= '0' && text[i / 4] <= '9'   ? text[i / 4] - '0'
			  : text[i / 4] >= 'a' && text[i / 4] <= 'f' ? text[i / 4] - 'a' + 10
								     : -1;
		if (hex < 0)
			return NULL;
		bits[i] = (unsigned char)(hex >> (3 - i % 4) & 1);
	}
	return text + (count + 3) / 4;
}

static bool
read_lights(struct lights *lights, const char *text)
{
	int used = 0;
	if (sscanf(text, "%dx%d%n", &lights->width, &lights->height, &used) != 2)
		return false;
	used += text[used] == 'c' || text[used] == 'r'; /* SGT leaves it out */
	if (text[used++] != ':')
		return false;
	lights->cells = lights->width * lights->height;
	if (lights->width > SIDE_MAX || lights->height > SIDE_MAX || lights->cells <= 0)
		return false;
	static unsigned char bits[CELLS_MAX * CELLS_MAX];
	const char *at = read_bits(text + used, lights->cells * lights->cells, bits);
	if (at == NULL || *at != ',')
		return false;
	for (int i = 0; i < lights->cells; i++)
		memcpy(lights->turns[i], bits + i * lights->cells, (size_t)lights->cells);
	at = read_bits(at + 1, lights->cells, lights->lit);
	return at != NULL && *at == '\0';
}

static bool
is_cross(const struct lights *lights)
{
	for (int a = 0; a < lights->cells; a++)
		for (int b = 0; b < lights->cells; b++) {
			int rows = abs(a / lights->width - b / lights->width);
			int columns = abs(a % lights->width - b % lights->width);
			if (lights->turns[a][b] != (rows + columns <= 1))
				return false;
		}
	return true;
}

static void
judge(struct lights *lights, const unsigned char *pressed)
{
	unsigned char lit[CELLS_MAX];
	int presses = 0;
	memcpy(lit, lights->lit, sizeof(lit));
	for (int a = 0; a < lights->cells; a++) {
		presses += pressed[a];
		for (int b = 0; pressed[a] && b < lights->cells; b++)
			lit[b] ^= lights->turns[a][b];
	}
	if (memchr(lit, 1, (size_t)lights->cells) != NULL || presses > lights->best)
		return;
	lights->count = presses < lights->best ? 1 : lights->count + 1;
	lights->best = presses;
	memcpy(lights->set, pressed, (size_t)lights->cells);
}

/* The set that the first row leads to. */
static void
chase(const struct lights *lights, unsigned first, unsigned char *pressed)
{
	unsigned char lit[CELLS_MAX];
	memcpy(lit, lights->lit, sizeof(lit));
	memset(pressed, 0, CELLS_MAX);
	for (int at = 0; at < lights->cells; at++) {
		bool press = at < lights->width ? first >> at & 1 : lit[at - lights->width];
		pressed[at] = press;
		for (int b = 0; pressed[at] && b < lights->cells; b++)
			lit[b] ^= lights->turns[at][b];
	}
}

int
referee_lightsout(const char *text, uint64_t nodes, char *solution)
{
	static struct lights lights;
	unsigned char pressed[CELLS_MAX];
	lights = (struct lights){.best = CELLS_MAX};
	if (!read_lights(&lights, text))
		return REFEREE_MALFORMED;
	bool crosses = is_cross(&lights);
	int tried = crosses ? lights.width : lights.cells;
	if (tried > 24 || (uint64_t)1 << tried > nodes)
		return REFEREE_GAVE_UP;
	for (unsigned set = 0; set < 1u << tried; set++) {
		if (crosses)
			chase(&lights, set, pressed);
		for (int i = 0; !crosses && i < lights.cells; i++)
			pressed[i] = (unsigned char)(set >> i & 1);
		judge(&lights, pressed);
	}
	solution[0] = 'S';
	for (int i = 0; i < lights.cells; i++)
		solution[1 + i] = (char)('0' + lights.set[i]);
	solution[1 + lights.cells] = '\0';
	return lights.count > 2 ? 2 : lights.count;
}
