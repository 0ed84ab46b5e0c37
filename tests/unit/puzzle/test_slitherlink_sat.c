/* A SAT solver as referee: how many solutions has a puzzle, none, one or more? Clues and dots are
 * clauses from the start; that there is one loop is learnt from models that have more. Made
 * puzzles, and the same with clues changed, struck out or added: hundreds, from one seed. */
#ifndef HUNT_CADICAL
#include <stdio.h>

int
main(void)
{
	puts("skipped: there was no libcadical-dev when this was built");
	return 0;
}
#else
#include "core/puzzle/kinds.h"
#include "tests/lib/lib.h"

#include <ccadical.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define KIND      (&hd_puzzle_slitherlink)
#define SIDE_MAX  10u
#define FACES_MAX (SIDE_MAX * SIDE_MAX)
#define EDGES_MAX (2 * SIDE_MAX * (SIDE_MAX + 1))
#define DOTS_MAX  ((SIDE_MAX + 1) * (SIDE_MAX + 1))
#define BLANK     '.'

/* Edges: the horizontal ones by rows from the top, then the vertical ones; variable: one more. */
struct puzzle {
	uint32_t width, height;
	char clues[FACES_MAX];
};

struct model {
	bool yes[EDGES_MAX];
};

static uint32_t
horizontal(const struct puzzle *p, uint32_t row, uint32_t column)
{
	return row * p->width + column;
}

static uint32_t
vertical(const struct puzzle *p, uint32_t row, uint32_t column)
{
	return p->width * (p->height + 1) + row * (p->width + 1) + column;
}

static uint32_t
edges_of(const struct puzzle *p)
{
	return p->width * (p->height + 1) + p->height * (p->width + 1);
}

static void
around_face(const struct puzzle *p, uint32_t row, uint32_t column, uint32_t edges[4])
{
	edges[0] = horizontal(p, row, column);
	edges[1] = horizontal(p, row + 1, column);
	edges[2] = vertical(p, row, column);
	edges[3] = vertical(p, row, column + 1);
}

static uint32_t
at_dot(const struct puzzle *p, uint32_t row, uint32_t column, uint32_t edges[4])
{
	uint32_t count = 0;
	if (column < p->width)
		edges[count++] = horizontal(p, row, column);
	if (column > 0)
		edges[count++] = horizontal(p, row, column - 1);
	if (row < p->height)
		edges[count++] = vertical(p, row, column);
	if (row > 0)
		edges[count++] = vertical(p, row - 1, column);
	return count;
}

/* Of these edges so many may be yes as `allowed` has bits set. */
static void
allow(CCaDiCaL *sat, const uint32_t *edges, uint32_t count, uint32_t allowed)
{
	for (uint32_t set = 0; set < 1u << count; set++) {
		if (allowed >> __builtin_popcount(set) & 1)
			continue;
		for (uint32_t i = 0; i < count; i++)
			ccadical_add(sat,
				     set >> i & 1 ? -(int)(edges[i] + 1) : (int)(edges[i] + 1));
		ccadical_add(sat, 0);
	}
}

static CCaDiCaL *
encode(const struct puzzle *p)
{
	CCaDiCaL *sat = ccadical_init();
	ccadical_set_option(sat, "quiet", 1);
	uint32_t edges[4];
	for (uint32_t row = 0; row < p->height; row++)
		for (uint32_t column = 0; column < p->width; column++) {
			char clue = p->clues[row * p->width + column];
			around_face(p, row, column, edges);
			if (clue != BLANK)
				allow(sat, edges, 4, 1u << (clue - '0'));
		}
	for (uint32_t row = 0; row <= p->height; row++)
		for (uint32_t column = 0; column <= p->width; column++)
			allow(sat, edges, at_dot(p, row, column, edges), 1u << 0 | 1u << 2);
	for (uint32_t edge = 0; edge < edges_of(p); edge++)
		ccadical_add(sat, (int)(edge + 1));
	ccadical_add(sat, 0);
	return sat;
}

/* The loop of `model` that has this edge. */
static void
loop_of(const struct puzzle *p, const struct model *model, uint32_t edge, struct model *loop)
{
	bool grew = true;
	*loop = (struct model){0};
	loop->yes[edge] = true;
	while (grew) {
		grew = false;
		for (uint32_t dot = 0; dot < (p->width + 1) * (p->height + 1); dot++) {
			uint32_t edges[4], count, reached = 0;
			count = at_dot(p, dot / (p->width + 1), dot % (p->width + 1), edges);
			for (uint32_t i = 0; i < count; i++)
				reached += loop->yes[edges[i]];
			for (uint32_t i = 0; reached > 0 && i < count; i++)
				if (model->yes[edges[i]] && !loop->yes[edges[i]])
					loop->yes[edges[i]] = grew = true;
		}
	}
}

