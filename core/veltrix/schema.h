/* schema.h - what a document may hold, as data.
 *
 * One table a map: a row a key, with its type, range, choices and help. The check, "did you mean",
 * "what is allowed" and the list of what is not supported yet all come from these rows, so a key is
 * described once.
 *
 * hd_schema_read checks a map against its table, adds every fault it sees, and gives the values by
 * row: typed, or absent. A value whose row had a fault is `refused`: what depends on it stays
 * silent, so one mistake makes one line. */
#ifndef HUNTD_CORE_VELTRIX_SCHEMA_H
#define HUNTD_CORE_VELTRIX_SCHEMA_H

#include "core/veltrix/fault.h"
#include "huntd/definition.h"

enum hd_schema_type {
	HD_SCHEMA_ID,      /* a-z 0-9 -, at most HD_ID_MAX */
	HD_SCHEMA_LINE,    /* UTF-8 of at most HD_TEXT_MAX bytes without control characters */
	HD_SCHEMA_TEXT,    /* the same, but lines and tabs are allowed */
	HD_SCHEMA_RAW,     /* any scalar; its reader checks it */
	HD_SCHEMA_INTEGER, /* least..most */
	HD_SCHEMA_BOOL,
	HD_SCHEMA_TIME,     /* ns since 1970 */
	HD_SCHEMA_DURATION, /* least..most ns */
	HD_SCHEMA_CHOICE,   /* number: place in `choices` */
	HD_SCHEMA_MAP,
	HD_SCHEMA_LIST,  /* at most `most` items */
	HD_SCHEMA_LATER, /* the key itself is not supported yet */
};

struct hd_schema_key {
	const char *name;
	uint8_t type; /* enum hd_schema_type */
	bool needed;
	int64_t least, most;
	const char *allowed;        /* ends the fault: "must be <allowed>" */
	const char *const *choices; /* CHOICE: ends with NULL */
	const char *const *later;   /* choices not supported yet, ends with NULL */
	const char *later_map;      /* what a map would be here, not supported yet */
	/* Where a list may stand instead: the row of each item, and how many. */
	const struct hd_schema_key *item;
	uint32_t items_most;
};

struct hd_schema {
	const char *what; /* "a challenge" */
	const struct hd_schema_key *keys;
	uint32_t count;
};

#define HD_SCHEMA_KEYS_MAX 16u

struct hd_schema_value {
	const struct hd_node *node; /* NULL: absent */
	int64_t number;             /* INTEGER, BOOL, TIME, DURATION, CHOICE */
	bool refused;               /* a fault was said about it, or about a key that meant it */
};

enum hd_hunt_key {
	HD_HUNT_HUNT,
	HD_HUNT_TITLE,
	HD_HUNT_MODE,
	HD_HUNT_AUTO_JOIN,
	HD_HUNT_OPENS,
	HD_HUNT_FREEZES,
	HD_HUNT_CLOSES,
	HD_HUNT_NORMALISE,
	HD_HUNT_GUESSES,
	HD_HUNT_BOARDS,
	HD_HUNT_CHALLENGES,
};
enum hd_guesses_key {
	HD_GUESSES_LIMIT,
	HD_GUESSES_WINDOW,
	HD_GUESSES_PER_WINDOW,
	HD_GUESSES_POLICY,
};
enum hd_board_rule_key { HD_BOARD_RULE_ID, HD_BOARD_RULE_WINDOW, HD_BOARD_RULE_BRACKET };
enum hd_challenge_key {
	HD_CHALLENGE_ID,
	HD_CHALLENGE_TITLE,
	HD_CHALLENGE_KIND,
	HD_CHALLENGE_POINTS,
	HD_CHALLENGE_ANSWERS,
	HD_CHALLENGE_PARTIAL,
	HD_CHALLENGE_HINTS,
	HD_CHALLENGE_REQUIRES,
	HD_CHALLENGE_STOCK,
	HD_CHALLENGE_PUZZLE,
	HD_CHALLENGE_AT,
	HD_CHALLENGE_RADIUS,
	HD_CHALLENGE_MAX_SPEED,
};
enum hd_answer_key { HD_ANSWER_REGEX };
enum hd_partial_key { HD_PARTIAL_ANSWER, HD_PARTIAL_SAY };
enum hd_puzzle_key {
	HD_PUZZLE_KEY_KIND,
	HD_PUZZLE_KEY_TIER,
	HD_PUZZLE_KEY_PARAMS,
	HD_PUZZLE_KEY_PHRASES
};
enum hd_hint_key { HD_HINT_COST, HD_HINT_TEXT };

extern const struct hd_schema hd_schema_hunt, hd_schema_guesses, hd_schema_board,
	hd_schema_challenge, hd_schema_answer, hd_schema_partial, hd_schema_hint, hd_schema_puzzle;

/* Fills values[schema->count]. False: `node` is no map (a fault says so, all values are absent). */
bool hd_schema_read(struct hd_check *check, const struct hd_schema *schema,
		    const struct hd_node *node, struct hd_schema_value *values);

/* Says that a key which this map needs is not there. */
void hd_schema_missing(struct hd_check *check, const struct hd_schema_key *key,
		       const struct hd_node *map);

/* The place of a value among `words` (they end with NULL), for choices that no row can know. -1: it
 * is none of them, and a fault says so. */
int64_t hd_schema_word(struct hd_check *check, const char *name, const struct hd_node *node,
		       const char *const *words);

/* Fault-free and present. */
static inline bool
hd_schema_has(const struct hd_schema_value *value)
{
	return value->node && !value->refused;
}

#endif
