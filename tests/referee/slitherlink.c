/* Slitherlink by trying: what clues, corners and the one loop force; then what both ways of an edge
 * lead to; where that ends, a guess. Edges: (width)(height + 1) level ones, row by row, then
 * (width + 1)(height) upright ones; SGT numbers them face by face instead. */
#include "tests/referee/referee.h"

#include <stdio.h>
#include <string.h>

#define SIDE_MAX  40
#define EDGES_MAX (2 * SIDE_MAX * (SIDE_MAX + 1))

enum edge { OPEN, NO, YES };

struct field {
	int width, height, edges;
	signed char clues[SIDE_MAX * SIDE_MAX]; /* -1: none */
	int ends[EDGES_MAX][2];                 /* dots */
	int around[SIDE_MAX * SIDE_MAX][4];     /* edges of a face */
	int at[(SIDE_MAX + 1) * (SIDE_MAX + 1)][4], degree[(SIDE_MAX + 1) * (SIDE_MAX + 1)];
	uint64_t nodes;
	int found;
	bool gave_up;
	char solution[EDGES_MAX];
};

static int
level(const struct field *field, int row, int column)
{
	return row * field->width + column;
}

static int
upright(const struct field *field, int row, int column)
{
	return field->width * (field->height + 1) + row * (field->width + 1) + column;
}

static void
join(struct field *field, int edge, int a, int b)
{
	field->ends[edge][0] = a;
	field->ends[edge][1] = b;
	field->at[a][field->degree[a]++] = edge;
	field->at[b][field->degree[b]++] = edge;
}

static void
lay_out(struct field *field)
{
	int dots = field->width + 1;
	field->edges = field->width * (field->height + 1) + dots * field->height;
	for (int row = 0; row <= field->height; row++)
		for (int column = 0; column < field->width; column++)
			join(field, level(field, row, column), row * dots + column,
			     row * dots + column + 1);
	for (int row = 0; row < field->height; row++)
		for (int column = 0; column <= field->width; column++)
			join(field, upright(field, row, column), row * dots + column,
			     (row + 1) * dots + column);
	for (int face = 0; face < field->width * field->height; face++) {
		int row = face / field->width, column = face % field->width;
		int edges[4] = {level(field, row, column), level(field, row + 1, column),
				upright(field, row, column), upright(field, row, column + 1)};
		memcpy(field->around[face], edges, sizeof(edges));
	}
}

static bool
read_field(struct field *field, const char *text)
{
	int used = 0, face = 0;
	if (sscanf(text, "%dx%d%n", &field->width, &field->height, &used) != 2)
		return false;
	const char *at = strchr(text, ':');
	if (at == NULL || field->width < 1 || field->width > SIDE_MAX || field->height < 1 ||
	    field->height > SIDE_MAX || strncmp(text + used, "t0", 2) != 0)
		return false;
	memset(field->clues, -1, sizeof(field->clues));
	for (at++; *at != '\0'; at++) {
		if (*at >= 'a' && *at <= 'z')
			face += *at - 'a' + 1;
		else if (*at >= '0' && *at <= '4' && face < field->width * field->height)
			field->clues[face++] = (signed char)(*at - '0');
		else
			return false;
	}
	lay_out(field);
	return face == field->width * field->height;
}

/* Of `count` edges between `least` and `most` are in the loop, or none where `none` is allowed:
 * settles what follows. -1: they cannot be; else how many were settled. */
static int
settle(char *edges, const int *set, int count, int least, int most)
{
	int yes = 0, open = 0;
	for (int i = 0; i < count; i++) {
		yes += edges[set[i]] == YES;
		open += edges[set[i]] == OPEN;
	}
	if (yes > most || yes + open < least)
		return -1;
	if (open == 0 || (yes < most && yes + open > least))
		return 0;
	for (int i = 0; i < count; i++)
		if (edges[set[i]] == OPEN)
			edges[set[i]] = yes == most ? NO : YES;
	return open;
}

/* A dot has two edges of the loop or none. */
static int
settle_dot(char *edges, const int *set, int count)
{
	int yes = 0, open = 0;
	for (int i = 0; i < count; i++) {
		yes += edges[set[i]] == YES;
		open += edges[set[i]] == OPEN;
	}
	if (yes == 0)
		return open == 1 ? settle(edges, set, count, 0, 0) : 0;
	return settle(edges, set, count, 2, 2);
}

