#!/usr/bin/env python3
"""hunt-trace from outside: its command line, `top`, `--kernel`, and every way in which it can find
nothing, the wrong thing or be refused: one clear line each, and nothing left behind. What comes
through the probes: test_trace_events.py."""
import fcntl
import pty
import select
import struct
import termios

from tracing import *

STAGES = ["wait", "mail", "commands", "log", "boards", "output", "upkeep"]
ROOT = os.geteuid() == 0
WITHOUT_BPF = "built without BPF"
PAGE = "/dev/shm/huntd-%d"
# Where the head of a page keeps what (include/huntd/stats.h).
MAGIC, ABI, PID, SHARDS, BYTES, BUILD_ID, LAYOUT = 0, 8, 12, 16, 24, 136, 168


def frames(*words):
    code, out, err = hunt_trace("--json", *words)
    same("hunt-trace %s ends with 0" % " ".join(words), (code, err.replace(DETACHING + "\n", "")), (0, ""))
    return objects_of(out)


def refused_with(what, code, out, err, *words):
    """Nothing but one line on stderr that holds the words."""
    lines = [line for line in err.splitlines() if line != DETACHING]
    check("%s: one line and exit 1" % what, code == 1 and out == "" and len(lines) == 1, code, out, err)
    check("%s: the line says %s" % (what, " ".join(words)), all(w in lines[0] for w in words), lines[0])


def private(script):
    """The prefix of a command that has its own mounts, made by the script."""
    return ["unshare", "-m", "sh", "-c", script + ' && exec "$@"', "sh"]


def can_unshare():
    return ROOT and subprocess.run(private("true") + ["true"], capture_output=True).returncode == 0


def lacks_bpf(server):
    return WITHOUT_BPF in hunt_trace("-p", str(server.pid), "-c", "1", "-i", "0.1", "--kernel")[2]


def load(server):
    """Awards and boards."""
    return Load(server, "4k", "award=8,top=1")


# The command line.

def the_command_line_explains_itself():
    code, out, err = hunt_trace("--help")
    lines = out.splitlines()
    check("help begins with an example and fits a screen",
          (code, err) == (0, "") and lines[0].startswith("Example: ") and len(lines) <= 24 and
          max(map(len, lines)) <= 80, out)
    for word in ("top", "hist", "full", "--kernel", "--slow", "--flame", "--json", "-p", "-i", "-c"):
        check("help names " + word, word in out, out)
    code, out, _ = hunt_trace("--version")
    check("the version names the commit", code == 0 and re.fullmatch(r"hunt-trace \d+\.\d+\.\d+ \(\w+\)\n", out), out)
    for words in (["tops"], ["-i", "0"], ["-i", "1x"], ["-i", "nan"], ["-c", "0"], ["-c", "-1"],
                  ["-p", "huntd"], ["-p", "0"], ["--slow"], ["--slow", "fast"], ["--slow", "-1"], ["--frobnicate"]):
        code, out, err = hunt_trace(*words)
        check("%s is a usage error that says so" % words, code == 2 and out == "" and "--help" in err, code, out, err)


# top.

