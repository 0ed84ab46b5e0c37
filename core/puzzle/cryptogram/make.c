/* Making: the answer's story, a key that encrypts it, and given letters one by one until the text
 * has one solution and is as hard as it should be. */
#include "core/puzzle/cryptogram/parts.h"
#include "core/puzzle/cryptogram/search.h"
#include "core/puzzle/cryptogram/story/story.h"
#include "huntd/assert.h"

#define ALPHABET HD_CRYPTOGRAM_ALPHABET

/* A text that needs more is thrown away: about half of its letters given is no riddle. */
#define GIVENS_MAX 12u
/* Of one search: a text that needs more gets another letter. */
#define TRIALS_MAX 2000u
/* What a story costs, about. */
#define STORY_FUEL 8

static_assert(TRIALS_MAX <= HD_SEARCH_TRIALS_MAX, "what is made can be proved by who solves it");

struct make {
	struct hd_puzzle_order order;
	bool told;
	uint32_t givens, size; /* of the story */
	struct hd_stream clues;
	struct hd_cryptogram_text text;
	uint8_t plain_of[ALPHABET]; /* A-Z, of each cipher letter */
	uint8_t story[HD_CRYPTOGRAM_CIPHER_MAX];
	uint8_t cipher[HD_CRYPTOGRAM_CIPHER_MAX];
	uint8_t written[HD_CRYPTOGRAM_TEXT_MAX];
	struct hd_search search;
};

uint32_t
hd_cryptogram_make_size(void)
{
	return sizeof(struct make);
}

void
hd_cryptogram_make_begin(void *work, const struct hd_puzzle_order *order)
{
	struct make *make = work;
	HD_ASSERT(order->answer.size >= HD_PHRASE_MIN && order->answer.size <= HD_PHRASE_MAX);
	make->order = *order;
	make->told = false;
	make->givens = 0;
	make->text = (struct hd_cryptogram_text){.letters = order->spec.params.width};
	hd_stream_init(&make->clues, order->seed, HD_STREAM_CLUES);
}

/* Each plain letter's cipher letter: another one, as is the custom. */
static void
draw_key(const uint8_t seed[HD_PUZZLE_SEED], uint16_t *key)
{
	struct hd_stream stream;
	bool fixed = true;
	hd_stream_init(&stream, seed, HD_STREAM_SOLUTION);
	while (fixed) {
		for (uint16_t i = 0; i < ALPHABET; i++)
			key[i] = i;
		hd_stream_shuffle(&stream, key, ALPHABET);
		fixed = false;
		for (uint32_t i = 0; i < ALPHABET; i++)
			fixed |= key[i] == i;
	}
}

static void
begin_search(struct make *make)
{
	hd_search_begin(&make->search, &make->text, HD_SEARCH_FIT,
			(enum hd_search_phase)make->order.spec.tier, TRIALS_MAX);
}

/* False: these sentences cannot be brought to the length. */
static bool
tell(struct make *make)
{
	struct hd_stream stream;
	uint16_t key[ALPHABET];
	hd_stream_init(&stream, make->order.seed, HD_STREAM_TEXT);
	make->size = hd_story_write(&stream, make->text.letters, make->order.answer, make->story);
	if (make->size == 0)
		return false;
	draw_key(make->order.seed, key);
	for (uint32_t i = 0; i < ALPHABET; i++)
		make->plain_of[key[i]] = (uint8_t)('A' + i);
	for (uint32_t i = 0; i < make->size; i++)
		make->cipher[i] =
			make->story[i] == ' ' ? ' ' : (uint8_t)('A' + key[make->story[i] - 'A']);
	make->text.cipher = hd_bytes_of(make->cipher, make->size);
	make->told = true;
	begin_search(make);
	return true;
}

/* The letters of which one should be given. */
static uint32_t
givable(const struct make *make)
{
	const struct hd_search *search = &make->search;
	uint32_t letters = 0;
	if (search->verdict != HD_PUZZLE_MANY)
		return hd_search_unknown(search);
	for (uint32_t i = 0; i < ALPHABET; i++)
		for (uint32_t k = 0; k < 2; k++)
			if ((search->present >> i & 1) &&
			    search->solutions[k][i] != make->plain_of[i])
				letters |= 1u << i;
	return letters;
}

/* Gives one more letter; false: it has enough already. */
static bool
give(struct make *make)
{
	uint32_t letters = givable(make);
	uint32_t skip = hd_stream_below(&make->clues, (uint32_t)__builtin_popcount(letters));
	HD_ASSERT(letters != 0);
	if (make->givens == GIVENS_MAX)
		return false;
	while (skip-- > 0)
		letters &= letters - 1;
	uint32_t letter = (uint32_t)__builtin_ctz(letters);
	HD_ASSERT(make->text.given[letter] == 0);
	make->text.given[letter] = make->plain_of[letter];
	make->givens++;
	begin_search(make);
	return true;
}

enum hd_puzzle_state
hd_cryptogram_make_step(void *work, int64_t *fuel)
{
	struct make *make = work;
	if (!make->told) {
		*fuel -= STORY_FUEL;
		if (!tell(make))
			return HD_PUZZLE_MISSED;
	}
	while (*fuel > 0) {
		hd_search_step(&make->search, fuel);
		if (!make->search.done)
			break;
		HD_ASSERT(make->search.verdict != HD_PUZZLE_NONE);
		if (make->search.verdict == HD_PUZZLE_UNIQUE)
			return make->search.phase == make->order.spec.tier ? HD_PUZZLE_READY
									   : HD_PUZZLE_MISSED;
		if (!give(make))
			return HD_PUZZLE_MISSED;
	}
	return HD_PUZZLE_PENDING;
}

void
hd_cryptogram_make_take(void *work, struct hd_puzzle_made *made)
{
	struct make *make = work;
	struct hd_writer out = hd_writer_of(make->written, sizeof(make->written));
	HD_ASSERT(make->search.done && make->search.verdict == HD_PUZZLE_UNIQUE);
	hd_cryptogram_write(&make->text, &out);
	HD_ASSERT(!out.full);
	made->text = hd_bytes_of(make->written, (size_t)(out.at - make->written));
	made->solution = hd_bytes_of(make->story, make->size);
	made->rating = (struct hd_puzzle_rating){.tier = (uint8_t)make->search.phase,
						 .steps = make->search.steps,
						 .nodes = make->search.trials};
}