static bool
fulfils(const struct puzzle *p, const struct model *model)
{
	for (uint32_t face = 0; face < p->width * p->height; face++) {
		uint32_t edges[4], count = 0;
		around_face(p, face / p->width, face % p->width, edges);
		for (uint32_t i = 0; i < 4; i++)
			count += model->yes[edges[i]];
		if (p->clues[face] != BLANK && p->clues[face] != (char)('0' + count))
			return false;
	}
	return true;
}

/* Says of a loop that it is not there whole; `other`: or else this edge is not. */
static void
forbid(CCaDiCaL *sat, const struct puzzle *p, const struct model *loop, int other)
{
	for (uint32_t edge = 0; edge < edges_of(p); edge++)
		if (loop->yes[edge])
			ccadical_add(sat, -(int)(edge + 1));
	if (other != 0)
		ccadical_add(sat, -other);
	ccadical_add(sat, 0);
}

/* The next solution, which is then forbidden. False: there is none. */
static bool
next_solution(CCaDiCaL *sat, const struct puzzle *p, struct model *found)
{
	while (ccadical_solve(sat) == 10) {
		struct model model, loop;
		uint32_t loops = 0;
		for (uint32_t edge = 0; edge < edges_of(p); edge++)
			model.yes[edge] = ccadical_val(sat, (int)(edge + 1)) > 0;
		struct model left = model;
		for (uint32_t edge = 0; edge < edges_of(p); edge++) {
			if (!left.yes[edge])
				continue;
			loop_of(p, &model, edge, &loop);
			bool alone = fulfils(p, &loop);
			loops++;
			for (uint32_t other = 0; other < edges_of(p); other++) {
				left.yes[other] &= !loop.yes[other];
				if (alone && !loop.yes[other])
					forbid(sat, p, &loop, (int)(other + 1));
			}
			if (!alone)
				forbid(sat, p, &loop, 0);
		}
		*found = model;
		if (loops == 1) {
			forbid(sat, p, &model, 0);
			return true;
		}
	}
	return false;
}

static enum hd_puzzle_verdict
referee(const struct puzzle *p, struct model *first)
{
	CCaDiCaL *sat = encode(p);
	struct model second;
	enum hd_puzzle_verdict verdict = HD_PUZZLE_NONE;
	if (next_solution(sat, p, first))
		verdict = next_solution(sat, p, &second) ? HD_PUZZLE_MANY : HD_PUZZLE_UNIQUE;
	ccadical_release(sat);
	return verdict;
}

/* The referee's solution says the same as ours of what is inside. */
static void
same_inside(const struct puzzle *p, const struct model *model, struct hd_bytes text,
	    struct hd_bytes solution)
{
	uint8_t digits[FACES_MAX];
	KIND->digits_of(text, solution, digits);
	for (uint32_t row = 0; row < p->height; row++) {
		bool inside = false;
		for (uint32_t column = 0; column < p->width; column++) {
			inside ^= model->yes[vertical(p, row, column)];
			assert_int_equal(digits[row * p->width + column], inside);
		}
	}
}

static struct hd_bytes
text_of(const struct puzzle *p, char *text)
{
	size_t at = 0;
	text[at++] = (char)('0' + p->width);
	memcpy(text + at, "x", 1);
	at++;
	text[at++] = (char)('0' + p->height);
	memcpy(text + at, "t0:", 3);
	at += 3;
	for (uint32_t face = 0; face < p->width * p->height; face++)
		text[at++] = p->clues[face] == BLANK ? 'a' : p->clues[face];
	return hd_bytes_of(text, at);
}

static void
compare(void *work, const struct puzzle *p, uint32_t verdicts[4])
{
	char room[FACES_MAX + 16];
	struct hd_bytes text = text_of(p, room);
	struct hd_puzzle_params params;
	struct hd_puzzle_solved ours;
	struct model model;
	assert_null(KIND->check(text, &params));
	struct hd_puzzle_job *job = hd_puzzle_solve(work, KIND, text, HD_PUZZLE_COUNT);
	while (hd_puzzle_step(job, 1000) == HD_PUZZLE_PENDING)
		;
	hd_puzzle_solved(job, &ours);
	enum hd_puzzle_verdict theirs = referee(p, &model);
	if (ours.verdict != theirs && ours.verdict != HD_PUZZLE_BUDGET)
		fail_msg("%.*s: we say %d, the referee %d", (int)text.size, (const char *)text.at,
			 (int)ours.verdict, (int)theirs);
	if (ours.verdict == HD_PUZZLE_UNIQUE || ours.verdict == HD_PUZZLE_MANY)
		assert_true(KIND->verify(text, ours.solution));
	if (ours.verdict == HD_PUZZLE_UNIQUE)
		same_inside(p, &model, text, ours.solution);
	verdicts[ours.verdict]++;
}

