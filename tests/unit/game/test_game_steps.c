/* Two-step commands under everything that may happen to them: three shards, messages that are late
 * or doubled, new versions that reach one shard before another, and crashes that leave each log
 * some end of what was not flushed. Every seed plays another hour; a failure names its seed.
 *
 * A WANT is asked once in a process' life and again after each crash, as core.h says; no message
 * outlives the process. (A question that arrived after its WANT had ended could be given what
 * nobody waits for.) */
#include "huntd/ids.h"
#include "huntd/wire.h"
#include "tests/lib/lib.h"
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SHARDS     3u
#define CLIENTS    12u
#define TASKS      12u /* of one client, in one play */
#define VERSIONS   6u
#define CHALLENGES 4u /* chest: a stock; race: points by order; map: neither; grid: a puzzle */
#define PHRASES    6u
#define MESSAGES   256u
#define FRAMES     4096u
#define STEPS      600u
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEEDS 30u
#else
#define SEEDS 150u
#endif

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("seed %llu: %s", (unsigned long long)play->first, #condition);    \
	} while (0)

struct message {
	uint32_t from, to, size;
	uint64_t order; /* the sender's: a shard that is behind holds it */
	size_t needs;   /* leaves when so much of the sender's log is flushed */
	bool answer;
	uint8_t bytes[HD_GRANT_SIZE_MAX];
};

struct shard {
	struct hd_world world;
	size_t flushed, frames[FRAMES];
	uint32_t frames_count, versions;
	int64_t asked;                /* the greatest stamp of a WANT that was asked in this life */
	int64_t suspected;            /* and of a SUSPECTED */
	uint64_t granted[CHALLENGES]; /* in the flushed log */
};

/* A right answer with an id, or of the puzzle a deal and then some answers, sent until its reply
 * has come. */
struct task {
	uint32_t challenge, version; /* by which it was judged */
	bool begun, acked;
	char line[64], said[64];
};

struct client {
	char name[8];
	uint32_t shard, at; /* the task at hand */
	bool waits, decided;
	size_t needs; /* a reply waits for so much of the log */
	struct task tasks[TASKS];
};

struct play {
	uint64_t first, seed;
	struct shard shards[SHARDS];
	struct client clients[CLIENTS];
	struct message messages[MESSAGES];
	struct hd_world_hunt versions[VERSIONS];
	uint32_t home, count; /* the hunt's shard; how many messages are on their way */
};

static const char *const answers[] = {"chest X7", "race GO", "map GOLD"};
enum { GRID = CHALLENGES - 1 };
static const char *const phrases[PHRASES] = {"ANCHOR", "BEACON", "CORAL",
					     "DRIFT",  "EMBER",  "FATHOM"};

static uint32_t
draw(struct play *play, uint32_t sides)
{
	return (uint32_t)(hd_test_random(&play->seed) % sides);
}

/* What was decided stands in one frame. */
static void
frame_end(struct play *play, struct shard *shard)
{
	CHECK(shard->frames_count < FRAMES);
	shard->frames[shard->frames_count++] = shard->world.log_size;
}

static void
flush(struct shard *shard)
{
	shard->flushed = shard->world.log_size;
	for (uint32_t i = 0; i < CHALLENGES; i++)
		shard->granted[i] = hd_core_grants(shard->world.core, 0, i);
}

static void
next_version(struct play *play, struct shard *shard)
{
	if (shard->versions == VERSIONS)
		return;
	hd_world_document(&shard->world, &play->versions[shard->versions++]);
	frame_end(play, shard);
	flush(shard);
}

/* Clients. */

/* A reply is written down where it is made, and has come when the log is flushed so far. */
static void
decided(struct play *play, struct client *client, const char *said, uint32_t version)
{
	struct task *task = &client->tasks[client->at];
	struct shard *shard = &play->shards[client->shard];
	CHECK(task->begun && !task->acked);
	snprintf(task->said, sizeof(task->said), "%s", said);
	task->version = version;
	client->waits = false;
	client->decided = true;
	client->needs = shard->world.log_size;
}

