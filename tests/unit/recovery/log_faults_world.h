/* log_faults_world.h - the log of a test that breaks its disk: opened, written and ended well, so
 * that a test says only what goes wrong. Files that include it have cmocka before it. */
#ifndef HUNTD_TESTS_LOG_FAULTS_WORLD_H
#define HUNTD_TESTS_LOG_FAULTS_WORLD_H

#include <stdlib.h>

#include "tests/lib/log_world.h"

#define FOLDER "data/shard-3"
#define FIRST  FOLDER "/00000001.log"

static inline struct log_world *
begin(void)
{
	struct log_world *world = malloc(sizeof *world);
	assert_non_null(world);
	log_world_init(world, 5);
	world->text_max = 20000;
	return world;
}

static inline void
end(struct log_world *world)
{
	fake_io_kill(&world->fake, 0);
	log_world_drop(world);
	log_world_fini(world);
	free(world);
}

static inline void
open_well(struct log_world *world)
{
	if (!log_world_open(world))
		fail_msg("%s", world->report.message);
	assert_int_equal(world->wrong, 0);
}

static inline void
write_well(struct log_world *world, uint32_t commands)
{
	for (uint32_t i = 0; i < commands; i += 10) {
		log_world_append(world, 10);
		log_world_settle(world);
	}
}

#endif