def top_agrees_with_INFO():
    with Server({"bay": HUNT}, 2) as server, load(server):
        def commands():
            return int(server.info()["total_commands_processed"]), time.monotonic()
        before, since = commands()
        frame = frames("-p", str(server.pid), "-i", "3", "-c", "1", "top")[0]
        after, until = commands()
        top, rate = frame["top"], (after - before) / (until - since)
        same("pid, shards, state", (frame["pid"], frame["shards"], frame["state"]), (server.pid, 2, "serving"))
        check("an interval took as long as was asked", 2.9 < frame["elapsed_s"] < 9, frame["elapsed_s"])
        ours = sum(s["metrics"]["commands_per_s"] for s in top["shards"])
        check("commands/s agree", abs(ours - rate) < 0.5 * rate, ours, rate)
        same("the legs have their names, in order", list(top["all"]["legs"]), LEGS)
        for name in LEGS:
            together, parts = top["all"]["legs"][name], [s["legs"][name] for s in top["shards"]]
            same("all counts of " + name, together["count"], sum(p["count"] for p in parts))
            same("the worst of " + name, together["max_ns"], max(p["max_ns"] for p in parts))
            check("percentiles rise", together["p50_ns"] <= together["p99_ns"] <= together["p999_ns"] <= together["max_ns"],
                  together)
        applied = top["all"]["legs"]["apply"]["per_s"]
        check("what is applied is most of the commands", 0.4 * rate < applied < 1.8 * rate, applied, rate)
        check("some had to go to the other shard", top["all"]["legs"]["route"]["count"] > 0)
        check("awards are timed whole", top["all"]["commands"]["HUNT.AWARD"]["p50_ns"] >= top["all"]["legs"]["durable"]["p50_ns"] / 4,
              top["all"]["commands"])
        check("there is one slowest leg", top["all"]["slowest_leg"] in LEGS, top["all"]["slowest_leg"])
        for number, shard in enumerate(top["shards"]):
            same("its number", shard["shard"], number)
            check("its stage", shard["stage"] in STAGES, shard["stage"])
            check("it flushed", shard["sizes"]["log_flush_duration_seconds"]["count"] > 0, shard["sizes"])
            check("gauges", shard["metrics"]["connections"] >= 1 and shard["metrics"]["memory_state_bytes"] > 0, shard["metrics"])
            check("slots have shares of it", 0 < sum(s["share"] for s in shard["slots"]) <= 1.001, shard["slots"])
        check("the reducer ticks", top["reducer"]["reducer_ticks_per_s"] > 1, top["reducer"])
        return "%d commands/s" % ours


