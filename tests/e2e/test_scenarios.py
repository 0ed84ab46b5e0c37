#!/usr/bin/env python3
"""test_scenarios.py BIN: hunt-load's scenarios, small and short: do the shipped ones run, do their
figures agree with each other and with the server, is what is wrong in a file told exactly."""
import json
import os
import selectors
import signal
import socket
import subprocess
import tempfile
import threading
import time

from hunt import BIN, HERE, Mishap, Server, check, document, free_ports, same, story

ROOM = os.path.join(os.path.dirname(os.path.dirname(HERE)), "perf", "load", "scenarios")
SMALL = {  # what makes each of them small and short
    "steady": ["--duration", "700ms", "--rate", "1k", "--entrants", "300"],
    "rush": ["--duration", "1s", "--entrants", "800", "--set", "samples=200"],
    "watchers": ["--duration", "1s", "--rate", "200", "--set", "watchers=20", "--set", "slow=2"],
    "storm": ["--duration", "500ms", "--entrants", "200", "--connections", "60", "--set", "waves=3", "--set", "pause=100ms"],
    "overload": ["--duration", "1s", "--entrants", "300"],
    "skewed": ["--duration", "1s", "--rate", "2k", "--entrants", "300"],
}


def argv(port, *options):
    return [BIN + "/hunt-load", "--port", str(port), *options]


