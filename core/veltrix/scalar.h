/* scalar.h - the typed forms of a document's texts.
 *
 *   integer    decimal, sign allowed, the whole text, inside i64
 *   duration   an integer and one unit: ns us ms s m h d w; above 0, at most 100 years
 *   time       RFC 3339 with `Z` or an offset, 1970 to 2261; `T` or one space between date and time
 *
 * All give false where the text is something else; nothing is rounded, a fraction of a second
 * beyond nanoseconds is refused. */
#ifndef HUNTD_CORE_VELTRIX_SCALAR_H
#define HUNTD_CORE_VELTRIX_SCALAR_H

#include "huntd/bytes.h"

bool hd_scalar_integer(struct hd_bytes text, int64_t *value);
bool hd_scalar_duration(struct hd_bytes text, int64_t *ns);
bool hd_scalar_time(struct hd_bytes text, int64_t *ns);

#endif
