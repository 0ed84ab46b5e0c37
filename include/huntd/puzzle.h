/* puzzle.h - puzzles: made from a seed, proved unique, graded, solved, drawn (PUZZLES.md).
 *
 * A kind of puzzle (sudoku, nonogram, ...) is one constant row of functions, `struct
 * hd_puzzle_kind`; nothing outside core/puzzle knows a kind by name. An instance is its text and
 * nothing else (INTERFACE, the table under `huntctl puzzle`), and so is its solution: what is
 * stored, sent, hashed and checked is those bytes.
 *
 * Work that may take long is a job in the caller's memory, run by steps of bounded fuel. Fuel
 * decides when a step returns, never what it finds: bytes, tier and verdict are the same for any
 * fuel, build and machine. What gives up is counted in the algorithm's own nodes, and belongs to
 * its version. All of it is pure: no clock, no globals, no allocation.
 *
 *   seed (32 bytes) --make--> text + solution --solve--> none | unique | many | budget
 *                                    |
 *                                    +--overlay(answer)--> letters with cells: who has the solution
 *                                                          reads the answer
 *
 * Two families. In the one (`around_answer` false) an instance is a base that knows of no answer,
 * taken from a pool; its answer is laid over it as it is dealt. In the other (cryptogram,
 * wordsearch) the instance is built around its answer.
 *
 * Making is by tries: try t of a seed makes at most one candidate and throws it away where it
 * misses the tier. (seed, t) of the one that hit makes it again at the cost of one try. */
#ifndef HUNTD_PUZZLE_H
#define HUNTD_PUZZLE_H

#include "huntd/bytes.h"
#include "huntd/limits.h"

#define HD_PUZZLE_SEED  32u
#define HD_PUZZLE_GIVEN 0x80u /* of a digit: everyone sees it, so it may turn no letter */

/* What a document or a line of arguments asks of a kind: the sizes, and which sort of it. */
struct hd_puzzle_params {
	uint16_t width, height; /* cells; cryptogram: letters, and 0 */
	uint8_t variant;        /* the kind's own: sudoku's 3x3, 3x3x, 9j */
};

enum hd_puzzle_verdict {
	HD_PUZZLE_NONE,
	HD_PUZZLE_UNIQUE,
	HD_PUZZLE_MANY,
	HD_PUZZLE_BUDGET, /* not known: the search was given up. Never to be taken for unique */
};

enum hd_puzzle_state {
	HD_PUZZLE_PENDING,
	HD_PUZZLE_READY,
	HD_PUZZLE_MISSED, /* making: this try made none */
};

/* How hard it is for who reasons as people do. */
struct hd_puzzle_rating {
	uint8_t tier;   /* index of the kind's `tiers`; tiers_count: beyond all of them */
	uint32_t steps; /* deductions */
	uint32_t nodes; /* guesses that the search had to make */
};

enum hd_puzzle_mode {
	HD_PUZZLE_COUNT, /* to two: the verdict, and the solution where it is unique */
	HD_PUZZLE_GRADE, /* the same and the rating */
	HD_PUZZLE_HINT,  /* the same and the next step that a person would find, in words */
};

/* Borrowed from the job. */
struct hd_puzzle_made {
	struct hd_bytes text, solution;
	struct hd_puzzle_rating rating;
	uint32_t try;
};

struct hd_puzzle_solved {
	enum hd_puzzle_verdict verdict;
	struct hd_bytes solution; /* unique, and of many the first; else empty */
	struct hd_puzzle_rating rating;
	struct hd_bytes hint; /* one line of text */
};

struct hd_puzzle_kind;
struct hd_puzzle_overlay;

/* What to make. */
struct hd_puzzle_spec {
	const struct hd_puzzle_kind *kind;
	struct hd_puzzle_params params;
	uint8_t tier; /* index of kind->tiers */
};

/* What one try is made of. */
struct hd_puzzle_order {
	struct hd_puzzle_spec spec;
	uint8_t seed[HD_PUZZLE_SEED]; /* of this try: streams are drawn from it
				       * (core/puzzle/stream.h)
				       */
	struct hd_bytes answer; /* around_answer: HD_PHRASE_MIN..MAX letters A-Z; else empty */
};

/* The most that an instance of these params takes; none is above its limit of limits.h. */
struct hd_puzzle_sizes {
	uint32_t text, solution; /* bytes: HD_PUZZLE_TEXT_MAX, HD_PUZZLE_SOLUTION_MAX */
	uint32_t make, solve;    /* bytes of the kind's own state: HD_PUZZLE_WORK_MAX */
};

enum hd_puzzle_form {                     /* other ways to write an instance */
		      HD_PUZZLE_FORM_SGT, /* `params:desc` of Simon Tatham's collection */
		      HD_PUZZLE_FORM_81,  /* sudoku: 81 characters */
		      HD_PUZZLE_FORM_NON, /* nonogram: the .non format */
		      HD_PUZZLE_FORM_COUNT
};

