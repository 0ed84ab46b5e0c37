#!/usr/bin/env python3
"""probes.py HUNTD: the program's USDT notes are what huntd-probes(7) promises.

Names, one place each, at most ten; arguments' number, order, sizes and forms that libbpf reads; a
semaphore of its own each; a no-op of one byte, never the five that a kernel may make a call of.
Prints one line a fault and exits 1 when there is any. Ends with seeing itself fail."""
import os
import re
import struct
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = "perf/trace/man/huntd-probes.7.scd"
SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "pointer": 8}
SITES = 10
NOP = 0x90
# Immediates, registers, addresses by one register: all that libbpf 1.1 knows.
FORM = re.compile(r"\$-?\d+|%\w+|-?\d*\(%\w+\)")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def sources():
    """All of shard/ but the sites."""
    paths = subprocess.run(["git", "-C", ROOT, "ls-files", "shard/*.c"], capture_output=True, text=True, check=True).stdout.split()
    return "\n".join(read(path) for path in paths if not path.startswith("shard/probe/"))


def of_page(text):
    """name -> [(argument, type)], as the page's section PROBES lists them."""
    probes, name = {}, None
    for line in text[text.index("# PROBES"):text.index("# RECORDS")].splitlines():
        if line.startswith("## "):
            name = line[3:].replace("\\", "")
            probes[name] = []
        found = re.match(r"\t?\*arg(\d+)\* _(\w+)_, (\w+):", line)
        if found:
            assert int(found[1]) == len(probes[name]), line
            probes[name].append((found[2], found[3]))
    return probes


def of_source(text):
    """name -> [argument], as the sites hand them over."""
    return {name: [a.strip() for a in arguments.split(",")]
            for name, arguments in re.findall(r"\tSHOW\(\d+, (\w+), ([^)]*)\)", text)}


def of_program(path):
    """The notes: (name, location, semaphore, [(size, form)])."""
    text = subprocess.run(["readelf", "-nW", path], capture_output=True, text=True, check=True).stdout
    notes = re.findall(r"Provider: (\S+)\s+Name: (\S+)\s+Location: (\S+), Base: \S+ Semaphore: (\S+)\s+Arguments: (.*)", text)
    return [(name, int(at, 16), int(semaphore, 16), [(int(s), f) for s, f in (a.split("@") for a in arguments.split())])
            for provider, name, at, semaphore, arguments in notes if provider == "huntd"]


def byte_of(path):
    """Address -> the byte that is loaded there."""
    with open(path, "rb") as file:
        image = file.read()
    at, size, count = struct.unpack_from("<Q14xHH", image, 32)
    loads = []
    for i in range(count):
        kind, _, offset, address, _, held, _, _ = struct.unpack_from("<IIQQQQQQ", image, at + i * size)
        if kind == 1:
            loads.append((address, held, offset))
    return lambda a: next((image[o + a - v] for v, held, o in loads if v <= a < v + held), None)


def faults_of_names(page, notes):
    names = [n[0] for n in notes]
    for name in sorted(set(names) ^ set(page)):
        yield f"{name}: " + ("not on the page" if name in names else "not in the program")
    for name in sorted(set(names)):
        if names.count(name) > 1:
            yield f"{name}: {names.count(name)} places, one wanted (was it inlined?)"
    if len(names) > SITES:
        yield f"{len(names)} places, {SITES} at most"


def faults_of_notes(page, notes, byte):
    semaphores = [n[2] for n in notes]
    for name, at, semaphore, arguments in notes:
        wanted = [SIZES[kind] for _, kind in page.get(name, [])]
        if [size for size, _ in arguments] != wanted:
            yield f"{name}: arguments of {[s for s, _ in arguments]} bytes, the page says {wanted}"
        yield from (f"{name}: no tracer reads {form}" for _, form in arguments if not FORM.fullmatch(form))
        if semaphore == 0 or semaphores.count(semaphore) > 1:
            yield f"{name}: no semaphore of its own ({semaphore:#x})"
        elif byte(semaphore) != 0:
            yield f"{name}: its semaphore is not a 0 in the file"
        if byte(at) != NOP:
            yield f"{name}: {byte(at)} stands at {at:#x}, not the no-op of one byte"


