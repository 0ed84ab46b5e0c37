/* ctl.h - huntctl's two tables, commands and options, and what its commands share.
 *
 * A row of HD_CTL_COMMANDS is all that is said of a command anywhere: dispatch, arity, which
 * options it takes, help, and the REPL's completion. A command builds its facts as one JSON value;
 * hd_ctl_print shows it: as JSON with --json, else for people, in columns, under the same names. */
#ifndef HUNTD_NET_CTL_CTL_H
#define HUNTD_NET_CTL_CTL_H

#include <jansson.h>
#include <limits.h>

#include "huntd/error.h"
#include "huntd/limits.h"
#include "net/ctl/client.h"

/* field, name, short letter, kind, argument, help. The first HD_CTL_GLOBALS go with every command.
 */
#define HD_CTL_OPTIONS(X)                                                                          \
	X(host, "host", 0, TEXT, "ADDR", "where huntd is (127.0.0.1)")                             \
	X(port, "port", 0, NUMBER, "N", "its RESP port (4868)")                                    \
	X(json, "json", 0, FLAG, "", "the same facts as JSON")                                     \
	X(help, "help", 'h', FLAG, "", "this text, or a command's")                                \
	X(version, "version", 0, FLAG, "", "release and commit")                                   \
	X(board, "board", 0, TEXT, "ID", "a board of the hunt (the document's first)")             \
	X(count, "count", 'c', NUMBER, "N", "how many: rows, events, frames")                      \
	X(offset, "offset", 0, NUMBER, "N", "rows to pass over (0)")                               \
	X(mode, "mode", 0, TEXT, "MODE", "ranks: competition, dense or ordinal")                   \
	X(hunt, "hunt", 0, TEXT, "HUNT", "the hunt to show; import: FILE of the hunt's document")  \
	X(banner, "banner", 0, TEXT, "TEXT", "lines above the picture")                            \
	X(interval, "interval", 'i', SECONDS, "SEC", "between two frames (1)")                     \
	X(from, "from", 0, TEXT, "POSITION",                                                       \
	  "where to begin: a cursor of events; log dump: as --at")                                 \
	X(to, "to", 0, TEXT, "POSITION",                                                           \
	  "the last one to show, as --at; puzzle: the form (text, svg, ...)")                      \
	X(at, "at", 0, TEXT, "POSITION",                                                           \
	  "unix ms (PROGRESS has one), 2026-11-21T18:14:35.907Z, shard:LSN,..., or one's LSN")     \
	X(view, "view", 0, TEXT, "VIEW",                                                           \
	  "live or frozen: the board as it was when it was frozen (live)")                         \
	X(document, "document", 0, TEXT, "FILE", "the hunt's document to judge by")                \
	X(accept_loss, "accept-loss", 0, FLAG, "", "do it, and lose what is listed")               \
	X(skip, "skip", 0, NUMBERS, "LSN",                                                         \
	  "take this event out; with --shard; for each one again")                                 \
	X(follow, "follow", 0, FLAG, "", "wait for more events, until Ctrl-C")                     \
	X(name, "name", 0, TEXT, "NAME", "the document's name (its `hunt:`)")                      \
	X(if, "if", 0, NUMBER, "V", "only if V is the version in force; 0: only if it is new")     \
	X(shard, "shard", 0, NUMBER, "N", "of this shard alone")                                   \
	X(rules, "rules", 0, TEXT, "FILE",                                                         \
	  "how the set is scored (perf/demo/competitions/SET/rules.yaml)")                         \
	X(kind, "kind", 0, TEXT, "KIND", "of puzzles; `huntctl puzzle kinds` lists them")          \
	X(params, "params", 0, TEXT, "P", "the puzzle's size (the kind's default)")                \
	X(tier, "tier", 0, TEXT, "TIER", "easy, medium, hard, or the kind's own (medium)")         \
	X(seed, "seed", 0, TEXT, "TEXT", "the same seed deals the same puzzles (random)")          \
	X(phrase, "phrase", 0, TEXT, "TEXT", "the answer, 4 to 24 letters (built-in phrases)")     \
	X(solution, "solution", 0, FLAG, "", "draw the solution too")                              \
	X(out, "out", 0, TEXT, "DIR", "one file each, in this directory")                          \
	X(seconds, "seconds", 0, SECONDS, "SEC", "how long to measure each (1)")

