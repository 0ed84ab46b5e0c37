#include "perf/load/people.h"

#include <math.h>
#include <string.h>

#define WORDS    64u
#define WORD_MAX 8u
#define SHUFFLE  1667u

static const char adjectives[WORDS][WORD_MAX + 1] = {
	"amber",   "brave",  "bold",   "bright", "brisk",  "calm",   "clever", "coral",
	"cosmic",  "crisp",  "daring", "dapper", "deft",   "early",  "eager",  "fancy",
	"fleet",   "fond",   "frosty", "gentle", "glad",   "golden", "grand",  "hardy",
	"hasty",   "humble", "ivory",  "jolly",  "keen",   "kind",   "lively", "lucky",
	"lunar",   "mellow", "merry",  "mighty", "misty",  "nimble", "noble",  "olive",
	"patient", "plucky", "polar",  "proud",  "quick",  "quiet",  "rapid",  "rosy",
	"royal",   "rustic", "salty",  "sandy",  "shiny",  "silver", "sly",    "snug",
	"solar",   "sunny",  "swift",  "tidy",   "velvet", "vivid",  "windy",  "witty",
};

static const char animals[WORDS][WORD_MAX + 1] = {
	"otter",  "badger", "beaver", "bison",   "bear",    "cat",    "condor",  "crab",
	"crane",  "deer",   "dingo",  "dolphin", "dove",    "duck",   "eagle",   "eel",
	"egret",  "falcon", "ferret", "finch",   "fox",     "gecko",  "goat",    "goose",
	"gull",   "hare",   "hawk",   "heron",   "hippo",   "horse",  "ibex",    "ibis",
	"jackal", "jay",    "koala",  "lark",    "lemur",   "lion",   "llama",   "lobster",
	"lynx",   "macaw",  "marten", "mole",    "moose",   "newt",   "octopus", "osprey",
	"owl",    "panda",  "parrot", "pelican", "penguin", "puffin", "quail",   "rabbit",
	"raven",  "seal",   "shark",  "stork",   "swan",    "tiger",  "turtle",  "walrus",
};

uint64_t
hd_load_people_draw(const struct hd_load_people *people, uint64_t *random)
{
	if (people->skew <= 0)
		return hd_load_below(random, people->count);
	double place = (double)people->count * pow(hd_load_share(random), 1 + people->skew);
	uint64_t entrant = (uint64_t)place;
	return entrant < people->count ? entrant : people->count - 1;
}

double
hd_load_people_skill(const struct hd_load_people *people, uint64_t entrant)
{
	if (people->skew <= 0)
		return 1;
	uint64_t state = entrant;
	double trait = hd_load_share(&state);
	return 3 * trait * trait;
}

static uint8_t *
write_word(uint8_t *to, const char *word)
{
	size_t size = strlen(word);
	memcpy(to, word, size);
	return to + size;
}

static uint8_t *
write_number(uint8_t *to, uint64_t number)
{
	uint8_t digits[20], *at = digits + sizeof digits;
	do {
		*--at = (uint8_t)('0' + number % 10);
		number /= 10;
	} while (number);
	size_t size = (size_t)(digits + sizeof digits - at);
	memcpy(to, at, size);
	return to + size;
}

/* `$` with two digits, line ends, around the 10 to 99 bytes that were written at to + 5. */
static uint8_t *
close_bulk(uint8_t *to, uint8_t *end)
{
	size_t size = (size_t)(end - to) - 5;
	to[0] = '$';
	to[1] = (uint8_t)('0' + size / 10);
	to[2] = (uint8_t)('0' + size % 10);
	memcpy(to + 3, "\r\n", 2);
	memcpy(end, "\r\n", 2);
	return end + 2;
}

/* The pair of words says the entrant's number modulo 4096, shuffled by an odd factor so that
 * neighbours differ; what stands behind it says the rest, begun somewhere between 10 and 99 for
 * each pair, so that not all are called -1. */
static uint8_t *
write_name(uint64_t entrant, uint8_t *to)
{
	uint64_t pair = entrant * SHUFFLE % (WORDS * WORDS);
	uint64_t from = pair, adjective = pair % WORDS;
	uint8_t *at = write_word(to + 5, adjectives[adjective]);
	*at++ = '-';
	at = write_word(at, animals[pair / WORDS]);
	*at++ = '-';
	at = write_number(at, entrant / (WORDS * WORDS) + 10 + hd_load_below(&from, 90));
	return close_bulk(to, at);
}

uint8_t *
hd_load_people_write(const struct hd_load_people *people, uint64_t entrant, uint8_t *to)
{
	entrant += people->first;
	if (people->names)
		return write_name(entrant, to);
	memcpy(to, "$14\r\np:000000000000\r\n", 21);
	for (uint8_t *at = to + 18; entrant; entrant /= 10)
		*at-- = (uint8_t)('0' + entrant % 10);
	return to + 21;
}

struct hd_bytes
hd_load_people_id(const struct hd_load_people *people, uint64_t entrant,
		  uint8_t room[HD_LOAD_NAME_ROOM])
{
	uint8_t *end = hd_load_people_write(people, entrant, room);
	return hd_bytes_of(room + 5, (size_t)(end - room) - 7);
}

uint8_t *
hd_load_people_guess(uint64_t *random, uint8_t *to)
{
	uint8_t *at =
		write_word(write_word(to + 5, "the "), adjectives[hd_load_below(random, WORDS)]);
	*at++ = ' ';
	return close_bulk(to, write_word(at, animals[hd_load_below(random, WORDS)]));
}
