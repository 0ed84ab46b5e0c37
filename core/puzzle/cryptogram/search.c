#include "core/puzzle/cryptogram/search.h"

#include "huntd/assert.h"

#define ALPHABET HD_CRYPTOGRAM_ALPHABET

/* Which words are thought about: so many unknown letters, so many words that fit, at most. */
static const struct {
	uint32_t unknown, fitting;
} sights[] = {{3, 1}, {4, 8}, {ALPHABET, UINT32_MAX}};

/* Bytes of a list that a unit of fuel looks through, beside what each look costs. */
#define FUEL_BYTES 8192u
/* A list is made shorter where less than half of it fits, unless it is short already. */
#define SHORT_LIST 16u

static void
set_add(struct hd_search_set *set, uint32_t word)
{
	set->bits[word / 64] |= (uint64_t)1 << word % 64;
}

static bool
is_known(uint32_t domain)
{
	return (domain & (domain - 1)) == 0;
}

/* Names a cipher word's shape and its different letters. */
static void
word_init(struct hd_search_word *word, struct hd_bytes cipher)
{
	char shape[HD_LEXICON_LENGTH_MAX + 1], name[ALPHABET] = {0};
	*word = (struct hd_search_word){.cipher = cipher};
	if (cipher.size > HD_LEXICON_LENGTH_MAX)
		return;
	for (uint32_t i = 0; i < cipher.size; i++) {
		uint8_t letter = (uint8_t)(cipher.at[i] - 'A');
		if (name[letter] == 0) {
			if (word->distinct == HD_LEXICON_DISTINCT_MAX)
				return;
			word->letters[word->distinct] = letter;
			name[letter] = (char)('A' + word->distinct++);
		}
		shape[i] = name[letter];
	}
	word->group = hd_lexicon_find(shape, cipher.size);
}

static void
add_word(struct hd_search *search, struct hd_bytes cipher)
{
	uint32_t at = search->words_count;
	for (uint32_t i = 0; i < at; i++)
		if (hd_bytes_equal(search->words[i].cipher, cipher))
			return;
	HD_ASSERT(at < HD_SEARCH_WORDS_MAX);
	word_init(&search->words[at], cipher);
	search->words_count++;
	for (uint32_t i = 0; i < cipher.size; i++) {
		set_add(&search->words_of[cipher.at[i] - 'A'], at);
		search->present |= 1u << (cipher.at[i] - 'A');
	}
}

static void
finish(struct hd_search *search, enum hd_puzzle_verdict verdict)
{
	HD_ASSERT(!search->done);
	search->done = true;
	search->verdict = verdict;
}

static void
all_stale(struct hd_search *search)
{
	for (uint32_t i = 0; i < search->words_count; i++)
		set_add(&search->levels[0].stale, i);
}

/* Leaves a letter what is in `letters`. */
static bool
narrow(struct hd_search *search, struct hd_search_level *level, uint32_t letter, uint32_t letters)
{
	uint32_t left = level->domains[letter] & letters;
	if (left == level->domains[letter])
		return true;
	level->domains[letter] = left;
	if (is_known(left))
		level->single |= 1u << letter;
	for (uint32_t i = 0; i < sizeof(level->stale.bits) / sizeof(*level->stale.bits); i++)
		level->stale.bits[i] |= search->words_of[letter].bits[i];
	return left != 0;
}

/* What a letter is known to stand for is no other's. */
static bool
spread(struct hd_search *search, struct hd_search_level *level)
{
	while (level->single != 0) {
		uint32_t letter = (uint32_t)__builtin_ctz(level->single);
		uint32_t plain = level->domains[letter];
		level->single &= level->single - 1;
		for (uint32_t left = search->present & ~(1u << letter); left; left &= left - 1)
			if (!narrow(search, level, (uint32_t)__builtin_ctz(left), ~plain))
				return false;
	}
	return true;
}

/* The domains that the givens leave; false: two letters are given the same. */
static bool
root_init(struct hd_search *search, const struct hd_cryptogram_text *text)
{
	struct hd_search_level *root = &search->levels[0];
	uint32_t used = 0;
	root->single = root->kept = 0;
	memset(&root->stale, 0, sizeof(root->stale));
	for (uint32_t i = 0; i < ALPHABET; i++) {
		uint32_t plain = text->given[i] ? 1u << (text->given[i] - 'A') : 0;
		if ((used & plain) != 0)
			return false;
		used |= plain;
	}
	for (uint32_t i = 0; i < ALPHABET; i++)
		root->domains[i] =
			text->given[i] ? 1u << (text->given[i] - 'A') : HD_FIT_ALL & ~used;
	for (uint32_t i = 0; i < search->words_count; i++) {
		const struct hd_lexicon_group *group = search->words[i].group;
		if (group == NULL)
			return false;
		root->fits[i] = group->count;
		root->lists[i] = (struct hd_fit_list){hd_lexicon_columns(group), group->count};
	}
	all_stale(search);
	return true;
}

