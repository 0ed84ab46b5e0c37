/* command.h - the one table of commands, and a command's parsed form.
 *
 * A row of HD_COMMANDS is all that is said of a command anywhere: dispatch, arity, COMMAND, COMMAND
 * DOCS, help, the README's table and (later) OpenAPI are generated from it.
 *
 *   symbol  HD_CMD_<symbol>
 *   name    as sent; matched without regard to case
 *   route   who decides it (enum hd_route)
 *   arity   as Redis counts: words with the name; negative: at least that many
 *   key     position of the key, 0 for none; always 1 where there is one
 *   flags   Redis' own words for COMMAND, space separated
 *   usage   the arguments, as COMMAND DOCS and `help` show them
 *   summary one sentence
 *
 * Codecs (net/resp, later net/http) turn bytes into `struct hd_command` by this table; from there on
 * nobody knows which protocol asked. All byte fields borrow from the receive buffer (or from a
 * message block) and live until the command is decided. */
#ifndef HUNTD_COMMAND_H
#define HUNTD_COMMAND_H

#include "huntd/bytes.h"
#include "huntd/limits.h"

enum hd_route {
	HD_ROUTE_ENTRANT, /* slot of the key: the entrant's shard decides; changes state */
	HD_ROUTE_READ,    /* the same shard; changes nothing */
	HD_ROUTE_BOARD,   /* a gather over all shards, started by the shard that read it */
	HD_ROUTE_LOCAL,   /* any shard answers from its own copy of the documents */
	HD_ROUTE_ORDER,   /* hunt-wide: control compiles, shard 0 orders, all shards apply */
	HD_ROUTE_EDGE,    /* the connection and the process: answered by net/ */
};

