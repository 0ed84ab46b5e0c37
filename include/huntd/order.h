/* order.h - hunt-wide orders: the only changes that every shard makes alike.
 *
 * Shard 0 numbers them 1, 2, 3, ...; the number is the epoch. Each shard logs the order whole, as
 * an ORDER event, and applies it. Order 1 is always SECRET. An order's body is one of:
 *
 *   kind      fields
 *   SECRET    32 random bytes, drawn once by net/: the key of every keyed hash
 *   DOCUMENT  name, version, source (file name or empty), text, definition (definition.h encoding)
 *   PHASE     hunt id, phase: the operator's override
 *   SETTING   name, value (signed): a setting that apply depends on (`ids_max`, `ids_age` in ns) */
#ifndef HUNTD_ORDER_H
#define HUNTD_ORDER_H

#include "huntd/bytes.h"

enum hd_order_kind {
	HD_ORDER_SECRET = 1,
	HD_ORDER_DOCUMENT = 2,
	HD_ORDER_PHASE = 3,
	HD_ORDER_SETTING = 4,
};

/* BEFORE -> OPEN -> FROZEN -> CLOSED by schedule; an operator may name any but BEFORE. */
#define HD_PHASES(X)                                                                               \
	X(BEFORE, "before")                                                                        \
	X(OPEN, "open")                                                                            \
	X(FROZEN, "frozen")                                                                        \
	X(CLOSED, "closed")

enum hd_phase {
#define X(symbol, name) HD_PHASE_##symbol,
	HD_PHASES(X)
#undef X
};

const char *hd_phase_name(enum hd_phase phase);

struct hd_order {
	uint8_t kind;         /* enum hd_order_kind */
	uint8_t phase;        /* PHASE */
	uint32_t version;     /* DOCUMENT: the version this becomes; first is 1 */
	int64_t value;        /* SETTING */
	struct hd_bytes name; /* DOCUMENT, PHASE, SETTING */
	struct hd_bytes source, text, definition; /* DOCUMENT; SECRET: text = 32 bytes */
};

void hd_order_encode(const struct hd_order *order, struct hd_writer *out);

/* Byte fields borrow from `body`. False: not an order. */
bool hd_order_decode(struct hd_bytes body, struct hd_order *order);

#endif
