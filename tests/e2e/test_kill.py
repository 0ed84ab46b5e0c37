#!/usr/bin/env python3
"""kill -9 at random moments under pipelining clients, with a ledger of every command and reply: no
acknowledged event is lost, none counts twice, a retry says what the first said, byte for byte.
SIGTERM drains. And what a damaged or torn log comes to."""
import threading

from hunt import *

HUNT = document("race", challenges=["{id: gate%d, points: %d, answers: [KEY]}" % (i, 1000 + i) for i in range(40)])
SMALL = ["--set", "log.segment=1MiB"]
PLAYERS = 40


class Ledger:
    """What one client sent, and what it was told. Only its own thread writes it."""

    def __init__(self, server, seed, round_):
        self.server, self.rng, self.name = server, random.Random(seed), "%d.%d" % (round_, seed)
        self.acked, self.open = {}, []
        self.thread = threading.Thread(target=self.play)

    def command(self, number):
        who, ident = "p%d" % self.rng.randrange(PLAYERS), "%s-%d" % (self.name, number)
        dice = self.rng.random()
        if dice < 0.75:
            return ("HUNT.AWARD", who, "race", self.rng.choice((1, 5, 7, -2)), "SUB", self.rng.randrange(3), "ID", ident)
        if dice < 0.97:
            gate = "gate%d" % self.rng.randrange(40)
            return ("HUNT.SUBMIT", who, "race", gate, self.rng.choice(("KEY", "a", "b", "c")), "ID", ident)
        return ("HUNT.JOIN", "q" + ident, "race", "ID", ident)

    def play(self):
        number = 0
        try:
            c = self.server.client(self.rng.choice((2, 3)))
            while True:
                batch = [self.command(number + i) for i in range(self.rng.choice((1, 3, 20, 100)))]
                number += len(batch)
                self.open = batch
                c.send(b"".join(encode(*words) for words in batch))
                for words in batch:
                    self.acked[words] = c.read()
                self.open = []
        except (OSError, Closed):
            pass  # the server was killed: `open` holds what was not answered


def outcome_of(words, reply, score):
    """Books one reply; what counts is what the commands themselves said."""
    who = words[1]
    if words[0] == "HUNT.JOIN":
        check("a join's outcome", reply in ("joined", "already"), words, reply)
        return
    check("an outcome", isinstance(reply, list) and len(reply) == 4, words, reply)
    if words[0] == "HUNT.AWARD":
        check("an award's outcome", reply[0] in ("applied", "unchanged") and reply[1] == (words[3] if reply[0] == "applied" else 0)
              or reply[1] == words[3], words, reply)
        score[who] = score.get(who, 0) + words[3]
    elif reply[0] == "correct":
        score[who] = score.get(who, 0) + reply[1]
        score.setdefault("gates", []).append((who, words[3]))


def a_round(server, rng, round_, score):
    ledgers = [Ledger(server, rng.randrange(1 << 30), round_) for _ in range(4)]
    for ledger in ledgers:
        ledger.thread.start()
    time.sleep(rng.uniform(0.02, 0.4))
    server.kill()
    for ledger in ledgers:
        ledger.thread.join(30)
        check("a client ends with its server", not ledger.thread.is_alive())
    server.start()
    c = server.client()
    for ledger in ledgers:
        sample = rng.sample(list(ledger.acked), min(200, len(ledger.acked)))
        for words, again in zip(sample, c.pipe(sample)):
            same("a retry of what was acknowledged: %r" % (words,), again, ledger.acked[words])
        late = [words for words in ledger.open if words not in ledger.acked]
        first = c.pipe(late)
        same("and again", c.pipe(late), first)
        for words, reply in list(ledger.acked.items()) + list(zip(late, first)):
            outcome_of(words, reply, score)
    gates = score.get("gates", [])
    same("no gate counts twice", len(set(gates)), len(gates))
    board = {row[1]: row[2] for row in c("BOARD.TOP", "race", "COUNT", 1000)}
    for who in ("p%d" % i for i in range(PLAYERS)):
        same("%s after kill %d" % (who, round_), board.get(who, 0), score.get(who, 0))
    return sum(len(ledger.acked) for ledger in ledgers)


