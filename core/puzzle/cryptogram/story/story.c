#include "core/puzzle/cryptogram/story/story.h"

#include "core/puzzle/cryptogram/lexicon/lexicon.h"
#include "core/puzzle/cryptogram/story/story_words.h"
#include "core/puzzle/phrases/phrases.h"
#include "huntd/assert.h"

#define COUNT(table) ((uint32_t)(sizeof(table) / sizeof(*(table))))

#define PIECES_MAX HD_CRYPTOGRAM_LETTERS_MAX
#define CLASSES    8u
/* A word may be so much like no other that no text with it is hard: some stories have other phrases
 * than the built-in ones in pieces. */
#define PIECES_ONE_OF 8u
#define PIECE         3u
#define NEAR          18u /* letters that are left to longer words, not to another sentence */
#define REDRAWS_MAX   4u  /* of a word that the story has already */

struct class
{
	char name;
	uint8_t shortest, longest;
	uint16_t count;
	const char (*words)[HD_STORY_WORD_BYTES];
};

static const struct class classes[CLASSES] = {
	{'A', 3, 10, COUNT(hd_story_adjectives), hd_story_adjectives},
	{'P', 3, 10, COUNT(hd_story_persons), hd_story_persons},
	{'N', 3, 10, COUNT(hd_story_things), hd_story_things},
	{'S', 4, 10, COUNT(hd_story_many_things), hd_story_many_things},
	{'L', 3, 10, COUNT(hd_story_places), hd_story_places},
	{'V', 3, 10, COUNT(hd_story_did_something), hd_story_did_something},
	{'I', 3, 9, COUNT(hd_story_went_somewhere), hd_story_went_somewhere},
	{'D', 4, 10, COUNT(hd_story_how), hd_story_how},
};

/* A word of the story; `class` NULL: it stands in the template. */
struct piece {
	struct hd_bytes word;
	const struct class *class;
};

/* `least` and `most`: letters that it can be brought to. */
struct story {
	uint32_t count, letters, least, most;
	struct piece pieces[PIECES_MAX];
};

static const struct class *
class_of(uint8_t name)
{
	for (uint32_t i = 0; i < CLASSES; i++)
		if (classes[i].name == name)
			return &classes[i];
	return NULL;
}

