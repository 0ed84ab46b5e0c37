/* machine.h - the simulated machine: its clock, its disk, and the one process that runs on it.
 *
 * The process is hd_parts as huntd ships them. Each of its threads is a fiber with an io of its
 * own; the scheduler jumps to the next moment at which anything can happen and lets one of them run
 * until it waits. Nothing else moves the clock. A process dies between two steps, or inside of one
 * at any call to its io; its memory is then thrown away whole, and what the disk holds is all that
 * the next one finds. */
#ifndef HUNTD_TESTS_SIM_MACHINE_H
#define HUNTD_TESTS_SIM_MACHINE_H

#include "shard/parts.h"
#include "tests/sim/disk.h"
#include "tests/sim/fiber.h"
#include "tests/sim/options.h"

#define SIM_US        INT64_C(1000)
#define SIM_MS        INT64_C(1000000)
#define SIM_S         INT64_C(1000000000)
#define SIM_NEVER     INT64_MAX
#define SIM_WALL      (20000 * 86400 * SIM_S) /* a midnight in 2024 */
#define SIM_IDS_AGE_S 120
#define SIM_THREADS   (HD_SHARDS_MAX + 8)
#define SIM_DONE      1024u
#define SIM_OPS       512u

struct machine;

struct sim_io {
	struct hd_io io;
	struct machine *machine;
	uint32_t number; /* of the thread */
	struct hd_completion done[SIM_DONE];
	uint32_t done_first, done_count;
	uint32_t linger_events;
	int64_t linger_ns;
};

enum sim_thread_state { SIM_ABSENT, SIM_READY, SIM_ASLEEP, SIM_BLOCKED, SIM_ENDED };

struct sim_thread {
	struct sim_io io;
	struct fiber fiber;
	uint8_t state; /* enum sim_thread_state */
	bool woken;
	int64_t due;    /* READY: when it runs; ASLEEP: when it wakes by itself */
	int64_t paused; /* it does not run before */
};

struct sim_op {
	enum {
		SIM_WRITE,
		SIM_READ,
		SIM_FSYNC,
		SIM_ALLOCATE,
		SIM_OPEN,
		SIM_RENAME,
		SIM_REMOVE,
		SIM_SYNC_NAMES
	} kind;
	bool live, sent;
	uint32_t thread;
	int file;              /* below 0: it is about names */
	const char *path, *to; /* the asker's */
	uint8_t *at;
	uint32_t size, flags;
	uint64_t offset, tag;
	uint64_t asked; /* FSYNC: disk->clock when it was sent */
	int64_t due;
};

/* What the world wants to hear of. */
struct machine_hooks {
	void *context;
	const struct hd_edge_ops *edge;
	void *(*edge_create)(void *context, struct hd_shard *shard);
	void (*ready)(void *context);
	/* `size` bytes at `offset` of `file` are written. */
	void (*written)(void *context, int file, uint64_t offset, uint32_t size);
	/* Every log is read, nothing serves yet. */
	void (*opened)(void *context);
};

/* Which operation of the disk is to fail, once. */
enum sim_fail_next { SIM_FAIL_NONE, SIM_FAIL_ANY, SIM_FAIL_FLUSH };

struct arena_block;

struct machine {
	struct sim_options options;
	uint64_t random;
	int64_t now, booted, wall_ahead;
	struct disk disk;
	struct machine_hooks hooks;
	struct sim_thread threads[SIM_THREADS];
	uint32_t threads_count;
	struct fiber *current; /* NULL: the scheduler runs */
	struct sim_op ops[SIM_OPS];
	uint32_t ops_live;
	/* The process. */
	struct hd_parts *parts;
	struct arena_block *arena;
	uint64_t arena_bytes;
	bool running, dead, stopping, opened, ready;
	int exit_code;
	char message[512];
	uint32_t begun;
	int begun_code;
	uint64_t generation; /* counts processes */
	/* Faults that are armed. */
	uint32_t die_in;   /* calls to an io until it dies; 0: not so */
	uint8_t fail_next; /* enum sim_fail_next */
	bool misdirect_next, misdirected;
	uint64_t damaged; /* shards that said so of one of their files: a bit each */
	bool gave_up;     /* beyond the model: what no log on one disk can find was lost */
	int64_t withheld; /* of the disk's space */
	/* What happened. */
	uint64_t hash, steps, calls;
	FILE *trace;
};

enum machine_death { MACHINE_KILLED, MACHINE_CUT };

void machine_init(struct machine *machine, uint64_t seed, const struct sim_options *options);
void machine_fini(struct machine *machine);

/* Starts the process; a code other than 0 comes with machine->running false later. */
void machine_start(struct machine *machine);
/* Asks it to end in order. */
void machine_stop(struct machine *machine);
/* It is gone, now; what was under way reaches the cache in part. */
void machine_kill(struct machine *machine, enum machine_death death);

/* When the machine has something to do next. */
int64_t machine_next(const struct machine *machine);
/* Does it; the clock stands at machine_next. */
void machine_step(struct machine *machine);

/* Lets a thread return from its wait. */
void machine_wake(struct machine *machine, uint32_t thread);

/* A number below `range`, by the seed. */
uint64_t machine_draw(struct machine *machine, uint64_t range);
/* Adds to the trace's hash, and to the trace. */
void machine_note(struct machine *machine, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The process ends with `code`; called on one of its fibers, never returns. */
_Noreturn void machine_die(struct machine *machine, int code, const char *message);

/* io.c */
void sim_io_init(struct sim_io *io, struct machine *machine, uint32_t number);
/* An op has come to its end. */
void sim_io_finish(struct machine *machine, struct sim_op *op);
/* What of the ops under way reached the cache when the process died. */
void sim_io_abandon(struct machine *machine);

/* arena.c: all memory of the process. */
struct hd_memory arena_memory(struct machine *machine);
void arena_drop(struct machine *machine);

#endif
