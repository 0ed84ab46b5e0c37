#!/usr/bin/env python3
"""Proof of power: the simulator must notice when a promise is broken on purpose.

    mutants.py                          checks that every row's text stands exactly once in its file
    mutants.py --make NAME DIR          writes the mutated file under DIR, prints its path in the tree
    mutants.py --run [--seeds N] [--time S] [--results FILE] [NAME…]
                                        builds each mutant, runs the simulator until it dies (first the seed that
                                        MUTANTS.md knows), then crash images, sweeps and the unit test of ELSEWHERE
    mutants.py --table FILE             the results as MUTANTS.md

A row: name, file, the exact text, what stands there instead, what that breaks. CMake's HUNT_MUTANT=NAME
compiles the mutated copy in the file's place; the sources stay as they are. A survivor is printed, and
--run then exits 1."""
import argparse
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WRITE, APPEND, READER, FRAME = "shard/log/write.c", "shard/log/append.c", "shard/log/reader.c", "shard/log/frame.c"
OUTBOX, ORDERS, TAKER = "shard/outbox.c", "shard/orders/orders.c", "shard/snapshot/taker.c"
APPLY, DECIDE, IDS, JUDGE = "core/game/apply.c", "core/game/decide.c", "core/game/event_ids.c", "core/game/judge.c"
DEALS, DEALT, SUSPECTS = "core/game/puzzle/deals.c", "core/game/puzzle/dealt.c", "core/game/puzzle/suspects.c"
SHARED, ENTRANTS, REPLAY = "core/game/shared/decide.c", "core/game/entrants.c", "shard/replay.c"

