/* line.h - a connection of an aside: commands go out together, replies come back in order. Nothing
 * waits longer than it was told, nor past a stop. */
#ifndef HUNTD_PERF_LOAD_SCENARIO_LINE_H
#define HUNTD_PERF_LOAD_SCENARIO_LINE_H

#include "perf/load/dial.h"

struct hd_load_crew;

struct hd_load_line {
	int socket;
	uint8_t *in, *out; /* own */
	uint32_t from, end, out_end;
	uint64_t received; /* clock: the last bytes */
	bool lost;
};

enum hd_load_got { HD_LOAD_GOT_NONE, HD_LOAD_GOT_REPLY, HD_LOAD_GOT_LOST };

bool hd_load_line_open(struct hd_load_line *line, const struct hd_load_target *target, char *fault);
void hd_load_line_close(struct hd_load_line *line); /* a zeroed one, too */

/* Adds a command to what goes out next. False: no room before a flush. */
bool hd_load_line_write(struct hd_load_line *line, const struct hd_bytes *words, uint32_t count);

/* Sends what the kernel takes; the rest goes with the next flush or read. */
void hd_load_line_flush(struct hd_load_line *line);

/* The next reply; it borrows from the line until the next read. Waits until that clock at most. */
enum hd_load_got hd_load_line_read(struct hd_load_line *line, struct hd_load_reply *reply,
				   uint64_t until);

/* The same for as long as the run goes on: NONE only after a stop. */
enum hd_load_got hd_load_line_wait(struct hd_load_line *line, struct hd_load_reply *reply,
				   const struct hd_load_crew *crew);

#endif
