/* The comparison for sudoku: dancing links, as in Knuth's paper of 2000, and nothing more: 324
 * columns, always the smallest, counted to two.
 *
 *   bench_dlx FILE [REPEAT]    81 characters a line, 0 or . for an empty cell
 *
 * The matrix is linked once; printed digits are covered before a search and uncovered after it.
 * Prints `key value` pairs on one line; rates per second of CPU. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CELLS   81
#define COLUMNS 324
#define ROWS    729
#define NODES   (1 + COLUMNS + 4 * ROWS)

struct node {
	uint16_t left, right, up, down, column; /* small: the whole matrix fits the first cache */
};

struct dlx {
	struct node nodes[NODES]; /* 0: the root; 1..COLUMNS: the columns' heads */
	uint16_t size[COLUMNS + 1];
	int first_of_row[ROWS];
	int found, limit;
};

static void
link_row(struct dlx *x, int row, int *next)
{
	int cell = row / 9, digit = row % 9, first = *next;
	int columns[4] = {1 + cell, 1 + 81 + cell / 9 * 9 + digit, 1 + 162 + cell % 9 * 9 + digit,
			  1 + 243 + (cell / 27 * 3 + cell % 9 / 3) * 9 + digit};
	for (int i = 0; i < 4; i++) {
		int at = (*next)++, head = columns[i];
		x->nodes[at] = (struct node){.left = (uint16_t)(first + (i + 3) % 4),
					     .right = (uint16_t)(first + (i + 1) % 4),
					     .up = x->nodes[head].up,
					     .down = (uint16_t)head,
					     .column = (uint16_t)head};
		x->nodes[x->nodes[head].up].down = (uint16_t)at;
		x->nodes[head].up = (uint16_t)at;
		x->size[head]++;
	}
	x->first_of_row[row] = first;
}

static void
link_all(struct dlx *x)
{
	int next = COLUMNS + 1;
	for (int i = 0; i <= COLUMNS; i++)
		x->nodes[i] = (struct node){.left = (uint16_t)((i + COLUMNS) % (COLUMNS + 1)),
					    .right = (uint16_t)((i + 1) % (COLUMNS + 1)),
					    .up = (uint16_t)i,
					    .down = (uint16_t)i,
					    .column = (uint16_t)i};
	memset(x->size, 0, sizeof(x->size));
	for (int row = 0; row < ROWS; row++)
		link_row(x, row, &next);
}

static void
cover(struct dlx *x, int column)
{
	struct node *n = x->nodes;
	n[n[column].right].left = n[column].left;
	n[n[column].left].right = n[column].right;
	for (int i = n[column].down; i != column; i = n[i].down)
		for (int j = n[i].right; j != i; j = n[j].right) {
			n[n[j].down].up = n[j].up;
			n[n[j].up].down = n[j].down;
			x->size[n[j].column]--;
		}
}

static void
uncover(struct dlx *x, int column)
{
	struct node *n = x->nodes;
	for (int i = n[column].up; i != column; i = n[i].up)
		for (int j = n[i].left; j != i; j = n[j].left) {
			x->size[n[j].column]++;
			n[n[j].down].up = (uint16_t)j;
			n[n[j].up].down = (uint16_t)j;
		}
	n[n[column].right].left = (uint16_t)column;
	n[n[column].left].right = (uint16_t)column;
}

static void
search(struct dlx *x)
{
	struct node *n = x->nodes;
	int best = n[0].right;
	if (best == 0) {
		x->found++;
		return;
	}
	for (int c = n[best].right; c != 0 && x->size[best] > 1; c = n[c].right)
		if (x->size[c] < x->size[best])
			best = c;
	if (x->size[best] == 0)
		return;
	cover(x, best);
	for (int i = n[best].down; i != best && x->found < x->limit; i = n[i].down) {
		for (int j = n[i].right; j != i; j = n[j].right)
			cover(x, n[j].column);
		search(x);
		for (int j = n[i].left; j != i; j = n[j].left)
			uncover(x, n[j].column);
	}
	uncover(x, best);
}

/* 0, 1 or 2 solutions. */
static int
count(struct dlx *x, const char *puzzle)
{
	int covered[4 * CELLS], depth = 0;
	char taken[COLUMNS + 1] = {0};
	int clash = 0;
	for (int cell = 0; cell < CELLS && !clash; cell++) {
		int at, first;
		if (puzzle[cell] < '1' || puzzle[cell] > '9')
			continue;
		first = x->first_of_row[cell * 9 + (puzzle[cell] - '1')];
		for (at = first; at < first + 4; at++) {
			int column = x->nodes[at].column;
			clash |= taken[column];
			if (taken[column]++)
				continue;
			cover(x, column);
			covered[depth++] = column;
		}
	}
	x->found = 0;
	x->limit = 2;
	if (!clash)
		search(x);
	while (depth > 0)
		uncover(x, covered[--depth]);
	return x->found;
}

static double
cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int
main(int argc, char **argv)
{
	static struct dlx x;
	char(*puzzles)[128] = malloc(sizeof(*puzzles) * 100000);
	int puzzles_count = 0, repeat = argc > 2 ? atoi(argv[2]) : 1, found[3] = {0};
	FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
	double from;
	if (file == NULL || puzzles == NULL) {
		fprintf(stderr, "bench_dlx FILE [REPEAT]: %s\n", strerror(errno));
		return 2;
	}
	while (puzzles_count < 100000 && fgets(puzzles[puzzles_count], 128, file))
		if (strcspn(puzzles[puzzles_count], "\r\n") == CELLS)
			puzzles_count++;
	fclose(file);
	link_all(&x);
	from = cpu_ns();
	for (int round = 0; round < repeat; round++)
		for (int i = 0; i < puzzles_count; i++)
			found[count(&x, puzzles[i])]++;
	from = cpu_ns() - from;
	printf("puzzles %d per_second %.0f mean_ns %.0f none %d unique %d many %d\n",
	       puzzles_count * repeat, puzzles_count * repeat / from * 1e9,
	       from / (puzzles_count * repeat), found[0], found[1], found[2]);
	free(puzzles);
	return 0;
}