/* What the task is, once and for all. */
static void
task_begin(struct play *play, const struct client *client, struct task *task)
{
	task->challenge = draw(play, 3) ? draw(play, 2) * GRID : draw(play, CHALLENGES);
	task->begun = true;
	char line[sizeof(task->line)]; /* the task is part of the client */
	if (task->challenge != GRID)
		snprintf(line, sizeof(line), "SUBMIT %s bay %s ID %u", client->name,
			 answers[task->challenge], client->at);
	else if (draw(play, 3) == 0)
		snprintf(line, sizeof(line), "PUZZLE %s bay grid", client->name);
	else
		snprintf(line, sizeof(line), "SUBMIT %s bay grid %s ID %u", client->name,
			 phrases[draw(play, PHRASES)], client->at);
	memcpy(task->line, line, sizeof(line));
}

static void
send(struct play *play, struct client *client)
{
	struct shard *shard = &play->shards[client->shard];
	struct task *task = &client->tasks[client->at];
	if (client->at == TASKS || client->decided)
		return;
	if (!task->begun)
		task_begin(play, client, task);
	const char *said = hd_world_say(&shard->world, "%s", task->line);
	CHECK(!client->waits || strcmp(said, "later") == 0);
	frame_end(play, shard);
	client->waits = strcmp(said, "later") == 0;
	if (!client->waits) /* without an event: what was answered to its id before */
		decided(play, client, said,
			shard->world.decision.events_count ? shard->versions : task->version);
}

/* I4: who heard `gone` heard the truth: so many grants stand where they cannot be lost. */
static void
check_gone(struct play *play, uint32_t challenge, uint32_t version)
{
	const struct hd_world_challenge *rule = &play->versions[version - 1].challenges[challenge];
	CHECK(rule->stock > 0);
	CHECK(play->shards[play->home].granted[challenge] >= rule->stock);
}

static void
hear(struct play *play, struct client *client)
{
	struct task *task = &client->tasks[client->at];
	if (!client->decided || play->shards[client->shard].flushed < client->needs)
		return;
	if (strncmp(task->said, "gone", 4) == 0)
		check_gone(play, task->challenge, task->version);
	task->acked = true;
	client->decided = false;
	client->at++;
}

static struct client *
client_of(struct play *play, struct hd_bytes entrant)
{
	for (uint32_t i = 0; i < CLIENTS; i++)
		if (hd_bytes_equal(entrant, hd_bytes_str(play->clients[i].name)))
			return &play->clients[i];
	abort();
}

/* Messages. */

static void
post(struct play *play, uint32_t from, uint32_t to, const struct hd_want *want,
     const struct hd_grant *grant)
{
	struct shard *shard = &play->shards[from];
	CHECK(play->count < MESSAGES);
	struct message *message = &play->messages[play->count++];
	*message = (struct message){.from = from,
				    .to = to,
				    .order = hd_core_order(shard->world.core),
				    .needs = shard->world.log_size,
				    .answer = grant != NULL};
	struct hd_writer out = hd_writer_of(message->bytes, sizeof(message->bytes));
	if (grant != NULL)
		hd_grant_encode(want, grant, &out);
	else
		hd_want_encode(want, &out);
	CHECK(!out.full);
	message->size = (uint32_t)(out.at - message->bytes);
}

static void
ask_suspects(struct play *play, uint32_t from)
{
	struct hd_want want;
	struct shard *shard = &play->shards[from];
	int64_t asked = shard->suspected;
	for (uint32_t handle = hd_core_suspect_next(shard->world.core, 0); handle != 0;
	     handle = hd_core_suspect_next(shard->world.core, handle)) {
		hd_core_suspect(shard->world.core, handle, &want);
		CHECK(from != play->home);
		if (want.stamp > asked)
			post(play, from, play->home, &want, NULL);
		if (want.stamp > shard->suspected)
			shard->suspected = want.stamp;
	}
}

