#!/usr/bin/env python3
"""The game as its players see it: every command, every outcome, in both protocols, on 1, 3 and 8
shards, and once more after kill -9."""
from hunt import *

BAY = document(
    "bay", auto_join=False, normalise="letters-digits", guesses="{limit: 3}",
    boards=["main", "{id: rookies, bracket: rookie}"],
    challenges=[
        '{id: map, title: The map, points: 100, answers: [GOLD, "pieces of eight", {regex: "doubloons?"}], '
        'partial: [{answer: SILVER, say: "Shinier."}], hints: [{cost: 10, text: "Look north."}, {cost: 5, text: "No, south."}]}',
        '{id: cave, title: The cave, points: 250, answers: ["Łódź 7", "STRASSE"]}',
        '{id: reef, title: The reef, points: 9223372036854775807, answers: [DEEP]}'])
CALM = document("calm", guesses="{window: 60s, per_window: 2}", opens="2020-01-01T00:00:00Z",
                freezes="2020-01-02T00:00:00Z", closes="2020-01-03T00:00:00Z",
                challenges=['{id: one, points: 10, answers: [ONE], partial: [{answer: HALF, say: "Half."}]}',
                            '{id: two, points: 20, answers: [TWO]}'])
EXACT = document("exact", normalise="exact", challenges=['{id: one, points: 1, answers: ["Gold "]}'])
OPENS = 1577836800000  # calm's hours, in unix ms
DAY = 86400000
SHARDS = (1, 3, 8)
MOST, LEAST = (1 << 63) - 1, -(1 << 63)


def judged(what, reply, outcome, points=None, score=None, detail=None):
    check(what + ": an array of four", isinstance(reply, list) and len(reply) == 4, reply)
    same(what, reply[0], outcome)
    for name, got, want in (("points", reply[1], points), ("score", reply[2], score), ("detail", reply[3], detail)):
        if want is not None:
            same("%s: %s" % (what, name), got, want)


def play_bay(c, ann, bob):
    """The life of two entrants, reply by reply."""
    submit = lambda who, challenge, answer, *more: c("HUNT.SUBMIT", who, "bay", challenge, answer, *more)
    refused("no read enrols", c("HUNT.PROGRESS", ann, "bay"), "NOENTRANT")
    refused("nor does a guess without auto_join", submit(ann, "map", "GOLD"), "NOENTRANT")
    same("joins", c("HUNT.JOIN", ann, "bay", "NAME", "Ann Ünn"), "joined")
    same("joins again", c("HUNT.JOIN", ann, "bay"), "already")
    same("a rookie joins", c("HUNT.JOIN", bob, "bay", "BRACKET", "rookie"), "joined")
    refused("no board has the bracket", c("HUNT.JOIN", bob, "bay", "BRACKET", "pros"), "ERR")
    judged("wrong", submit(ann, "map", "brass"), "wrong", 0, 0, "2")
    judged("the same, spelt otherwise", submit(ann, "map", " Bráss!! "), "duplicate", 0, 0, "")
    judged("partial", submit(ann, "map", "silver"), "partial", 0, 0, "Shinier.")
    judged("a partial again", submit(ann, "map", "SILVER"), "duplicate", 0, 0)
    judged("wrong again", submit(ann, "map", "tin"), "wrong", 0, 0, "1")
    same("hint 1", c("HUNT.HINT", ann, "bay", "map", 1), "Look north.")
    refused("hint 3 before 2", c("HUNT.HINT", ann, "bay", "map", 3), "ERR")
    same("hint 1 is free now", c("HUNT.HINT", ann, "bay", "map", 1), "Look north.")
    same("hint 2", c("HUNT.HINT", ann, "bay", "map", 2), "No, south.")
    refused("there is no hint 0", c("HUNT.HINT", ann, "bay", "map", 0), "ERR")
    judged("correct, by regex", submit(ann, "map", "Doubloons", "BY", "player-1"), "correct", 100, 85, "")
    judged("solved", submit(ann, "map", "brass"), "solved", 0, 85)
    judged("letters with marks", submit(ann, "cave", "łódź-7"), "correct", 250, 335)
    refused("an overflow changes nothing", submit(ann, "reef", "deep"), "ERR", "64-bit")
    for guess, left in (("a", "2"), ("b", "1"), ("c", "0")):
        judged("bob guesses " + guess, submit(bob, "map", guess), "wrong", 0, 0, left)
    judged("no guess is left", submit(bob, "map", "GOLD"), "exhausted", 0, 0)
    judged("not even for an old one", submit(bob, "map", "a"), "exhausted", 0, 0)
    judged("sharp s is ss", submit(bob, "cave", "straße"), "correct", 250, 250)
    progress = as_map(c("HUNT.PROGRESS", ann, "bay"))
    check("position is a time", re.fullmatch(r"\d+\.\d{6}", progress.pop("position")), progress)
    same("progress", progress, {"score": 335, "subscore": 0, "solved": ["map", "cave"], "open": ["reef"], "locked": [],
                                "guesses": 2, "hints": 2})
    same("bob's progress", as_map(c("HUNT.PROGRESS", bob, "bay"))["guesses"], 3)
    same("the main board", c("BOARD.TOP", "bay"), [[1, ann, 335], [2, bob, 250]])
    same("the rookies' board", c("BOARD.TOP", "bay", "BOARD", "rookies"), [[1, bob, 250]])
    same("ann is no rookie", c("BOARD.RANK", "bay", ann, "BOARD", "rookies"), None)
    same("a rank", c("BOARD.RANK", "bay", bob), [2, 250, 2])
    same("around", c("BOARD.AROUND", "bay", bob, "COUNT", 1), [[2, bob, 250]])
    same("around nobody", c("BOARD.AROUND", "bay", "nobody"), None)
    same("count", c("BOARD.COUNT", "bay"), 2)
    same("count in a range", c("BOARD.COUNT", "bay", "MIN", 300, "MAX", 400), 1)


