/* control.h - the main thread: brings documents into force, one order at a time, and ends things.
 *
 * Control owns what may take long or is done once: compiling documents, the first orders (the
 * server's secret, settings, the files of --hunts), the clock's offset, start and stop. It speaks
 * to the shards by the same rings as everyone; its state machine waits for shard 0's answer and
 * takes the next request only then, so that a version number cannot be given twice. */
#ifndef HUNTD_SHARD_ORDERS_CONTROL_H
#define HUNTD_SHARD_ORDERS_CONTROL_H

#include "huntd/runtime.h"
#include "shard/clock.h"
#include "shard/health/watchdog.h"
#include "shard/mesh.h"

#define HD_MESSAGE_MAX (64u * HD_KIB) /* faults of a document */

enum hd_control_state {
	HD_CONTROL_STARTING,
	HD_CONTROL_BOOTING,
	HD_CONTROL_SERVING,
	HD_CONTROL_DRAINING,
	HD_CONTROL_ENDING
};

/* What control is busy with; one at a time. */
enum hd_job_kind { HD_JOB_NONE, HD_JOB_CLIENT, HD_JOB_SETTING, HD_JOB_FILE };

struct hd_job {
	uint8_t kind; /* enum hd_job_kind */
	/* CLIENT: */
	uint32_t from;
	uint64_t token;
	struct hd_block *asked;
	struct hd_command command; /* borrows from `asked` */
	/* FILE: */
	struct hd_bytes source, text;
	bool bad;               /* it did not compile on its own: is another version in force? */
	uint32_t version;       /* a document's, once it is proposed */
	char id[HD_ID_MAX + 1]; /* of the file's document, ends with 0 */
};

struct hd_ask {
	uint32_t from;
	uint64_t token;
	struct hd_block *block;
};

struct hd_control {
	uint32_t shards, number;
	const struct hd_runtime_config *config;
	const struct hd_runtime_hooks *hooks;
	const struct hd_log_report *reports;
	struct hd_stats_page *page;
	struct hd_io *io;
	void *desk; /* operators' (hooks->desk), or NULL */
	struct hd_memory plain;
	struct hd_blocks blocks;
	struct hd_memory cycled;
	struct hd_post *post;
	uint8_t state; /* enum hd_control_state */
	int exit_code;
	bool served;
	struct hd_job job;
	struct hd_ask *asks; /* waiting, first in first out */
	uint32_t asks_first, asks_count, asks_room;
	/* Starting: */
	int64_t start_stamp; /* the greatest of any log */
	uint32_t started;    /* shards but 0 that take orders */
	/* Booting: */
	uint32_t boot_step, file;
	uint64_t last_order;
	int64_t ids_max, ids_age_ns; /* in force; 0: the default */
	/* Draining: */
	uint32_t drained;
	int64_t boot, give_up; /* BOOTTIME ns */
	struct hd_clock clock;
	struct hd_watchdog watchdog;
	char message[HD_MESSAGE_MAX];
	uint8_t definition[HD_DOCUMENT_MAX];
};

/* Identity, config, hooks, io, desk, page, plain and clock are set; the rest is zero. */
void hd_control_open(struct hd_control *control, struct hd_mesh *mesh);
void hd_control_close(struct hd_control *control);

/* Every shard has replayed: exchange stamps, then boot. */
void hd_control_start(struct hd_control *control);

/* One pass; `stop`: the process was asked to end. False: every thread has FINISH in its ring. */
bool hd_control_pass(struct hd_control *control, bool stop);

/* Tells every thread to end now. */
void hd_control_finish(struct hd_control *control);

/* Where control waits for other threads outside its passes, while they load and while they end: it
 * serves its desk, until somebody wakes it or a little later. */
void hd_control_attend(struct hd_control *control);

/* Closes the desk. */
void hd_control_leave(struct hd_control *control);

/* control_jobs.c: what control does one at a time. */

void hd_job_client(struct hd_control *control, const struct hd_ask *ask);
void hd_job_fetched(struct hd_control *control, struct hd_block *block);
void hd_job_in_force(struct hd_control *control, uint64_t n, enum hd_error error);
/* The next thing of booting; false: nothing is left. */
bool hd_job_boot(struct hd_control *control);
void hd_control_fail(struct hd_control *control, int exit_code);

#endif
