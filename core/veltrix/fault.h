/* fault.h - saying what is wrong with a document, and where.
 *
 * A `struct hd_check` walks with the checker: the faults found so far, and the path to the node
 * that is being looked at. Texts are made from a format with five marks, all bounded, none able to
 * carry a control character of the document into a terminal:
 *
 *   %s  const char *                         a text of ours
 *   %q  struct hd_bytes                      quoted as `text`, escaped, cut after HD_QUOTED_MAX
 *   %b  struct hd_bytes                      the same without the quotes
 *   %d  int64_t
 *   %n  const struct hd_node *               `text`, "a list", "a map" or "nothing" */
#ifndef HUNTD_CORE_VELTRIX_FAULT_H
#define HUNTD_CORE_VELTRIX_FAULT_H

#include <stdarg.h>

#include "huntd/document.h"

#define HD_QUOTED_MAX 48u

struct hd_check {
	const struct hd_document *document;
	struct hd_faults *faults;
	char path[sizeof((struct hd_fault *)0)->path];
	uint32_t path_size;
};

/* Path segments; `mark` is what hd_check_leave goes back to. */
uint32_t hd_check_enter_key(struct hd_check *check, const char *key);
uint32_t hd_check_enter_item(struct hd_check *check, uint32_t index);
void hd_check_leave(struct hd_check *check, uint32_t mark);

/* A fault at the value of `node`, or (hd_fault_key) at its key. */
void hd_fault(struct hd_check *check, const struct hd_node *node, const char *format, ...);
void hd_fault_key(struct hd_check *check, const struct hd_node *node, const char *format, ...);

/* By position, those of one position in the order they were found. */
void hd_faults_sort(struct hd_faults *faults);

#endif
