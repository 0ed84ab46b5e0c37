/* doc.h - the text of a document, YAML or JSON, as the tree of nodes of document.h.
 *
 * Both are read by libyaml's event parser: JSON is YAML but for surrogate escapes and tabs, which
 * are mended before (a text is JSON where its first character is `{` or `[`). Every scalar stays
 * text: `no` is two letters, 007 keeps its noughts, until a schema asks for more. Positions count
 * from 1; a column counts characters of the text as it was written.
 *
 * Refused with a position: what is not YAML; a second document; anchors, aliases, tags; keys that
 * are no scalars; a key twice in one map; depth over HD_DOCUMENT_DEPTH_MAX; size over
 * HD_DOCUMENT_MAX. */
#ifndef HUNTD_NET_DOC_DOC_H
#define HUNTD_NET_DOC_DOC_H

#include "huntd/document.h"

/* The tree and the memory behind it; the text that it came from may go. */
struct hd_doc {
	struct hd_document document;
	void *memory; /* own */
};

/* Reads `text` and adds what is wrong to `faults`. True: the tree is whole and can be checked
 * further, even where faults were added (hd_veltrix_compile refuses while there are any). False:
 * there is no tree. Either way hd_doc_free gives back what was taken. */
bool hd_doc_read(struct hd_bytes text, struct hd_doc *doc, struct hd_faults *faults);

/* Takes a zeroed one, too. */
void hd_doc_free(struct hd_doc *doc);

/* One fault as a line without its end: `file:line:column: path: what`; `file` may be NULL. Cut to
 * `size` - 1 characters; returns the line's length. */
#define HD_DOC_LINE_MAX 1024u
uint32_t hd_doc_fault_line(const char *file, const struct hd_fault *fault, char *out,
			   uint32_t size);

#endif
