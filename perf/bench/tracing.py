"""What looking costs: rows of ./dev bench about always-on timing, and about hunt-trace attached.

One server and one load for a whole row; what is measured is switched on and off inside that run every
few seconds, so that neither a machine's drift nor another start is taken for a cost. Counted is the CPU
time of the shard's thread alone, a command. Medians of pairs, with a 95 % interval for the median."""
import json
import math
import os
import signal
import statistics
import subprocess
import threading
import time

SECONDS = 3.0  # of each half of a pair
SETTLE = 0.5  # after each switch, not counted
AGREE_SECONDS = 10  # so long that a hundredth of a sample is many passes of the loop
ATTACH = 20.0  # longest until a tracer's first frame
BAR = 2.0  # per cent
SEEN_MIN = 1000  # fewer values have no p99 to compare
SUB_BITS = 3  # of include/huntd/histogram.h


AWARDS = "award=1"
MIXED = "award=1,progress=3"  # of trace-agree: what waits for the disk, and what does not
NAMES = ("stamps", "trace-hist", "trace-full", "trace-agree")


class Skip(Exception):
    """Why a row cannot be had here."""


class Load:
    """A mix of commands at pipeline 64 as fast as it goes, for as long as the block runs."""

    def __init__(self, bench, server, mix):
        self.argv = ["taskset", "-c", str(bench.options.client_core), bench.options.bin + "/hunt-load", "--port", str(server.port),
                     "--hunt", "race", "--rate", "max", "--duration", "24h", "--connections", str(bench.CLIENTS), "--pipeline", "64",
                     "--entrants", str(bench.ENTRANTS), "--mix", mix]

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Meter:
    """The CPU time of the server's one shard, a command."""

    def __init__(self, server):
        self.server = server
        tasks = f"/proc/{server.process.pid}/task"
        found = [task for task in os.listdir(tasks) if open(f"{tasks}/{task}/comm").read().startswith("shard-0")]
        if not found:
            raise Skip("no thread of huntd is called shard-0")
        self.path = f"{tasks}/{found[0]}/schedstat"

    def spent(self):
        with open(self.path) as file:
            return int(file.read().split()[0])

    def look(self):
        before = self.spent()
        commands = self.server.metric("commands_total")
        return (before + self.spent()) / 2, commands

    def ns_a_command(self):
        time.sleep(SETTLE)
        cpu, commands = self.look()
        time.sleep(SECONDS)
        cpu2, commands2 = self.look()
        if commands2 - commands < 1000 * SECONDS:
            raise Skip("the load stood still")
        return (cpu2 - cpu) / (commands2 - commands)


