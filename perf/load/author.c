#include "perf/load/author.h"

#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"

#define PARTIAL_ONE_IN 8 /* guesses are a partial answer where there is one */

static_assert(HD_ANSWER_MAX + 2 * HD_ID_MAX + HD_LOAD_NAME_ROOM + 128 + 6 * 8 < HD_LOAD_REQUEST_MAX,
	      "the longest command fits");

/* Words of each command without ID. */
static const uint8_t arity[HD_LOAD_VERB_COUNT] = {
	[HD_LOAD_SUBMIT] = 5, [HD_LOAD_AWARD] = 4, [HD_LOAD_JOIN] = 3,   [HD_LOAD_PROGRESS] = 3,
	[HD_LOAD_TOP] = 2,    [HD_LOAD_RANK] = 3,  [HD_LOAD_AROUND] = 3, [HD_LOAD_COUNT] = 2,
};

static const char *const commands[HD_LOAD_VERB_COUNT] = {
#define X(symbol, name, command) command,
	HD_LOAD_VERBS(X)
#undef X
};

const char *const hd_load_group_names[HD_LOAD_GROUP_COUNT] = {
	[HD_LOAD_ALIKE] = "all",
	[HD_LOAD_HOT_ENTRANT] = "hot_entrant",
	[HD_LOAD_HOT_HUNT] = "hot_hunt",
	[HD_LOAD_REST] = "rest",
};

static void
open_mix(struct hd_load_author *author, const struct hd_load_plan *plan)
{
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++)
		author->mix_size += plan->weights[verb];
	author->mix = malloc(author->mix_size);
	HD_ASSERT(author->mix);
	uint8_t *at = author->mix;
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++) {
		memset(at, (int)verb, plan->weights[verb]);
		at += plan->weights[verb];
	}
}

void
hd_load_author_open(struct hd_load_author *author, const struct hd_load_plan *plan,
		    const struct hd_load_scene *scenes, uint32_t scenes_count, uint32_t number,
		    uint32_t run)
{
	/* Drawn from the seed: neighbours as they stand would be one stream, a draw apart. */
	uint64_t dice = plan->seed, seed = hd_load_random(&dice);
	*author = (struct hd_load_author){
		.scenes = scenes,
		.scenes_count = scenes_count,
		.people = {plan->entrants, plan->first, plan->skew, plan->names},
		.right = plan->right,
		.hot_entrant = plan->hot_entrant,
		.hot_hunt = scenes_count > 1 ? plan->hot_hunt : 0,
		.each = plan->each,
		.random = seed + number * 0xd1b54a32d192ed03u,
		.ids = plan->ids,
		.id_next = (uint64_t)number << 48,
	};
	snprintf(author->id, sizeof author->id, "$24\r\n%08x", run);
	open_mix(author, plan);
	for (uint32_t verb = 0; verb < HD_LOAD_VERB_COUNT; verb++) {
		for (unsigned ids = 0; ids < 2; ids++)
			snprintf(author->heads[verb][ids], sizeof author->heads[verb][ids],
				 "*%u\r\n$%zu\r\n%s\r\n", arity[verb] + 2 * ids,
				 strlen(commands[verb]), commands[verb]);
	}
}

void
hd_load_author_close(struct hd_load_author *author)
{
	free(author->mix);
	author->mix = NULL;
}

static inline uint8_t *
put(uint8_t *to, struct hd_bytes bytes)
{
	memcpy(to, bytes.at, bytes.size);
	return to + bytes.size;
}

static uint8_t *
put_id(struct hd_load_author *author, uint8_t *to)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number = author->id_next++;
	memcpy(to, "$2\r\nID\r\n", 8);
	memcpy(to + 8, author->id, 13);
	for (unsigned i = 0; i < 16; i++)
		to[21 + i] = (uint8_t)digits[number >> (60 - 4 * i) & 15];
	memcpy(to + 37, "\r\n", 2);
	return to + 39;
}

