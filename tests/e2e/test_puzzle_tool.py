#!/usr/bin/env python3
"""huntctl puzzle: every work on every kind that there is, in every form, and what is no puzzle."""
import pty
import resource
import select
import signal
import xml.etree.ElementTree

from hunt import *


def tool(*words, text="", code=0):
    """Standard output, of what ended with this exit code."""
    done = subprocess.run([BIN + "/huntctl", "puzzle", *words], capture_output=True, text=True, input=text, timeout=120)
    same("huntctl puzzle %s: %s" % (" ".join(words), done.stderr), done.returncode, code)
    return done.stdout if code < 2 else done.stderr


def lines(*words, **how):
    return tool(*words, **how).splitlines()


def facts(*words, **how):
    return [json.loads(line) for line in lines(*words, "--json", **how)]


def each_kind(chapter):
    def told():
        for kind in json.loads(tool("kinds", "--json")):
            chapter(kind)
    told.__name__ = chapter.__name__
    return told


def dealt(kind, count=3, seed="e2e", **options):
    words = [word for name, value in options.items() for word in ("--" + name, value)]
    return facts("deal", "--kind", kind["kind"], "--count", str(count), "--seed", seed, *words)


def asked(work, kind, *texts, **how):
    return lines(work, "--kind", kind["kind"], text="".join(text + "\n" for text in texts), **how)


def help_and_mistakes():
    text = tool("--help").splitlines()
    check("help fits a screen", len(text) <= 24 and max(map(len, text)) <= 100, text)
    check("it starts with an example", "Try:" in text[0] and "huntctl puzzle deal" in text[2], text[:3])
    same("each work has it", tool("solve", "--help"), tool("--help"))
    for words, said in ((["solv"], "did you mean `solve`"), (["deal"], "--kind KIND; there are: "),
                        (["deal", "--kind", "lightout"], "did you mean `lightsout`"),
                        (["deal", "--kind", "lightsout", "--tier", "hrd"], "did you mean `hard`"),
                        (["deal", "--kind", "lightsout", "--params", "huge"], "; got `huge`"),
                        (["deal", "--kind", "lightsout", "--phrase", "R2D2"], "4 to 24 letters"),
                        (["count", "--kind", "lightsout", "--seed", "x"], "takes no --seed"),
                        (["convert", "--kind", "lightsout"], "convert needs --to"),
                        (["render", "--kind", "lightsout", "--to", "png"], "text or svg"),
                        (["kinds", "more"], "usage: huntctl puzzle kinds\n"),
                        (["solve", "a", "b"], "usage: huntctl puzzle solve [FILE]\n"),
                        (["convert", "a", "b", "c"], "usage: huntctl puzzle convert --to ")):
        err = tool(*words, code=2)
        check("one line that helps: %s" % words, said in err and err.count("\n") == 1, err)
    for file in ("/no/such", "/"):
        err = subprocess.run([BIN + "/huntctl", "puzzle", "count", "--kind", "lightsout", file],
                             capture_output=True, text=True, timeout=30)
        check("what cannot be read: %s" % file, err.returncode == 1 and "cannot read" in err.stderr,
              err.returncode, err.stderr)


def the_table_of_kinds():
    kinds = json.loads(tool("kinds", "--json"))
    check("there are kinds", len(kinds) > 0)
    text = tool("kinds")
    for kind in kinds:
        check("its name and tiers are shown", all(word in text for word in [kind["kind"], *kind["tiers"]]), text)
        check("three levels at least", len(kind["tiers"]) >= 3)
        for level in ("easy", "medium", "hard"):
            check("%s is one of its tiers" % level, kind[level] in kind["tiers"], kind)


@each_kind
def dealing(kind):
    some = dealt(kind)
    same("the same seed, the same puzzles", dealt(kind), some)
    check("another seed, others", dealt(kind, seed="other")[0]["text"] != some[0]["text"])
    check("each is another", len({one["text"] for one in some}) == 3 and len({one["answer"] for one in some}) == 3)
    same("as text: the same", lines("deal", "--kind", kind["kind"], "--count", "3", "--seed", "e2e"),
         [one["text"] for one in some])
    same("medium if not said", {one["tier"] for one in some}, {kind["medium"]})
    same("the default size if not said", {one["params"] for one in some}, {kind["default"]})
    same("a phrase that was given", dealt(kind, 1, phrase="Pieces of Eight!")[0]["answer"], "PIECESOFEIGHT")
    check("random without a seed",
          lines("deal", "--kind", kind["kind"]) != lines("deal", "--kind", kind["kind"]))


