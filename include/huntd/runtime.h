/* runtime.h - the whole process: threads, where they run, what joins them, start and stop.
 *
 * Roles (DESIGN 3): shards 0..n-1, the reducer, control, the helper, the forge's two. A topology is
 * one table, built from the affinity mask before anything starts; hd_topology_print shows it. The
 * runtime is handed what it may not know of: how to make an io, an edge, and how to compile a
 * document. */
#ifndef HUNTD_RUNTIME_H
#define HUNTD_RUNTIME_H

#include "huntd/document.h"
#include "huntd/shard.h"
#include "huntd/slowlog.h"
#include "huntd/stats.h"
#include "huntd/tuning.h"

enum hd_role { HD_ROLE_SHARD, HD_ROLE_REDUCER, HD_ROLE_CONTROL, HD_ROLE_HELPER, HD_ROLE_FORGE };

/* The forge's threads: SCHED_IDLE, for what is made ahead; nice 10, for what a command waits for.
 */
enum hd_smiths { HD_SMITH_IDLE, HD_SMITH_NICE, HD_SMITHS };

struct hd_topology_row {
	uint8_t role;    /* enum hd_role */
	uint32_t number; /* shards: 0..; the forge: enum hd_smiths */
	int cpu;         /* of the inherited affinity mask */
	bool shared;     /* other threads have the same cpu */
};

struct hd_topology {
	uint32_t shards, rows_count, ring_cells;
	struct hd_topology_row rows[HD_SHARDS_MAX + HD_THREADS_BESIDE];
};

/* shards 0: auto = cpus of the mask - 1, at least 1. False: the mask is empty. */
bool hd_topology_plan(struct hd_topology *topology, uint32_t shards);

/* Writes the table as text: a line a thread, then the rings. 80 bytes a thread are enough. */
void hd_topology_print(const struct hd_topology *topology, struct hd_writer *out);

struct hd_runtime_config {
	uint32_t shards;    /* 0: auto; a data directory's own number wins over auto */
	const char *data;   /* directory */
	uint8_t durability; /* enum hd_durability */
	int64_t durability_window_ns;
	uint64_t segment_bytes;
	bool archive;          /* segments behind the snapshots are kept, packed */
	uint64_t archive_max;  /* bytes over all shards; 0: no bound */
	int64_t scrub_ns;      /* all files are read and checked once in so long; 0: never */
	uint64_t memory_bytes; /* budget of each shard's state; 0: from the machine's memory */
	uint32_t busy_ms;      /* 20 */
	uint32_t tick_ms;      /* 20 */
	uint32_t ids_max, ids_age_s;
	uint64_t puzzle_cache; /* bytes of one shard's instances; 0: none is kept nor made ahead */
	uint32_t puzzle_pool;  /* made ahead, of each sort at least */
	bool forge_off;        /* all is made on the shards, in slices; nothing ahead */
	uint32_t ring_cells;   /* 0: from the number of threads; 1 and 3 must work */
	struct hd_tuning *tuning; /* outlives the runtime; NULL: the defaults, for good */
	/* True: end, as by hd_runtime_stop. A signal handler can set it before the runtime is there
	 * and after: replay looks at it, and so does control, at least once a second. It outlives
	 * the runtime. NULL: nobody sets one. */
	const _Atomic bool *stop;
	/* True: end without the last snapshot. As `stop`; looked at while that is written. */
	const _Atomic bool *hurry;
	uint64_t snapshot_events; /* logged behind the last snapshot: time for the next; 0: one at
				     the end only */
};

/* The operators' desk: what answers them on control's thread and io (net/http). It reads the stats
 * page and nothing else, so it speaks when a core stalls. Its tags are HD_IO_CONTROL's. */
struct hd_desk_ops {
	/* NULL: a line was printed; the start fails with 1. */
	void *(*create)(void *context, struct hd_io *io, struct hd_memory *memory,
			const struct hd_stats_page *page);
	void (*destroy)(void *desk);
	void (*complete)(void *desk, const struct hd_completion *completion);
	/* Once a pass of control, behind completions; also while control waits for the shards to
	 * load, and to end. `now`: BOOTTIME ns. */
	void (*pass)(void *desk, int64_t now);
	/* When `pass` must run though nothing comes in; BOOTTIME ns, HD_NEVER for none. */
	int64_t (*deadline)(void *desk);
	/* The other threads have ended: stop accepting, close. True: nothing is in flight. */
	bool (*drain)(void *desk);
};

