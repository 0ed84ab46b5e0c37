/* Random commands against a slow, plain model of the rules: every answer and every board must
 * agree, and the log must replay. The model keeps whole histories and sorts whole boards; it shares
 * no code with the game. HD_SEED picks another run. */
#include "tests/lib/lib.h"
#include "tests/lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ENTRANTS   8
#define CHALLENGES 3
#define HISTORY    4096
#define IDS        24
#define LIMIT      5
#define PER_WINDOW 3
#define WINDOW     (60 * HD_WORLD_SECOND)
#define FREEZES    (3 * HD_WORLD_DAY)
#define CLOSES     (5 * HD_WORLD_DAY)

static const struct hd_world_hunt bay = {
	.id = "bay",
	.auto_join = true,
	.opens = 1,
	.freezes = 3 * 86400,
	.closes = 5 * 86400,
	.limit = LIMIT,
	.per_window = PER_WINDOW,
	.window = 60,
	.boards = {{.id = "main"},
		   {.id = "rookies", .bracket = "rookie"},
		   {.id = "today", .window = 86400}},
	.challenges = {{.id = "c0",
			.points = 100,
			.answers = {"GOLD"},
			.partial = "SILVER",
			.say = "Shinier.",
			.hints = {{10, "h1"}, {20, "h2"}}},
		       {.id = "c1",
			.points = 0,
			.answers = {"GOLD"},
			.partial = "SILVER",
			.say = "Shinier.",
			.hints = {{0, "h1"}, {7, "h2"}}},
		       {.id = "c2",
			.points = -5,
			.answers = {"GOLD"},
			.partial = "SILVER",
			.say = "Shinier.",
			.hints = {{1, "h1"}, {1, "h2"}}}},
};

static const int64_t points_of[CHALLENGES] = {100, 0, -5};
static const int64_t cost_of[CHALLENGES][2] = {{10, 20}, {0, 7}, {1, 1}};

struct cell {
	bool solved, seen[16]; /* guesses that were wrong or partial */
	int wrong, hints;
};

struct standing {
	bool stands;
	int64_t score, sub, time;
};

struct entrant {
	bool joined, rookie;
	struct standing all, window;
	struct cell cells[CHALLENGES];
	int64_t times[HISTORY];
	int times_count;
	char said[IDS][160], answered[IDS][160];
};

struct model {
	struct entrant entrants[ENTRANTS];
	enum hd_phase phase;
	bool override;
	int64_t window; /* the day */
	char frozen[3][1024];
};

/* One command: what the model needs to know of it. */
struct attempt {
	struct entrant *entrant;
	bool at;
	int64_t time;
	char answer[160];
};

static const char *
name_of(int i)
{
	static const char *const names[ENTRANTS] = {
		"ann", "bob", "cyd", "dot", "eve", "fay-with-an-id-of-more-than-22-bytes",
		"gus", "hal"};
	return names[i];
}

/* Boards by sorting. */

static const struct model *sorting;
static int sorting_board;

static const struct standing *
standing_of(const struct entrant *entrant)
{
	return sorting_board == 2 ? &entrant->window : &entrant->all;
}

static int
compare(const void *left, const void *right)
{
	int a = *(const int *)left, b = *(const int *)right;
	const struct standing *x = standing_of(&sorting->entrants[a]);
	const struct standing *y = standing_of(&sorting->entrants[b]);
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->sub != y->sub)
		return x->sub > y->sub ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return strcmp(name_of(a), name_of(b));
}

static void
model_board(const struct model *model, int board, char *text, size_t size)
{
	int rows[ENTRANTS], count = 0;
	size_t at = 0;
	sorting = model;
	sorting_board = board;
	for (int i = 0; i < ENTRANTS; i++) {
		const struct entrant *entrant = &model->entrants[i];
		if (standing_of(entrant)->stands && (board != 1 || entrant->rookie))
			rows[count++] = i;
	}
	qsort(rows, (size_t)count, sizeof(rows[0]), compare);
	*text = 0;
	for (int i = 0; i < count; i++) {
		const struct standing *row = standing_of(&model->entrants[rows[i]]);
		at += (size_t)snprintf(text + at, size - at, "%s%s=%lld", i ? " " : "",
				       name_of(rows[i]), (long long)row->score);
		if (row->sub != 0)
			at += (size_t)snprintf(text + at, size - at, "/%lld", (long long)row->sub);
	}
}

