/* version.h - what this build is: release and commit, as --version, HELLO and INFO show it. */
#ifndef HUNTD_NET_CONFIG_VERSION_H
#define HUNTD_NET_CONFIG_VERSION_H

const char *hd_version(void); /* "0.1.0" */
const char *hd_commit(void);  /* "8c1f0a9be2d1", or "unknown" outside a checkout */

#endif