#define HD_CTL_GLOBALS   5
#define HD_CTL_PORT      4868
#define HD_CTL_SKIPS_MAX 64u

enum hd_ctl_option {
#define X(field, name, letter, kind, argument, help) HD_CTL_OPT_##field,
	HD_CTL_OPTIONS(X)
#undef X
		HD_CTL_OPT_COUNT
};

#define HD_CTL_TAKES(field) (UINT64_C(1) << HD_CTL_OPT_##field)

/* symbol, name (one or two words), usage, least and most arguments, options, summary. */
#define HD_CTL_COMMANDS(X)                                                                         \
	X(status, "status", "", 0, 0, 0,                                                           \
	  "the server: durability, shards, rates, positions, memory")                              \
	X(top, "top", "", 0, 0, T(hunt) | T(board) | T(banner) | T(interval) | T(count),           \
	  "a hunt's leaderboard and the server's rates, redrawn")                                  \
	X(hunts, "hunts", "", 0, 0, 0, "all hunts: phase, entrants, version")                      \
	X(board, "board", "HUNT", 1, 1, T(board) | T(count) | T(offset) | T(mode),                 \
	  "rows of a board, best first")                                                           \
	X(events, "events", "HUNT", 1, 1, T(from) | T(count) | T(follow),                          \
	  "what happened in a hunt, page by page")                                                 \
	X(check, "check", "FILE...", 1, 1000, 0, "every fault of hunt documents; needs no server") \
	X(put, "put", "FILE", 1, 1, T(name) | T(if), "make a document the version in force")       \
	X(get, "get", "NAME [VERSION]", 1, 2, 0, "a document's text")                              \
	X(history, "history", "NAME", 1, 1, 0, "a document's versions, newest first")              \
	X(open, "open", "HUNT", 1, 1, 0, "open a hunt now, whatever its schedule says")            \
	X(freeze, "freeze", "HUNT", 1, 1, 0, "freeze its public boards now")                       \
	X(close, "close", "HUNT", 1, 1, 0, "close it now")                                         \
	X(clock_accept, "clock accept", "", 0, 0, 0, "take the wall clock after it was set")       \
	X(log_verify, "log verify", "DATA", 1, 1, 0,                                               \
	  "check a data directory: exit 0 whole, 1 torn, 65 damaged")                              \
	X(log_dump, "log dump", "DATA", 1, 1, T(shard) | T(from) | T(to) | T(count),               \
	  "its events, one a line")                                                                \
	X(log_board, "log board", "DATA HUNT [BOARD]", 2, 3,                                       \
	  T(at) | T(board) | T(view) | T(count),                                                   \
	  "a board as it stood at a position, and its hash")                                       \
	X(log_whatif, "log whatif", "DATA HUNT", 2, 2, T(document) | T(board) | T(count),          \
	  "judge all again by another document: old and new ranks")                                \
	X(repair, "repair", "DATA", 1, 1, T(accept_loss) | T(skip) | T(shard),                     \
	  "cut a damaged log; says first what would be lost")                                      \
	X(import, "import", "DIR", 1, 1, T(rules) | T(hunt),                                       \
	  "play a real competition into the server")                                               \
	X(puzzle, "puzzle", "WORK [FILE]", 0, INT_MAX,                                                   \
	  T(help) | T(kind) | T(params) | T(tier) | T(count) | T(seed) | T(phrase) | T(to) |       \
		  T(solution) | T(out) | T(seconds),                                               \
	  "deal, solve, grade, draw puzzles: huntctl puzzle --help")                               \
	X(version, "version", "", 0, 0, 0, "release and commit")

