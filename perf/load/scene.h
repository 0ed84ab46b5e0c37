/* scene.h - the hunt that is played: its challenges with their answers, ready to be sent.
 *
 * They come from a document, YAML or JSON: a file, or the text that the server has in force
 * (VELTRIX.GET). A challenge has right answers where the document gives fixed ones; one with
 * nothing but regexes is only guessed at. Every text is kept as the RESP bulk that carries it. */
#ifndef HUNTD_PERF_LOAD_SCENE_H
#define HUNTD_PERF_LOAD_SCENE_H

#include "huntd/limits.h"
#include "perf/load/dial.h"
#include "perf/load/plan.h"

/* Texts as bulks, one after the other. */
struct hd_load_texts {
	struct hd_bytes *rows; /* own */
	uint32_t count;
};

struct hd_load_challenge {
	struct hd_bytes id; /* own, as a bulk */
	struct hd_load_texts right, partial;
};

struct hd_load_scene {
	struct hd_bytes hunt;      /* own, as a bulk */
	struct hd_bytes id;        /* the same without the frame, borrowed from it */
	char board[HD_ID_MAX + 1]; /* the first one */
	struct hd_load_challenge *challenges;
	uint32_t count;
};

/* Asks the server for the hunt and reads document, --challenges and --answer. False: see `fault`.
 */
bool hd_load_scene_open(struct hd_load_scene *scene, const struct hd_load_plan *plan,
			const struct hd_load_target *target, char *fault);
void hd_load_scene_close(struct hd_load_scene *scene);

#endif