def loop(shards, durability, seconds, options=()):
    rng, end, score, kills, acked = seeded(shards * 10 + len(durability)), time.monotonic() + seconds, {}, 0, 0
    with Server({"race": HUNT}, shards, durability, list(options) + SMALL) as server:
        while time.monotonic() < end or kills < 3:
            acked += a_round(server, rng, kills, score)
            kills += 1
        events = events_of(server.client(), "race", 1000)
        ids = [(e[3], f[f.index("id") + 1]) for e, f in ((e, e[4]) for e in events) if "id" in f]
        same("each id stands once in the events", len(ids), len(set(ids)))
    return "%d kills, %d acknowledged" % (kills, acked)


def kills_in_batch_on_one_shard():
    return loop(1, "batch", 8)


def kills_in_batch_on_three_shards():
    return loop(3, "batch", 10, ["--set", "ring.cells=4"])


def kills_in_window():
    return loop(1, "window:10ms", 4) + "; " + loop(3, "window:1s", 5)


def raw_bytes_of_retries():
    with Server({"race": HUNT}, 3) as server:
        c = server.client()
        ledger = Ledger(server, SEED, 0)
        commands = [ledger.command(i) for i in range(300)]
        said = [c.bytes_of(*words) for words in commands]
        server.restart()
        c = server.client()
        for words, first in zip(commands, said):
            same("a retry, byte for byte", c.bytes_of(*words), first)


def sigterm_drains():
    """Everything read is answered, everything answered is kept, in every mode; exit 0."""
    for shards, durability in ((1, "batch"), (3, "batch"), (3, "window:1s"), (1, "off"), (3, "off")):
        score = {}
        with Server({"race": HUNT}, shards, durability, SMALL) as server:
            for round_ in range(3):
                ledgers = [Ledger(server, SEED + i, round_) for i in range(3)]
                for ledger in ledgers:
                    ledger.thread.start()
                time.sleep(0.25)
                same("SIGTERM under load ends with 0", server.stop(), 0)
                for ledger in ledgers:
                    ledger.thread.join(30)
                server.start()
                c = server.client()
                for ledger in ledgers:
                    late = [words for words in ledger.open if words not in ledger.acked]
                    for words, reply in list(ledger.acked.items()) + list(zip(late, c.pipe(late))):
                        outcome_of(words, reply, score)
                board = {row[1]: row[2] for row in c("BOARD.TOP", "race", "COUNT", 1000)}
                for who in ("p%d" % i for i in range(PLAYERS)):
                    same("%s, %d shards, %s" % (who, shards, durability), board.get(who, 0), score.get(who, 0))
                check("there was load", sum(len(l.acked) for l in ledgers) > 100)


def off_survives_as_a_prefix():
    """`off` promises nothing at kill -9, but what is left must be whole."""
    with Server({"race": HUNT}, 3, "off", SMALL) as server:
        for round_ in range(3):
            c = server.client()
            before = sum(r[2] for r in c("BOARD.TOP", "race", "COUNT", 1000))
            for _ in range(20):
                c.pipe([("HUNT.AWARD", "p%d" % (i % PLAYERS), "race", 1) for i in range(500)])
            server.kill()
            server.start()
            total = sum(r[2] for r in server.client()("BOARD.TOP", "race", "COUNT", 1000))
            check("not less than before, not more than sent", before <= total <= before + 10000, before, total)


# The log's files, torn and damaged.

BLOCK = 4096


def segments(server, shard=0):
    folder = "%s/shard-%02d" % (server.data, shard)
    return sorted(os.path.join(folder, name) for name in os.listdir(folder))


