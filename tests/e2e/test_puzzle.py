#!/usr/bin/env python3
"""Puzzles as entrants meet them: dealt once and for ever, by RESP2 and RESP3, over a crash, over shards;
one's own answer is right, another's is wrong and silently noted for the operator."""
from hunt import *

KINDS = [row["kind"] for row in json.loads(subprocess.run(
    [BIN + "/huntctl", "puzzle", "kinds", "--json"], capture_output=True, text=True, timeout=60, check=True).stdout)]


def puzzle(kind, more=""):
    return "{id: %s, kind: puzzle, points: 10, puzzle: {kind: %s, tier: easy%s}}" % (kind, kind, more)


IDLE_SECONDS = 300  # pools are filled with what time nobody else wants

HUNT = document("bay", challenges=[puzzle(kind) for kind in KINDS])
OWN = ["ALPHA", "BRAVO", "CHARLIE", "DELTA", "ECHOES", "FOXTROT"]
OWNED = document("own", challenges=[puzzle(kind, ", phrases: [%s]" % ", ".join(OWN)) for kind in KINDS])


def deal(client, who, hunt, challenge):
    """The instance; while there is none, again: the deal is the same."""
    while True:
        reply = client("HUNT.PUZZLE", who, hunt, challenge)
        if not isinstance(reply, Error):
            return as_map(reply)
        refused("only -BUSY", reply, "BUSY")
        check("with milliseconds", 0 < int(reply.split()[1]) <= 1000, reply)


def answer_of(dealt):
    """What the tool reads out of it."""
    done = subprocess.run([BIN + "/huntctl", "puzzle", "solve", "--json"], input=dealt["json"], capture_output=True,
                          text=True, timeout=120)
    same("huntctl puzzle solve: " + done.stderr, done.returncode, 0)
    return json.loads(done.stdout)["answer"]


def number(client, name):
    said = client("INFO", "puzzles")
    return int(re.search(r"^%s:(\d+)" % name, said, re.MULTILINE).group(1))


def shapes():
    with Server({"bay": HUNT}, 1) as server:
        two, three = server.client(2), server.client(3)
        for kind in KINDS:
            map_of = deal(three, "ann", "bay", kind)
            flat = two("HUNT.PUZZLE", "ann", "bay", kind)
            same("RESP2: the same as a flat array", flat, [x for pair in map_of.items() for x in pair])
            same("kind, tier, text, json", list(map_of), ["kind", "tier", "text", "json"])
            parsed = json.loads(map_of["json"])
            same("the JSON says the same", (parsed["kind"], parsed["tier"], parsed["text"]),
                 (kind, map_of["tier"], map_of["text"]))
            same("byte for byte again", two.bytes_of("HUNT.PUZZLE", "ann", "bay", kind),
                 server.client(2).bytes_of("HUNT.PUZZLE", "ann", "bay", kind))
        done = subprocess.run(["redis-cli", "-p", str(server.port), "HUNT.PUZZLE", "ann", "bay", KINDS[0]],
                              capture_output=True, text=True, timeout=60)
        check("redis-cli shows it", done.stdout.startswith("kind\n%s\ntier\n" % KINDS[0]), done.stdout)
        refused("another challenge", two("HUNT.PUZZLE", "ann", "bay", "nope"), "NOCHALLENGE")
        said = two("INFO")
        check("INFO has it", "# Puzzles" in said and "puzzles_dealt:%d" % len(KINDS) in said, said)


def everybody_their_own(shards):
    with Server({"own": OWNED}, shards) as server:
        c = server.client(3)
        people = ["p%d" % i for i in range(len(OWN))]
        dealt = {(who, kind): deal(c, who, "own", kind) for who in people for kind in KINDS}
        answers = {at: answer_of(one) for at, one in dealt.items()}
        for kind in KINDS:
            same("the whole list, once each", sorted(answers[who, kind] for who in people), sorted(OWN))
            same("all differ", len({dealt[who, kind]["json"] for who in people}), len(people))
            for i, who in enumerate(people):
                other = answers[people[i - 1], kind]
                same("another's is wrong", c("HUNT.SUBMIT", who, "own", kind, other)[0], "wrong")
                same("twice is a duplicate", c("HUNT.SUBMIT", who, "own", kind, other.lower())[0], "duplicate")
                same("one's own", c("HUNT.SUBMIT", who, "own", kind, answers[who, kind])[:2], ["correct", 10])
        want = {(people[i], kind, people[i - 1]) for kind in KINDS for i in range(len(people))}

        def noted():
            return [(e[3], f["challenge"], f["whose"]) for e in events_of(c, "own") for f in [as_map(e[4])]
                    if e[2] == "shared_answer"]
        eventually("each is noted for the operator", lambda: set(noted()) == want, 60)
        same("once each", len(noted()), len(want))
        return "%d deals on %d shards" % (len(dealt), shards)


def on_one_shard():
    return everybody_their_own(1)


def on_three_shards():
    return everybody_their_own(3)


