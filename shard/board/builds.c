/* Boards that are being built: a slice each pass, and who waits for them.
 *
 * A command waits where it was read, unadmitted, while the board is being built in the reader's own
 * shard. Where it is ready there but not in another shard, the other one keeps the gather's
 * question, and goes on answering those about other boards. */
#include "shard/inside.h"

struct hd_kept {
	struct hd_kept *next;
	uint64_t run;
	uint32_t asker, size;
	uint8_t question[];
};

bool
hd_builds_wait(const struct hd_shard *shard, const struct hd_command *command)
{
	uint16_t hunt, board;
	HD_ASSERT(shard->builds.running);
	if (command->verb == HD_CMD_EVENTS || command->verb == HD_CMD_HUNT_INFO)
		return false;
	return hd_views_board(shard, command, &hunt, &board) &&
	       !hd_core_board_ready(shard->core, hunt, board);
}

void
hd_builds_keep(struct hd_shard *shard, uint32_t asker, uint64_t run, struct hd_bytes question)
{
	struct hd_builds *builds = &shard->builds;
	HD_ASSERT(asker < shard->count && question.size <= HD_QUESTION_MAX);
	struct hd_kept *kept = hd_memory_take(&shard->cycled, sizeof *kept + question.size, 8);
	kept->run = run;
	kept->asker = asker;
	kept->size = question.size;
	memcpy(kept->question, question.at, question.size);
	if (builds->first == NULL)
		builds->first = kept;
	else
		builds->last->next = kept;
	builds->last = kept;
	HD_COUNT(hd_shard_mine(shard)->board_waits_total, 1);
}

/* Takes the one behind `before` (NULL: the first) out of the list. */
static void
drop(struct hd_shard *shard, struct hd_kept *before, struct hd_kept *kept)
{
	struct hd_builds *builds = &shard->builds;
	if (before == NULL)
		builds->first = kept->next;
	else
		before->next = kept->next;
	if (builds->last == kept)
		builds->last = before;
	hd_memory_give(&shard->cycled, kept, sizeof *kept + kept->size);
}

void
hd_builds_answer(struct hd_shard *shard)
{
	struct hd_kept *before = NULL, *kept = shard->builds.first;
	uint32_t answered = 0;
	while (kept != NULL && answered < HD_PASS_KEPT) {
		struct hd_kept *next = kept->next;
		struct hd_bytes question = hd_bytes_of(kept->question, kept->size);
		if (hd_part_ready(shard->core, question)) {
			hd_gathers_answer(shard, kept->asker, kept->run, question);
			drop(shard, before, kept);
			answered++;
		} else {
			before = kept;
		}
		kept = next;
	}
	for (uint32_t asker = 0; answered > 0 && asker < shard->count; asker++)
		hd_gathers_answered(shard, asker);
	shard->builds.look = kept != NULL;
	shard->again |= shard->builds.look;
}

void
hd_builds_pass(struct hd_shard *shard)
{
	struct hd_builds *builds = &shard->builds;
	uint16_t hunt;
	HD_ASSERT(builds->running);
	bool ready = hd_core_build(shard->core, HD_PASS_BUILT, &hunt);
	if (ready)
		hd_views_touch(shard, hunt);
	builds->running = hd_core_building(shard->core);
	if (ready || !builds->running) /* a freeze, or a newer version, may have ended it */
		builds->look = builds->first != NULL;
	shard->again |= builds->running || builds->look;
}

void
hd_builds_fini(struct hd_shard *shard)
{
	while (shard->builds.first != NULL)
		drop(shard, NULL, shard->builds.first);
	HD_ASSERT(shard->builds.last == NULL);
}
