/* story.h - how every story begins, and how it asks. */
#ifndef HUNTD_TESTS_STORY_H
#define HUNTD_TESTS_STORY_H

// clang-format off
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "tests/lib/house.h"

#define SAYS(house, at, answer, ...) assert_string_equal(house_say(house, at, __VA_ARGS__), answer)

static inline struct house *
start(const char *folder, uint32_t shards, uint32_t ring_cells)
{
	struct house_options options = {
		.shards = shards, .ring_cells = ring_cells, .files = {"reef first"}};
	char message[256];
	int code;
	struct house *house = house_start(folder, &options, &code, message);
	if (house == NULL)
		print_error("exit %d: %s\n", code, message);
	assert_non_null(house);
	return house;
}

#endif
