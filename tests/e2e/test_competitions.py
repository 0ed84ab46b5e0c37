#!/usr/bin/env python3
"""Real competitions through a running server: the boards come out as they were published.

Needs ../shared/data beside the repository; says `skipped: no ../shared` where it is absent."""
import csv
import json

from hunt import *

ROOT = os.path.dirname(os.path.dirname(HERE))
DATA = os.path.join(os.path.dirname(ROOT), "shared", "data")
SET = "bits2ctf-2025"
LATER = {"dpph-2020": ["requires", "finish time first"], "icpc-wf47": ["penalty"], "pwn2win-2020": ["decay"]}


def rows(name, folder=SET):
    with open(os.path.join(DATA, folder, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def huntctl(server, *words):
    done = subprocess.run([BIN + "/huntctl", "--port", str(server.port), *words], cwd=ROOT, capture_output=True,
                          text=True, timeout=120, stdin=subprocess.DEVNULL)
    same("huntctl %s ends with 0 (%s)" % (" ".join(words), done.stderr), done.returncode, 0)
    return done.stdout


def board(client, name):
    return client("BOARD.TOP", SET, "BOARD", name, "COUNT", 1000, "MODE", "ordinal")


def compare_boards(client):
    """Entrant by entrant; who has no points stands below, in no published order."""
    published = [r for r in rows("expected.csv") if int(r["score"]) > 0]
    division = {r["entrant"]: r["division"] for r in rows("entrants.csv")}
    shown = {r["entrant"] for r in rows("entrants.csv") if r["hidden"] == "0"}
    main = board(client, "main")
    same("all but the hidden team stand on the board", {r[1] for r in main}, shown)
    for row, want in zip(main, published):
        same("place %s" % want["rank"], row, [int(want["rank"]), want["entrant"], int(want["score"])])
    same("nobody else has points", {r[2] for r in main[len(published):]}, {0})
    for name in ("students", "freshmen"):
        wanted = [r for r in published if division[r["entrant"]] == name]
        got = board(client, name)
        same("who is in " + name, {r[1] for r in got}, {e for e in shown if division[e] == name})
        for row, want in zip(got, wanted):
            same("%s, place %s" % (name, want["division_rank"]), row,
                 [int(want["division_rank"]), want["entrant"], int(want["score"])])
    return len(published)


def compare_solves(client):
    """Points and place of every solve, as the hunt's events have them."""
    hidden = {r["entrant"] for r in rows("entrants.csv") if r["hidden"] == "1"}
    solves = {}
    for position, ms, kind, entrant, fields in events_of(client, SET, page=1000):
        fields = dict(zip(fields[::2], fields[1::2]))
        if kind == "awarded":
            solves[int(fields["id"].rsplit("-", 1)[1])] = (entrant, ms, fields["points"], fields["reason"])
    counted = 0
    start = 1763773200000  # 2025-11-22T01:00:00Z
    for event, want in zip(rows("events.csv"), rows("expected_solves.csv")):
        seq = int(event["seq"])
        same("the two files go together", want["seq"], event["seq"])
        if event["entrant"] in hidden or int(event["t_ms"]) >= 86400000:
            check("solve %d gives nothing" % seq, seq not in solves and want["points"] == "0", want)
            continue
        place = ", place " + want["place"] if want["place"] != "0" else ""
        same("solve %d" % seq, solves.pop(seq),
             (event["entrant"], start + int(event["t_ms"]), int(want["points"]),
              "problem " + event["problem"] + place))
        counted += 1
    same("no other awards", solves, {})
    return counted


def state(client):
    return [board(client, name) for name in ("main", "students", "freshmen")], events_of(client, SET, page=1000)


def replay(shards):
    with Server(shards=shards) as server:
        client = server.client()
        facts = json.loads(huntctl(server, "import", os.path.join(DATA, SET), "--json"))
        entrants, solves = compare_boards(client), compare_solves(client)
        same("what it says it sent", (facts["solves"], facts["entrants"]), (solves, len(rows("entrants.csv")) - 1))
        before = state(client)
        huntctl(server, "import", os.path.join(DATA, SET))
        same("importing again changes nothing", state(client), before)
        server.restart()
        same("nor does a kill", state(server.client()), before)
    return "%d entrants, %d solves, %d shards" % (entrants, solves, shards)


def bits2ctf_on_one_shard():
    return replay(1)


def bits2ctf_on_three_shards():
    return replay(3)


def sets_that_wait_for_rules():
    for name, words in LATER.items():
        done = subprocess.run([BIN + "/huntctl", "import", os.path.join(DATA, name)], cwd=ROOT,
                              capture_output=True, text=True, timeout=20)
        same("%s is no failure" % name, (done.returncode, done.stderr), (0, ""))
        check("%s is skipped and says why" % name,
              done.stdout.startswith(name + ": skipped: needs ") and all(w in done.stdout for w in words),
              done.stdout)
        print("  " + done.stdout.strip())
    same("no set is forgotten", sorted(os.listdir(DATA)), sorted(["README.md", SET, *LATER]))


if not os.path.isdir(DATA):
    skip("no ../shared")
else:
    story(bits2ctf_on_one_shard, bits2ctf_on_three_shards, sets_that_wait_for_rules)
