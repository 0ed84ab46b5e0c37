/* options.h - the command line: every source of settings put together, weakest first, and the
 * options that ask for something else than serving (--help, --version, --print-config,
 * --check-config,
 * --print-topology). */
#ifndef HUNTD_NET_CONFIG_OPTIONS_H
#define HUNTD_NET_CONFIG_OPTIONS_H

#include "net/config/config.h"

/* Fills `config`. Below 0: serve by it; else the exit code with which to end: what was asked for is
 * printed, or what is wrong. */
int hd_options_read(struct hd_config *config, int argc, char **argv);

#endif
