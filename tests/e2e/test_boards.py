#!/usr/bin/env python3
"""Boards against a slow model: every page, rank, neighbourhood and count, in every mode, on 1, 3 and 5
shards; frozen views; and what may be seen while others write."""
import threading

from hunt import *

HUNT = document("race", boards=["main", "{id: red, bracket: red}"])
EPOCH = 1600000000000
MODES = ("competition", "dense", "ordinal")


class Model:
    """entrant -> [score, sub, time, id]; sorted anew whenever asked."""

    def __init__(self):
        self.of = {}

    def join(self, who, time):
        self.of.setdefault(who, [0, 0, time, who.encode()])

    def award(self, who, op, points, sub, time):
        """What the reply must be; the rules of INTERFACE in the plainest form."""
        self.join(who, time)
        score, old_sub, *_ = self.of[who]
        if op == "INCR":
            new = (score + points, old_sub + sub)
        elif op == "SET":
            new = (points, sub)
        elif op == "BEST":
            new = max((score, old_sub), (points, sub))
        else:
            new = tuple(max(old - by, min(old, 0)) for old, by in ((score, points), (old_sub, sub)))
        if new == (score, old_sub):
            return ["unchanged", 0, score, ""]
        self.of[who] = [*new, time, who.encode()]
        return ["applied", new[0] - score, new[0], ""]

    def rows(self):
        return sorted(self.of.items(), key=lambda item: (-item[1][0], -item[1][1], item[1][2], item[1][3]))

    def ranked(self, mode):
        """[rank, entrant, score] of all, best first."""
        out, rank, dense, last = [], 0, 0, None
        for place, (who, (score, sub, _, _)) in enumerate(self.rows(), 1):
            if (score, sub) != last:
                rank, dense, last = place, dense + 1, (score, sub)
            out.append([{"competition": rank, "dense": dense, "ordinal": place}[mode], who, score])
        return out


def random_award(rng, names, clock):
    who, op = rng.choice(names), rng.choice(("INCR", "INCR", "INCR", "SET", "BEST", "DECR"))
    points = rng.choice((0, 1, 1, 5, 10, 100, -3, rng.randrange(-1000, 1000), rng.randrange(1 << 40)))
    sub = rng.choice((0, 0, 0, 1, 2, -1, rng.randrange(1000)))
    ms, fraction = EPOCH + clock + rng.randrange(-20, 20), rng.randrange(3)
    words = ["HUNT.AWARD", who, "race", points, "OP", op, "AT", "%d.%06d" % (ms, fraction)]
    if sub or rng.random() < 0.3:
        words += ["SUB", sub]
    return words, (who, op, points, sub, ms * 1000000 + fraction)