/* Time. */

static enum hd_phase
scheduled(int64_t time)
{
	time -= HD_WORLD_BEGIN;
	if (time >= CLOSES)
		return HD_PHASE_CLOSED;
	if (time >= FREEZES)
		return HD_PHASE_FROZEN;
	return time >= HD_WORLD_SECOND ? HD_PHASE_OPEN : HD_PHASE_BEFORE;
}

static void
model_phase(struct model *model, enum hd_phase phase)
{
	if (phase == HD_PHASE_FROZEN && model->phase != HD_PHASE_FROZEN)
		for (int board = 0; board < 3; board++)
			model_board(model, board, model->frozen[board], 1024);
	model->phase = phase;
}

static void
model_clock(struct model *model, int64_t now)
{
	if (!model->override)
		model_phase(model, scheduled(now));
	if (now / HD_WORLD_DAY == model->window)
		return;
	model->window = now / HD_WORLD_DAY;
	for (int i = 0; i < ENTRANTS; i++)
		model->entrants[i].window = (struct standing){0};
	*model->frozen[2] = 0; /* a day that begins frozen shows nothing */
}

/* What every command does to scores. */

static void
change(const struct model *model, struct attempt *try, int64_t points, int64_t sub, int64_t time)
{
	struct entrant *entrant = try->entrant;
	if (points == 0 && sub == 0)
		return;
	entrant->all.score += points;
	entrant->all.sub += sub;
	entrant->all.time = time;
	if (time / HD_WORLD_DAY != model->window)
		return;
	entrant->window.stands = true;
	entrant->window.score += points;
	entrant->window.sub += sub;
	entrant->window.time = time;
}

/* The time of the command's next event: one that enrols comes a nanosecond before it. */
static int64_t
enrol(const struct model *model, struct attempt *try)
{
	struct entrant *entrant = try->entrant;
	int64_t time = try->time;
	if (entrant->joined)
		return time;
	entrant->joined = true;
	entrant->all = (struct standing){.stands = true, .time = time};
	if (time / HD_WORLD_DAY == model->window)
		entrant->window = entrant->all;
	return try->at ? time : time + 1;
}

static void
outcome(struct attempt *try, const char *name, int64_t points, const char *detail)
{
	snprintf(try->answer, sizeof(try->answer), "%s %lld %lld '%s'", name, (long long)points,
		 (long long)try->entrant->all.score, detail);
}

static bool
model_open(const struct model *model, const struct attempt *try)
{
	enum hd_phase phase = try->at ? scheduled(try->time) : model->phase;
	return phase == HD_PHASE_OPEN || phase == HD_PHASE_FROZEN;
}

/* SUBMIT: guesses 0-9 are wrong, 10 is partial, 11 right, 12 has no normal form. */

static int
compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x < y) - (x > y);
}

/* Ms to wait; 0: none. Of all wrong guesses the PER_WINDOW latest count. */
static int64_t
cooldown(struct attempt *try)
{
	struct entrant *entrant = try->entrant;
	int count = 0;
	qsort(entrant->times, (size_t)entrant->times_count, sizeof(int64_t), compare_times);
	int64_t oldest = 0;
	for (int i = 0; i < entrant->times_count && i < PER_WINDOW; i++) {
		int64_t time = entrant->times[i];
		if (time <= try->time && try->time - time < WINDOW) {
			oldest = time;
			count++;
		}
	}
	return count < PER_WINDOW ? 0 : (oldest + WINDOW - try->time + 999999) / 1000000;
}

static void
model_submit(struct model *model, struct attempt *try, int challenge, int guess)
{
	struct cell *cell = &try->entrant->cells[challenge];
	char number[24];
	if (guess == 12) {
		snprintf(try->answer, sizeof(try->answer), "-BAD_ANSWER");
		return;
	}
	if (!model_open(model, try)) {
		outcome(try, "closed", 0, "");
	} else if (cell->solved) {
		outcome(try, "solved", 0, "");
	} else if (cell->wrong >= LIMIT) {
		outcome(try, "exhausted", 0, "");
	} else if (cooldown(try) > 0) {
		snprintf(number, sizeof(number), "%lld", (long long)cooldown(try));
		outcome(try, "cooldown", 0, number);
	} else if (cell->seen[guess]) {
		outcome(try, "duplicate", 0, "");
	} else {
		int64_t time = enrol(model, try);
		cell->seen[guess] = guess != 11;
		cell->solved = guess == 11;
		if (guess < 10) {
			try->entrant->times[try->entrant->times_count++] = time;
			snprintf(number, sizeof(number), "%d", LIMIT - ++cell->wrong);
			outcome(try, "wrong", 0, number);
		} else if (guess == 10) {
			outcome(try, "partial", 0, "Shinier.");
		} else {
			change(model, try, points_of[challenge], 0, time);
			outcome(try, "correct", points_of[challenge], "");
		}
	}
}