def digits_of(one):
    """The digits of an instance's cells, by rows from the top; None: not by this simple reader."""
    if one["kind"] == "sudoku":
        return 9, 9, [int(digit) - 1 for digit in one["solution"]]
    rows = one["solution"].split("/")
    if one["kind"] == "nonogram":
        return len(rows[0]), 2, [int(digit) for row in rows for digit in row]
    if one["kind"] == "lightsout":
        return int(one["params"].split("x")[0]), 2, [int(digit) for digit in one["solution"][1:]]
    return None


@each_kind
def the_overlay_spells_the_answer(kind):
    for one in dealt(kind):
        same("where the answer stands", (kind["answer"] == "overlay"), len(one["overlay"]) == len(one["answer"]))
        if not one["overlay"] or not digits_of(one):
            continue
        width, base, digits = digits_of(one)
        spelt = ""
        for mark in one["overlay"]:
            number = 0
            for row, column in mark["cells"]:
                number = number * base + digits[row * width + column]
            spelt += chr((ord(mark["letter"]) - ord("A") + number) % 26 + ord("A"))
        same("read with the solution", spelt, one["answer"])


@each_kind
def solving(kind):
    some = dealt(kind)
    texts, solutions = [one["text"] for one in some], [one["solution"] for one in some]
    same("count", asked("count", kind, *texts), ["unique"] * 3)
    same("solve", asked("solve", kind, *texts), solutions)
    same("verify", asked("verify", kind, *(t + "\t" + s for t, s in zip(texts, solutions))), ["ok"] * 3)
    same("another's solution", asked("verify", kind, texts[0] + "\t" + solutions[1]), ["wrong"])
    same("no solution at all", asked("verify", kind, texts[0] + "\t"), ["wrong"])
    hints = asked("hint", kind, *texts)
    check("a hint each, in words", len(hints) == 3 and all(len(hint) > 3 for hint in hints), hints)
    told = facts("solve", "--kind", kind["kind"], text="\n".join(texts))
    same("JSON: the same", [(f["line"], f["verdict"], f["solution"]) for f in told],
         [(i + 1, "unique", s) for i, s in enumerate(solutions)])
    same("the answer is read from what was dealt", [fact["answer"] for fact in facts(
        "solve", text="".join(json.dumps({**one, "answer": "x", "solution": "x"}) + "\n" for one in some))],
         [one["answer"] for one in some])
    same("JSON in, without --kind", lines("solve", text="".join(json.dumps(one) + "\n" for one in some)), solutions)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\r\n".join(texts))
        file.flush()
        same("a file, its last line without an end", lines("count", "--kind", kind["kind"], file.name), ["unique"] * 3)
        same("- is stdin", lines("count", "--kind", kind["kind"], "-", text=texts[0]), ["unique"])


@each_kind
def grading(kind):
    for level in ("easy", "medium", "hard"):
        some = dealt(kind, tier=level)
        same("dealt in that tier", {one["tier"] for one in some}, {kind[level]})
        same("and graded so", asked("grade", kind, *(one["text"] for one in some)), [kind[level]] * 3)


@each_kind
def what_is_no_puzzle(kind):
    one = dealt(kind, 1)[0]
    bad = ["nonsense", "", "x" * 200000, "{", '{"kind": "zebra", "text": "x"}', '{"text": 5}', one["text"][:-1] + "\x01",
           one["text"] + "\tnot a solution", json.dumps({**one, "overlay": [{"letter": "a", "cells": []}]})]
    text = "\n".join([one["text"], *bad, one["text"]]) + "\n"
    out = lines("count", "--kind", kind["kind"], text=text, code=1)
    same("a line for each", len(out), len(bad) + 2)
    same("the good ones are answered", (out[0], out[-1], out[-3]), ("unique",) * 3)
    check("the others say what is wrong", all(line.startswith("error: ") and len(line) > 10
                                              for line in out[1:-3] + [out[-2]]), out)
    told = [json.loads(line) for line in tool("count", "--kind", kind["kind"], "--json", text=text, code=1).splitlines()]
    same("JSON: in their places", [fact["line"] for fact in told if "error" in fact], [*range(2, 9), 10])
    same("verify without a solution", asked("verify", kind, one["text"], code=1)[0].split(":")[0], "error")


