#!/usr/bin/env python3
"""huntctl's offline tools over data directories that real servers left: verify, dump, board at a
position, and whatif against a server that ran the other document."""
from log_tools import *


def whole_after_a_kill():
    with Server({"bay": bay()}, shards=3) as server:
        client = play(server)
        live = top(client), top(client, "rookies")
        running = huntctl("log", "verify", server.data)
        check("a log that a server writes can be looked at", running[0] in (0, 1), running)
        server.kill()
        report = facts("log", "verify", server.data)
        same("nothing wrong", (report["state"], report["findings"], report["running"]), ("whole", 0, False))
        same("three shards, each from its first event", [(s["shard"], s["first_lsn"], s["state"]) for s in report["shard"]],
             [(i, 1, "whole") for i in range(3)])
        check("a head of the chain each", all(re.fullmatch("[0-9a-f]{32}", s["head"]) for s in report["shard"]))
        dumped = [json.loads(l) for l in huntctl("log", "dump", server.data, "--json")[1].splitlines()]
        same("dump has as many events", len(dumped), report["events"])
        check("grants among them, with their ordinals", sorted({e["fields"]["ordinal"] for e in dumped if e["type"] == "grant"}) == [1, 2, 3, 4, 5])
        for name, was in zip(("main", "rookies"), live):
            board = facts("log", "board", server.data, "bay", name)
            same("the board again", rows(board), was)
            same("its hash by hand", hash_of(board), board["hash"])
            same("as verify said", [b["hash"] for b in report["board"] if b["board"] == name], [board["hash"]])
        same("three rows of it", rows(facts("log", "board", server.data, "bay", "--count", "3")), live[0][:3])
        text = huntctl("log", "board", server.data, "bay")[1]
        check("for people too", "hash" in text and "p00" in text, text)
        return "%d events" % report["events"]


