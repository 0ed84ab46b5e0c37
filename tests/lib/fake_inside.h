/* fake_inside.h - what the files of the fake io share. */
#ifndef HUNTD_TESTS_FAKE_INSIDE_H
#define HUNTD_TESTS_FAKE_INSIDE_H

#include "tests/lib/fake_io.h"

void fake_reserve(struct fake_file *file, uint64_t size);
void fake_drop_queue(struct fake_io *fake);
void fake_keep_name(struct fake_file *file); /* as a sync of its directory does */

/* Does what was queued, and says what it came to. */
int32_t fake_perform(struct fake_io *fake, const struct fake_request *request);

#endif
