#!/usr/bin/env python3
"""Hunt documents while the game runs: versions, conflicts, roll-backs, faults; what a new version
keeps of an old one; boards of windows and brackets; and the events, each once, to the end."""
import json

from hunt import *

FIRST = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}", "{id: cave, points: 50, answers: [DARK]}"])
SECOND = FIRST.replace("GOLD", "SILVER").replace("points: 50", "points: 60")
THIRD = document("bay", boards=["main", "{id: rookies, bracket: rookie}"],
                 challenges=["{id: map, points: 100, answers: [GOLD]}", "{id: reef, points: 5, answers: [DEEP]}"])


def versions_conflicts_and_rollbacks():
    for shards in (1, 3, 8):
        with Server(shards=shards) as server:
            c, d = server.client(2), server.client(3)
            same("nothing yet", (c("HUNT.LIST"), c("VELTRIX.LIST"), c("VELTRIX.GET", "bay")), ([], [], None))
            refused("IF of what is not", c("VELTRIX.PUT", "bay", FIRST, "IF", 3), "ERR", "conflict")
            same("the first version", c("VELTRIX.PUT", "bay", FIRST, "IF", 0), 1)
            same("at once playable", d("HUNT.SUBMIT", "ann", "bay", "map", "gold")[0], "correct")
            refused("IF 0 again", d("VELTRIX.PUT", "bay", SECOND, "IF", 0), "ERR", "conflict", "1")
            same("nothing was applied", d("VELTRIX.GET", "bay"), FIRST)
            same("the second", d("VELTRIX.PUT", "bay", SECOND, "IF", 1), 2)
            same("points given stay", d("BOARD.RANK", "bay", "ann"), [1, 100, 1])
            same("solved stays solved", d("HUNT.SUBMIT", "ann", "bay", "map", "silver")[0], "solved")
            same("bob plays the second", d("HUNT.SUBMIT", "bob", "bay", "map", "silver")[0], "correct")
            same("its points", d("HUNT.SUBMIT", "bob", "bay", "cave", "dark")[1], 60)
            same("an old version", c("VELTRIX.GET", "bay", "VERSION", 1), FIRST)
            same("no such version", c("VELTRIX.GET", "bay", "VERSION", 9), None)
            same("what differs", c("VELTRIX.DIFF", "bay", 1, 2), c("VELTRIX.DIFF", "bay", 1))
            lines = c("VELTRIX.DIFF", "bay", 1, 2)
            check("lines gone and come", {l[0] for l in lines} == {"-", "+"} and len(lines) == 4, lines)
            same("the third", c("VELTRIX.PUT", "bay", THIRD), 3)
            refused("a challenge that is gone", c("HUNT.SUBMIT", "ann", "bay", "cave", "dark"), "NOCHALLENGE")
            same("its solves count on", c("BOARD.TOP", "bay", "MODE", "ordinal"), [[1, "bob", 160], [2, "ann", 100]])
            same("a new board", c("BOARD.TOP", "bay", "BOARD", "rookies"), [])
            same("a new challenge", c("HUNT.SUBMIT", "ann", "bay", "reef", "deep")[:3], ["correct", 5, 105])
            same("back to the first", c("VELTRIX.ROLLBACK", "bay", 1, "IF", 3), 4)
            refused("no such version to go back to", c("VELTRIX.ROLLBACK", "bay", 77), "ERR")
            same("its text", d("VELTRIX.GET", "bay"), FIRST)
            same("solved before it went", d("HUNT.SUBMIT", "bob", "bay", "cave", "dark")[0], "solved")
            history = c("VELTRIX.HISTORY", "bay")
            same("history, newest first", [row[0] for row in history], [4, 3, 2, 1])
            same("with sizes", [row[2] for row in history], [len(FIRST), len(THIRD), len(SECOND), len(FIRST)])
            board = c("BOARD.TOP", "bay")
            server.restart()
            c = server.client()
            same("after kill -9", (c("VELTRIX.LIST"), c("BOARD.TOP", "bay")), ([["bay", "hunt", 4]], board))
            same("history after kill -9, from whatever shard", c("VELTRIX.HISTORY", "bay"), history)


