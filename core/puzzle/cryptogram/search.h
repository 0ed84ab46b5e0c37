/* search.h - which plaintexts of lexicon words a ciphertext may have: none, one, or at least two.
 *
 * Each cipher letter has a domain of plain letters. Ways of thinking, one after the other:
 *
 *   fit   a word with at most 3 unknown letters, of which only one lexicon word fits what is known,
 *         makes its letters known; and a known letter is no other's
 *   few   so does a word with at most 4 that few words fit: each of its letters keeps only what
 *         some of them has in its place, word after word, until nothing changes
 *   all   the same for every word, however many fit; and where that is not the end, the word with
 *         the fewest is tried with each of them, thinking on after each trial
 *
 * The first that ends with all letters known is how hard the text is. Thinking never loses a
 * plaintext, and trials leave none out, so what ends has counted all there are, up to two. */
#ifndef HUNTD_CORE_PUZZLE_CRYPTOGRAM_SEARCH_H
#define HUNTD_CORE_PUZZLE_CRYPTOGRAM_SEARCH_H

#include "core/puzzle/cryptogram/lexicon/fit.h"
#include "core/puzzle/cryptogram/text.h"
#include "huntd/puzzle.h"

/* Words of 400 letters that differ: 26 of one letter, and then of two. */
#define HD_SEARCH_WORDS_MAX  256u
#define HD_SEARCH_LEVELS_MAX (HD_CRYPTOGRAM_ALPHABET + 1u)
#define HD_SEARCH_KEPT_BYTES (256u * HD_KIB)
/* Part of the algorithm's version: a trial is one lexicon word put in. */
#define HD_SEARCH_TRIALS_MAX 20000u

enum hd_search_phase { HD_SEARCH_FIT, HD_SEARCH_FEW, HD_SEARCH_ALL };

struct hd_search_word {
	struct hd_bytes cipher;                   /* where it first stands */
	uint8_t letters[HD_LEXICON_DISTINCT_MAX]; /* the different ones, 0 for A */
	uint8_t distinct;
	const struct hd_lexicon_group *group;
};

/* A set of words. */
struct hd_search_set {
	uint64_t bits[HD_SEARCH_WORDS_MAX / 64];
};

/* What is known after some trials. */
struct hd_search_level {
	uint32_t domains[HD_CRYPTOGRAM_ALPHABET];
	uint32_t single; /* letters that just became known, and are still others' */
	struct hd_search_set stale;
	uint32_t kept;  /* bytes of the search's `kept` that belong to this level and those below */
	uint16_t trial; /* the word that is tried */
	uint16_t next;  /* which of its list comes next */
	uint16_t fits[HD_SEARCH_WORDS_MAX];
	struct hd_fit_list lists[HD_SEARCH_WORDS_MAX]; /* some words that do not fit may be in it */
};

/* What made the first letter known: so many words that fit a cipher word. */
struct hd_search_find {
	bool found;
	enum hd_search_phase phase;
	uint16_t word;
	uint8_t letter; /* one that it made known, 0 for A */
	uint32_t count;
};

struct hd_search {
	uint32_t words_count;
	uint32_t present; /* cipher letters */
	enum hd_search_phase phase, last;
	uint32_t depth; /* levels in use, less one */
	bool trying;    /* the next trial of the top level is due */
	bool done;
	enum hd_puzzle_verdict verdict;
	uint32_t steps, trials, trials_max;
	uint32_t solutions_count;
	uint8_t solutions[2][HD_CRYPTOGRAM_ALPHABET]; /* A-Z, of each cipher letter; 0: not there */
	struct hd_search_find find;
	struct hd_search_word words[HD_SEARCH_WORDS_MAX];
	struct hd_search_set words_of[HD_CRYPTOGRAM_ALPHABET];
	struct hd_search_level levels[HD_SEARCH_LEVELS_MAX];
	struct hd_fit fit;
	/* Lists that were made shorter, as they were found; a level's end with it. */
	uint8_t kept[HD_SEARCH_KEPT_BYTES + HD_LEXICON_PADDING];
};

/* text->cipher must be there until the search ends. */
/* Ways of thinking from `first` on, up to `last`: what needs another ends as `budget`, as what
 * needs more trials does. */
void hd_search_begin(struct hd_search *search, const struct hd_cryptogram_text *text,
		     enum hd_search_phase first, enum hd_search_phase last, uint32_t trials_max);
/* Until `done`, or the fuel is used. */
void hd_search_step(struct hd_search *search, int64_t *fuel);
/* Letters of the ciphertext, bit 0 for A, that thinking without trials has not made known. */
uint32_t hd_search_unknown(const struct hd_search *search);

#endif
