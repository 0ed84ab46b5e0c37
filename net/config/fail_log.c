#include <stdio.h>
#include <unistd.h>

#include "huntd/error.h"
#include "huntd/log.h"

/* What was not flushed was not acknowledged: the next start reads what the disk really holds. */
_Noreturn void
hd_log_failed(const char *message)
{
	fprintf(stderr,
		"huntd: storage failed: %s; nothing acknowledged is lost, mend the disk and start "
		"again\n",
		message);
	_exit(HD_EXIT_STORAGE);
}