static int64_t
decreased(int64_t old, int64_t by)
{
	int64_t new = old - by;
	if (new >= 0 || new >= old)
		return new;
	return old < 0 ? old : 0;
}

static void
model_award(struct model *model, struct attempt *try, int op, int64_t points, int64_t sub)
{
	const struct standing *old = &try->entrant->all;
	int64_t score = points, second = sub;
	if (op == HD_OP_INCR) {
		score = old->score + points;
		second = old->sub + sub;
	} else if (op == HD_OP_DECR) {
		score = decreased(old->score, points);
		second = decreased(old->sub, sub);
	} else if (op == HD_OP_BEST &&
		   (points < old->score || (points == old->score && sub <= old->sub))) {
		score = old->score;
		second = old->sub;
	}
	points = score - old->score;
	sub = second - old->sub;
	int64_t time = enrol(model, try);
	change(model, try, points, sub, time);
	outcome(try, points || sub ? "applied" : "unchanged", points, "");
}

static void
model_hint(struct model *model, struct attempt *try, int challenge, int n)
{
	struct cell *cell = &try->entrant->cells[challenge];
	if (!try->entrant->joined) {
		snprintf(try->answer, sizeof(try->answer), "-NOENTRANT");
	} else if (n < 1 || n > 2 || n > cell->hints + 1) {
		snprintf(try->answer, sizeof(try->answer), "-NOHINT");
	} else if (!model_open(model, try)) {
		outcome(try, "closed", 0, "");
	} else {
		if (n > cell->hints) {
			cell->hints++;
			change(model, try, -cost_of[challenge][n - 1], 0, try->time);
		}
		snprintf(try->answer, sizeof(try->answer), "'h%d'", n);
	}
}

static void
model_join(struct model *model, struct attempt *try, bool rookie)
{
	snprintf(try->answer, sizeof(try->answer), try->entrant->joined ? "+already" : "+joined");
	if (!try->entrant->joined)
		try->entrant->rookie = rookie;
	enrol(model, try);
}

/* One random command to both. */

static uint32_t
draw(uint64_t *seed, uint32_t sides)
{
	return (uint32_t)(hd_test_random(seed) % sides);
}

/* Its kind; `args` as model_say takes them. */
static int
draw_line(uint64_t *seed, const char *name, char *line, size_t size, int *args)
{
	uint32_t kind = draw(seed, 16);
	args[0] = (int)draw(seed, CHALLENGES);
	args[1] = (int)draw(seed, 13);
	args[2] = (int)draw(seed, 4);
	if (kind == 0) {
		args[1] %= 2;
		snprintf(line, size, "JOIN %s bay%s", name, args[1] ? " BRACKET rookie" : "");
	} else if (kind < 8) {
		static const char *const special[] = {"SILVER", "GOLD", "..."};
		char guess[16];
		snprintf(guess, sizeof(guess), "guess%d", args[1]);
		snprintf(line, size, "SUBMIT %s bay c%d %s", name, args[0],
			 args[1] < 10 ? guess : special[args[1] - 10]);
	} else if (kind < 14) {
		static const char *const ops[] = {"INCR", "SET", "BEST", "DECR"};
		args[0] = (int)draw(seed, 9) - 3;
		args[1] = draw(seed, 3) ? 0 : (int)draw(seed, 4) - 1;
		snprintf(line, size, "AWARD %s bay %d OP %s SUB %d", name, args[0], ops[args[2]],
			 args[1]);
	} else {
		snprintf(line, size, "HINT %s bay c%d %d", name, args[0], args[2]);
	}
	return (int)kind;
}

