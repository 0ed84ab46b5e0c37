/* world.h - a whole run: the machine, who uses it, what strikes it, and who looks on.
 *
 *   safety    clients write and read, documents and phases change, faults strike
 *   heal      no more faults, and the process runs
 *   liveness  everything that is open must be settled within 60 s
 *   end       everything is compared; the process ends in order, starts again, and still agrees */
#ifndef HUNTD_TESTS_SIM_WORLD_H
#define HUNTD_TESTS_SIM_WORLD_H

#include <setjmp.h>

#include "tests/sim/edge.h"
#include "tests/sim/ledger.h"
#include "tests/sim/machine.h"
#include "tests/sim/model.h"

#define WORLD_CLIENTS  12
#define WORLD_FAULTS   10
#define WORLD_PIPELINE 16

struct world;

/* Where an entrant stands on the boards, and whether that is known. */
struct standing {
	bool joined, rookie, sure;
	int64_t score, sub, at;
};

/* A command of a client, until it is settled. */
struct call {
	bool live, sent;
	uint32_t attempts, entrant;
	struct model_op *op; /* NULL: nothing of the model's */
	struct hd_command command;
	struct sim_reply earlier; /* of a command that is sent again: what it was answered */
	bool again, other;        /* other: with other arguments, to be refused */
	bool board;               /* reads of many entrants: the model holds */
	int64_t first;
	char id[24];
};

struct client {
	struct world *world;
	struct conn conn;
	uint32_t number;
	uint64_t row, place; /* of this connection */
	uint32_t last;       /* entrant */
	int64_t due;
	struct call calls[WORLD_PIPELINE];
	uint32_t calls_count;
	/* What it was answered of late, to ask again. */
	struct {
		bool there;
		uint32_t entrant;
		struct hd_command command;
		char id[24];
		int64_t first;
		struct sim_reply reply;
	} past[8];
	uint32_t past_next;
};

/* Somebody who does one thing after the other. */
struct caller {
	struct world *world;
	struct conn conn;
	struct hd_command command;
	bool busy, lost; /* lost: never answered */
	bool answered;
	struct sim_reply reply; /* own */
	int64_t sent, due;
};

enum admin_step { ADMIN_IDLE, ADMIN_PUT, ADMIN_PHASE };

struct world {
	struct sim_options options;
	struct machine machine;
	struct edge edge;
	struct model model;
	struct ledger ledger;
	struct client clients[WORLD_CLIENTS];
	uint32_t clients_count;
	uint64_t rows, ids;
	bool quiet;   /* nobody begins anything */
	bool healing; /* nothing strikes any more */
	bool halted;  /* it came to a clean halt, which this run may */
	/* admin.c */
	struct caller admin;
	uint8_t admin_step; /* enum admin_step */
	struct model_document next_document;
	enum hd_phase next_phase;
	char document[4096];
	int64_t put_due, phase_due;
	uint32_t set_up; /* things done before anybody may play */
	/* watch.c */
	struct caller watch;
	uint32_t watch_step, watch_entrant;
	int64_t watch_due;
	bool watch_frozen, freezing, frozen_known;
	uint32_t frozen_phase;   /* count of phases when we froze */
	struct standing *frozen; /* by entrant */
	uint64_t watched;        /* whole comparisons */
	char cursor[64];
	/* follow.c */
	struct caller follow;
	struct follow_log {
		uint64_t lsn;
	} followed[HD_SHARDS_MAX];
	uint64_t follow_pages, follow_events;
	bool follow_broken; /* it came too late: the log is not kept that far */
	int64_t *follow_score;
	/* faults.c */
	int64_t fault_due[WORLD_FAULTS];
	int64_t restart, space_back;
	bool rotten[HD_SHARDS_MAX]; /* a snapshot of this log has rotted: not a second one */
	bool eio_struck;
	bool decayed; /* a log is damaged: the next start must say so */
	uint64_t deaths;
	bool spoilt; /* the second canary has sung */
	/* The way out of a run that failed. */
	jmp_buf out;
	bool failed;
	char why[512];
};

struct world_result {
	bool failed;
	uint64_t found, gone; /* treasures */
	uint64_t hash, steps, checked, watched, deaths, events, replays, pages;
	double simulated_s;
};

/* Runs a seed from beginning to end. `trace`: NULL, or where it is told. */
struct world_result world_run(const struct sim_line *line, FILE *trace, bool loud);

/* clients.c */
void clients_init(struct world *world);
void client_act(struct client *client);
void client_answer(struct client *client, struct ask *ask);
void client_lost(struct client *client, bool died);
uint32_t clients_open(const struct world *world);

/* caller.c */
void caller_init(struct caller *caller, struct world *world);
bool caller_ask(struct caller *caller, const struct hd_command *command);
void caller_answer(struct caller *caller, struct ask *ask);
void caller_lost(struct caller *caller);
/* An answer has come and is an error that says nothing about the command: ask again. */
bool sim_reply_refused(const struct sim_reply *reply);
void sim_reply_drop(struct sim_reply *reply);

/* admin.c, watch.c, follow.c: what each does when it is due. */
void admin_act(struct world *world);
void watch_act(struct world *world);
void follow_act(struct world *world);
void follow_check(const struct world *world);

/* faults.c */
void faults_init(struct world *world);
int64_t faults_next(const struct world *world);
void faults_strike(struct world *world);
/* The process ended or died. */
void faults_death(struct world *world);
/* A step between two logs is written: a good moment to die soon. */
void faults_aim(struct world *world);
/* Nobody calls a file damaged that no fault has struck. */
void faults_check_disk(struct world *world);

#endif