/* Every open WANT that was not asked in this life. */
static void
ask(struct play *play, uint32_t from)
{
	struct hd_want want;
	const struct hd_core *core = play->shards[from].world.core;
	uint32_t found = 0;
	int64_t asked = play->shards[from].asked;
	for (uint32_t handle = hd_core_want_next(core, 0); handle != 0;
	     handle = hd_core_want_next(core, handle)) {
		hd_core_want(core, handle, &want);
		CHECK(hd_core_want_of(core, want.entrant) == handle);
		CHECK(from != play->home);
		found++;
		if (want.stamp <= asked)
			continue;
		post(play, from, play->home, &want, NULL);
		if (want.stamp > play->shards[from].asked)
			play->shards[from].asked = want.stamp;
	}
	CHECK(found == hd_core_wants(core));
	ask_suspects(play, from);
}

/* What H has given of its kind. */
static uint64_t
given(const struct hd_core *core, const struct hd_want *want)
{
	return want->what == HD_WANT_DEAL ? hd_core_allotted(core, want->hunt, want->challenge)
					  : hd_core_grants(core, want->hunt, want->challenge);
}

static void
answer_question(struct play *play, const struct message *message)
{
	struct hd_want want;
	struct hd_grant grant;
	struct shard *shard = &play->shards[message->to];
	struct hd_world *world = &shard->world;
	CHECK(hd_want_decode(hd_bytes_of(message->bytes, message->size), &want));
	uint64_t before = given(world->core, &want);
	hd_core_grant(world->core, world->now, &want, &world->decision, &grant);
	hd_world_take(world);
	frame_end(play, shard);
	const struct hd_world_challenge *rule =
		&play->versions[shard->versions - 1].challenges[want.challenge];
	uint64_t after = given(world->core, &want);
	post(play, message->to, message->from, &want, &grant);
	if (want.what == HD_WANT_SUSPECT)
		return;
	CHECK(after - before == world->decision.events_count);
	CHECK(after == before || rule->stock == 0 || after <= rule->stock);
	CHECK(grant.verdict != HD_VERDICT_GRANTED || grant.ordinal <= after);
	CHECK(grant.verdict != HD_VERDICT_GONE || before >= rule->stock);
	CHECK((grant.verdict != HD_VERDICT_VOID) || rule->gone);
}

static void
take_answer(struct play *play, const struct message *message)
{
	struct hd_want want;
	struct hd_grant grant;
	struct shard *shard = &play->shards[message->to];
	struct hd_world *world = &shard->world;
	CHECK(hd_grant_decode(hd_bytes_of(message->bytes, message->size), &want, &grant));
	if (!hd_core_settle(world->core, world->now, &want, &grant, &world->decision))
		return;
	if (want.what == HD_WANT_SUSPECT) {
		hd_world_take(world);
		frame_end(play, shard);
		return;
	}
	struct client *client = client_of(play, want.entrant);
	client->waits = true; /* also where a crash made it forget that it had sent */
	decided(play, client, hd_world_answer(world, &world->decision.reply), grant.version);
	hd_world_take(world);
	frame_end(play, shard);
	client->needs = world->log_size;
	if (grant.verdict == HD_VERDICT_GONE)
		check_gone(play, want.challenge, grant.version);
}

static void
deliver(struct play *play)
{
	if (play->count == 0)
		return;
	uint32_t at = draw(play, play->count);
	struct message message = play->messages[at];
	if (play->shards[message.from].flushed < message.needs ||
	    hd_core_order(play->shards[message.to].world.core) < message.order)
		return;
	if (!message.answer || draw(play, 4) != 0)
		play->messages[at] = play->messages[--play->count];
	if (message.answer)
		take_answer(play, &message);
	for (uint32_t times = message.answer ? 0 : 1 + (draw(play, 4) == 0); times > 0; times--)
		answer_question(play, &message);
}