def faults_of_source(page, source):
    for name, arguments in page.items():
        if source.get(name) != [a for a, _ in arguments]:
            yield f"{name}: hands over {source.get(name)}, the page says {[a for a, _ in arguments]}"


def faults_of_calls(page, sources):
    """A probe that nobody calls never fires."""
    for name in page:
        function = "hd_probe_" + name.replace("__", "_")
        if not re.search(r"\b%s\(" % function, sources):
            yield f"{name}: nobody calls {function}"


def faults_of_records(text, header, errors):
    """The layouts on the page against the structs, the errors' numbers against their table."""
    for struct_name in ("hd_trace_batch", "hd_trace_record"):
        body = header[header.index("struct %s {" % struct_name):]
        fields, at = [], 0
        for kind, names in re.findall(r"^\t(uint\d+_t|char|struct \w+) ([^;]*);", body[:body.index("\n}")], re.M):
            bits = re.search(r"\d+", kind)
            size = int(bits[0]) // 8 if bits else 1
            for name in names.split(","):
                at = (at + size - 1) // size * size
                fields.append((at, re.sub(r"\W.*", "", name.strip())))
                at += size if "[" not in name else 20
        block = text[text.index("struct %s " % struct_name):].split("\n\n")[0].split("```")[0]
        told = [(int(o), n) for o, n in re.findall(r"(?<= )(\d+)  (\w+)", block)]
        if told != fields:
            yield f"{struct_name}: is {fields}, the page says {told}"
    rows = re.findall(r"X\((\w+), \"", errors)
    for number, name in re.findall(r"(\d+) ([A-Z]+)", text[text.index("Errors of overload"):].split("\n\n")[0]):
        if rows.index(name) != int(number):
            yield f"error {name}: is {rows.index(name)}, the page says {number}"


def sees_itself_fail(page, notes, byte):
    """Each of these is a fault, or this test is none."""
    name, at, semaphore, arguments = notes[0]
    others = notes[1:]
    for what, wrong in (("renamed", [(name + "_", at, semaphore, arguments)]),
                        ("inlined twice", [notes[0], (name, at + 64, semaphore + 64, arguments)]),
                        ("an argument more", [(name, at, semaphore, arguments + [(8, "%rax")])]),
                        ("an indexed address", [(name, at, semaphore, [(4, "8(%rax,%rbx,4)")] + arguments[1:])]),
                        ("a shared semaphore", [(name, at, others[0][2], arguments)]),
                        ("no semaphore", [(name, at, 0, arguments)])):
        if not [*faults_of_names(page, wrong + others), *faults_of_notes(page, wrong + others, byte)]:
            yield f"this test does not see: {what}"
    if not list(faults_of_notes(page, notes, lambda a: 0x0f if a == at else byte(a))):
        yield "this test does not see: a no-op of five bytes"


def main(path):
    text = read(PAGE)
    page, notes, byte = of_page(text), of_program(path), byte_of(path)
    if not notes and not any(os.path.exists(f"/usr/include/{d}sys/sdt.h") for d in ("", "x86_64-linux-gnu/")):
        print("skipped: huntd was built without probes: <sys/sdt.h> is of systemtap-sdt-dev")
        return 0
    faults = [*faults_of_names(page, notes), *faults_of_notes(page, notes, byte),
              *faults_of_source(page, of_source(read("shard/probe/probe.c"))),
              *faults_of_calls(page, sources()), *faults_of_records(text, read("include/huntd/trace.h"), read("include/huntd/error.h"))]
    if len(notes) > 1:
        faults += sees_itself_fail(page, notes, byte)
    total = sum(len(n[3]) for n in notes)
    print("\n".join(faults) if faults else f"probes: {len(notes)}, {total} arguments, as huntd-probes(7) says")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: probes.py HUNTD")
    sys.exit(main(sys.argv[1]))
