/* tool.h - `huntctl puzzle`: what its works share.
 *
 * A work that reads takes one puzzle a line and gives one line for it, of files of any length, in
 * memory that does not grow. What a line may be: an instance's text; that with a tab and its
 * solution; the JSON of HUNT.PUZZLE; another form that the kind knows (81 characters, .non of
 * several lines). A line that is none of these is answered in its place, `error: ...`.
 *
 *   lines.c ──► item.c ──► solve.c, draw.c, convert.c ──► one line each
 *   deal.c, bench.c ──► core/puzzle's jobs, through job.c: slices, so that Ctrl-C is answered */
#ifndef HUNTD_NET_CTL_PUZZLE_TOOL_H
#define HUNTD_NET_CTL_PUZZLE_TOOL_H

#include "huntd/puzzle.h"
#include "net/ctl/ctl.h"

#define HD_TOOL_LINE (128u * HD_KIB) /* the longest line, or .non file */
#define HD_TOOL_DRAW (4u * HD_MIB)   /* the largest drawing */
#define HD_TOOL_WHY  512u
#define HD_TOOL_WORD 80u /* of what somebody wrote, where a message repeats it */

struct hd_tool_work {
	const char *name, *usage, *about;
	uint64_t options; /* of HD_CTL_TAKES */
	bool reads;       /* puzzles, of FILE */
	int (*run)(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file);
};

/* By name; NULL ends. */
extern const struct hd_tool_work hd_tool_works[];

int hd_tool_deal(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file);
int hd_tool_solve(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file);
int hd_tool_render(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file);
int hd_tool_convert(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file);
int hd_tool_bench(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file);
int hd_tool_kinds(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file);

/* Of --kind; NULL: said why. */
const struct hd_puzzle_kind *hd_tool_kind(const struct hd_ctl *ctl);
/* Of --params and --tier, for a kind; false: said why. */
bool hd_tool_spec(const struct hd_ctl *ctl, struct hd_puzzle_spec *spec);

/* From here to hd_tool_calm Ctrl-C only makes hd_tool_stopped true. */
void hd_tool_listen(void);
void hd_tool_calm(void);
bool hd_tool_stopped(void);
#define HD_TOOL_INTERRUPTED 130 /* exit code, as shells count */

/* One job at a time, in memory that is kept for the next. */
struct hd_tool_job {
	void *memory;
	size_t size;
};
/* False: Ctrl-C. Ends what it finds in `made` and `solved` at the next call. */
bool hd_tool_make(struct hd_tool_job *job, const struct hd_puzzle_spec *spec, const uint8_t *seed,
		  struct hd_bytes answer, struct hd_puzzle_made *made);
bool hd_tool_solved(struct hd_tool_job *job, const struct hd_puzzle_kind *kind,
		    const struct hd_puzzle_params *params, struct hd_bytes text,
		    enum hd_puzzle_mode mode, struct hd_puzzle_solved *solved);
void hd_tool_job_free(struct hd_tool_job *job);

const char *hd_tool_verdict(enum hd_puzzle_verdict verdict);
/* The tier's name, or that it is beyond all. */
const char *hd_tool_tier(const struct hd_puzzle_kind *kind, uint8_t tier);

/* Rate and time left on stderr, where that is a terminal and stdout is none. */
struct hd_tool_progress {
	bool shown;
	int64_t begun_ms, told_ms;
	uint64_t done;
};
void hd_tool_progress_begin(struct hd_tool_progress *progress);
/* One more; of the whole, `part` of `whole` is read (0 of 0: not known). */
void hd_tool_progress_one(struct hd_tool_progress *progress, uint64_t part, uint64_t whole);
void hd_tool_progress_end(struct hd_tool_progress *progress);

/* Lines of a file, or of stdin (NULL, "-"). */
struct hd_tool_lines {
	int file;
	bool ended, failed;   /* failed: not read to its end */
	uint64_t read, whole; /* bytes; whole 0: not known */
	size_t from, to;      /* of `bytes`: what is not given yet */
	size_t put_back;      /* the last line's, to be given again */
	char bytes[HD_TOOL_LINE];
};
bool hd_tool_lines_open(struct hd_tool_lines *lines, const char *path);
void hd_tool_lines_close(struct hd_tool_lines *lines);
/* The next without its end, until the next call. False: there is none, or Ctrl-C. too_long: cut,
 * the rest is passed over. */
bool hd_tool_lines_next(struct hd_tool_lines *lines, struct hd_bytes *line, bool *too_long);
/* The last line is given again. */
void hd_tool_lines_back(struct hd_tool_lines *lines);

/* One puzzle as it was read. */
struct hd_tool_item {
	const struct hd_puzzle_kind *kind;
	struct hd_puzzle_params params;
	struct hd_bytes text, solution; /* solution empty: none was given */
	bool laid;                      /* there is an overlay */
	struct hd_puzzle_overlay overlay;
	json_t *json; /* the line's, or NULL */
	char why[HD_TOOL_WHY];
	uint8_t bytes[HD_PUZZLE_TEXT_MAX]; /* of a text that came in another form */
	char non[HD_TOOL_LINE];            /* of a .non file */
};

struct hd_tool_reading {
	struct hd_ctl *ctl;
	const struct hd_puzzle_kind *kind; /* --kind, or NULL: lines of JSON name it */
	uint64_t line, errors;
	struct hd_tool_job job;
	struct hd_tool_progress progress;
	struct hd_tool_lines lines;
	struct hd_tool_item item;
	uint8_t draw[HD_TOOL_DRAW];
};

/* What a work does with one puzzle. False: reading->item.why says what is wrong with it, for its
 * line; Ctrl-C is no such thing. */
typedef bool (*hd_tool_each)(struct hd_tool_reading *reading, const struct hd_tool_work *work);

/* Calls `each` for every line of the file; an exit code. */
int hd_tool_read(struct hd_ctl *ctl, const struct hd_tool_work *work, const char *file,
		 hd_tool_each each);
/* Fills `item` from a line. False: item->why. */
bool hd_tool_item_read(struct hd_tool_reading *reading, struct hd_bytes line);
/* Any bytes as text for a message: what is no character, and what no terminal should get, becomes
 * `?`; cut where a character begins, to fit `max` bytes with the 0 behind them. Returns `to`. */
const char *hd_tool_shown(struct hd_bytes bytes, char *to, size_t max);
/* A string of JSON of any bytes: what is no character becomes `?`. Never NULL. */
json_t *hd_tool_string(struct hd_bytes bytes);
/* Fills `item` from an instance in one line, for item->kind. False: item->why. */
bool hd_tool_item_text(struct hd_tool_item *item, struct hd_bytes text);
/* A fact as one line of JSON on stdout; takes it. */
void hd_tool_line(json_t *fact);
/* Sets item.why. Returns false. */
__attribute__((format(printf, 2, 3))) bool hd_tool_wrong(struct hd_tool_item *item,
							 const char *format, ...);

/* The item drawn into reading->draw: as text or as SVG. Solves it where the solution is to be shown
 * and was not given. False: why. */
bool hd_tool_draw(struct hd_tool_reading *reading, bool svg, bool solution, struct hd_bytes *out);
/* What a work made of the item: into a file of --out, or on stdout. False: why. */
bool hd_tool_give(struct hd_tool_reading *reading, const char *form, struct hd_bytes bytes);
bool hd_tool_has_form(const struct hd_puzzle_kind *kind, enum hd_puzzle_form form);
const char *hd_tool_form(enum hd_puzzle_form form);

#endif
