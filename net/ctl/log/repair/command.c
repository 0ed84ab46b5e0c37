/* repair: makes the log of a stopped server whole again, and says first what is lost.
 *
 * Damaged bytes are moved aside, never removed. What a log lost and others prove is given back
 * through hd_log_append: the log's format is written in one place only. */
#include <stdio.h>
#include <stdlib.h>

#include "huntd/assert.h"
#include "net/ctl/log/repair/repair.h"
#include "net/uring/uring.h"
#include "shard/data_dir.h"

static int
run(struct hd_ctl_repair *repair)
{
	bool accept = repair->ctl->given & HD_CTL_TAKES(accept_loss), needed = false;
	char words[HD_CTL_REPAIR_WORDS];
	if (!hd_ctl_repair_plan(repair))
		return HD_EXIT_DAMAGED;
	json_t *shards = json_array();
	for (unsigned i = 0; i < repair->logs.shards; i++) {
		const struct hd_ctl_plan *plan = &repair->plan[i];
		needed |= plan->action != HD_REPAIR_NOTHING || plan->back_count > 0;
		json_array_append_new(shards, hd_ctl_repair_fact(repair, i));
		hd_ctl_repair_say(repair, i, accept ? "is" : "would be");
	}
	if (!repair->proving && needed && repair->ctl->skips == 0)
		hd_ctl_fail("not every log can be read from its first event: lost orders and "
			    "grants cannot be proven, and do not come back");
	bool good = !accept || !needed || hd_ctl_repair_mend(repair);
	const char *state = !needed ? "nothing to repair" : !accept ? "needed" : "done";
	json_t *facts = json_pack("{s:s, s:s, s:o}", "repair", good ? state : "failed", "aside",
				  repair->aside.made ? repair->aside.folder : "-", "shard", shards);
	json_object_set(facts, "given_back", repair->given);
	hd_ctl_print(repair->ctl, facts);
	hd_ctl_repair_words(repair->ctl, words);
	if (needed && !accept)
		hd_ctl_fail("nothing was changed; to go on without what is lost: huntctl repair "
			    "%s%s --accept-loss",
			    repair->logs.data, words);
	if (!good)
		return HD_EXIT_STORAGE;
	return needed && !accept ? HD_EXIT_DAMAGED : HD_EXIT_OK;
}

/* False: said why. */
static bool
lock(struct hd_ctl_repair *repair, struct hd_data_dir *dir)
{
	static const uint8_t unused[32];
	char message[700];
	struct hd_uring_options options = {0};
	if (hd_data_dir_open(dir, repair->logs.data, 0, 1, unused, message, sizeof message) !=
	    HD_EXIT_OK) {
		hd_ctl_fail("%s; stop it first: only a stopped server's directory is repaired",
			    message);
		return false;
	}
	repair->io = hd_uring_create(&options, message, sizeof message);
	if (!repair->io)
		hd_ctl_fail("%s", message);
	return repair->io != NULL;
}

int
hd_ctl_repair(struct hd_ctl *ctl, int argc, char **argv)
{
	(void)argc;
	int code = HD_EXIT_DAMAGED;
	struct hd_data_dir dir = {.lock = -1};
	struct hd_ctl_repair *repair = calloc(1, sizeof *repair);
	HD_ASSERT(repair);
	repair->ctl = ctl;
	repair->aside.data = argv[0];
	repair->past = (struct hd_ctl_past){.logs = &repair->logs,
					    .check_only = true,
					    .each = hd_ctl_evidence_take,
					    .context = &repair->evidence};
	repair->evidence.past = &repair->past;
	repair->given = json_array();
	if (hd_ctl_logs_open(&repair->logs, argv[0])) {
		code = HD_EXIT_STORAGE;
		if (lock(repair, &dir)) {
			hd_ctl_past_begin(&repair->past);
			code = run(repair);
			hd_ctl_past_end(&repair->past);
			hd_uring_destroy(repair->io);
		}
		hd_data_dir_close(&dir);
	}
	for (unsigned i = 0; i < HD_SHARDS_MAX; i++)
		hd_ctl_salvage_free(&repair->plan[i].salvage);
	hd_ctl_logs_close(&repair->logs);
	hd_ctl_evidence_free(&repair->evidence);
	json_decref(repair->given);
	free(repair);
	return code;
}
