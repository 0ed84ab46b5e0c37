#!/usr/bin/env python3
"""Runs the fuzz targets for a time: fuzz.py BIN [--seconds N] [--work DIR] [--keep] [TARGET…]

BIN holds the fuzz_TARGET programs. What is found goes into DIR/TARGET; --keep merges it, minimised,
into corpus/ beside this file. Prints a line a target: executions, how many a second, inputs. Exits
1 where a target found a fault; DIR/TARGET.log names the input."""
import argparse
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "corpus")
LENGTH = {"document": 1500, "log": 1200, "snapshot": 1200}  # the longest input made
KEPT_INPUTS, KEPT_BYTES = 150, 60_000  # of a target's corpus


def targets(folder):
    return sorted(name.removeprefix("fuzz_") for name in os.listdir(folder) if name.startswith("fuzz_"))


def options(target):
    words = os.path.join(HERE, target + ".dict")
    return [f"-max_len={LENGTH.get(target, 600)}"] + ([f"-dict={words}"] if os.path.exists(words) else [])


def run(target, bin_dir, work, seconds):
    found = os.path.join(work, target)
    os.makedirs(found, exist_ok=True)
    log = os.path.join(work, target + ".log")
    with open(log, "w", encoding="utf-8", errors="replace") as out:
        code = subprocess.run(
            [os.path.join(bin_dir, "fuzz_" + target), f"-max_total_time={seconds}", "-print_final_stats=1",
             f"-artifact_prefix={work}/{target}-", "-timeout=10", *options(target), found, os.path.join(CORPUS, target)],
            stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    text = open(log, encoding="utf-8", errors="replace").read()
    number = lambda name: int((re.findall(rf"stat::{name}:\s+(\d+)", text) or [0])[-1])
    runs, speed = number("number_of_executed_units"), number("average_exec_per_sec")
    print(f"fuzz {target:10} {runs:>10} executions {speed:>7}/s {'ok' if code == 0 else 'FAULT, see ' + log}", flush=True)
    return code == 0


def keep(target, bin_dir, work):
    """Of the inputs that together reach all that was reached, some of every size."""
    merged, corpus = os.path.join(work, target + ".merged"), os.path.join(CORPUS, target)
    subprocess.run(["rm", "-rf", merged], check=True)
    for folder in (merged, corpus):
        os.makedirs(folder, exist_ok=True)
    subprocess.run([os.path.join(bin_dir, "fuzz_" + target), "-merge=1", *options(target), merged,
                    os.path.join(work, target), corpus], check=True, capture_output=True)
    for name in os.listdir(corpus):
        if not name.startswith("bug-"):  # regressions stay
            os.remove(os.path.join(corpus, name))
    left = KEPT_BYTES
    by_size = sorted(os.listdir(merged), key=lambda n: os.path.getsize(os.path.join(merged, n)))
    for name in by_size[:: len(by_size) // KEPT_INPUTS + 1]:
        path = os.path.join(merged, name)
        left -= os.path.getsize(path)
        if left < 0:
            break
        os.rename(path, os.path.join(corpus, name[:12]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--work", default="build/proof/fuzz")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("targets", nargs="*")
    args = parser.parse_intermixed_args()
    os.makedirs(args.work, exist_ok=True)
    good = True
    for target in args.targets or targets(args.bin):
        os.makedirs(os.path.join(CORPUS, target), exist_ok=True)
        good = run(target, args.bin, args.work, args.seconds) and good
        if args.keep:
            keep(target, args.bin, args.work)
    return 0 if good else 1


sys.exit(main())