def what_it_was_taken_for():
    """One line each; where a form's length or letters fit, that form's fault and its column."""
    empty = "." * 81
    for kind, text, said in (
            ("sudoku", empty[1:] + "a", "81 characters: character 81 is `a`; allowed: 1-9, 0 or ."),
            ("sudoku", empty[1:], "81 characters: there are 80"), ("sudoku", empty + "1", "81 characters: there are 82"),
            ("sudoku", empty[:40] + "\0" + empty[41:], "character 41 is byte 0x00"),
            ("sudoku", "nonsense", "no colon; nor is it 81 characters"), ("sudoku", "3x3:zz\0", "character 7 is byte 0x00"),
            ("sudoku", "3x3:zz", "fewer than 81 cells"), ("cryptogram", "nonsense", "there is no colon"),
            ("lightsout", "7x7c:xyz", "hex digits"), ("nonogram", "1" * 13000, "it has 13000 bytes; 12288 at most")):
        out = lines("count", "--kind", kind, text=text + "\n", code=1)
        check("%s: %r" % (kind, text[:20]), len(out) == 1 and said in out[0], out)


def what_is_no_text():
    """A fact in its place, also for bytes that are no characters, and where one is cut."""
    told = facts("count", text='{"kind":"a%s","text":"x"}\n' % ("\u00e9" * 60), code=1)
    check("cut between two characters", told[0]["line"] == 1 and "`a\u00e9" in told[0]["error"]
          and "\u00e9` is no kind" in told[0]["error"], told)
    done = subprocess.run([BIN + "/huntctl", "puzzle", "count", "--json"], capture_output=True, timeout=30,
                          input=b'{"kind":"\xff\xfe","text":"x"}\n{"kind":"sudoku","text":"3x3:\xc3"}\n\xff\n')
    same("an error for each", [sorted(json.loads(line)) for line in done.stdout.splitlines()], [["error", "line"]] * 3)
    with tempfile.TemporaryDirectory() as folder:
        out = os.fsencode(folder) + b"/d\xff"
        done = subprocess.run([BIN + "/huntctl", "puzzle", "convert", "--kind", "sudoku", "--to", "text", "--json", "--out", out],
                              capture_output=True, timeout=30, input=b"3x3:zzzc\n")
        same("a file's name", json.loads(done.stdout), {"line": 1, "file": folder + "/d?/000001.txt"})
        check("written by its own name", os.path.exists(out + b"/000001.txt"))


def overlays_that_are_none():
    one = facts("deal", "--kind", "lightsout", "--params", "3x3c", "--seed", "e2e")[0]
    cells = one["overlay"][0]["cells"]
    mark = lambda *some: [{"letter": "A", "cells": [*some, *cells[len(some):]]}]
    bad = ["x", {}, 5, [3], [{"letter": "AB", "cells": cells}], [{"letter": 5, "cells": cells}], [{"letter": "A"}],
           [{"letter": "A", "cells": cells[1:]}], [{"letter": "A", "cells": "x"}], mark("ab"), mark([0, "x"]), mark([0]),
           mark([0, 1, 2]), mark([0, 1.5]), mark([0, True]), mark([0, 3]), mark([3, 0]), mark([-1, 0]), mark([0, 2**40])]
    for overlay in bad:
        out = lines("solve", text=json.dumps({**one, "overlay": overlay}), code=1)
        check("said of %s" % overlay, out[0].startswith("error: ") and "overlay" in out[0], out)
    same("none, an empty one, a good one", [lines("count", text=json.dumps({**one, "overlay": overlay}))
                                            for overlay in (None, [], mark([2, 2]))], [["unique"]] * 3)
    check("a grid that needs none takes none", "has no overlay" in lines("count", text=json.dumps(
        {**facts("deal", "--kind", "wordsearch")[0], "overlay": one["overlay"]}), code=1)[0])
    check("a solution is a string", "no string" in lines("count", text=json.dumps({**one, "solution": 5}), code=1)[0])


@each_kind
def drawing(kind):
    some = dealt(kind)
    text = "".join(json.dumps(one) + "\n" for one in some)
    drawn = tool("render", text=text)
    check("a picture each, with a line between", len(drawn.strip().split("\n\n")) >= 3 and drawn.count("\n") > 9, drawn)
    check("with the solution it is another", tool("render", "--solution", text=text) != drawn)
    check("solved if none is given",
          tool("render", "--solution", "--kind", kind["kind"], text=some[0]["text"] + "\n")
          == tool("render", "--solution", "--kind", kind["kind"], text=some[0]["text"] + "\t" + some[0]["solution"]))
    with tempfile.TemporaryDirectory() as folder:
        paths = lines("render", "--to", "svg", "--out", folder + "/made", text=text)
        same("a file each", paths, ["%s/made/%06d.svg" % (folder, i) for i in (1, 2, 3)])
        for path in paths:
            root = xml.etree.ElementTree.parse(path).getroot()
            same("SVG", root.tag, "{http://www.w3.org/2000/svg}svg")
            check("something in it", len(list(root.iter())) > 9)
    shown = tool("render", "--to", "svg", "--solution", text=json.dumps(some[0]))
    check("with its solution", shown != tool("render", "--to", "svg", text=json.dumps(some[0])))
    xml.etree.ElementTree.fromstring(shown)


