#!/usr/bin/env python3
"""A byte on the disk changes under a running server: it says so, and what a start needs is made anew."""
import glob

from hunt import *

HUNT = document("race", challenges=["{id: gate, points: 50, answers: [KEY]}"])


def award(client, first, last):
    for start in range(first, last, 2000):
        for reply in client.pipe([("HUNT.AWARD", "p%d" % i, "race", 7) for i in range(start, min(start + 2000, last))]):
            check("an award", isinstance(reply, list), reply)


def number(server, name):
    return int(server.info()[name])


def snapshots(server):
    return sorted(glob.glob(server.data + "/shard-00/snapshot-*.hds"))


def segments(server):
    return sorted(glob.glob(server.data + "/shard-00/0*.log"))


def archived(server):
    return sorted(glob.glob(server.data + "/shard-00/archive/*.log.zst"))


def save(server):
    before, c = number(server, "rdb_saves"), server.client()
    c("BGSAVE")
    eventually("it has saved", lambda: number(server, "rdb_saves") > before and server.info()["rdb_bgsave_in_progress"] == "0")


def board(server):
    c = server.client()
    return c("BOARD.TOP", "race", "COUNT", 1000), c("BOARD.COUNT", "race"), c("DBSIZE")


def flip(path, offset):
    with open(path, "r+b", buffering=0) as file:
        byte = os.pread(file.fileno(), 1, offset)
        os.pwrite(file.fileno(), bytes([byte[0] ^ 64]), offset)
        os.fsync(file.fileno())


def told(server, path):
    """The line about a file."""
    said = [""]
    def look():
        said[0] += server.words()
        return next((line for line in said[0].splitlines() if path + " is damaged at offset" in line), None)
    return eventually("it names " + path, look, seconds=60)


def scrubbed(*more):
    return Server({"race": HUNT}, 1, options=["--set", "scrub=1s", "--set", "log.segment=1MiB", *more])


def heals_snapshots():
    """The newest is written again, idle or not; an older one gives way to a new one."""
    with scrubbed() as server:
        c = server.client()
        award(c, 0, 3000)
        save(server)
        award(c, 0, 3000)
        save(server)
        eventually("files are read", lambda: number(server, "scrub_bytes") > 0)
        eventually("a pass ends", lambda: number(server, "scrub_last_pass") > time.time() - 3)
        same("nothing is wrong", number(server, "scrub_damage_total"), 0)
        older, newest = snapshots(server)
        with open(newest, "rb") as file:
            before = file.read()
        flip(newest, 300)
        check("and what is done", "new snapshots are taken" in told(server, newest))
        eventually("it is written again", lambda: open(newest, "rb").read() == before)
        same("both are there", snapshots(server), [older, newest])
        flip(older, 500)
        told(server, older)
        award(c, 0, 100)
        eventually("it gives way", lambda: older not in snapshots(server) and len(snapshots(server)) == 2)
        same("two were found", number(server, "scrub_damage_total"), 2)
        after = board(server)
        server.words()
        server.restart()
        check("nothing is damaged", "damaged" not in server.words())
        same("the same board", board(server), after)


def heals_the_log():
    """Snapshots go on behind a damaged segment; then a start needs it no more."""
    with scrubbed("--set", "archive=off") as server:
        c = server.client()
        award(c, 0, 3000)
        save(server)
        award(c, 0, 1000)
        save(server)
        while len(segments(server)) < 8:
            award(c, 0, 10000)
        victim = segments(server)[3]
        flip(victim, 4096 + 1000)
        check("and what is done", "new snapshots are taken" in told(server, victim))
        def healed():
            award(c, 0, 10)
            return victim not in segments(server) or "two whole snapshots again" in server.words()
        eventually("two new ones", healed, seconds=60)
        after = board(server)
        server.restart()
        same("the same board", board(server), after)


def tells_of_the_archive():
    """No start needs it: one line, and huntctl log verify agrees."""
    with scrubbed() as server:
        c = server.client()
        for _ in range(4):
            award(c, 0, 20000)
            save(server)
        eventually("some is archived", lambda: archived(server), seconds=60)
        victim = archived(server)[0]
        flip(victim, os.path.getsize(victim) // 2)
        check("and what is not", "no start needs it" in told(server, victim))
        time.sleep(2.5)  # two passes more
        check("told once", victim not in server.words())
        same("one was found", number(server, "scrub_damage_total"), 1)
        after = board(server)
        server.restart(kill=False)
        same("the same board", board(server), after)


def rests():
    """With the default it reads a little, and then nothing for long."""
    with Server({"race": HUNT}, 1) as server:
        award(server.client(), 0, 2000)
        time.sleep(1)

        def spent():
            with open("/proc/%d/stat" % server.process.pid) as file:
                return sum(int(x) for x in file.read().split()[13:15])
        before = spent()
        time.sleep(3)
        check("no time is spent", spent() - before <= 1, before, spent())


def ends_in_between():
    """A file of some pieces is nearly always being read."""
    with Server({"race": HUNT}, 1, options=["--set", "log.segment=1MiB", "--set", "archive=off", "--set", "scrub=60s"]) as server:
        c = server.client()
        for _ in range(6):
            award(c, 0, 20000)
        check("files were left", len(segments(server)) >= 2, segments(server))
        server.restart()  # a start reads what it finds
        eventually("a file is being read", lambda: int(server.info()["scrub_bytes"]) > 0, seconds=30)
        before = board(server)
        server.restart(kill=False)
        same("the same board", board(server), before)


story(heals_snapshots, heals_the_log, tells_of_the_archive, rests, ends_in_between)
