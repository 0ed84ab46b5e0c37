#!/usr/bin/env python3
"""Starting: what a bad setting, folder, port, document or kernel is answered (one clear line and an exit
code), what huntd prints instead of serving, and how little it does when nobody asks."""
import ctypes
import struct

from hunt import *

HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}"])


def ends_with(server, code, *words):
    """This start must fail with the code, and say so in one line with all the words."""
    got, said = server.end_of_start()
    same("the exit code (it said: %s)" % said.strip(), got, code)
    check("one clear line with %r" % (words,), all(word in said for word in words) and len(said.strip().splitlines()) == 1, said)
    return said


def ports_in_use():
    with Server({"bay": HUNT}, 3) as server, Server(start=False) as other:
        other.port = server.port
        code, said = other.end_of_start()
        lines = said.strip().splitlines()
        check("what it waits for, then why it ends", code == 1 and len(lines) == 2 and "waiting for" in lines[0] and
              "cannot listen" in lines[1] and str(server.port) in lines[1], code, said)
        same("the first serves on", server.client()("PING"), "PONG")


def folders_that_cannot_be_used():
    with Server(shards=3) as server, Server(start=False, shards=0) as other:
        other.data = server.data
        ends_with(other, 74, "in use", str(server.pid))
        other.data = other.folder + "/file"
        open(other.data, "w").close()
        ends_with(other, 74, other.data)
        other.data = other.folder + "/file/below"
        ends_with(other, 74, other.data)
        other.data = "/proc/nothing/of/the/kind"
        ends_with(other, 74, other.data)
        server.stop()
        other.data, other.shards = server.data, 5
        ends_with(other, 78, "3 shards", "5")
        other.shards = 0
        other.start()
        same("auto takes the recorded number", other.info().get("shards", "3"), "3")
        other.stop()
        with open(server.data + "/huntd.meta") as file:
            meta = file.read()
        check("the format stands in the folder", meta.startswith("format 1\n"), meta)
        with open(server.data + "/huntd.meta", "w") as file:
            file.write(meta.replace("format 1", "format 99"))
        ends_with(other, 65, "format 99", "newer")
        with open(server.data + "/huntd.meta", "w") as file:
            file.write("what is this")
        ends_with(other, 65, "damaged")


def newer_and_foreign_logs():
    """A frame of a newer format, and a log of another shard, are refused by name."""
    with Server({"bay": HUNT}, 2, options=["--set", "log.segment=1MiB"]) as server:
        server.stop()
        first, second = ("%s/shard-%02d" % (server.data, n) for n in (0, 1))
        os.rename(first, first + ".x")
        os.rename(second, first)
        os.rename(first + ".x", second)
        code, said = server.end_of_start()
        same("logs changed about: " + said, code, 65)


def bad_settings():
    for words, says in ((("--set", "no.such=1"), "no.such"), (("--shards", "65"), "1 to 64"), (("--shards", "0"), "1 to 64"),
                        (("--durability", "sometimes"), "batch"), (("--durability", "window:1ms"), "10ms"),
                        (("--resp", "nowhere"), "4868"), (("--set", "shards"), "name=value"), (("--set", "memory=1KiB"), "16MiB"),
                        (("--set", "trust=me"), "loopback or all")):
        code, _, said = huntd("--check-config", *words)
        same("%r ends with 78: %s" % (words, said), code, 78)
        check("it says what is allowed", says in said, words, said)
    code, _, said = huntd("--shards", "x", "--durability", "y", "--set", "trust=z")
    check("all faults at once", code == 78 and all(w in said for w in ("--shards", "--durability", "trust")), code, said)
    code, _, said = huntd("--check-config", environment={"HUNTD_SHARDS": "many", "HUNTD_NOTHING": "1"})
    check("the environment's too", code == 78 and "HUNTD_SHARDS" in said and "HUNTD_NOTHING" in said, code, said)
    with Server(start=False) as server:
        path = server.folder + "/huntd.yaml"
        with open(path, "w") as file:
            file.write("shards: 2\nlog:\n  segment: 3\nnothing: 1\n")
        code, _, said = huntd("--config", path, "--check-config")
        check("a file's with line and column", code == 78 and path + ":3:" in said and path + ":4:" in said, code, said)
        with open(path, "w") as file:
            file.write("shards: 2\nlog.segment: 1MiB\n")
        code, said, _ = huntd("--config", path, "--print-config", "--set", "tick=30ms")
        check("values and where they come from", code == 0 and "huntd.yaml:1" in said and '"30ms"' in said, code, said)
        code, _, said = huntd("--config", path + ".none")
        check("no such file", code == 78 and path + ".none" in said, code, said)
    for words in (("--bogus",), ("word",), ("--shards",)):
        same("%r ends with 2" % (words,), huntd(*words)[0], 2)


