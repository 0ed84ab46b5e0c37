/* people.h - who plays: how an entrant is drawn, what it is called, how good it is. Also the dice.
 */
#ifndef HUNTD_PERF_LOAD_PEOPLE_H
#define HUNTD_PERF_LOAD_PEOPLE_H

#include "huntd/bytes.h"

/* The next number of a sequence that `state` alone decides (SplitMix64; Steele, Lea, Flood 2014).
 */
static inline uint64_t
hd_load_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* 0 to bound - 1. */
static inline uint64_t
hd_load_below(uint64_t *state, uint64_t bound)
{
	return (uint64_t)((unsigned __int128)hd_load_random(state) * bound >> 64);
}

/* 0 up to, but not, 1. */
static inline double
hd_load_share(uint64_t *state)
{
	return (double)(hd_load_random(state) >> 11) * 0x1p-53;
}

struct hd_load_people {
	uint64_t count;
	uint64_t first; /* added to an entrant's number where it is called */
	double skew;    /* 0: all alike */
	bool names;
};

#define HD_LOAD_NAME_ROOM 48u /* of an entrant, as a bulk */

/* Who is next. With a skew, entrant 0 plays most: the number is count * u^(1 + skew). */
uint64_t hd_load_people_draw(const struct hd_load_people *people, uint64_t *random);

/* What the share of right answers is multiplied with: 1 for all without a skew; else 0 to 3, mean
 * 1, a trait of the entrant that does not follow how often it plays. */
double hd_load_people_skill(const struct hd_load_people *people, uint64_t entrant);

/* The entrant's id as a bulk, at most HD_LOAD_NAME_ROOM bytes; returns its end. `p:` and twelve
 * digits as redis-benchmark makes them, or a name: quiet-otter-47. Different entrants, different
 * ids. */
uint8_t *hd_load_people_write(const struct hd_load_people *people, uint64_t entrant, uint8_t *to);

/* The same without the bulk's frame; borrows from `room`. */
struct hd_bytes hd_load_people_id(const struct hd_load_people *people, uint64_t entrant,
				  uint8_t room[HD_LOAD_NAME_ROOM]);

/* A guess in the words that names are made of: the quiet otter. */
uint8_t *hd_load_people_guess(uint64_t *random, uint8_t *to);

#endif