MUTANTS = [
    # The log.
    ("ack_before_fsync", APPEND, "	if (log->durability == HD_DURABLE_BATCH)\n		return log->flushed;",
     "	if (log->durability == HD_DURABLE_BATCH)\n		return log->written;", "replies leave before the flush"),
    ("ack_before_write", APPEND, "	if (log->durability == HD_DURABLE_BATCH)\n		return log->flushed;",
     "	if (log->durability == HD_DURABLE_BATCH)\n		return log->tail;", "replies leave before the write"),
    ("seal_never", WRITE, "	header.seal = log->flushed;", "	header.seal = 0;",
     "no seal: damage is cut as a torn tail"),
    ("retry_fsync", WRITE, '	if (result < 0)\n		hd_log_fail(log, log->current, "cannot flush", result);',
     "	if (result < 0) {\n		log->syncing = false;\n		return;\n	}", "a failed fsync is asked again"),
    ("ignore_write_error", WRITE, '	if (result < 0)\n		hd_log_fail(log, log->current, "cannot write", result);',
     "	if (result < 0)\n		result = (int32_t)(flight->size - flight->done);", "a failed write counts as written"),
    ("short_write_is_whole", WRITE, "	uint32_t whole = (uint32_t)result / HD_BLOCK * HD_BLOCK;",
     "	uint32_t whole = result > 0 ? flight->size - flight->done : 0;", "the rest of a short write is forgotten"),
    ("dsync_over_a_gap", WRITE, "	bool sync = batch && slept && frame->used <= HD_LOG_DSYNC &&\n		    log->writes_done == log->writes_synced;",
     "	bool sync = batch && slept && frame->used <= HD_LOG_DSYNC;", "one synced write, though the one before is not on the disk"),
    ("leave_unsynced_segment", WRITE, "	if (log->prepare != HD_PREPARE_READY || log->writes_done != log->writes_synced)",
     "	if (log->prepare != HD_PREPARE_READY)", "a segment is left before it is on the disk"),
    ("flush_not_wanted", WRITE, "	log->wanted = log->tail;", "	log->wanted = 0;",
     "what another log waits for is never flushed in window and off"),
    ("skip_prev_hash", FRAME, "	if (memcmp(header->previous, chain->previous, HD_FRAME_HASH) != 0)\n		return false;\n", "",
     "a frame of another life continues the chain"),
    ("skip_body_crc", FRAME, "	return crc == header->body_crc ? HD_FRAME_WHOLE : HD_FRAME_TORN;",
     "	return crc ? HD_FRAME_WHOLE : HD_FRAME_TORN;", "a torn frame is read as whole"),
    ("seal_forgotten", READER, "	if (frame.header.seal > remains->seal)\n		remains->seal = frame.header.seal;", "",
     "a seal that stands behind the damage is not heard"),
    ("cut_below_seal", READER, "	if (seal < reader->chain.next_lsn)\n		return true;",
     "	if (seal < UINT64_MAX)\n		return true;", "damage below the seal is cut in silence, wherever the seal stands"),
    ("snapshot_events_again", READER, "		if (parsed && event.lsn <= reader->from.lsn)\n			continue;\n", "",
     "events that the snapshot holds are applied again"),
    ("no_sync_at_start", READER, "		opened = all->io->ops->file_sync(all->io, all->rows[segment].file);",
     "		opened = 0;", "a start builds on what only the page cache holds"),
    # Snapshots.
    ("keep_one_snapshots_log", TAKER, "hd_log_keep(shard->log, taker->kept[HD_SNAPSHOTS_KEPT - 1].number, taker->archive);",
     "hd_log_keep(shard->log, taker->kept[0].number, taker->archive);", "the older snapshot has no log behind it"),
    ("snapshot_before_log", TAKER, "		if (hd_log_flushed(shard->log) >= taker->head.anchor.lsn)\n			publish(shard);",
     "		publish(shard);", "a snapshot counts before the log is flushed past it"),
    ("snapshot_before_fsync", TAKER, "		if (!taker->writer.synced)\n			break;", "		if (taker->writer.error)\n			break;",
     "a snapshot counts before its file is on the disk"),
    ("sweep_misses_entrant", APPLY, "	hd_sweep_entrant(core, handle);\n	struct hd_entrant *entrant = hd_entrant_at(core, handle);\n	if",
     "	struct hd_entrant *entrant = hd_entrant_at(core, handle);\n	if", "an entrant changed during the sweep is saved as it is later"),
    ("sweep_misses_id", IDS, "	hd_sweep_answered(core, handle);\n", "", "an id forgotten during the sweep is missing"),
    ("sweep_misses_phase", APPLY, "		hd_sweep_hunt(core, hunt);\n		hd_phase_enter", "		hd_phase_enter",
     "a hunt whose phase changes during the sweep is saved as it is later"),
    # Puzzles.
    ("base_forgotten", DEALT, "		core->bases = event->order;", "		core->bases = event->order - event->order % 2;", "a base is dealt again after a restart"),
    ("deals_begin_anew", DEALS, "	return share ? share->deals : 0;", "	return share ? share->deals / 2 : 0;",
     "a number is allotted a second time"),
    ("sweep_misses_deal", APPLY, "	hd_sweep_entrant(core, handle);\n	struct hd_entrant *entrant = hd_entrant_at(core, handle);\n	HD_ASSERT",
     "	struct hd_entrant *entrant = hd_entrant_at(core, handle);\n	HD_ASSERT", "a deal during the sweep is saved as it is later"),
    ("sweep_misses_suspect", SUSPECTS, "	hd_sweep_suspect(core, handle);\n", "", "a suspicion that ends during the sweep is missing"),
    # Ids.
    ("drop_dedup_on_replay", REPLAY, "		event->handle = replay->command[i].hint;",
     "		event->has &= (uint8_t)~HD_EVENT_HAS_ID;", "a replay forgets ids"),
    ("forget_ids_too_early", IDS, "if (ids->pool.live <= ids->kept_max || young)", "if (ids->pool.live <= 20)",
     "ids are forgotten while they must be kept"),
    ("forget_young_ids", IDS, "if (ids->pool.live <= ids->kept_max || young)", "if (ids->pool.live <= ids->kept_max)",
     "ids younger than ids_age are forgotten"),
    ("forget_by_time", IDS, "	forget(core, event->stamp);", "	forget(core, event->time);", "AT decides when ids are forgotten"),
    ("mismatch_unseen", DECIDE, "	if (memcmp(answered->args, c->args, sizeof(c->args)) != 0) {",
     "	if (memcmp(answered->args, c->args, 0) != 0) {", "one id, two meanings"),
    ("retry_says_another", DECIDE, "		.score = answered->score,", "		.score = c->entrant ? c->entrant->score : 0,",
     "a retry does not say what the first said"),
    # Two-step commands.
    ("stock_plus_one", SHARED, "grants >= challenge->stock)", "grants > challenge->stock)", "one treasure too many"),
    ("stock_minus_one", SHARED, "grants >= challenge->stock)", "grants + 1 >= challenge->stock)", "gone while one is left"),
    ("grant_twice", SHARED, "	if (given != NULL) {", "	if (given != NULL && given->ordinal == 0) {",
     "a repeated question gets another grant"),
    ("points_of_the_next", SHARED, "challenge->points[grants < last ? grants : last];",
     "challenge->points[grants + 1 < last ? grants + 1 : last];", "points by order, off by one"),
    ("grant_before_flush", OUTBOX, "	struct hd_held held = {.lsn = hd_log_tail(shard->log),", "	struct hd_held held = {.lsn = 0,",
     "an answer leaves before its GRANT is flushed"),
    ("want_before_flush", OUTBOX, "row_open(shard, handle, hd_log_tail(shard->log));", "row_open(shard, handle, 0);",
     "a question leaves before its WANT is flushed: stock leaks"),
    ("stale_grant_accepted", SHARED, "	if (event.stamp != want->stamp)\n		return false;\n", "",
     "an answer to an older WANT settles this one"),
    ("wants_not_resumed", OUTBOX, "		row_open(shard, handle, 0);", "		(void)row_at(shard, handle);",
     "a WANT from before the crash is never asked again"),
    ("parked_in_reverse", OUTBOX,
     "	if (row->parked == NULL)\n		row->parked = parked;\n	else\n		row->parked_last->next = parked;\n	row->parked_last = parked;",
     "	if (row->parked == NULL)\n		row->parked_last = parked;\n	parked->next = row->parked;\n	row->parked = parked;",
     "commands that waited for a WANT run in another order"),
    ("gone_forever", SHARED, "share->gone == c->definition->version", "share->gone != 0",
     "gone stays, though a new version has more"),
    # Between shards.
    ("reply_before_durable", "shard/step.c", "answer(shard, asker, given->token, &decision->reply, hd_log_tail(shard->log));",
     "answer(shard, asker, given->token, &decision->reply, 0);", "a local reply does not wait for the log"),
    ("remote_reply_at_once", "shard/remote.c", "	hd_shard_hold(shard, to, &cell);", "	hd_shard_send(shard, to, &cell);",
     "replies to other shards do not wait for the log"),
    ("forget_ring_credit", "shard/remote.c", "	remote->open[cell->from] -= cell->block->count;",
     "	remote->open[cell->from] -= cell->block->count / 2;", "credits are not returned"),
    ("past_the_list", "shard/mesh.c", "	if (out->count == 0 &&\n	    ring_write", "	if (ring_write",
     "a cell passes those that wait"),
    ("done_before_all", ORDERS, "		if (open->answers < shard->count - 1)", "		if (open->answers + 1 < shard->count - 1)",
     "an order is done before the last shard has it"),
    ("order_answered_unflushed", ORDERS, "orders->owed[paid].lsn <= flushed)", "orders->owed[paid].lsn <= flushed + 100)",
     "a shard answers an order before it is on its disk"),
    ("order_sent_unflushed", ORDERS, "if (!open->sent && hd_log_flushed(shard->log) < open->lsn)",
     "if (!open->sent && hd_log_tail(shard->log) < open->lsn)", "an order leaves before shard 0's disk has it"),
    ("orders_not_resumed", ORDERS, "	while (orders->open_count > 0) {\n		struct hd_open_order",
     "	while (orders->open_count > 0 && !orders->resuming) {\n		struct hd_open_order", "an order without DONE is not sent again"),
    # Time, boards, rules.
    ("stamp_not_resumed", "shard/loop.c", "		shard->stamp = cell->a > shard->stamp ? cell->a : shard->stamp;", "		shard->stamp = 0;",
     "stamps begin anew after a start"),
    ("clock_in_replay", REPLAY, "		event->handle = replay->command[i].hint;",
     "		event->time = shard->io->ops->now(shard->io);", "replay reads a clock"),
    ("freeze_keeps_nothing", ENTRANTS, "		if (board->frozen != NULL)\n			frozen_keep(core, board, entrant, &old);\n", "",
     "the frozen standing of an entrant moves on"),
    ("thaw_forgotten", "core/game/phases.c", "	if (phase != HD_PHASE_FROZEN && hunt->phase == HD_PHASE_FROZEN)\n		thaw(hunt);\n",
     "", "boards stay frozen when the hunt opens again"),
    ("tie_by_first_time", ENTRANTS, "old.score + points, old.sub + sub, event->time, old.id};",
     "old.score + points, old.sub + sub, old.time, old.id};", "who was first at a score is not who stands first"),
    ("late_event_counts", ENTRANTS, "	return window == board->window || (", "	return window <= board->window || (",
     "an event of an earlier window counts in this one"),
    ("cooldown_off_by_one", JUDGE, "	if (end - first < allowed)", "	if (end - first <= allowed)", "one guess too many in a window"),
    ("exhausted_off_by_one", JUDGE, "	if (limit == 0 || wrong_count(guess) < limit)", "	if (limit == 0 || wrong_count(guess) + 1 < limit)",
     "one guess too few"),
    ("hint_costs_again", JUDGE, "	if (n <= taken) {", "	if (n < taken) {", "a hint is paid twice"),
    ("best_keeps_the_worse", "core/game/award.c", "given.sub < old.sub))", "given.sub > old.sub))", "BEST by subscore is turned around"),
    ("overflow_unchecked", "core/game/award.c", "	if (points == 0 && sub == 0) {", "	if (points == 0) {", "a change of the subscore alone is lost"),
    ("view_not_told", "shard/step.c", "	hd_views_touch(shard, decision->events[0].hunt);\n", "", "a board's readers are not told that it changed"),
]