def every_outcome_in_both_protocols():
    for shards in SHARDS:
        for protocol in (2, 3):
            with Server({"bay": BAY}, shards) as server:
                play_bay(server.client(protocol), "ann", "bob")
                server.restart()
                c = server.client(5 - protocol)
                same("after kill -9", c("BOARD.TOP", "bay"), [[1, "ann", 335], [2, "bob", 250]])
                judged("still solved", c("HUNT.SUBMIT", "ann", "bay", "map", "GOLD"), "solved", 0, 335)
                judged("still exhausted", c("HUNT.SUBMIT", "bob", "bay", "map", "GOLD"), "exhausted", 0, 250)


def shapes_on_the_wire():
    with Server({"bay": BAY}) as server:
        two, three = server.client(2), server.client(3)
        two("HUNT.JOIN", "ann", "bay")
        for c in (two, three):
            same("status", c.bytes_of("HUNT.JOIN", "ann", "bay"), b"+already\r\n")
        wrong = b"*4\r\n$5\r\nwrong\r\n:0\r\n:0\r\n$1\r\n2\r\n"
        got = two.bytes_of("HUNT.SUBMIT", "ann", "bay", "map", "x")
        check("an outcome", got in (wrong, wrong.replace(b"$5\r\n", b"+"), wrong.replace(b"$1\r\n2", b":2")), got)
        check("nil in RESP2", two.bytes_of("BOARD.RANK", "bay", "none") in (b"$-1\r\n", b"*-1\r\n"))
        same("nil in RESP3", three.bytes_of("BOARD.RANK", "bay", "none"), b"_\r\n")
        check("a map is a map", three.bytes_of("HUNT.PROGRESS", "ann", "bay").startswith(b"%"))
        check("or a flat array", two.bytes_of("HUNT.PROGRESS", "ann", "bay").startswith(b"*"))