def around(rows, who, count):
    at = next(i for i, row in enumerate(rows) if row[1] == who)
    first = max(0, min(at - (count - 1) // 2, len(rows) - count))
    return rows[first:first + count]


def compare(c, model, rng, names, more=()):
    """One sweep of random questions; how many."""
    asked, wanted = [], []

    def ask(want, *words):
        asked.append(words + tuple(more))
        wanted.append(want)

    by_mode = {mode: model.ranked(mode) for mode in MODES}
    for mode, rows in by_mode.items():
        for offset in {0, 1, len(rows) // 2, len(rows) - 1, len(rows), len(rows) + 5, rng.randrange(len(rows) + 1)}:
            count = rng.choice((1, 2, 10, 100, 1000))
            ask(rows[max(offset, 0):max(offset, 0) + count], "BOARD.TOP", "race", "COUNT", count, "OFFSET", max(offset, 0), "MODE", mode)
        for who in rng.sample(names, 8):
            place = next((row for row in rows if row[1] == who), None)
            ask(place and [place[0], place[2], len(rows)], "BOARD.RANK", "race", who, "MODE", mode)
            count = rng.choice((1, 2, 3, 10, 11, 400))
            ask(place and around(rows, who, count), "BOARD.AROUND", "race", who, "COUNT", count, "MODE", mode)
    scores = [row[2] for row in by_mode["ordinal"]] + [-(1 << 63), (1 << 63) - 1, 0]
    for _ in range(8):
        low, high = rng.choice(scores), rng.choice(scores)
        ask(sum(low <= row[2] <= high for row in by_mode["ordinal"]), "BOARD.COUNT", "race", "MIN", low, "MAX", high)
    ask(by_mode["competition"][:10], "BOARD.TOP", "race")
    for words, got, want in zip(asked, c.pipe(asked), wanted):
        same(" ".join(map(str, words)), got, want)
    return len(asked)


def boards_are_the_model():
    asked = 0
    for shards in (1, 3, 5):
        rng = seeded(shards)
        names = ["p%d" % i for i in range(150)] + ["{tag}%d" % i for i in range(30)] + ["x" * 60 + str(i) for i in range(20)]
        with Server({"race": HUNT}, shards) as server:
            writer, reader, model = server.client(2), server.client(rng.choice((2, 3))), Model()
            c = [writer, reader]
            for clock in range(25):
                commands, facts = zip(*[random_award(rng, names[:10 + clock * 8], clock * 10) for _ in range(rng.choice((1, 40, 300)))])
                for words, reply, fact in zip(commands, writer.pipe(commands), facts):
                    same(" ".join(map(str, words)), reply, model.award(*fact))
                asked += compare(rng.choice(c), model, rng, names)
            server.restart()
            asked += compare(server.client(), model, rng, names)
    return "%d questions" % asked


def deep_pages():
    """OFFSET far beyond what a view or one message holds."""
    rng = seeded(7)
    for shards in (1, 5):
        with Server({"race": HUNT}, shards) as server:
            c, model = server.client(), Model()
            names = ["entrant:%06d" % i for i in range(30000)]
            commands, facts = [], []
            for who in names:
                points, at = rng.choice((rng.randrange(50), rng.randrange(1 << 50))), rng.randrange(1000)
                commands.append(("HUNT.AWARD", who, "race", points, "AT", EPOCH + at))
                facts.append((who, "INCR", points, 0, (EPOCH + at) * 1000000))
            for at in range(0, len(names), 5000):
                replies = c.pipe(commands[at:at + 5000])
                for reply, fact in zip(replies, facts[at:at + 5000]):
                    same(fact[0], reply, model.award(*fact))
            for mode in MODES:
                rows = model.ranked(mode)
                for offset in [0, 99, 100, 101, 5000, 15000, 29000, 29990, 30000] + [rng.randrange(30000) for _ in range(12)]:
                    same("%s from %d" % (mode, offset), c("BOARD.TOP", "race", "COUNT", 500, "OFFSET", offset, "MODE", mode),
                         rows[offset:offset + 500])
            for mode in MODES:
                rows = model.ranked(mode)
                for place in (0, 1, 14999, 29999, rng.randrange(30000)):
                    who = rows[place][1]
                    same("rank of the %d-th" % place, c("BOARD.RANK", "race", who, "MODE", mode), [rows[place][0], rows[place][2], 30000])
                    same("around the %d-th" % place, c("BOARD.AROUND", "race", who, "COUNT", 101, "MODE", mode), around(rows, who, 101))


def frozen_boards_stand():
    for shards in (1, 3):
        rng = seeded(11 + shards)
        names = ["p%d" % i for i in range(300)]
        with Server({"race": HUNT}, shards) as server:
            c, model = server.client(), Model()
            for _ in range(900):
                words, fact = random_award(rng, names[:200], 1000)
                c(*words)
                model.award(*fact)
            same("freeze", c("HUNT.FREEZE", "race"), "OK")
            live = Model()
            live.of = {who: list(key) for who, key in model.of.items()}
            commands, facts = zip(*[random_award(rng, names, 5000) for _ in range(2000)])
            for reply, fact in zip(c.pipe(commands), facts):
                same("an award to a frozen hunt", reply, live.award(*fact))
            compare(c, live, rng, names)
            compare(c, model, rng, names, more=("VIEW", "frozen"))
            server.restart()
            c = server.client(3)
            compare(c, live, rng, names)
            compare(c, model, rng, names, more=("VIEW", "frozen"))
            c("HUNT.OPEN", "race")
            compare(c, live, rng, names)


def acknowledged_is_seen():
    """While a second connection only adds: a reply lies between what was acknowledged before the
    question and what had been sent before the answer."""
    rng = seeded(13)
    for shards in (1, 3):
        names = ["p%d" % i for i in range(40)]
        with Server({"race": HUNT}, shards) as server:
            acked, sent, stop, faults = dict.fromkeys(names, 0), dict.fromkeys(names, 0), threading.Event(), []

            def write():
                mine = random.Random(SEED)
                try:
                    c = server.client()
                    while not stop.is_set():
                        batch = [mine.choice(names) for _ in range(mine.choice((1, 5, 50)))]
                        for who in batch:
                            sent[who] += 1
                        for who, reply in zip(batch, c.pipe([("HUNT.AWARD", who, "race", 1) for who in batch])):
                            check("an award", reply[0] == "applied", reply)
                            acked[who] += 1
                except BaseException as problem:
                    faults.append(problem)

            c, d = server.client(), server.client(3)
            c.pipe([("HUNT.JOIN", who, "race") for who in names])
            writer = threading.Thread(target=write)
            writer.start()
            asked, seen, end = 0, {}, time.monotonic() + 4
            try:
                while time.monotonic() < end and not faults:
                    least, who = dict(acked), rng.choice(names)
                    total = sum(least.values())
                    top = c("BOARD.TOP", "race", "COUNT", 40)
                    rank = d("BOARD.RANK", "race", who)
                    page = c("BOARD.TOP", "race", "COUNT", 10, "OFFSET", 5, "MODE", "dense")
                    most = dict(sent)
                    rows = {row[1]: row[2] for row in top}
                    same("everyone stands on the board once", sorted(rows), sorted(names))
                    check("best first", [r[2] for r in top] == sorted((r[2] for r in top), reverse=True), top)
                    for name in names:
                        check("%s: acknowledged <= seen <= sent" % name, least[name] <= rows[name] <= most[name],
                              (least[name], rows[name], most[name]))
                        check("%s: one connection never sees less" % name, rows[name] >= seen.get(name, 0))
                    seen = rows
                    check("a rank's score", least[who] <= rank[1] <= most[who], (least[who], rank, most[who]))
                    check("its rank fits", 1 + sum(least[n] > most[who] for n in names) <= rank[0]
                          <= 1 + sum(most[n] > least[who] for n in names), rank)
                    check("a page has its rows", len(page) == 10 and len({r[1] for r in page}) == 10, page)
                    check("nobody is lost", sum(rows.values()) >= total, total)
                    asked += 1
            finally:
                stop.set()
                writer.join(30)
            if faults:
                raise faults[0]
            check("there was something to see", asked > 50 and sum(acked.values()) > 500, asked, sum(acked.values()))


def writes_before_reads_on_one_connection():
    """In one pipeline a read sees every write before it and none behind it."""
    rng = seeded(17)
    for shards in (1, 3, 5):
        names = ["p%d" % i for i in range(30)]
        with Server({"race": HUNT}, shards) as server:
            c, model = server.client(), Model()
            for round_ in range(30):
                commands, wanted = [], []
                for i in range(60):
                    if rng.random() < 0.6:
                        words, fact = random_award(rng, names, round_ * 50)
                        commands.append(words)
                        wanted.append(model.award(*fact))
                    elif model.of:
                        rows = model.ranked("competition")
                        row = rng.choice(rows)
                        words, want = rng.choice((
                            (("BOARD.TOP", "race", "COUNT", 50), rows[:50]),
                            (("BOARD.RANK", "race", row[1]), [row[0], row[2], len(rows)]),
                            (("BOARD.COUNT", "race"), len(rows)),
                            (("PING", "p%d" % i), "p%d" % i)))
                        commands.append(words)
                        wanted.append(want)
                for words, got, want in zip(commands, c.pipe(commands), wanted):
                    same(" ".join(map(str, words)), got, want)


def ticks_follow():
    """VIEW tick may be up to a tick old, never other than some state there was."""
    with Server({"race": HUNT}, 3) as server:
        c = server.client()
        for i in range(20):
            c("HUNT.AWARD", "p%d" % (i % 7), "race", 10)
            live = c("BOARD.TOP", "race")
            eventually("the tick's view comes to the live one", lambda: c("BOARD.TOP", "race", "VIEW", "tick") == live, 2)


story(boards_are_the_model, deep_pages, frozen_boards_stand, acknowledged_is_seen, writes_before_reads_on_one_connection,
      ticks_follow)
