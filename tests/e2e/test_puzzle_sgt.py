#!/usr/bin/env python3
"""Puzzles against Simon Tatham's collection: its programs solve ours, we solve theirs, and both say the
same of how hard they are. Debian's sgt-puzzles; what its exit codes do not say is read from its moves.

  test_puzzle_sgt.py BIN_DIR [--count N]     N: instances of each kind and tier (default 12)
"""
import os
import re
import subprocess
import sys
import tempfile

from hunt import check, same, story

SGT = "/usr/games/sgt-%s"
# huntctl's kind, its params, and of each tier: our name, and what SGT's generator calls it.
KINDS = {
    "sudoku": ("solo", "3x3", {"trivial": "3x3dt", "basic": "3x3db", "intermediate": "3x3di", "advanced": "3x3da",
                               "extreme": "3x3de", "unreasonable": "3x3du"}),
    "sudoku x": ("solo", "3x3x", {"basic": "3x3xdb", "intermediate": "3x3xdi"}),
    "sudoku jigsaw": ("solo", "9j", {"basic": "9jdb", "intermediate": "9jdi"}),
    "nonogram": ("pattern", "15x15", {"line": "15x15"}),
    "nonogram large": ("pattern", "30x30", {"line": "30x30"}),
    "slitherlink": ("loopy", "10x10t0", {"easy": "10x10t0de", "normal": "10x10t0dn", "tricky": "10x10t0dt",
                                         "hard": "10x10t0dh"}),
    "lightsout": ("flip", "5x5c", {"": "5x5c"}),
}


def run(*words, given=""):
    done = subprocess.run(words, input=given, capture_output=True, text=True, timeout=300)
    same(" ".join(words[:4]), (done.returncode, done.stderr), (0, ""))
    return done.stdout.splitlines()


def huntctl(*words, given=()):
    return run(os.path.join(sys.argv[1], "huntctl"), "puzzle", *words, given="".join(line + "\n" for line in given))


def sgt_made(program, params, count):
    return run(SGT % program, "--generate", str(count), params)


def sgt_solution(program, text):
    """The solution that SGT's own solver finds, in huntctl's form; None: it found none, or not all of it."""
    with tempfile.TemporaryDirectory() as folder:
        saved = os.path.join(folder, "game")
        subprocess.run([SGT % program, "--generate", "1", "--test-solve", "--save", saved, text],
                       capture_output=True, timeout=120)
        if not os.path.exists(saved + "0"):
            return None
        with open(saved + "0", encoding="latin-1") as file:
            move = re.search(r"^SOLVE +:\d+:S(.*)$", file.read(), re.MULTILINE)
    if not move:
        return None
    move = move.group(1)
    width, height = map(int, re.match(r"(\d+)x(\d+)", text).groups()) if program != "solo" else (9, 9)
    if program == "solo":
        digits = move.replace(",", "")
        return digits if len(digits) == 81 else None
    if program == "pattern":
        return "/".join(move[row * width:(row + 1) * width] for row in range(height)) if len(move) == width * height else None
    if program == "loopy":
        edges = re.findall(r"(\d+)([yn])", move)
        whole = sorted(int(edge) for edge, _ in edges) == list(range(width * (height + 1) + (width + 1) * height))
        return "S" + move if whole else None
    return "S" + move


def verified(kind, text, solution):
    return huntctl("verify", "--kind", kind, given=[text + "\t" + solution]) == ["ok"]


def ours_are_solved_by_sgt():
    for name, (program, params, tiers) in KINDS.items():
        kind = name.split()[0]
        for tier in tiers:
            words = ["--tier", tier] if tier else []
            texts = huntctl("deal", "--kind", kind, "--params", params, "--seed", "sgt", "--count", str(COUNT), *words)
            same("%s %s: as many as asked" % (name, tier), len(texts), COUNT)
            mine = huntctl("solve", "--kind", kind, given=texts)
            for text, solution in zip(texts, mine):
                theirs = sgt_solution(program, text)
                check("%s %s: SGT solves it" % (name, tier), theirs is not None, text)
                if program == "flip":  # any set of presses will do for SGT
                    check("%s: it can be solved" % name, theirs.startswith("S"), text)
                    continue
                same("%s %s: as we do: %s" % (name, tier, text), theirs, solution)
                check("%s %s: our verifier agrees" % (name, tier), verified(kind, text, theirs), text)


def theirs_are_solved_by_us():
    for name, (program, _, tiers) in KINDS.items():
        kind = name.split()[0]
        for tier, params in tiers.items():
            texts = sgt_made(program, params, COUNT)
            same("%s %s: SGT made them" % (name, tier), len(texts), COUNT)
            verdicts = huntctl("count", "--kind", kind, given=texts)
            solutions = huntctl("solve", "--kind", kind, given=texts)
            for text, verdict, solution in zip(texts, verdicts, solutions):
                if program == "flip":
                    check("lightsout: it can be solved", verdict in ("unique", "many"), text, verdict)
                    if verdict == "many":  # as few presses in two ways
                        continue
                else:
                    same("%s %s: one solution: %s" % (name, tier, text), verdict, "unique")
                check("%s %s: and it is one" % (name, tier), verified(kind, text, solution), text, solution)


def both_say_how_hard():
    """SGT makes each at exactly the difficulty that was asked for."""
    for name, (program, _, tiers) in KINDS.items():
        for tier, params in tiers.items():
            if not tier:
                continue
            texts = sgt_made(program, params, COUNT)
            graded = huntctl("grade", "--kind", name.split()[0], given=texts)
            wrong = [(text, said) for text, said in zip(texts, graded) if said.split()[0] != tier]
            same("%s: SGT's %s are ours" % (name, tier), wrong, [])


def what_sgt_refuses_has_no_single_solution():
    """A puzzle without its last clues has many solutions, for both."""
    bare = "3x3:" + "zzzc"
    same("an empty grid", huntctl("count", "--kind", "sudoku", given=[bare]), ["many"])
    same("SGT finds no single solution either", sgt_solution("solo", bare), None)
    same("twice the same digit in a row", huntctl("count", "--kind", "sudoku", given=["3x3:5_5zzza"]), ["none"])


COUNT = int(sys.argv[sys.argv.index("--count") + 1]) if "--count" in sys.argv else 12
story(ours_are_solved_by_sgt, theirs_are_solved_by_us, both_say_how_hard, what_sgt_refuses_has_no_single_solution)
