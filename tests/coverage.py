#!/usr/bin/env python3
"""Branches of the log and of recovery that tests take: coverage.py [--build DIR]

Builds with the preset `coverage` (gcc, no optimisation, assertions aside), runs what is meant to reach
them, and prints a line a file. Branches listed in tests/coverage.txt with their reason do not count;
a listed line that is taken after all, or that is not there, is a fault."""
import argparse
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WANTED = r"shard/(log|snapshot|archive)/|shard/(open|replay)\.c"
TESTS = ("test_log", "test_log_crash", "test_log_recycle", "test_snapshot", "test_snapshot_file", "test_audit",
         "test_snapshot_crash", "test_snapshot_faults", "test_start_faults", "test_taker_faults", "test_heal", "test_log_faults", "test_frame_faults", "test_recycle_faults", "test_archive_faults", "test_scrub_faults", "test_check_faults",
         "test_scrub", "test_shards", "test_shard_snapshots", "test_shard_treasure")


def programs(build):
    yield from ([os.path.join(build, "bin", t)] for t in TESTS if os.path.exists(os.path.join(build, "bin", t)))
    yield [os.path.join(build, "bin", "crash_images"), "--images", "1500"]
    yield [os.path.join(build, "bin", "crash_sweeps"), "--stride", "9"]
    yield [os.path.join(build, "bin", "hunt_sim"), "--seeds", "12", "--from", "1", "--time", "120"]


def listed():
    """{(file, text of the line): reason}"""
    with open(os.path.join(ROOT, "tests/coverage.txt"), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split(" | ") for line in file if line.strip() and not line.startswith("#")]
    return {(row[0], row[1]): row[2] for row in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build/coverage"))
    parser.add_argument("--missing", action="store_true", help="print every line with a branch that is not taken")
    parser.add_argument("--only-report", action="store_true")
    args = parser.parse_args()
    if not args.only_report:
        subprocess.run(["cmake", "--preset", "coverage", "-S", ROOT, "-B", args.build], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["ninja", "-C", args.build, "proof_programs", *(t for t in TESTS if os.path.exists(find(t)))], check=True,
                       stdout=subprocess.DEVNULL)
        for words in programs(args.build):
            done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
            if done.returncode != 0:
                print(done.stdout[-2000:] + done.stderr[-2000:])
                sys.exit(f"{words[0]} failed")
    out = os.path.join(args.build, "coverage.json")
    subprocess.run(["gcovr", "-r", ROOT, args.build, "--json", out, "--exclude-lines-by-pattern", r".*(HD_ASSERT|HD_UNREACHABLE).*",
                    "-f", ".*shard/.*"], check=True, capture_output=True)
    return report(out, args.missing)


def find(test):
    for room in ("unit", "unit/recovery", "story"):
        path = os.path.join(ROOT, "tests", room, test + ".c")
        if os.path.exists(path):
            return path
    return ""


def report(path, missing):
    reasons, used, taken_all, count_all = listed(), set(), 0, 0
    for file in json.load(open(path, encoding="utf-8"))["files"]:
        if not re.match(WANTED, file["file"]):
            continue
        source = open(os.path.join(ROOT, file["file"]), encoding="utf-8").read().split("\n")
        taken = count = excused = 0
        for line in file["lines"]:
            if line.get("gcovr/noncode"):
                continue
            text = source[line["line_number"] - 1].strip()
            branches = line["branches"]
            untaken = sum(1 for b in branches if b["count"] == 0)
            if untaken and (file["file"], text) in reasons:
                used.add((file["file"], text))
                excused += untaken
                count += len(branches) - untaken
                taken += len(branches) - untaken
                continue
            count += len(branches)
            taken += len(branches) - untaken
            if untaken and missing:
                print(f"  {file['file']}:{line['line_number']}: {untaken} of {len(branches)}: {text}")
        taken_all, count_all = taken_all + taken, count_all + count
        print(f"{file['file']:34} {taken:4} of {count:4} branches {excused:3} listed")
    for row in sorted(set(reasons) - used):
        print(f"tests/coverage.txt: is taken, or not there any more: {row[0]}: {row[1]}")
    print(f"branches: {100 * taken_all / max(count_all, 1):.1f} % ({taken_all} of {count_all}) of log and recovery")
    return 0


sys.exit(main())