/* A closed loop must be all there is. False: one is not. Walks from every dot of degree 2. */
static bool
one_loop(const struct field *field, const char *edges)
{
	int all = 0;
	for (int edge = 0; edge < field->edges; edge++)
		all += edges[edge] == YES;
	bool seen[EDGES_MAX] = {false};
	for (int first = 0; first < field->edges; first++) {
		if (edges[first] != YES || seen[first])
			continue;
		int walked = 0, edge = first, dot = field->ends[first][1];
		while (edge >= 0 && !seen[edge]) {
			seen[edge] = true;
			walked++;
			int next = -1;
			for (int i = 0; i < field->degree[dot]; i++)
				if (field->at[dot][i] != edge && edges[field->at[dot][i]] == YES)
					next = field->at[dot][i];
			edge = next;
			if (edge >= 0)
				dot = field->ends[edge][field->ends[edge][0] == dot];
		}
		if (edge != first) /* it has an end */
			continue;
		if (walked < all)
			return false;
		for (int face = 0; face < field->width * field->height; face++) {
			int count = 0;
			for (int i = 0; i < 4; i++)
				count += edges[field->around[face][i]] == YES;
			if (field->clues[face] >= 0 && count != field->clues[face])
				return false;
		}
	}
	return true;
}

static bool
settle_all(const struct field *field, char *edges)
{
	for (int settled = 1; settled > 0;) {
		settled = 0;
		for (int face = 0; face < field->width * field->height; face++) {
			int clue = field->clues[face];
			int more = clue < 0 ? 0 : settle(edges, field->around[face], 4, clue, clue);
			if (more < 0)
				return false;
			settled += more;
		}
		for (int dot = 0; dot < (field->width + 1) * (field->height + 1); dot++) {
			int more = settle_dot(edges, field->at[dot], field->degree[dot]);
			if (more < 0)
				return false;
			settled += more;
		}
	}
	return one_loop(field, edges);
}

/* Tries both ways of every open edge until none tells anything. False: there is no way. */
static bool
look_ahead(struct field *field, char *edges)
{
	char yes[EDGES_MAX], no[EDGES_MAX];
	size_t size = (size_t)field->edges;
	for (int edge = 0, still = 0; still < field->edges;
	     edge = (edge + 1) % field->edges, still++) {
		if (edges[edge] != OPEN)
			continue;
		memcpy(yes, edges, size);
		memcpy(no, edges, size);
		yes[edge] = YES;
		no[edge] = NO;
		bool may = settle_all(field, yes), may_not = settle_all(field, no);
		if (!may && !may_not)
			return false;
		if (may && may_not)
			continue;
		memcpy(edges, may ? yes : no, size);
		still = 0;
	}
	return true;
}

static void
try(struct field *field, const char *from)
{
	char edges[EDGES_MAX];
	size_t size = (size_t)field->edges;
	memcpy(edges, from, size);
	if (field->nodes-- == 0)
		field->gave_up = true;
	if (field->gave_up || !settle_all(field, edges) || !look_ahead(field, edges))
		return;
	const char *open = memchr(edges, OPEN, size);
	if (open == NULL) {
		if (memchr(edges, YES, size) == NULL) /* nothing is no loop */
			return;
		if (field->found++ == 0)
			memcpy(field->solution, edges, size);
		return;
	}
	for (char guess = YES; guess >= NO && field->found < 2; guess--) {
		edges[open - edges] = guess;
		try(field, edges);
	}
}

/* Each face's upper, right, lower and left edge, where no face before has it. */
static void
write(const struct field *field, char *out)
{
	static const int turns[4] = {0, 3, 1, 2};
	bool seen[EDGES_MAX] = {false};
	int number = 0;
	*out++ = 'S';
	for (int i = 0; i < 4 * field->width * field->height && field->found > 0; i++) {
		int edge = field->around[i / 4][turns[i % 4]];
		if (seen[edge])
			continue;
		seen[edge] = true;
		char is = field->solution[edge] == YES ? 'y' : 'n';
		out += snprintf(out, 8, "%d%c", number++, is);
	}
	*out = '\0';
}

int
referee_slitherlink(const char *text, uint64_t nodes, char *solution)
{
	static struct field field;
	static const char nothing[EDGES_MAX];
	field = (struct field){.nodes = nodes};
	if (!read_field(&field, text))
		return REFEREE_MALFORMED;
	try(&field, nothing);
	write(&field, solution);
	return field.gave_up ? REFEREE_GAVE_UP : field.found;
}
