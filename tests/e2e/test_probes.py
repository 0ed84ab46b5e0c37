#!/usr/bin/env python3
"""USDT probes as a stranger's tool sees them: bpftrace attaches to a huntd under load, counts, and
goes; huntd-probes(7) says what must come. (tests/tidy/probes.py reads the notes.)"""
import threading

from hunt import *

HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}"])
PAGE = os.path.dirname(os.path.dirname(HERE)) + "/perf/trace/man/huntd-probes.7.scd"


def why_not():
    if os.geteuid() != 0:
        return "attaching to probes takes root"
    if not shutil.which("bpftrace"):
        return "bpftrace is not here"
    notes = subprocess.run(["readelf", "-n", BIN + "/huntd"], capture_output=True, text=True).stdout
    if "Provider: huntd" not in notes:
        return "huntd was built without probes"
    tried = subprocess.run(["bpftrace", "-e", "BEGIN { exit(); }"], capture_output=True, text=True, timeout=30)
    if tried.returncode != 0:
        return "bpftrace is refused here: " + tried.stderr.strip().splitlines()[-1]
    return None


class Load:
    """Awards and questions in pipelines of 64 until told to end; counts what was answered."""

    def __init__(self, server):
        self.client, self.ended, self.answered = server.client(), False, 0
        self.thread = threading.Thread(target=self.play)
        self.thread.start()

    def play(self):
        random = seeded()
        while not self.ended:
            commands = [("HUNT.AWARD", "e%d" % random.randrange(1000), "bay", "1") for _ in range(48)]
            commands += [("BOARD.RANK", "bay", "e%d" % random.randrange(1000)) for _ in range(16)]
            self.client.pipe(commands)
            self.answered += len(commands)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join(30)


def traced(server, program, seconds=3):
    """bpftrace's own print of its maps after so long, as {name: number}; and all its words."""
    program = program.replace("PROBE:", "usdt:%s/huntd:huntd:" % BIN) + " interval:s:%d { exit(); }" % seconds
    done = subprocess.run(["bpftrace", "-p", str(server.pid), "-e", program], capture_output=True, text=True, timeout=60)
    check("bpftrace ends with 0", done.returncode == 0, done.stdout, done.stderr)
    return {name: int(n) for name, n in re.findall(r"^@(\w+): (-?\d+)$", done.stdout, re.M)}, done.stdout


def what_a_busy_server_does_all_the_time_fires():
    with Server({"bay": HUNT}, 1, options=["--set", "trace.sample=8"]) as server, Load(server) as load:
        before = load.answered
        seen, words = traced(server, """
            PROBE:event { @event = count(); @verb = max(arg1); @slot = max(arg2); }
            PROBE:batch { @batch = count(); @shown = sum(arg1); }
            PROBE:log__commit { @commit = count(); @events = sum(arg2); @bytes = sum(arg3); }
            PROBE:slot__step { @step = count(); @stepped = sum(arg3); }""")
        answered = load.answered - before
        for name in ("event", "batch", "commit", "step", "bytes"):
            check("the probe of @%s fired" % name, seen.get(name, 0) > 0, words)
        check("no more was shown than was done", seen["shown"] <= answered + 64 and seen["stepped"] <= answered + 64, seen, answered)
        check("one in 8", 0.5 < seen["event"] / (seen["shown"] / 8) < 1.5, seen)
        check("events were made durable", 0 < seen["events"] <= seen["shown"], seen)
        verbs = server.client()("COMMAND", "LIST")
        same("the verb is the row of COMMAND LIST", verbs[seen["verb"]].upper(), "BOARD.RANK")
        check("a slot", seen["slot"] < 16384, seen)
        return "%(shown)d commands in %(batch)d batches, %(event)d of them shown, %(commit)d flushes" % seen


def the_rare_ones_fire_when_their_thing_happens():
    """Boards change, and a snapshot is asked for."""
    with Server({"bay": HUNT}, 2) as server, Load(server):
        asking = threading.Timer(2, lambda: server.client()("BGSAVE", "SCHEDULE"))
        asking.start()
        seen, words = traced(server, """
            PROBE:snapshot__slice { @slice = count(); @took = max(arg1); @objects = max(arg2); }
            PROBE:reducer__tick { @tick = count(); @boards = sum(arg0); }""", 4)
        asking.join()
        check("a snapshot was taken", seen.get("slice", 0) > 0 and seen["objects"] > 0, words)
        check("boards were merged", seen.get("tick", 0) > 0 and seen["boards"] > 0, words)
        return "%d slices, %d ticks" % (seen["slice"], seen["tick"])


def each_refusal_fires():
    """On a disk that is full soon, so that every command is refused from then on."""
    with Server({"bay": HUNT}, 1, options=["--set", "log.segment=1MiB", "--set", "archive=off"], start=False) as server:
        os.mkdir(server.data)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", server.data], stderr=subprocess.DEVNULL).returncode != 0:
            return "not seen: no small disk can be made here"
        try:
            server.start()
            with Load(server):
                eventually("the disk is full", lambda: int(server.info()["no_space"]) > 0, 100)
                seen, words = traced(server, "PROBE:overload__refusal { @refusal = count(); @error = max(arg3); @verb = max(arg2); }", 2)
            refused = int(server.info()["busy_total"])
            check("refusals were shown", 0 < seen.get("refusal", 0) <= refused, words, refused)
            same("MISCONF, to HUNT.AWARD", (seen["error"], server.client()("COMMAND", "LIST")[seen["verb"]].upper()), (27, "HUNT.AWARD"))
        finally:
            if server.running():
                server.kill()
            subprocess.run(["umount", server.data], check=True)
        return "%d of %d" % (seen["refusal"], refused)


def what_the_manual_page_shows_works():
    """Its examples for bpftrace, word for word but for the program's path and the end."""
    with open(PAGE, encoding="utf-8") as file:
        examples = re.findall(r"# bpftrace -p \$\(pidof huntd\) -e '\n(.*?)'\n", file.read(), re.S)
    same("examples", len(examples), 2)
    with Server({"bay": HUNT}, 1) as server, Load(server):
        for example, words in ((examples[0], ("@apply_us:", "@durable_us:", "@@@")), (examples[1], ("shard 0: ", " bytes, "))):
            example = example.replace("/usr/bin/huntd", BIN + "/huntd").replace("\\\\n", "\\n").replace("> 10000000", "> 1000")
            said = traced(server, example)[1]
            check("it shows %s" % ", ".join(words), all(word in said for word in words), example, said)


def a_server_goes_on_when_the_tracer_has_gone():
    with Server({"bay": HUNT}, 1) as server, Load(server) as load:
        for _ in range(2):
            seen, words = traced(server, "PROBE:batch { @batch = count(); }", 1)
            check("it fires each time somebody attaches", seen.get("batch", 0) > 0, words)
            before = load.answered
            eventually("commands go on", lambda: load.answered > before + 1000)
        tracer = subprocess.Popen(["bpftrace", "-p", str(server.pid), "-e", "usdt:%s/huntd:huntd:batch { @batch = count(); }" % BIN],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1.5)
        tracer.kill()
        tracer.wait(30)
        before = load.answered
        eventually("commands go on after a tracer was killed", lambda: load.answered > before + 1000)


reason = why_not()
if reason:
    skip(reason)
else:
    story(what_a_busy_server_does_all_the_time_fires, the_rare_ones_fire_when_their_thing_happens, each_refusal_fires,
          what_the_manual_page_shows_works, a_server_goes_on_when_the_tracer_has_gone)