def errors_and_their_order():
    with Server({"bay": BAY, "exact": EXACT}, 3) as server:
        c = server.client()
        c("HUNT.JOIN", "ann", "bay")
        for words in (["HUNT.SUBMIT", "ann", "bay", "map"], ["HUNT.JOIN"], ["BOARD.TOP"], ["HUNT.AWARD", "ann", "bay"]):
            refused("arity", c(*words), "ERR", words[0], "usage")
        for words in (["HUNT.AWARD", "ann", "nope", "1x"], ["HUNT.AWARD", "ann", "nope", "9223372036854775808"],
                      ["BOARD.TOP", "nope", "COUNT", "0"], ["BOARD.TOP", "nope", "COUNT", "1001"],
                      ["BOARD.TOP", "nope", "OFFSET", "-1"], ["BOARD.TOP", "nope", "MODE", "odd"],
                      ["BOARD.TOP", "nope", "VIEW", "past"], ["BOARD.TOP", "nope", "COUNT"], ["BOARD.TOP", "nope", "FOO", "1"],
                      ["HUNT.AWARD", "ann", "nope", "1", "OP", "ADD"], ["HUNT.AWARD", "ann", "nope", "1", "SUB", "x"],
                      ["HUNT.AWARD", "ann", "nope", "1", "AT", "1.1234567"], ["HUNT.AWARD", "ann", "nope", "1", "AT", "-1"],
                      ["HUNT.AWARD", "ann", "nope", "1", "ID", "a", "ID", "b"], ["HUNT.AWARD", "ann", "nope", "1", "ID", ""],
                      ["HUNT.AWARD", "ann", "nope", "1", "ID", "x" * 65], ["HUNT.EVENTS", "nope", "COUNT", "0"],
                      ["HUNT.AWARD", "", "nope", "1"], ["HUNT.AWARD", "a b", "nope", "1"], ["HUNT.AWARD", "x" * 65, "nope", "1"],
                      ["HUNT.AWARD", b"\xff\xfe", "nope", "1"], ["HUNT.AWARD", "a\n", "nope", "1"],
                      ["HUNT.JOIN", "ann", "nope", "NAME", "x" * 129], ["HUNT.JOIN", "ann", "nope", "NAME", b"\xff"]):
            refused("syntax comes before -NOHUNT: %r" % words, c(*words), "ERR")
        same("OFFSET 0 is fine", c("BOARD.TOP", "bay", "OFFSET", "0"), [[1, "ann", 0]])
        refused("no hunt, no entrant, no challenge", c("HUNT.SUBMIT", "zed", "nope", "nope", ""), "NOHUNT")
        refused("no entrant, no challenge", c("HUNT.SUBMIT", "zed", "bay", "nope", ""), "NOENTRANT")
        refused("no challenge, no answer", c("HUNT.SUBMIT", "ann", "bay", "nope", ""), "NOCHALLENGE")
        for answer in ("", "?!", "x" * 257, b"\xff\xfe"):
            refused("no normal form: %r" % answer[:9], c("HUNT.SUBMIT", "ann", "bay", "map", answer), "ERR", "answer")
        same("such answers are free", as_map(c("HUNT.PROGRESS", "ann", "bay"))["guesses"], 0)
        refused("unknown board", c("BOARD.TOP", "bay", "BOARD", "none"), "ERR", "board")
        refused("no hunt before no board", c("BOARD.TOP", "nope", "BOARD", "none"), "NOHUNT")
        refused("-IDMISMATCH before -NOHUNT", first_then(c, "ID", "i-1"), "IDMISMATCH")
        refused("CHECKIN knows the challenge", c("HUNT.CHECKIN", "ann", "bay", "nope", "1", "2"), "ERR", "not supported yet")
        refused("PUZZLE of what is none", c("HUNT.PUZZLE", "ann", "bay", "map"), "ERR", "is no puzzle")
        refused("PUZZLE of nothing", c("HUNT.PUZZLE", "ann", "bay", "nope"), "NOCHALLENGE")
        check("an unknown command names the nearest", "BOARD.TOP" in c("BOARD.TPO", "bay"), c("BOARD.TPO", "bay"))
        judged("exact takes any bytes", c("HUNT.SUBMIT", "ann", "exact", "one", b"\xff\xfe\x00"), "wrong", 0, 0)
        judged("but not another space", c("HUNT.SUBMIT", "ann", "exact", "one", "Gold"), "wrong", 0, 0)
        judged("exactly", c("HUNT.SUBMIT", "ann", "exact", "one", "Gold "), "correct", 1, 1)
        same("-errors enrol nobody", c("BOARD.COUNT", "bay"), 1)