def documents_that_are_refused():
    with Server({"bay": FIRST}, 3) as server:
        c = server.client()
        bad = "hunt: bay\ntitel: x\nboards:\n  - {id: MAIN}\nchallenges:\n  - {id: map, points: ten, answers: []}\nrequires: x\n"
        reply = c("VELTRIX.PUT", "bay", bad)
        refused("a bad document", reply, "ERR", " | ", "2:", "titel", "title", "4:", "6:")
        check("each fault has line:column", len(re.findall(r"(?:^|\| |ERR )[^|]*?\d+:\d+: ", reply)) >= 4, reply)
        refused("later keys by name", c("VELTRIX.PUT", "bay", FIRST + "mode: team\n"), "ERR", "not supported yet")
        refused("another hunt's document", c("VELTRIX.PUT", "bay", FIRST.replace("hunt: bay", "hunt: boy")), "ERR")
        refused("no document", c("VELTRIX.PUT", "bay", ""), "ERR")
        refused("no YAML", c("VELTRIX.PUT", "bay", "{[}"), "ERR")
        refused("no text", c("VELTRIX.PUT", "bay", b"\xff\xfe\x00"), "ERR")
        refused("too large", c("VELTRIX.PUT", "bay", FIRST + "# " + "x" * (505 * 1024)), "ERR")
        refused("deep", c("VELTRIX.PUT", "bay", "hunt: " + "[" * 5000), "ERR")
        many = "hunt: bay\n" + "".join("wrong%d: 1\n" % i for i in range(20))
        reply = c("VELTRIX.PUT", "bay", many)
        check("twenty faults are twenty", all("wrong%d" % i in reply for i in range(20)) and reply.count(" | ") >= 19, reply)
        same("the old version stays", (c("VELTRIX.GET", "bay"), c("VELTRIX.HISTORY", "bay")[0][0]), (FIRST, 1))
        as_json = '{"hunt": "bay", "title": "\\u0042ay \\ud83c\\udff4", "auto_join": true, "challenges": [{"id": "map", "points": 7, "answers": ["X"]}]}'
        same("JSON is equal", c("VELTRIX.PUT", "bay", as_json), 2)
        same("and plays", c("HUNT.SUBMIT", "ann", "bay", "map", "x")[:2], ["correct", 7])


def files_at_start():
    """A file counts where its bytes are new; a restart never undoes a PUT."""
    with Server({"bay": FIRST}, 3) as server:
        c = server.client()
        same("from the file", c("VELTRIX.LIST"), [["bay", "hunt", 1]])
        c("VELTRIX.PUT", "bay", SECOND)
        server.restart(kill=False)
        same("the PUT stays", server.client()("VELTRIX.GET", "bay"), SECOND)
        server.write_hunt("bay", THIRD)
        server.restart()
        same("new bytes, new version", (server.client()("VELTRIX.GET", "bay"), server.client()("VELTRIX.LIST")),
             (THIRD, [["bay", "hunt", 3]]))
        same("with its source", server.client()("VELTRIX.HISTORY", "bay")[0][3], "bay.yaml")


def boards_of_brackets_and_windows():
    hour = document("bay", boards=["main", "{id: hour, window: 1h}", "{id: rookies, bracket: rookie}"],
                    challenges=["{id: map, points: 100, answers: [GOLD]}"])
    now = int(time.time() * 1000)
    with Server({"bay": hour}, 3) as server:
        c = server.client()
        c("HUNT.JOIN", "bob", "bay", "BRACKET", "rookie")
        c("HUNT.AWARD", "ann", "bay", 70, "AT", now - 2 * 3600 * 1000)
        c("HUNT.AWARD", "bob", "bay", 30)
        same("all time", c("BOARD.TOP", "bay"), [[1, "ann", 70], [2, "bob", 30]])
        rows = {row[1]: row[2] for row in c("BOARD.TOP", "bay", "BOARD", "hour")}
        same("this hour", (rows.get("bob"), rows.get("ann", 0)), (30, 0))
        same("rookies", c("BOARD.TOP", "bay", "BOARD", "rookies"), [[1, "bob", 30]])
        c("HUNT.AWARD", "ann", "bay", -5)
        same("an hour's score goes below 0", c("BOARD.RANK", "bay", "ann", "BOARD", "hour")[1], -5)
        hour_board = c("BOARD.TOP", "bay", "BOARD", "hour")
        server.restart()
        if int(time.time()) // 3600 == now // 3600000:
            same("after kill -9", server.client()("BOARD.TOP", "bay", "BOARD", "hour"), hour_board)


