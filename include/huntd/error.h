/* error.h - every operating error, one row each.
 *
 * HD_ERRORS rows: symbol, the prefix a client sees, the text behind it. A row's text is what is
 * sent unless the command gives a better one in `struct hd_reply`. Errors are for requests that
 * make no sense or cannot be served now; `wrong`, `locked` and their like are outcomes, not errors.
 */
#ifndef HUNTD_ERROR_H
#define HUNTD_ERROR_H

#define HD_ERRORS(X)                                                                               \
	X(NONE, "", "")                                                                            \
	X(SYNTAX, "ERR", "syntax error")                                                           \
	X(ARITY, "ERR", "wrong number of arguments")                                               \
	X(UNKNOWN_COMMAND, "ERR", "unknown command")                                               \
	X(NOT_INTEGER, "ERR", "value is not an integer or out of range")                           \
	X(BAD_COUNT, "ERR", "COUNT must be between 1 and 1000")                                    \
	X(BAD_ID, "ERR", "an id is 1 to 64 printable bytes without spaces")                        \
	X(BAD_NAME, "ERR", "NAME must be UTF-8 of at most 128 bytes without control characters")   \
	X(BAD_AT, "ERR", "AT takes unix milliseconds, with up to six decimals")                    \
	X(BAD_ANSWER, "ERR",                                                                       \
	  "the answer has no normal form: 1 to 256 bytes of UTF-8 with letters or digits")         \
	X(TOO_LONG, "ERR", "an argument is too long")                                              \
	X(IDMISMATCH, "IDMISMATCH", "this ID was used with other arguments")                       \
	X(NOHUNT, "NOHUNT", "no such hunt")                                                        \
	X(NOENTRANT, "NOENTRANT", "no such entrant in this hunt; HUNT.JOIN first")                 \
	X(NOCHALLENGE, "NOCHALLENGE", "no such challenge in this hunt")                            \
	X(NOBOARD, "ERR", "no such board in this hunt")                                            \
	X(NOBRACKET, "ERR", "no board of this hunt has that bracket")                              \
	X(NOHINT, "ERR", "that hint is not the next one or an earlier one")                        \
	X(OVERFLOW, "ERR", "the score would leave the range of a 64-bit integer")                  \
	X(CONFLICT, "ERR", "version conflict")                                                     \
	X(BAD_DOCUMENT, "ERR", "the document is refused")                                          \
	X(UNSUPPORTED, "ERR", "not supported yet")                                                 \
	X(BAD_CURSOR, "ERR", "not a cursor of HUNT.EVENTS")                                        \
	X(TOO_OLD, "ERR", "older than the log that is kept")                                       \
	X(UNREADABLE, "ERR", "the log is damaged there and cannot be read")                        \
	X(OOM, "OOM", "the shard's memory budget is used up")                                      \
	X(BUSY, "BUSY", "100")                                                                     \
	X(MISCONF, "MISCONF", "no space left for the log")                                         \
	X(LOADING, "LOADING", "huntd is loading its log")                                          \
	X(NOAUTH, "NOAUTH", "Authentication required.")                                            \
	X(NOPERM, "NOPERM", "this role may not do that")                                           \
	X(PROTOCOL, "ERR", "Protocol error")                                                       \
	X(NOPUZZLE, "ERR", "that challenge is no puzzle")

enum hd_error {
#define X(symbol, prefix, text) HD_ERR_##symbol,
	HD_ERRORS(X)
#undef X
		HD_ERROR_COUNT
};

/* The row's prefix and text; both static. */
const char *hd_error_prefix(enum hd_error error);
const char *hd_error_text(enum hd_error error);

/* Exit codes of every program. */
enum hd_exit {
	HD_EXIT_OK = 0,
	HD_EXIT_FAILED = 1,
	HD_EXIT_USAGE = 2,
	HD_EXIT_DAMAGED = 65,   /* damaged data, or data of another format */
	HD_EXIT_INVARIANT = 70, /* an assertion */
	HD_EXIT_STORAGE = 74,   /* storage I/O */
	HD_EXIT_CONFIG = 78,    /* bad configuration */
};

#endif
