/* author.h - writes the commands of one worker: which, by whom, about what. Everything that does
 * not change lies ready as bytes; a command is a few copies and a few throws of the dice. */
#ifndef HUNTD_PERF_LOAD_AUTHOR_H
#define HUNTD_PERF_LOAD_AUTHOR_H

#include "perf/load/people.h"
#include "perf/load/plan.h"
#include "perf/load/scene.h"

#define HD_LOAD_REQUEST_MAX 1024u

/* What a command is about, where some entrant or hunt is hot; their times are kept apart. */
enum hd_load_group {
	HD_LOAD_ALIKE,       /* nothing is hot */
	HD_LOAD_HOT_ENTRANT, /* in whatever hunt */
	HD_LOAD_HOT_HUNT,    /* the others in it */
	HD_LOAD_REST,
	HD_LOAD_GROUP_COUNT
};

extern const char *const hd_load_group_names[HD_LOAD_GROUP_COUNT];

/* A command under way. */
struct hd_load_flight {
	uint64_t at, sent; /* when it was meant to be sent, and when it was */
	uint8_t verb, group;
};

struct hd_load_author {
	const struct hd_load_scene *scenes; /* the hunts; the first one may be hot */
	uint32_t scenes_count;
	struct hd_load_people people;
	double right, hot_entrant, hot_hunt;
	uint64_t random;
	bool ids, each;
	char id[32]; /* `$24\r\n` and 24 hex digits: a run's own 8, then the command's 16 */
	uint64_t id_next;
	uint32_t mix_size;
	uint8_t *mix;                          /* own: each verb as often as it weighs */
	char heads[HD_LOAD_VERB_COUNT][2][48]; /* `*5` and the name; [1]: with ID */
};

/* number: the worker's. run: a number that no other run has; it keeps ids apart. */
void hd_load_author_open(struct hd_load_author *author, const struct hd_load_plan *plan,
			 const struct hd_load_scene *scenes, uint32_t scenes_count, uint32_t number,
			 uint32_t run);
void hd_load_author_close(struct hd_load_author *author);

/* Writes the next command, at most HD_LOAD_REQUEST_MAX bytes; returns its end. `number`: which of
 * all commands of the plan it is. */
uint8_t *hd_load_author_write(struct hd_load_author *author, uint64_t number, uint8_t *to,
			      struct hd_load_flight *flight);

#endif