struct hd_runtime_hooks {
	void *context;
	/* An io for one thread; called on that thread. NULL: message printed by the hook, exit code
	 * set. */
	struct hd_io *(*io_create)(void *context, const struct hd_topology_row *row);
	void (*io_destroy)(void *context, struct hd_io *io);
	/* The edge of one shard, made on its thread before it replays. */
	void *(*edge_create)(void *context, struct hd_shard *shard);
	void (*edge_destroy)(void *context, void *edge);
	const struct hd_edge_ops *edge;
	/* The jemalloc arena of a shard (or calloc). */
	void (*memory_init)(void *context, uint32_t shard, struct hd_memory *memory);
	/* On control: checks and compiles `text` as the next version of `name`. True: `out` has the
	 * encoding. False: `message` has the faults joined by " | ". */
	bool (*compile)(void *context, struct hd_bytes name, struct hd_bytes text,
			struct hd_bytes previous, uint32_t version, struct hd_writer *out,
			char *message, uint32_t message_room);
	/* On control, once all shards have replayed: gives the files of --hunts one by one (false:
	 * no more). One that cannot be read has no text (at NULL), and `message` says why. */
	bool (*hunt_file)(void *context, uint32_t n, struct hd_bytes *source, struct hd_bytes *text,
			  char *message, uint32_t message_room);
	/* On control: what became of a file; message empty: in force or unchanged. */
	void (*hunt_file_result)(void *context, struct hd_bytes source, const char *message);
	/* All shards serve. */
	void (*ready)(void *context, const struct hd_log_report *reports, uint32_t shards);
	/* On control: something to tell about the clock, one line without its end. NULL: nobody
	 * listens. */
	void (*clock_news)(void *context, const char *line);
	/* On control: something to tell about a shard's health, one line without its end. NULL:
	 * nobody listens. */
	void (*health_news)(void *context, const char *line);
	/* On control, after a line of health_news: a shard stood still for HD_STALL_END_MS. The
	 * process ends here, with HD_EXIT_INVARIANT. NULL: it goes on waiting. */
	void (*give_up)(void *context);
	/* On a shard: the same about its snapshots. */
	void (*shard_news)(void *context, uint32_t shard, const char *line);
	/* The stats page: `bytes` of zeroes on a page's edge, the process' until it ends; `magic`,
	 * `pid`, `started_ms`, `version`, `build` and `build_id` are the hook's to fill. NULL: it
	 * is plain memory, which nobody else sees. */
	struct hd_stats_page *(*stats_page)(void *context, size_t bytes);
	/* What serves operators (/metrics, /healthz) on control's thread. NULL: nobody does. */
	const struct hd_desk_ops *desk;
	/* The wall clock, ns since 1970. NULL: CLOCK_REALTIME. */
	int64_t (*wall_clock)(void *context);
	/* 32 random bytes. */
	void (*random)(void *context, uint8_t out[32]);
};

struct hd_runtime;

/* Checks and locks the data directory, starts every thread. NULL: `message` has one clear line and
 * `exit_code` the code (65 damaged or newer format, 74 unwritable or in use, 78 another number of
 * shards; 0 and no line: config->stop was set meanwhile). Signals are handled on the calling thread
 * alone: every other one blocks them. */
struct hd_runtime *hd_runtime_start(const struct hd_runtime_config *config,
				    const struct hd_runtime_hooks *hooks, char *message,
				    uint32_t room, int *exit_code);

/* Runs control's loop on the calling thread until hd_runtime_stop; returns the exit code. */
int hd_runtime_run(struct hd_runtime *runtime);

/* From a signal handler or any thread: drain, flush, end. */
void hd_runtime_stop(struct hd_runtime *runtime);

/* From any thread: takes what the wall clock is ahead or behind, where that is waiting for a
 * decision (DESIGN 4, Time; the gauge clock_difference_ns). False: nothing is. */
bool hd_runtime_accept_clock(struct hd_runtime *runtime);

uint32_t hd_runtime_shards(const struct hd_runtime *runtime);
struct hd_metrics *hd_runtime_metrics(const struct hd_runtime *runtime, uint32_t shard);

#endif