/* The process ends: of each log an end of what was not flushed is lost, and all messages. */
static void
crash(struct play *play)
{
	play->count = 0;
	for (uint32_t i = 0; i < SHARDS; i++) {
		struct shard *shard = &play->shards[i];
		uint32_t kept = shard->frames_count;
		while (kept > 1 && shard->frames[kept - 2] >= shard->flushed && draw(play, 3))
			kept--;
		shard->frames_count = kept;
		hd_world_cut(&shard->world, shard->frames[kept - 1]);
		shard->asked = shard->suspected = 0;
		hd_world_snapshot(&shard->world); /* which says what the log says, open WANTs too */
		flush(shard); /* recovery begins a fresh segment: what it read is durable */
	}
	for (uint32_t i = 0; i < CLIENTS; i++)
		play->clients[i].waits = play->clients[i].decided = false;
}

static void
step(struct play *play)
{
	uint32_t kind = draw(play, 100);
	struct shard *shard = &play->shards[draw(play, SHARDS)];
	struct client *client = &play->clients[draw(play, CLIENTS)];
	if (kind < 25)
		send(play, client);
	else if (kind < 40)
		hear(play, client);
	else if (kind < 60)
		flush(shard);
	else if (kind < 70)
		ask(play, (uint32_t)(shard - play->shards));
	else if (kind < 95)
		deliver(play);
	else if (kind < 98)
		next_version(play, shard);
	else if (draw(play, 2) == 0)
		crash(play);
}

/* The play. */

static void
begin(struct play *play, uint64_t seed)
{
	play->first = play->seed = seed;
	play->home = hd_slot_shard(hd_slot(HD_BYTES("bay")), SHARDS);
	for (uint32_t i = 0; i < VERSIONS; i++) {
		struct hd_world_hunt *hunt = &play->versions[i];
		*hunt = (struct hd_world_hunt){
			.id = "bay",
			.auto_join = true,
			.challenges = {
				{.id = "chest", .by_order = {300, 200, 100}, .answers = {"X7"}},
				{.id = "race", .by_order = {50, 20}, .answers = {"GO"}},
				{.id = "map", .points = 10, .answers = {"GOLD"}},
				{.id = "grid", .points = 7, .puzzle = "lightsout"}}};
		memcpy(hunt->challenges[GRID].phrases, phrases, sizeof(phrases));
		hunt->challenges[GRID].gone = i > 0 && i + 1 < VERSIONS && draw(play, 5) == 0;
		hunt->challenges[0].stock = 1 + draw(play, CLIENTS - 2);
		hunt->challenges[0].gone = i > 0 && i + 1 < VERSIONS && draw(play, 5) == 0;
	}
	for (uint32_t i = 0; i < SHARDS; i++) {
		hd_world_init(&play->shards[i].world);
		hd_world_place(&play->shards[i].world, i, SHARDS);
		play->shards[i].world.now += i * 1000;
		next_version(play, &play->shards[i]);
	}
	for (uint32_t i = 0; i < CLIENTS; i++) {
		struct client *client = &play->clients[i];
		snprintf(client->name, sizeof(client->name), "e%u", i);
		client->shard = hd_slot_shard(hd_slot(hd_bytes_str(client->name)), SHARDS);
	}
}

/* Nothing goes wrong any more: everything that was begun must end. */
static void
settle_all(struct play *play)
{
	for (uint32_t round = 0; round < 4 * TASKS; round++) {
		for (uint32_t i = 0; i < SHARDS; i++) {
			while (play->shards[i].versions < VERSIONS)
				next_version(play, &play->shards[i]);
			flush(&play->shards[i]);
			ask(play, i);
		}
		for (uint32_t i = 0; play->count > 0; i++) {
			CHECK(i < 100 * MESSAGES);
			deliver(play);
			for (uint32_t j = 0; j < SHARDS; j++)
				flush(&play->shards[j]);
		}
		for (uint32_t i = 0; i < CLIENTS; i++) {
			if (!play->clients[i].waits)
				send(play, &play->clients[i]);
			flush(&play->shards[play->clients[i].shard]);
			hear(play, &play->clients[i]);
		}
	}
	for (uint32_t i = 0; i < SHARDS; i++) {
		CHECK(hd_core_wants(play->shards[i].world.core) == 0);
		CHECK(hd_core_suspects(play->shards[i].world.core) == 0);
	}
}