void
hd_search_begin(struct hd_search *search, const struct hd_cryptogram_text *text,
		enum hd_search_phase first, enum hd_search_phase last, uint32_t trials_max)
{
	struct hd_bytes word;
	uint32_t at = 0;
	HD_ASSERT(text->letters > 0 && text->letters <= HD_CRYPTOGRAM_LETTERS_MAX);
	HD_ASSERT(first <= last);
	search->words_count = search->present = search->depth = 0;
	search->phase = first;
	search->last = last;
	search->done = search->trying = false;
	search->steps = search->trials = search->solutions_count = 0;
	search->trials_max = trials_max;
	search->find = (struct hd_search_find){0};
	memset(search->words_of, 0, sizeof(search->words_of));
	while (hd_cryptogram_word(text->cipher, &at, &word))
		add_word(search, word);
	if (!root_init(search, text))
		finish(search, HD_PUZZLE_NONE);
}

/* The stale word with the fewest that fit, taken out of the set; false: none is stale. */
static bool
take_stale(struct hd_search *search, struct hd_search_level *level, uint32_t *word)
{
	uint32_t least = UINT32_MAX;
	HD_ASSERT(search->words_count > 0);
	*word = 0;
	for (uint32_t b = 0; b <= (search->words_count - 1) / 64; b++)
		for (uint64_t left = level->stale.bits[b]; left != 0; left &= left - 1) {
			uint32_t i = b * 64 + (uint32_t)__builtin_ctzll(left);
			if (level->fits[i] < least) {
				least = level->fits[i];
				*word = i;
			}
		}
	if (least == UINT32_MAX)
		return false;
	level->stale.bits[*word / 64] &= ~((uint64_t)1 << *word % 64);
	return true;
}

/* Makes the list of a word the words that fit, where that is worth it and there is room. */
static void
keep(struct hd_search *search, struct hd_search_level *level, uint32_t word)
{
	struct hd_fit_list *list = &level->lists[word];
	uint32_t bytes = search->fit.count * search->words[word].distinct;
	if (list->count <= SHORT_LIST || search->fit.count > list->count / 2 ||
	    bytes > HD_SEARCH_KEPT_BYTES - level->kept)
		return;
	hd_fit_keep(list, search->words[word].distinct, &search->fit, search->kept + level->kept);
	*list = (struct hd_fit_list){search->kept + level->kept, search->fit.count};
	level->kept += bytes;
}

static uint32_t
unknown_of(const struct hd_search *search, const struct hd_search_level *level)
{
	uint32_t unknown = 0;
	for (uint32_t left = search->present; left != 0; left &= left - 1) {
		uint32_t letter = (uint32_t)__builtin_ctz(left);
		if (!is_known(level->domains[letter]))
			unknown |= 1u << letter;
	}
	return unknown;
}

static uint8_t
plain_of(uint32_t domain)
{
	HD_ASSERT(domain != 0 && is_known(domain));
	return (uint8_t)('A' + __builtin_ctz(domain));
}

/* Remembers what made the first letters of the whole text known. */
static void
note(struct hd_search *search, uint32_t word, uint32_t unknown_before)
{
	uint32_t fresh = unknown_before & ~unknown_of(search, &search->levels[0]);
	HD_ASSERT(!search->find.found && search->depth == 0);
	if (fresh == 0)
		return;
	search->find = (struct hd_search_find){.found = true,
					       .phase = search->phase,
					       .word = (uint16_t)word,
					       .letter = (uint8_t)__builtin_ctz(fresh),
					       .count = search->fit.count};
}

/* Leaves the letters of a word what its fitting words have; false: one is left nothing. */
static bool
think(struct hd_search *search, struct hd_search_level *level, uint32_t number,
      const uint32_t *domains)
{
	const struct hd_search_word *word = &search->words[number];
	bool noting = search->depth == 0 && !search->find.found;
	uint32_t changed = 0, unknown = noting ? unknown_of(search, level) : 0;
	for (uint32_t k = 0; k < word->distinct; k++) {
		changed |= domains[k] & ~search->fit.letters[k];
		if (!narrow(search, level, word->letters[k], search->fit.letters[k]))
			return false;
	}
	search->steps += search->depth == 0 && changed != 0;
	if (!spread(search, level))
		return false;
	if (noting)
		note(search, number, unknown);
	return true;
}

/* Looks which words fit; false: none does, or a letter is left nothing. */
static bool
look(struct hd_search *search, struct hd_search_level *level, uint32_t number)
{
	const struct hd_search_word *word = &search->words[number];
	uint32_t domains[HD_LEXICON_DISTINCT_MAX], unknown = 0;
	for (uint32_t k = 0; k < word->distinct; k++) {
		domains[k] = level->domains[word->letters[k]];
		unknown += !is_known(domains[k]);
	}
	if (unknown > sights[search->phase].unknown)
		return true;
	hd_fit(&level->lists[number], word->distinct, domains, &search->fit);
	level->fits[number] = (uint16_t)search->fit.count;
	if (search->fit.count == 0)
		return false;
	if (search->fit.count <= sights[search->phase].fitting &&
	    !think(search, level, number, domains))
		return false;
	keep(search, level, number);
	return true;
}

