/* taker_world.h - one shard that takes snapshots, over a disk in memory. */
#ifndef HUNTD_TESTS_TAKER_WORLD_H
#define HUNTD_TESTS_TAKER_WORLD_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/shard_rig.h"

#define MS 1000000

static struct rig_story story;

static inline int
make_story(void **state)
{
	(void)state;
	rig_story_make(&story);
	return 0;
}

static inline int
end_story(void **state)
{
	(void)state;
	rig_story_end(&story);
	return 0;
}

/* A shard with a hundred events and no snapshot. */
static inline struct rig *
begin(void)
{
	struct rig *rig = calloc(1, sizeof *rig);
	assert_non_null(rig);
	rig->story = &story;
	fake_io_init(&rig->disk);
	assert_true(rig_open(rig));
	rig_append(rig, 100);
	rig_settle(rig);
	return rig;
}

static inline void
end(struct rig *rig)
{
	rig_close(rig);
	fake_io_fini(&rig->disk);
	free(rig);
}

static inline uint64_t
taken(struct rig *rig)
{
	return HD_METRIC(rig->stats[1].metrics.snapshots_total);
}

static inline uint64_t
dropped(struct rig *rig)
{
	return HD_METRIC(rig->stats[1].metrics.snapshot_failures_total);
}

static inline bool
is_there(struct rig *rig, uint64_t lsn, bool whole)
{
	char path[HD_SNAPSHOT_PATH];
	hd_snapshot_path(RIG_FOLDER, lsn, whole, path);
	return fake_io_find(&rig->disk, path) != NULL;
}

#endif
