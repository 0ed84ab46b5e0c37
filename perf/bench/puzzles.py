"""Puzzles beside outside tools: rows of ./dev bench puzzles, the goal table of huntd's puzzle engine.

Each row runs huntd's bench_puzzle and the outside tool in turn on the same core and compares puzzles a
second of CPU time (user time of the tool's process; its start counts, so it is given enough to do). The
tools are Debian's sgt-puzzles and qqwing, and a plain dancing-links solver (bench_dlx). SGT's solver
says its time as the user time with --test-solve less twice that of reading and saving alone."""
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SGT = "/usr/games/sgt-"
TIERS = (  # sudoku's, SGT's params, how many SGT makes a run, bar, stretch
    ("trivial", "3x3dt", 1500, 5, 10), ("basic", "3x3db", 800, 5, 10), ("intermediate", "3x3di", 60, 5, 20),
    ("advanced", "3x3da", 20, 15, 20), ("extreme", "3x3de", 30, 12, 20), ("unreasonable", "3x3du", 10, 40, 55))
REPORTED = (  # made without a goal: kind, params, tier
    ("nonogram", "15x15", "line"), ("nonogram", "15x15", "probe"), ("nonogram", "25x25", "search"),
    ("slitherlink", "10x10t0", "easy"), ("slitherlink", "10x10t0", "tricky"), ("slitherlink", "10x10t0", "hard"),
    ("wordsearch", "15x15", "medium"), ("lightsout", "7x7c", "medium"), ("cryptogram", "120", "medium"))
MIX = (  # of the whole: challenge, its puzzle, its share in per cent
    ("sudoku", "{kind: sudoku, tier: intermediate}", 25), ("nonogram", "{kind: nonogram, params: 15x15, tier: line}", 25),
    ("slitherlink", "{kind: slitherlink, params: 10x10t0, tier: easy}", 10), ("cryptogram", "{kind: cryptogram, params: 120}", 10),
    ("words", "{kind: wordsearch}", 15), ("lights", "{kind: lightsout}", 15))


def median(values):
    return statistics.median(values)


class Tools:
    """The programs, run on the client's core, and how long their processors took."""

    def __init__(self, bench):
        self.bin, self.core, self.dir = bench.options.bin, str(bench.options.client_core), bench.dir

    def run(self, *argv, given=None):
        done = subprocess.run(["taskset", "-c", self.core, *argv], input=given, capture_output=True, text=True, check=True)
        return done.stdout

    def user_seconds(self, *argv, given=None):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        out = self.run(*argv, given=given)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, out

    def file(self, name, lines):
        path = os.path.join(self.dir, name)
        with open(path, "w") as file:
            file.writelines(line + "\n" for line in lines)
        return path

    def figures(self, *argv):
        """`key value` pairs of a bench program's line."""
        words = self.run(os.path.join(self.bin, argv[0]), *argv[1:]).split()
        return {key: float(value) for key, value in zip(words[::2], words[1::2])}

    def convert(self, kind, to, lines):
        return self.run(self.bin + "/huntctl", "puzzle", "convert", "--kind", kind, "--to", to,
                        given="".join(line + "\n" for line in lines)).splitlines()

    def make(self, kind, params, tier, seconds=1.0):
        return self.figures("bench_puzzle", "make", kind, params, tier, str(seconds))["per_second"]

    def solve(self, kind, path, repeat=1):
        return self.figures("bench_puzzle", "solve", kind, path, str(repeat))

    def sgt_makes(self, program, params, count):
        seconds, _ = self.user_seconds(SGT + program, "--generate", str(count), params)
        return count / max(seconds, 1e-3)

    def sgt_solves(self, program, lines):
        """Solves a second; it ends at the first that it cannot solve, so these must be its own."""
        given = "".join(line + "\n" for line in lines)
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            save = ("--save", folder + "/p", "--save-suffix", ".s")
            solving, _ = self.user_seconds(SGT + program, "--test-solve", *save, given=given)
            if len(os.listdir(folder)) != len(lines):
                raise RuntimeError(f"sgt-{program} left {len(os.listdir(folder))} of {len(lines)}")
            reading, _ = self.user_seconds(SGT + program, *save, given=given)
        return len(lines) / max(solving - 2 * reading, 1e-3)


def row_of(name, ratios, bar, stretch, note, unit="x", less=False):
    return {"row": name, "ratios": ratios, "ratio": median(ratios), "bar": bar, "stretch": stretch, "unit": unit, "less": less, "note": note}


def against(name, pairs, ours, theirs, tool, bar, stretch):
    """One row: `ours` and `theirs` give puzzles a second, in turn."""
    runs = [(ours(), theirs()) for _ in range(pairs)]
    note = f"huntd {median([o for o, _ in runs]):,.0f}/s, {tool} {median([t for _, t in runs]):,.0f}/s"
    return row_of(name, [o / t for o, t in runs], bar, stretch, note)


