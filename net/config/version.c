#include "net/config/version.h"

const char *
hd_version(void)
{
	return HUNTD_VERSION;
}

const char *
hd_commit(void)
{
	return HUNTD_COMMIT[0] ? HUNTD_COMMIT : "unknown";
}
