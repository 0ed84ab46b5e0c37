/* house.h - a whole runtime in the test's process: 1 to 16 shards with logs in a temporary folder,
 * and a fake edge that takes command structs and gives replies as text.
 *
 * Any test thread may ask any shard. A reply is given when its shard says that it is durable, as a
 * connection would see it. */
#ifndef HUNTD_TESTS_HOUSE_H
#define HUNTD_TESTS_HOUSE_H

#include "huntd/runtime.h"
#include "huntd/view.h"

#define HOUSE_ANSWER_MAX 16384u

struct house;

/* What was asked, until it is answered. */
struct house_ask {
	struct house_ask *next;
	struct hd_command command;
	char line[512]; /* what the command borrows from */
	bool done;
	uint64_t lsn;  /* that its reply waits for */
	int64_t since; /* BOOTTIME ns of the pass that took it */
	bool replied;
	bool late; /* not answered by the own shard's batch */
	char answer[HOUSE_ANSWER_MAX];
};

struct house_options {
	uint32_t shards, ring_cells;
	const char *files[4]; /* of --hunts: `HUNT words`; see house_challenges */
	uint64_t segment_bytes;
	uint8_t durability;
	uint64_t snapshot_events; /* 0: a snapshot at the end only */
	bool hurry;               /* none at the end */
};

/* Starts over `folder`. NULL: `*exit_code` and `message` (256 bytes) say why. */
struct house *house_start(const char *folder, const struct house_options *options, int *exit_code,
			  char *message);

/* Ends it in order and returns its exit code. */
int house_stop(struct house *house);

/* A command in the syntax of huntd, `HUNT.AWARD ann reef 10 ID x`, asked at shard `at`, and its
 * answer: `+OK`, `:5`, `$text`, `_`, `-NOHUNT ...`, `applied 10 20`, values as `[a b [c]]`. The
 * text lives until the thread's next house_say. */
const char *house_say(struct house *house, uint32_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same in two halves. */
struct house_ask *house_ask(struct house *house, uint32_t at, const char *line);
const char *house_wait(struct house *house, struct house_ask *ask);
/* While a door is shut what is asked there gathers, to come in together. */
void house_shut(struct house *house, uint32_t at, bool shut);
void house_forget(struct house_ask *ask);

/* A shard's next pass takes so long; what control has said about the shards' health, by lines. */
void house_stall(struct house *house, uint32_t at, uint32_t ms);
void house_health_news(struct house *house, char lines[512]);
struct hd_runtime *house_runtime(struct house *house);
struct hd_shard *house_shard(struct house *house, uint32_t number);
/* Sets the wall clock ahead of the true one, ns; how many lines control has said about it. */
void house_set_wall(struct house *house, int64_t ahead);
int64_t house_clock(const struct house *house); /* shard 0's when it replied last */
uint32_t house_clock_news(const struct house *house);
/* What shards said of their snapshots: how many lines, and the last one (1,024 bytes; may be NULL).
 */
uint32_t house_shard_news(struct house *house, char *line);
uint32_t house_results(const struct house *house); /* of --hunts: files that were reported as bad */
/* The newest view that came to shard 0 (`view` may be NULL); returns how many came. */
uint64_t house_view(struct house *house, struct hd_view *view);

/* house_text.c: a line as a command that borrows from `ask`, a reply as a line. */
void house_parse(struct house_ask *ask, const char *line);
void house_put_reply(char answer[HOUSE_ANSWER_MAX], const struct hd_reply *reply);

/* The challenges of a document's text `HUNT words...`: `flag` of 100 points, answer GOLD, and of
 * each word NAME=STOCK (up to four) a treasure of that stock, answer KRAKEN, points 300, 200, then
 * 100; NAME=gone: no longer there; NAME=board: a board beside main. The words
 * live as long as the hunt. */
struct hd_world_hunt;
void house_challenges(struct hd_world_hunt *hunt, struct hd_bytes text);

/* The disk of all its threads (thread_io.h). */
struct thread_disk;
struct thread_disk *house_disk(struct house *house);
/* house_folder.c: it says that it has no space; nothing is written to it for so long; its folder as
 * it stands at one instant is copied into `to`: what a kill would leave. */
void house_fill_disk(struct house *house, bool full);
/* A shard does not hear that its writes and flushes are done. */
void house_late_disk(struct house *house, uint32_t shard, bool late);
void house_hold_disk(struct house *house, uint32_t ms);
void house_image(struct house *house, const char *folder, const char *to);

/* A fresh folder under /tmp, what is in one copied into another, and its end. */
void house_folder(char path[64]);
void house_folder_copy(const char *from, const char *to);
void house_folder_remove(const char *path);

#endif
