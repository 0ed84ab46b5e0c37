/* process.h - what the kernel knows of this process, as Prometheus' client libraries show it. */
#ifndef HUNTD_NET_HTTP_PROCESS_H
#define HUNTD_NET_HTTP_PROCESS_H

#include <stdint.h>

struct hd_process {
	uint64_t cpu_ns; /* of all threads, user's and kernel's */
	uint64_t resident_bytes, virtual_bytes;
	uint64_t fds, fds_max;
};

/* Asks the kernel, from memory only: /proc. What it does not tell stays 0. */
void hd_process_read(struct hd_process *process);

#endif