/* The first word of at least that length. */
static uint32_t
first_of(const struct class *class, uint32_t length)
{
	uint32_t low = 0, high = class->count;
	HD_ASSERT(class->count > 0);
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (strlen(class->words[middle]) < length)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_told(const struct story *story, struct hd_bytes word)
{
	for (uint32_t i = 0; i < story->count; i++)
		if (story->pieces[i].word.at == word.at)
			return true;
	return false;
}

/* A word of a class, of shortest .. longest letters, that the story does not have yet if it is
 * found at once. */
static struct hd_bytes
draw_word(struct hd_stream *stream, const struct story *story, const struct class *class,
	  uint32_t shortest, uint32_t longest)
{
	uint32_t from = first_of(class, shortest), to = first_of(class, longest + 1);
	struct hd_bytes word;
	HD_ASSERT(from < to);
	for (uint32_t i = 0; i < REDRAWS_MAX; i++) {
		word = hd_bytes_str(class->words[from + hd_stream_below(stream, to - from)]);
		if (!is_told(story, word))
			break;
	}
	return word;
}

static void
add_piece(struct story *story, struct hd_bytes word, const struct class *class)
{
	HD_ASSERT(story->count < PIECES_MAX);
	story->pieces[story->count++] = (struct piece){word, class};
	story->letters += word.size;
	story->least += class ? class->shortest : word.size;
	story->most += class ? class->longest : word.size;
}

static void
add_sentence(struct hd_stream *stream, struct story *story, const char *template)
{
	struct hd_bytes text = hd_bytes_str(template), word;
	uint32_t at = 0;
	while (hd_cryptogram_word(text, &at, &word)) {
		const struct class *class = class_of(*word.at);
		if (class)
			word = draw_word(stream, story, class, class->shortest, class->longest);
		add_piece(story, word, class);
	}
}

/* Letters that a sentence has at least. */
static uint32_t
least_of(const char *template)
{
	struct hd_bytes text = hd_bytes_str(template), word;
	uint32_t at = 0, letters = 0;
	while (hd_cryptogram_word(text, &at, &word)) {
		const struct class *class = class_of(*word.at);
		letters += class ? class->shortest : word.size;
	}
	return letters;
}

/* Draws sentences until there are about `letters`. False: it cannot be brought to that. */
static bool
add_sentences(struct hd_stream *stream, struct story *story, uint32_t letters)
{
	while (story->letters + NEAR < letters) {
		uint16_t fitting[COUNT(hd_story_sentences)];
		uint32_t count = 0;
		for (uint16_t i = 0; i < COUNT(hd_story_sentences); i++)
			if (story->least + least_of(hd_story_sentences[i]) <= letters)
				fitting[count++] = i;
		if (count == 0)
			break;
		add_sentence(stream, story,
			     hd_story_sentences[fitting[hd_stream_below(stream, count)]]);
	}
	return story->least <= letters && letters <= story->most;
}

/* How long a word should be, where it may change by `change` letters. */
static uint32_t
better_size(const struct story *story, const struct piece *piece, uint32_t letters, uint32_t change)
{
	uint32_t size = piece->word.size, to;
	if (story->letters < letters) {
		to = letters - story->letters < change ? letters - story->letters : change;
		return size + to < piece->class->longest ? size + to : piece->class->longest;
	}
	to = story->letters - letters < change ? story->letters - letters : change;
	return size > piece->class->shortest + to ? size - to : piece->class->shortest;
}

/* Changes words for longer or shorter ones until there are `letters`; as little as will do. */
static void
bring_to(struct hd_stream *stream, struct story *story, uint32_t letters)
{
	uint16_t order[PIECES_MAX];
	HD_ASSERT(story->least <= letters && letters <= story->most);
	for (uint16_t i = 0; i < story->count; i++)
		order[i] = i;
	hd_stream_shuffle(stream, order, story->count);
	for (uint32_t change = 1; story->letters != letters; change++)
		for (uint32_t i = 0; i < story->count && story->letters != letters; i++) {
			struct piece *piece = &story->pieces[order[i]];
			uint32_t size;
			if (piece->class == NULL)
				continue;
			size = better_size(story, piece, letters, change);
			if (size == piece->word.size)
				continue;
			story->letters = story->letters - piece->word.size + size;
			piece->word = draw_word(stream, story, piece->class, size, size);
		}
}

static uint8_t
upper(uint8_t letter)
{
	return letter >= 'a' ? (uint8_t)(letter - 'a' + 'A') : letter;
}

/* How to split an answer that is not of the built-in list: size of the last word of the first
 * i letters, for each i. Words fewer is better, then words more alike in size; none is vulgar. */
static void
split(struct hd_bytes answer, uint32_t longest, uint8_t *last)
{
	uint32_t cost[HD_PHRASE_MAX + 1] = {0};
	HD_ASSERT(answer.size >= HD_PHRASE_MIN && answer.size <= HD_PHRASE_MAX);
	for (uint32_t i = 1; i <= answer.size; i++) {
		cost[i] = UINT32_MAX;
		for (uint32_t size = 1; size <= i && size <= longest; size++) {
			struct hd_bytes word = hd_bytes_of(answer.at + i - size, size);
			uint32_t all = cost[i - size] + size * size + HD_PHRASE_MAX * HD_PHRASE_MAX;
			if (all >= cost[i] || hd_bytes_equal(word, HD_BYTES("THE")) ||
			    !hd_lexicon_has(word) || hd_lexicon_unspoken(word))
				continue;
			cost[i] = all;
			last[i] = (uint8_t)size;
		}
		HD_ASSERT(cost[i] != UINT32_MAX);
	}
}

static void
add_answer(struct hd_stream *stream, struct story *story, struct hd_bytes answer)
{
	uint8_t last[HD_PHRASE_MAX + 1], ends[HD_PHRASE_MAX];
	uint32_t first, second, from = 0, count = 0;
	uint32_t space = hd_phrases_space(answer, &first, &second);
	if (space > 0) {
		ends[count++] = (uint8_t)answer.size;
		ends[count++] = (uint8_t)space;
	} else {
		bool pieces = hd_stream_below(stream, PIECES_ONE_OF) == 0;
		split(answer, pieces ? PIECE : HD_PHRASE_MAX, last);
		for (uint32_t end = answer.size; end > 0; end -= last[end])
			ends[count++] = (uint8_t)end;
	}
	while (count-- > 0) {
		HD_ASSERT(ends[count] > from);
		add_piece(story, hd_bytes_of(answer.at + from, ends[count] - from), NULL);
		from = ends[count];
	}
}

uint32_t
hd_story_write(struct hd_stream *stream, uint32_t letters, struct hd_bytes answer, uint8_t *to)
{
	struct story story = {.count = 0};
	struct hd_writer out = hd_writer_of(to, HD_CRYPTOGRAM_CIPHER_MAX);
	const char *ending = hd_story_endings[hd_stream_below(stream, COUNT(hd_story_endings))];
	HD_ASSERT(letters >= HD_CRYPTOGRAM_LETTERS_MIN && letters <= HD_CRYPTOGRAM_LETTERS_MAX);
	if (!add_sentences(stream, &story, letters - least_of(ending) - answer.size))
		return 0;
	add_sentence(stream, &story, ending);
	add_answer(stream, &story, answer);
	bring_to(stream, &story, letters);
	for (uint32_t i = 0; i < story.count; i++) {
		if (i > 0)
			hd_write_u8(&out, ' ');
		for (uint32_t k = 0; k < story.pieces[i].word.size; k++)
			hd_write_u8(&out, upper(story.pieces[i].word.at[k]));
	}
	HD_ASSERT(!out.full);
	return (uint32_t)(out.at - to);
}

uint32_t
hd_story_answer(struct hd_bytes story, uint8_t *answer)
{
	struct hd_bytes word;
	uint32_t at = 0, from = 0, size = 0;
	while (hd_cryptogram_word(story, &at, &word))
		if (hd_bytes_equal(word, HD_BYTES("THE")))
			from = at;
	for (uint32_t i = from; i < story.size && size < HD_PHRASE_MAX; i++)
		if (story.at[i] != ' ')
			answer[size++] = story.at[i];
	return size;
}