@each_kind
def converting(kind):
    some = dealt(kind)
    texts = [one["text"] for one in some]
    text = "\n".join(texts) + "\n"
    for form in ["text", "json", *kind["forms"]]:
        other = tool("convert", "--to", form, "--kind", kind["kind"], text=text)
        back = lines("convert", "--to", "text", "--kind", kind["kind"], text=other)
        same("there and back by %s" % form, back, texts)
    same("JSON has the tier", [json.loads(line)["tier"] for line in
                               lines("convert", "--to", "json", "--kind", kind["kind"], text=text)], [kind["medium"]] * 3)
    kept = json.loads(tool("convert", "--to", "json", text=json.dumps(some[0])))
    same("and keeps the overlay", kept["overlay"], some[0]["overlay"])
    xml.etree.ElementTree.fromstring(tool("convert", "--to", "svg", "--kind", kind["kind"], text=texts[0]))
    for form in {"sgt", "81", "non"} - set(kind["forms"]):
        out = lines("convert", "--to", form, "--kind", kind["kind"], text=texts[0], code=1)
        check("a form that it has not", out[0].startswith("error: ") and form in out[0], out)


@each_kind
def measuring(kind):
    rows = json.loads(tool("bench", "--kind", kind["kind"], "--tier", "easy", "--seconds", "0.05", "--json"))
    same("one tier", [(row["kind"], row["tier"]) for row in rows], [(kind["kind"], kind["easy"])])
    check("rates and times", rows[0]["made_per_s"] > 0 and rows[0]["solved_p50_ns"] <= rows[0]["solved_max_ns"], rows)


def patiently(client, *words):
    """What a command comes to, asked again while there is none ready."""
    while True:
        reply = client(*words)
        if not isinstance(reply, Error) or reply.prefix != "BUSY":
            return reply


def from_the_deal_to_the_points():
    """Every kind as a hunt deals it: drawn and solved by the tool, its answer submitted, another's refused."""
    kinds = [kind["kind"] for kind in json.loads(tool("kinds", "--json"))]
    text = document("bay", challenges=["{id: %s, points: 7, kind: puzzle, puzzle: {kind: %s, tier: easy}}" % (k, k) for k in kinds])
    with Server({"bay": text}, shards=2) as server:
        client = server.client(protocol=3)
        answers = {}
        for name in ("ann", "bob"):
            for kind in kinds:
                dealt = patiently(client, "HUNT.PUZZLE", name, "bay", kind)
                same("the kind", (dealt["kind"], json.loads(dealt["json"])["text"]), (kind, dealt["text"]))
                check("a picture of it", tool("render", "--to", "svg", text=dealt["json"]).startswith("<svg"))
                same("again: the same", patiently(client, "HUNT.PUZZLE", name, "bay", kind), dealt)
                answers[name, kind] = facts("solve", text=dealt["json"])[0]["answer"]
        for kind in kinds:
            check("each has an answer of their own", answers["ann", kind] != answers["bob", kind])
            same("another's", client("HUNT.SUBMIT", "ann", "bay", kind, answers["bob", kind])[0], "wrong")
            same("one's own", client("HUNT.SUBMIT", "ann", "bay", kind, answers["ann", kind].lower())[:2], ["correct", 7])


def older(folder, program):
    """The program of a release that has no lightsout: this one, where it goes by another name."""
    with open(BIN + "/" + program, "rb") as file:
        bytes = file.read()
    check("its name stands in it", b"\0lightsout\0" in bytes)
    path = folder + "/" + program
    with open(path, "wb") as file:
        file.write(bytes.replace(b"\0lightsout\0", b"\0something\0"))
    os.chmod(path, 0o755)
    return path