def beyond_loopback():
    port = free_ports(1)[0]
    code, _, said = huntd("--check-config", "--resp", "0.0.0.0:%d" % port)
    check("refused", code == 78 and "trust=all" in said, code, said)
    same("taken with trust=all", huntd("--check-config", "--resp", "0.0.0.0:%d" % port, "--set", "trust=all")[0], 0)
    with Server(options=["--resp", "0.0.0.0:%d" % port, "--set", "trust=all"], start=False) as server:
        server.port = port
        server.start()
        same("and serves", server.client()("PING"), "PONG")


def what_it_prints():
    code, said, _ = huntd("--version")
    check("--version has version and commit (unknown outside a clone)", code == 0 and re.fullmatch(r"huntd \d+\.\d+\.\d+ \(([0-9a-f]{7,}\S*|unknown)\)\n", said), code, said)
    code, said, _ = huntd("--help")
    check("--help fits a screen and shows an example", code == 0 and len(said.splitlines()) <= 24 and "--data ./data" in said, said)
    code, said, _ = huntd("--print-config")
    check("--print-config explains every setting", code == 0 and said.count("# shards: auto") == 1 and "restart" in said, said)
    with Server(start=False) as server:
        path = server.folder + "/again.yaml"
        with open(path, "w") as file:
            file.write(said)
        same("and can be read back", huntd("--check-config", "--config", path)[0], 0)
    same("--check-config", huntd("--check-config")[:2], (0, "huntd: the configuration is good\n"))
    for shards in (1, 3, 64):
        code, said, _ = huntd("--print-topology", "--shards", str(shards))
        rows = [line for line in said.splitlines() if re.match(r"\d+ +(shard|reducer|control)", line)]
        check("%d shards, reducer, control" % shards, code == 0 and len(rows) == shards + 2, said)
        cpus = {int(re.search(r"(\d+) +(?:yes|no)$", row).group(1)) for row in rows}
        check("on cpus of the mask", cpus <= os.sched_getaffinity(0), cpus)


def documents_of_the_folder():
    bad = "hunt: bay\ntitle: x\nchallenges:\n  - {id: map, points: many, answers: [X]}\nlight: on\n"
    with Server({"bay": bad}, start=False) as server:
        code, said = server.end_of_start()
        same("no good version at all ends with 78: " + said, code, 78)
        for line in (4, 5):
            check("file:line:column", re.search(r"bay\.yaml:%d:\d+: " % line, said), said)
        server.write_hunt("bay", HUNT)
        server.write_hunt("note.txt", "not a document")
        server.start()
        server.stop()
        server.write_hunt("bay", bad)
        server.start()
        said = server.words()
        check("reported", re.search(r"bay\.yaml:4:\d+: ", said), said)
        same("the old version stays", server.client()("VELTRIX.GET", "bay"), HUNT)
    with Server(start=False) as server:
        shutil.rmtree(server.hunts)
        server.start()
        same("no folder is no hunts", server.client()("HUNT.LIST"), [])
        check("but one that was named is missed", "there is no folder " + server.hunts in server.words())


