/* document.h - a document as a tree of nodes, and what is wrong with it.
 *
 * net/doc reads YAML or JSON into nodes; every scalar stays text until the schema types it (so
 * there is no "Norway problem"). core/veltrix checks the tree against its schema, lists every
 * fault, and compiles. Nodes live in one caller's array; index 0 is the root; `next` and `first`
 * are indexes, 0 for none. A map's children are its values, each with its key. */
#ifndef HUNTD_DOCUMENT_H
#define HUNTD_DOCUMENT_H

#include "huntd/bytes.h"
#include "huntd/limits.h"

enum hd_node_kind { HD_NODE_SCALAR, HD_NODE_LIST, HD_NODE_MAP };

struct hd_node {
	uint8_t kind;                  /* enum hd_node_kind */
	bool quoted;                   /* a quoted or block scalar: always text */
	uint32_t line, column;         /* from 1: of the value */
	uint32_t key_line, key_column; /* of the key, in a map */
	uint32_t first, next, count;
	struct hd_bytes key;  /* in a map */
	struct hd_bytes text; /* scalar */
};

struct hd_document {
	const struct hd_node *nodes;
	uint32_t count;
};

/* One fault: printed as `file:line:column: path: what is wrong, what is allowed`. */
struct hd_fault {
	uint32_t line, column;
	char path[128]; /* challenges[2].points */
	char what[256]; /* "points must be an integer from 0 to ...; got `ten`" */
};

struct hd_faults {
	struct hd_fault row[HD_FAULTS_MAX];
	uint32_t count;   /* rows filled */
	uint32_t skipped; /* faults beyond them */
};

/* Checks `document` as the next version of a hunt and compiles it.
 *   name      the name it is put under; the document's `hunt:` must equal it
 *   previous  encoding of the version in force, empty for none: numbers are carried on from it, and
 *             what may not change between versions is checked against it
 *   version   the version this becomes
 *   out       receives the encoding; `full` set where it does not fit (then a fault says so)
 * True: compiled. False: `faults` lists everything that is wrong; nothing else happened. */
bool hd_veltrix_compile(const struct hd_document *document, struct hd_bytes name,
			struct hd_bytes previous, uint32_t version, struct hd_writer *out,
			struct hd_faults *faults);

/* `hunt:` of a document, for callers that were given no name; empty where there is none. */
struct hd_bytes hd_veltrix_name(const struct hd_document *document);

#endif
