#!/usr/bin/env python3
"""./dev bench: huntd beside redis-server and a bare io_uring echo, on this machine, in one run.

Server on one core, client on another; the servers take turns, run by run, so that a drift of the
machine meets all of them. Cost is the server's own CPU time an operation (user + system, kernel
workers too), because throughput alone flatters whoever has the idle client. Ratios are taken pair
by pair; the table shows their median and their range. Rows where huntd is behind are shown too."""
import argparse
import csv
import json
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import puzzles
import tracing

ENTRANTS = 1_000_000
CLIENTS = 50
AWARD = ["HUNT.AWARD", "p:__rand_int__", "race", "1"]
TICKS = os.sysconf("SC_CLK_TCK")
DOCUMENT = """hunt: race
auto_join: true
boards: [{id: main}]
challenges:
""" + "".join(f"  - {{id: c{n}, points: 10, answers: [GOLD]}}\n" for n in range(64))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A server process pinned to one core; ends with close()."""

    def __init__(self, name, argv, core, cwd):
        self.name, self.port = name, int(argv[-1])
        self.log = open(os.path.join(cwd, f"{name}.log"), "ab")
        self.process = subprocess.Popen(["taskset", "-c", str(core), *argv[:-1]], cwd=cwd, stdout=self.log, stderr=self.log)

    def ready(self, seconds=120):
        end = time.time() + seconds
        while time.time() < end:
            if self.process.poll() is not None:
                sys.exit(f"bench: {self.name} ended with {self.process.returncode}; see its log")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                    s.settimeout(2)
                    s.sendall(b"*1\r\n$4\r\nPING\r\n")
                    if s.recv(64).startswith((b"+PONG", b"$", b"+ECHO")):
                        return self
            except OSError:
                pass
            time.sleep(0.02)
        sys.exit(f"bench: {self.name} does not answer")

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) * 1024

    def ask(self, *words):
        """One command; the first line of its reply."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as s:
            s.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
            return s.makefile("rb").readline().decode().strip()

    def metric(self, name):
        """A number of huntd's INFO."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as s:
            s.sendall(b"*2\r\n$4\r\nINFO\r\n$5\r\nHUNTD\r\n")
            reader = s.makefile("rb")
            text = reader.read(int(reader.readline()[1:])).decode()
        return int(re.search(rf"^{name}:(\d+)", text, re.M).group(1))

    def close(self, kill=False):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


class Bench:
    """What all rows share: the options, a folder for data, and how servers are begun, asked and driven."""

    ENTRANTS, CLIENTS, AWARD = ENTRANTS, CLIENTS, AWARD

    def __init__(self, options):
        self.options = options
        self.dir = tempfile.mkdtemp(prefix="hunt-bench-", dir=options.dir)
        os.makedirs(self.dir + "/hunts")
        with open(self.dir + "/hunts/race.yaml", "w") as f:
            f.write(DOCUMENT)

    def huntd(self, data="data", *extra):
        """Snapshots only where a row asks for them: what they cost is a row of its own."""
        port, http = free_port(), free_port()
        argv = [self.options.bin + "/huntd", "--data", self.dir + "/" + data, "--hunts", self.dir + "/hunts", "--shards", "1",
                "--resp", f"127.0.0.1:{port}", "--http", f"127.0.0.1:{http}", "--set", "snapshot.events=0", *extra, str(port)]
        return Server("huntd", argv, self.options.server_core, self.dir).ready()

    def redis(self, *extra):
        port = free_port()
        argv = ["redis-server", "--port", str(port), "--save", "", "--dir", self.dir,
                *(extra or ("--appendonly", "no")), str(port)]
        return Server("redis", argv, self.options.server_core, self.dir).ready()

    def echo(self, request, reply):
        port = free_port()
        argv = [self.options.bin + "/bench_echo", str(port), str(request), str(reply), str(port)]
        server = Server("echo", argv, self.options.server_core, self.dir)
        time.sleep(0.2)
        return server

    def drive(self, server, command, operations, pipeline):
        """One run of redis-benchmark: ops/s, server CPU us an op, p50 and p99 in ms."""
        before = server.cpu()
        out = subprocess.run(
            ["taskset", "-c", str(self.options.client_core), "redis-benchmark", "--csv", "-p", str(server.port), "-c", str(CLIENTS),
             "-P", str(pipeline), "-n", str(operations), "-r", str(ENTRANTS), *command], capture_output=True, text=True, check=True).stdout
        cpu = server.cpu() - before
        row = [r for r in csv.reader(out.splitlines()) if len(r) == 8 and r[0] != "test"][-1]
        return {"ops": float(row[1]), "cpu_us": cpu / operations * 1e6, "p50_ms": float(row[4]), "p99_ms": float(row[6])}

    def fill(self, server, command):
        """All entrants once, in random order of arrival as redis-benchmark makes them, then all by number."""
        with socket.create_connection(("127.0.0.1", server.port)) as s:
            reader = s.makefile("rb")
            for start in range(0, ENTRANTS, 1000):
                out = bytearray()
                for n in range(start, start + 1000):
                    words = [w.replace("__rand_int__", f"{n:012d}").encode() for w in command]
                    out += b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
                s.sendall(out)
                for _ in range(1000):
                    line = reader.readline()
                    if line[:1] == b"*":
                        for _ in range(int(line[1:])):
                            item = reader.readline()
                            if item[:1] == b"$" and item[1:2] != b"-":
                                reader.readline()
                    elif line[:1] == b"$" and line[1:2] != b"-":
                        reader.readline()
                    elif line[:1] == b"-":
                        sys.exit(f"bench: {server.name}: {line!r}")


def median(values):
    return statistics.median(values) if values else float("nan")


def spread(values):
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


ZINCRBY = ["ZINCRBY", "race", "1", "p:__rand_int__"]
PAIRED = [
    # name, huntd's command, Redis' command, pipeline, operations, request bytes, reply bytes, bar, stretch
    ("award-p64", AWARD, ZINCRBY, 64, 2_000_000, 68, 40, 6, 10),
    ("award-p1", AWARD, ZINCRBY, 1, 200_000, 68, 40, 1.5, 2),
    ("rank-p64", ["BOARD.RANK", "race", "p:__rand_int__"], ["ZREVRANK", "race", "p:__rand_int__"], 64, 2_000_000, 58, 30, 5, 8),
    ("top10-p64", ["BOARD.TOP", "race", "COUNT", "10"], ["ZREVRANGE", "race", "0", "9", "WITHSCORES"], 64, 1_000_000, 52, 350, 3, 6),
]


def paired_row(bench, servers, row, pairs):
    name, ours, theirs, pipeline, operations, request, reply, bar, stretch = row
    huntd, redis = servers
    echo = bench.echo(request, reply)
    runs = {"huntd": [], "redis": [], "echo": []}
    try:
        for _ in range(pairs):
            runs["huntd"].append(bench.drive(huntd, ours, operations, pipeline))
            runs["redis"].append(bench.drive(redis, theirs, operations // 2, pipeline))
            # The echo counts bytes, not commands: a PING padded to the request's size.
            runs["echo"].append(bench.drive(echo, ["ECHO", "x" * (request - 14 - len("$00\r\n\r\n"))], operations, pipeline))
    finally:
        echo.close(kill=True)
    ratios = [r["cpu_us"] / h["cpu_us"] for h, r in zip(runs["huntd"], runs["redis"])]
    return {"row": name, "runs": runs, "ratios": ratios, "ratio": median(ratios), "bar": bar, "stretch": stretch, "unit": "x"}


def durable_row(bench, pairs):
    """AWARD durable against Redis with appendfsync always, one at a time on 50 connections, by CPU time as
    the other rows, and by ops a second (which the one client core bounds)."""
    huntd, redis = bench.huntd("durable"), bench.redis("--appendonly", "yes", "--appendfsync", "always")
    runs = {"huntd": [], "redis": []}
    try:
        bench.fill(huntd, AWARD)
        bench.fill(redis, ZINCRBY)
        for _ in range(pairs):
            runs["huntd"].append(bench.drive(huntd, AWARD, 100_000, 1))
            runs["redis"].append(bench.drive(redis, ZINCRBY, 50_000, 1))
    finally:
        huntd.close(kill=True)
        redis.close(kill=True)
    cost = [r["cpu_us"] / h["cpu_us"] for h, r in zip(runs["huntd"], runs["redis"])]
    rate = [h["ops"] / r["ops"] for h, r in zip(runs["huntd"], runs["redis"])]
    return [{"row": "award-durable-p1", "runs": runs, "ratios": cost, "ratio": median(cost), "bar": 2, "stretch": 3, "unit": "x"},
            {"row": "  by ops/s", "ratios": rate, "ratio": median(rate), "bar": 2, "stretch": 3, "unit": "x ops/s"}]


def memory_row(bench):
    huntd, redis = bench.huntd("memory"), bench.redis()
    try:
        def used():
            out = subprocess.run(["redis-cli", "-p", str(redis.port), "info", "memory"], capture_output=True, text=True).stdout
            return int(re.search(r"used_memory:(\d+)", out).group(1))
        before_huntd, before_redis = huntd.rss(), used()
        bench.fill(huntd, AWARD)
        bench.fill(redis, ZINCRBY)
        ours, theirs = (huntd.rss() - before_huntd) / ENTRANTS, (used() - before_redis) / ENTRANTS
    finally:
        huntd.close(kill=True)
        redis.close(kill=True)
    return {"row": "bytes-per-entrant", "huntd": ours, "redis": theirs, "ratio": ours / theirs, "ratios": [ours / theirs], "bar": 1, "stretch": 0.6,
            "unit": "x bytes", "less": True}


def submit_row(bench, pairs):
    """hunt-load, as fast as it goes: one answer in ten right, spread over 64 challenges and all entrants."""
    runs = []
    huntd = bench.huntd("submit")
    try:
        for _ in range(pairs):
            before = huntd.cpu()
            out = subprocess.run(
                ["taskset", "-c", str(bench.options.client_core), bench.options.bin + "/hunt-load", "--port", str(huntd.port), "--hunt", "race",
                 "--rate", "max", "--duration", "4s", "--connections", str(CLIENTS), "--pipeline", "64", "--entrants", str(ENTRANTS),
                 "--mix", "submit=1", "--right", "0.1", "--answer", "GOLD", "--json"], capture_output=True, text=True, check=True).stdout
            result = json.loads(out)
            runs.append({"ops": result["achieved_per_s"], "cpu_us": (huntd.cpu() - before) / max(1, result["completed"]) * 1e6,
                         "p50_ms": result["latency_us"]["p50"] / 1000, "p99_ms": result["latency_us"]["p99"] / 1000})
    finally:
        huntd.close(kill=True)
    rates = [r["ops"] / 1e6 for r in runs]
    return {"row": "submit-p64", "runs": {"huntd": runs}, "ratios": rates, "ratio": median(rates), "bar": 1, "stretch": 2, "unit": "M/s"}


def starts(bench, data, times):
    """Starts on `data` and kills, again and again: (events replayed, ms from exec to serving) each time."""
    found = []
    for _ in range(times):
        bench.huntd(data).close(kill=True)
        with open(bench.dir + "/huntd.log") as f:
            said = re.findall(r"recovered (\d+) events .*?in (\d+) ms", f.read())
        if not said:
            sys.exit("bench: huntd did not say what it recovered")
        found.append((int(said[-1][0]), int(said[-1][1])))
    return found


def save(server, seconds=120):
    """Takes a snapshot and waits for it."""
    before, end = server.metric("snapshots_total"), time.time() + seconds
    server.ask("BGSAVE", "SCHEDULE")
    while server.metric("snapshots_total") == before:
        if time.time() > end:
            sys.exit("bench: a snapshot does not end")
        time.sleep(0.02)


def restart_row(bench, pairs):
    """From exec to serving: all entrants in a snapshot, and as many events behind it."""
    huntd = bench.huntd("restart")
    bench.fill(huntd, AWARD)
    save(huntd)
    bench.drive(huntd, AWARD, ENTRANTS, 64)
    huntd.close(kill=True)
    seconds = [ms / 1000 for _, ms in starts(bench, "restart", pairs)]
    return {"row": "restart", "runs": {}, "ratios": seconds, "ratio": median(seconds), "bar": 2, "stretch": 1, "unit": "s", "less": True}


class Saving:
    """A snapshot always runs while the block does."""

    def __init__(self, server):
        self.server, self.over = server, threading.Event()
        self.thread = threading.Thread(target=self.keep_on)

    def keep_on(self):
        while not self.over.wait(0.02):
            if self.server.metric("snapshot_running") == 0:
                self.server.ask("BGSAVE", "SCHEDULE")

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def snapshot_row(bench, pairs):
    """AWARD at pipeline 64 while snapshots of all entrants run, one after the other, beside none."""
    huntd = bench.huntd("snapshot")
    runs = {"huntd": [], "without": []}
    try:
        bench.fill(huntd, AWARD)
        save(huntd)
        for _ in range(pairs):
            runs["without"].append(bench.drive(huntd, AWARD, 2_000_000, 64))
            with Saving(huntd):
                runs["huntd"].append(bench.drive(huntd, AWARD, 2_000_000, 64))
        slice_ms, pass_ms = (huntd.metric(f"snapshot_{what}_ns_max") / 1e6 for what in ("slice", "pass"))
    finally:
        huntd.close(kill=True)
    rate = [a["ops"] / b["ops"] for a, b in zip(runs["huntd"], runs["without"])]
    late = [a["p99_ms"] / b["p99_ms"] for a, b in zip(runs["huntd"], runs["without"])]
    return [{"row": "snapshot", "runs": runs, "ratios": rate, "ratio": median(rate), "bar": 0.8, "stretch": 0.9, "unit": "x ops/s"},
            {"row": "  by p99", "ratios": late, "ratio": median(late), "bar": 3, "stretch": 1.5, "unit": "x ms", "less": True},
            {"row": "  longest slice", "ratios": [slice_ms], "ratio": slice_ms, "bar": 1, "stretch": 0.3, "unit": "ms", "less": True},
            {"row": "  longest pass", "ratios": [pass_ms], "ratio": pass_ms, "bar": 1, "stretch": 0.3, "unit": "ms", "less": True}]


def replay_row(bench, pairs):
    """Events a second into an empty server: as many awards as two passes over all entrants, then kill -9 and start."""
    huntd = bench.huntd("replay")
    bench.drive(huntd, AWARD, 2 * ENTRANTS, 64)
    huntd.close(kill=True)
    rates = [events / max(ms, 1) / 1000 for events, ms in starts(bench, "replay", pairs)]
    return {"row": "replay", "runs": {}, "ratios": rates, "ratio": median(rates), "bar": 1, "stretch": 3, "unit": "M events/s"}


def log_row(bench, pairs):
    """Batches of 128 KiB, each flushed: our log over files that are used again, beside fio (O_DIRECT, one write and one fdatasync a batch) over
    a file that is laid out. Short rounds in turns, five for each pair, for disks drift."""
    log, size, segment, file, rounds = bench.dir + "/log", 16, 64, bench.dir + "/fio", 5 * pairs
    fio = ["fio", "--name=log", "--filename=" + file, "--rw=write", "--bs=128k", f"--size={size}m", "--direct=1", "--fdatasync=1", "--ioengine=psync",
           "--iodepth=1", "--output-format=json"]
    ratios, rates, held, entered, worst, offset = [], [], [], 0, 0, 0
    with open(file, "wb") as laid_out:
        for _ in range(segment):
            laid_out.write(bytes(2**20))
        os.fsync(laid_out.fileno())

    def theirs():
        nonlocal offset
        offset = (offset + size) % segment
        out = subprocess.run(fio + [f"--offset={offset}m"], capture_output=True, text=True, check=True).stdout
        return json.loads(out)["jobs"][0]["write"]["bw_bytes"] / 2**20

    with subprocess.Popen([bench.options.bin + "/bench_disk", log, str(size), str(rounds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ours:
        first = float(ours.stdout.readline())
        for _ in range(rounds):
            fios = theirs()
            ours.stdin.write("\n")
            ours.stdin.flush()
            rate, segments, worst, typical = (float(word) for word in ours.stdout.readline().split())
            ratios.append(rate / fios)
            rates.append((rate, fios))
            entered += int(segments)
            held += [typical] * int(segments)
    shutil.rmtree(log)
    os.remove(file)
    note = (f"huntd {median([r[0] for r in rates]):.0f} MiB/s, fio {median([r[1] for r in rates]):.0f} MiB/s; into new files, which are filled with "
            f"zeros too, {first:.0f} MiB/s; an old file became the next segment {entered} times and held up the shard for {median(held):.2f} ms, "
            f"{worst:.2f} at most")
    return {"row": "log-128k", "rates": rates, "first": first, "ratios": ratios, "ratio": median(ratios), "bar": 0.85, "stretch": 1, "unit": "x fio",
            "note": note}


def show(rows):
    print(f"{'row':30} {'huntd':>26} {'redis':>26} {'echo':>22}   ratio (range)            bar  stretch")
    for row in rows:
        if "skipped" in row:
            print(f"{row['row']:30} skipped: {row['skipped']}")
            continue
        cells = []
        for who in ("huntd", "redis", "echo"):
            runs = row.get("runs", {}).get(who)
            if runs:
                cells.append(f"{median([r['ops'] for r in runs]) / 1e3:8.0f} k/s {median([r['cpu_us'] for r in runs]):6.2f} us")
            elif isinstance(row.get(who), float):
                cells.append(f"{row[who]:.1f} B")
            else:
                cells.append("-")
        better = row["ratio"] <= row["bar"] if row.get("less") else row["ratio"] >= row["bar"]
        print(f"{row['row']:30} {cells[0]:>26} {cells[1]:>26} {cells[2]:>22}   {spread(row['ratios']):20} {row['unit']:10} {row['bar']:>4} {row['stretch']:>6}"
              f"  {'met' if better else 'SHORT'}")
        if "note" in row:
            print(f"{'':30}   {row['note']}")
        for who, runs in row.get("runs", {}).items():
            if runs:
                print(f"{'':30}   {who}: p50 {median([r['p50_ms'] for r in runs]):.2f} ms, p99 {median([r['p99_ms'] for r in runs]):.2f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", help="rows to run: " + ", ".join([r[0] for r in PAIRED] + ["award-durable-p1", "submit-p64", "bytes-per-entrant", "replay", "restart", "snapshot", "log-128k"] + list(tracing.NAMES + puzzles.NAMES)))
    parser.add_argument("--bin", required=True)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--json", help="write everything measured to this file")
    parser.add_argument("--dir", help="folder for data (a real disk, not tmpfs)", default=os.getcwd() + "/build")
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--client-core", type=int, default=1)
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    bench, rows = Bench(options), []
    wanted = lambda name: not options.rows or any(word in name for word in options.rows)
    try:
        print(f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}; "
              f"{subprocess.run(['redis-server', '--version'], capture_output=True, text=True).stdout.strip()}")
        if any(wanted(row[0]) for row in PAIRED):
            servers = bench.huntd(), bench.redis()
            bench.fill(servers[0], AWARD)
            bench.fill(servers[1], ZINCRBY)
            for server, command in zip(servers, (AWARD, ZINCRBY)):
                bench.drive(server, command, ENTRANTS, 64)  # spread the scores
            for row in PAIRED:
                if wanted(row[0]):
                    rows.append(paired_row(bench, servers, row, options.pairs))
            for server in servers:
                server.close(kill=True)
        for name, run in (("award-durable-p1", lambda: durable_row(bench, options.pairs)), ("submit-p64", lambda: submit_row(bench, options.pairs)),
                          ("bytes-per-entrant", lambda: memory_row(bench)), ("replay", lambda: replay_row(bench, options.pairs)),
                          ("log-128k", lambda: log_row(bench, options.pairs)),
                          ("restart", lambda: restart_row(bench, options.pairs)), ("snapshot", lambda: snapshot_row(bench, options.pairs))):
            if wanted(name):
                result = run()
                rows += result if isinstance(result, list) else [result]
        rows += tracing.rows(bench, options.pairs, wanted)
        rows += puzzles.rows(bench, options.pairs, wanted)
        show(rows)
        if options.json:
            with open(options.json, "w") as f:
                json.dump(rows, f, indent=1)
    finally:
        shutil.rmtree(bench.dir, ignore_errors=True)


main()
