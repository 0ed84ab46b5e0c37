/* deal: puzzles as a hunt deals them, for practice and for trying a kind. The seed's text stands
 * for the server's secret and the hunt's; without one, it is random. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/puzzle/draw.h"
#include "huntd/assert.h"
#include "huntd/core.h"
#include "net/ctl/puzzle/tool.h"

#define COUNT_MAX INT64_C(1000000000)

struct deal {
	struct hd_ctl *ctl;
	struct hd_puzzle_spec spec;
	uint8_t secret[32];
	struct hd_phrases phrases;
	uint8_t given[HD_PHRASE_MAX]; /* --phrase */
	uint32_t given_size;
	struct hd_tool_job job;
	uint8_t answer[HD_PHRASE_MAX];
	uint32_t answer_size;
	uint8_t digits[HD_PUZZLE_CELLS_MAX];
	struct hd_puzzle_overlay overlay;
	uint8_t json[HD_PUZZLE_JSON_MAX];
};

static bool
read_phrase(struct deal *deal)
{
	const char *text = deal->ctl->text[HD_CTL_OPT_phrase];
	uint8_t normal[HD_NORMAL_MAX];
	if (!text)
		return true;
	uint32_t size = hd_normalise(HD_PROFILE_ASCII, hd_bytes_str(text), normal);
	bool good = size >= HD_PHRASE_MIN && size <= HD_PHRASE_MAX;
	for (uint32_t i = 0; good && i < size; i++)
		good = normal[i] >= 'A' && normal[i] <= 'Z';
	if (!good) {
		hd_ctl_fail("--phrase must be %u to %u letters A-Z; got `%s`", HD_PHRASE_MIN,
			    HD_PHRASE_MAX, text);
		return false;
	}
	memcpy(deal->given, normal, size);
	deal->given_size = size;
	return true;
}

static void
read_seed(struct deal *deal)
{
	const char *seed = deal->ctl->text[HD_CTL_OPT_seed];
	if (seed)
		crypto_generichash(deal->secret, sizeof deal->secret, (const uint8_t *)seed,
				   strlen(seed), NULL, 0);
	else
		randombytes_buf(deal->secret, sizeof deal->secret);
}

static void
choose_answer(struct deal *deal, uint64_t d)
{
	if (deal->given_size > 0) {
		memcpy(deal->answer, deal->given, deal->given_size);
		deal->answer_size = deal->given_size;
		return;
	}
	uint32_t index = hd_puzzle_phrase_of(deal->secret, 0, deal->phrases.count, d);
	deal->answer_size = hd_phrases_at(&deal->phrases, index, deal->answer);
}

static void
print_json(struct deal *deal, const struct hd_puzzle_made *made)
{
	const struct hd_puzzle_kind *kind = deal->spec.kind;
	struct hd_writer out = hd_writer_of(deal->json, sizeof deal->json);
	hd_puzzle_json(&deal->spec, made->text, kind->around_answer ? NULL : &deal->overlay, &out);
	HD_ASSERT(!out.full);
	json_t *fact = json_loadb((const char *)deal->json, (size_t)(out.at - deal->json), 0, NULL);
	HD_ASSERT(fact);
	json_object_set_new(fact, "answer",
			    hd_tool_string(hd_bytes_of(deal->answer, deal->answer_size)));
	json_object_set_new(fact, "solution", hd_tool_string(made->solution));
	json_object_set_new(fact, "steps", json_integer(made->rating.steps));
	json_object_set_new(fact, "nodes", json_integer(made->rating.nodes));
	hd_tool_line(fact);
}

/* False: Ctrl-C. */
static bool
deal_one(struct deal *deal, uint64_t d)
{
	const struct hd_puzzle_kind *kind = deal->spec.kind;
	uint8_t deal_seed[HD_PUZZLE_SEED], seed[HD_PUZZLE_SEED];
	struct hd_bytes answer = {0};
	struct hd_puzzle_made made;
	choose_answer(deal, d);
	hd_puzzle_deal_seed(deal->secret, 0, &deal->spec, d, deal_seed);
	memcpy(seed, deal_seed, sizeof seed);
	if (kind->around_answer)
		answer = hd_bytes_of(deal->answer, deal->answer_size);
	else
		hd_puzzle_base_seed(deal->secret, &deal->spec, d + 1, seed);
	if (!hd_tool_make(&deal->job, &deal->spec, seed, answer, &made))
		return false;
	if (!deal->ctl->json) {
		fwrite(made.text.at, 1, made.text.size, stdout);
		putchar('\n');
		return true;
	}
	if (!kind->around_answer) {
		kind->digits_of(made.text, made.solution, deal->digits);
		hd_puzzle_overlay_make(&deal->spec, deal_seed,
				       hd_bytes_of(deal->answer, deal->answer_size), deal->digits,
				       &deal->overlay);
	}
	print_json(deal, &made);
	return true;
}

int
hd_tool_deal(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file)
{
	(void)work;
	(void)file;
	struct deal *deal = calloc(1, sizeof *deal);
	struct hd_tool_progress progress;
	int64_t count = ctl->text[HD_CTL_OPT_count] ? ctl->number[HD_CTL_OPT_count] : 1;
	int code = HD_EXIT_USAGE;
	HD_ASSERT(deal && sodium_init() >= 0);
	deal->ctl = ctl;
	deal->spec.kind = hd_tool_kind(ctl);
	bool there = hd_phrases_builtin(HD_PHRASES_VERSION, &deal->phrases);
	HD_ASSERT(there);
	if (deal->spec.kind && hd_tool_spec(ctl, &deal->spec) && read_phrase(deal)) {
		read_seed(deal);
		hd_tool_progress_begin(&progress);
		bool going = true;
		for (int64_t d = 0; d < count && going && !ferror(stdout); d++) {
			going = deal_one(deal, (uint64_t)d);
			hd_tool_progress_one(&progress, (uint64_t)d + 1, (uint64_t)count);
		}
		hd_tool_progress_end(&progress);
		code = !going ? HD_TOOL_INTERRUPTED : ferror(stdout) ? HD_EXIT_FAILED : HD_EXIT_OK;
	}
	hd_tool_job_free(&deal->job);
	free(deal);
	return code;
}
