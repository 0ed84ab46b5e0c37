"""log_tools.py - what the tests of huntctl's offline tools share: a hunt and 40 people who play it, and
looks at what a server left."""
import hashlib
import json
import struct

from hunt import *

CHALLENGES = ["{id: map, points: 100, answers: [GOLD], hints: [{cost: 7, text: Look.}]}",
              "{id: cave, points: 50, answers: [BAT], partial: [{answer: RAT, say: Nearly.}]}",
              "{id: chest, kind: treasure, points: [300, 200, 100], stock: 5, answers: [X7]}",
              "{id: isle, points: 30, answers: [PALM]}"]


def bay(challenges=CHALLENGES, **keys):
    return document("bay", boards=["main", "{id: rookies, bracket: rookie}"], challenges=challenges, **keys)


def huntctl(*words):
    done = subprocess.run([BIN + "/huntctl", *words], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def facts(*words, code=0):
    got, out, err = huntctl(*words, "--json")
    same("huntctl %s: %s" % (" ".join(words), err), got, code)
    return json.loads(out)


def segments(data, shard):
    folder = "%s/shard-%02d" % (data, shard)
    return ["%s/%s" % (folder, f) for f in sorted(os.listdir(folder)) if f.endswith(".log")]


def blocks(path):
    """Numbers of the blocks that are not all zero."""
    with open(path, "rb") as file:
        data = file.read()
    return [at // 4096 for at in range(0, len(data), 4096) if any(data[at:at + 4096])]


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def home(data, kind):
    """The shard whose log has most events of that kind."""
    events = [json.loads(l) for l in huntctl("log", "dump", data, "--json")[1].splitlines()]
    shards = [e["position"].split(":")[0] for e in events if e["type"] == kind]
    return int(max(set(shards), key=shards.count))


def frame_with(data, shard, kind, which=0):
    """Where in which file the shard's n-th event of that kind stands: the block of its frame."""
    lsns = [int(e["position"].split(":")[1]) for e in map(json.loads, huntctl(
        "log", "dump", data, "--shard", str(shard), "--json")[1].splitlines()) if e["type"] == kind]
    for path in segments(data, shard):
        with open(path, "rb") as file:
            blob = file.read()
        for at in range(0, len(blob), 4096):
            first, = struct.unpack_from("<Q", blob, at + 40)
            count, = struct.unpack_from("<I", blob, at + 56)
            if blob[at:at + 8] == b"HUNTLOG1" and first <= lsns[which] < first + count:
                return path, at, lsns[which]
    raise Mishap("no frame has LSN %d" % lsns[which])


def play(server, steps=600, extra=1, at=None):
    """Answers, hints and awards of 40 people, in an order that the seed alone decides. at: a function
    that gives each step its AT."""
    random, client = seeded(extra), server.client()
    for i in range(40):
        client("HUNT.JOIN", "p%02d" % i, "bay", *(["BRACKET", "rookie"] if i % 4 == 0 else []), *(at(i) if at else []))
    for i in range(steps):
        who = "p%02d" % random.randrange(40)
        time = at(40 + i) if at else []
        kind = random.randrange(12)
        if kind < 9:
            challenge, answers = random.choice((("map", ["GOLD", "lead", "tin"]), ("cave", ["bat", "rat", "cat"]),
                                                ("chest", ["X7", "x8", "x7"])))
            client("HUNT.SUBMIT", who, "bay", challenge, random.choice(answers), *time, "ID", "s%d" % i)
        elif kind == 9:
            client("HUNT.SUBMIT", who, "bay", "isle", "palm", *time)
        elif kind == 10 and not at:
            client("HUNT.HINT", who, "bay", "map", 1)
        else:
            # What changes nothing is not in the log, so a story for whatif has none of it.
            op, points = random.choice([("INCR", i % 37 + 1), ("SET", 2000 + i)] if at else
                                       [("INCR", 9), ("SET", i), ("BEST", i), ("DECR", 4)])
            client("HUNT.AWARD", who, "bay", points, *(["SUB", 3] if i % 2 else []), "OP", op, *time)
    return client


def top(client, board="main", view="live"):
    return client("BOARD.TOP", "bay", "BOARD", board, "COUNT", 1000, "VIEW", view)


def rows(board):
    return [[r["rank"], r["entrant"], r["score"]] for r in board["rows"]]


def hash_of(board):
    """The hash that DATA's owner can make with nothing but a hash function."""
    text = "".join("%(rank)d\t%(entrant)s\t%(score)d\t%(subscore)d\t%(time_ns)d\n" % r for r in board["rows"])
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()