# What no simulated run shows on one machine: the unit test whose business it is.
ELSEWHERE = {
    "skip_prev_hash": "test_log",
    "sweep_misses_id": "test_snapshot",
    "sweep_misses_phase": "test_snapshot",
    "sweep_misses_deal": "test_snapshot",
    "late_event_counts": "test_game_time",
    "cooldown_off_by_one": "test_game_time",
    "stale_grant_accepted": "test_game_treasure",
    "past_the_list": "test_mesh",
}
TABLE = os.path.join(ROOT, "tests", "sim", "MUTANTS.md")


def mutate(row):
    """The mutated text of a row's file; a row that no longer fits ends the program."""
    name, path, old, new, _ = row
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        sys.exit(f"mutants.py: {name}: its text stands {text.count(old)} times in {path}, must be once")
    return text.replace(old, new)


def find(name):
    for row in MUTANTS:
        if row[0] == name:
            return row
    sys.exit(f"mutants.py: there is no mutant {name}")


def make(name, folder):
    row = find(name)
    text = mutate(row)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, os.path.basename(row[1])), "w", encoding="utf-8") as file:
        file.write(text)
    print(row[1], end="")


def known_seed(name):
    """The seed that killed it in the run of MUTANTS.md; None: another layer did, or nothing yet."""
    if not os.path.exists(TABLE):
        return None
    with open(TABLE, encoding="utf-8") as file:
        found = re.search(rf"^\| `{name}` \|.*\| simulator, seed (\d+) \|$", file.read(), re.M)
    return int(found[1]) if found else None


