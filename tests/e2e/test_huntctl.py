#!/usr/bin/env python3
"""huntctl: help, documents offline and on a server, boards, events, top on a terminal, and the logs
of a data directory, whole, torn and damaged."""
import json
import pty
import select

from hunt import *

GOOD = document("bay", boards=["main", "{id: rookies, bracket: rookie}"],
                challenges=["{id: map, points: 100, answers: [GOLD]}"])
BAD = "hunt: bay\ntitel: The Bay\nopens: yesterday\nboards:\n  - {id: MAIN}\nchallenges:\n  - {id: map, points: ten, answers: [GOLD]}\n"


def huntctl(*words, port=1, text=None, environment=None):
    """Exit code, standard output, standard error."""
    done = subprocess.run([BIN + "/huntctl", "--port", str(port), *words], capture_output=True, text=True,
                          input=text if text is not None else "", timeout=30, env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout, done.stderr


def good(*words, **how):
    code, out, err = huntctl(*words, **how)
    same("huntctl %s: %s" % (" ".join(words), err), code, 0)
    return out


def help_and_mistakes():
    text = good("--help").splitlines()
    check("help fits a screen", len(text) <= 24 and max(map(len, text)) <= 100, text)
    check("it starts with an example", "Try:  huntctl" in text[0], text[0])
    check("a command's own help", "--banner" in good("top", "--help") and "--shard" in good("log", "dump", "--help")
          and "--accept-loss" not in good("log", "dump", "--help"))
    check("its version names a commit", re.match(r"huntctl \d+\.\d+\.\d+ \(\w+\)$", good("--version")))
    same("the same as JSON", set(json.loads(good("version", "--json"))), {"version", "commit"})
    for words, said in ((["statsu"], "did you mean `status`"), (["board"], "usage: huntctl board HUNT"),
                        (["hunts", "--follow"], "takes no --follow"), (["top", "--nope"], "is not an option"),
                        (["top", "-i", "never"], "seconds"), (["board", "bay", "--count"], "needs a value")):
        code, out, err = huntctl(*words)
        same("usage ends with 2: %s" % words, (code, out), (2, ""))
        check("one line that helps", said in err and err.count("\n") == 1, err)
    code, out, err = huntctl("status")
    check("no server: what, where, what to do",
          code == 1 and "127.0.0.1:1" in err and "is huntd running?" in err and err.count("\n") == 1, err)


def documents_offline():
    with Server(start=False) as folder:
        fine, bad = folder.write_hunt("fine", GOOD), folder.write_hunt("bad", BAD)
        same("a good one", huntctl("check", fine), (0, fine + ": good\n", ""))
        code, out, err = huntctl("check", bad, fine)
        lines = [l for l in out.splitlines() if l.startswith(bad)]
        same("faults end with 1", code, 1)
        check("each on a line of its own, with its place", len(lines) >= 4
              and all(re.match(re.escape(bad) + r":\d+:\d+: ", l) for l in lines), out)
        same("their lines", [int(l[len(bad) + 1:].split(":")[0]) for l in lines], [2, 3, 5, 7])
        check("the word that was meant", "title" in lines[0], lines[0])
        facts = json.loads(huntctl("check", "--json", bad)[1])
        same("JSON has the same", ["%(file)s:%(line)d:%(column)d" % f for f in facts],
             [re.match(r".*?:\d+:\d+", l).group() for l in lines])
        code, out, err = huntctl("check", folder.folder + "/none.yaml")
        check("no such file", code == 1 and "cannot read" in err, err)


def a_hunt_from_the_command_line():
    with Server(shards=3) as server:
        fine, bad = server.folder + "/bay.yaml", server.folder + "/bad.yaml"
        open(fine, "w").write(GOOD), open(bad, "w").write(BAD)
        ctl = lambda *words, **how: good(*words, port=server.port, **how)
        same("put", ctl("put", fine), "bay: version 1\n")
        same("put again", json.loads(ctl("put", fine, "--json")), {"name": "bay", "version": 2})
        check("a conflict", "conflict" in huntctl("put", fine, "--if", "1", port=server.port)[1])
        code, out, err = huntctl("put", bad, port=server.port)
        check("a bad one is refused, fault by fault", code == 1 and out.count("\n") == 4
              and all(l.startswith(bad + ":") for l in out.splitlines()), out, err)
        same("get", ctl("get", "bay"), GOOD)
        same("history", [r["version"] for r in json.loads(ctl("history", "bay", "--json"))], [2, 1])
        client = server.client()
        client.pipe([["HUNT.AWARD", "p%02d" % i, "bay", i] for i in range(1, 31)])
        same("board", [list(r.values()) for r in json.loads(ctl("board", "bay", "--count", "2", "--offset", "1", "--json"))],
             [[2, "p29", 29], [3, "p28", 28]])
        lines = ctl("board", "bay", "--count", "12").splitlines()
        check("columns line up", len({len(l) for l in lines}) == 1 and lines[0].split() == ["rank", "entrant", "score"], lines)
        check("colours only on a terminal", "\033" not in "".join(lines))
        events = [json.loads(l) for l in ctl("events", "bay", "--json").splitlines()]
        same("all events, once", sum(e.get("type") == "awarded" for e in events), 30)
        same("none behind the cursor", ctl("events", "bay", "--from", events[-1]["next"], "--json").count("position"), 0)
        for word, phase in (("freeze", "frozen"), ("close", "closed"), ("open", "open")):
            ctl(word, "bay")
            same(word, json.loads(ctl("hunts", "--json"))[0]["phase"], phase)
        status = json.loads(ctl("status", "--json"))
        same("status", (status["durability"], status["shards"], len(status["shard"])), ("batch", 3, 3))
        same("its positions are the events", sum(s["log_position"] for s in status["shard"]),
             status["events_total"] + status["replayed_total"])
        text = ctl("top", "--hunt", "bay", "-c", "2", "-i", "0.1", "--banner", "Ahoy\nthere")
        check("top without a terminal: frames, no escapes", text.count("Ahoy") == 2 and "p30" in text and "\033" not in text, text)
        same("a script at the prompt", ctl(text="BOARD.COUNT bay\nquit\n"), "30\n")


def top_on_a_terminal():
    with Server({"bay": GOOD}) as server:
        pid, fd = pty.fork()
        if pid == 0:
            os.execv(BIN + "/huntctl", ["huntctl", "--port", str(server.port), "top", "-i", "0.1"])
        seen = b""
        def more():
            nonlocal seen
            if select.select([fd], [], [], 0.1)[0]:
                try:
                    seen += os.read(fd, 65536)
                except OSError:
                    return True
            return seen.count(b"\033[H") >= 3
        eventually("three frames", more)
        os.write(fd, b"\x03")
        start = time.monotonic()
        seen_end = b""
        while b"\033[?1049l" not in seen_end and time.monotonic() < start + 1:
            seen_end += os.read(fd, 65536)
        same("Ctrl-C ends it with 0", os.waitpid(pid, 0)[1], 0)
        check("within a second, the terminal as it was", time.monotonic() < start + 1
              and b"\033[?25h\033[?1049l" in seen_end, seen_end)


def block(path, at):
    with open(path, "rb") as file:
        file.seek(at)
        return file.read(4096)


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def logs_whole_torn_and_damaged():
    with Server({"bay": GOOD}, shards=2) as server:
        client = server.client()
        for round in range(20):
            client.pipe([["HUNT.AWARD", "p%d" % i, "bay", i + 1, "ID", "%d-%d" % (round, i)] for i in range(50)])
        server.kill()
        rows = json.loads(good("log", "verify", server.data, "--json"))["shard"]
        same("whole", [(r["shard"], r["state"]) for r in rows], [(0, "whole"), (1, "whole")])
        dumped = [json.loads(l) for l in good("log", "dump", server.data, "--json").splitlines()]
        same("dump has them all", len(dumped), sum(r["events"] for r in rows))
        same("every award once", len({(e["entrant"], e["fields"]["id"]) for e in dumped if e["type"] == "awarded"}), 1000)
        check("no secret is shown", all(set(e["fields"]) == {"order", "kind"} for e in dumped if e["fields"].get("kind") == "secret"))
        same("a part of it", [e["position"] for e in map(json.loads, good(
            "log", "dump", server.data, "--shard", "1", "--from", "3", "--count", "2", "--json").splitlines())], ["1:3", "1:4"])
        torn = server.folder + "/torn"
        shutil.copytree(server.data, torn)
        path = torn + "/shard-00/" + sorted(f for f in os.listdir(torn + "/shard-00") if f.endswith(".log"))[0]
        flip(path, max(at for at in range(0, os.path.getsize(path), 4096) if any(block(path, at))) + 8)
        code, out, err = huntctl("log", "verify", torn)
        check("what was never sealed is a torn tail: 1, its length", code == 1 and "torn tail of" in err, code, out, err)
        copy = server.folder + "/copy"
        shutil.copytree(server.data, copy)
        segment = sorted(f for f in os.listdir(copy + "/shard-01") if f.endswith(".log"))[0]
        path = copy + "/shard-01/" + segment
        flip(path, 4096 + 200)
        code, out, err = huntctl("log", "verify", copy)
        same("a flipped bit ends with 65", code, 65)
        check("file and LSN are named", path in err and re.search(r"LSN|offset", err), err)
        check("the other shard is whole", "whole" in out and "damaged" in out, out)
        shutil.rmtree(copy + "/shard-01")
        same("a missing log ends with 65", huntctl("log", "verify", copy)[0], 65)
        code, out, err = huntctl("log", "verify", server.folder)
        check("not a data directory", code != 0 and "huntd.meta" in err, err)


story(help_and_mistakes, documents_offline, a_hunt_from_the_command_line, top_on_a_terminal, logs_whole_torn_and_damaged)
