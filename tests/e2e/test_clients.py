#!/usr/bin/env python3
"""The clients that people have: redis-cli, redis-benchmark, redis-py, ioredis and node-redis connect
and run the HUNT and BOARD commands unchanged."""
import pty
import select

from hunt import *

HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}"])
PACKAGES = {"ioredis": "6.0.0", "redis": "6.3.1"}


def run(*words, text=None, seconds=60):
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, input=text)
    check("%s ends with 0" % " ".join(words[:8]), done.returncode == 0, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def cli(server, *words, **more):
    return run("redis-cli", "-p", str(server.port), *words, **more)


def redis_cli():
    with Server({"bay": HUNT}, 3) as server:
        for three in ((), ("-3",)):
            name = "ann" + "".join(three)
            same("one shot", cli(server, *three, "HUNT.JOIN", name, "bay"), "joined\n")
            same("an array", cli(server, *three, "HUNT.SUBMIT", name, "bay", "map", "gold"), "correct\n100\n100\n\n")
            same("nil", cli(server, *three, "BOARD.RANK", "bay", "none").strip(), "")
            check("an error", "NOHUNT" in cli(server, *three, "HUNT.INFO", "nope"))
            check("a map", "score" in cli(server, *three, "HUNT.PROGRESS", name, "bay"))
        said = cli(server, "-3", text="PING\nBOARD.TOP bay COUNT 1\nHUNT.AWARD bob bay 7 REASON \"two words\"\nHELLO 3\n")
        check("commands from a pipe", "PONG" in said and "applied" in said and "durability" in said, said)
        docs = cli(server, "COMMAND", "DOCS")
        check("COMMAND DOCS", all(name in docs for name in ("hunt.submit", "board.top", "summary")), docs[:300])
        one = cli(server, "COMMAND", "DOCS", "BOARD.RANK")
        check("of one", "board.rank" in one and "hunt.submit" not in one, one[:300])
        same("COMMAND GETKEYS", cli(server, "COMMAND", "GETKEYS", "HUNT.AWARD", "ann", "bay", "1"), "ann\n")
        check("COMMAND COUNT", int(cli(server, "COMMAND", "COUNT")) > 30)
        check("COMMAND INFO", "-4" in cli(server, "COMMAND", "INFO", "HUNT.AWARD"))
        check("CONFIG GET", "maxclients" in cli(server, "CONFIG", "GET", "max*"))
        check("INFO", "redis_version:" in cli(server, "INFO") and "redis_version:" in cli(server, "INFO", "server"))
        check("SLOWLOG, LATENCY", cli(server, "SLOWLOG", "LEN").strip().isdigit() and cli(server, "LATENCY", "HISTOGRAM") is not None)
        check("CLIENT LIST", "addr=127.0.0.1" in cli(server, "CLIENT", "LIST"))
        said = on_a_terminal(server, "--stat", "-i", "0.2", seconds=1.5)
        check("--stat", "clients" in said and len(said.splitlines()) >= 3, said)


def on_a_terminal(server, *words, text="", seconds=10):
    """What redis-cli shows on a terminal until it ends, or for some seconds."""
    mine, theirs = pty.openpty()
    process = subprocess.Popen(["redis-cli", "-p", str(server.port), *words], stdin=theirs, stdout=theirs, stderr=theirs,
                               env={**os.environ, "TERM": "dumb", "HOME": server.folder})
    os.close(theirs)
    os.write(mine, text.encode())
    said, end = b"", time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if select.select([mine], [], [], 0.1)[0]:
                said += os.read(mine, 65536)
    except OSError:
        pass  # it has ended
    process.terminate()
    process.wait(10)
    os.close(mine)
    return said.decode("utf-8", "replace")


def an_interactive_redis_cli():
    """redis-cli reads COMMAND DOCS for its help and hints."""
    with Server({"bay": HUNT}, 3) as server:
        said = on_a_terminal(server, text="help hunt.award\nHUNT.AWARD ann bay 3\nquit\n")
        check("help comes from COMMAND DOCS", "Move an entrant's score" in said and "applied" in said, said)


def redis_benchmark():
    with Server({"bay": HUNT}, 3) as server:
        errors = server.info()["errors_total"]  # a PING while it was loading, perhaps
        base = ["redis-benchmark", "-p", str(server.port), "-c", "20", "-r", "1000", "-q", "--csv"]
        for pipeline in ("1", "64"):
            for words in (["HUNT.AWARD", "entrant:__rand_int__", "bay", "__rand_int__"],
                          ["BOARD.RANK", "bay", "entrant:__rand_int__"], ["BOARD.TOP", "bay"],
                          ["HUNT.SUBMIT", "entrant:__rand_int__", "bay", "map", "guess__rand_int__"]):
                said = run(*base, "-n", "20000", "-P", pipeline, *words)
                check("%s, pipeline %s" % (words[0], pipeline), "ERR" not in said and re.search(r'"\d+\.\d+"', said), said)
        same("nobody errs", server.info()["errors_total"], errors)
        same("and nothing was lost", server.client()("BOARD.COUNT", "bay"), 1000)
        run("redis-benchmark", "-p", str(server.port), "-t", "ping", "-n", "5000", "-q")


def redis_py():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import redis"], capture_output=True).returncode == 0:
            with Server({"bay": HUNT}, 3) as server:
                return run(python, os.path.join(HERE, "clients_python.py"), str(server.port)).strip()
    skip("redis-py (no python3-redis here)")


def node_clients():
    if not node_packages(PACKAGES):
        skip("ioredis and node-redis (npm or its registry is out of reach)")
        return None
    said = []
    for which in PACKAGES:
        with Server({"bay": HUNT}, 3) as server:
            said.append(run("node", os.path.join(HERE, "clients_node.js"), str(server.port), which, NODE).strip())
    return ", ".join(said)


story(redis_cli, an_interactive_redis_cli, redis_benchmark, redis_py, node_clients)
