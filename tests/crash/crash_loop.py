#!/usr/bin/env python3
"""A real huntd, killed again and again under real clients: crash_loop.py BIN [--kills N] [--shards N]

Two redis-py clients send single commands, two raw ones send pipelines: awards, answers and treasures
with a stock, all with IDs; now and then BGSAVE, now and then SIGSTOP and SIGCONT. Then kill -9 at a
random time. After each start: what was answered is said again, byte for byte; what was not is asked
twice and answered alike; scores are the sum of what was answered; no treasure is granted more often
than its stock, none twice to one entrant, and `gone` was true."""
import argparse
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from hunt import *  # noqa: E402

try:
    import redis
except ImportError:  # Debian's python3-redis belongs to Debian's python3
    os.execv("/usr/bin/python3", ["python3", *sys.argv])

PLAYERS, CHESTS, STOCK = 60, 400, 5
HUNT = document("race", challenges=["{id: gate%d, points: %d, answers: [KEY]}" % (i, 1000 + i) for i in range(20)]
                + ["{id: chest%d, kind: treasure, stock: %d, points: [%d, 50], answers: [KEY]}" % (i, STOCK, 100 + i)
                   for i in range(CHESTS)])


class Ledger:
    """What one client sent, and what it was told. Only its own thread writes it."""

    def __init__(self, server, seed, round_, real):
        self.server, self.rng, self.name, self.real = server, random.Random(seed), "%d.%d" % (round_, seed), real
        self.round, self.acked, self.open = round_, {}, []
        self.thread = threading.Thread(target=self.play, daemon=True)

    def command(self, number):
        who, ident, dice = "p%d" % self.rng.randrange(PLAYERS), "%s-%d" % (self.name, number), self.rng.random()
        if dice < 0.5:
            return ("HUNT.AWARD", who, "race", self.rng.choice((1, 5, 7, -2)), "ID", ident)
        if dice < 0.6:
            return ("HUNT.SUBMIT", who, "race", "gate%d" % self.rng.randrange(20), self.rng.choice(("KEY", "a")), "ID", ident)
        chest = (self.round * 2 + self.rng.randrange(6)) % CHESTS
        return ("HUNT.SUBMIT", who, "race", "chest%d" % chest, "KEY", "ID", ident)

    def play(self):
        number = 0
        try:
            c = self.server.client() if not self.real else redis.Redis(
                port=self.server.port, socket_timeout=30, retry_on_timeout=False, decode_responses=True)
            while True:
                batch = [self.command(number + i) for i in range(1 if self.real else self.rng.choice((3, 20, 60)))]
                number += len(batch)
                self.open = batch
                if self.real:
                    self.acked[batch[0]] = c.execute_command(*batch[0])
                else:
                    c.send(b"".join(encode(*words) for words in batch))
                    for words in batch:
                        self.acked[words] = c.read()
                self.open = []
        except (OSError, Closed, redis.ConnectionError, redis.TimeoutError):
            pass  # the server was killed: `open` holds what was not answered
        except redis.ResponseError as error:
            if not str(error).startswith(("LOADING", "BUSY")):
                raise


class Book:
    """What all answers together come to."""

    def __init__(self):
        self.score, self.once, self.granted, self.gone = {}, set(), {}, set()

    def take(self, words, reply):
        check("an outcome", isinstance(reply, list) and len(reply) == 4, words, reply)
        who, outcome = words[1], reply[0]
        if words[0] == "HUNT.AWARD":
            self.score[who] = self.score.get(who, 0) + (words[3] if outcome == "applied" else 0)
        elif outcome == "correct":
            check("nothing is solved twice", (who, words[3]) not in self.once, words)
            self.once.add((who, words[3]))
            self.score[who] = self.score.get(who, 0) + reply[1]
            if words[3].startswith("chest"):
                self.granted[words[3]] = self.granted.get(words[3], 0) + 1
                check("never more than the stock", self.granted[words[3]] <= STOCK, words)
        elif outcome == "gone":
            self.gone.add(words[3])


def disturb(server, rng, seconds):
    """Lets the clients play, with a pause and a snapshot now and then. Returns the pauses."""
    pauses, end = 0, time.monotonic() + seconds
    if rng.random() < 0.5:
        try:
            c = server.client()
            c("BGSAVE")
            c.close()
        except (OSError, Closed):
            pass
    while time.monotonic() < end:
        time.sleep(max(0.0, min(rng.uniform(0.01, 0.3), end - time.monotonic())))
        if rng.random() < 0.3:
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(rng.uniform(0.005, 0.1))
            if rng.random() < 0.8:  # else it is killed while it sleeps
                server.process.send_signal(signal.SIGCONT)
            pauses += 1
    return pauses


def settle(server, ledgers, book):
    """Every start ends here: what was acknowledged is there, what was open is asked until it is."""
    c = eventually("-LOADING ends", lambda: ready(server), 60)
    for ledger in ledgers:
        sample = ledger.rng.sample(list(ledger.acked), min(60, len(ledger.acked)))
        for words, again in zip(sample, c.pipe(sample)):
            same("a retry of what was acknowledged: %r" % (words,), again, ledger.acked[words])
        late = [words for words in ledger.open if words not in ledger.acked]
        first = c.pipe(late)
        same("and again", c.pipe(late), first)
        for words, reply in list(ledger.acked.items()) + list(zip(late, first)):
            book.take(words, reply)
    board = {row[1]: row[2] for row in c("BOARD.TOP", "race", "COUNT", 1000)}
    for who in ("p%d" % i for i in range(PLAYERS)):
        same("the score of " + who, board.get(who, 0), book.score.get(who, 0))
    for chest in book.gone:
        same("gone was true of " + chest, book.granted.get(chest, 0), STOCK)
    c.close()


def ready(server):
    c = server.client()
    if isinstance(c("HUNT.LIST"), list):
        return c
    c.close()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--shards", type=int, default=3)
    args = parser.parse_args()
    rng, book, acked, pauses, began = seeded(), Book(), 0, 0, time.monotonic()
    try:
        with Server({"race": HUNT}, args.shards, "batch", ["--set", "log.segment=1MiB", "--set", "snapshot.events=4000"]) as server:
            for kill in range(args.kills):
                ledgers = [Ledger(server, rng.randrange(1 << 30), kill, real=i < 2) for i in range(4)]
                for ledger in ledgers:
                    ledger.thread.start()
                pauses += disturb(server, rng, rng.uniform(0.02, 0.5))
                server.kill()
                for ledger in ledgers:
                    ledger.thread.join(30)
                    check("a client ends with its server", not ledger.thread.is_alive())
                server.start()
                settle(server, ledgers, book)
                acked += sum(len(ledger.acked) for ledger in ledgers)
                if kill % 20 == 19:
                    print("%d kills, %.0f s" % (kill + 1, time.monotonic() - began), flush=True)
    except Mishap as mishap:
        print("FAULT (HUNT_SEED=%d): %s" % (SEED, mishap))
        Server.end_all(tell=True)
        return 1
    print("%d kills, %d pauses, %d acknowledged, %d treasures granted, 0 lost, %.0f s" % (
        args.kills, pauses, acked, sum(book.granted.values()), time.monotonic() - began))
    return 0


sys.exit(main())