def first_then(c, *id_words):
    c("HUNT.AWARD", "ann", "bay", "1", *id_words)
    return c("HUNT.AWARD", "ann", "nope", "1", *id_words)


def awards():
    for shards in SHARDS:
        with Server({"exact": EXACT}, shards) as server:
            c = server.client(3)
            award = lambda points, *more: c("HUNT.AWARD", "ann", "exact", points, *more)
            judged("auto_join enrols", award("+0007"), "applied", 7, 7, "")
            judged("a negative", award("-10"), "applied", -10, -3)
            judged("nothing", award("0"), "unchanged", 0, -3)
            judged("DECR never below 0, what is below stays", award("5", "OP", "DECR"), "unchanged", 0, -3)
            judged("SET", award("100", "OP", "SET", "SUB", "5"), "applied", 103, 100)
            judged("SET without SUB clears it", award("100", "OP", "SET"), "applied", 0, 100)
            judged("BEST of less", award("99", "OP", "BEST", "SUB", "7"), "unchanged", 0, 100)
            judged("BEST by SUB", award("100", "OP", "BEST", "SUB", "7"), "applied", 0, 100)
            judged("BEST keeps the pair whole", award("101", "OP", "BEST"), "applied", 1, 101)
            same("subscore", as_map(c("HUNT.PROGRESS", "ann", "exact"))["subscore"], 0)
            judged("DECR", award("500", "OP", "DECR", "SUB", "3"), "applied", -101, 0)
            judged("to the most", award(MOST, "OP", "SET", "REASON", "max"), "applied", MOST, MOST)
            refused("over the most", award(1), "ERR", "64-bit")
            refused("SUB over the most", award(-1, "SUB", LEAST) if award(0, "SUB", -1) else None, "ERR", "64-bit")
            refused("a change that fits no i64", award(LEAST, "OP", "SET"), "ERR", "64-bit")
            judged("nothing had changed", award(0), "unchanged", 0, MOST)
            server.restart()
            same("after kill -9", server.client()("BOARD.TOP", "exact"), [[1, "ann", MOST]])


def places_among_equals():
    with Server({"exact": EXACT}, 3) as server:
        c = server.client()
        for i, name in enumerate(("cy", "bob", "ann")):
            c("HUNT.AWARD", name, "exact", 50, "AT", "%d.%06d" % (OPENS, i))
        same("earlier stands above", [r[1] for r in c("BOARD.TOP", "exact")], ["cy", "bob", "ann"])
        same("and shares the place", [r[0] for r in c("BOARD.TOP", "exact")], [1, 1, 1])
        same("but in ordinal", [r[0] for r in c("BOARD.TOP", "exact", "MODE", "ordinal")], [1, 2, 3])
        judged("what changes nothing", c("HUNT.AWARD", "cy", "exact", 50, "OP", "SET", "AT", OPENS + 5), "unchanged")
        same("keeps its place", [r[1] for r in c("BOARD.TOP", "exact")], ["cy", "bob", "ann"])
        c("HUNT.AWARD", "dee", "exact", 50, "AT", OPENS - 1)
        c("HUNT.AWARD", "abe", "exact", 50, "AT", OPENS)
        same("AT may go backwards; equal times go by id",
             [r[1] for r in c("BOARD.TOP", "exact")], ["dee", "abe", "cy", "bob", "ann"])
        c("HUNT.AWARD", "ann", "exact", 0, "SUB", 1, "AT", OPENS + 9)
        same("the subscore is no equal", c("BOARD.TOP", "exact", "COUNT", 2), [[1, "ann", 50], [2, "dee", 50]])


