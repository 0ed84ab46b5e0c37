#!/usr/bin/env python3
"""Snapshots from outside: taken while people play, killed at any moment, damaged, and used by the next
start; what clients see while that start loads; what an operator asks with Redis' own words."""
import glob
import threading

from hunt import *

HUNT = document("race", challenges=["{id: gate, points: 50, answers: [KEY]}"])


def snapshots(server, shard=0):
    return sorted(glob.glob("%s/shard-%02d/snapshot-*.hds" % (server.data, shard)))


def metric(server, name):
    return int(server.info()[name])


def award(client, first, last, points=7):
    for start in range(first, last, 2000):
        for reply in client.pipe([("HUNT.AWARD", "p%d" % i, "race", points) for i in range(start, min(start + 2000, last))]):
            check("an award", isinstance(reply, list), reply)


def board(server):
    c = server.client()
    return c("BOARD.TOP", "race", "COUNT", 1000), c("BOARD.COUNT", "race"), c("DBSIZE")


def save(server):
    before, c = metric(server, "rdb_saves"), server.client()
    same("BGSAVE", c("BGSAVE", "SCHEDULE"), "Background saving started")
    shards = metric(server, "shards")
    eventually("all shards have saved", lambda: metric(server, "rdb_saves") >= before + shards
               and server.info()["rdb_bgsave_in_progress"] == "0")


def asked_for():
    """BGSAVE and LASTSAVE, as Redis' tools use them."""
    with Server({"race": HUNT}, 2) as server:
        c = server.client()
        same("no snapshot yet", c("LASTSAVE"), 0)
        award(c, 0, 500)
        now = time.time()
        save(server)
        check("LASTSAVE is now", abs(c("LASTSAVE") - now) < 10, c("LASTSAVE"), now)
        same("nothing new since", server.info()["rdb_changes_since_last_save"], "0")
        award(c, 0, 10)
        same("ten since", server.info()["rdb_changes_since_last_save"], "10")
        refused("words that are none", c("BGSAVE", "NOW"), "ERR", "syntax")
        for shard in (0, 1):
            same("one file a shard", len(snapshots(server, shard)), 1)
            same("and nobody else reads it", os.stat(snapshots(server, shard)[0]).st_mode & 0o777, 0o600)


def ends_in_order():
    """After SIGTERM a start replays nothing; after SHUTDOWN NOSAVE all of it."""
    with Server({"race": HUNT}, 2) as server:
        award(server.client(), 0, 4000)
        before = board(server)
        for _ in range(2):
            server.words()
            server.restart(kill=False)
            check("nothing was replayed", "recovered 0 events" in server.words())
            same("the same board", board(server), before)
        award(server.client(), 0, 100)
        before = board(server)
        server.client().send(encode("SHUTDOWN", "NOSAVE"))
        same("SHUTDOWN NOSAVE ends with 0", server.process.wait(20), 0)
        server.words()
        server.start()
        check("the tail was replayed", "recovered 100 events" in server.words())
        same("the same board", board(server), before)


def ends_in_a_hurry():
    """A second signal while the last snapshot is written ends it without; nothing is lost."""
    with Server({"race": HUNT}) as server:
        award(server.client(), 0, 150000)
        before = board(server)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.01)
        start = time.monotonic()
        same("it ends with 0", server.stop(), 0)
        took = time.monotonic() - start
        same("no rubbish", glob.glob(server.data + "/shard-00/*.tmp"), [])
        server.start()
        same("the same board", board(server), before)
        return "%.2f s after the second" % took


def kills_while_saving():
    """kill -9 with a snapshot always under way: what is used next is whole, and nothing acknowledged is lost."""
    kills, partial, rng = 12, 0, seeded()
    with Server({"race": HUNT}, 2, options=["--set", "snapshot.events=1000"]) as server:
        crowd = 60000  # so that a snapshot takes its time
        award(server.client(), 0, crowd, 0)
        total = 0
        for n in range(kills):
            c, acked, over = server.client(), [0], []

            def play():
                try:
                    while True:
                        replies = c.pipe([("HUNT.AWARD", "p%d" % rng.randrange(3000), "race", 1) for _ in range(100)])
                        acked[0] += len(replies)
                except (OSError, Closed):
                    over.append(True)
            thread = threading.Thread(target=play)
            thread.start()
            time.sleep(0.2 + 0.3 * rng.random())
            server.kill()
            thread.join()
            partial += len(glob.glob(server.data + "/shard-*/*.tmp"))
            server.words()
            server.start()
            check("nothing is damaged", "damaged" not in server.words())
            eventually("no rubbish is left", lambda: not glob.glob(server.data + "/shard-*/*.tmp"))
            c, sum_ = server.client(), 0
            for offset in range(0, 3000, 1000):  # whoever was awarded stands before the crowd
                sum_ += sum(int(row[2]) for row in c("BOARD.TOP", "race", "COUNT", 1000, "OFFSET", offset))
            same("all who joined", c("DBSIZE"), crowd)
            check("all that was acknowledged, and at most one pipe more", total + acked[0] <= sum_ <= total + acked[0] + 100,
                  total, acked[0], sum_)
            total = sum_
        check("there were snapshots", len(snapshots(server)) == 2, snapshots(server))
    return "%d kills, %d events, %d snapshots cut short" % (kills, total, partial)


