#!/usr/bin/env python3
"""The hot path's discipline, counted under load: no allocation, no system call and no clock read an
event; one io_uring_enter a loop pass. What times the commands reads the clock a few times a pass and
twice a batch, and not at all with latency-tracking off."""
import threading

from hunt import *

HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}"])
AWARD = ("HUNT.AWARD", "entrant:__rand_int__", "bay", "__rand_int__")
SUBMIT = ("HUNT.SUBMIT", "entrant:__rand_int__", "bay", "map", "guess __rand_int__")
RANK = ("BOARD.RANK", "bay", "entrant:__rand_int__")
TOP = ("BOARD.TOP", "bay")
BATCH = 64  # HD_BATCH_MAX
READS = 6   # of the clock, a pass with one batch: its own time, input, frame, output and the batch's two


def load(server, pipeline, commands, words, connections=20):
    done = subprocess.run(["redis-benchmark", "-p", str(server.port), "-c", str(connections), "-P", str(pipeline), "-r", "1000",
                           "-n", str(commands), "-q", *words], capture_output=True, text=True, timeout=60)
    check("redis-benchmark ends with 0", done.returncode == 0, done.stdout, done.stderr)


class Counted:
    """A server under count_calls.so, and what its busiest thread did between two looks."""

    def __init__(self, folder, durability="batch"):
        self.path = folder + "/counts"
        library = folder + "/count_calls.so"
        if not os.path.exists(library):
            subprocess.run(["gcc", "-std=gnu17", "-O2", "-shared", "-fPIC", "-o", library, HERE + "/count_calls.c", "-ldl"], check=True)
        self.server = Server({"bay": HUNT}, 1, durability, environment={"LD_PRELOAD": library, "HUNT_COUNTS": self.path})

    def look(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.server.process.send_signal(signal.SIGUSR2)

        def rows():
            if not os.path.exists(self.path):
                return None
            with open(self.path) as file:
                text = file.read()
            return text if text.endswith("end\n") else None

        text = eventually("the counts are written", rows)
        counts = {int(t): [int(n) for n in rest] for t, *rest in (line.split() for line in text.splitlines()[:-1])}
        times = {}
        for thread in counts:
            try:
                with open("/proc/%d/task/%d/schedstat" % (self.server.pid, thread)) as file:
                    times[thread] = int(file.read().split()[0])
            except OSError:
                times[thread] = 0
        return counts, times, {k: int(v) for k, v in self.server.info().items() if k in ("passes_total", "enters_total", "commands_total")}

    def during(self, work):
        """memory, clock and enter calls of the shard's thread, and INFO's counters, over `work`."""
        counts, times, info = self.look()
        work()
        counts2, times2, info2 = self.look()
        shard = max(counts2, key=lambda t: times2[t] - times.get(t, 0))
        calls = [b - a for a, b in zip(counts.get(shard, [0, 0, 0]), counts2[shard])]
        return calls, {k: info2[k] - info[k] for k in info}


def calls_per_command():
    said = []
    with tempfile.TemporaryDirectory(prefix="hunt-e2e-") as folder:
        for durability in ("batch", "off"):
            counted = Counted(folder, durability)
            check("allocations and clock reads of the start were seen",
                  all(sum(row[i] for row in counted.look()[0].values()) > 5 for i in (0, 1)))
            for words in (AWARD, SUBMIT, RANK, TOP):
                load(counted.server, 64, 40000, words)
                (memory, clock, enter), info = counted.during(lambda w=words: load(counted.server, 64, 200000, w))
                commands, passes = info["commands_total"], info["passes_total"]
                name = "%s (%s)" % (words[0], durability)
                check("commands were counted", commands >= 200000, info)
                figures = "a command: %.4f memory calls, %.4f clock reads, %.4f enters; %.2f enters a pass" % (
                    memory / commands, clock / commands, info["enters_total"] / commands, info["enters_total"] / passes)
                said.append("  %-22s %s" % (name, figures))
                check(name + " " + figures, memory < 0.02 * commands + passes and memory < 0.2 * commands)
                check(name + " " + figures, clock < 0.2 * commands and clock <= READS * passes + 2 * commands / BATCH + 10)
                check(name + " " + figures, info["enters_total"] <= passes and info["enters_total"] < 0.2 * commands)
                check("the calls that were seen are those of INFO: %d, %d" % (enter, info["enters_total"]),
                      enter == 0 or abs(enter - info["enters_total"]) < 0.02 * enter + 50)
            (memory, clock, enter), info = counted.during(lambda: load(counted.server, 1, 20000, AWARD, 50))
            check("without pipelining: memory and clock by the pass, not by the command",
                  memory <= info["passes_total"] and clock <= READS * info["passes_total"] + 10, memory, clock, info)
            same("nobody wants to know", counted.server.client()("CONFIG", "SET", "latency-tracking", "no"), "OK")
            (memory, clock, enter), info = counted.during(lambda: load(counted.server, 64, 200000, AWARD))
            check("then only the pass looks at the clock", clock <= 2 * info["passes_total"] + 10, clock, info)
            counted.server.close()
    return "\n" + "\n".join(said)


def system_calls():
    """strace -c on the shard's thread under load: nothing but io_uring_enter, and few of them."""
    if not shutil.which("strace"):
        return "strace is not here: not counted"
    with Server({"bay": HUNT}, 1) as server:
        load(server, 64, 20000, AWARD)
        threads = {t: 0 for t in os.listdir("/proc/%d/task" % server.pid)}
        worker = threading.Thread(target=load, args=(server, 64, 300000, AWARD))
        worker.start()
        time.sleep(0.15)
        spent = {}
        for thread in threads:
            with open("/proc/%d/task/%s/schedstat" % (server.pid, thread)) as file:
                spent[thread] = int(file.read().split()[0])
        shard = max(spent, key=spent.get)
        before = int(server.info()["commands_total"])
        trace = subprocess.Popen(["strace", "-c", "-p", shard], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1)
        commands = int(server.info()["commands_total"]) - before
        trace.send_signal(signal.SIGINT)
        text = trace.communicate(timeout=20)[1]
        worker.join(60)
        if "Operation not permitted" in text:
            return "strace may not attach here: not counted"
        calls = {line.split()[-1]: int(line.split()[3]) for line in text.splitlines() if re.match(r" *\d+\.\d+ ", line)
                 and not line.rstrip().endswith("total")}
        check("there was load while it was traced", commands > 2000, commands, text)
        others = {name: n for name, n in calls.items() if name not in ("io_uring_enter", "restart_syscall")}
        check("no system call but io_uring_enter", sum(others.values()) <= 0.01 * commands, calls)
        check("and few of them", sum(calls.values()) < 0.2 * commands, calls, commands)
        return "%d commands: %s" % (commands, calls)


story(calls_per_command, system_calls)