static bool
fits(const struct hd_search *search, const struct hd_search_level *level, uint32_t word,
     uint32_t number)
{
	const struct hd_fit_list *list = &level->lists[word];
	for (uint32_t k = 0; k < search->words[word].distinct; k++) {
		uint32_t bit = 1u << (list->columns[k * list->count + number] - 'a');
		if ((level->domains[search->words[word].letters[k]] & bit) == 0)
			return false;
	}
	return true;
}

/* A level above the top, with word `number` of the tried one's list put in; false: it cannot be. */
static bool
push(struct hd_search *search, uint32_t number)
{
	struct hd_search_level *from = &search->levels[search->depth], *to = from + 1;
	const struct hd_search_word *word = &search->words[from->trial];
	const struct hd_fit_list *list = &from->lists[from->trial];
	HD_ASSERT(search->depth + 1 < HD_SEARCH_LEVELS_MAX);
	memcpy(to->domains, from->domains, sizeof(to->domains));
	memcpy(to->fits, from->fits, search->words_count * sizeof(*to->fits));
	memcpy(to->lists, from->lists, search->words_count * sizeof(*to->lists));
	memset(&to->stale, 0, sizeof(to->stale));
	to->single = 0;
	to->kept = from->kept;
	search->depth++;
	search->trials++;
	for (uint32_t k = 0; k < word->distinct; k++)
		if (!narrow(search, to, word->letters[k],
			    1u << (list->columns[k * list->count + number] - 'a')))
			return false;
	return spread(search, to);
}

/* Goes on with the next trial of the top level, or to the level below where there is none. */
static void
next_trial(struct hd_search *search)
{
	struct hd_search_level *top = &search->levels[search->depth];
	uint32_t count = top->lists[top->trial].count;
	while (top->next < count && !fits(search, top, top->trial, top->next))
		top->next++;
	if (top->next == count && search->depth == 0)
		finish(search, search->solutions_count == 1 ? HD_PUZZLE_UNIQUE : HD_PUZZLE_NONE);
	else if (top->next == count)
		search->depth--;
	else if (search->trials == search->trials_max)
		finish(search, HD_PUZZLE_BUDGET);
	else if (push(search, top->next++))
		search->trying = false;
	else
		search->depth--;
}

/* Nothing more can be where the top level is. */
static void
dead_end(struct hd_search *search)
{
	HD_ASSERT(!search->done);
	if (search->depth == 0) {
		HD_ASSERT(search->solutions_count == 0);
		finish(search, HD_PUZZLE_NONE);
		return;
	}
	search->depth--;
	search->trying = true;
}

static void
solution_found(struct hd_search *search)
{
	const struct hd_search_level *top = &search->levels[search->depth];
	uint8_t *solution = search->solutions[search->solutions_count++];
	HD_ASSERT(search->solutions_count <= 2);
	for (uint32_t i = 0; i < ALPHABET; i++)
		solution[i] = (search->present >> i & 1) ? plain_of(top->domains[i]) : 0;
	if (search->solutions_count == 2)
		finish(search, HD_PUZZLE_MANY);
	else if (search->depth == 0)
		finish(search, HD_PUZZLE_UNIQUE);
	else
		dead_end(search);
}

/* The word to be tried: the fewest that fit, but more than one. */
static void
choose(struct hd_search *search)
{
	struct hd_search_level *top = &search->levels[search->depth];
	uint32_t least = UINT32_MAX;
	for (uint32_t i = 0; i < search->words_count; i++)
		if (top->fits[i] > 1 && top->fits[i] < least) {
			least = top->fits[i];
			top->trial = (uint16_t)i;
		}
	HD_ASSERT(least != UINT32_MAX);
	top->next = 0;
	search->trying = true;
}

/* Every word has been looked at since its letters last changed. */
static void
settled(struct hd_search *search)
{
	if (unknown_of(search, &search->levels[search->depth]) == 0) {
		solution_found(search);
	} else if (search->phase == HD_SEARCH_ALL) {
		choose(search);
	} else if (search->phase == search->last) {
		finish(search, HD_PUZZLE_BUDGET);
	} else {
		search->phase++;
		all_stale(search);
	}
}

void
hd_search_step(struct hd_search *search, int64_t *fuel)
{
	HD_ASSERT(*fuel > 0);
	while (!search->done && *fuel > 0) {
		struct hd_search_level *top = &search->levels[search->depth];
		uint32_t word;
		--*fuel;
		if (search->trying) {
			next_trial(search);
		} else if (take_stale(search, top, &word)) {
			*fuel -= top->lists[word].count * search->words[word].distinct / FUEL_BYTES;
			if (!look(search, top, word))
				dead_end(search);
		} else {
			settled(search);
		}
	}
}

uint32_t
hd_search_unknown(const struct hd_search *search)
{
	HD_ASSERT(search->done && search->words_count > 0);
	return unknown_of(search, &search->levels[0]);
}