def table(path):
    """MUTANTS.md of a file of results: name, tab, what killed it."""
    with open(path, encoding="utf-8") as file:
        killed = dict(line.rstrip("\n").split("\t") for line in file)
    simulator = sum(killed.get(row[0], "").startswith("simulator") for row in MUTANTS)
    print(f"# Mutants\n\n{len(MUTANTS)} promises broken on purpose, {simulator} of them killed by the simulator within "
          "500 seeds, the others\nby the layer named. Made by `mutants.py --table`. A seed is one of 1 to 500 that kills it, "
          "not always the\nfirst: `hunt_sim SEED` fails in a build with `-DHUNT_MUTANT=NAME`, and passes without. What changes "
          "the\nengine or the simulator changes what a seed is; `mutants.py --run` then looks for another.\n\n"
          "| mutant | what it breaks | killed by |\n|--|--|--|")
    for name, _, _, _, breaks in MUTANTS:
        print(f"| `{name}` | {breaks} | {killed.get(name, 'nothing yet')} |")


def hunt(build, seeds, seconds, start, log):
    """(exit code, how many seeds it took)."""
    code, said = judge([os.path.join(build, "bin", "hunt_sim"), "--seeds", str(seeds), "--from", str(start), "--no-shrink",
                        "--time", str(seconds)], seconds + 60, log)
    return code, max(int((re.findall(r"(?:passed|FAILED): (\d+) seeds", said) or [0])[-1]), 1)


