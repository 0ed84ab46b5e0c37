/* regex.h - regex answers: compiled once with the document, matched in full and in linear time.
 *
 * A pattern becomes a program of at most HD_REGEX_MAX steps (Thompson, "Regular expression search
 * algorithm", 1968) that is run in lock step over the text (Pike's virtual machine without
 * captures): steps times characters at worst, never backtracking, a fixed stack.
 *
 * Known: literals, `.`, `[a-z]`, `[^a-z]`, `\d \w \s \D \W \S`, groups, `|`, `? * + {m} {m,}
 * {m,n}`, a backslash before punctuation, `\t \n \r`. The whole text must match, so there is no `^`
 * and `$`.
 *
 * A pattern is folded like the answers it will see: each literal stands for its own normal form
 * (`e-mail` in `letters` is EMAIL), letters of a class likewise. In `exact` all is bytes and a
 * class holds ASCII only. The program, not the pattern, stands in a definition's encoding. */
#ifndef HUNTD_CORE_VELTRIX_REGEX_REGEX_H
#define HUNTD_CORE_VELTRIX_REGEX_REGEX_H

#include "huntd/bytes.h"
#include "huntd/definition.h"

#define HD_REGEX_RANGES_MAX 1024u /* of all classes of one program together */
#define HD_REGEX_DEPTH_MAX  16u   /* groups inside groups */

enum hd_regex_op {
	HD_REGEX_CLASS,  /* a: first range, b: ranges; one character in any of them, then the next
			    step */
	HD_REGEX_UNLESS, /* the same, one character in none of them */
	HD_REGEX_SPLIT,  /* a, b: go on at both, relative to this step */
	HD_REGEX_JUMP,   /* a: relative to this step */
	HD_REGEX_MATCH,  /* the last step */
};

struct hd_regex_step {
	uint8_t op; /* enum hd_regex_op */
	int16_t a, b;
};

/* Code points low..high; or a property: low = HD_REGEX_PROPERTY + enum, high the same. */
struct hd_regex_range {
	uint32_t low, high;
};

#define HD_REGEX_PROPERTY 0x200000u
enum hd_regex_property { HD_REGEX_DIGIT, HD_REGEX_WORD, HD_REGEX_SPACE, HD_REGEX_NOT = 4 };

struct hd_regex {
	bool bytes; /* characters are bytes, not code points */
	uint16_t steps_count, ranges_count;
	const struct hd_regex_step *steps;
	const struct hd_regex_range *ranges;
};

/* Where a program is built: caller's memory, about 14 KiB. */
struct hd_regex_draft {
	bool bytes;
	uint16_t steps_count, ranges_count;
	struct hd_regex_step steps[HD_REGEX_MAX];
	struct hd_regex_range ranges[HD_REGEX_RANGES_MAX];
};

/* NULL: compiled into `draft`. Else a static text, why not; `where` is the byte of the pattern. */
const char *hd_regex_compile(enum hd_profile profile, struct hd_bytes pattern,
			     struct hd_regex_draft *draft, uint32_t *where);

/* The program of a finished draft, borrowing from it. */
struct hd_regex hd_regex_of(const struct hd_regex_draft *draft);

/* True where the whole of `text` (a normal form) matches. */
bool hd_regex_match(const struct hd_regex *regex, struct hd_bytes text);

void hd_regex_write(const struct hd_regex *regex, struct hd_writer *out);

/* Reading: first the counts, then the program into arrays of these sizes (both NULL: only checked).
 * What is no sound program sets `in->bad`. */
void hd_regex_read_counts(struct hd_reader *in, struct hd_regex *regex);
void hd_regex_read_program(struct hd_reader *in, struct hd_regex *regex,
			   struct hd_regex_step *steps, struct hd_regex_range *ranges);

#endif
