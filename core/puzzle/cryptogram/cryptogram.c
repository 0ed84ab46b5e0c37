/* Cryptograms: each letter of a story stands for another one. The kind's row. */
#include "core/puzzle/cryptogram/parts.h"
#include "core/puzzle/cryptogram/story/story.h"
#include "core/puzzle/kinds.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

#define HARD 2u
#define LONG 100u /* letters from which on a text has few other readings */

static const char *
params_read(struct hd_bytes text, struct hd_puzzle_params *params)
{
	struct hd_reader in = hd_reader_of(text);
	uint32_t letters;
	HD_ASSERT(params != NULL);
	if (!hd_text_take_size(&in, HD_CRYPTOGRAM_LETTERS_MIN, HD_CRYPTOGRAM_LETTERS_MAX,
			       &letters) ||
	    hd_reader_left(&in) > 0)
		return "not a number of letters that can be made; allowed: 60 to 400";
	*params = (struct hd_puzzle_params){.width = (uint16_t)letters};
	return NULL;
}

static void
params_write(const struct hd_puzzle_params *params, struct hd_writer *out)
{
	HD_ASSERT(params->width > 0 && params->width <= HD_CRYPTOGRAM_LETTERS_MAX);
	hd_text_put_number(out, params->width);
}

static const char *
params_deny(const struct hd_puzzle_params *params, uint8_t tier)
{
	HD_ASSERT(params->width >= HD_CRYPTOGRAM_LETTERS_MIN && tier <= HARD);
	return NULL;
}

static void
sizes(const struct hd_puzzle_params *params, struct hd_puzzle_sizes *to)
{
	HD_ASSERT(params->width <= HD_CRYPTOGRAM_LETTERS_MAX);
	*to = (struct hd_puzzle_sizes){.text = HD_CRYPTOGRAM_TEXT_MAX,
				       .solution = HD_CRYPTOGRAM_CIPHER_MAX,
				       .make = hd_cryptogram_make_size(),
				       .solve = hd_cryptogram_solve_size()};
}

static uint64_t
make_ns(const struct hd_puzzle_params *params, uint8_t tier)
{
	bool long_proof = tier == HARD && params->width < LONG;
	HD_ASSERT(params->width <= HD_CRYPTOGRAM_LETTERS_MAX && tier <= HARD);
	return long_proof ? 2000000 : 500000;
}

static const char *
check(struct hd_bytes text, struct hd_puzzle_params *params)
{
	struct hd_cryptogram_text read;
	const char *wrong = hd_cryptogram_read(text, &read);
	HD_ASSERT(params != NULL);
	if (wrong == NULL)
		*params = (struct hd_puzzle_params){.width = (uint16_t)read.letters};
	return wrong;
}

static uint32_t
answer_of(struct hd_bytes text, struct hd_bytes solution, uint8_t *answer)
{
	HD_ASSERT(text.size > solution.size && answer != NULL);
	return hd_story_answer(solution, answer);
}

static const char *const tiers[] = {"easy", "medium", "hard"};

const struct hd_puzzle_kind hd_puzzle_cryptogram = {
	.name = "cryptogram",
	.about = "a story in a secret alphabet; the answer is what follows its last THE",
	.rule = "Each letter stands for another one, the same throughout. The answer is what "
		"follows the last THE, without spaces.",
	.params_form = "a number of letters from 60 to 400",
	.defaults = "120",
	.tiers = tiers,
	.tiers_count = sizeof(tiers) / sizeof(*tiers),
	.levels = {0, 1, 2},
	.algorithm = 1,
	.around_answer = true,
	.params_read = params_read,
	.params_write = params_write,
	.params_deny = params_deny,
	.sizes = sizes,
	.make_ns = make_ns,
	.make_begin = hd_cryptogram_make_begin,
	.make_step = hd_cryptogram_make_step,
	.make_take = hd_cryptogram_make_take,
	.check = check,
	.solve_begin = hd_cryptogram_solve_begin,
	.solve_step = hd_cryptogram_solve_step,
	.solve_take = hd_cryptogram_solve_take,
	.verify = hd_cryptogram_verify,
	.answer_of = answer_of,
	.draw_text = hd_cryptogram_draw_text,
	.draw_svg = hd_cryptogram_draw_svg,
};