def windows_begin_anew():
    """A window of seconds: its board empties by itself, also for who only looks."""
    short_window = document("bay", boards=["main", "{id: soon, window: 2s}"])
    with Server({"bay": short_window}, 3) as server:
        c = server.client()
        for i in range(40):
            c("HUNT.AWARD", "p%d" % i, "bay", i)
        eventually("the window's board is empty", lambda: c("BOARD.COUNT", "bay", "BOARD", "soon") == 0, 5)
        same("all time stands", c("BOARD.COUNT", "bay"), 40)
        c("HUNT.AWARD", "p1", "bay", 5)
        rows = c("BOARD.TOP", "bay", "BOARD", "soon")
        check("a new window counts from 0", rows in ([[1, "p1", 5]], []), rows)


def many_windows_begin_at_once():
    """However many begin at the same moment, no command is decided between them."""
    many = 200
    with Server({}, 1) as server:
        c, names = server.client(), ["hunt%d" % i for i in range(many)]
        puts = c.pipe([("VELTRIX.PUT", name, document(name, boards=["main", "{id: soon, window: 1s}"])) for name in names])
        same("many hunts", puts, [1] * many)
        end, awards = time.monotonic() + 3, 0
        while time.monotonic() < end:
            awards += sum(r[0] == "applied" for r in c.pipe([("HUNT.AWARD", "ann", names[i], 1) for i in range(many)]))
        server.stop()
        dump = subprocess.run([BIN + "/huntctl", "log", "dump", server.data, "--json"], capture_output=True, timeout=60)
        kinds = [json.loads(line)["type"] for line in dump.stdout.splitlines()]
        same("all awards are in the log", kinds.count("awarded"), awards)
        check("windows began", kinds.count("window") >= 2 * many, kinds.count("window"))
        letters = "".join({"window": "w", "order": "o"}.get(kind, "-") for kind in kinds)
        bursts = [len(burst) for burst in re.findall("w+", letters[letters.rindex("o"):].rstrip("w"))]
        check("all at once, and nothing between", all(burst % many == 0 for burst in bursts), bursts)
        return "%d windows, %d awards" % (sum(bursts), awards)


def a_new_board_over_many():
    """While it is built all play on, and whoever reads it waits and sees it whole."""
    many, low = 200000, 1000  # entrant i has score i; those below `low` play, and stay below 2 * low
    with_second = FIRST.replace("  - {id: main}\n", "  - {id: main}\n  - {id: second}\n")
    for shards in (1, 3):
        with Server({"bay": FIRST}, shards) as server:
            c, d = server.client(2), server.client(3)
            for first in range(0, many, 5000):
                c.pipe([("HUNT.AWARD", "e%d" % i, "bay", i) for i in range(first, first + 5000)])
            top = [[1 + k, "e%d" % (many - 1 - k), many - 1 - k] for k in range(10)]
            asked = [("VELTRIX.PUT", "bay", with_second), ("BOARD.TOP", "bay", "BOARD", "second", "COUNT", 10),
                     ("BOARD.COUNT", "bay", "BOARD", "second"), ("BOARD.RANK", "bay", "e100000", "BOARD", "second"),
                     ("BOARD.RANK", "bay", "e100000", "BOARD", "second", "MODE", "dense"),
                     ("BOARD.AROUND", "bay", "e100000", "BOARD", "second", "COUNT", 1)]
            wanted = [2, top, many, [many - 100000, 100000, many], [many - 100000, 100000, many], [[many - 100000, "e100000", 100000]]]
            c.send(b"".join(encode(*words) for words in asked))
            scores = list(range(low))
            for play in range(60):
                turn = [(play * 37 + k * 11) % low for k in range(100)]
                replies = d.pipe([("HUNT.AWARD", "e%d" % i, "bay", 1) for i in turn] + [("BOARD.TOP", "bay", "COUNT", 10)])
                for i, reply in zip(turn, replies):
                    scores[i] += 1
                    same("all play on", reply[:3], ["applied", 1, scores[i]])
                same("other boards are read", replies[-1], top)
            for words, want in zip(asked, wanted):
                same(" ".join(map(str, words[:1] + words[2:]))[:60], c.read(), want)
            def is_whole(c):
                for i in (0, 1, 500, low - 1, low, many - 1):
                    ranks = [c("BOARD.RANK", "bay", "e%d" % i, "BOARD", board) for board in ("main", "second")]
                    same("both boards say the same", ranks[0], ranks[1])
                    same("and the score", ranks[0][1], scores[i] if i < low else i)
                rows = [c("BOARD.TOP", "bay", "BOARD", board, "COUNT", 1000, "OFFSET", many - 1000) for board in ("main", "second")]
                same("to the last row", rows[0], rows[1])
            is_whole(c)
            server.restart()
            is_whole(server.client())