#define HD_COMMANDS(X)                                                                                                                                          \
	X(JOIN, "HUNT.JOIN", ENTRANT, -3, 1, "write denyoom fast", "entrant hunt [NAME text] [BRACKET id] [AT unix-ms] [ID id]", "Enrol an entrant in a hunt.")       \
	X(SUBMIT, "HUNT.SUBMIT", ENTRANT, -5, 1, "write denyoom fast", "entrant hunt challenge answer [BY player] [AT unix-ms] [ID id]", "Judge an answer.")          \
	X(CHECKIN, "HUNT.CHECKIN", ENTRANT, -6, 1, "write denyoom fast", "entrant hunt challenge lat lon [ACCURACY m] [BY player] [AT unix-ms] [ID id]", "Judge a visit to a place.") \
	X(AWARD, "HUNT.AWARD", ENTRANT, -4, 1, "write denyoom fast", "entrant hunt points [SUB n] [OP INCR|SET|BEST|DECR] [REASON text] [AT unix-ms] [ID id]", "Move an entrant's score; for trusted game servers.") \
	X(HINT, "HUNT.HINT", ENTRANT, -5, 1, "write denyoom fast", "entrant hunt challenge n [ID id]", "Take a challenge's n-th hint; its cost is taken once.")       \
	X(PUZZLE, "HUNT.PUZZLE", ENTRANT, 4, 1, "write denyoom", "entrant hunt challenge", "The entrant's own instance of a puzzle.")                                 \
	X(PROGRESS, "HUNT.PROGRESS", READ, 3, 1, "readonly fast", "entrant hunt", "What an entrant has reached.")                                                      \
	X(EVENTS, "HUNT.EVENTS", BOARD, -2, 1, "readonly", "hunt [FROM cursor] [COUNT n]", "The hunt's durable events, page by page.")                                 \
	X(HUNTS, "HUNT.LIST", LOCAL, 1, 0, "readonly fast", "", "The ids of all hunts.")                                                                               \
	X(HUNT_INFO, "HUNT.INFO", BOARD, 2, 1, "readonly fast", "hunt", "The state of a hunt.")                                                                        \
	X(OPEN, "HUNT.OPEN", ORDER, 2, 1, "write", "hunt", "Open a hunt now, whatever its schedule says.")                                                             \
	X(FREEZE, "HUNT.FREEZE", ORDER, 2, 1, "write", "hunt", "Freeze a hunt's public boards now.")                                                                   \
	X(CLOSE, "HUNT.CLOSE", ORDER, 2, 1, "write", "hunt", "Close a hunt now.")                                                                                      \
	X(TOP, "BOARD.TOP", BOARD, -2, 1, "readonly", "hunt [BOARD id] [COUNT n] [OFFSET n] [MODE competition|dense|ordinal] [VIEW live|frozen|tick]", "Rows of a board, best first.") \
	X(RANK, "BOARD.RANK", BOARD, -3, 1, "readonly fast", "hunt entrant [BOARD id] [MODE competition|dense|ordinal] [VIEW live|frozen]", "An entrant's rank, score and how many stand on the board.") \
	X(AROUND, "BOARD.AROUND", BOARD, -3, 1, "readonly", "hunt entrant [BOARD id] [COUNT n] [MODE competition|dense|ordinal] [VIEW live|frozen]", "The rows around an entrant.") \
	X(COUNT, "BOARD.COUNT", BOARD, -2, 1, "readonly fast", "hunt [BOARD id] [MIN score] [MAX score] [VIEW live|frozen]", "How many entrants have a score in a range.") \
	X(PUT, "VELTRIX.PUT", ORDER, -3, 1, "write denyoom", "name document [IF version]", "Check a document and make it the version in force.")                       \
	X(GET, "VELTRIX.GET", LOCAL, -2, 1, "readonly", "name [VERSION n]", "A document's text.")                                                                      \
	X(DOCUMENTS, "VELTRIX.LIST", LOCAL, 1, 0, "readonly", "", "All documents: name, kind, version.")                                                              \
	X(HISTORY, "VELTRIX.HISTORY", LOCAL, 2, 1, "readonly", "name", "A document's versions: number, time, bytes, source.")                                         \
	X(DIFF, "VELTRIX.DIFF", LOCAL, -3, 1, "readonly", "name from [to]", "The lines that differ between two versions.")                                            \
	X(ROLLBACK, "VELTRIX.ROLLBACK", ORDER, -3, 1, "write", "name version [IF version]", "Make an old version's text the newest version.")                         \
	X(HELLO, "HELLO", EDGE, -1, 0, "noscript loading stale fast no_auth", "[2|3 [AUTH user password] [SETNAME name]]", "Choose the protocol; tells who answers.") \
	X(AUTH, "AUTH", EDGE, -2, 0, "noscript loading stale fast no_auth", "[user] password", "Authenticate.")                                                       \
	X(PING, "PING", EDGE, -1, 0, "fast", "[message]", "Answers PONG, or the message.")                                                                             \
	X(ECHO, "ECHO", EDGE, 2, 0, "fast", "message", "Answers the message.")                                                                                         \
	X(QUIT, "QUIT", EDGE, -1, 0, "noscript loading stale fast no_auth", "", "Answers OK and closes.")                                                              \
	X(RESET, "RESET", EDGE, 1, 0, "noscript loading stale fast no_auth", "", "Back to the state of a new connection.")                                             \
	X(SELECT, "SELECT", EDGE, 2, 0, "loading stale fast", "0", "There is one database, 0.")                                                                        \
	X(CLIENT, "CLIENT", EDGE, -2, 0, "noscript loading stale", "ID|SETNAME|GETNAME|SETINFO|LIST|INFO|KILL ...", "Connections: this one and others.")              \
	X(INFO, "INFO", EDGE, -1, 0, "loading stale", "[section ...]", "The state of the server.")                                                                     \
	X(COMMAND, "COMMAND", EDGE, -1, 0, "loading stale", "[COUNT|INFO|DOCS|LIST|GETKEYS ...]", "This table.")                                                      \
	X(CONFIG, "CONFIG", EDGE, -2, 0, "admin noscript loading stale", "GET|SET|RESETSTAT ...", "Settings in force.")                                                \
	X(DBSIZE, "DBSIZE", EDGE, 1, 0, "readonly fast", "", "Entrants over all hunts and shards.")                                                                    \
	X(TIME, "TIME", EDGE, 1, 0, "loading stale fast", "", "The server's clock.")                                                                                   \
	X(LATENCY, "LATENCY", EDGE, -2, 0, "admin noscript loading stale", "HISTOGRAM [command ...]|DOCTOR|LATEST|RESET|HELP", "Latency of commands.")                   \
	X(SLOWLOG, "SLOWLOG", EDGE, -2, 0, "admin loading stale", "GET [n]|LEN|RESET|HELP", "Slow commands.")                                                          \
	X(SUBSCRIBE, "SUBSCRIBE", EDGE, -2, 0, "pubsub noscript loading stale", "board:<hunt>:<board> ...", "Follow boards.")                                          \
	X(UNSUBSCRIBE, "UNSUBSCRIBE", EDGE, -1, 0, "pubsub noscript loading stale", "[channel ...]", "Stop following boards.")                                         \
	X(PSUBSCRIBE, "PSUBSCRIBE", EDGE, -2, 0, "pubsub noscript loading stale", "pattern ...", "Follow the boards that match.")                                      \
	X(PUNSUBSCRIBE, "PUNSUBSCRIBE", EDGE, -1, 0, "pubsub noscript loading stale", "[pattern ...]", "Stop following patterns.")                                     \
	X(PUBLISH, "PUBLISH", EDGE, 3, 0, "pubsub loading stale fast", "channel message", "Refused: boards publish themselves.")                                       \
	X(BGSAVE, "BGSAVE", EDGE, -1, 0, "admin noscript", "[SCHEDULE]", "Take a snapshot now, while serving.")                                                        \
	X(LASTSAVE, "LASTSAVE", EDGE, 1, 0, "loading stale fast", "", "When the last snapshot was taken, in seconds since 1970.")                                     \
	X(SHUTDOWN, "SHUTDOWN", EDGE, -1, 0, "admin noscript loading stale", "[NOSAVE|SAVE]", "Flush, take a snapshot (not with NOSAVE) and end the server.")