def run(row, build, seeds, seconds, start):
    """(how it ended, what of, seconds)."""
    began = time.monotonic()
    unit = [ELSEWHERE[row[0]]] if row[0] in ELSEWHERE else []
    log = open(os.path.join(build, row[0] + ".log"), "w", encoding="utf-8")
    for command in (["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DHUNT_WERROR=OFF",
                     f"-DHUNT_MUTANT={row[0]}"], ["ninja", "-C", build, "hunt_sim", "crash_images", "crash_sweeps", *unit]):
        if subprocess.run(command, stdout=log, stderr=log, check=False).returncode != 0:
            return "does not build", "", time.monotonic() - began
    known = known_seed(row[0])
    if known is not None and hunt(build, 1, seconds, known, log)[0] != 0:
        return "killed", f"simulator, seed {known}", time.monotonic() - began
    code, lasted = hunt(build, seeds, seconds, start, log)
    if code != 0:
        return "killed", f"simulator, seed {start + lasted - 1}", time.monotonic() - began
    layers = [("crash images", ["crash_images", "--images", "3000"]), ("crash sweeps", ["crash_sweeps", "--stride", "7"])]
    for how, words in layers + [(test, [test]) for test in unit]:
        code, _ = judge([os.path.join(build, "bin", words[0]), *words[1:]], 120, log)
        if code != 0:
            return "killed", how, time.monotonic() - began
    return "SURVIVES", f"{lasted} seeds", time.monotonic() - began


def judge(words, seconds, log):
    """(exit code, what it said); who hangs has failed."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=seconds)
        code, said = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        code, said = 1, "hung\n"
    log.write(said)
    return code, said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", nargs=2)
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--results", help="where what killed each is added")
    parser.add_argument("--table")
    parser.add_argument("--build", default="build/mutants")
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--time", type=int, default=400, help="seconds for a mutant")
    parser.add_argument("--from", dest="start", type=int, default=1)
    parser.add_argument("--all-time", type=int, default=0, help="seconds in all; 0: as long as it takes")
    parser.add_argument("names", nargs="*")
    args = parser.parse_intermixed_args()
    if args.make:
        make(*args.make)
        return 0
    if args.table:
        table(args.table)
        return 0
    rows = [find(name) for name in args.names] or MUTANTS
    for row in rows:
        mutate(row)
    if not args.run:
        print(f"{len(rows)} mutants, each fits its file")
        return 0
    os.makedirs(args.build, exist_ok=True)
    killed, tried, end = 0, 0, time.monotonic() + (args.all_time or 1e9)
    for row in rows:
        if time.monotonic() > end:
            break
        how, what, took = run(row, args.build, args.seeds, args.time, args.start)
        tried, killed = tried + 1, killed + (how == "killed")
        if args.results and how == "killed":
            with open(args.results, "a", encoding="utf-8") as file:
                file.write(f"{row[0]}\t{what}\n")
        print(f"mutant {row[0]:26} {how:9} {what:>20} {took:4.0f} s  {row[4]}", flush=True)
    print(f"mutants: {killed} of {tried} killed ({len(rows)} in the table)")
    return 0 if killed == tried else 1


sys.exit(main())
