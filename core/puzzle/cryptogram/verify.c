/* Verifying: the rules of a cryptogram, one by one, without a line of what solves it. */
#include "core/puzzle/cryptogram/lexicon/lexicon.h"
#include "core/puzzle/cryptogram/parts.h"
#include "huntd/assert.h"

#define ALPHABET 26u

/* A letter's partner, both ways; 0: it has none yet. */
struct key {
	uint8_t plain_of[ALPHABET], cipher_of[ALPHABET];
};

/* False: one of the two has another partner. */
static bool
join(struct key *key, uint8_t cipher, uint8_t plain)
{
	uint8_t *to = &key->plain_of[cipher - 'A'], *from = &key->cipher_of[plain - 'A'];
	HD_ASSERT(cipher >= 'A' && cipher <= 'Z' && plain >= 'A' && plain <= 'Z');
	if (*to == 0 && *from == 0) {
		*to = plain;
		*from = cipher;
	}
	return *to == plain && *from == cipher;
}

/* The bytes of `text` up to the next colon; *at moves behind it. */
static struct hd_bytes
field(struct hd_bytes text, uint32_t *at)
{
	uint32_t from = *at;
	while (*at < text.size && text.at[*at] != ':')
		++*at;
	++*at;
	return hd_bytes_of(text.at + from, *at - from - 1);
}

static bool
join_all(struct key *key, struct hd_bytes cipher, struct hd_bytes plain)
{
	if (plain.size != cipher.size)
		return false;
	for (uint32_t i = 0; i < cipher.size; i++) {
		bool letter = plain.at[i] >= 'A' && plain.at[i] <= 'Z';
		if ((cipher.at[i] == ' ') != (plain.at[i] == ' ') ||
		    (cipher.at[i] != ' ' && (!letter || !join(key, cipher.at[i], plain.at[i]))))
			return false;
	}
	return true;
}

static bool
all_words(struct hd_bytes plain)
{
	uint32_t from = 0;
	for (uint32_t i = 0; i <= plain.size; i++) {
		if (i < plain.size && plain.at[i] != ' ')
			continue;
		if (!hd_lexicon_has(hd_bytes_of(plain.at + from, i - from)))
			return false;
		from = i + 1;
	}
	return true;
}

bool
hd_cryptogram_verify(struct hd_bytes text, struct hd_bytes solution)
{
	struct key key = {.plain_of = {0}};
	uint32_t at = 0;
	struct hd_bytes givens, cipher;
	HD_ASSERT(text.size > 0);
	field(text, &at);
	givens = field(text, &at);
	cipher = field(text, &at);
	for (uint32_t i = 0; i < givens.size; i += 3)
		if (!join(&key, givens.at[i], givens.at[i + 1]))
			return false;
	return join_all(&key, cipher, solution) && all_words(solution);
}
