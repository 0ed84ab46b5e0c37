/* Cryptograms by trying: the word with the fewest words of the dictionary left, each of them in
 * turn. The dictionary is Debian's, read anew: /usr/share/dict/american-english, words of a-z only.
 */
#include "tests/referee/referee.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX  128
#define LENGTH_MAX 32
#define DEPTH_MAX  WORDS_MAX
#define DICTIONARY "/usr/share/dict/american-english"

struct words {
	int count;
	char (*at)[LENGTH_MAX];
};

struct text {
	int count; /* of different words */
	char words[WORDS_MAX][LENGTH_MAX];
	char plain[26], cipher[26]; /* letter to letter; 0: not known */
	int *left[WORDS_MAX];       /* words of the dictionary that a word may be */
	int left_count[WORDS_MAX];
	const struct words *dictionary;
	const char *cipher_text;
	uint64_t nodes;
	int found;
	bool gave_up;
	char *solution;
};

static const struct words *
dictionary(void)
{
	static struct words by_length[LENGTH_MAX];
	char line[256];
	FILE *file = by_length[1].count > 0 ? NULL : fopen(DICTIONARY, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		size_t size = strspn(line, "abcdefghijklmnopqrstuvwxyz");
		if (line[size] != '\n' || size == 0 || size >= LENGTH_MAX)
			continue;
		struct words *words = &by_length[size];
		if ((words->count & (words->count - 1)) == 0) {
			size_t room = (size_t)(words->count ? 2 * words->count : 1) * LENGTH_MAX;
			words->at = realloc(words->at, room);
		}
		for (size_t i = 0; i < size; i++)
			words->at[words->count][i] = (char)toupper(line[i]);
		words->at[words->count++][size] = '\0';
	}
	if (file != NULL)
		fclose(file);
	return by_length;
}

static bool
fits(const struct text *text, const char *cipher, const char *plain)
{
	char to[26], from[26];
	memcpy(to, text->plain, sizeof(to));
	memcpy(from, text->cipher, sizeof(from));
	for (int i = 0; cipher[i] != '\0'; i++) {
		int c = cipher[i] - 'A', p = plain[i] - 'A';
		if ((to[c] != 0 && to[c] != plain[i]) || (from[p] != 0 && from[p] != cipher[i]))
			return false;
		to[c] = plain[i];
		from[p] = cipher[i];
	}
	return true;
}

static void
learn(struct text *text, const char *cipher, const char *plain)
{
	for (int i = 0; cipher[i] != '\0'; i++) {
		text->plain[cipher[i] - 'A'] = plain[i];
		text->cipher[plain[i] - 'A'] = cipher[i];
	}
}

static void
keep(struct text *text)
{
	char *out = text->solution;
	if (text->found++ > 0)
		return;
	for (const char *at = text->cipher_text; *at != '\0'; at++)
		*out++ = *at == ' ' ? ' ' : text->plain[*at - 'A'];
	*out = '\0';
}

/* Lists what each word may still be. The one with the fewest that still has open letters; -1: none
 * is open, -2: one has nothing left. */
static int
narrow(struct text *text)
{
	int best = -1;
	for (int i = 0; i < text->count; i++) {
		const struct words *words = &text->dictionary[strlen(text->words[i])];
		int kept = 0, *was = text->left[i];
		int *now = malloc(sizeof(int) * (size_t)(text->left_count[i] + 1));
		for (int k = 0; k < text->left_count[i]; k++)
			if (fits(text, text->words[i], words->at[was[k]]))
				now[kept++] = was[k];
		text->left[i] = now;
		text->left_count[i] = kept;
	}
	for (int i = 0; i < text->count; i++) {
		bool open = false;
		for (const char *at = text->words[i]; *at != '\0'; at++)
			open = open || text->plain[*at - 'A'] == 0;
		if (text->left_count[i] == 0)
			return -2;
		if (open && (best < 0 || text->left_count[i] < text->left_count[best]))
			best = i;
	}
	return best;
}

static void
try(struct text *text)
{
	struct text kept = *text;
	if (text->nodes-- == 0)
		text->gave_up = true;
	int best = narrow(text);
	if (best == -1)
		keep(text);
	for (int k = 0; best >= 0 && k < text->left_count[best] && text->found < 2; k++) {
		struct text before = *text;
		const struct words *words = &text->dictionary[strlen(text->words[best])];
		learn(text, text->words[best], words->at[text->left[best][k]]);
		if (!text->gave_up)
			try(text);
		before.nodes = text->nodes;
		before.found = text->found;
		before.gave_up = text->gave_up;
		*text = before;
	}
	for (int i = 0; i < text->count; i++)
		free(text->left[i]);
	kept.nodes = text->nodes;
	kept.found = text->found;
	kept.gave_up = text->gave_up;
	*text = kept;
}

/* `N:GIVENS:CIPHERTEXT`. */
static bool
read_text(struct text *text, const char *in, bool *clash)
{
	const char *at = strchr(in, ':');
	for (at = at ? at + 1 : ""; *at >= 'A' && *at <= 'Z'; at += *at == ',') {
		int c = at[0] - 'A', p = at[1] - 'A';
		if (p < 0 || p > 25)
			return false;
		*clash = *clash || (text->plain[c] != 0 && text->plain[c] != at[1]) ||
			 (text->cipher[p] != 0 && text->cipher[p] != at[0]);
		text->plain[c] = at[1];
		text->cipher[p] = at[0];
		at += 2;
	}
	if (*at != ':')
		return false;
	text->cipher_text = ++at;
	while (*at != '\0') {
		size_t size = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (size == 0 || size >= LENGTH_MAX || text->count == WORDS_MAX)
			return false;
		memcpy(text->words[text->count], at, size);
		text->words[text->count++][size] = '\0';
		at += size + (at[size] == ' ');
		if (at[-1] != ' ' && *at != '\0')
			return false;
	}
	return text->count > 0;
}

int
referee_cryptogram(const char *in, uint64_t nodes, char *solution)
{
	struct text *text = calloc(1, sizeof(*text));
	bool clash = false;
	int verdict = REFEREE_MALFORMED;
	text->nodes = nodes;
	text->solution = solution;
	text->dictionary = dictionary();
	if (read_text(text, in, &clash)) {
		for (int i = 0; i < text->count; i++) {
			int count = text->dictionary[strlen(text->words[i])].count;
			text->left_count[i] = count;
			text->left[i] = malloc(sizeof(int) * (size_t)(count + 1));
			for (int k = 0; k < count; k++)
				text->left[i][k] = k;
		}
		int *all[WORDS_MAX];
		memcpy(all, text->left, sizeof(all));
		if (!clash)
			try(text);
		verdict = text->gave_up ? REFEREE_GAVE_UP : text->found;
		for (int i = 0; i < text->count; i++)
			free(all[i]);
	}
	free(text);
	return verdict;
}