def windows_of_guesses():
    with Server({"calm": CALM}, 3) as server:
        c = server.client()
        submit = lambda who, challenge, answer, ms: c("HUNT.SUBMIT", who, "calm", challenge, answer, "AT", OPENS + ms)
        judged("before it opens", submit("ann", "one", "a", -1), "closed", 0, 0)
        same("closed enrols nobody", c("BOARD.COUNT", "calm"), 0)
        judged("wrong, no limit: no detail", submit("ann", "one", "a", 0), "wrong", 0, 0, "")
        judged("wrong at another", submit("ann", "two", "a", 10000), "wrong", 0, 0)
        judged("cooldown over the hunt", submit("ann", "two", "TWO", 20000), "cooldown", 0, 0, "40000")
        judged("cooldown before duplicate", submit("ann", "one", "a", 59999), "cooldown", 0, 0, "1")
        judged("exactly a window later", submit("ann", "one", "a", 60000), "duplicate", 0, 0)
        judged("partial spends nothing", submit("ann", "one", "half", 60001), "partial", 0, 0, "Half.")
        judged("wrong", submit("ann", "one", "b", 60002), "wrong")
        judged("two lie in the window", submit("ann", "one", "ONE", 60003), "cooldown", 0, 0, "9997")
        judged("frozen is open", submit("ann", "one", "ONE", DAY + 1), "correct", 10, 10)
        judged("solved comes after closed", submit("ann", "one", "ONE", 2 * DAY), "closed", 0, 10)
        judged("closed by the clock of now", c("HUNT.SUBMIT", "ann", "calm", "two", "TWO"), "closed", 0, 10)
        judged("award in every phase", c("HUNT.AWARD", "bob", "calm", 3), "applied", 3, 3)
        refused("-error before closed", c("HUNT.SUBMIT", "bob", "calm", "none", "x"), "NOCHALLENGE")


def phases_by_hand():
    for shards in SHARDS:
        with Server({"bay": BAY}, shards) as server:
            c = server.client(3)
            names = ["e%d" % i for i in range(30)]
            c.pipe([("HUNT.JOIN", n, "bay") for n in names])
            c.pipe([("HUNT.AWARD", n, "bay", i) for i, n in enumerate(names)])
            before = c("BOARD.TOP", "bay", "COUNT", 100)
            same("freeze", c("HUNT.FREEZE", "bay"), "OK")
            c.pipe([("HUNT.AWARD", n, "bay", 1000 * (30 - i)) for i, n in enumerate(names)])
            c("HUNT.JOIN", "late", "bay")
            same("a frozen board stands", c("BOARD.TOP", "bay", "COUNT", 100, "VIEW", "frozen"), before)
            same("the live one moves", c("BOARD.RANK", "bay", "e0"), [1, 30000, 31])
            same("a frozen rank", c("BOARD.RANK", "bay", "e0", "VIEW", "frozen"), [30, 0, 30])
            same("who came later has none", c("BOARD.RANK", "bay", "late", "VIEW", "frozen"), None)
            same("a frozen count", c("BOARD.COUNT", "bay", "VIEW", "frozen", "MIN", 10), 20)
            judged("frozen is open", c("HUNT.SUBMIT", "e1", "bay", "map", "gold"), "correct", 100)
            same("close", c("HUNT.CLOSE", "bay"), "OK")
            judged("closed", c("HUNT.SUBMIT", "e2", "bay", "map", "gold"), "closed", 0)
            same("JOIN in every phase", c("HUNT.JOIN", "later", "bay"), "joined")
            server.restart()
            c = server.client(2)
            judged("closed after kill -9", c("HUNT.SUBMIT", "e2", "bay", "map", "gold"), "closed", 0)
            same("open again", c("HUNT.OPEN", "bay"), "OK")
            judged("open", c("HUNT.SUBMIT", "e2", "bay", "map", "gold"), "correct", 100)
            refused("no such hunt", c("HUNT.OPEN", "nope"), "NOHUNT")
            server.client()("HUNT.FREEZE", "bay")
            frozen = c("BOARD.TOP", "bay", "COUNT", 100)
            c("HUNT.AWARD", "e3", "bay", 999999)
            server.restart()
            same("the frozen board after kill -9", server.client()("BOARD.TOP", "bay", "COUNT", 100, "VIEW", "frozen"), frozen)
            info = as_map(server.client(3)("HUNT.INFO", "bay"))
            check("INFO tells the phase", "frozen" in info.values(), info)


