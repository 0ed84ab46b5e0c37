/* world_pair.h - two worlds for stories of two-step commands: the entrants' shard E and the hunt's
 * shard H, which have the same documents. What one asks the other goes through its encoding. */
#ifndef HUNTD_TESTS_WORLD_PAIR_H
#define HUNTD_TESTS_WORLD_PAIR_H

#include "huntd/wire.h"
#include "tests/lib/world.h"

struct hd_world_pair {
	struct hd_world e, h;
	struct hd_want want; /* the last question, as it arrived */
	uint8_t want_bytes[HD_WANT_SIZE_MAX], grant_bytes[HD_GRANT_SIZE_MAX];
	struct hd_bytes answer; /* on its way to E */
};

void hd_world_pair_init(struct hd_world_pair *pair, const struct hd_world_hunt *hunt);
/* Each log alone must say what its state says. */
void hd_world_pair_fini(struct hd_world_pair *pair);

/* For cmocka: the state is the hunt (prestate), and then the pair. */
int hd_world_pair_setup(void **state);
int hd_world_pair_teardown(void **state);

void hd_world_pair_document(struct hd_world_pair *pair, const struct hd_world_hunt *hunt);

/* E's question arrives at H, and H's answer is on its way. Gives the count of H's events. Of an
 * entrant's open WANT; of a suspicion by its handle. */
uint32_t hd_world_pair_ask(struct hd_world_pair *pair, const char *entrant);
uint32_t hd_world_pair_suspect(struct hd_world_pair *pair, uint32_t handle);

/* The answer arrives at E: its reply, `stale` where nothing waits for it. Of a suspicion nobody
 * waits: "". */
const char *hd_world_pair_settle(struct hd_world_pair *pair);

/* The whole way of a command that E answered with `answer`: that, or where it waits what H makes of
 * it. */
const char *hd_world_pair_finish(struct hd_world_pair *pair, const char *entrant,
				 const char *answer);

#endif
