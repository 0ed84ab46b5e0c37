/* audit_puzzles - deals instances of every kind as the server does, and lets the referee count.
 *
 *   audit_puzzles [--count N] [--seed S] [--kind KIND]
 *
 * An instance is refuted where the referee finds no solution or two, or another one than the
 * engine's, where the engine's own solver or verifier disagrees, or where the answer cannot be read
 * from the solution. N instances over all kinds and tiers (default 1,000), more of the quick ones.
 * Prints a row a kind, and each refuted instance with what makes it again. Exit 1: one was refuted,
 * or the referee gave up on more than one in a hundred. */
#include "huntd/assert.h"
#include "huntd/puzzle.h"
#include "tests/referee/referee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FUEL  1000000
#define NODES 200000 /* of the referee */
#define TRIES 100000

/* What is audited, in shares of WHOLE: the slower to make or to count, the smaller. The tiers below
 * `tiers` take turns (0: all of them); nonogram's search, a fifth of a second each, has small
 * shares of its own. */
static const struct course {
	const char *kind, *params;
	uint32_t share, tiers;
} courses[] = {
	{"sudoku", "3x3", 900, 0},        {"sudoku", "3x3x", 100, 0},
	{"sudoku", "9j", 200, 0},         {"nonogram", "10x10", 1400, 2},
	{"nonogram", "15x15", 990, 2},    {"nonogram", "15x15", 6, 0},
	{"nonogram", "20x20", 100, 2},    {"nonogram", "20x20", 4, 0},
	{"slitherlink", "7x7t0", 300, 0}, {"slitherlink", "10x10t0", 100, 0},
	{"cryptogram", "120", 200, 0},    {"wordsearch", "15x15", 2700, 0},
	{"lightsout", "5x5c", 2000, 0},   {"lightsout", "7x7c", 1000, 0},
};
#define WHOLE   10000u
#define COURSES (sizeof(courses) / sizeof(courses[0]))

struct tally {
	uint64_t dealt, refuted, unsure;
	double seconds;
};

struct audit {
	uint8_t secret[32];
	void *work;
	struct hd_phrases phrases;
	char *text, *solution, *second;
	uint8_t digits[HD_PUZZLE_CELLS_MAX], answer[HD_PHRASE_MAX];
	uint32_t answer_size;
};

static const char *
keep(const struct hd_bytes bytes, char *to, uint32_t max)
{
	HD_ASSERT(bytes.size < max);
	memcpy(to, bytes.at, bytes.size);
	to[bytes.size] = '\0';
	return to;
}

/* Deal d of a challenge: NULL, or why it is refuted. */
static const char *
make(struct audit *audit, const struct hd_puzzle_spec *spec, uint64_t d)
{
	const struct hd_puzzle_kind *kind = spec->kind;
	uint8_t seed[HD_PUZZLE_SEED], *phrase = audit->answer;
	uint32_t index = hd_puzzle_phrase_of(audit->secret, 1, audit->phrases.count, d);
	struct hd_bytes answer = {0};
	struct hd_puzzle_made made;
	audit->answer_size = hd_phrases_at(&audit->phrases, index, phrase);
	if (kind->around_answer) {
		answer = hd_bytes_of(phrase, audit->answer_size);
		hd_puzzle_deal_seed(audit->secret, 1, spec, d, seed);
	} else {
		hd_puzzle_base_seed(audit->secret, spec, d, seed);
	}
	HD_ASSERT(hd_puzzle_make_size(spec) <= HD_PUZZLE_WORK_MAX + 4096);
	struct hd_puzzle_job *job = hd_puzzle_make(audit->work, spec, seed, 0, TRIES, answer);
	enum hd_puzzle_state state;
	while ((state = hd_puzzle_step(job, FUEL)) == HD_PUZZLE_PENDING)
		;
	if (state == HD_PUZZLE_MISSED)
		return "none was made";
	hd_puzzle_made(job, &made);
	keep(made.text, audit->text, HD_PUZZLE_TEXT_MAX + 1);
	keep(made.solution, audit->solution, HD_PUZZLE_SOLUTION_MAX + 1);
	return NULL;
}

static const char *
solve(struct audit *audit, const struct hd_puzzle_spec *spec)
{
	struct hd_bytes text = hd_bytes_str(audit->text);
	struct hd_puzzle_params params;
	struct hd_puzzle_solved solved;
	if (spec->kind->check(text, &params) != NULL)
		return "the engine does not take its own text";
	if (!spec->kind->verify(text, hd_bytes_str(audit->solution)))
		return "its verifier refuses its solution";
	struct hd_puzzle_job *job = hd_puzzle_solve(audit->work, spec->kind, text, HD_PUZZLE_GRADE);
	while (hd_puzzle_step(job, FUEL) == HD_PUZZLE_PENDING)
		;
	hd_puzzle_solved(job, &solved);
	if (solved.verdict != HD_PUZZLE_UNIQUE)
		return "its solver does not call it unique";
	if (!hd_bytes_equal(solved.solution, hd_bytes_str(audit->solution)))
		return "its solver has another solution";
	if (solved.rating.tier != spec->tier)
		return "its grader calls it another tier";
	return NULL;
}

