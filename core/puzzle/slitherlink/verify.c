/* The rules of the game, checked edge by edge; and what the solved cells say. */
#include "core/puzzle/slitherlink/slitherlink.h"
#include "huntd/assert.h"

static uint32_t
edges_of(const struct hd_puzzle_params *params)
{
	uint32_t width = params->width, height = params->height;
	return width * (height + 1) + height * (width + 1);
}

/* The loop as a graph: of every dot, the numbers of its yes edges' other dots. */
struct graph {
	uint8_t degree[(HD_SLITHER_MAX + 1) * (HD_SLITHER_MAX + 1)];
	uint16_t next[(HD_SLITHER_MAX + 1) * (HD_SLITHER_MAX + 1)][2];
	uint32_t lines, some; /* how many edges; a dot that has one */
};

/* False: three edges at a dot. */
static bool
graph_add(struct graph *graph, uint32_t a, uint32_t b)
{
	HD_ASSERT(a < b);
	if (graph->degree[a] == 2 || graph->degree[b] == 2)
		return false;
	graph->next[a][graph->degree[a]++] = (uint16_t)b;
	graph->next[b][graph->degree[b]++] = (uint16_t)a;
	graph->lines++;
	graph->some = a;
	return true;
}

/* Whether the edges of a face are as its clue wants them; adds those that no face before it had. */
static bool
add_face(struct graph *graph, const struct hd_puzzle_params *params, const uint8_t *yes,
	 uint32_t row, uint32_t column, uint8_t clue)
{
	uint32_t numbers[4], wide = params->width + 1u, dot = row * wide + column;
	hd_slither_numbers(params, row, column, numbers);
	uint32_t count = 0u + yes[numbers[0]] + yes[numbers[1]] + yes[numbers[2]] + yes[numbers[3]];
	if (clue != HD_SLITHER_BLANK && clue != count)
		return false;
	return (row > 0 || !yes[numbers[0]] || graph_add(graph, dot, dot + 1)) &&
	       (column > 0 || !yes[numbers[3]] || graph_add(graph, dot, dot + wide)) &&
	       (!yes[numbers[1]] || graph_add(graph, dot + 1, dot + 1 + wide)) &&
	       (!yes[numbers[2]] || graph_add(graph, dot + wide, dot + wide + 1));
}

/* Whether one walk comes by every edge and back. */
static bool
one_loop(const struct graph *graph)
{
	uint32_t at = graph->some, from = UINT32_MAX, walked = 0;
	if (graph->lines == 0)
		return false;
	do {
		if (graph->degree[at] != 2)
			return false;
		uint32_t to = graph->next[at][0] == from ? graph->next[at][1] : graph->next[at][0];
		from = at;
		at = to;
		walked++;
	} while (at != graph->some && walked <= graph->lines);
	return walked == graph->lines;
}

bool
hd_slither_verify(struct hd_bytes text, struct hd_bytes solution)
{
	uint8_t clues[HD_SLITHER_FACES], yes[HD_SLITHER_EDGES];
	struct hd_puzzle_params params = hd_slither_clues(text, clues);
	struct graph graph = {0};
	HD_ASSERT(edges_of(&params) <= HD_SLITHER_EDGES);
	if (!hd_slither_move_read(solution, yes, edges_of(&params)))
		return false;
	for (uint32_t row = 0; row < params.height; row++)
		for (uint32_t column = 0; column < params.width; column++)
			if (!add_face(&graph, &params, yes, row, column,
				      clues[row * params.width + column]))
				return false;
	return one_loop(&graph);
}

/* 1: inside the loop. Going right along a row, every yes edge is crossed. */
void
hd_slither_digits(struct hd_bytes text, struct hd_bytes solution, uint8_t *digits)
{
	uint8_t clues[HD_SLITHER_FACES], yes[HD_SLITHER_EDGES];
	struct hd_puzzle_params params = hd_slither_clues(text, clues);
	bool read = hd_slither_move_read(solution, yes, edges_of(&params));
	HD_ASSERT(read);
	for (uint32_t row = 0; row < params.height; row++) {
		uint8_t inside = 0;
		for (uint32_t column = 0; column < params.width; column++) {
			uint32_t numbers[4];
			hd_slither_numbers(&params, row, column, numbers);
			inside ^= yes[numbers[3]];
			digits[row * params.width + column] = inside;
		}
	}
}
