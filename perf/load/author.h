/* author.h - writes the commands of one worker: which, by whom, about what. Everything that does
 * not change lies ready as bytes; a command is a few copies and a few throws of the dice. */
#ifndef HUNTD_PERF_LOAD_AUTHOR_H
#define HUNTD_PERF_LOAD_AUTHOR_H

#include "perf/load/people.h"
#include "perf/load/plan.h"
#include "perf/load/scene.h"

#define HD_LOAD_REQUEST_MAX 1024u

struct hd_load_author {
	const struct hd_load_scene *scene;
	struct hd_load_people people;
	double right;
	uint64_t random;
	bool ids;
	char id[32]; /* `$24\r\n` and 24 hex digits: a run's own 8, then the command's 16 */
	uint64_t id_next;
	uint32_t mix_size;
	uint8_t *mix;                          /* own: each verb as often as it weighs */
	char heads[HD_LOAD_VERB_COUNT][2][48]; /* `*5` and the name; [1]: with ID */
};

/* number: the worker's. run: a number that no other run has; it keeps ids apart. */
void hd_load_author_open(struct hd_load_author *author, const struct hd_load_plan *plan,
			 const struct hd_load_scene *scene, uint32_t number, uint32_t run);
void hd_load_author_close(struct hd_load_author *author);

/* Writes the next command, at most HD_LOAD_REQUEST_MAX bytes; returns its end. */
uint8_t *hd_load_author_write(struct hd_load_author *author, uint8_t *to, uint8_t *verb);

#endif