def over_kills(shards, *options):
    """Killed between the deal and the answer, again and again: the same instance, the answer holds."""
    with Server({"bay": HUNT}, shards, options=options) as server:
        dealt = {}
        for life in range(3):
            c = server.client(3)
            people = ["l%d-%d" % (life, i) for i in range(3)]
            for who in people:
                for kind in KINDS:
                    dealt[who, kind] = deal(c, who, "bay", kind)
            server.kill()
            server.start()
            c = server.client(3)
            for (who, kind), one in dealt.items():
                same("%s's %s" % (who, kind), deal(c, who, "bay", kind), one)
            for kind in KINDS:
                same("its answer", c("HUNT.SUBMIT", people[0], "bay", kind, answer_of(dealt[people[0], kind]))[0], "correct")
        bases = [as_map(e[4])["base"] for e in events_of(c, "bay") if e[2] == "base"]
        same("no base was dealt twice", len(bases), len(set(bases)))
        server.stop()
        server.start()
        c = server.client(3)
        for (who, kind), one in dealt.items():
            same("and of a snapshot: %s's %s" % (who, kind), deal(c, who, "bay", kind), one)
        return "%d instances" % len(dealt)


def kills_on_one_shard():
    return over_kills(1)


def kills_on_three_shards():
    return over_kills(3)


def kills_without_threads():
    return over_kills(2, "--set", "forge=off", "--set", "puzzle_cache=0")


def suspicions_survive_kills():
    """Guessed on one shard, answered, killed: the hunt's shard hears of it in the next life, once."""
    with Server({"own": OWNED}, 3) as server:
        c = server.client(3)
        people = ["s%d" % i for i in range(len(OWN))]
        answers = {(who, kind): answer_of(deal(c, who, "own", kind)) for who in people for kind in KINDS}
        for turn in (1, 2):
            c.pipe([("HUNT.SUBMIT", who, "own", kind, answers[people[i - turn], kind])
                    for i, who in enumerate(people) for kind in KINDS])
            server.kill()
            server.start()
            c = server.client(3)
        want = {(people[i], kind, people[i - turn]) for kind in KINDS for i in range(len(people)) for turn in (1, 2)}

        def noted():
            return [(e[3], f["challenge"], f["whose"]) for e in events_of(c, "own") for f in [as_map(e[4])]
                    if e[2] == "shared_answer"]
        eventually("each is noted", lambda: len(noted()) >= len(want), 60)
        same("once each, and no other", sorted(noted()), sorted(want))


def before_the_deal():
    with Server({"bay": HUNT}, 2) as server:
        c = server.client(3)
        for kind in KINDS:
            same("locked", c("HUNT.SUBMIT", "ann", "bay", kind, "GOLD")[0], "locked")
            mine = deal(c, "ann", "bay", kind)
            same("wrong", c("HUNT.SUBMIT", "ann", "bay", kind, "NOTINTHELISTATALL")[0], "wrong")
            same("a guess changes nothing", deal(c, "ann", "bay", kind), mine)


def a_crowd_asks_at_once():
    """Pipelines of deals and guesses: every reply is an instance or -BUSY, in order, and nobody has another's."""
    with Server({"bay": HUNT}, 3) as server:
        c = server.client(3)
        seen = {}
        for kind in KINDS:
            names = ["c%d" % i for i in range(150)]
            replies = c.pipe([words for who in names for words in (("HUNT.PUZZLE", who, "bay", kind),
                                                                  ("HUNT.AWARD", who, "bay", 1))])
            for who, one, award in zip(names, replies[::2], replies[1::2]):
                same("what stands behind it is answered", award[0], "applied")
                if isinstance(one, Error):
                    refused("or it is busy", one, "BUSY")
                    one = deal(c, who, "bay", kind)
                check("nobody else has it", one["json"] not in seen, who, seen.get(one["json"]))
                seen[one["json"]] = who
        same("all were dealt", number(c, "puzzles_dealt"), 150 * len(KINDS))
        same("and verified", number(c, "puzzles_refuted"), 0)
        eventually("the pools fill again", lambda: number(c, "puzzles_ready") > 0, IDLE_SECONDS)
        same("nobody waits any more", number(c, "puzzles_waiting"), 0)
        return "%d dealt, %d waited, %d busy" % (number(c, "puzzles_dealt"), number(c, "puzzle_waits"), number(c, "puzzle_busy"))


def pools_follow_the_documents():
    with Server(shards=1) as server:
        c = server.client(3)
        same("no puzzles, no pools", number(c, "puzzle_pools"), 0)
        same("put", c("VELTRIX.PUT", "bay", HUNT), 1)
        eventually("a pool of each", lambda: number(c, "puzzle_pools") == len(KINDS), 60)
        eventually("they fill", lambda: number(c, "puzzles_ready") > 0, IDLE_SECONDS)
        c("HUNT.CLOSE", "bay")
        eventually("a closed hunt needs none", lambda: number(c, "puzzle_pools") == 0, 60)
        same("nothing is kept of them", number(c, "puzzles_ready"), 0)
        c("HUNT.OPEN", "bay")
        eventually("an open one does", lambda: number(c, "puzzle_pools") == len(KINDS), 60)


story(shapes, on_one_shard, on_three_shards, kills_on_one_shard, kills_on_three_shards, kills_without_threads,
      suspicions_survive_kills, before_the_deal, a_crowd_asks_at_once, pools_follow_the_documents)