def sudoku_count(tools, pairs):
    """To two, on the hardest that SGT makes, and on minimal ones of qqwing."""
    rows = []
    hard = tools.run(SGT + "solo", "--generate", "300", "3x3adu").splitlines()
    minimal = tools.run("/usr/games/qqwing" if os.path.exists("/usr/games/qqwing") else "qqwing", "--generate", "2000", "--one-line").split()
    for name, lines, repeat in (("sgt-du", hard, 40), ("qqwing", tools.convert("sudoku", "sgt", minimal), 8)):
        texts = tools.file(f"sudoku-{name}", lines)
        digits = tools.file(f"sudoku-{name}-81", [line.replace("0", ".") for line in tools.convert("sudoku", "81", lines)])
        rows.append(against(f"puzzles-sudoku-count-{name}", pairs, lambda: tools.solve("sudoku", texts, repeat)["per_second"],
                            lambda: tools.figures("bench_dlx", digits, str(max(1, repeat // 8)))["per_second"], "DLX", 6, 9))
    return rows


def sudoku_make(tools, pairs):
    return [against(f"puzzles-sudoku-{tier}", pairs, lambda: tools.make("sudoku", "3x3", tier),
                    lambda: tools.sgt_makes("solo", params, count), "sgt-solo", bar, stretch)
            for tier, params, count, bar, stretch in TIERS]


def nonogram(tools, pairs):
    lines = tools.run(SGT + "pattern", "--generate", "200", "30x30").splitlines()
    texts = tools.file("nonogram", lines)
    return [against("puzzles-nonogram-solve", pairs, lambda: tools.solve("nonogram", texts, 20)["per_second"],
                    lambda: tools.sgt_solves("pattern", lines * 3), "sgt-pattern", 8, 13),
            against("puzzles-nonogram-make", pairs, lambda: tools.make("nonogram", "30x30", "line"),
                    lambda: tools.sgt_makes("pattern", "30x30", 200), "sgt-pattern", 5, 10)]


def slitherlink(tools, pairs):
    lines = tools.run(SGT + "loopy", "--generate", "200", "10x10t0dn").splitlines()
    texts = tools.file("slitherlink", lines)
    return [against("puzzles-slitherlink-make", pairs, lambda: tools.make("slitherlink", "10x10t0", "normal"),
                    lambda: tools.sgt_makes("loopy", "10x10t0dn", 200), "sgt-loopy", 3, 6),
            against("puzzles-slitherlink-solve", pairs, lambda: tools.solve("slitherlink", texts, 40)["per_second"],
                    lambda: tools.sgt_solves("loopy", lines * 10), "sgt-loopy", 4, 8)]


def lightsout(tools, pairs):
    return [against("puzzles-lightsout-make", pairs, lambda: tools.make("lightsout", "5x5c", "easy"),
                    lambda: tools.sgt_makes("flip", "5x5c", 60000), "sgt-flip", 1, 3)]


def cryptogram(tools, pairs):
    """The mean time of one proof over texts of 90 to 260 letters, as they are dealt."""
    lines = []
    for letters in ("90", "120", "180", "260"):
        lines += tools.run(tools.bin + "/huntctl", "puzzle", "deal", "--kind", "cryptogram", "--params", letters, "--count", "250",
                           "--seed", "bench").splitlines()
    path = tools.file("cryptogram", lines)
    runs = [tools.solve("cryptogram", path) for _ in range(pairs)]
    unique = int(runs[0]["unique"])
    return [row_of("puzzles-cryptogram-proof", [r["mean_ns"] / 1e6 for r in runs], 0.5, 0.2,
                   f"{unique} of {len(lines)} dealt texts proved unique", "ms", True)]


def reported(tools, pairs):
    rows = []
    for kind, params, tier in REPORTED:
        rates = [tools.make(kind, params, tier) for _ in range(min(pairs, 3))]
        rows.append(row_of(f"puzzles-{kind}-{tier}", rates, 0, 0, f"{params}: made, proved and graded; no goal", "/s"))
    return rows


def audit(tools, _):
    """A slice; the million is `audit_puzzles --count 1000000`."""
    out = tools.run(tools.bin + "/audit_puzzles", "--count", "50000", "--seed", str(int(time.time())))
    dealt, refuted = map(int, re.search(r"(\d+) dealt, (\d+) refuted", out.splitlines()[-1]).groups())
    return [row_of("puzzles-audit", [refuted], 0, 0, f"{refuted} of {dealt:,} refuted by a second solver", "refuted", True)]


# In a server: the shard on one core, the load on the other, where the forge's threads run too.

def info(server):
    """INFO's numbers."""
    with socket.create_connection(("127.0.0.1", server.port), 30) as s:
        s.sendall(b"*2\r\n$4\r\nINFO\r\n$10\r\neverything\r\n")
        reader = s.makefile("rb")
        text = reader.read(int(reader.readline()[1:])).decode()
    return dict(re.findall(r"^([a-z0-9_.|]+):(.*?)\r?$", text, re.M))


def serve(bench, name, challenges, *extra):
    hunts = os.path.join(bench.dir, name + "-hunts")
    os.makedirs(hunts, exist_ok=True)
    with open(hunts + "/race.yaml", "w") as file:
        file.write("hunt: race\nauto_join: true\nboards: [{id: main}]\nchallenges:\n  - {id: gold, points: 1, answers: [GOLD]}\n")
        file.writelines(f"  - {{id: {id}, kind: puzzle, puzzle: {puzzle}, points: 10}}\n" for id, puzzle in challenges)
    core, bench.options.server_core = bench.options.server_core, f"{bench.options.server_core},{bench.options.client_core}"
    try:
        return bench.huntd(name, "--hunts", hunts, *extra)
    finally:
        bench.options.server_core = core


def filled(server, seconds=300):
    """Waits until the pools are full."""
    end = time.time() + seconds
    while time.time() < end:
        now = info(server)
        if int(now["puzzle_low_water"]) > 0 and int(now["puzzle_ready"]) >= 0.98 * int(now["puzzle_low_water"]):
            return
        time.sleep(0.25)
    raise RuntimeError("the pools are not filled: " + str({k: v for k, v in now.items() if "puzzle" in k}))


def deal(bench, server, total):
    """Deals a second: so many entrants ask for a puzzle each, the kinds in their shares."""
    before, start = int(info(server)["puzzle_deals_total"]), time.monotonic()
    clients = [subprocess.Popen(
        ["taskset", "-c", str(bench.options.client_core), "redis-benchmark", "--csv", "-p", str(server.port), "-c", "8", "-P", "4", "-n",
         str(total * share // 100), "-r", "1000000000", "HUNT.PUZZLE", "p:__rand_int__", "race", id],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for id, _, share in MIX]
    for client in clients:
        client.wait(600)
    took = time.monotonic() - start
    return (int(info(server)["puzzle_deals_total"]) - before) / took, took


def whole(bench, pairs):
    """Dealt in a hunt, durably: from full pools, and cold."""
    rates, cold, took = [], [], 0
    challenges = [(id, puzzle) for id, puzzle, _ in MIX]
    for run in range(min(pairs, 3)):
        server = serve(bench, f"deals{run}", challenges, "--set", "puzzle_pool=16000", "--set", "puzzle_cache=1GiB")
        try:
            filled(server)
            rate, took = deal(bench, server, 60000)
            rates.append(rate)
        finally:
            server.close(kill=True)
        server = serve(bench, f"cold{run}", challenges, "--set", "puzzle_pool=1")
        try:
            cold.append(deal(bench, server, 3000)[0])
        finally:
            server.close(kill=True)
    return [row_of("puzzles-dealt", rates, 10000, 50000, f"60,000 in {took:.1f} s; cold {median(cold):,.0f}/s", "/s")]


def refilling(bench, pairs):
    """What HUNT.AWARD takes at 5,000 a second, p99.9 in the server, while two heavy tiers refill and while none do."""
    heavy = (("grid", "{kind: sudoku, tier: unreasonable}"), ("loop", "{kind: slitherlink, tier: hard}"))
    off = ("--durability", "off")
    busy = serve(bench, "heavy", heavy, "--set", "puzzle_pool=1000000", "--set", "puzzle_cache=4GiB", *off)
    idle = serve(bench, "light", (), *off)
    added, slices = [], "0"

    def late(server):
        server.ask("CONFIG", "RESETSTAT")
        subprocess.run(["taskset", "-c", str(bench.options.client_core), bench.options.bin + "/hunt-load", "--port", str(server.port), "--hunt",
                        "race", "--rate", "5000", "--duration", "8s", "--connections", "20", "--entrants", "10000", "--mix", "award=1"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        said = info(server)
        return float(re.search(r"p99\.9=([0-9.]+)", next(v for k, v in said.items() if "percentiles" in k and "award" in k.lower())).group(1)), said

    try:
        for _ in range(pairs):
            without, _ = late(idle)
            during, said = late(busy)
            added.append(during - without)
            slices = said.get("puzzle_made_total", "0")
    finally:
        busy.close(kill=True)
        idle.close(kill=True)
    return [row_of("puzzles-refilling", added, 100, 50, f"added to p99.9 while the pools refill; {slices} made meanwhile", "us", True)]


ROWS = {"puzzles-sudoku-count": sudoku_count, "puzzles-sudoku-make": sudoku_make, "puzzles-nonogram": nonogram,
        "puzzles-slitherlink": slitherlink, "puzzles-lightsout": lightsout, "puzzles-cryptogram": cryptogram,
        "puzzles-reported": reported, "puzzles-audit": audit}
SERVED = {"puzzles-dealt": whole, "puzzles-refilling": refilling}
NAMES = tuple(ROWS) + tuple(SERVED)


def rows(bench, pairs, wanted):
    tools, found = Tools(bench), []
    for name, run in ROWS.items():
        if not wanted(name):
            continue
        if "audit" not in name and "cryptogram" not in name and not os.path.exists(SGT + "solo"):
            sys.exit("bench: these rows need Debian's sgt-puzzles and qqwing")
        found += run(tools, pairs)
    for name, run in SERVED.items():
        if wanted(name):
            found += run(bench, pairs)
    return found
