/* Word search by looking everywhere: every cell, every direction, every word. */
#include "tests/referee/referee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX 64

struct search {
	int width, height;
	const char *letters;
	char covered[SIDE_MAX * SIDE_MAX];
};

static const int steps[8][2] = {{1, 0},  {1, 1},   {0, 1},  {-1, 1},
				{-1, 0}, {-1, -1}, {0, -1}, {1, -1}};

static bool
stands(const struct search *search, const char *word, int size, int x, int y, int direction)
{
	for (int i = 0; i < size; i++, x += steps[direction][0], y += steps[direction][1]) {
		if (x < 0 || y < 0 || x >= search->width || y >= search->height)
			return false;
		if (search->letters[y * search->width + x] != word[i])
			return false;
	}
	return true;
}

/* How often the word stands there; writes and covers the first place. */
static int
find(struct search *search, const char *word, int size, char **out)
{
	int found = 0;
	for (int at = 0; at < search->width * search->height * 8; at++) {
		int x = at / 8 % search->width, y = at / 8 / search->width, direction = at % 8;
		if (!stands(search, word, size, x, y, direction) || found++ > 0)
			continue;
		*out += snprintf(*out, 16, "%d,%d,%d", x, y, direction);
		for (int i = 0; i < size; i++)
			search->covered[(y + i * steps[direction][1]) * search->width + x +
					i * steps[direction][0]] = 1;
	}
	return found;
}

int
referee_wordsearch(const char *text, uint64_t nodes, char *solution)
{
	static struct search search;
	int used = 0, verdict = 1;
	char *out = solution;
	search = (struct search){0};
	(void)nodes;
	if (sscanf(text, "%dx%d:%n", &search.width, &search.height, &used) != 2 || !used)
		return REFEREE_MALFORMED;
	search.letters = text + used;
	int cells = search.width * search.height;
	if (search.width > SIDE_MAX || search.height > SIDE_MAX || cells <= 0 ||
	    (int)strlen(search.letters) <= cells || search.letters[cells] != ':')
		return REFEREE_MALFORMED;
	for (const char *word = search.letters + cells; *word != '\0';) {
		int size = (int)strcspn(++word, ",");
		int found = find(&search, word, size, &out);
		verdict = found == 0 || verdict == 0 ? 0 : found > 1 ? 2 : verdict;
		word += size;
		*out++ = *word == '\0' ? ':' : ';';
	}
	for (int i = 0; i < cells; i++)
		if (!search.covered[i])
			*out++ = search.letters[i];
	*out = '\0';
	return verdict;
}
