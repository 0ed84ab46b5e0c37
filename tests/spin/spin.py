#!/usr/bin/env python3
"""Model checking: spin.py [--work DIR] [--memory MIB] [MODEL…]

Builds each model with each of its options and searches all its states: none may fail. Then each of
its mutants, which must. Prints a line each; exits 1 where one is not as it must be."""
import argparse
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = {
    "mesh": {
        "options": [["CAP=1", "ASKS=2"], ["CAP=3", "ASKS=2"]],
        "mutants": ["LOOK_FIRST", "WAKE_FIRST", "NO_STARVED", "NO_ROOM_WAKE", "PAST_LIST", "DROP_FULL", "FORGET_CREDIT",
                    "TAKE_STARVED"],
    },
    "outbox": {
        "options": [["CRASHES=1"], ["CRASHES=2"], ["TOGETHER", "CRASHES=2"], ["TOGETHER", "WANTS=4", "CRASHES=2"]],
        "mutants": ["ANSWER_BEFORE_FLUSH", "GONE_BEFORE_FLUSH", "ASK_BEFORE_FLUSH", "REPLY_BEFORE_FLUSH", "NO_REASK",
                    "NO_DEDUP", "IGNORE_STAMP", "GONE_FOREVER", "NO_HOLD", "BY_NEWEST"],
    },
}


def search(model, defines, work, memory):
    """(errors, states) of the whole state space."""
    os.makedirs(work, exist_ok=True)
    flags = ["-D" + define for define in defines]
    run = lambda *command: subprocess.run(command, cwd=work, capture_output=True, text=True, check=True).stdout
    run("spin", *flags, "-a", os.path.join(HERE, model + ".pml"))
    run("gcc", "-O2", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=2048", f"-DMEMLIM={memory}", "-w", "-o", "pan", "pan.c")
    out = run("./pan", "-m1000000")
    with open(os.path.join(work, "-".join([model, *defines]) + ".log"), "w", encoding="utf-8") as log:
        log.write(out)
    if "max search depth too small" in out or "Search not completed" in out and "errors: 0" in out:
        return None, 0
    number = lambda pattern: int(float(re.search(pattern, out).group(1)))
    return number(r"errors: (\d+)"), number(r"([\d.e+]+) states, stored")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", default="build/proof/spin")
    parser.add_argument("--memory", type=int, default=1500)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    args = parser.parse_intermixed_args()
    good, total, killed, mutants = True, 0, 0, 0
    for model in args.models:
        for defines in MODELS[model]["options"]:
            errors, states = search(model, defines, args.work, args.memory)
            print(f"spin {model:8} {' '.join(defines):24} {states:>9} states {'ok' if errors == 0 else 'FAULT'}", flush=True)
            good = good and errors == 0
            total += states
        for mutant in MODELS[model]["mutants"]:
            errors, _ = search(model, [mutant], args.work, args.memory)
            dead = bool(errors)
            mutants, killed, good = mutants + 1, killed + dead, good and dead
            print(f"spin {model:8} {mutant:24} {'fails, as it must' if dead else 'SURVIVES'}", flush=True)
    print(f"spin: {total} states, {killed} of {mutants} mutants of the models fail")
    return 0 if good else 1


sys.exit(main())