static void
model_say(struct model *model, struct attempt *try, int kind, const int *args)
{
	if (kind == 0)
		model_join(model, try, args[1] != 0);
	else if (kind < 8)
		model_submit(model, try, args[0], args[1]);
	else if (kind < 14)
		model_award(model, try, args[2], args[0], args[1]);
	else
		model_hint(model, try, args[0], args[2]);
}

static void
step(struct hd_world *w, struct model *model, uint64_t *seed)
{
	char line[160];
	int args[3], who = (int)draw(seed, ENTRANTS);
	struct attempt try = {.entrant = &model->entrants[who], .time = w->now};
	int kind = draw_line(seed, name_of(who), line, sizeof(line), args);
	size_t size = strlen(line);
	if (kind < 14 && draw(seed, 4) == 0) {
		int64_t second = draw(seed, 6 * 86400), close = draw(seed, 180);
		if (draw(seed, 2)) /* at the edges of the guesses' window */
			second = (w->now - HD_WORLD_BEGIN) / HD_WORLD_SECOND - 90 + close;
		try.at = true;
		try.time = HD_WORLD_BEGIN + second * HD_WORLD_SECOND;
		snprintf(line + size, sizeof(line) - size, " AT %lld", (long long)second);
	}
	int id = draw(seed, 3) == 0 ? (int)draw(seed, IDS) : -1;
	if (id >= 0 && *try.entrant->said[id] && draw(seed, 2))
		snprintf(line, sizeof(line), "%s", try.entrant->said[id]);
	size = strlen(line);
	char sent[200];
	snprintf(sent, sizeof(sent), id < 0 ? "%s" : "%s ID k%d", line, id);
	if (id >= 0 && *try.entrant->said[id]) {
		bool same = strcmp(try.entrant->said[id], line) == 0;
		snprintf(try.answer, sizeof(try.answer), "%s",
			 same ? try.entrant->answered[id] : "-IDMISMATCH");
	} else {
		model_say(model, &try, kind, args);
		if (id >= 0 && *try.answer != '-') {
			snprintf(try.entrant->said[id], 160, "%s", line);
			snprintf(try.entrant->answered[id], 160, "%s", try.answer);
		}
	}
	const char *answer = hd_world_say(w, "%s", sent);
	if (strcmp(answer, try.answer) != 0)
		fail_msg("%s\n  game:  %s\n  model: %s", sent, answer, try.answer);
}

static void
compare_boards(struct hd_world *w, const struct model *model)
{
	char text[1024];
	for (uint16_t board = 0; board < 3; board++) {
		model_board(model, board, text, sizeof(text));
		assert_string_equal(hd_world_board(w, "bay", board, false), text);
		hd_board_audit(hd_core_board(w->core, 0, board));
		if (model->phase == HD_PHASE_FROZEN)
			assert_string_equal(hd_world_board(w, "bay", board, true),
					    model->frozen[board]);
	}
}

static void
play(uint64_t seed)
{
	static struct hd_world world;
	static struct model model;
	model = (struct model){.window = HD_WORLD_BEGIN / HD_WORLD_DAY};
	hd_world_init(&world);
	hd_world_document(&world, &bay);
	for (int i = 0; i < 3000; i++) {
		if (draw(&seed, 20) == 0) {
			int64_t seconds = (world.now - HD_WORLD_BEGIN) / HD_WORLD_SECOND;
			hd_world_clock(&world, seconds + draw(&seed, draw(&seed, 20) ? 60 : 30000));
			model_clock(&model, world.now);
		}
		if (draw(&seed, 500) == 0) {
			enum hd_phase phase = HD_PHASE_OPEN + draw(&seed, 3);
			hd_world_phase(&world, "bay", phase);
			model.override = true;
			model_phase(&model, phase);
		}
		step(&world, &model, &seed);
		if (i % 16 == 0)
			compare_boards(&world, &model);
	}
	hd_world_replay(&world);
	hd_world_fini(&world);
}

static void
test_random_commands(void **state)
{
	(void)state;
	const char *chosen = getenv("HD_SEED");
	uint64_t first = chosen ? strtoull(chosen, NULL, 10) : 1;
	for (uint64_t seed = first; seed < first + (chosen ? 1 : 20); seed++) {
		print_message("HD_SEED=%llu\n", (unsigned long long)seed);
		play(seed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_commands)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