/* One row a kind; core/puzzle/README.md says how to add one. Messages are static, without a dot:
 * what is wrong, and what is allowed. Text that comes from outside goes through `check` first;
 * every other function may assert that it did. `work`: sizes.make or sizes.solve bytes, aligned
 * to 64. */
struct hd_puzzle_kind {
	const char *name;  /* as in documents */
	const char *about; /* one line for people */
	const char *rule;  /* what is to be done, for who has only the page: sentences, printed with
			    * every drawing
			    */
	const char
		*params_form; /* what params are allowed, for messages: "WxH from 5x5 to 62x62" */
	const char *defaults; /* params where none are given */
	const char *const *tiers; /* easiest first */
	uint8_t tiers_count;      /* 3..HD_PUZZLE_TIERS_MAX */
	uint8_t levels[3];        /* which tiers `easy`, `medium` and `hard` mean */
	uint16_t algorithm;       /* version; part of every seed. Output never changes under one:
				   * another is another row of the same name
				   */
	bool around_answer;
	/* The overlay: a letter is turned by `digits` cells, each a digit of base `base`, highest
	 * first. Both 0 where the kind is built around its answer. */
	uint8_t digits, base;
	const char *digit; /* what a cell's digit is, for people: "black is 1, white 0" */

	/* NULL: taken. */
	const char *(*params_read)(struct hd_bytes text, struct hd_puzzle_params *params);
	void (*params_write)(const struct hd_puzzle_params *params, struct hd_writer *out);
	/* NULL: instances of these params and tier can be made (small ones may lack hard tiers). */
	const char *(*params_deny)(const struct hd_puzzle_params *params, uint8_t tier);
	void (*sizes)(const struct hd_puzzle_params *params, struct hd_puzzle_sizes *sizes);
	/* ns of one core that 99 of 100 makings stay under (all tries), measured; the scheduler's.
	 */
	uint64_t (*make_ns)(const struct hd_puzzle_params *params, uint8_t tier);

	void (*make_begin)(void *work, const struct hd_puzzle_order *order);
	/* Takes from *fuel what it used, and may take a little more than there was. */
	enum hd_puzzle_state (*make_step)(void *work, int64_t *fuel);
	void (*make_take)(void *work, struct hd_puzzle_made *made); /* after READY; not `try` */

	/* Whether it is well formed; sets its params. NULL: it is. Linear time. */
	const char *(*check)(struct hd_bytes text, struct hd_puzzle_params *params);
	void (*solve_begin)(void *work, struct hd_bytes text, enum hd_puzzle_mode mode);
	enum hd_puzzle_state (*solve_step)(void *work, int64_t *fuel); /* PENDING or READY */
	void (*solve_take)(void *work, struct hd_puzzle_solved *solved);

	/* Whether `solution`, any bytes, obeys every rule. Time linear in the cells (cryptogram: in
	 * the letters); shares no code with the solver. */
	bool (*verify)(struct hd_bytes text, struct hd_bytes solution);

	/* The digit of every cell (0..base-1), rows from the top: width * height bytes; of a cell
	 * that the instance prints (sudoku's givens), | HD_PUZZLE_GIVEN: overlays keep off them.
	 * NULL where around_answer. */
	void (*digits_of)(struct hd_bytes text, struct hd_bytes solution, uint8_t *digits);
	/* The answer that stands in the solution of an instance built around it, HD_PHRASE_MAX
	 * bytes, from what a solver has; its length. NULL where the overlay says it. */
	uint32_t (*answer_of)(struct hd_bytes text, struct hd_bytes solution, uint8_t *answer);

	/* Bit f: the form is known. A reader gives NULL or what is wrong; the result is still to be
	 * checked. `in` of .non may have several lines. */
	uint8_t forms;
	const char *(*form_read)(enum hd_puzzle_form form, struct hd_bytes in,
				 struct hd_writer *out);
	void (*form_write)(enum hd_puzzle_form form, struct hd_bytes text, struct hd_writer *out);

	/* For people: lines of text, and SVG to be printed and played on. solution: empty, or to be
	 * shown. `overlay` may be NULL (core/puzzle/draw.h has the shared pieces). */
	void (*draw_text)(struct hd_bytes text, struct hd_bytes solution, struct hd_writer *out);
	void (*draw_svg)(struct hd_bytes text, struct hd_bytes solution,
			 const struct hd_puzzle_overlay *overlay, struct hd_writer *out);
};

/* Kinds. */

/* By number, for ever; NULL ends. Rows of one name are versions of its algorithm. */
extern const struct hd_puzzle_kind *const hd_puzzle_kinds[];
/* The newest version: what new documents deal, and people mean. NULL: none. */
const struct hd_puzzle_kind *hd_puzzle_kind(struct hd_bytes name);
/* The very version that a document or a log fixed. NULL: none. */
const struct hd_puzzle_kind *hd_puzzle_kind_of(struct hd_bytes name, uint16_t algorithm);
uint32_t hd_puzzle_kind_number(const struct hd_puzzle_kind *kind);
/* A tier by its own name or by easy, medium, hard. False: neither. */
bool hd_puzzle_tier(const struct hd_puzzle_kind *kind, struct hd_bytes name, uint8_t *tier);