def damaged():
    """The newest falls back to the one before, with a line; both, to the whole log; without a log, 65."""
    with Server({"race": HUNT}, options=["--set", "scrub=0"]) as server:  # which would heal it
        c = server.client()
        award(c, 0, 3000)
        save(server)
        award(c, 0, 3000)
        save(server)
        award(c, 0, 1000)
        before = board(server)
        for fallback, replayed in (("the snapshot before it is loaded instead: no data is lost", 4000),
                                   ("the whole log is replayed instead: no data is lost", 10000)):  # 3000 of them joined
            server.kill()
            newest = snapshots(server)[-1 if replayed == 4000 else -2]
            with open(newest, "r+b") as file:
                file.seek(300)
                byte = file.read(1)
                file.seek(300)
                file.write(bytes([byte[0] ^ 16]))
            server.words()
            server.start()
            said = server.words()
            check("it names the file and the offset", re.search(re.escape(newest) + r" is damaged at offset \d+: ", said), said)
            check("and what is done", fallback in said, said)
            events = int(re.search(r"recovered (\d+) events", said).group(1))
            check("about %d events are replayed" % replayed, replayed <= events <= replayed + 20, events)
            same("the same board", board(server), before)
        server.kill()
        with open(server.data + "/shard-00/00000001.log", "r+b") as file:
            file.write(bytes(4096))
        code, said = server.end_of_start()
        same("then there is nothing to start from", code, 65)
        check("it names the segment", "00000001.log" in said, said)


def look_at_loading(replies):
    """What those commands say while it loads; returns how far it is, in percent."""
    ping, dbsize, bgsave, persistence, hello, client, command, lastsave, clock = replies
    for reply in (ping, dbsize, bgsave):
        refused("while it loads", reply, "LOADING", "shard 0 is at", "%")
    info = dict(line.split(":", 1) for line in persistence.splitlines() if ":" in line)
    same("INFO says so", info["loading"], "1")
    check("how far", 0 <= int(info["loading_loaded_perc"]) <= 100, info)
    check("and how long yet", int(info["loading_replayed_events"]) >= 0 and "loading_eta_seconds" in info, info)
    check("HELLO", isinstance(hello, list), hello)
    check("CLIENT", isinstance(client, int), client)
    check("COMMAND", command > 30, command)
    same("LASTSAVE", lastsave, 0)
    refused("CONFIG SET clock", clock, "ERR")
    return int(info["loading_loaded_perc"])


def loading():
    """While it loads: PING is -LOADING, INFO tells how far, and SIGTERM still ends it."""
    with Server({"race": HUNT}, 1, durability="off", options=["--set", "snapshot.events=0"]) as server:
        events = 300000
        for first in range(0, events, 50000):
            award(server.client(), first, first + 50000)
        server.client().send(encode("SHUTDOWN", "NOSAVE"))
        server.process.wait(20)
        seen, told, late = 0, set(), []
        questions = [("PING",), ("DBSIZE",), ("BGSAVE",), ("INFO", "persistence"), ("HELLO",), ("CLIENT", "ID"),
                     ("COMMAND", "COUNT"), ("LASTSAVE",), ("CONFIG", "SET", "clock", "accept")]
        for attempt in range(3):
            server.spawn()
            end = time.monotonic() + 30
            while time.monotonic() < end:
                try:
                    c = server.client(timeout=5)
                    while True:
                        start = time.monotonic()
                        replies = c.pipe(questions)  # one pass of the loop answers them all
                        late.append(time.monotonic() - start)
                        if replies[0] == "PONG":
                            break
                        seen += 1
                        told.add(look_at_loading(replies))
                    c.close()
                    break
                except (ConnectionRefusedError, ConnectionResetError, Closed):
                    time.sleep(0.005)
            same("all is there", server.client()("DBSIZE"), events)
            server.client().send(encode("SHUTDOWN", "NOSAVE"))
            server.process.wait(20)
        check("it was seen loading", seen > 3 and len(told) > 1, seen, told)
        server.spawn()
        def refuses():
            try:
                return server.client(timeout=5)("PING")
            except (ConnectionRefusedError, Closed):
                return None
        if isinstance(eventually("it answers", refuses), Error):
            server.client().send(encode("SHUTDOWN"))
            same("SHUTDOWN ends it while it loads", server.process.wait(10), 0)
        else:
            server.kill()
        server.start()
        same("and all is there", server.client()("DBSIZE"), events)
    return "%d looks, %d percentages, slowest PING %.0f ms" % (seen, len(told), 1000 * max(late))


def by_themselves():
    """Every snapshot.events events, while people play."""
    with Server({"race": HUNT}, 1, options=["--set", "snapshot.events=20000"]) as server:
        c = server.client()
        for first in range(0, 120000, 20000):
            award(c, first % 60000, first % 60000 + 20000)
        eventually("at least four", lambda: metric(server, "rdb_saves") >= 4)
        eventually("none runs", lambda: server.info()["rdb_bgsave_in_progress"] == "0")
        same("none failed", server.info()["snapshot_failures"], "0")
        same("two are kept", len(snapshots(server)), 2)
        before = board(server)
        server.restart()
        same("the same board", board(server), before)


def no_room():
    """A snapshot that cannot be written is dropped; serving goes on."""
    with Server({"race": HUNT}) as server:
        c = server.client()
        award(c, 0, 2000)
        tail = metric(server, "log_position")
        blocker = "%s/shard-00/snapshot-%020d.tmp" % (server.data, tail)
        os.mkdir(blocker)
        server.words()
        c("BGSAVE")
        eventually("it failed", lambda: metric(server, "snapshot_failures") == 1)
        check("with a line", re.search(r"the snapshot of LSN %d in .* was dropped: .*File exists" % tail, server.words()))
        same("monitors see it", server.info()["rdb_last_bgsave_status"], "err")
        award(c, 0, 2000)
        save(server)
        same("and see it mended", server.info()["rdb_last_bgsave_status"], "ok")
        same("then it works", len(snapshots(server)), 1)


story(asked_for, ends_in_order, ends_in_a_hurry, kills_while_saving, damaged, loading, by_themselves, no_room)
