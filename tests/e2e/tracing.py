"""tracing.py - what the tests of hunt-trace share: the hunt, hunt-load on it, hunt-trace to its end."""
import json

from hunt import *

HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}"])
LEGS = ["recv", "parse", "route", "apply", "log_queued", "durable", "reply"]
DETACHING = "hunt-trace: detaching ..."


def hunt_trace(*words, prefix=(), seconds=40, **options):
    """hunt-trace to its end: exit code, stdout, stderr."""
    done = subprocess.run([*prefix, BIN + "/hunt-trace", *words], capture_output=True, text=True,
                          timeout=seconds, stdin=subprocess.DEVNULL, **options)
    return done.returncode, done.stdout, done.stderr


def objects_of(out):
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


class Load:
    """hunt-load at a steady rate, until the end of its block."""

    def __init__(self, server, rate="20k", mix="award=1", seconds=60):
        words = ["--port", str(server.port), "--hunt", "bay", "--rate", rate, "--duration", "%ds" % seconds,
                 "--mix", mix, "--connections", "8", "--json"]
        self.process = subprocess.Popen([BIN + "/hunt-load", *words], stdout=subprocess.PIPE, text=True)
        eventually("the load runs", lambda: int(server.info()["total_commands_processed"]) > 2000)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=20)
