#include <stdio.h>
#include <unistd.h>

#include "huntd/assert.h"
#include "huntd/error.h"

/* _exit, not exit: nothing of a state that nobody understands is written by a destructor. */
_Noreturn void
hd_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "huntd: invariant failed: %s at %s:%d; this is a bug in huntd\n", condition,
		file, line);
	_exit(HD_EXIT_INVARIANT);
}
