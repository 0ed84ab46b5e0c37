/* Solving: the search, and what it found first in words. */
#include "core/puzzle/cryptogram/lexicon/lexicon.h"
#include "core/puzzle/cryptogram/parts.h"
#include "core/puzzle/cryptogram/search.h"
#include "core/puzzle/text.h"
#include "huntd/assert.h"

#define HINT_MAX 512u
#define TIERS    3u

struct solve {
	enum hd_puzzle_mode mode;
	struct hd_cryptogram_text text;
	uint8_t solution[HD_CRYPTOGRAM_CIPHER_MAX];
	uint8_t hint[HINT_MAX];
	struct hd_search search;
};

uint32_t
hd_cryptogram_solve_size(void)
{
	return sizeof(struct solve);
}

void
hd_cryptogram_solve_begin(void *work, struct hd_bytes text, enum hd_puzzle_mode mode)
{
	struct solve *solve = work;
	const char *wrong = hd_cryptogram_read(text, &solve->text);
	HD_ASSERT(wrong == NULL);
	solve->mode = mode;
	hd_search_begin(&solve->search, &solve->text,
			mode == HD_PUZZLE_COUNT ? HD_SEARCH_ALL : HD_SEARCH_FIT, HD_SEARCH_ALL,
			HD_SEARCH_TRIALS_MAX);
}

enum hd_puzzle_state
hd_cryptogram_solve_step(void *work, int64_t *fuel)
{
	struct solve *solve = work;
	HD_ASSERT(*fuel > 0);
	hd_search_step(&solve->search, fuel);
	return solve->search.done ? HD_PUZZLE_READY : HD_PUZZLE_PENDING;
}

static void
put_plain(struct hd_writer *out, const struct hd_search *search, struct hd_bytes cipher)
{
	HD_ASSERT(search->solutions_count == 1);
	for (uint32_t i = 0; i < cipher.size; i++)
		hd_write_u8(out, search->solutions[0][cipher.at[i] - 'A']);
}

/* Words of a text that is not ours may be what is not to be said. */
static bool
is_spoken(const struct hd_search *search, struct hd_bytes cipher)
{
	uint8_t plain[HD_CRYPTOGRAM_CIPHER_MAX];
	struct hd_writer out = hd_writer_of(plain, sizeof(plain));
	put_plain(&out, search, cipher);
	HD_ASSERT(!out.full && cipher.size > 0);
	return !hd_lexicon_unspoken(hd_bytes_of(plain, cipher.size));
}

/* Words that fit but are not the text's are not named: the lexicon has all sorts. */
static void
put_find(struct hd_writer *out, const struct hd_search *search)
{
	const struct hd_search_find *find = &search->find;
	struct hd_bytes cipher = search->words[find->word].cipher;
	uint8_t letter = (uint8_t)('A' + find->letter);
	HD_ASSERT(find->found && find->count > 0);
	if (find->phase != HD_SEARCH_FIT)
		hd_text_put(out, "With what the other words allow, ");
	hd_write_fixed(out, cipher.at, cipher.size);
	hd_text_put(out, " fits ");
	if (find->count == 1 && is_spoken(search, cipher)) {
		hd_text_put(out, "only ");
		put_plain(out, search, cipher);
	} else {
		hd_text_put_number(out, find->count);
		hd_text_put(out, find->count == 1 ? " word" : " words");
	}
	hd_text_put(out, ", so ");
	hd_write_u8(out, letter);
	hd_text_put(out, " is ");
	put_plain(out, search, hd_bytes_of(&letter, 1));
	hd_text_put(out, ".");
}

/* Where nothing follows by itself. */
static void
put_trial(struct hd_writer *out, const struct hd_search *search)
{
	const struct hd_search_level *root = &search->levels[0];
	struct hd_bytes cipher = search->words[root->trial].cipher;
	HD_ASSERT(search->trials > 0);
	hd_text_put(out, "Nothing follows by itself; ");
	hd_text_put_number(out, root->fits[root->trial]);
	hd_text_put(out, " words fit ");
	hd_write_fixed(out, cipher.at, cipher.size);
	hd_text_put(out, ": try ");
	if (is_spoken(search, cipher))
		put_plain(out, search, cipher);
	else
		hd_text_put(out, "each");
	hd_text_put(out, ".");
}

static void
put_hint(struct hd_writer *out, const struct hd_search *search)
{
	static const char *const unsolved[] = {
		[HD_PUZZLE_NONE] = "No words of the lexicon fit.",
		[HD_PUZZLE_MANY] = "More than one text fits.",
		[HD_PUZZLE_BUDGET] = "The search was given up.",
	};
	if (search->verdict != HD_PUZZLE_UNIQUE)
		hd_text_put(out, unsolved[search->verdict]);
	else if (search->find.found)
		put_find(out, search);
	else if (search->trials > 0)
		put_trial(out, search);
	else
		hd_text_put(out, "Every letter is known.");
}

void
hd_cryptogram_solve_take(void *work, struct hd_puzzle_solved *solved)
{
	struct solve *solve = work;
	const struct hd_search *search = &solve->search;
	struct hd_bytes cipher = solve->text.cipher;
	HD_ASSERT(search->done && cipher.size <= sizeof(solve->solution));
	solved->verdict = search->verdict;
	solved->rating = (struct hd_puzzle_rating){TIERS, search->steps, search->trials};
	if (search->verdict == HD_PUZZLE_UNIQUE && solve->mode != HD_PUZZLE_COUNT)
		solved->rating.tier = (uint8_t)search->phase;
	if (search->verdict == HD_PUZZLE_UNIQUE || search->verdict == HD_PUZZLE_MANY) {
		for (uint32_t i = 0; i < cipher.size; i++)
			solve->solution[i] = cipher.at[i] == ' '
						     ? ' '
						     : search->solutions[0][cipher.at[i] - 'A'];
		solved->solution = hd_bytes_of(solve->solution, cipher.size);
	}
	if (solve->mode == HD_PUZZLE_HINT) {
		struct hd_writer out = hd_writer_of(solve->hint, sizeof(solve->hint));
		put_hint(&out, search);
		HD_ASSERT(!out.full);
		solved->hint = hd_bytes_of(solve->hint, (size_t)(out.at - solve->hint));
	}
}
