/* data_dir.h - the data directory: who owns it, and what it was made with.
 *
 *   huntd.lock   flock()ed while a huntd runs on the directory; holds its pid
 *   huntd.meta   three lines of text: `format 1`, `shards N`, `uuid HEX`
 *   shard-NN/    the log of one shard
 *
 * Read and locked by the main thread before any thread and any io exist, hence with plain system
 * calls: the one place in shard/ that knows files otherwise than through io.h. */
#ifndef HUNTD_SHARD_DATA_DIR_H
#define HUNTD_SHARD_DATA_DIR_H

#include "huntd/error.h"
#include "huntd/limits.h"

#include <stdbool.h>

#define HD_DATA_FORMAT 1u

struct hd_data_dir {
	int lock; /* file descriptor */
	unsigned shards;
	char path[512];
};

/* Makes the directory if absent, locks it, and reads or writes huntd.meta.
 *   asked    shards asked for; 0: whatever the directory has, else `otherwise`
 *   random   32 bytes: a new directory's uuid
 * HD_EXIT_OK, or the exit code with one line in `message`. */
enum hd_exit hd_data_dir_open(struct hd_data_dir *dir, const char *path, unsigned asked,
			      unsigned otherwise, const uint8_t random[32], char *message,
			      unsigned room);
void hd_data_dir_close(struct hd_data_dir *dir);

/* The folder of one shard's log. */
void hd_data_dir_log(const struct hd_data_dir *dir, unsigned shard, char *out, unsigned room);

#endif