def boards_of_the_past():
    with Server({"bay": bay()}, shards=3) as server:
        client, past = server.client(), []
        for part in range(4):
            play(server, 150, extra=part)
            client("HUNT.AWARD", "p00", "bay", 1)
            position = as_map(client("HUNT.PROGRESS", "p00", "bay"))["position"]
            past.append((position, top(client)))
            time.sleep(0.01)
        client("HUNT.FREEZE", "bay")
        frozen = top(client)
        play(server, 150, extra=9)
        client("HUNT.AWARD", "p00", "bay", 1)
        position = as_map(client("HUNT.PROGRESS", "p00", "bay"))["position"]
        same("it is frozen", top(client, view="frozen"), frozen)
        past.append((position, top(client)))
        server.stop()
        for position, was in past:
            board = facts("log", "board", server.data, "bay", "--at", position)
            same("the board at %s" % position, rows(board), was)
            same("by the LSNs of that time", facts("log", "board", server.data, "bay", "--at", board["position"])["hash"], board["hash"])
            ms, stamp = int(position.split(".")[0]), time.gmtime(int(position.split(".")[0]) // 1000)
            for printed in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
                printed = "%s.%03dZ" % (time.strftime(printed, stamp), ms % 1000)
                same("as it is printed: %s" % printed, rows(facts("log", "board", server.data, "bay", "--at", printed)), was)
        printed = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z", huntctl("log", "dump", server.data, "--count", "1")[1])
        check("a time of log dump is a position", printed and huntctl("log", "dump", server.data, "--from", printed[0], "--count", "1")[0] == 0, printed)
        for wrong in ("2026-11-21", "2026-11-21T18:14", "2026-11-21T18:14:35.907Y", "2026-13-21 18:14:35Z"):
            check("%s is none" % wrong, "a position is" in huntctl("log", "board", server.data, "bay", "--at", wrong)[2])
        check("help says so", "2026-11-21T" in huntctl("log", "board", "--help")[1])
        same("as it was frozen", rows(facts("log", "board", server.data, "bay", "--at", past[-1][0], "--view", "frozen")), frozen)
        check("not frozen yet", "not frozen" in huntctl("log", "board", server.data, "bay", "--at", past[0][0], "--view", "frozen")[2])
        events = [json.loads(l) for l in huntctl("log", "dump", server.data, "--from", past[0][0], "--to", past[1][0], "--json")[1].splitlines()]
        same("dump between two times ends with the second", [e["fields"].get("points") for e in events if e["entrant"] == "p00"][-1], 1)
        whole = huntctl("log", "dump", server.data, "--json")[1].splitlines()
        check("and is a part", 0 < len(events) < len(whole), len(events), len(whole))
        for wrong, said in (("0:1", "for each of the 3 shards"), ("x", "a position is"), ("0:1,1:1,2:99999999", "ends at LSN")):
            code, out, err = huntctl("log", "board", server.data, "bay", "--at", wrong)
            check("%s is no position" % wrong, code in (1, 2) and said in err, code, err)
        check("before the hunt", "no hunt" in huntctl("log", "board", server.data, "bay", "--at", "1000")[2])
        check("no such board", "no board" in huntctl("log", "board", server.data, "bay", "nope")[2])


def snapshots_are_what_the_log_gives():
    with Server({"bay": bay()}, shards=2) as server:
        for part in range(3):
            client = play(server, 200, extra=part)
            live = top(client)
            server.restart(kill=False)
        server.kill()
        report = facts("log", "verify", server.data)
        same("whole", report["state"], "whole")
        check("snapshots of both shards, compared", {s["shard"] for s in report["snapshot"]} == {0, 1}
              and all(s["state"] == "whole" for s in report["snapshot"]), report["snapshot"])
        same("the board needs none", rows(facts("log", "board", server.data, "bay")), live)
        folder = server.data + "/shard-01"
        name = sorted(f for f in os.listdir(folder) if f.endswith(".hds"))[-1]
        flip("%s/%s" % (folder, name), os.path.getsize("%s/%s" % (folder, name)) // 2)
        code, out, err = huntctl("log", "verify", server.data)
        check("a damaged one is named, with its offset", code == 65 and name in err and "offset" in err, code, err)
        check("as one of them", "damaged" in out, out)


def every_flipped_bit_is_found():
    with Server({"bay": bay()}, shards=2) as server:
        play(server, 120)
        server.stop()
        path, random = segments(server.data, 1)[0], seeded(7)
        used, tried = [b for b in blocks(path)], 0
        with open(path, "rb") as file:
            length = sum(4096 for _ in used)
        for _ in range(40):
            # All but the last frame: damage to that one looks like a torn tail (FAULTS, row 4).
            at = random.choice(used[:-2]) * 4096 + random.randrange(4096)
            flip(path, at)
            code, out, err = huntctl("log", "verify", server.data)
            check("the flip at %d of %d" % (at, length), code == 65 and path in err and "offset" in err and "LSN" in err, code, err)
            flip(path, at)
            tried += 1
        same("flipped back", huntctl("log", "verify", server.data)[0], 0)
        return "%d flips" % tried


OTHER = ["{id: map, points: 70, answers: [GOLD, lead], hints: [{cost: 1, text: Look.}]}",
         "{id: cave, points: 500, answers: [BAT, CAT]}",
         "{id: chest, kind: treasure, points: [1000, 10], stock: 3, answers: [X7, x8]}",
         "{id: isle, points: 30, answers: [FERN]}"]


def what_another_document_would_give():
    begin = 1700000000000
    at = lambda i: ["AT", "%d.%06d" % (begin + i * 1000, i)]
    with Server({"bay": bay(guesses="{limit: 20}")}, shards=3) as server, Server({"bay": bay(OTHER, guesses="{limit: 20}")}, shards=2) as other:
        one, two = play(server, at=at), play(other, at=at)
        old, new = top(one), top(two)
        check("another ranking", old != new)
        server.stop()
        same_document, other_document = server.folder + "/same.yaml", server.folder + "/other.yaml"
        open(same_document, "w").write(bay(guesses="{limit: 20}"))
        open(other_document, "w").write(bay(OTHER, guesses="{limit: 20}"))
        report = facts("log", "whatif", server.data, "bay", "--document", same_document)
        same("its own document changes nothing", (report["changed"], report["hash"]), (0, report["old_hash"]))
        report = facts("log", "whatif", server.data, "bay", "--document", other_document)
        same("the old ranks", sorted([r["old_rank"], r["entrant"], r["old_score"]] for r in report["rows"]), sorted(old))
        same("the ranks of a server that ran it from the start", rows(report), new)
        check("it says what it cannot know", "refused unjudged" in report["note"])
        bad = server.folder + "/bad.yaml"
        open(bad, "w").write(bay(["{id: map, points: ten, answers: [GOLD]}"]))
        code, out, err = huntctl("log", "whatif", server.data, "bay", "--document", bad)
        check("a bad document is refused with its faults", code == 1 and "points" in err and bad in err, err)
        check("no document", "--document" in huntctl("log", "whatif", server.data, "bay")[2])
        return "%d ranks or scores differ" % report["changed"]


story(whole_after_a_kill, boards_of_the_past, snapshots_are_what_the_log_gives, every_flipped_bit_is_found,
      what_another_document_would_give)
