/* reply.h - what a command is answered with, before any protocol.
 *
 * The common answers are plain fields; anything else is HD_REPLY_VALUE, a tree in the neutral
 * encoding of value.h. Codecs turn a reply into RESP2, RESP3 or JSON, so the same outcome reaches
 * an asker in its own protocol, also when a retry comes over another one. */
#ifndef HUNTD_REPLY_H
#define HUNTD_REPLY_H

#include "huntd/bytes.h"
#include "huntd/error.h"

/* Outcomes: name as sent. Those up to CLOSED are SUBMIT's and CHECKIN's. */
#define HD_OUTCOMES(X)                                                                             \
	X(CORRECT, "correct")                                                                      \
	X(PARTIAL, "partial")                                                                      \
	X(WRONG, "wrong")                                                                          \
	X(DUPLICATE, "duplicate")                                                                  \
	X(SOLVED, "solved")                                                                        \
	X(LOCKED, "locked")                                                                        \
	X(COOLDOWN, "cooldown")                                                                    \
	X(EXHAUSTED, "exhausted")                                                                  \
	X(GONE, "gone")                                                                            \
	X(CLOSED, "closed")                                                                        \
	X(APPLIED, "applied")                                                                      \
	X(UNCHANGED, "unchanged")                                                                  \
	X(JOINED, "joined")                                                                        \
	X(ALREADY, "already")                                                                      \
	X(HINTED, "hinted")

enum hd_outcome {
#define X(symbol, name) HD_OUTCOME_##symbol,
	HD_OUTCOMES(X)
#undef X
		HD_OUTCOME_COUNT
};

const char *hd_outcome_name(enum hd_outcome outcome);

enum hd_reply_kind {
	HD_REPLY_ERROR,   /* error, detail (empty: the row's text) */
	HD_REPLY_STATUS,  /* detail as a simple string */
	HD_REPLY_OUTCOME, /* [outcome, points, score, detail] */
	HD_REPLY_INTEGER, /* points */
	HD_REPLY_NIL,
	HD_REPLY_TEXT,  /* detail as a bulk string */
	HD_REPLY_VALUE, /* detail in the encoding of value.h */
	/* No answer yet: the command waits for a grant (core.h). Never reaches an edge. */
	HD_REPLY_LATER,
	/* No answer yet: the instance of the decision's deal, which the shard has or has made.
	 * Never reaches an edge. */
	HD_REPLY_PUZZLE,
};

struct hd_reply {
	uint8_t kind;    /* enum hd_reply_kind */
	uint8_t error;   /* enum hd_error */
	uint8_t outcome; /* enum hd_outcome */
	bool number;     /* OUTCOME: detail is `detail_number` in decimal, not `detail` */
	int64_t points, score;
	int64_t detail_number;  /* guesses left, or ms to wait */
	struct hd_bytes detail; /* borrowed; who decided says how long it lives */
	/* Not 0: two replies of one shard with this number are the same to the byte, so that a page
	 * that many ask for is encoded once a protocol. Not sent between shards. */
	uint64_t same;
};

#endif
