/* mend.h - the two things of JSON that YAML does not take: surrogate pairs (\ud83d\ude00) become
 * YAML's one escape (\U0001F600), and tabs between values become spaces.
 *
 * The escape is two characters shorter, so columns behind it are counted back: `mends` remembers
 * where each stands in the mended text. */
#ifndef HUNTD_NET_DOC_MEND_H
#define HUNTD_NET_DOC_MEND_H

#include "huntd/bytes.h"

struct hd_mend {
	uint32_t line, column; /* of the character after the escape, from 0, in the mended text */
	uint32_t before;       /* mends on this line up to here */
};

struct hd_mended {
	uint8_t *text; /* own; NULL: not JSON, nothing was mended */
	uint32_t size;
	struct hd_mend *mends; /* own */
	uint32_t mends_count;
};

/* False: out of memory. */
bool hd_mend_json(struct hd_bytes text, struct hd_mended *mended);
void hd_mend_free(struct hd_mended *mended);

/* The column of the original text; line and column from 0. */
uint32_t hd_mend_column(const struct hd_mended *mended, uint32_t line, uint32_t column);

#endif
