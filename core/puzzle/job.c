/* Jobs: a kind's making, try after try, or its solving, in the caller's memory. */
#include "core/puzzle/seed.h"
#include "huntd/assert.h"

#define ALIGN 64u

struct hd_puzzle_job {
	const struct hd_puzzle_kind *kind;
	bool makes;
	enum hd_puzzle_state state;
	uint32_t try, tries_left;
	uint8_t seed[HD_PUZZLE_SEED]; /* of the instance; the order has the try's */
	struct hd_puzzle_order order;
	uint8_t answer[HD_PHRASE_MAX];
	_Alignas(ALIGN) uint8_t work[];
};

static size_t
size_of(uint32_t work)
{
	HD_ASSERT(work > 0 && work <= HD_PUZZLE_WORK_MAX);
	return (sizeof(struct hd_puzzle_job) + work + ALIGN - 1) / ALIGN * ALIGN;
}

size_t
hd_puzzle_make_size(const struct hd_puzzle_spec *spec)
{
	struct hd_puzzle_sizes sizes;
	spec->kind->sizes(&spec->params, &sizes);
	HD_ASSERT(sizes.text <= HD_PUZZLE_TEXT_MAX && sizes.solution <= HD_PUZZLE_SOLUTION_MAX);
	return size_of(sizes.make);
}

size_t
hd_puzzle_solve_size(const struct hd_puzzle_kind *kind, const struct hd_puzzle_params *params)
{
	struct hd_puzzle_sizes sizes;
	HD_ASSERT(kind != NULL && params != NULL);
	kind->sizes(params, &sizes);
	return size_of(sizes.solve);
}

static void
try_begin(struct hd_puzzle_job *job)
{
	HD_ASSERT(job->makes && job->tries_left > 0);
	hd_puzzle_try_seed(job->seed, job->try, job->order.seed);
	job->kind->make_begin(job->work, &job->order);
}

struct hd_puzzle_job *
hd_puzzle_make(void *memory, const struct hd_puzzle_spec *spec, const uint8_t seed[HD_PUZZLE_SEED],
	       uint32_t first_try, uint32_t tries, struct hd_bytes answer)
{
	struct hd_puzzle_job *job = memory;
	HD_ASSERT((uintptr_t)memory % ALIGN == 0 && tries > 0);
	HD_ASSERT(spec->tier < spec->kind->tiers_count && answer.size <= HD_PHRASE_MAX);
	HD_ASSERT((answer.size >= HD_PHRASE_MIN) == spec->kind->around_answer);
	job->kind = spec->kind;
	job->makes = true;
	job->state = HD_PUZZLE_PENDING;
	job->try = first_try;
	job->tries_left = tries;
	memcpy(job->seed, seed, HD_PUZZLE_SEED);
	if (answer.size > 0)
		memcpy(job->answer, answer.at, answer.size);
	job->order = (struct hd_puzzle_order){.spec = *spec};
	job->order.answer = hd_bytes_of(job->answer, answer.size);
	try_begin(job);
	return job;
}

struct hd_puzzle_job *
hd_puzzle_solve(void *memory, const struct hd_puzzle_kind *kind, struct hd_bytes text,
		enum hd_puzzle_mode mode)
{
	struct hd_puzzle_job *job = memory;
	HD_ASSERT((uintptr_t)memory % ALIGN == 0 && text.size <= HD_PUZZLE_TEXT_MAX);
	job->kind = kind;
	job->makes = false;
	job->state = HD_PUZZLE_PENDING;
	kind->solve_begin(job->work, text, mode);
	return job;
}

static enum hd_puzzle_state
make_step(struct hd_puzzle_job *job, int64_t *fuel)
{
	HD_ASSERT(job->makes);
	for (;;) {
		enum hd_puzzle_state state = job->kind->make_step(job->work, fuel);
		if (state != HD_PUZZLE_MISSED)
			return state;
		if (--job->tries_left == 0)
			return HD_PUZZLE_MISSED;
		job->try++;
		try_begin(job);
		if (*fuel <= 0)
			return HD_PUZZLE_PENDING;
	}
}

enum hd_puzzle_state
hd_puzzle_step(struct hd_puzzle_job *job, int64_t fuel)
{
	HD_ASSERT(job->state == HD_PUZZLE_PENDING && fuel > 0);
	if (job->makes)
		job->state = make_step(job, &fuel);
	else
		job->state = job->kind->solve_step(job->work, &fuel);
	HD_ASSERT(job->makes || job->state != HD_PUZZLE_MISSED);
	return job->state;
}

void
hd_puzzle_made(struct hd_puzzle_job *job, struct hd_puzzle_made *made)
{
	HD_ASSERT(job->makes && job->state == HD_PUZZLE_READY);
	*made = (struct hd_puzzle_made){0};
	job->kind->make_take(job->work, made);
	made->try = job->try;
	HD_ASSERT(made->rating.tier == job->order.spec.tier);
}

void
hd_puzzle_solved(struct hd_puzzle_job *job, struct hd_puzzle_solved *solved)
{
	HD_ASSERT(!job->makes && job->state == HD_PUZZLE_READY);
	*solved = (struct hd_puzzle_solved){0};
	job->kind->solve_take(job->work, solved);
	HD_ASSERT(solved->verdict <= HD_PUZZLE_BUDGET);
}
