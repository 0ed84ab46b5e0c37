/* Crash images: one run is recorded; wherever something is not yet synced the machine could stop,
 * and any part of those sectors, sizes and names could be on the disk. Where they are few, every
 * subset is an image; where they are many, none, all, each alone, all but each, and subsets drawn
 * by the seed. Each image is recovered and checked against the ledger; one in 16 lives on, ends in
 * order and is read again.
 *
 *   crash_images [--images N] [--seed S]     prints the images; 1 and the image's name on a fault
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "huntd/assert.h"
#include "tests/crash/life.h"
#include "tests/lib/lib.h"

#define STEPS      160u
#define ALL_UP_TO  6u  /* un-synced things: every subset */
#define SINGLES    12u /* of many: each alone, and all but each, of so many */
#define DRAWN      24u
#define POINT_MOST 128u

/* Which of the un-synced things survive: the i-th image of a crash point. */
struct choice {
	uint32_t things, next;
	uint32_t image;
	uint64_t random;
};

static uint64_t images, points, longest, fallbacks, restarts, snapshots;

static bool
count_thing(void *context)
{
	struct choice *choice = context;
	choice->things++;
	return false;
}

static uint32_t
single_count(const struct choice *choice)
{
	return choice->things < SINGLES ? choice->things : SINGLES;
}

/* How many images a point is worth. */
static uint32_t
image_count(const struct choice *choice)
{
	if (choice->things <= ALL_UP_TO)
		return 1u << choice->things;
	return 2 + 2 * single_count(choice) + DRAWN;
}

/* The k-th of `count` things spread over all. */
static uint32_t
spread(const struct choice *choice, uint32_t k)
{
	return (uint32_t)((uint64_t)k * choice->things / single_count(choice));
}

static bool
survives(void *context)
{
	struct choice *choice = context;
	uint32_t thing = choice->next++, image = choice->image, singles = single_count(choice);
	if (choice->things <= ALL_UP_TO)
		return image >> thing & 1;
	if (image < 2)
		return image == 1;
	if (image < 2 + singles)
		return thing == spread(choice, image - 2);
	if (image < 2 + 2 * singles)
		return thing != spread(choice, image - 2 - singles);
	return hd_test_random(&choice->random) % 100 < (image * 37) % 100;
}

static void
fault(uint64_t seed, uint64_t point, uint32_t image, const char *what)
{
	printf("FAULT: seed %llu point %llu image %u: %s\n", (unsigned long long)seed,
	       (unsigned long long)point, image, what);
	exit(1);
}

/* The image serves on, ends in order, and is read once more. */
static const char *
live_on(struct life *life, uint64_t seed)
{
	restarts++;
	life->fake.hold_syncs = false;
	for (uint32_t k = 0; k < 20; k++) {
		life_act(life, seed, 10000 + k);
		life_submit(life, k % 2);
		life_complete(life);
	}
	life_settle(life);
	uint64_t tail = hd_log_tail(life->log);
	fake_io_crash(&life->fake, 0);
	life_end(life);
	return life_recover(life, tail, tail);
}

static void
try_image(const struct life *before, struct choice *choice, uint64_t seed)
{
	static struct life_ledger ledger;
	static struct life life;
	life_fork(&life, before);
	choice->next = 0;
	choice->random = seed ^ images;
	life.fake.survives = survives;
	life.fake.survives_context = choice;
	fake_io_crash(&life.fake, 50);
	life.fake.survives = NULL;
	const char *wrong = life_recover(&life, before->acked, hd_log_tail(before->log));
	if (!wrong && images % 16 == 0) {
		ledger = *before->ledger;
		life.ledger = &ledger;
		wrong = live_on(&life, seed + images);
	}
	if (wrong)
		fault(seed, points, choice->image, wrong);
	fallbacks += life.fallbacks;
	images++;
	life_fini(&life);
}

static void
crash_here(const struct life *before, uint64_t seed)
{
	struct choice choice = {0};
	static struct fake_io probe;
	fake_io_clone(&probe, &before->fake);
	probe.survives = count_thing;
	probe.survives_context = &choice;
	fake_io_crash(&probe, 50);
	fake_io_fini(&probe);
	points++;
	if (choice.things > longest)
		longest = choice.things;
	uint32_t count = image_count(&choice);
	HD_ASSERT(count <= POINT_MOST);
	for (choice.image = 0; choice.image < count; choice.image++)
		try_image(before, &choice, seed);
}

static void
record(uint64_t seed, uint64_t wanted)
{
	static struct life_ledger ledger;
	static struct life life;
	uint64_t random = seed;
	life_begin(&life, seed, &ledger);
	const char *wrong = life_recover(&life, 0, 0);
	if (wrong)
		fault(seed, 0, 0, wrong);
	for (uint32_t k = 0; k < STEPS && images < wanted;) {
		uint64_t dice = hd_test_random(&random);
		for (uint32_t more = 1 + (uint32_t)dice % 4; more > 0; more--)
			life_act(&life, seed, k++);
		life.fake.hold_syncs = dice % 5 == 0;
		life_submit(&life, dice >> 8 & 1);
		crash_here(&life, seed);
		life_complete(&life);
		if (dice % 3 == 0)
			crash_here(&life, seed);
	}
	snapshots += life.snapshots;
	life_fini(&life);
}

int
main(int count, char **arguments)
{
	uint64_t wanted = 20000, seed = 1;
	/* Every image clones a disk: memory is reused, not mapped anew. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	for (int i = 1; i + 1 < count; i += 2) {
		uint64_t value = strtoull(arguments[i + 1], NULL, 10);
		if (strcmp(arguments[i], "--images") == 0)
			wanted = value;
		else if (strcmp(arguments[i], "--seed") == 0)
			seed = value;
	}
	while (images < wanted)
		record(seed++, wanted);
	printf("%llu crash images of %llu points: all recovered; at most %llu un-synced things, "
	       "%llu snapshots taken, %llu passed over as damaged, %llu lived on\n",
	       (unsigned long long)images, (unsigned long long)points, (unsigned long long)longest,
	       (unsigned long long)snapshots, (unsigned long long)fallbacks,
	       (unsigned long long)restarts);
	return 0;
}