class Tracer:
    """hunt-trace in a mode, attached, on the client's core; its frames are kept."""

    def __init__(self, bench, server, mode, *words):
        self.argv = ["taskset", "-c", str(bench.options.client_core), bench.options.bin + "/hunt-trace", mode,
                     "-p", str(server.process.pid), "--json", *words]
        if not os.path.exists(self.argv[3]):
            raise Skip("this build has no hunt-trace")
        self.mode, self.frames = mode, []

    def start(self):
        self.process = subprocess.Popen(self.argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.thread = threading.Thread(target=lambda: self.frames.extend(self.process.stdout), daemon=True)
        self.thread.start()
        return self

    def attached(self):
        """Its first frame has come."""
        end = time.time() + ATTACH
        while not self.frames:
            if self.process.poll() is not None or time.time() > end:
                self.stop()
                raise Skip(self.why())
            time.sleep(0.02)
        return self

    def why(self):
        return f"hunt-trace {self.mode}: " + (" / ".join(self.said.split("\n")[:2]) or "no frame")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self):
        """Its frames, as what they say."""
        try:
            self.process.wait(2 * AGREE_SECONDS + 30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.thread.join(5)
        self.said = self.process.stderr.read().strip()
        self.process.stdout.close()
        self.process.stderr.close()
        return [json.loads(line) for line in self.frames]


def interval(values):
    """Of the median, at 95 %: order statistics, no assumption about the values' distribution."""
    values, n = sorted(values), len(values)
    tail, rank = 0.0, 0
    while rank < n // 2:
        tail += math.comb(n, rank) / 2**n
        if tail > 0.025:
            break
        rank += 1
    low = max(0, rank - 1)
    return values[low], values[n - 1 - low]


def loss_row(name, bench, server, load, pairs, switch):
    """switch(True) and switch(False) in pairs, every second one the other way round."""
    rows = []
    with load:
        meter = Meter(server)
        for i in range(pairs):
            cost = {}
            for on in (True, False) if i % 2 == 0 else (False, True):
                switch(on)
                cost[on] = meter.ns_a_command()
            rows.append(cost)
        switch(False)
    losses = [(row[True] / row[False] - 1) * 100 for row in rows]
    low, high = interval(losses)
    sure = "95 %" if pairs >= 6 else "all pairs"
    return {"row": name, "pairs": [[row[True], row[False]] for row in rows], "ratios": losses, "ratio": statistics.median(losses),
            "interval": [low, high], "bar": BAR, "stretch": BAR / 2, "unit": "% CPU", "less": True,
            "note": f"{statistics.median(r[True] for r in rows):.0f} ns a command with, {statistics.median(r[False] for r in rows):.0f} without, "
                    f"{pairs} pairs of {SECONDS:g} s; the median lies between {low:.2f} and {high:.2f} % ({sure})"}


def stamps_row(bench, server, load, pairs):
    """latency-tracking yes and no."""
    def switch(on):
        said = server.ask("CONFIG", "SET", "latency-tracking", "yes" if on else "no")
        if said != "+OK":
            raise Skip("CONFIG SET latency-tracking: " + said.lstrip("-"))
    try:
        return loss_row("stamps", bench, server, load, pairs, switch)
    finally:
        server.ask("CONFIG", "SET", "latency-tracking", "yes")


def attached_row(name, mode, bench, server, load, pairs):
    """hunt-trace attached and gone."""
    tracer, dropped, shown = None, 0, 0

    def switch(on):
        nonlocal tracer, dropped, shown
        if tracer and not on:
            for frame in tracer.stop():
                if "summary" not in frame:
                    dropped += frame[mode].get("commands_dropped", 0)
                    shown += frame[mode].get("commands_shown", 0)
            tracer = None
        elif on and not tracer:
            tracer = Tracer(bench, server, mode).start().attached()
    try:
        row = loss_row(name, bench, server, load, pairs, switch)
    finally:
        if tracer:
            tracer.stop()
    if mode == "full":
        row["note"] += f"; {shown} commands shown, {dropped} dropped"
        row["dropped"] = dropped
    return row


def bucket(value):
    """hd_histogram_bucket."""
    if value < 1 << SUB_BITS:
        return value
    shift = value.bit_length() - 1 - SUB_BITS
    return (shift << SUB_BITS) + (value >> shift)


def apart(theirs, ours):
    """(buckets, what) of each percentile that both have seen often enough."""
    for name, mine in ours.items():
        other = theirs.get(name)
        if other and min(mine["count"], other["count"]) >= SEEN_MIN:
            for share in ("p50_ns", "p99_ns"):
                yield abs(bucket(mine[share]) - bucket(other[share])), f"{name} {share[:3]} {other[share]} and {mine[share]} ns"


def agree_row(mode, bench, server, load, times):
    """hunt-trace MODE and what the engine counts itself, over the same seconds: the second frame, for in
    the first one of the two began before the other."""
    found = []
    with load:
        for _ in range(times):
            tracer = Tracer(bench, server, mode, "top", "-i", str(AGREE_SECONDS), "-c", "2").start()
            frames = tracer.ended()
            if len(frames) < 2 or mode not in frames[1]:
                raise Skip(tracer.why())
            for what in ("legs", "commands"):
                found += apart(frames[1][mode]["all"][what], frames[1]["top"]["all"][what])
    if not found:
        raise Skip("too few commands were shown")
    worst = max(found)
    return {"row": "trace-agree", "mode": mode, "ratios": [float(d) for d, _ in found], "ratio": float(worst[0]), "bar": 1, "stretch": 0,
            "unit": "buckets", "less": True, "found": found,
            "note": f"{mode}: {len(found)} percentiles beside huntd's own, the farthest: {worst[1]}"}


def rows(bench, pairs, wanted):
    """stamps, trace-hist, trace-full and trace-agree, as far as they are wanted and can be had."""
    plans = [("stamps", lambda *a: stamps_row(*a, 4 * pairs), AWARDS),
             ("trace-hist", lambda *a: attached_row("trace-hist", "hist", *a, pairs), AWARDS),
             ("trace-full", lambda *a: attached_row("trace-full", "full", *a, pairs), AWARDS),
             ("trace-agree", lambda *a: agree_row("hist", *a, 2), MIXED),
             ("trace-agree", lambda *a: agree_row("full", *a, 2), MIXED)]
    found = []
    if not any(wanted(name) for name, _, _ in plans):
        return found
    server = bench.huntd("tracing")
    try:
        bench.fill(server, bench.AWARD)
        for name, plan, mix in plans:
            if wanted(name):
                try:
                    found.append(plan(bench, server, Load(bench, server, mix)))
                except Skip as why:
                    found.append({"row": name, "skipped": str(why)})
    finally:
        server.close(kill=True)
    return found