def documents_that_cannot_be_read():
    """They are told of by name, and hide none of the files behind them."""
    with Server({"bay": HUNT}, start=False) as server:
        path = server.write_hunt("aa", "# %s\n" % ("x" * 600000))
        code, said = server.end_of_start()
        check("no good version at all ends with 78", code == 78 and "aa.yaml:1:1: it is over 500 KiB" in said, code, said)
        os.remove(path)
        os.symlink(path, path)
        code, said = server.end_of_start()
        check("so does one that cannot be opened", code == 78 and "aa.yaml:1:1: it cannot be read: " in said, code, said)
        os.remove(path)
        path = server.write_hunt("aa", document("aa", challenges=["{id: map, points: 1, answers: [A]}"]))
        server.start()
        server.stop()
        os.remove(path)
        os.mkdir(path)
        later = HUNT + "# later\n"
        server.write_hunt("bay", later)
        server.words()
        server.start()
        check("a folder in its place is reported", "aa.yaml:1:1: it cannot be read: " in server.words())
        same("the file behind it is in force", server.client()("VELTRIX.GET", "bay"), later)
        check("the old version stays", "id: map" in server.client()("VELTRIX.GET", "aa"))


def refuse_io_uring():
    """In a child before exec: a seccomp filter under which io_uring_setup is not permitted."""
    libc = ctypes.CDLL(None, use_errno=True)
    program = [(0x20, 0, 0, 0), (0x15, 0, 1, 425), (0x06, 0, 0, 0x00050000 | 1), (0x06, 0, 0, 0x7fff0000)]
    code = b"".join(struct.pack("HBBI", *step) for step in program)
    steps = ctypes.create_string_buffer(code)
    filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program), ctypes.addressof(steps)))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, filter_, 0, 0):
        os._exit(99)


def without_io_uring():
    with Server(start=False) as server:
        done = subprocess.run(server.command(), capture_output=True, text=True, timeout=30, preexec_fn=refuse_io_uring,
                              cwd=server.folder)
        if done.returncode == 99:
            return "no seccomp here"
        check("an exit code", done.returncode in (1, 78), done)
        lines = done.stderr.strip().splitlines()
        check("one line that says what is missing", len(lines) == 1 and "io_uring" in lines[0], done.stderr)


def few_and_many_cores():
    with Server({"bay": HUNT}, 3, prefix=["taskset", "-c", str(min(os.sched_getaffinity(0)))]) as server:
        same("three shards on one cpu", server.client()("HUNT.SUBMIT", "ann", "bay", "map", "gold")[0], "correct")
        masks = {tuple(sorted(os.sched_getaffinity(int(t)))) for t in os.listdir("/proc/%d/task" % server.pid)}
        same("no thread leaves the mask", masks, {(min(os.sched_getaffinity(0)),)})
    with Server({"bay": HUNT}, 64) as server:
        c = server.client()
        c.pipe([("HUNT.AWARD", "p%d" % i, "bay", i) for i in range(1000)])
        same("64 shards: top", c("BOARD.TOP", "bay", "COUNT", 3), [[1, "p999", 999], [2, "p998", 998], [3, "p997", 997]])
        same("64 shards: rank", c("BOARD.RANK", "bay", "p500"), [500, 500, 1000])
        same("64 shards: dense", c("BOARD.TOP", "bay", "COUNT", 1, "OFFSET", 900, "MODE", "dense"), [[901, "p99", 99]])
        same("64 shards: documents", c("VELTRIX.PUT", "bay", HUNT + "# more\n"), 2)
        server.restart()
        same("64 shards: after kill -9", server.client()("BOARD.RANK", "bay", "p500"), [500, 500, 1000])
        same("64 shards: end", server.stop(), 0)