/* A client's ledger: every reply is said again, and its points are the score. */
static uint32_t
check_client(struct play *play, struct client *client, uint32_t solved[CHALLENGES])
{
	int64_t sum = 0, points, score = 0;
	struct hd_world *world = &play->shards[client->shard].world;
	uint32_t entrant_solved[CHALLENGES] = {0};
	CHECK(client->at == TASKS);
	for (uint32_t i = 0; i < TASKS; i++) {
		const struct task *task = &client->tasks[i];
		CHECK(task->acked);
		if (task->said[0] == '-')
			continue; /* an error is not kept: it would be decided anew */
		const char *again = hd_world_say(world, "%s", task->line);
		CHECK(strcmp(again, task->said) == 0);
		if (sscanf(task->said, "correct %lld %lld", (long long *)&points,
			   (long long *)&score) != 2)
			continue;
		sum += points;
		CHECK(score == sum);
		CHECK(entrant_solved[task->challenge]++ == 0);
		solved[task->challenge]++;
	}
	const char *award = hd_world_say(world, "AWARD %s bay 0", client->name);
	char expected[64];
	snprintf(expected, sizeof(expected), "unchanged 0 %lld ''", (long long)sum);
	CHECK(strcmp(award, expected) == 0);
	return (uint32_t)sum;
}

/* What was given by order, whoever had it: the first `count` of the list, the last repeating. */
static uint32_t
sum_of(const int64_t *list, uint32_t length, uint64_t count)
{
	int64_t sum = 0;
	for (uint64_t i = 0; i < count; i++)
		sum += list[i < length ? i : length - 1];
	return (uint32_t)sum;
}

/* No two were allotted one number, each has what the hunt's shard says, and those who have one
 * phrase are as many as the list makes it. */
static void
check_deals(struct play *play)
{
	const struct hd_core *home = play->shards[play->home].world.core;
	uint64_t allotted = hd_core_allotted(home, 0, GRID), dealt = 0;
	bool taken[CLIENTS] = {0};
	uint32_t have[PHRASES] = {0};
	CHECK(allotted <= CLIENTS);
	for (uint32_t i = 0; i < CLIENTS; i++) {
		struct hd_deal deal;
		const struct client *client = &play->clients[i];
		struct hd_world *world = &play->shards[client->shard].world;
		if (!hd_core_deal(world->core, 0, GRID, hd_bytes_str(client->name), &deal))
			continue;
		CHECK(deal.d < allotted && !taken[deal.d]);
		taken[deal.d] = true;
		dealt++;
		const char *answer = hd_world_dealt(world, GRID, client->name);
		for (uint32_t k = 0; k < PHRASES; k++)
			have[k] += strcmp(answer, phrases[k]) == 0;
	}
	CHECK(dealt == allotted);
	for (uint32_t k = 0; k < PHRASES; k++)
		CHECK(have[k] == allotted / PHRASES || have[k] == allotted / PHRASES + 1);
}

static void
end(struct play *play)
{
	uint32_t solved[CHALLENGES] = {0}, sum = 0;
	const struct hd_core *home = play->shards[play->home].world.core;
	settle_all(play);
	for (uint32_t i = 0; i < CLIENTS; i++)
		sum += check_client(play, &play->clients[i], solved);
	CHECK(solved[0] == hd_core_grants(home, 0, 0));
	CHECK(solved[1] == hd_core_grants(home, 0, 1));
	CHECK(hd_core_grants(home, 0, 2) == 0);
	CHECK(sum == sum_of(play->versions[0].challenges[0].by_order, 3, solved[0]) +
			     sum_of(play->versions[0].challenges[1].by_order, 2, solved[1]) +
			     10 * solved[2] + 7 * solved[GRID]);
	check_deals(play);
	for (uint32_t i = 0; i < SHARDS; i++) {
		hd_world_replay(&play->shards[i].world);
		hd_world_fini(&play->shards[i].world);
	}
}

static void
everything_is_given_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct play *play = calloc(1, sizeof(*play));
		assert_non_null(play);
		begin(play, seed);
		for (uint32_t i = 0; i < STEPS; i++)
			step(play);
		end(play);
		free(play);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(everything_is_given_once)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
