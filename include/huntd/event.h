/* event.h - what did happen.
 *
 * An event is a fact: durable, never refused, applied in order, again at every replay. It names
 * hunts by the number that their first ORDER gave them (the same in every log) and entrants by
 * their id bytes; it holds no pointer, no shard-local number and no text to be parsed.
 *
 * Encoding (core/wire): the frame carries {length, type, stamp delta}; the body starts with a byte
 * of HD_EVENT_HAS_* flags, then the fields of the type's row, then the flagged ones. A type's
 * number is for ever; a new meaning is a new type.
 *
 * What is encoded is what the row and the flags name, so these must be set when a field is: encode
 * asserts that nothing would be lost. `outcome` is encoded where the row names it and with every
 * id; an event without both decodes with outcome 0, whatever it was. */
#ifndef HUNTD_EVENT_H
#define HUNTD_EVENT_H

#include "huntd/bytes.h"
#include "huntd/reply.h"

#define HD_EVENTS(X)                                                                               \
	X(ORDER, 1, "order")     /* order = n, text = order body (order.h) */                      \
	X(DONE, 2, "done")       /* order = n: shard 0 has the last answer to ORDER n */           \
	X(PHASE, 3, "phase")     /* hunt, value = enum hd_phase: a scheduled hour has come */      \
	X(WINDOW, 4, "window")   /* hunt, number = board, value = window number that begins */     \
	X(JOINED, 5, "joined")   /* hunt, entrant, text = name, extra = bracket id */              \
	X(AWARDED, 6, "awarded") /* hunt, entrant, op, points and sub = changes, text = reason */  \
	X(JUDGED, 7,                                                                               \
	  "judged") /* hunt, entrant, number = challenge, outcome, points, text = answer, extra =  \
		       normalised guess hash (8 bytes) of wrong and partial, by */                 \
	X(HINTED, 8, "hinted") /* hunt, entrant, number = challenge, value = n, points = -cost */  \
	X(ANSWERED, 9, "answered") /* hunt, entrant, outcome, points, value = score, detail: an    \
				      outcome with an id that changed nothing else */              \
	X(WANT, 10, "want")   /* hunt, entrant, number = challenge, text = answer, by, id: E asks  \
				 H; open until the GRANTED or VOIDED whose value is its stamp */   \
	X(GRANT, 11, "grant") /* hunt, entrant, number = challenge, value = ordinal from 1,        \
				 points: what H gave, once per challenge and entrant; at H */      \
	X(GRANTED, 12, "granted") /* hunt, entrant, number = challenge, outcome = correct or       \
				     gone, points, value = the WANT's stamp, 0 where E did not     \
				     ask, order = ordinal (correct) or the version H judged by     \
				     (gone), text = answer, by, id: a JUDGED that H decided */     \
	X(VOIDED, 13, "voided")   /* hunt, entrant, number = challenge, value = the WANT's stamp:  \
				     H knows a version without the challenge; nothing changed */   \
	X(SKIPPED, 14, "skipped") /* number = the type of the event that stood here: `huntctl      \
				       repair --skip` took it out; nothing changes */              \
	X(WANT_DEAL, 15,                                                                           \
	  "want-deal")              /* hunt, entrant, number = challenge: E asks H for a deal;     \
				       open until the DEALT or VOIDED whose value is its stamp */  \
	X(ALLOTTED, 16, "allotted") /* hunt, entrant, number = challenge, value = d: what H        \
				       allotted, once per challenge and entrant; at H */           \
	X(DEALT, 17, "dealt")       /* hunt, entrant, number = challenge, order = d, value = the   \
				       WANT_DEAL's stamp, 0 where E did not ask */                 \
	X(BASE, 18, "base") /* hunt, entrant, number = challenge, order = j, value = try: the      \
			       base that the deal's instance is made of */                         \
	X(SUSPECTED, 19, "suspected") /* hunt, entrant, number = challenge, order = d: a wrong     \
					 guess was the answer of deal d; E asks H, and nobody      \
					 waits; open until the CLEARED whose value is its stamp */ \
	X(SHARED_ANSWER, 20, "shared_answer") /* hunt, entrant = who sent it, number = challenge,  \
						 order = d, extra = whose answer it is; at H, once \
						 per challenge, sender and d */                    \
	X(CLEARED, 21, "cleared") /* hunt, entrant, number = challenge, value = the SUSPECTED's    \
				     stamp: H has it */

enum hd_event_type {
#define X(symbol, number, name) HD_EVENT_##symbol = number,
	HD_EVENTS(X)
#undef X
		HD_EVENT_TYPE_END
};

/* Of a puzzle's deal, its base, or a suspicion. */
static inline bool
hd_event_is_of_puzzle(uint8_t type)
{
	return type >= HD_EVENT_WANT_DEAL && type <= HD_EVENT_CLEARED;
}

const char *hd_event_name(enum hd_event_type type);

enum hd_event_has {
	HD_EVENT_HAS_AT = 1 << 0, /* time differs from the stamp */
	HD_EVENT_HAS_ID = 1 << 1, /* id, args_hash, outcome, detail */
	HD_EVENT_HAS_BY = 1 << 2,
	HD_EVENT_HAS_SUB = 1 << 3,
};

/* One row for all types; fields that a type's row does not name are zero. */
struct hd_event {
	uint8_t type;    /* enum hd_event_type */
	uint8_t has;     /* enum hd_event_has */
	uint8_t outcome; /* enum hd_outcome: what the command was answered */
	uint8_t op;      /* enum hd_award_op */
	uint16_t hunt;   /* hunt number */
	uint32_t number; /* challenge, board */
	int64_t stamp;   /* ns, strictly rising in a log; from the frame */
	int64_t time;    /* ns: AT's, else the stamp */
	int64_t points, sub;
	int64_t value;
	uint64_t order; /* ORDER, DONE: n */
	struct hd_bytes entrant, text, extra, by;
	/* With an id: */
	struct hd_bytes id;     /* as sent */
	uint8_t args_hash[16];  /* of the command's arguments, keyed */
	struct hd_bytes detail; /* as answered; decimal where it was a number */
	/* Not encoded: the entrant's handle where decide knows it, 0 at replay. */
	uint32_t handle;
};

/* The most bytes that encode can need for an event, byte fields included. */
uint32_t hd_event_size_max(const struct hd_event *event);

/* Writes the body (flags and fields; not length, type or stamp). `out` must have room for
 * hd_event_size_max bytes, also where fewer are written; else `full` is set. */
void hd_event_encode(const struct hd_event *event, struct hd_writer *out);

/* Reads a body of `type`; byte fields borrow from `body`. False: not a body of that type. */
bool hd_event_decode(enum hd_event_type type, int64_t stamp, struct hd_bytes body,
		     struct hd_event *event);

#endif