/* Seeds (DESIGN 7). Keyed BLAKE2b-256 of the fields; `secret`: 32 bytes. */

/* Of a hunt, from the server's. */
void hd_puzzle_hunt_secret(const uint8_t *server, struct hd_bytes hunt, uint8_t secret[32]);
/* Of base j, from the server's; of deal d, from the hunt's. */
void hd_puzzle_base_seed(const uint8_t *server, const struct hd_puzzle_spec *spec, uint64_t j,
			 uint8_t seed[HD_PUZZLE_SEED]);
void hd_puzzle_deal_seed(const uint8_t *hunt, uint32_t challenge, const struct hd_puzzle_spec *spec,
			 uint64_t d, uint8_t seed[HD_PUZZLE_SEED]);

/* Which phrase of `count` deal d has: a keyed permutation (Feistel, walked until it is inside), so
 * that no two deals below `count` have the same; past it d mod count. And back: the deal below
 * `count` that has phrase `index`. hunt: the hunt's secret. */
uint32_t hd_puzzle_phrase_of(const uint8_t *hunt, uint32_t challenge, uint32_t count, uint64_t d);
uint32_t hd_puzzle_phrase_deal(const uint8_t *hunt, uint32_t challenge, uint32_t count,
			       uint32_t index);

/* Phrases: what answers are drawn from. A list is the built-in one of some version, or a document's
 * own, sorted, as `ascii` normalises it. */
struct hd_phrases {
	uint16_t version; /* of the built-in list; 0: `own` */
	uint32_t count;
	const struct hd_bytes *own;
};
#define HD_PHRASES_VERSION 1u /* the newest built-in list */
/* False: this binary has no list of that version. */
bool hd_phrases_builtin(uint16_t version, struct hd_phrases *phrases);
/* Letters A-Z without a space; HD_PHRASE_MAX bytes; the size. */
uint32_t hd_phrases_at(const struct hd_phrases *phrases, uint32_t index, uint8_t *phrase);
/* As `ascii` normalises it. False: not in the list. */
bool hd_phrases_find(const struct hd_phrases *phrases, struct hd_bytes normal, uint32_t *index);

/* Jobs. A job is hd_puzzle_job_size bytes of the caller's, aligned to 64; nothing is to be freed.
 */
struct hd_puzzle_job;

size_t hd_puzzle_make_size(const struct hd_puzzle_spec *spec);
/* Tries from `first_try` on, at most `tries` of them. answer: as in hd_puzzle_order. */
struct hd_puzzle_job *hd_puzzle_make(void *memory, const struct hd_puzzle_spec *spec,
				     const uint8_t seed[HD_PUZZLE_SEED], uint32_t first_try,
				     uint32_t tries, struct hd_bytes answer);
size_t hd_puzzle_solve_size(const struct hd_puzzle_kind *kind,
			    const struct hd_puzzle_params *params);
/* text: checked, and there until the job ends. */
struct hd_puzzle_job *hd_puzzle_solve(void *memory, const struct hd_puzzle_kind *kind,
				      struct hd_bytes text, enum hd_puzzle_mode mode);
/* One unit of fuel is at most some microseconds, and a step uses one at least. MISSED: all tries
 * missed. */
enum hd_puzzle_state hd_puzzle_step(struct hd_puzzle_job *job, int64_t fuel);
void hd_puzzle_made(struct hd_puzzle_job *job, struct hd_puzzle_made *made);
void hd_puzzle_solved(struct hd_puzzle_job *job, struct hd_puzzle_solved *solved);

/* The overlay. Answer letter = printed letter moved on in A-Z by the number that its cells spell,
 * modulo 26. Cells are drawn by the deal's seed, without repeats where the grid has enough
 * (never within one letter), and none that the instance prints. */
struct hd_puzzle_mark {
	uint8_t letter; /* printed */
	uint8_t cells_count;
	struct {
		uint16_t row, column; /* from 0 */
	} cells[HD_PUZZLE_DIGITS_MAX];
};
struct hd_puzzle_overlay {
	uint32_t count; /* letters of the answer */
	struct hd_puzzle_mark marks[HD_PHRASE_MAX];
};
/* digits: kind->digits_of's. */
void hd_puzzle_overlay_make(const struct hd_puzzle_spec *spec, const uint8_t seed[HD_PUZZLE_SEED],
			    struct hd_bytes answer, const uint8_t *digits,
			    struct hd_puzzle_overlay *overlay);
/* What it says: HD_PHRASE_MAX bytes, the size. */
uint32_t hd_puzzle_overlay_read(const struct hd_puzzle_kind *kind,
				const struct hd_puzzle_params *params,
				const struct hd_puzzle_overlay *overlay, const uint8_t *digits,
				uint8_t *answer);

/* INTERFACE's JSON of an instance, rows and columns from 0; overlay NULL: built around its answer
 * (an empty list). */
void hd_puzzle_json(const struct hd_puzzle_spec *spec, struct hd_bytes text,
		    const struct hd_puzzle_overlay *overlay, struct hd_writer *out);

#endif