static const char *
read_answer(struct audit *audit, const struct hd_puzzle_spec *spec, uint64_t d)
{
	struct hd_bytes text = hd_bytes_str(audit->text), solution = hd_bytes_str(audit->solution);
	uint8_t seed[HD_PUZZLE_SEED], got[HD_PHRASE_MAX];
	uint32_t size;
	if (spec->kind->around_answer) {
		size = spec->kind->answer_of(text, solution, got);
	} else {
		struct hd_puzzle_overlay overlay;
		struct hd_bytes answer = hd_bytes_of(audit->answer, audit->answer_size);
		spec->kind->digits_of(text, solution, audit->digits);
		hd_puzzle_deal_seed(audit->secret, 1, spec, d, seed);
		hd_puzzle_overlay_make(spec, seed, answer, audit->digits, &overlay);
		size = hd_puzzle_overlay_read(spec->kind, &spec->params, &overlay, audit->digits,
					      got);
	}
	bool same = size == audit->answer_size && memcmp(got, audit->answer, size) == 0;
	return same ? NULL : "the answer cannot be read from the solution";
}

static const char *
referee(struct audit *audit, const struct hd_puzzle_spec *spec, struct tally *tally)
{
	switch (referee_count(spec->kind->name, audit->text, NODES, audit->second)) {
	case 0:
		return "the referee finds no solution";
	case 1:
		return strcmp(audit->second, audit->solution) == 0
			       ? NULL
			       : "the referee has another solution";
	case 2:
		return "the referee finds two solutions";
	case REFEREE_GAVE_UP:
		tally->unsure++;
		return NULL;
	default:
		return "the referee cannot read it";
	}
}

static void
audit_one(struct audit *audit, const struct hd_puzzle_spec *spec, uint64_t d, struct tally *tally)
{
	const char *why = make(audit, spec, d);
	if (why == NULL)
		why = solve(audit, spec);
	if (why == NULL)
		why = read_answer(audit, spec, d);
	if (why == NULL)
		why = referee(audit, spec, tally);
	tally->dealt++;
	if (why == NULL)
		return;
	tally->refuted++;
	printf("REFUTED %s tier %s, %llu: %s\n  %s\n", spec->kind->name,
	       spec->kind->tiers[spec->tier], (unsigned long long)d, why, audit->text);
}

static struct tally
audit_course(struct audit *audit, const struct course *course, uint64_t count)
{
	struct hd_puzzle_spec spec = {.kind = hd_puzzle_kind(hd_bytes_str(course->kind))};
	struct tally tally = {0};
	clock_t from = clock();
	HD_ASSERT(spec.kind != NULL);
	if (spec.kind->params_read(hd_bytes_str(course->params), &spec.params) != NULL)
		exit(2);
	uint32_t tiers = course->tiers ? course->tiers : spec.kind->tiers_count;
	for (uint64_t d = 0; tally.dealt < count; d++) {
		spec.tier = (uint8_t)(d % tiers);
		if (spec.kind->params_deny(&spec.params, spec.tier) == NULL)
			audit_one(audit, &spec, d, &tally);
	}
	tally.seconds = (double)(clock() - from) / CLOCKS_PER_SEC;
	printf("%-12s %-8s %8llu dealt %4llu refuted %4llu unsure %8.1f s\n", course->kind,
	       course->params, (unsigned long long)tally.dealt, (unsigned long long)tally.refuted,
	       (unsigned long long)tally.unsure, tally.seconds);
	fflush(stdout);
	return tally;
}

int
main(int argc, char **argv)
{
	uint64_t count = 1000, seed = 1, dealt = 0, refuted = 0, unsure = 0;
	const char *only = NULL;
	struct audit audit = {0};
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--count") == 0)
			count = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--kind") == 0)
			only = argv[i + 1];
	}
	memcpy(audit.secret, &seed, sizeof(seed));
	audit.work = aligned_alloc(64, HD_PUZZLE_WORK_MAX + 4096);
	audit.text = malloc(HD_PUZZLE_TEXT_MAX + 1);
	audit.solution = malloc(HD_PUZZLE_SOLUTION_MAX + 1);
	audit.second = malloc(REFEREE_SOLUTION_MAX);
	if (!hd_phrases_builtin(HD_PHRASES_VERSION, &audit.phrases))
		return 2;
	for (uint32_t i = 0; i < COURSES; i++) {
		if (only != NULL && strcmp(only, courses[i].kind) != 0)
			continue;
		uint64_t share = (count * courses[i].share + WHOLE - 1) / WHOLE;
		struct tally tally = audit_course(&audit, &courses[i], share);
		dealt += tally.dealt;
		refuted += tally.refuted;
		unsure += tally.unsure;
	}
	printf("seed %llu: %llu dealt, %llu refuted, %llu that the referee gave up on\n",
	       (unsigned long long)seed, (unsigned long long)dealt, (unsigned long long)refuted,
	       (unsigned long long)unsure);
	free(audit.work);
	free(audit.text);
	free(audit.solution);
	free(audit.second);
	return refuted > 0 || unsure * 100 > dealt || dealt == 0;
}