/* Eight letters, or words where entrants have names. */
static uint8_t *
put_guess(struct hd_load_author *author, uint8_t *to)
{
	if (author->people.names)
		return hd_load_people_guess(&author->random, to);
	uint64_t nibbles = hd_load_random(&author->random) & 0x0f0f0f0f0f0f0f0fu;
	uint64_t letters = nibbles + 0x4141414141414141u;
	memcpy(to, "$8\r\n", 4);
	memcpy(to + 4, &letters, 8);
	memcpy(to + 12, "\r\n", 2);
	return to + 14;
}

static uint8_t *
put_answer(struct hd_load_author *author, const struct hd_load_scene *scene, uint64_t entrant,
	   uint8_t *to)
{
	const struct hd_load_challenge *challenge =
		&scene->challenges[hd_load_below(&author->random, scene->count)];
	const struct hd_load_texts *right = &challenge->right, *partial = &challenge->partial;
	double chance = author->right * hd_load_people_skill(&author->people, entrant);
	to = put(to, challenge->id);
	if (hd_load_share(&author->random) < chance && right->count)
		return put(to, right->rows[hd_load_below(&author->random, right->count)]);
	if (partial->count && hd_load_below(&author->random, PARTIAL_ONE_IN) == 0)
		return put(to, partial->rows[hd_load_below(&author->random, partial->count)]);
	return put_guess(author, to);
}

static uint8_t *
put_points(struct hd_load_author *author, uint8_t *to)
{
	memcpy(to, "$1\r\n1\r\n", 7);
	to[4] = (uint8_t)('1' + hd_load_below(&author->random, 9));
	return to + 7;
}

static const struct hd_load_scene *
draw_scene(struct hd_load_author *author, uint64_t number)
{
	if (author->scenes_count == 1)
		return author->scenes;
	if (author->each)
		return &author->scenes[number / author->people.count];
	if (author->hot_hunt > 0 && hd_load_share(&author->random) < author->hot_hunt)
		return author->scenes;
	uint32_t cold = author->hot_hunt > 0;
	return &author->scenes[cold + hd_load_below(&author->random, author->scenes_count - cold)];
}

static uint8_t
group_of(const struct hd_load_author *author, const struct hd_load_scene *scene)
{
	if (author->hot_hunt > 0 && scene == author->scenes)
		return HD_LOAD_HOT_HUNT;
	return author->hot_hunt > 0 || author->hot_entrant > 0 ? HD_LOAD_REST : HD_LOAD_ALIKE;
}

static uint64_t
draw_entrant(struct hd_load_author *author, uint64_t number)
{
	if (author->each)
		return number % author->people.count;
	if (author->hot_entrant > 0 && hd_load_share(&author->random) < author->hot_entrant)
		return 0;
	return hd_load_people_draw(&author->people, &author->random);
}

uint8_t *
hd_load_author_write(struct hd_load_author *author, uint64_t number, uint8_t *to,
		     struct hd_load_flight *flight)
{
	const struct hd_load_scene *scene = draw_scene(author, number);
	uint8_t verb = author->mix[hd_load_below(&author->random, author->mix_size)];
	bool write = verb == HD_LOAD_SUBMIT || verb == HD_LOAD_AWARD || verb == HD_LOAD_JOIN;
	bool id = write && author->ids;
	flight->verb = verb;
	flight->group = group_of(author, scene);
	to = put(to, hd_bytes_str(author->heads[verb][id]));
	if (verb == HD_LOAD_TOP || verb == HD_LOAD_COUNT)
		return put(to, scene->hunt);
	uint64_t entrant = draw_entrant(author, number);
	if (author->hot_entrant > 0 && entrant == 0)
		flight->group = HD_LOAD_HOT_ENTRANT;
	if (verb == HD_LOAD_RANK || verb == HD_LOAD_AROUND)
		return hd_load_people_write(&author->people, entrant, put(to, scene->hunt));
	to = put(hd_load_people_write(&author->people, entrant, to), scene->hunt);
	if (verb == HD_LOAD_SUBMIT)
		to = put_answer(author, scene, entrant, to);
	else if (verb == HD_LOAD_AWARD)
		to = put_points(author, to);
	return id ? put_id(author, to) : to;
}
