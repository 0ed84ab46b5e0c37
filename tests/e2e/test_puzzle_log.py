#!/usr/bin/env python3
"""Puzzles in a running hunt and in its logs: each entrant's own and for ever, answers of others told to the
operator alone; and verify, dump, whatif and repair on what is left."""
from log_tools import *

PHRASES = ["ANCHOR", "BEACON", "CORAL", "DRIFT", "EMBER", "FATHOM", "GALLEON", "HARBOUR"]
PEOPLE = ["p%02d" % i for i in range(11)]


def hunt(points=5):
    grid = "{id: grid, kind: puzzle, points: %d, puzzle: {kind: lightsout, tier: easy, phrases: [%s]}}"
    return document("bay", boards=["main"], auto_join="true",
                    challenges=[grid % (points, ", ".join(PHRASES)), "{id: map, points: 1, answers: [GOLD]}"])


def events_of(client):
    cursor, events = None, []
    while True:
        page = client("HUNT.EVENTS", "bay", "COUNT", 1000, *(["FROM", cursor] if cursor else []))
        if not page[1]:
            return events
        cursor = page[0]
        for position, _, kind, entrant, fields in page[1]:
            events.append((position, kind, entrant, dict(zip(fields[::2], fields[1::2]))))


def wait_for(client, kind, count):
    """What goes from shard to shard takes its time: as long as it may."""
    end = time.monotonic() + 60
    while len([e for e in events_of(client) if e[1] == kind]) < count and time.monotonic() < end:
        time.sleep(0.05)


def play_puzzles(server):
    """Everybody is dealt, then tries the phrases from the first to the own one. Gives what was shown."""
    client, shown, answers = server.client(), {}, {}
    for who in PEOPLE:
        same("locked", client("HUNT.SUBMIT", who, "bay", "grid", "ANCHOR")[0], "locked")
        shown[who] = client("HUNT.PUZZLE", who, "bay", "grid")
    for who in PEOPLE:
        for phrase in PHRASES:
            reply = client("HUNT.SUBMIT", who, "bay", "grid", phrase.lower())
            if reply[0] == "correct":
                answers[who] = phrase
                break
            same("wrong as any other", reply, ["wrong", 0, 0, ""])
    return shown, answers


def each_its_own():
    with Server({"bay": hunt()}, shards=3) as server:
        shown, answers = play_puzzles(server)
        client = server.client()
        same("all solved it", len(answers), len(PEOPLE))
        check("eight phrases for eleven", max(list(answers.values()).count(p) for p in PHRASES) == 2, answers)
        check("nobody has another's", len({repr(s) for s in shown.values()}) == len(PEOPLE))
        wait_for(client, "cleared", len([e for e in events_of(client) if e[1] == "suspected"]))
        events = events_of(client)
        deal = {e[2]: e[3]["d"] for e in events if e[1] == "dealt"}
        same("dealt", sorted(deal.values()), list(range(len(PEOPLE))))
        same("allotted alike", {e[2]: e[3]["d"] for e in events if e[1] == "allotted"}, deal)
        bases = [e[3]["base"] for e in events if e[1] == "base"]
        same("a base each", (len(bases), len(set(bases))), (len(PEOPLE), len(PEOPLE)))
        first = {answers[who]: who for who in sorted(PEOPLE, key=lambda w: -deal[w])}
        told = {(e[2], e[3]["whose"]) for e in events if e[1] == "shared_answer"}
        want = {(who, first[p]) for who in PEOPLE for p in PHRASES[:PHRASES.index(answers[who])]}
        same("told of each once, and whose it is", told, want)
        same("and not twice", len([e for e in events if e[1] == "shared_answer"]), len(want))
        server.restart(kill=True)
        client = server.client()
        same("shown again after a kill", {who: client("HUNT.PUZZLE", who, "bay", "grid") for who in PEOPLE}, shown)
        same("and none is new", [e[1] for e in events_of(client)], [e[1] for e in events])
        return "%d told of" % len(want)


def the_logs_know_it():
    with Server({"bay": hunt()}, shards=3) as server:
        play_puzzles(server)
        client = server.client()
        client("HUNT.SUBMIT", "p00", "bay", "map", "gold")
        wait_for(client, "cleared", len([e for e in events_of(client) if e[1] == "suspected"]))
        old = events_of(client)
        server.stop()
        report = facts("log", "verify", server.data)
        same("whole", (report["state"], report["findings"]), ("whole", 0))
        lines = [json.loads(l) for l in huntctl("log", "dump", server.data, "--json")[1].splitlines()]
        dumped = [l for l in lines if l["type"] == "shared_answer"]
        same("dumped alike", sorted((l["entrant"], l["fields"]["whose"], l["fields"]["d"]) for l in dumped),
             sorted((e[2], e[3]["whose"], e[3]["d"]) for e in old if e[1] == "shared_answer"))
        path = server.folder + "/bay-2.yaml"
        open(path, "w").write(hunt())
        report = facts("log", "whatif", server.data, "bay", "--document", path)
        same("its own document changes nothing", (report["changed"], report["hash"]), (0, report["old_hash"]))
        same("all are judged right again", report["judged"]["correct"], len(PEOPLE) + 1)
        open(path, "w").write(hunt(7))
        report = facts("log", "whatif", server.data, "bay", "--document", path)
        same("all get two more", {r["difference"] for r in report["rows"]}, {2})
        # What nobody needs any more can be taken out.
        shard, lsn = dumped[0]["position"].split(":")
        code, out, err = huntctl("repair", server.data, "--shard", shard, "--skip", lsn, "--accept-loss")
        check("a told one is taken out", code == 0, code, out, err)
        report = facts("log", "verify", server.data)
        same("whole without it", report["state"], "whole")


def numbers(data, kind):
    lines = [json.loads(l) for l in huntctl("log", "dump", data, "--json")[1].splitlines()]
    return {l["entrant"]: l["fields"]["d"] for l in lines if l["type"] == kind}


def the_hunts_log_comes_back():
    with Server({"bay": hunt()}, shards=3) as server:
        shown, answers = play_puzzles(server)
        time.sleep(1.2)  # the seal of the last frame: idle for 1 s
        server.kill()
        before = numbers(server.data, "allotted")
        shard = home(server.data, "allotted")
        path, at, lsn = frame_with(server.data, shard, "allotted", 2)
        flip(path, at + 200)
        plan = facts("repair", server.data, code=65)
        done = facts("repair", server.data, "--accept-loss")
        same("it does what it said", (done["repair"], done["given_back"]), ("done", plan["given_back"]))
        same("whole", facts("log", "verify", server.data)["findings"], 0)
        after, dealt = numbers(server.data, "allotted"), numbers(server.data, "dealt")
        same("who was dealt has its number", {w: after.get(w) for w in dealt}, {w: before[w] for w in dealt})
        server.start()
        client = server.client()
        for who in PEOPLE:
            again = client("HUNT.PUZZLE", who, "bay", "grid")
            check("%s sees the same" % who, who not in dealt or again == shown[who])
        server.stop()
        same("whole after it went on", facts("log", "verify", server.data)["findings"], 0)
        after = numbers(server.data, "allotted")
        same("a number each, none twice", sorted(after.values()), list(range(len(after))))
        check("everybody has one", set(PEOPLE) <= set(after), after)
        return "%d of %d proven" % (len(dealt), len(before))


story(each_its_own, the_logs_know_it, the_hunts_log_comes_back)
