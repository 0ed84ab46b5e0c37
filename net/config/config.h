/* config.h - every setting of the server: one row each, checked, and able to explain itself.
 *
 * A setting comes from, weakest first: its default, the file (--config, YAML, dotted names or
 * nested maps alike), the environment (HUNTD_NAME, dots and dashes as underscores), the command
 * line (its own option or --set name=value). Each value remembers where it came from, so
 * `--print-config` can say why it is what it is. An unknown name or a value out of range is
 * refused, all faults at once.
 *
 *   field, name, kind, default, when, help
 *
 * kind: how the text is read (hd_config_kind). when: RESTART, or LIVE where CONFIG SET takes it. */
#ifndef HUNTD_NET_CONFIG_H
#define HUNTD_NET_CONFIG_H

#include "huntd/bytes.h"
#include "huntd/document.h"
#include "huntd/runtime.h"

/* clang-format off */
#define HD_SETTINGS(X)                                                                                                          \
	X(resp, "resp", ADDRESS, "127.0.0.1:4868", RESTART, "where Redis clients connect (H-U-N-T on a telephone)")              \
	X(http, "http", DOOR, "127.0.0.1:4880", RESTART, "where /metrics and /healthz are served; off: nowhere")                      \
	X(data, "data", TEXT, "./data", RESTART, "the data directory: logs, one folder a shard")                                 \
	X(hunts, "hunts", TEXT, "./hunts", RESTART, "hunt documents put in force at start; absent is fine")                      \
	X(shards, "shards", SHARDS, "auto", RESTART, "cores that own hunts and players; auto: one less than there are")         \
	X(durability, "durability", DURABILITY, "batch", RESTART, "batch, window:TIME (10ms to 1s) or off")                     \
	X(trust, "trust", TRUST, "loopback", RESTART, "loopback, or all: listen beyond it though every connection is an operator") \
	X(memory, "memory", MEMORY, "auto", RESTART, "budget of one shard's state; auto: its share of 3/4 of the machine")       \
	X(segment, "log.segment", SEGMENT, "64MiB", RESTART, "size of one log file")                                             \
	X(snapshot_events, "snapshot.events", EVENTS, "4000000", RESTART, "events behind the last snapshot of a shard: time for the next; 0: at the end only") \
	X(archive, "archive", SWITCH, "on", RESTART, "keep log files that snapshots made superfluous, packed, in archive/")      \
	X(archive_max, "archive_max", SIZE, "0", RESTART, "bytes of all archives together, the oldest go first; 0: no bound")    \
	X(scrub, "scrub", PERIOD, "24h", RESTART, "snapshots, log and archive are read and checked once in this time; 0: never") \
	X(ids_max, "ids.max", COUNT, "1000000", RESTART, "newest event ids a shard always remembers")                            \
	X(ids_age, "ids.age", SECONDS, "60s", RESTART, "and all that are younger than this")                                     \
	X(busy_ms, "busy.delay", MILLIS, "20ms", RESTART, "a queue that stands longer than this refuses with -BUSY")             \
	X(tick_ms, "tick", MILLIS, "20ms", RESTART, "how often the reducer merges boards that changed")                          \
	X(puzzle_cache, "puzzle_cache", SIZE, "64MiB", RESTART, "bytes of puzzles that a shard keeps, made ahead and dealt of late; 0: none, each is made when asked for") \
	X(puzzle_pool, "puzzle_pool", COUNT, "256", RESTART, "puzzles that a shard makes ahead of each sort that a document has, at least") \
	X(forge, "forge", SWITCH, "on", RESTART, "make puzzles on threads beside the shards; off: on the shards, in slices, and none ahead") \
	X(clients, "clients.max", COUNT, "10000", RESTART, "connections of one shard; maxclients is that of all")                                           \
	X(ring_cells, "ring.cells", RINGS, "auto", RESTART, "messages one ring between two threads holds")                      \
	X(stamps, "latency-tracking", YES, "yes", LIVE, "measure how long commands and the legs of their way take")             \
	X(slow, "slowlog-log-slower-than", MICROS, "10000", LIVE, "microseconds from which SLOWLOG keeps a command; -1: none, 0: all") \
	X(slow_kept, "slowlog-max-len", KEPT, "128", LIVE, "slow commands that SLOWLOG keeps")   \
	X(trace_sample, "trace.sample", SAMPLE, "64", LIVE, "hunt-trace hist is shown one command in so many")
/* clang-format on */

enum hd_config_kind {
	HD_CONFIG_ADDRESS,
	HD_CONFIG_DOOR,
	HD_CONFIG_TEXT,
	HD_CONFIG_SHARDS,
	HD_CONFIG_DURABILITY,
	HD_CONFIG_TRUST,
	HD_CONFIG_MEMORY,
	HD_CONFIG_SEGMENT,
	HD_CONFIG_SWITCH,
	HD_CONFIG_SIZE,
	HD_CONFIG_COUNT,
	HD_CONFIG_SECONDS,
	HD_CONFIG_MILLIS,
	HD_CONFIG_RINGS,
	HD_CONFIG_EVENTS,
	HD_CONFIG_PERIOD,
	HD_CONFIG_YES,
	HD_CONFIG_MICROS,
	HD_CONFIG_KEPT,
	HD_CONFIG_SAMPLE,
};

enum hd_config_when { HD_CONFIG_RESTART, HD_CONFIG_LIVE };

enum hd_setting {
#define X(field, name, kind, fallback, when, help) HD_SETTING_##field,
	HD_SETTINGS(X)
#undef X
		HD_SETTING_COUNT
};

#define HD_CONFIG_TEXT_MAX 256u

struct hd_config_value {
	char text[HD_CONFIG_TEXT_MAX]; /* as given */
	char from[HD_CONFIG_TEXT_MAX]; /* "default", "huntd.yaml:3", "HUNTD_SHARDS", "--shards" */
	int64_t number;                /* checked value: count, bytes, ns, ms; 0 for auto, off */
	uint32_t host;                 /* ADDRESS, DOOR: IPv4, host order */
	uint16_t port;
};

struct hd_config {
	struct hd_config_value values[HD_SETTING_COUNT];
	uint8_t durability; /* enum hd_durability; its window is values[durability].number */
};

struct hd_config_row {
	const char *name;
	enum hd_config_kind kind;
	const char *fallback;
	enum hd_config_when when;
	const char *help;
};

extern const struct hd_config_row hd_config_rows[HD_SETTING_COUNT];

void hd_config_defaults(struct hd_config *config);

/* Sets one value. False: `fault` says what is wrong and what is allowed. */
bool hd_config_set(struct hd_config *config, const char *name, const char *value, const char *from,
		   char *fault, size_t room);

/* Applies a document's tree, and every HUNTD_ variable; faults are added, with positions or names.
 */
void hd_config_document(struct hd_config *config, const struct hd_document *document,
			const char *file, struct hd_faults *faults);
void hd_config_environment(struct hd_config *config, char *const *environment,
			   struct hd_faults *faults);

/* What only the whole can tell: listening beyond loopback needs trust, and every door a port of its
 * own. False: see `fault`. */
bool hd_config_whole(const struct hd_config *config, char *fault, size_t room);

struct hd_runtime_config hd_config_runtime(const struct hd_config *config);

/* Stores the live settings where the threads read them. */
void hd_config_tune(const struct hd_config *config, struct hd_tuning *tuning);

/* The shipped file: every setting as a comment with its default and help; values that differ from
 * the default stand live, with where they came from. Returns bytes written (room 16 KiB is enough).
 */
size_t hd_config_print(const struct hd_config *config, char *out, size_t room);

#endif