enum hd_ctl_command {
#define X(symbol, name, usage, least, most, options, summary) HD_CTL_##symbol,
	HD_CTL_COMMANDS(X)
#undef X
		HD_CTL_COMMAND_COUNT
};

struct hd_ctl {
	uint64_t given;                     /* bits of HD_CTL_TAKES */
	const char *text[HD_CTL_OPT_COUNT]; /* as given, or NULL */
	int64_t number[HD_CTL_OPT_COUNT];   /* NUMBER; SECONDS in ms; 0 if absent */
	uint64_t skip[HD_CTL_SKIPS_MAX];    /* every --skip */
	uint32_t skips;
	bool json, colour;        /* colour: stdout is a terminal, NO_COLOR is not set */
	bool interactive;         /* the REPL: the connection is kept */
	struct hd_client *client; /* NULL: not connected */
};

typedef int (*hd_ctl_run)(struct hd_ctl *ctl, int argc, char **argv);

struct hd_ctl_row {
	const char *name, *usage, *summary;
	int least, most;
	uint64_t options; /* with T(help): has a help of its own */
	hd_ctl_run run;   /* gets its arguments alone; returns an exit code */
};

extern const struct hd_ctl_row hd_ctl_rows[HD_CTL_COMMAND_COUNT];

/* Reads one command line (argv[0] is passed over) and runs it. */
int hd_ctl_main(struct hd_ctl *ctl, int argc, char **argv);

/* Reads lines until their end. */
int hd_ctl_repl(struct hd_ctl *ctl);

#define X(symbol, name, usage, least, most, options, summary)                                      \
	int hd_ctl_##symbol(struct hd_ctl *ctl, int argc, char **argv);
HD_CTL_COMMANDS(X)
#undef X

/* "huntctl: ..." on stderr. Returns HD_EXIT_FAILED. */
__attribute__((format(printf, 1, 2))) int hd_ctl_fail(const char *format, ...);

/* The connection, made when first needed. NULL: said why. */
struct hd_client *hd_ctl_connect(struct hd_ctl *ctl);

/* One request, words ended by NULL, and its reply (json_decref). NULL: said why. */
json_t *hd_ctl_ask(struct hd_ctl *ctl, const char *const *words);
#define HD_CTL_ASK(ctl, ...) hd_ctl_ask(ctl, (const char *const[]){__VA_ARGS__, NULL})

/* The word of a list (NULL ends it) that was meant; NULL: none is near. */
const char *hd_ctl_nearest(const char *word, const char *const *words);

/* A whole file, NUL-terminated behind its `size` (free). NULL: said why. */
char *hd_ctl_file(const char *path, size_t *size);

/* Puts a document; the new version (json_decref). NULL: said why, faults one a line after `path`.
 */
json_t *hd_ctl_put_text(struct hd_ctl *ctl, const char *path, const char *name,
			struct hd_bytes text);

/* Shows facts and gives them back: an array of objects as a table, an object as names and values,
 * its arrays of objects as tables below. Values of names that end in _bytes, _s, _us, _ms, time are
 * shown in units that people read. Returns HD_EXIT_OK. */
int hd_ctl_print(const struct hd_ctl *ctl, json_t *facts);

/* One event {position, time, type, [hunt,] entrant, fields} as a line; takes it. */
void hd_ctl_print_event(const struct hd_ctl *ctl, json_t *fact);

/* BOARD.TOP's reply (taken) as facts: rank, entrant, score. */
json_t *hd_ctl_board_rows(json_t *reply);

/* Columns that `text`, UTF-8, takes on a terminal. */
uint32_t hd_ctl_width(const char *text);

/* Writes `value` of `name` for people into `out`. */
void hd_ctl_value(const char *name, const json_t *value, char *out, size_t room);

#endif