def used_blocks(path):
    """Numbers of the blocks that hold something."""
    with open(path, "rb") as file:
        data = file.read()
    return [i for i in range(len(data) // BLOCK) if any(data[i * BLOCK:(i + 1) * BLOCK])]


def frames(path):
    """Numbers of the blocks that a frame starts at."""
    with open(path, "rb") as file:
        data = file.read()
    return [i for i in range(len(data) // BLOCK) if data[i * BLOCK:i * BLOCK + 8] == b"HUNTLOG1"]


def write_at(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


class Copies:
    """A server with a log worth tearing; each `with` of at() is a huntd on a fresh copy of it."""

    def __init__(self):
        self.server = Server({"race": HUNT}, 1, options=SMALL)
        c = self.server.client()
        for i in range(120):
            c.pipe([("HUNT.AWARD", "p%d" % (j % PLAYERS), "race", 1, "REASON", "x" * 100) for j in range(20)])
        self.score = 120 * 20
        time.sleep(1.3)  # the seal of a log at rest
        self.server.kill()
        self.kept = self.server.data + ".kept"
        os.rename(self.server.data, self.kept)
        self.last = max((p for p in os.listdir(self.kept + "/shard-00")), key=lambda n: (len(used_blocks("%s/shard-00/%s" % (self.kept, n))) > 0, n))

    def fresh(self):
        shutil.rmtree(self.server.data, ignore_errors=True)
        shutil.copytree(self.kept, self.server.data)
        return "%s/shard-00/%s" % (self.server.data, self.last)

    def total(self):
        self.server.start()
        total = sum(r[2] for r in self.server.client()("BOARD.TOP", "race", "COUNT", 1000))
        same("and it goes on", self.server.client()("HUNT.AWARD", "late", "race", 1)[0], "applied")
        self.server.restart()
        same("and on", sum(r[2] for r in self.server.client()("BOARD.TOP", "race", "COUNT", 1000)), total + 1)
        self.server.kill()
        return total


def torn_and_damaged_logs():
    rng = seeded(23)
    copies = Copies()
    server = copies.server
    path = copies.fresh()
    same("untouched", copies.total(), copies.score)
    size = os.path.getsize(path)

    for what, junk in (("garbage", rng.randbytes(3 * BLOCK)), ("half a block", rng.randbytes(100)),
                       ("an old frame", None), ("a magic alone", b"HUNTLOG1")):
        path = copies.fresh()
        end = used_blocks(path)[-1] + 1
        if junk is None:
            with open(path, "rb") as file:
                file.seek(frames(path)[1] * BLOCK)
                junk = file.read(BLOCK)
        write_at(path, end * BLOCK, junk)
        same("behind the end: " + what, copies.total(), copies.score)

    path = copies.fresh()
    with open(path, "ab") as file:
        file.write(rng.randbytes(10000))
    same("behind the file's end", copies.total(), copies.score)

    for _ in range(12):
        path = copies.fresh()
        starts = frames(path)
        block = rng.choice(starts[:-6])
        offset = block * BLOCK + rng.randrange(104)
        with open(path, "r+b") as file:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ (1 << rng.randrange(8))]))
        code, said = server.end_of_start()
        same("a flipped bit below the seal ends with 65 (block %d, byte %d): %s" % (block, offset % BLOCK, said), code, 65)
        check("it names file, offset and LSN in one line", os.path.basename(path) in said and re.search(r"offset \d+", said)
              and "LSN" in said and said.count("\n") <= 2, said)

    path = copies.fresh()
    write_at(path, rng.choice(frames(path)[2:-6]) * BLOCK, bytes(BLOCK))
    same("a zeroed frame below the seal: %s" % server.end_of_start()[1], server.end_of_start()[0], 65)

    for blocks in (1, 5):
        path = copies.fresh()
        starts = frames(path)
        os.truncate(path, starts[-blocks] * BLOCK + 17)
        code = truncated(copies, server)
        check("a file cut short is cut or refused", code in (65, "cut"), code)
    path = copies.fresh()
    os.truncate(path, size)
    same("the kept copy was whole", copies.total(), copies.score)
    server.close()


def truncated(copies, server):
    server.spawn()
    try:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if server.process.poll() is not None:
                code, server.process = server.process.returncode, None
                return code
            try:
                c = server.client(timeout=5)
                if c("PING") == "PONG":
                    total = sum(r[2] for r in c("BOARD.TOP", "race", "COUNT", 1000))
                    check("a prefix is left", 0 < total <= copies.score, total)
                    server.kill()
                    return "cut"
            except (OSError, Closed):
                pass
            time.sleep(0.01)
    finally:
        if server.running():
            server.kill()
    raise Mishap("neither served nor ended")


story(kills_in_batch_on_one_shard, kills_in_batch_on_three_shards, kills_in_window, raw_bytes_of_retries, sigterm_drains,
      off_survives_as_a_prefix, torn_and_damaged_logs)
