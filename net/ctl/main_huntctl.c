/* huntctl - the operator's tool. */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/ctl/ctl.h"

int
main(int argc, char **argv)
{
	struct hd_ctl ctl = {0};
	const char *quiet = getenv("NO_COLOR");
	setlocale(LC_CTYPE, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	ctl.colour = isatty(STDOUT_FILENO) && !(quiet && *quiet);
	int code = hd_ctl_main(&ctl, argc, argv);
	hd_client_close(ctl.client);
	return code;
}
