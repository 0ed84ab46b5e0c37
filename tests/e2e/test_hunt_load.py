#!/usr/bin/env python3
"""test_hunt_load.py BIN: hunt-load against a real huntd: does what it counts add up, does it count
stalls, does it end when told, does it say what is wrong."""
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BIN = "."
SIMPLE = "auto_join: true\nchallenges:\n" + "".join(f"  - {{id: c{n}, points: 10, answers: [GOLD]}}\n" for n in range(8))
TEXTS = """auto_join: true
challenges:
  - {id: one, points: 10, answers: [{regex: "gold+"}, "pieces of eight"], partial: [{answer: SILVER, say: "Shinier."}]}
  - {id: two, points: 10, answers: [PARROT]}
  - {id: only, points: 10, answers: [{regex: "[0-9]+"}]}
"""
HUNTS = {"race": SIMPLE, "sums": SIMPLE, "names": SIMPLE, "skew": SIMPLE, "ids": SIMPLE, "texts": TEXTS,
         "closed": SIMPLE.replace("auto_join: true", "auto_join: false"), **{f"again-{n}": SIMPLE for n in range(6)}}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Huntd:
    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="hunt-load-")
        os.mkdir(self.dir.name + "/hunts")
        for name, text in HUNTS.items():
            with open(f"{self.dir.name}/hunts/{name}.yaml", "w") as f:
                f.write(f"hunt: {name}\n{text}")
        self.port = free_port()
        self.log = open(self.dir.name + "/log", "wb")
        self.process = subprocess.Popen(
            [BIN + "/huntd", "--data", self.dir.name + "/data", "--hunts", self.dir.name + "/hunts", "--shards", "1",
             "--resp", f"127.0.0.1:{self.port}", "--http", f"127.0.0.1:{free_port()}"], stdout=self.log, stderr=self.log)
        self.ready()

    def ready(self):
        end = time.time() + 60
        while time.time() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                    s.settimeout(2)
                    s.sendall(b"PING\r\n")
                    if s.recv(64) == b"+PONG\r\n":
                        return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(self.dir.name + "/log") as f:
            sys.exit("huntd does not start: " + f.read())

    def ask(self, *words):
        """The reply's scalars, flat."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as s, s.makefile("rb") as reader:
            s.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
            left, out = 1, []
            while left:
                line, left = reader.readline().rstrip(b"\r\n"), left - 1
                if line[:1] == b"*":
                    left += int(line[1:])
                elif line[:1] == b"$" and line != b"$-1":
                    out.append(reader.read(int(line[1:]) + 2)[:-2].decode())
                else:
                    out.append(int(line[1:]) if line[:1] == b":" else line.decode())
            return out

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        self.log.close()
        self.dir.cleanup()


def argv(port, *options):
    return [BIN + "/hunt-load", "--port", str(port), *options]


class HuntLoad(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.huntd = Huntd()

    @classmethod
    def tearDownClass(cls):
        cls.huntd.close()

    def load(self, *options, code=0):
        """A run's summary."""
        done = subprocess.run(argv(self.huntd.port, *options, "--json"), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        if code == 0:
            self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def refused(self, code, *words, options):
        done = subprocess.run([BIN + "/hunt-load", *options], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)

    def check_sums(self, result):
        commands = result["commands"].values()
        self.assertEqual(result["sent"], result["completed"] + result["errors"] + result["unanswered"])
        self.assertEqual(result["completed"], sum(c["completed"] for c in commands))
        self.assertEqual(result["errors"], sum(c["errors"] for c in commands))
        self.assertEqual(result["errors"], sum(e["count"] for e in result["errors_by_prefix"]))
        for name in {"submit", "award", "join"} & result["commands"].keys():
            command = result["commands"][name]
            self.assertEqual(command["completed"], sum(command["outcomes"].values()), name)
        for latency in [result["latency_us"], *(c["latency_us"] for c in commands)]:
            order = [latency[key] for key in ("p50", "p90", "p99", "p99.9", "max")]
            self.assertEqual(order, sorted(order))

    def test_sends_what_was_asked_and_counts_every_reply(self):
        mix = "submit=8,award=1,top=1,rank=1,around=1,count=1,join=1,progress=1"
        result = self.load("--hunt", "race", "--rate", "2000", "--duration", "2s", "--mix", mix)
        self.check_sums(result)
        self.assertEqual(result["unanswered"], 0)
        self.assertEqual(result["sent"] + result["never_sent"], 4000)
        self.assertEqual(result["loop"], "open")
        self.assertEqual(result["latency_from"], "intended send")
        self.assertEqual(len(result["commands"]), 8)
        for name, command in result["commands"].items():
            self.assertGreater(command["completed"] + command["errors"], 0, name)
        self.assertLessEqual({e["prefix"] for e in result["errors_by_prefix"]}, {"NOENTRANT"})

    def test_what_it_counts_is_what_the_server_did(self):
        result = self.load("--hunt", "sums", "--rate", "5k", "--duration", "1s", "--entrants", "200", "--mix", "submit=1",
                           "--right", "0.3", "--poisson", "--threads", "2", "--connections", "7")
        self.check_sums(result)
        rows = self.huntd.ask("BOARD.TOP", "sums", "COUNT", "1000")
        self.assertEqual(sum(rows[2::3]), 10 * result["commands"]["submit"]["outcomes"]["correct"])
        self.assertAlmostEqual(result["sent"] + result["never_sent"], 5000, delta=500)

    def test_the_keys_that_bench_reads(self):
        result = self.load("--hunt", "race", "--rate", "max", "--duration", "1s", "--connections", "50", "--pipeline", "64",
                           "--entrants", "1000000", "--mix", "submit=1", "--right", "0.1", "--answer", "GOLD")
        self.check_sums(result)
        self.assertEqual((result["loop"], result["latency_from"]), ("closed", "real send"))
        self.assertIsNone(result["asked_per_s"])
        self.assertGreater(result["achieved_per_s"], 1000)
        self.assertGreater(result["latency_us"]["p50"], 0)
        self.assertGreaterEqual(result["latency_us"]["p99"], result["latency_us"]["p50"])
        outcomes = result["commands"]["submit"]["outcomes"]
        share = (outcomes["correct"] + outcomes.get("solved", 0)) / result["completed"]
        self.assertAlmostEqual(share, 0.1, delta=0.03)

    def stall(self, *options):
        """A run of 2 s through which the server stands still for half a second."""
        load = subprocess.Popen(argv(self.huntd.port, "--hunt", "race", "--duration", "2s", "--mix", "top=1", "--json", *options),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(0.7)
        self.huntd.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        self.huntd.process.send_signal(signal.SIGCONT)
        out, err = load.communicate(timeout=30)
        self.assertEqual(load.returncode, 0, err)
        return json.loads(out)["latency_us"]

    def test_a_stall_is_seen_by_every_command_that_was_due_in_it(self):
        latency = self.stall("--rate", "1000", "--connections", "4", "--pipeline", "4")
        self.assertGreater(latency["max"], 400_000)
        self.assertGreater(latency["p90"], 150_000)  # a quarter of the commands waited, 250 ms on average

    def test_a_closed_loop_hides_the_same_stall(self):
        latency = self.stall("--rate", "max", "--connections", "1", "--pipeline", "1")
        self.assertGreater(latency["max"], 400_000)
        self.assertLess(latency["p90"], 150_000)

    def test_ends_within_a_second_of_ctrl_c_and_tells(self):
        for rate in ("500", "max"):
            load = subprocess.Popen(argv(self.huntd.port, "--hunt", "race", "--rate", rate, "--duration", "24h", "--json"),
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(0.7)
            begin = time.time()
            load.send_signal(signal.SIGINT)
            out, err = load.communicate(timeout=30)
            self.assertLess(time.time() - begin, 1)
            self.assertEqual(load.returncode, 0, err)
            result = json.loads(out)
            self.assertTrue(result["stopped"])
            self.assertGreater(result["completed"], 0)
            self.check_sums(result)

    def test_ctrl_c_ends_it_while_the_server_stands_still(self):
        load = subprocess.Popen(argv(self.huntd.port, "--hunt", "race", "--duration", "24h", "--json"),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        self.huntd.process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(0.2)
            begin = time.time()
            load.send_signal(signal.SIGTERM)
            out, _ = load.communicate(timeout=30)
            self.assertLess(time.time() - begin, 1)
        finally:
            self.huntd.process.send_signal(signal.SIGCONT)
        result = json.loads(out)
        self.assertGreater(result["unanswered"], 0)
        self.check_sums(result)

    def test_one_seed_is_one_story(self):
        for n in (0, 2, 4):  # until no command was left over at the end of either
            runs = [self.load("--hunt", f"again-{hunt}", "--rate", "500", "--duration", "1s", "--connections", "1",
                              "--entrants", "20", "--seed", "7") for hunt in (n, n + 1)]
            if runs[0]["sent"] == runs[1]["sent"] == 500:
                break
        self.assertGreater(runs[0]["commands"]["submit"]["outcomes"]["wrong"], 0)
        counts = [{name: c["completed"] for name, c in run["commands"].items()} for run in runs]
        self.assertEqual(*counts)
        self.assertEqual(*(run["commands"]["submit"]["outcomes"] for run in runs))

    def test_ids_are_never_used_twice(self):
        applied = 0
        for _ in range(2):
            result = self.load("--hunt", "ids", "--rate", "2000", "--duration", "500ms", "--mix", "award=1", "--ids",
                               "--threads", "2", "--entrants", "50")
            self.assertEqual(result["errors"], 0)
            applied += result["commands"]["award"]["outcomes"]["applied"]
        rows = self.huntd.ask("BOARD.TOP", "ids", "COUNT", "1000")
        self.assertTrue(applied <= sum(rows[2::3]) <= 9 * applied)
        self.assertGreater(sum(rows[2::3]), 4 * applied)  # 5 on average; a retry would add nothing

    def test_names_are_as_many_as_entrants(self):
        result = self.load("--hunt", "names", "--rate", "max", "--duration", "2s", "--mix", "join=1", "--names",
                           "--entrants", "5000")
        joined = result["commands"]["join"]["outcomes"]["joined"]
        self.assertEqual(joined, 5000)
        self.assertEqual(self.huntd.ask("BOARD.COUNT", "names"), [5000])
        for name in self.huntd.ask("BOARD.TOP", "names", "COUNT", "100")[1::3]:
            self.assertRegex(name, r"^[a-z]{3,8}-[a-z]{3,8}-\d+$")

    def test_answers_come_from_the_document(self):
        document = self.huntd.dir.name + "/hunts/texts.yaml"
        for source in ([], ["--document", document]):
            result = self.load("--hunt", "texts", "--duration", "500ms", "--mix", "submit=1", "--right", "1", "--entrants", "30",
                               "--challenges", "one,two", *source)
            self.assertLessEqual(result["commands"]["submit"]["outcomes"].keys(), {"correct", "solved"})
        result = self.load("--hunt", "texts", "--duration", "1s", "--mix", "submit=1", "--right", "0", "--entrants", "300000",
                           "--challenges", "1")
        self.assertEqual(result["commands"]["submit"]["outcomes"].keys(), {"wrong", "partial"})

    def test_skew_lets_some_play_more(self):
        self.load("--hunt", "skew", "--rate", "5k", "--duration", "1s", "--mix", "award=1", "--skew", "2", "--entrants", "1000")
        rows = self.huntd.ask("BOARD.TOP", "skew", "COUNT", "1000")
        scores = sorted(rows[2::3], reverse=True)
        self.assertGreater(sum(scores[:100]), sum(scores) * 0.3)

    def test_errors_are_told_by_prefix(self):
        result = self.load("--hunt", "closed", "--duration", "300ms", "--mix", "submit=1", code=1)
        self.assertEqual([e["prefix"] for e in result["errors_by_prefix"]], ["NOENTRANT"])
        self.assertIn("HUNT.JOIN", result["errors_by_prefix"][0]["first"])
        self.check_sums(result)

    def test_the_summary_for_people(self):
        done = subprocess.run(argv(self.huntd.port, "--hunt", "race", "--duration", "300ms", "--rate", "max"), capture_output=True,
                              text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("achieved", "p99.9", "submit", "closed loop", "real send"):
            self.assertIn(word, done.stdout)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 100)

    def test_progress_is_for_terminals(self):
        ours, theirs = pty.openpty()
        load = subprocess.Popen(argv(self.huntd.port, "--hunt", "race", "--duration", "1s"), stdout=subprocess.DEVNULL,
                                stderr=theirs)
        os.close(theirs)
        text = b""
        try:
            while piece := os.read(ours, 4096):
                text += piece
        except OSError:  # the other side is closed
            pass
        os.close(ours)
        self.assertEqual(load.wait(30), 0)
        self.assertRegex(text.decode(), r"\d/s .* left")

    def test_says_what_is_wrong(self):
        port = ["--port", str(self.huntd.port)]
        self.refused(1, "cannot reach", "refused", "--port", options=["--hunt", "race", "--port", str(free_port())])
        self.refused(1, "`nowhere`", "NOHUNT", "huntctl hunts", options=[*port, "--hunt", "nowhere"])
        self.refused(1, "no-such.yaml", options=[*port, "--hunt", "race", "--document", "no-such.yaml"])
        self.refused(1, "--challenges", "1 to 8", options=[*port, "--hunt", "race", "--challenges", "9"])
        self.refused(1, "--challenges", options=[*port, "--hunt", "race", "--challenges", "c1,c99"])
        self.refused(2, "--hunt is needed", options=[])
        for option, value, allowed in (("rate", "fast", "max"), ("rate", "0", "max"), ("duration", "10", "ms, s, m"),
                                       ("connections", "0", "1 to"), ("pipeline", "2000", "1 to 1024"), ("right", "1.5", "0 to 1"),
                                       ("mix", "submit=1,walk=2", "submit, award"), ("mix", "submit=0", "weights"),
                                       ("mix", "", "weights"), ("entrants", "1.5", "1 to"), ("hunt", "a b", "id"),
                                       ("port", "70000", "65535"), ("seed", "x", "whole number"), ("skew", "-1", "0 to 10")):
            self.refused(2, f"--{option} takes", allowed, f"`{value}`", options=["--hunt", "race", f"--{option}", value])
        self.refused(2, "--frobnicate", "--help", options=["--frobnicate"])
        self.refused(2, "--rate", "value", options=["--rate"])
        self.refused(2, "stray", options=["--hunt", "race", "stray"])

    def test_help_fits_a_screen(self):
        done = subprocess.run([BIN + "/hunt-load", "--help"], capture_output=True, text=True, check=True)
        self.assertLessEqual(len(done.stdout.splitlines()), 30)
        version = subprocess.run([BIN + "/hunt-load", "--version"], capture_output=True, text=True, check=True)
        self.assertRegex(version.stdout, r"^hunt-load \d+\.\d+\.\d+ \(\S+\)\n$")


class ServerDies(unittest.TestCase):
    def test_a_dead_server_ends_the_run(self):
        huntd = Huntd()
        try:
            load = subprocess.Popen(argv(huntd.port, "--hunt", "race", "--duration", "60s", "--json"), stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)
            time.sleep(0.7)
            huntd.process.kill()
            out, err = load.communicate(timeout=10)
        finally:
            huntd.close()
        self.assertEqual(load.returncode, 1)
        self.assertIn("closed every connection", err)
        result = json.loads(out)
        self.assertEqual(result["connections_lost"], result["connections"])
        self.assertLess(result["duration_s"], 5)


if __name__ == "__main__":
    BIN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