def top_marks_the_slow_leg():
    with Server({"bay": HUNT}, 2) as server, load(server):
        code, out, err = hunt_trace("-p", str(server.pid), "-i", "1", "-c", "2", "top")
        same("ends well", (code, err), (0, ""))
        same("two frames with the time before them", len(re.findall(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  huntd ", out, re.M)), 2)
        frame = out.split("\n\n")[1]
        marked = [line for line in frame.splitlines() if line.startswith("> ")]
        same("one leg is marked", len(marked), 1)
        p99 = {}
        for line in frame.splitlines():
            word = line[2:].split()[0] if line[2:].split() else ""
            if word in LEGS and line[:2] in ("> ", "  "):
                values = re.findall(r"([\d.]+) +(us|ms|s)\b", line)
                if values:
                    p99[word] = float(values[1][0]) * {"us": 1, "ms": 1e3, "s": 1e6}[values[1][1]]
        check("it is that of the greatest p99", p99[marked[0].split()[1]] >= 0.88 * max(p99.values()), p99, marked)
        for word in ("cmds/s", "HUNT.AWARD", "credits", "undec", "outbox", "slot@shard", "memory", "boards"):
            check("it shows " + word, word in frame, frame)
        wide = [line for line in out.splitlines() if len(line) > 80 and "  huntd " not in line]
        same("no line but the first, with the date, is wider than a terminal", wide, [])
        check("no colours outside of a terminal", "\033" not in out)


def drawn(columns, rows, environment, *words):
    """All that hunt-trace writes to such a terminal until q ends it, some frames later."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen([BIN + "/hunt-trace", *words], stdin=side, stdout=side, stderr=subprocess.PIPE,
                               env={**os.environ, **environment}, start_new_session=True)
    os.close(side)
    text, end, asked = b"", time.monotonic() + 15, False
    while time.monotonic() < end:
        if select.select([main], [], [], 0.1)[0]:
            try:
                text += os.read(main, 65536)
            except OSError:
                break
        if not asked and text.count(b"\033[H") >= 3:
            asked = os.write(main, b"q") > 0
    code, err = process.wait(10), process.stderr.read().decode()
    os.close(main)
    same("q ends it", (code, err.replace(DETACHING + "\n", "")), (0, ""))
    return text.decode()


def lines_of(text):
    """The second frame, without colours."""
    frame = text.split("\033[H")[2].split("\033[?1049l")[0].replace("\r", "")
    return [re.sub(r"\033\[[0-9;?]*[a-zA-Z]", "", line) for line in frame.split("\n")]


def top_draws_on_a_small_terminal():
    with Server({"bay": HUNT}, 2) as server, load(server):
        for columns, rows in ((80, 24), (80, 12), (200, 60)):
            text = drawn(columns, rows, {}, "-p", str(server.pid), "-i", "0.3", "top")
            check("the screen is given back", text.count("\033[?1049h") == text.count("\033[?1049l") == 1)
            lines = lines_of(text)
            check("it fits %d x %d" % (columns, rows), len(lines) <= rows and max(map(len, lines)) <= columns, lines)
            check("the legs are there", all(any(leg in line for line in lines) for leg in LEGS), lines)
            check("on 24 rows everything is", rows < 24 or any(line.startswith("boards") for line in lines), lines)
            check("the slow leg is red", "\033[1;31m> " in text, text)
        text = drawn(80, 24, {"NO_COLOR": "1"}, "-p", str(server.pid), "-i", "0.3", "top")
        check("NO_COLOR", "\033[1;31m" not in text and "\033[2m" not in text)
        text = drawn(80, 24, {}, "-p", str(server.pid), "-i", "0.3", "--no-color", "top")
        check("--no-color", "\033[1;31m" not in text and "\033[2m" not in text)


def top_says_when_nothing_is_timed():
    with Server({"bay": HUNT}) as server:
        client = server.client()
        same("measuring ends", client("CONFIG", "SET", "latency-tracking", "no"), "OK")
        with load(server):
            time.sleep(0.5)
            code, out, _ = hunt_trace("-p", str(server.pid), "-i", "0.5", "-c", "1", "top")
            check("and it says why the legs are empty", code == 0 and "latency-tracking" in out, out)


def endings():
    with Server({"bay": HUNT}) as server:
        for words in ([], ["--json"], ["-i", "3600"]):
            process = subprocess.Popen([BIN + "/hunt-trace", "-p", str(server.pid), *words], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            time.sleep(0.3)
            start = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=10)
            check("Ctrl-C ends it long before its interval", time.monotonic() - start < 5, time.monotonic() - start)
            same("with 0, quietly", (process.returncode, err), (0, b""))
        pipe = '"$0" -i 0.1 -p "$1" top | head -n 2; echo "${PIPESTATUS[0]}"'
        done = subprocess.run(["bash", "-c", pipe, BIN + "/hunt-trace", str(server.pid)], capture_output=True,
                              text=True, timeout=20)
        check("a reader that leaves is no fault", done.stderr == "" and done.stdout.endswith("\n0\n"), done)
        process = subprocess.Popen([BIN + "/hunt-trace", "-p", str(server.pid), "-i", "30"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)
        start = time.monotonic()
        server.kill()
        out, err = process.communicate(timeout=10)
        check("the server's end is noticed at once", time.monotonic() - start < 5, time.monotonic() - start)
        refused_with("the server died", process.returncode, out, err, "huntd %d has ended" % server.process.pid)


# Finding it.

def none_or_several():
    with Server({"bay": HUNT}) as one, Server({"bay": HUNT}) as two:
        code, out, err = hunt_trace("-c", "1")
        lines = err.splitlines()
        check("several are listed, with what to type", code == 1 and out == "" and "several" in lines[0], code, err)
        for server in (one, two):
            check("each of them", any("-p %d " % server.pid in line for line in lines[1:]), err)
        same("-p chooses", frames("-p", str(two.pid), "-c", "1", "-i", "0.1")[0]["pid"], two.pid)
        one.stop()
    if not can_unshare():
        return skip("no huntd at all: needs mounts of our own")
    refused_with("none", *hunt_trace(prefix=private("mount -t tmpfs none /dev/shm")), "no huntd runs", "start one")


def not_a_huntd():
    refused_with("a stranger", *hunt_trace("-p", str(os.getpid())), "no page", "no huntd")
    refused_with("nobody", *hunt_trace("-p", "4194304"), "no process 4194304")


class Page:
    """A huntd's page, changed: another file under the same name; huntd itself keeps the first."""

    def __init__(self, server, changes=(), size=None):
        self.path, self.real = PAGE % server.pid, PAGE % server.pid + ".real"
        with open(self.path, "rb") as file:
            page = bytearray(file.read())
        for at, value in changes:
            page[at:at + len(value)] = value
        os.rename(self.path, self.real)
        with open(self.path, "wb") as file:
            file.write(page[:size])

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        os.rename(self.real, self.path)


def pages_that_are_not_believed():
    with Server({"bay": HUNT}) as server:
        version, pid = hunt_trace("--version")[1].split(), str(server.pid)
        with Page(server):
            same("an honest one is", hunt_trace("-p", pid, "-c", "1", "-i", "0.1")[0], 0)
        with Page(server, [(ABI, struct.pack("<I", 77)), (40, b"9.9.9\0"), (72, b"cafecafecafe\0")]):
            refused_with("another build", *hunt_trace("-p", pid), "ABI 77", "9.9.9", "cafecafecafe", version[1],
                         version[2].strip("()"))
        with Page(server, [(40, b"9" * 32), (72, b"c" * 64), (ABI, struct.pack("<I", 77))]):
            refused_with("names without an end", *hunt_trace("-p", pid), "(" + "9" * 32 + ", " + "c" * 64 + ";")
        with Page(server, [(LAYOUT, b"\xff\xff")]):
            refused_with("a build with other rows", *hunt_trace("-p", pid), "another build", "ABI 1.")
        for what, changes, size, words in (
                ("no magic", [(MAGIC, b"\0" * 8)], None, "not a stats page"),
                ("other magic", [(MAGIC, b"x")], None, "not a stats page"),
                ("another's pid", [(PID, struct.pack("<I", 1))], None, "does not hold"),
                ("no shards", [(SHARDS, struct.pack("<I", 0))], None, "does not hold"),
                ("too many shards", [(SHARDS, struct.pack("<I", 1 << 30))], None, "does not hold"),
                ("more shards than bytes", [(SHARDS, struct.pack("<I", 2))], None, "does not hold"),
                ("bytes that are not there", [(BYTES, struct.pack("<Q", 1 << 40))], None, "does not hold"),
                ("cut", [], 100000, "does not hold"),
                ("cut short", [], 100, "too small"),
                ("empty", [], 0, "too small")):
            with Page(server, changes, size):
                refused_with(what, *hunt_trace("-p", pid, "-c", "1", "-i", "0.1"), words)


def pages_that_somebody_else_made():
    with Server({"bay": HUNT}) as server:
        pid = str(server.pid)
        with Page(server) as path:
            os.unlink(path)
            os.mkfifo(path)
            refused_with("a pipe", *hunt_trace("-p", pid), "no plain file")
        with open(PAGE % server.pid, "rb") as file:
            page = bytearray(file.read())
        sleeper = subprocess.Popen(["sleep", "60"])
        page[PID:PID + 4] = struct.pack("<I", sleeper.pid)
        try:
            with open(PAGE % sleeper.pid, "wb") as file:
                file.write(page)
            if any(page[BUILD_ID:BUILD_ID + 32]):
                refused_with("of a program that is no huntd", *hunt_trace("-p", str(sleeper.pid)), "build id")
        finally:
            os.unlink(PAGE % sleeper.pid)
            sleeper.kill()
            sleeper.wait(10)
        if not ROOT:
            return skip("who is not root cannot be somebody else")
        with Page(server) as path:
            os.chown(path, 65534, 65534)
            for words in ([], ["hist"]):
                refused_with("of another user", *hunt_trace("-p", pid, *words), "belongs to user 65534", "to user 0")


def pages_that_change_while_they_are_read():
    with Server({"bay": HUNT}) as server, Page(server) as path:
        process = subprocess.Popen([BIN + "/hunt-trace", "-p", str(server.pid), "--json", "-i", "0.1", "top"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = json.loads(process.stdout.readline())
        with open(path, "r+b") as file:
            file.seek(SHARDS)
            file.write(struct.pack("<I", 255))
        frames = [json.loads(process.stdout.readline()) for _ in range(5)]
        same("shards are those of the beginning", [len(f["top"]["shards"]) for f in [first, *frames]], [1] * 6)
        same("in the heading, too", {f["shards"] for f in frames}, {1})
        os.truncate(path, 4096)
        out, err = process.communicate(timeout=10)
        check("a page that is cut ends it in one line", process.returncode == 1 and len(err.splitlines()) == 1 and
              "cut short" in err, process.returncode, err)


# What the kernel, or somebody else, refuses.

def without_root():
    if not ROOT:
        return skip("who is not root cannot be somebody else")
    with Server({"bay": HUNT}) as server:
        if lacks_bpf(server):
            return skip(WITHOUT_BPF)
        here = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        words = ["-p", str(server.pid), "-c", "1", "-i", "0.2"]
        code, out, err = hunt_trace(*words, "top", **here)
        check("top needs none", (code, err) == (0, "") and "log_queued" in out, code, err)
        refused_with("--kernel alone", *hunt_trace(*words, "--kernel", **here), "--kernel", "root", "sudo")
        code, out, err = hunt_trace(*words, "--kernel", "--slow", "5", "top", **here)
        check("beside top each is left out with its line, and top goes on",
              code == 0 and len(err.splitlines()) == 2 and "log_queued" in out, code, err)
        check("also in the frame", "--kernel: left out" in out and "--slow: left out" in out, out)


def without_what_the_kernel_has():
    if not can_unshare():
        return skip("what the kernel lacks: needs mounts of our own")
    with Server({"bay": HUNT}) as server:
        if lacks_bpf(server):
            return skip(WITHOUT_BPF)
        words = ["-p", str(server.pid), "-c", "1", "-i", "0.2"]
        blind = private("mount -t tmpfs none /sys/kernel/btf")
        refused_with("no BTF", *hunt_trace(*words, "--kernel", prefix=blind), "--kernel", "/sys/kernel/btf/vmlinux")
        code, out, err = hunt_trace(*words, "--kernel", "top", prefix=blind)
        check("no BTF: top goes on", code == 0 and len(err.splitlines()) == 1 and "log_queued" in out, code, err)
        still = private("mount -t tmpfs none /sys/bus/event_source/devices")
        refused_with("no uprobes", *hunt_trace(*words, "hist", prefix=still), "hist", "uprobes")
        closed = private("mount -t tmpfs -o ro none /run")
        refused_with("no place for the lock", *hunt_trace(*words, "--kernel", prefix=closed), "lock", "/run")
        code, out, err = hunt_trace(*words, "--kernel", "top", prefix=closed)
        check("no place for the lock: top goes on", code == 0 and "log_queued" in out, code, err)


def kernel_refused():
    """Why --kernel cannot be tried here, or None."""
    if not ROOT:
        return "needs root"
    with Server({"bay": HUNT}) as server:
        code, _, err = hunt_trace("-p", str(server.pid), "-c", "1", "-i", "0.1", "--kernel")
    return None if code == 0 and "refuses" not in err else err.strip()


def the_kernels_side():
    why = kernel_refused()
    if why:
        return skip("--kernel: " + why)
    with Server({"bay": HUNT}, 2) as server, load(server):
        process = subprocess.Popen([BIN + "/hunt-trace", "-p", str(server.pid), "-i", "3", "-c", "1", "--json", "--kernel"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lock = "/run/hunt-trace-%d.lock" % server.pid
        eventually("it takes the lock", lambda: os.path.exists(lock))
        time.sleep(0.5)
        for client in server.clients(20):
            client("HUNT.AWARD", "ann", "bay", "1")
            client.socket.close()
        refused_with("a second one", *hunt_trace("-p", str(server.pid), "--kernel"), str(process.pid), "another hunt-trace")
        out, err = process.communicate(timeout=20)
        same("ends well", (process.returncode, err), (0, DETACHING + "\n"))
        check("the lock is gone", not os.path.exists(lock))
        kernel = json.loads(out)["kernel"]
        uring = kernel["io_uring"]
        for name in ("WRITE", "SEND"):
            check(name + " is timed", uring.get(name, {}).get("count", 0) > 100 and uring[name]["p50_ns"] > 1000, uring.get(name))
        check("RECV is seen", uring.get("RECV", {}).get("submitted", 0) >= 20, uring.keys())
        check("what is submitted completes", abs(uring["WRITE"]["submitted"] - uring["WRITE"]["completed"]) < 10, uring["WRITE"])
        threads = {t["thread"]: t for t in kernel["run_queue"]}
        for name in ("shard-0", "shard-1", "control"):
            check("%s is there" % name, name in threads, list(threads))
        waited, off = threads["shard-0"]["waited"], threads["shard-0"]["off_core"]
        check("it slept and was woken", off["count"] > 100 and waited["count"] > 100, waited, off)
        check("a wait is part of being away", waited["mean_ns"] < off["mean_ns"], waited, off)
        check("it was away no longer than there was time", off["count"] * off["mean_ns"] < 4e9, off)
        same("the disk's requests", sorted(kernel["disk"]), ["flush", "other", "read", "write"])
        return "%d SENDs, %d WRITEs" % (uring["SEND"]["count"], uring["WRITE"]["count"])


def three_views_share_a_screen():
    why = kernel_refused()
    if why:
        return skip("--kernel: " + why)
    with Server({"bay": HUNT}, 2) as server, load(server):
        for columns, rows in ((80, 24), (120, 50)):
            lines = lines_of(drawn(columns, rows, {}, "-p", str(server.pid), "-i", "0.5", "top", "hist", "--kernel"))
            check("they fit %d x %d" % (columns, rows), len(lines) <= rows and max(map(len, lines)) <= columns, lines)
            for leg in LEGS:
                check("top shows " + leg, any(line[2:].startswith(leg) for line in lines), lines)
            for word in ("p99  ", "shard 0", "shard 1", "io_uring", "run queue", "disk", "flush"):
                check("there is " + word, any(line.startswith(word) for line in lines), lines)


def a_killed_tracer_leaves_no_lock():
    if kernel_refused():
        return "needs --kernel"
    with Server({"bay": HUNT}) as server:
        lock = "/run/hunt-trace-%d.lock" % server.pid
        words = [BIN + "/hunt-trace", "-p", str(server.pid), "--kernel"]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually("it takes the lock", lambda: os.path.exists(lock) and os.path.getsize(lock))
        process.kill()
        process.wait(10)
        check("its file is left", os.path.exists(lock))
        same("and is no obstacle", hunt_trace("-p", str(server.pid), "-c", "1", "-i", "0.1", "--kernel")[0], 0)
        check("and gone", not os.path.exists(lock))


def another_build_id():
    if kernel_refused():
        return "needs --kernel"
    with Server({"bay": HUNT}) as server:
        with open(PAGE % server.pid, "r+b") as file:
            file.seek(BUILD_ID)
            id = file.read(32)
            if not any(id):
                return skip("this huntd has no build id")
            file.seek(BUILD_ID)
            file.write(bytes([id[0] ^ 1]))
        refused_with("another program", *hunt_trace("-p", str(server.pid), "--kernel"), "build id", "replaced")


if not os.path.exists(BIN + "/hunt-trace"):
    skip("hunt-trace was not built")
    sys.exit(0)
story(the_command_line_explains_itself, top_agrees_with_INFO, top_marks_the_slow_leg, top_draws_on_a_small_terminal,
      top_says_when_nothing_is_timed, endings, none_or_several, not_a_huntd, pages_that_are_not_believed,
      pages_that_somebody_else_made, pages_that_change_while_they_are_read, without_root,
      without_what_the_kernel_has, the_kernels_side, three_views_share_a_screen, a_killed_tracer_leaves_no_lock, another_build_id)
