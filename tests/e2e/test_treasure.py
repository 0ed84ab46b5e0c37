#!/usr/bin/env python3
"""Treasures: a stock that many ask for at once is given exactly, by order, whatever is killed, stopped,
retried or changed meanwhile; and what was answered once is answered always."""
import threading

from hunt import *

STOCK, PEOPLE = 30, 90
POINTS = [1000 - i for i in range(STOCK)]


def chest(name, stock=STOCK, points=POINTS):
    return "{id: %s, kind: treasure, answers: [KRAKEN], stock: %d, points: [%s]}" % (name, stock, ", ".join(map(str, points)))


def race(*challenges):
    return document("race", challenges=["{id: map, points: 5, answers: [GOLD]}", *challenges])


CHESTS = ["chest%d" % i for i in range(40)]
HUNT = race(*map(chest, CHESTS))


class Diver:
    """A client that asks for one chest for many people, with an id each, some of them twice."""

    def __init__(self, server, name, seed):
        self.server, self.rng, self.name = server, random.Random(seed), name
        self.told = {}
        self.thread = threading.Thread(target=self.dive)
        self.thread.start()

    def dive(self):
        people = self.rng.sample(range(PEOPLE), PEOPLE)
        try:
            c = self.server.client(self.rng.choice((2, 3)))
            while people:
                part = [people.pop() for _ in range(min(len(people), self.rng.choice((1, 5, 30))))]
                part += self.rng.sample(part, len(part) // 3)
                commands = []
                for who in part:
                    commands += [submit(who, self.name), ("HUNT.AWARD", "p%d" % who, "race", 0)]
                c.send(b"".join(encode(*words) for words in commands))
                for words in commands:
                    reply = c.read()
                    if words[0] == "HUNT.SUBMIT":
                        book(self.told, words[1], reply)
        except (OSError, Closed):
            pass


def submit(who, name):
    return ("HUNT.SUBMIT", "p%d" % who, "race", name, "KRAKEN", "ID", "%s-%d" % (name, who))


def book(told, who, reply):
    check("an outcome", isinstance(reply, list) and reply[0] in ("correct", "gone"), who, reply)
    if who in told:
        same("the same answer again for %s" % who, reply, told[who])
    told[who] = reply


def together(divers):
    """What all of them were told; nobody may have heard two things."""
    told = {}
    for diver in divers:
        diver.thread.join(60)
        check("a client ends", not diver.thread.is_alive())
        for who, reply in diver.told.items():
            book(told, who, reply)
    return told


def settle(server, name, told=None):
    """Everyone asks (again); what was told before must be told again, and the whole is exact."""
    c, now = server.client(), dict(told or {})
    commands = [submit(who, name) for who in range(PEOPLE)]
    for words, reply in zip(commands, c.pipe(commands)):
        book(now, words[1], reply)
    got = sorted((reply[1] for reply in now.values() if reply[0] == "correct"), reverse=True)
    same("%s is given exactly" % name, got, POINTS)
    return {who: reply[1] for who, reply in now.items()}


def board_is(server, scores):
    rows = server.client()("BOARD.TOP", "race", "COUNT", 1000)
    same("the board", {row[1]: row[2] for row in rows if row[2]}, {who: score for who, score in scores.items() if score})


def add(scores, more):
    for who, points in more.items():
        scores[who] = scores.get(who, 0) + points


def races():
    said = []
    for shards in (1, 3, 8):
        scores = {}
        with Server({"race": HUNT}, shards, options=["--set", "ring.cells=3"]) as server:
            for name in CHESTS[:5]:
                told = together([Diver(server, name, seeded(i).random()) for i in range(4)])
                add(scores, settle(server, name, told))
            board_is(server, scores)
            info = server.info()
            same("no want is left open", info["wants"], "0")
            same("grants", int(info["grants_total"]), 5 * STOCK)
            said.append("%d shards: %s went over" % (shards, info["wants_total"]))
            server.restart(kill=False)
            settle(server, CHESTS[0])
            board_is(server, scores)
    return "; ".join(said)


def logs_agree(server):
    """What the logs of all shards say of one another, as the kill left them."""
    done = subprocess.run([BIN + "/huntctl", "log", "verify", server.data], capture_output=True, text=True, timeout=60)
    check("whole, or torn at the end", done.returncode in (0, 1), done.returncode, done.stdout, done.stderr)


def kills(shards, durability, rounds):
    scores, rng, retried = {}, seeded(shards), 0
    with Server({"race": HUNT}, shards, durability) as server:
        for name in CHESTS[:rounds]:
            divers = [Diver(server, name, rng.random()) for _ in range(4)]
            time.sleep(rng.uniform(0, 0.06))
            server.kill()
            logs_agree(server)
            told = together(divers)
            server.start()
            retried += PEOPLE - len(told)
            # With durability off an answer may be lost; what was given to other shards is not.
            add(scores, settle(server, name, None if durability == "off" else told))
            if durability != "off":
                board_is(server, scores)
    return "%d kills, %d were unanswered" % (rounds, retried)


def kills_on_three_shards():
    return kills(3, "batch", 15)


def kills_on_eight_shards():
    return kills(8, "batch", 8)


def kills_with_a_window():
    return kills(3, "window:50ms", 8)


def kills_with_durability_off():
    return kills(3, "off", 8)


def ends_in_order_under_load():
    scores = {}
    with Server({"race": HUNT}, 3) as server:
        for name in CHESTS[:6]:
            divers = [Diver(server, name, seeded(7).random()) for _ in range(4)]
            time.sleep(seeded(len(name)).uniform(0.005, 0.05))
            same("SIGTERM ends with 0", server.stop(), 0)
            told = together(divers)
            server.start()
            same("nothing was left open", server.info()["wants_total"], "0")
            add(scores, settle(server, name, told))
        board_is(server, scores)


def versions_meanwhile():
    """The stock is raised while they dive, then the chest is taken away."""
    with Server({"race": race(chest("small", 10, [7]))}, 3) as server:
        c = server.client()
        divers = [Diver(server, "small", seeded(i).random()) for i in range(4)]
        same("a raised stock", c("VELTRIX.PUT", "race", race(chest("small", 20, [7]))), 2)
        told = together(divers)
        given = [who for who, reply in told.items() if reply[0] == "correct"]
        check("at least the old stock, at most the new", 10 <= len(given) <= 20, len(given))
        for who in range(PEOPLE):
            reply = c("HUNT.SUBMIT", "p%d" % who, "race", "small", "KRAKEN")
            check("solved, or given of what is left, or gone", reply[0] in ("solved", "correct", "gone"), reply)
            if reply[0] == "correct":
                given.append("p%d" % who)
        same("exactly the new stock", len(given), 20)
        same("each once", len(set(given)), 20)
        same("taken away", c("VELTRIX.PUT", "race", race()), 3)
        refused("no such chest now", c("HUNT.SUBMIT", "p1", "race", "small", "KRAKEN"), "NOCHALLENGE")
        same("its points count on", sum(row[2] for row in c("BOARD.TOP", "race", "COUNT", 1000)), 20 * 7)


def events_say_who_was_which():
    with Server({"race": HUNT}, 3) as server:
        together([Diver(server, CHESTS[0], 1)])
        settle(server, CHESTS[0])
        events = events_of(server.client(), "race", 100)
        fields = [(e[2], e[3], as_map(e[4])) for e in events]
        grants = {f["ordinal"]: (who, f["points"]) for kind, who, f in fields if kind == "grant"}
        granted = {f["ordinal"]: (who, f["points"]) for kind, who, f in fields if kind == "granted" and f["outcome"] == "correct"}
        same("what the hunt's shard gave is what the entrants got", granted, grants)
        same("by order", [grants[i + 1][1] for i in range(STOCK)], POINTS)
        wants = [who for kind, who, f in fields if kind == "want"]
        same("one question an entrant", len(wants), len(set(wants)))
        check("some went over", len(wants) > PEOPLE // 4, len(wants))


story(races, kills_on_three_shards, kills_on_eight_shards, kills_with_a_window, kills_with_durability_off,
      ends_in_order_under_load, versions_meanwhile, events_say_who_was_which)