def begin(port, *options):
    return subprocess.Popen(argv(port, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(load, code=0, seconds=60):
    """The report of a run that was begun with --json."""
    try:
        out, err = load.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        load.kill()
        raise Mishap("hunt-load did not end within %g s" % seconds)
    check("hunt-load ends with %d" % code, load.returncode == code, load.returncode, err)
    return json.loads(out)


def play(port, name, *options):
    report = end(begin(port, "--scenario", name, "--json", *options))
    for phase in report["phases"]:
        check_sums(phase)
    return report


def phases(report):
    return {phase["phase"]: phase for phase in report["phases"]}


def check_sums(phase):
    what = "in phase %s: " % phase["phase"]
    commands = phase["commands"].values()
    same(what + "sent", phase["sent"], phase["completed"] + phase["errors"] + phase["unanswered"])
    same(what + "completed", phase["completed"], sum(c["completed"] for c in commands))
    same(what + "errors", phase["errors"], sum(c["errors"] for c in commands))
    same(what + "errors by prefix", phase["errors"], sum(e["count"] for e in phase["errors_by_prefix"]))
    for latency in [phase["latency_us"], *(c["latency_us"] for c in commands)]:
        order = [latency[key] for key in ("p50", "p90", "p99", "p99.9", "max")]
        same(what + "percentiles rise", order, sorted(order))


# What each scenario's figures must fulfil.

def check_steady(report, client):
    steady = phases(report)["steady"]
    check("about as many as asked: the gaps are random", 580 < steady["sent"] + steady["never_sent"] < 820, steady["sent"])
    same("nobody unknown: all were enrolled", steady["errors"], 0)
    outcomes = steady["commands"]["submit"]["outcomes"]
    check("it guesses anew, not what the warm-up did", outcomes.get("duplicate", 0) * 4 < outcomes["wrong"], outcomes)


def check_rush(report, client, entrants=800):
    rush = phases(report)["rush"]
    seen, crowd = rush["visible"], rush["visible"]["crowd"]
    same("everybody answered once", rush["commands"]["submit"]["outcomes"], {"correct": entrants})
    same("every sample was seen", (seen["samples"], seen["seen"], seen["not_followed"]), (200, 200, 0))
    same("the whole crowd is in the board", (crowd["correct"], crowd["in_board"], crowd["whole"]), (entrants, entrants, True))
    check("not before the last answer was due", crowd["whole_after_s"] > 0.9, crowd)
    same("the server counts them", client("BOARD.COUNT", "load-rush", "MIN", 100) >= entrants, True)
    same("in batch, a reply is durable", rush["durable_us"], rush["accepted_us"])
    check("nobody sees an answer before it could be accepted", seen["latency_us"]["p90"] >= rush["accepted_us"]["p50"] / 2,
          seen["latency_us"], rush["accepted_us"])


def check_watchers(report, client):
    for phase in report["phases"]:
        seen = phase["watchers"]
        readers = seen["watchers"] - seen["slow"]
        same("one row a marked change and reader", seen["to_be_shown"], seen["marked_changes"] * readers)
        same("all of them were shown", seen["shown"], seen["to_be_shown"])
        check("20 a second were asked for", 15 <= seen["marked_changes"] <= 21, seen)
        check("a message a version and watcher at most, sixteen to who is slow, and snapshots",
              seen["messages"] <= (seen["versions"] + 2) * (readers + 16 * seen["slow"]) + seen["resyncs"], seen)
        check("changes are told together", 0 < seen["versions"] <= seen["changes"], seen)
        same("nobody was closed", seen["closed"], 0)
    marker = [row for row in client("BOARD.TOP", "load-watchers", "COUNT", 5) if "marker" in row[1]]
    same("the marker is put back", marker, [])


def check_storm(report, client):
    storm = phases(report)["storm"]
    same("three waves", len(storm["waves"]), 3)
    same("timed from when they were due", storm["latency_from"], "intended send")
    for wave in storm["waves"]:
        same("everybody is served again", wave["served"], 60)
        check("which took a time", 0 < wave["all_served_after_ms"] < 10000, wave)
        check("as long as the last one waited", abs(wave["all_served_after_ms"] * 1000 - wave["latency_us"]["max"]) < 1, wave)
    same("a first command each", storm["completed"], 180)


def check_overload(report, client):
    found, load = phases(report)["capacity"], phases(report)["overload"]["overload"]
    asked = phases(report)["overload"]["asked_per_s"]
    check("twice of what was found", abs(asked - 2 * found["achieved_per_s"]) < asked / 1000, asked, found["achieved_per_s"])
    check("it goes on working", load["goodput_of_capacity"] > 0.1, load)
    check("it has recovered", load["recovered"] and load["recovered_after_ms"] < 10000, load)
    same("all was answered", load["all_answered"], True)
    over = load["busy"] + load["held_back"] > 0 and load["goodput_of_capacity"] <= 1.1
    same("an overload is one that was refused or held back, by who was at its limit", load["overloaded"], over)
    same("only then there is a verdict", load["graceful"] is not None, over)
    same("on the same connections", *[[phases(report)[name][key] for key in ("connections", "pipeline")] for name in ("capacity", "overload")])
    same("afterwards all is well", phases(report)["after"]["errors"], 0)


def check_skewed(report, client):
    groups = phases(report)["skewed"]["groups"]
    same("alike, nothing is hot", phases(report)["alike"]["groups"], {})
    count = {name: group["completed"] for name, group in groups.items()}
    check("a fifth of the commands is the hot entrant's", 0.15 < count["hot_entrant"] / sum(count.values()) < 0.25, count)
    check("four fifths of the others in the hot hunt", 3 < count["hot_hunt"] / count["rest"] < 5, count)
    same("all groups together", sum(count.values()), phases(report)["skewed"]["completed"])


CHECKS = {"steady": check_steady, "rush": check_rush, "watchers": check_watchers, "storm": check_storm,
          "overload": check_overload, "skewed": check_skewed}


def shipped():
    return sorted(name.removesuffix(".yaml") for name in os.listdir(ROOM) if name.endswith(".yaml"))


def every_shipped_scenario_runs_small():
    same("each shipped scenario has its check here", shipped(), sorted(CHECKS))
    for shards in (1, 2):
        with Server(shards=shards) as server:
            for name in shipped():
                report = play(server.port, name, *SMALL[name])
                same("all phases were played", report["stopped"], False)
                CHECKS[name](report, server.client())
            again = play(server.port, "rush", *SMALL["rush"])  # other entrants, so it is a first answer again
            check_rush(again, server.client())


def stalled_rush(server, whom, seconds, *options):
    """The rush, in which for some time nothing comes from the server, or from hunt-load itself."""
    load = begin(server.port, "--scenario", "rush", "--json", "--duration", "3s", "--force", *options)
    client, solved = server.client(), 0
    while not isinstance(solved, int) or solved < 500:  # an error until the hunt is put
        solved = client("BOARD.COUNT", "load-rush", "MIN", 1)
        time.sleep(0.01)
    stalled = server.process if whom == "server" else load
    stalled.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    stalled.send_signal(signal.SIGCONT)
    return phases(end(load))["rush"]


def a_stall_is_seen_by_the_crowd():
    with Server(shards=1) as server:
        rush = stalled_rush(server, "server", 0.5, "--entrants", "3000")
        seen = rush["visible"]
        same("all were followed", (seen["not_followed"], seen["p99_is_lower_bound"]), (0, False))
        for what, latency in (("accepted", rush["accepted_us"]), ("visible", rush["visible"]["latency_us"])):
            check(what + ": p99 shows the half second", latency["p99"] > 400_000, latency)
            check(what + ": and the median does not", latency["p50"] < latency["p99"] / 2, latency)
        return "p99 %d ms" % (rush["accepted_us"]["p99"] / 1000)


def answers_that_were_not_followed_are_no_fast_ones():
    with Server(shards=1) as server:
        seen = stalled_rush(server, "server", 1.5, "--entrants", "6000", "--set", "samples=6000")["visible"]
        check("more were due than can be followed", seen["not_followed"] > 0, seen)
        same("those that were are told", seen["seen"], seen["samples"] - seen["not_followed"])
        same("and that they are the better ones", seen["p99_is_lower_bound"], True)


def who_looks_on_tells_that_it_was_late_itself():
    with Server(shards=1) as server:
        few = ["--entrants", "3000", "--set", "samples=100"]  # so that it sleeps when it is halted
        late = stalled_rush(server, "hunt-load", 0.5, *few)["visible"]["late_us"]
        check("half a second of the rush", late["max"] > 400_000, late)
    with Server(shards=1) as server:
        load = begin(server.port, "--scenario", "watchers", "--json", *SMALL["watchers"], "--duration", "3s")
        time.sleep(2)
        load.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        load.send_signal(signal.SIGCONT)
        late = phases(end(load))["quiet"]["watchers"]["late_us"]
        check("half a second of the watchers", late["max"] > 400_000, late)


# A server of another make, that refuses: huntd would rather not read on, and seldom says -BUSY.

class Refuser:
    """Takes so many commands a second and answers the others with -BUSY, at once. `grows` times as
    many from the third phase on: each begins with a question after the hunt."""

    def __init__(self, per_s, grows=1):
        self.per_s, self.used, self.start = per_s, 0.0, time.monotonic()
        self.grows, self.phases = grows, 0
        self.text = document("narrow", challenges=["{id: one, points: 10, answers: [GOLD]}"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.over = False
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def answer(self, words):
        def bulk(text):
            return b"$%d\r\n%s\r\n" % (len(text), text.encode())
        fixed = {b"INFO": bulk("durability:batch\r\n"), b"HUNT.INFO": b"*0\r\n", b"VELTRIX.GET": bulk(self.text),
                 b"HUNT.JOIN": b"+joined\r\n"}
        if words[0] == b"HUNT.INFO":
            self.phases += 1
            self.per_s *= self.grows if self.phases == 3 else 1
        if words[0] in fixed:
            return fixed[words[0]]
        self.used = max(self.used, (time.monotonic() - self.start) * self.per_s - 400)  # so much at once, where it had no core
        if self.used + 1 > (time.monotonic() - self.start) * self.per_s:
            return b"-BUSY 20 try again\r\n"
        self.used += 1
        return b"*4\r\n$5\r\nwrong\r\n:0\r\n:0\r\n$0\r\n\r\n" if words[0] == b"HUNT.SUBMIT" else b"*0\r\n"

    def feed(self, peer, state):
        data = peer.recv(1 << 16)
        if not data:
            self.selector.unregister(peer)
            peer.close()
            return
        state += data
        out = b""
        while state.startswith(b"*"):
            parts = bytes(state).split(b"\r\n", 1 + 2 * int(state[1:state.index(b"\r\n")])) if b"\r\n" in state else []
            if len(parts) < 2 or len(parts) < 2 + 2 * int(parts[0][1:]):
                break
            out += self.answer(parts[2:-1:2])
            state[:] = parts[-1]
        peer.setblocking(True)
        peer.sendall(out)

    def serve(self):
        while not self.over:
            for key, _ in self.selector.select(0.05):
                if key.data is None:
                    self.selector.register(self.listener.accept()[0], selectors.EVENT_READ, bytearray())
                else:
                    try:
                        self.feed(key.fileobj, key.data)
                    except OSError:
                        self.selector.unregister(key.fileobj)

    def close(self):
        self.over = True
        self.thread.join()
        self.listener.close()


def overload_of(server, *options):
    try:
        report = play(server.port, "overload", "--hunt", "narrow", "--duration", "2s", "--entrants", "100", "--connections", "4",
                      "--pipeline", "16", *options)
    finally:
        server.close()
    return phases(report)["overload"]


def an_overload_shows_what_was_refused():
    phase = overload_of(Refuser(2000))
    load = phase["overload"]
    check("it took 2000 a second", 1000 < load["capacity_per_s"] < 4000, load)
    check("half of twice that was refused", 0.1 < load["busy_share"] < 0.9, load)
    same("each counted once", load["busy"], phase["errors"])
    same("by its prefix", [e["prefix"] for e in phase["errors_by_prefix"]], ["BUSY"])
    check("and the rest was done, with grace", load["graceful"] and load["goodput_of_capacity"] > 0.4, load)
    check("at most twice what can be in flight at the capacity, a second at least", load["accepted_bound_us"] == 1e6, load)


def what_was_no_overload_gets_no_verdict():
    load = overload_of(Refuser(2000), "--set", "times=0.5")["overload"]
    same("half of the capacity is not refused", load["busy"] + load["held_back"], 0)
    same("so nothing was tried", (load["overloaded"], load["graceful"]), (False, None))
    load = overload_of(Refuser(2000, grows=1.6))["overload"]
    check("some is refused, but more is done than the capacity", load["busy"] > 0 and load["goodput_of_capacity"] > 1.0, load)
    same("so that was none", (load["overloaded"], load["graceful"]), (False, None))


def a_server_that_others_use_is_left_alone():
    with Server() as server:
        over = threading.Event()

        def others():
            client = server.client()
            while not over.wait(0.005):
                client("PING")
        thread = threading.Thread(target=others)
        thread.start()
        try:
            lines = refused("storm", 1, *SMALL["storm"], port=server.port)
            check("one line that says so, and what to do", len(lines) == 1 and "commands/s" in lines[0] and "--force" in lines[0], lines)
            same("nothing was put", server.client()("VELTRIX.GET", "load-storm"), None)
            end(begin(server.port, "--scenario", "storm", "--json", "--force", *SMALL["storm"]))
        finally:
            over.set()
            thread.join()
        play(server.port, "storm", *SMALL["storm"])


# Files.

def refused(path, code=78, *options, port=1):
    done = subprocess.run(argv(port, "--scenario", path, *options), capture_output=True, text=True, timeout=20)
    check("exit code %d" % code, done.returncode == code, done.returncode, done.stderr)
    same("nothing on stdout", done.stdout, "")
    return done.stderr.splitlines()


def faults_of(text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        return [line.removeprefix(file.name + ":") for line in refused(file.name)]


def same_lines(came, wanted):
    for pair in zip(came, wanted):
        same("this line", *pair)
    same("so many lines", len(came), len(wanted))


def everything_wrong_in_a_file_is_told_at_once():
    same_lines(faults_of("""\
colour: red
entrants: many
puts: [{hunt: bay}, "a: [", "title: xy", "hunt: bay", "hunt: bay"]
phases:
  - kind: rush
    rate: 5k
    duration: 10
  - {kind: overload, times: 1000, mix: join=1}
  - {kind: dance}
  - {name: nothing}
  - rush
  - {kind: play, mix: walk=1, pattern: [even], name: ""}
"""), [
        "1:1: unknown key `colour`; a scenario takes title puts phases rate duration connections pipeline threads entrants mix "
        "right challenges skew seed pattern patience times hot_entrant hot_hunt samples watchers slow changes waves pause "
        "recovery calm",
        "2:11: entrants: takes 1 to 1000000M; got `many`",
        "3:8: puts[0]: must be a text; got a map",
        "3:21: puts[1]: is no document: its line 2, column 1: did not find expected node content while parsing a flow node: "
        "the text must be YAML or JSON",
        "3:29: puts[2]: must be a hunt document, with hunt: ID",
        "3:55: puts[4]: hunt `bay` stands twice",
        "6:5: phases[0]: unknown key `rate`; a phase of kind rush takes name duration connections pipeline patience samples",
        "7:15: phases[0].duration: takes a number and ms, s, m, h or d: 500ms, 10s, 24h; got `10`",
        "8:5: phases[1]: a phase of kind overload needs one of kind capacity before it",
        "8:29: phases[1].times: takes 0.1 to 100; got `1000`",
        "8:35: phases[1]: unknown key `mix`; a phase of kind overload takes name duration pattern times recovery calm",
        "9:12: phases[2]: kind must be one of enrol, play, rush, watch, storm, capacity, overload; got `dance`",
        "10:5: phases[3]: needs kind, one of enrol, play, rush, watch, storm, capacity, overload",
        "11:5: phases[4]: must be a map with kind; got `rush`",
        "12:23: phases[5].mix: takes command=weight,...: submit, award, join, progress, top, rank, around, count; weights 0 to "
        "1000; got `walk=1`",
        "12:40: phases[5].pattern: must be a text; got a list",
        "12:54: phases[5].name: must be a text; got nothing",
    ])
    same("no phases", faults_of("title: x\n"), ["1:1: phases must be a list of 1 to 32"])
    same("no map", faults_of("- x\n"), ["1:1: a scenario is a map with phases; got a list"])
    same("nothing at all", faults_of(""), ["1:1: the document is empty"])
    same("not YAML", len(faults_of("phases: [\n")), 1)


def what_the_command_line_asks_must_be_taken():
    lines = refused("rush", 2, "--rate", "5k")
    check("rush takes no rate", len(lines) == 1 and lines[0].endswith("rush.yaml takes rate"), lines)
    lines = refused("steady", 2, "--set", "watchers=5")
    check("steady takes no watchers", len(lines) == 1 and lines[0].endswith("steady.yaml takes watchers"), lines)
    check("--set wants a key", "pattern, samples, watchers" in refused("steady", 2, "--set", "knots=5")[0])
    check("--set wants a value", "got `watchers=none`" in refused("watchers", 2, "--set", "watchers=none")[0])
    for name in ("nowhere", "/no/such.yaml"):
        lines = refused(name, 2)
        check("who is not found gets the shipped ones", len(lines) == 1 and ", ".join(shipped()) in lines[0], lines)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("phases: [{kind: enrol}]\n")
        file.flush()
        check("some hunt must be played", "--hunt is needed" in refused(file.name, 2)[0])


# Hunts.

def nobodys_hunt_is_touched():
    other = document("load-storm", challenges=["{id: first, points: 1, answers: [IRON]}"])
    small = ["--scenario", "storm", "--json", *SMALL["storm"]]
    with Server({"load-storm": other, "mine": other.replace("load-storm", "mine")}) as server:
        client = server.client()
        done = subprocess.run(argv(server.port, *small), capture_output=True, text=True, timeout=30)
        check("another document stands there", done.returncode == 1 and "`load-storm`" in done.stderr and
              "--force" in done.stderr and done.stderr.count("\n") == 1, done.stderr)
        same("it still does", client("VELTRIX.GET", "load-storm"), other)
        report = end(begin(server.port, *small, "--hunt", "mine"))
        same("another hunt is played instead", {phase["hunt"] for phase in report["phases"]}, {"mine"})
        same("and nothing put", client("VELTRIX.GET", "load-storm"), other)
        end(begin(server.port, *small, "--force"))
        put = client("VELTRIX.GET", "load-storm")
        check("--force puts it", put != other and put.startswith("hunt: load-storm"), put)
        end(begin(server.port, *small))
        same("what is there already is not put again", client("VELTRIX.GET", "load-storm", "VERSION", 3), None)


# The run.

def it_says_what_it_will_do_before():
    with Server() as server:
        load = begin(server.port, "--scenario", "storm", *SMALL["storm"])
        head = [load.stdout.readline() for _ in range(11)]
        check("still running", load.poll() is None)
        out, err = load.communicate(timeout=30)
        same("nothing on stderr, where that is no terminal", err, "")
        text = "".join(head)
        for word in ("Reconnect storm", "storm.yaml", "durability batch", "hunt load-storm", "4 phases, about 1.2 s",
                     "1. enrol", "2. before", "3. storm", "60 connections", "3 waves"):
            check("the announcement holds " + word, word in text, text)
        for word in ("== enrol", "== storm", "wave 3: 60 of 60 served"):
            check("the report holds " + word, word in out, out)


def ctrl_c_ends_it_with_a_summary():
    long = {"rush": ["--duration", "60s", "--entrants", "30k"], "watchers": ["--duration", "60s", "--rate", "100", "--set", "watchers=20"],
            "storm": ["--connections", "50", "--entrants", "200", "--set", "pause=60s"],
            "overload": ["--duration", "60s", "--entrants", "300"], "steady": ["--duration", "60s", "--rate", "100", "--entrants", "200"]}
    with Server() as server:
        for name, options in long.items():
            for halted in (False, True):
                # --force: the one before may still be worked at
                load = begin(server.port, "--scenario", name, "--json", "--force", *options)
                time.sleep(3 if name == "storm" else 1)
                if halted:
                    server.process.send_signal(signal.SIGSTOP)
                    time.sleep(0.1)
                since = time.monotonic()
                load.send_signal(signal.SIGINT)
                try:
                    report = end(load, seconds=10)
                finally:
                    server.process.send_signal(signal.SIGCONT)
                took = time.monotonic() - since
                check("%s ends within a second%s" % (name, " of a halted server" if halted else ""), took < 5, took)
                same("and says that it was stopped", report["stopped"], True)
                for phase in report["phases"]:
                    check_sums(phase)


def a_dead_server_ends_it():
    for name in ("rush", "watchers", "overload"):
        with Server() as server:
            load = begin(server.port, "--scenario", name, "--json", *SMALL[name], "--duration", "60s")
            time.sleep(2)
            server.kill()
            report = end(load, code=1, seconds=20)
            check("what was done until then is told", len(report["phases"]) >= 1, report)
    port = free_ports(1)[0]
    done = subprocess.run(argv(port, "--scenario", "rush"), capture_output=True, text=True, timeout=30)
    check("no server at all: one line", done.returncode == 1 and done.stderr.count("\n") == 1 and "cannot reach" in done.stderr, done.stderr)


story(every_shipped_scenario_runs_small, a_stall_is_seen_by_the_crowd, answers_that_were_not_followed_are_no_fast_ones,
      who_looks_on_tells_that_it_was_late_itself, an_overload_shows_what_was_refused, what_was_no_overload_gets_no_verdict,
      a_server_that_others_use_is_left_alone,
      everything_wrong_in_a_file_is_told_at_once, what_the_command_line_asks_must_be_taken, nobodys_hunt_is_touched,
      it_says_what_it_will_do_before, ctrl_c_ends_it_with_a_summary, a_dead_server_ends_it)