enum hd_verb {
#define X(symbol, name, route, arity, key, flags, usage, summary) HD_CMD_##symbol,
	HD_COMMANDS(X)
#undef X
	HD_CMD_COUNT_
};

/* What AWARD does: name as sent. */
#define HD_AWARD_OPS(X) \
	X(INCR, "INCR") \
	X(SET, "SET") \
	X(BEST, "BEST") \
	X(DECR, "DECR")

enum hd_award_op {
#define X(symbol, name) HD_OP_##symbol,
	HD_AWARD_OPS(X)
#undef X
};

const char *hd_op_name(enum hd_award_op op);

enum hd_rank_mode { HD_MODE_COMPETITION, HD_MODE_DENSE, HD_MODE_ORDINAL };
enum hd_board_view { HD_VIEW_LIVE, HD_VIEW_FROZEN, HD_VIEW_TICK };

/* Which options were given (`given`). */
enum hd_given {
	HD_GIVEN_AT = 1 << 0,
	HD_GIVEN_ID = 1 << 1,
	HD_GIVEN_BY = 1 << 2,
	HD_GIVEN_SUB = 1 << 3,
	HD_GIVEN_IF = 1 << 4,
	HD_GIVEN_MIN = 1 << 5,
	HD_GIVEN_MAX = 1 << 6,
	HD_GIVEN_NAME = 1 << 7,
	HD_GIVEN_BRACKET = 1 << 8,
	HD_GIVEN_BOARD = 1 << 9,
	HD_GIVEN_FROM = 1 << 10,
	HD_GIVEN_REASON = 1 << 11,
};

struct hd_command {
	uint8_t verb;    /* enum hd_verb; never of HD_ROUTE_EDGE */
	uint8_t op;      /* AWARD: enum hd_award_op */
	uint8_t mode;    /* boards: enum hd_rank_mode */
	uint8_t view;    /* boards: enum hd_board_view */
	uint16_t given;  /* enum hd_given */
	uint16_t slot;   /* of the key; set by the codec */
	uint32_t count;  /* COUNT, defaulted; HINT's n; DIFF's `from`; GET's and ROLLBACK's version */
	uint64_t offset; /* OFFSET; IF's version; DIFF's `to` */
	struct hd_bytes entrant, hunt; /* VELTRIX: `hunt` is the document's name */
	struct hd_bytes challenge;
	struct hd_bytes text;    /* SUBMIT: the answer; JOIN: the name; AWARD: the reason; PUT: the document; EVENTS: the cursor */
	struct hd_bytes board;   /* boards: board id; JOIN: bracket */
	struct hd_bytes by;      /* the player */
	struct hd_bytes id;      /* the event id */
	int64_t points, sub;     /* AWARD; COUNT: MIN and MAX */
	int64_t at;              /* AT in ns since 1970 */
	uint32_t hint;           /* hd_core_warm: the entrant's handle, 0 where not known */
};

/* A row, for those who print or match the table. */
struct hd_command_row {
	const char *symbol, *name;
	enum hd_route route;
	int arity, key;
	const char *flags, *usage, *summary;
};

extern const struct hd_command_row hd_command_rows[HD_CMD_COUNT_];

#endif