def events_each_once():
    rng = seeded()
    for shards in (1, 3, 8):
        with Server({"bay": FIRST, "other": document("other")}, shards, options=["--set", "log.segment=1MiB"]) as server:
            c = server.client(rng.choice((2, 3)))
            wanted = 0
            for batch in range(20):
                commands = []
                for i in range(100):
                    who = "p%d" % rng.randrange(60)
                    commands.append(("HUNT.AWARD", who, "bay", 1, "ID", "a%d-%d" % (batch, i), "REASON", "r" * rng.randrange(200)))
                    commands.append(("HUNT.AWARD", who, "other", 1))
                wanted += sum(r[0] == "applied" for r in c.pipe(commands)[::2])
            c("HUNT.FREEZE", "bay")
            c("VELTRIX.PUT", "bay", SECOND)
            for page in (1000, 37, 4):
                events = events_of(c, "bay", page)
                positions = [e[0] for e in events]
                same("page %d: each once" % page, len(set(positions)), len(positions))
                ids = [f[f.index("id") + 1] for f in (e[4] for e in events) if "id" in f]
                same("page %d: each award once" % page, (len(ids), len(set(ids))), (wanted, wanted))
                kinds = [e[2] for e in events]
                same("page %d: who joined" % page, kinds.count("joined"), len({e[3] for e in events if e[2] == "joined"}))
                same("page %d: orders once" % page, kinds.count("order"), 3)
                last = {}
                for position in positions:
                    shard, lsn = map(int, position.split(":"))
                    check("page %d: LSN order within a shard" % page, lsn > last.get(shard, 0), position)
                    last[shard] = lsn
            cursor = c("HUNT.EVENTS", "bay", "COUNT", 500)[0]
            server.restart()
            c = server.client()
            same("all of them after kill -9", events_of(c, "bay", 250), events)
            rest = events_of_from(c, "bay", cursor)
            check("a cursor outlives it", 0 < len(rest) < len(events) and rest == [e for e in events if e in rest], len(rest))
            for wrong in ("", "x", "0", "1.2.3.4.5.6.7.8.9", "-1", "9" * 300):
                refused("no cursor: %r" % wrong[:20], c("HUNT.EVENTS", "bay", "FROM", wrong), "ERR")
            refused("no hunt", c("HUNT.EVENTS", "nope"), "NOHUNT")


def events_of_from(c, hunt, cursor):
    events = []
    while True:
        following, page = c("HUNT.EVENTS", hunt, "FROM", cursor)
        events += page
        if following == cursor:
            return events
        cursor = following


story(versions_conflicts_and_rollbacks, documents_that_are_refused, files_at_start, boards_of_brackets_and_windows,
      windows_begin_anew, many_windows_begin_at_once, a_new_board_over_many, events_each_once)
