#!/usr/bin/env python3
"""Style is a test. tidy.py ROOT: lengths, columns, banned calls, include arrows, dead files, READMEs.

Prints one line a fault, `file:line: what`, and exits 1 when there is any."""
import os
import re
import subprocess
import sys

ROOT = sys.argv[1] if len(sys.argv) > 1 else "."
FUNCTION_LINES, FILE_LINES, COLUMNS = 70, 600, 100
TABLES = {"include/huntd/command.h"}  # tables may be longer and wider than prose
BANNED = {
    "core": r"\b(malloc|calloc|realloc|free|printf|fprintf|time|rand|random|getenv|pthread_\w+)\s*\(",
    "shard": r"\b(socket|accept4?|recv|send|open|pread|pwrite|fsync|fdatasync)\s*\(",
    "": r"\b(strcpy|strcat|sprintf|gets|strtok|alloca|system|popen)\s*\(",
}
# May call what its layer may not: it locks the directory before there is any io.
EXEMPT = {("shard/data_dir.c", "shard")}
# Which layers a layer may include; tests and perf may look anywhere.
ARROWS = {"include": set(), "core": {"core"}, "shard": {"core", "shard"}, "net": {"core", "shard", "net"}}
faults = []


def fault(path, line, what):
    faults.append(f"{path}:{line}: {what}")


def tracked(*patterns):
    out = subprocess.run(["git", "-C", ROOT, "ls-files", *patterns], capture_output=True, text=True, check=True)
    return [p for p in out.stdout.split("\n") if p and os.path.exists(os.path.join(ROOT, p))]


def check_lines(path, lines):
    if len(lines) > FILE_LINES and path not in TABLES:
        fault(path, len(lines), f"{len(lines)} lines, {FILE_LINES} at most")
    for number, line in enumerate(lines, 1):
        width = len(line.expandtabs(8))
        if width > COLUMNS and path not in TABLES and not line.lstrip().startswith(("X(", "//")) and "\\" not in line[-2:]:
            fault(path, number, f"{width} columns, {COLUMNS} at most")
        if line != line.rstrip():
            fault(path, number, "white space at the end")
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            fault(path, number, "a task without an issue")


def check_functions(path, lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            if number - start - 1 > FUNCTION_LINES:
                fault(path, start, f"a function of {number - start - 1} lines, {FUNCTION_LINES} at most")
            start = None


def check_calls(path, text):
    layer = path.split("/")[0]
    bare = re.sub(r'"(\\.|[^"\\])*"', '""', re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S))
    for scope in (layer, ""):
        if scope in BANNED and (path, scope) not in EXEMPT:
            for match in re.finditer(BANNED[scope], bare):
                before = bare[: match.start()]
                if before.endswith(("->", ".")):
                    continue
                fault(path, before.count("\n") + 1, f"{match.group(1)} is not called here")


def check_includes(path, text):
    layer = path.split("/")[0]
    if layer not in ARROWS:
        return
    for match in re.finditer(r'#include "([^"]+)"', text):
        target = match.group(1).split("/")[0]
        if target != "huntd" and target not in ARROWS[layer]:
            fault(path, text[: match.start()].count("\n") + 1, f"{layer} may not include {match.group(1)}")


def main():
    sources = tracked("*.c", "*.h")
    texts = {p: open(os.path.join(ROOT, p), encoding="utf-8").read() for p in sources}
    for path, text in texts.items():
        lines = text.split("\n")
        check_lines(path, lines[:-1])
        check_functions(path, lines)
        check_calls(path, text)
        check_includes(path, text)
    included = set(re.findall(r'#include "([^"]+)"', "\n".join(texts.values())))
    for path in texts:
        if path.endswith(".h") and path.removeprefix("include/") not in included and path not in included:
            fault(path, 1, "a header that nobody includes")
    folders = {os.path.dirname(p) for p in sources}
    for folder in sorted(folders | {os.path.dirname(f) for f in folders} - {""}):
        if folder and folder != "include" and not os.path.exists(os.path.join(ROOT, folder, "README.md")):
            fault(folder, 1, "no README.md: what lives here, what never does")
        count = sum(1 for p in sources if os.path.dirname(p) == folder)
        if count > 40:
            fault(folder, 1, f"{count} files in one folder")
    top = {p.split("/")[0] for p in tracked()}
    allowed = {"CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE", "dev", "core", "include", "net", "perf", "shard", "tests"}
    for name in sorted(top - allowed):
        if not name.startswith("."):
            fault(name, 1, "does not belong at the top")
    print("\n".join(faults) if faults else f"tidy: {len(sources)} files")
    return 1 if faults else 0


sys.exit(main())