def what_an_older_release_lacks_is_named():
    text = document("bay", challenges=["{id: grid, points: 7, kind: puzzle, puzzle: {kind: lightsout}}"])
    with Server({"bay": text}) as server:
        check("dealt", "text" in patiently(server.client(protocol=3), "HUNT.PUZZLE", "ann", "bay", "grid"))
        ends = ((server.kill, "log", "LSN"), (server.stop, "snapshot", "snapshot"))
        huntd, huntctl = older(server.folder, "huntd"), older(server.folder, "huntctl")
        for end, what, word in ends:
            end()
            told = subprocess.run([huntd, *server.command()[1:]], capture_output=True, text=True, timeout=60)
            said = told.stdout + told.stderr
            same("damaged, or of another release: %s" % said, told.returncode, 65)
            check("the %s, by name" % what, "puzzles of kind `lightsout`" in said and "newer release" in said
                  and word in said, said)
            told = subprocess.run([huntctl, "log", "verify", server.data], capture_output=True, text=True, timeout=60)
            check("log verify: the same", told.returncode != 0 and "puzzles of kind `lightsout`" in told.stdout + told.stderr,
                  told.returncode, told.stdout + told.stderr)
            server.start()


def progress_on_a_terminal():
    """On stderr where that is a terminal; a rate, and where the end is known, what is left."""
    ours, theirs = pty.openpty()
    with open(os.devnull, "wb") as away:
        running = subprocess.Popen([BIN + "/huntctl", "puzzle", "deal", "--kind", "sudoku", "--count", "100000000"],
                                   stdout=away, stderr=theirs)
    os.close(theirs)
    said = b""
    while b" left" not in said:
        check("it says something", select.select([ours], [], [], 60)[0], said)
        said += os.read(ours, 1000)
    check("rate and time left", re.search(rb"\d+ puzzles, \d+/s, \d+%, \d.* left", said), said)
    running.send_signal(signal.SIGINT)
    same("Ctrl-C", running.wait(timeout=60), 130)
    check("the line is taken back", os.read(ours, 10000).endswith(b"\r\x1b[K"))
    os.close(ours)


def what_the_readme_shows():
    """Its commands, run as they stand there, and what they print."""
    root = os.path.dirname(os.path.dirname(HERE))
    text = open(os.path.join(root, "README.md")).read().split("\n## Puzzles\n")[1].split("\n## ")[0]
    before, document, behind = re.split("```yaml\n|```\n", text)
    shown = [line[4:] for line in (before + behind).splitlines() if line.startswith("    ")]
    commands = [line[2:] for line in shown if line.startswith("$ ")]
    check("there are some", len(commands) >= 2)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run("\n".join(["set -e", *commands]), shell=True, cwd=folder, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PATH": BIN + ":" + os.environ["PATH"]})
    same("what they print", [line.rstrip() for line in done.stdout.splitlines()],
         [line for line in shown if not line.startswith("$ ")])
    checked = subprocess.run([BIN + "/huntctl", "check", "/dev/stdin"], input="hunt: bay\nchallenges:\n" + document,
                             capture_output=True, text=True, timeout=30)
    same("its document is good", checked.stdout, "/dev/stdin: good\n")


def long_files_and_ctrl_c():
    count = 300000
    out = tool("count", "--kind", "lightsout", text="no puzzle, but a line of some length" * 3 + "\n" + "x\n" * count, code=1)
    same("as many lines", out.count("\n"), count + 1)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    check("in memory that does not grow", used < 256 * 1024, used)
    endless = subprocess.Popen([BIN + "/huntctl", "puzzle", "deal", "--kind", "lightsout", "--count", "1000000000"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    endless.stdout.read(100)
    endless.send_signal(signal.SIGINT)
    err = endless.communicate(timeout=60)[1]
    same("Ctrl-C ends it, with nothing to say", (endless.returncode, err), (130, b""))
    waiting = subprocess.Popen([BIN + "/huntctl", "puzzle", "count", "--kind", "lightsout"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    waiting.stdin.write("talk\n")
    waiting.stdin.flush()
    check("an answer at once, through a pipe", waiting.stdout.readline().startswith("error: "))
    waiting.send_signal(signal.SIGINT)
    waiting.communicate(timeout=60)
    same("Ctrl-C while it waits", waiting.returncode, 130)
    closed = subprocess.Popen([BIN + "/huntctl", "puzzle", "deal", "--kind", "lightsout", "--count", "1000000000"],
                              stdout=subprocess.PIPE)
    closed.stdout.read(100)
    closed.stdout.close()
    same("nobody reads: it ends", closed.wait(timeout=60), 1)


story(help_and_mistakes, the_table_of_kinds, dealing, the_overlay_spells_the_answer, solving, grading, what_is_no_puzzle,
      what_it_was_taken_for, what_is_no_text, overlays_that_are_none,
      drawing, converting, measuring, from_the_deal_to_the_points,
      what_an_older_release_lacks_is_named, progress_on_a_terminal, what_the_readme_shows, long_files_and_ctrl_c)
