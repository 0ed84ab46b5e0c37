/* status: the server's facts, with rates over a moment; and its clock. */
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

int
hd_ctl_clock_accept(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	json_t *reply = HD_CTL_ASK(ctl, "CONFIG", "SET", "clock", "accept");
	if (reply == NULL)
		return HD_EXIT_FAILED;
	json_decref(reply);
	return hd_ctl_print(ctl, json_pack("{s:s}", "clock", "accepted"));
}