static void
make(void *work, struct puzzle *p, uint8_t tier, uint32_t seed)
{
	struct hd_puzzle_spec spec = {.kind = KIND, .tier = tier};
	uint8_t bytes[HD_PUZZLE_SEED] = {0};
	struct hd_puzzle_made made;
	uint32_t face = 0;
	spec.params = (struct hd_puzzle_params){(uint16_t)p->width, (uint16_t)p->height, 0};
	memcpy(bytes, &seed, sizeof(seed));
	struct hd_puzzle_job *job =
		hd_puzzle_make(work, &spec, bytes, 0, 1000, (struct hd_bytes){0});
	while (hd_puzzle_step(job, 1000) == HD_PUZZLE_PENDING)
		;
	hd_puzzle_made(job, &made);
	memset(p->clues, BLANK, sizeof(p->clues));
	for (const uint8_t *at = memchr(made.text.at, ':', made.text.size);
	     ++at < made.text.at + made.text.size;) {
		if (*at >= 'a')
			face += (uint32_t)(*at - 'a' + 1);
		else
			p->clues[face++] = (char)*at;
	}
	assert_int_equal(face, p->width * p->height);
}

/* Changes, strikes out or adds `count` clues. */
static void
damage(struct puzzle *p, uint64_t *random, uint32_t count)
{
	while (count > 0) {
		char *clue = &p->clues[hd_test_random(random) % (p->width * p->height)];
		uint64_t how = hd_test_random(random) % 8;
		if (*clue == BLANK ? how > 1 : how == 7)
			continue;
		*clue = how < 4 ? (char)('0' + how) : BLANK;
		count--;
	}
}

static void
the_referee_says_the_same_of_made_and_damaged_puzzles(void **state)
{
	void *work = aligned_alloc(64, HD_PUZZLE_WORK_MAX + 4096);
	uint64_t random = 2026;
	uint32_t verdicts[4] = {0};
	(void)state;
	assert_non_null(work);
	for (uint32_t seed = 0; seed < 150; seed++) {
		struct puzzle p = {.width = 5 + seed % 5, .height = 5 + seed / 5 % 5};
		make(work, &p, (uint8_t)(seed % 4), seed);
		compare(work, &p, verdicts);
		assert_int_equal(verdicts[HD_PUZZLE_UNIQUE] > 0, 1);
		for (uint32_t round = 0; round < 5; round++) {
			damage(&p, &random, 1 + round);
			compare(work, &p, verdicts);
		}
	}
	assert_true(verdicts[HD_PUZZLE_NONE] > 50 && verdicts[HD_PUZZLE_UNIQUE] > 150);
	assert_true(verdicts[HD_PUZZLE_MANY] > 50);
	assert_int_equal(verdicts[HD_PUZZLE_BUDGET], 0);
	print_message("none %u, unique %u, many %u\n", verdicts[0], verdicts[1], verdicts[2]);
	free(work);
}

/* Few clues, none of them from a loop. */
static void
the_referee_says_the_same_of_random_clues(void **state)
{
	void *work = aligned_alloc(64, HD_PUZZLE_WORK_MAX + 4096);
	uint64_t random = 7;
	uint32_t verdicts[4] = {0};
	(void)state;
	assert_non_null(work);
	for (uint32_t i = 0; i < 300; i++) {
		struct puzzle p = {.width = 5 + i % 3, .height = 5 + i / 3 % 3};
		memset(p.clues, BLANK, sizeof(p.clues));
		for (uint32_t face = 0; face < p.width * p.height; face++)
			if (hd_test_random(&random) % 10 < 1 + i % 5)
				p.clues[face] = (char)('0' + hd_test_random(&random) % 4);
		compare(work, &p, verdicts);
	}
	assert_true(verdicts[HD_PUZZLE_NONE] > 50 && verdicts[HD_PUZZLE_MANY] > 50);
	assert_in_range(verdicts[HD_PUZZLE_BUDGET], 0, 3);
	print_message("none %u, unique %u, many %u\n", verdicts[0], verdicts[1], verdicts[2]);
	free(work);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_referee_says_the_same_of_made_and_damaged_puzzles),
		cmocka_unit_test(the_referee_says_the_same_of_random_clues),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
