#include "tests/referee/referee.h"

#include <string.h>

static const struct {
	const char *kind;
	int (*count)(const char *text, uint64_t nodes, char *solution);
} referees[] = {
	{"sudoku", referee_sudoku},           {"nonogram", referee_nonogram},
	{"slitherlink", referee_slitherlink}, {"cryptogram", referee_cryptogram},
	{"wordsearch", referee_wordsearch},   {"lightsout", referee_lightsout},
};

int
referee_count(const char *kind, const char *text, uint64_t nodes, char *solution)
{
	for (uint32_t i = 0; i < sizeof(referees) / sizeof(referees[0]); i++)
		if (strcmp(referees[i].kind, kind) == 0)
			return referees[i].count(text, nodes, solution);
	return REFEREE_MALFORMED;
}
