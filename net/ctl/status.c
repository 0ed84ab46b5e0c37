/* status: the server's facts, with rates over a moment. */
#include <unistd.h>

#include "net/ctl/rates.h"

#define MOMENT_US 300000

int
hd_ctl_status(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	json_t *before = hd_ctl_info(ctl, false);
	if (before)
		usleep(MOMENT_US);
	json_t *after = before ? hd_ctl_info(ctl, false) : NULL;
	json_t *facts = after ? hd_ctl_facts(before, after) : NULL;
	json_decref(before);
	json_decref(after);
	return facts ? hd_ctl_print(ctl, facts) : HD_EXIT_FAILED;
}