def ids_and_retries():
    """A retry says byte for byte what the first said, in the asker's protocol, on any connection."""
    for shards in SHARDS:
        with Server({"bay": BAY, "calm": CALM}, shards) as server:
            first = server.client(2)
            commands = [("HUNT.JOIN", "ann", "bay"), ("HUNT.JOIN", "ann", "bay"),
                        ("HUNT.SUBMIT", "ann", "bay", "map", "a"), ("HUNT.SUBMIT", "ann", "bay", "map", "A"),
                        ("HUNT.SUBMIT", "ann", "bay", "map", "silver"), ("HUNT.HINT", "ann", "bay", "map", 1),
                        ("HUNT.HINT", "ann", "bay", "map", 1), ("HUNT.AWARD", "ann", "bay", 5, "SUB", 1),
                        ("HUNT.SUBMIT", "ann", "bay", "map", "gold"), ("HUNT.SUBMIT", "ann", "bay", "map", "gold"),
                        ("HUNT.AWARD", "ann", "bay", 0), ("HUNT.AWARD", "bob", "calm", 0),
                        ("HUNT.SUBMIT", "cy", "calm", "one", "x", "AT", OPENS),
                        ("HUNT.SUBMIT", "cy", "calm", "one", "y", "AT", OPENS + 1),
                        ("HUNT.SUBMIT", "cy", "calm", "one", "z", "AT", OPENS + 2),
                        ("HUNT.SUBMIT", "cy", "calm", "one", "z")]
            commands = [words + ("ID", "id-%d" % i) for i, words in enumerate(commands)]
            said = [first.bytes_of(*words) for words in commands]
            same("the outcomes", [re.search(rb"[a-z]{3,}|Look north", s).group().decode() for s in said],
                 ["joined", "already", "wrong", "duplicate", "partial", "Look north", "Look north", "applied", "correct", "solved",
                  "unchanged", "unchanged", "wrong", "wrong", "cooldown", "closed"])
            other = server.client(3)
            spoken = [other(*words) for words in commands]
            again = server.client(2)
            same("retries elsewhere", [again.bytes_of(*words) for words in commands], said)
            server.restart()
            c, three = server.client(2), server.client(3)
            same("retries after kill -9", [c.bytes_of(*words) for words in commands], said)
            same("in RESP3 the same outcome", [three(*words) for words in commands], spoken)
            same("as in RESP2", [c(*words) for words in commands], spoken)
            for words in commands:
                refused("another body", c(*words, "BY", "p") if words[0] == "HUNT.SUBMIT" else
                        c("HUNT.AWARD", words[1], words[2], 77, "ID", words[-1]), "IDMISMATCH")
            same("an id is of its entrant", c("HUNT.AWARD", "other", "calm", 1, "ID", "id-0"), ["applied", 1, 1, ""])
            same("one effect", c("BOARD.RANK", "bay", "ann")[1], 95)
            refused("an -error keeps no id", c("HUNT.AWARD", "zed", "bay", 1, "ID", "late"), "NOENTRANT")
            same("so it may be used", c("HUNT.JOIN", "zed", "bay", "ID", "late"), "joined")


story(every_outcome_in_both_protocols, shapes_on_the_wire, errors_and_their_order, awards, places_among_equals,
      windows_of_guesses, phases_by_hand, ids_and_retries)
