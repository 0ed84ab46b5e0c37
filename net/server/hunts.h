/* hunts.h - documents as control needs them: compiled from text, and read from the --hunts folder.
 */
#ifndef HUNTD_NET_SERVER_HUNTS_H
#define HUNTD_NET_SERVER_HUNTS_H

#include "huntd/bytes.h"

/* Reads and compiles `text` as version `version` of `name` (empty: the document's own). False:
 * `message` has every fault, `file:line:column: path: what`, joined by " | ". */
bool hd_hunts_compile(struct hd_bytes name, struct hd_bytes text, struct hd_bytes previous,
		      uint32_t version, struct hd_writer *out, char *message, uint32_t room);

/* The files of a folder that end in .yaml, .yml or .json, in byte order of their names. */
struct hd_hunts {
	char folder[256];
	char **names;
	uint32_t count;
	bool absent;   /* there is no such folder */
	uint8_t *text; /* of the file last read */
};

/* A folder that is not there holds no files. False: it cannot be read; errno says why. */
bool hd_hunts_open(struct hd_hunts *hunts, const char *folder);
void hd_hunts_close(struct hd_hunts *hunts);

/* The n-th file, n below count: its name and text, until the next call. False: it cannot be read or
 * is over HD_DOCUMENT_MAX; text.at is NULL, and `message` says which, as a fault at 1:1. */
bool hd_hunts_file(struct hd_hunts *hunts, uint32_t n, struct hd_bytes *source,
		   struct hd_bytes *text, char *message, uint32_t room);

#endif
