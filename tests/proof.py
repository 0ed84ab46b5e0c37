#!/usr/bin/env python3
"""All proofs within a time, and one table of what they reached: proof.py [--time MINUTES] [--skip LAYER,…]

Beside each figure stands the floor that a run is meant to reach; what is below it says so. Logs:
build/proof/LAYER.log. Exits 1 where anything failed; a figure below its floor is no failure.
Needs build/release and build/fuzz (./dev proof builds them)."""
import argparse
import os
import re
import subprocess
import sys
import time

LOGS = "build/proof"
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
rows, failed = [], []


def run(layer, words, seconds):
    """What it said; a failure or a hang is kept for the end."""
    began = time.monotonic()
    path = os.path.join(LOGS, layer + ".log")
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=seconds * 3 + 300)
        said, code = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as late:
        said, code = f"{late.stdout}\nhung\n", 1
    with open(path, "w", encoding="utf-8") as log:
        log.write(said)
    if code != 0:
        failed.append(f"{layer}: see {path}")
    print(f"{'ok  ' if code == 0 else 'FAIL'}  {layer:10} {time.monotonic() - began:4.0f} s", flush=True)
    return said


def number(said, pattern):
    """The sum over all places where the pattern holds a number."""
    return sum(float(found.replace(",", "")) for found in re.findall(pattern, said))


def row(what, reached, floor, unit=""):
    rows.append((what, reached, floor, unit))


def simulation(seconds):
    said = run("sim", ["build/release/bin/hunt_sim", "--time", str(seconds), "--seeds", "1000000", "--from", str(int(time.time()) % 10**8)], seconds)
    row("simulation: seeds", number(said, r"(?:passed|FAILED): (\d+) seeds"), 2000)
    row("simulation: simulated hours", number(said, r"([\d.]+) simulated h"), 300)
    row("simulation: times real time", number(said, r"([\d.]+)x real time"), 1000)


def images(seconds):
    began, total, seed = time.monotonic(), 0, 1
    while time.monotonic() - began < seconds:
        said = run("images", ["build/release/bin/crash_images", "--images", "20000", "--seed", str(seed)], 600)
        found = number(said, r"(\d+) crash images")
        if found == 0:
            break
        total += found
        seed += 1000
    row("crash images", total, 20000)


def sweeps(_):
    said = run("sweeps", ["build/release/bin/crash_sweeps"], 300)
    if os.path.exists("build/asan/bin/test_conn_sends"):
        said += run("sends", ["build/asan/bin/test_conn_sends"], 60)
    row("n-th failures (disk, memory, send)", number(said, r"(\d+) (?:runs|sends failed)"), 2000)


def kills(seconds):
    count = max(20, int(seconds * 1.2))
    said = run("kills", [PYTHON, "tests/crash/crash_loop.py", "build/release/bin", "--kills", str(count)], seconds)
    row("kills of a real server", number(said, r"(\d+) kills, \d+ pauses"), 200)


def fuzz(seconds):
    names = sorted(n.removeprefix("fuzz_") for n in os.listdir("build/fuzz/bin") if n.startswith("fuzz_"))
    said = run("fuzz", [PYTHON, "tests/fuzz/fuzz.py", "build/fuzz/bin", "--work", LOGS + "/fuzz", "--seconds",
                        str(max(5, int(seconds / len(names))))], seconds)
    row("fuzz executions", number(said, r"(\d+) executions"), 20_000_000)
    for name in names:
        row(f"  {name}, a second", number(said, rf"fuzz {name} +\d+ executions +(\d+)/s"), 20000)


def spin(_):
    said = run("spin", [PYTHON, "tests/spin/spin.py", "--work", LOGS + "/spin"], 300)
    row("model checking: states", number(said, r"spin: (\d+) states"), 1)
    row("model mutants that fail", number(said, r"(\d+) of \d+ mutants of the models"), number(said, r"\d+ of (\d+) mutants of the models"))


def mutants(seconds):
    said = run("mutants", [PYTHON, "tests/sim/mutants.py", "--run", "--build", "build/mutants", "--time", "30", "--all-time",
                           str(int(seconds))], seconds)
    row("mutants killed", number(said, r"mutants: (\d+) of"), number(said, r"mutants: \d+ of (\d+)"))
    row("mutants in the table", number(said, r"\((\d+) in the table"), 40)


def coverage(_):
    said = run("coverage", [PYTHON, "tests/coverage.py"], 600)
    row("branches of log and recovery", number(said, r"branches: ([\d.]+) %"), 100, " %")


LAYERS = {  # share of the time; 0: takes what it takes
    "simulation": (simulation, 0.35), "images": (images, 0.10), "sweeps": (sweeps, 0), "kills": (kills, 0.15),
    "fuzz": (fuzz, 0.20), "spin": (spin, 0), "mutants": (mutants, 0.20), "coverage": (coverage, 0),
}


def table():
    print(f"\n{'':36} {'reached':>14} {'floor':>14}")
    for what, reached, floor, unit in rows:
        figure = f"{reached:,.1f}" if reached % 1 else f"{reached:,.0f}"
        print(f"{what:36} {figure + unit:>14} {f'{floor:,.0f}' + unit:>14}  {'' if reached >= floor else 'below'}".rstrip())
    print("\n" + ("\n".join(failed) if failed else "nothing failed"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", type=float, default=20, help="minutes in all")
    parser.add_argument("--skip", default="", help=", ".join(LAYERS))
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    os.makedirs(LOGS, exist_ok=True)
    skip, only = args.skip.split(","), args.only.split(",") if args.only else list(LAYERS)
    fixed = 300  # sweeps, models and coverage
    for name, (layer, share) in LAYERS.items():
        if name not in skip and name in only:
            layer(max(10, (args.time * 60 - fixed) * share))
    table()
    return 1 if failed else 0


sys.exit(main())