def ends_when_asked():
    """Idle or not, on any number of shards, by each signal and by SHUTDOWN; again and again."""
    for shards in (1, 2, 3, 8):
        with Server({"bay": HUNT}, shards) as server:
            for how in (signal.SIGTERM, signal.SIGINT, None, signal.SIGTERM):
                connections = server.clients(3)
                if how is None:
                    connections[0].send(encode("SHUTDOWN"))
                    same("SHUTDOWN on %d shards" % shards, server.process.wait(15), 0)
                else:
                    time.sleep(0.15)
                    same("signal %d on %d shards" % (how, shards), server.stop(how), 0)
                for c in connections:
                    c.until_closed(5)
                server.start()


def ended_by(server, after, how=signal.SIGTERM):
    """Starts, signals after so many seconds; returns exit code, how long it took, and what it said."""
    server.words()
    server.spawn()
    time.sleep(after)
    start = time.monotonic()
    code = server.stop(how)
    return code, time.monotonic() - start, server.words()


def ends_while_it_starts():
    """A signal is never lost, whatever the start is busy with; nothing else is either."""
    events = 300000
    with Server({"bay": HUNT}, 2, durability="off") as server:
        c, step = server.client(), 5000
        for first in range(0, events, step):
            c.pipe([("HUNT.AWARD", "p%d" % i, "bay", 7) for i in range(first, first + step)])
        c.send(encode("SHUTDOWN", "NOSAVE"))
        same("SHUTDOWN NOSAVE ends with 0", server.process.wait(15), 0)
        c.close()
        server.words()
        began = time.monotonic()
        server.start()
        whole, said = time.monotonic() - began, server.words()
        check("where each shard's log ends", re.search(r"recovered \d+ events \(to 0:\d+,1:\d+\) in \d+ ms", said), said)
        server.client().send(encode("SHUTDOWN", "NOSAVE"))
        same("and again", server.process.wait(15), 0)
        replays = 0
        for share in (0.05, 0.15, 0.3, 0.45, 0.6, 0.8, 0.9, 0.95, 1.0, 1.05):
            code, took, said = ended_by(server, whole * share, signal.SIGINT if share == 0.3 else signal.SIGTERM)
            # Before its first instructions a process has no handler: the signal itself ends it.
            check("asked at %.2f of the start: %.2f s" % (share, took), code in (0, -15) and took < 5, code, said)
            check("at %.2f it ends without a complaint" % share, not re.search("damaged|applied|cannot", said), said)
            replays += code == 0 and "recovered" not in said
        check("some were asked during the replay", replays > 1, replays)
        server.start()
        same("and all is there", server.client()("DBSIZE"), events)
        with Server(start=False) as other:
            other.port = server.port
            code, took, said = ended_by(other, 0.5)
            check("waiting for a port: %.2f s" % took, code == 0 and took < 5 and "waiting for 127.0.0.1:%d" % other.port in said, code, said)
    with Server({"bay": HUNT}, 3) as server:
        for n in range(20):
            server.stop()
            code, took, said = ended_by(server, 0.01 + 0.004 * n)
            check("a young start, asked after %d ms: %.2f s" % (10 + 4 * n, took), code in (0, -15) and took < 5, code, said)
            server.start()
    return "%d replays ended, of %.1f s" % (replays, whole)


def idle():
    figures = []
    for shards in (1, 3):
        with Server({"bay": HUNT}, shards) as server:
            connections = server.clients(50)
            connections[0]("HUNT.SUBMIT", "ann", "bay", "map", "gold")
            time.sleep(1.5)  # the last seal is written
            before, start = server.cpu_seconds(), time.monotonic()
            time.sleep(5)
            share = 100 * (server.cpu_seconds() - before) / (time.monotonic() - start)
            figures.append("%d shards: %.2f %%" % (shards, share))
            check("idle, of one core: %.2f %%" % share, share < 2)
    return "idle, of one core: " + ", ".join(figures)


story(ports_in_use, folders_that_cannot_be_used, newer_and_foreign_logs, bad_settings, beyond_loopback, what_it_prints,
      documents_of_the_folder, documents_that_cannot_be_read, without_io_uring, few_and_many_cores, ends_when_asked,
      ends_while_it_starts, idle)
