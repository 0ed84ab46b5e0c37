#!/usr/bin/env python3
"""How long commands take, as Redis' tools are told: INFO commandstats and latencystats, LATENCY, SLOWLOG,
the settings that change them while huntd serves, redis-py, redis-cli and Debian's exporter for Prometheus."""
import urllib.request

from hunt import *

HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}",
                                   "{id: chest, kind: treasure, points: [300, 200], stock: 2, answers: [X]}"])
ALL = ("--set", "slowlog-log-slower-than=0")
LEGS = ("recv", "parse", "route", "apply", "log_queued", "durable", "reply")
SIZES = ("pass", "log_flush_duration", "log_frame_bytes", "batch_commands", "mail_messages")


def fields(text):
    return {key: float(value) for key, value in (pair.split("=") for pair in text.split(","))}


def stats(client, section):
    """INFO's section: name -> its fields as numbers."""
    lines = [line.split(":", 1) for line in client("INFO", section).splitlines() if ":" in line]
    return {name.split("usec_")[-1].removeprefix("cmdstat_"): fields(value) for name, value in lines}


def histogram(client, *commands):
    """LATENCY HISTOGRAM: name -> (calls, [(bound, count)])."""
    told = as_map(client("LATENCY", "HISTOGRAM", *commands))
    return {name: (as_map(row)["calls"], list(as_map(as_map(row)["histogram_usec"]).items())) for name, row in told.items()}


def timed(client, command, calls):
    """Waits until so many calls are timed: a reply is on its way before its time is known."""
    eventually("%d calls of %s are timed" % (calls, command),
               lambda: histogram(client, command).get(command, (0,))[0] >= calls)


def load(server, entrants, rounds):
    """Several connections, pipelines, entrants of all shards; what was sent by command."""
    sent = {"hunt.join": 0, "hunt.submit": 0, "hunt.award": 0, "board.rank": 0, "ping": 0}
    for part, client in enumerate(server.clients(4)):
        mine = ["e%d" % n for n in range(entrants) if n % 4 == part]
        words = [("HUNT.JOIN", name, "bay") for name in mine]
        for n in range(rounds):
            words += [("HUNT.SUBMIT", name, "bay", "map", "guess%d" % n) for name in mine]
            words += [("HUNT.AWARD", name, "bay", 1) for name in mine] + [("PING",), ("BOARD.RANK", "bay", mine[0])]
        for at in range(0, len(words), 500):
            replies = client.pipe(words[at:at + 500])
            check("no errors", not any(isinstance(reply, Error) for reply in replies), replies[:3])
        for one in words:
            sent[one[0].lower()] += 1
        client.close()
    return sent


def what_was_sent_is_told(shards):
    with Server({"bay": HUNT}, shards) as server:
        server.client().close()
        client, three = server.client(), server.client(3)
        before = stats(client, "commandstats").get("ping", {"calls": 0})["calls"]
        sent = load(server, 40, 20)
        sent["ping"] += before
        for command, calls in sent.items():
            timed(client, command, calls)
        calls, times = stats(client, "commandstats"), stats(client, "latencystats")
        for command, count in sent.items():
            row, percentiles = calls[command], times[command]
            same("calls of " + command, row["calls"], count)
            check("%s: usec and its mean" % command, row["usec"] > 0 and abs(row["usec"] / count - row["usec_per_call"]) < 1, row)
            same("nobody was refused, but while it loaded", (row["rejected_calls"] * (command != "ping"), row["failed_calls"]), (0, 0))
            p50, p99, p999 = (percentiles[name] for name in ("p50", "p99", "p99.9"))
            check("%s: percentiles in order" % command, 0 < p50 <= p99 <= p999, percentiles)
            check("less than the whole test took", p999 < 60e6, percentiles)
            for protocol in (client, three):
                told, bounds = histogram(protocol, command)[command]
                check("%s: a cumulative histogram" % command, told == count == bounds[-1][1] and
                      all(a[0] < b[0] and a[1] < b[1] for a, b in zip(bounds, bounds[1:])), told, bounds)
                check("whose bounds hold the median", any(bound >= p50 * 0.8 for bound, _ in bounds), bounds, p50)
        check("all commands without a name", set(sent) <= set(histogram(client)), sorted(histogram(client)))
        same("of one that was never called", histogram(client, "hunt.hint", "nothing"), {})
        legs(client, shards)
        return "%d calls, submit p99 %.0f us" % (sum(sent.values()), times["hunt.submit"]["p99"])


def legs(client, shards):
    told = {line.split(":")[0]: fields(line.split(":", 1)[1])
            for line in client("INFO", "huntd").splitlines() if "_leg_" in line}
    same("a line a leg and shard", sorted(told), sorted("shard_%d_leg_%s" % (n, leg) for n in range(shards) for leg in LEGS))
    for leg in LEGS:
        rows = [told["shard_%d_leg_%s" % (n, leg)] for n in range(shards)]
        check("%s: in order" % leg, all(row["p50_us"] <= row["p99_us"] <= row["max_us"] for row in rows), rows)
        count = sum(row["commands"] for row in rows)
        check("%s: %d commands" % (leg, count), count > 0 or (leg == "route" and shards == 1), rows)
    sizes = {line.split(":")[0]: fields(line.split(":", 1)[1]) for line in client("INFO", "huntd").splitlines() if ":times=" in line}
    same("and of passes and the like", sorted(sizes), sorted("shard_%d_%s" % (n, name) for n in range(shards) for name in SIZES))
    check("each shard has passed", all(sizes["shard_%d_pass" % n]["p99_us"] > 0 for n in range(shards)), sizes)
    check("batches are no longer than they may be", all(sizes["shard_%d_batch_commands" % n]["max"] <= 64 for n in range(shards)), sizes)
    check("the doctor knows them", all(leg in client("LATENCY", "DOCTOR") for leg in LEGS))


def one_shard():
    return what_was_sent_is_told(1)


def three_shards():
    return what_was_sent_is_told(3)


def refused_and_failed_are_apart():
    with Server({"bay": HUNT}, 3) as server:
        client = server.client()
        refused("arity", client("HUNT.AWARD", "ann"), "ERR")
        refused("no such hunt", client("HUNT.AWARD", "ann", "nope", 1), "NOHUNT")
        same("done", client("HUNT.AWARD", "ann", "bay", 1)[0], "applied")
        row = stats(client, "commandstats")["hunt.award"]
        same("calls, rejected, failed", (row["calls"], row["rejected_calls"], row["failed_calls"]), (2, 1, 1))


def slow(client, count=-1):
    return [dict(zip(("id", "at", "us", "words", "address", "name"), entry)) for entry in client("SLOWLOG", "GET", count)]


def slow_ones_are_named(shards):
    with Server({"bay": HUNT}, shards, options=ALL) as server:
        ann, other = server.client(), server.client(3)
        same("her name", ann("CLIENT", "SETNAME", "ann"), "OK")
        names = ["entrant-%02d" % n for n in range(12)]
        for name in names:
            same("an award", ann("HUNT.AWARD", name, "bay", 5)[0], "applied")
        same("a treasure, in two steps", ann("HUNT.SUBMIT", "entrant-00", "bay", "chest", "x")[0], "correct")
        address = "127.0.0.1:%d" % ann.socket.getsockname()[1]
        mine = eventually("all awards are there", lambda: (
            lambda rows: rows if len([r for r in rows if r["words"][0] == "HUNT.AWARD"]) == len(names)
            and any(r["words"][0] == "HUNT.SUBMIT" for r in rows) else None)(slow(other)))
        awards = [row for row in mine if row["words"][0] == "HUNT.AWARD"]
        same("each entrant's, wherever he lives", sorted(row["words"][1] for row in awards), names)
        for row in awards + [row for row in mine if row["words"][0] == "HUNT.SUBMIT"]:
            same("client and name", (row["address"], row["name"]), (address, "ann"))
            check("a time of now", abs(row["at"] - time.time()) < 60 and row["us"] > 0, row)
            check("its legs", all(re.fullmatch(r"(%s)=\d+us" % "|".join(LEGS + ("elsewhere",)), word) for word in row["words"][2:]), row)
            told = sum(int(word.split("=")[1][:-2]) for word in row["words"][2:])
            check("they add up to it, but for what is cut off each", told <= row["us"] <= told + len(LEGS) + 8, row)
        check("newest first", all(a["at"] >= b["at"] for a, b in zip(mine, mine[1:])), mine)
        same("each id once", len({row["id"] for row in mine}), len(mine))
        same("PING", ann("PING"), "PONG")
        pings = eventually("a connection's own too", lambda: [row for row in slow(other) if row["words"] == ["PING"]])
        check("whose it was", (address, "ann") in [(row["address"], row["name"]) for row in pings], pings)
        same("LEN", other("SLOWLOG", "LEN") >= len(mine), True)
        same("as many as asked for", len(slow(other, 3)), 3)
        same("RESET", (other("CONFIG", "SET", "slowlog-log-slower-than", "-1"), other("SLOWLOG", "RESET")), ("OK", "OK"))
        time.sleep(0.05)
        same("RESET again", other("SLOWLOG", "RESET"), "OK")
        ann("HUNT.AWARD", "entrant-00", "bay", 5)
        same("and nothing since", (other("SLOWLOG", "LEN"), slow(other)), (0, []))
        refused("a bad count", other("SLOWLOG", "GET", "-2"), "ERR")


def slow_ones_on_one_shard():
    slow_ones_are_named(1)


def slow_ones_on_three():
    slow_ones_are_named(3)


def settings_change_while_it_serves():
    with Server({"bay": HUNT}, 3, options=ALL, environment={"HUNTD_SLOWLOG_MAX_LEN": "7", "HUNTD_TRACE_SAMPLE": "9"}) as server:
        client = server.client()

        def get(name):
            return as_map(client("CONFIG", "GET", name))

        same("of the environment", get("slowlog-max-len"), {"slowlog-max-len": "7"})
        same("with a dot", get("trace.sample"), {"trace.sample": "9"})
        same("of the command line", get("slowlog-log*"), {"slowlog-log-slower-than": "0"})
        same("by default", get("latency-tracking"), {"latency-tracking": "yes"})
        for name, bad, says in (("latency-tracking", "maybe", "yes or no"), ("slowlog-max-len", "1025", "1024"),
                                ("slowlog-log-slower-than", "-2", "-1"), ("trace.sample", "0", "from 1")):
            refused(name, client("CONFIG", "SET", name, bad), "ERR", says)
        for name, bad, says in (("trace.sample", "0", "from 1"), ("shards", "9", "start only"), ("no.such", "1", "not a setting"),
                                ("clock", "accept", "not apart")):
            refused("a good one before " + name, client("CONFIG", "SET", "slowlog-max-len", "99", name, bad), "ERR", says)
            refused("a good one behind " + name, client("CONFIG", "SET", name, bad, "slowlog-max-len", "99"), "ERR", says)
        same("then none is set", get("slowlog-max-len"), {"slowlog-max-len": "7"})
        for n in range(20):
            client("HUNT.AWARD", "e%d" % n, "bay", 1)
        eventually("no more than are kept", lambda: client("SLOWLOG", "LEN") == 7)
        same("SET", client("CONFIG", "SET", "latency-tracking", "no", "slowlog-max-len", "5"), "OK")
        same("GET", (get("latency-tracking"), client("SLOWLOG", "LEN")), ({"latency-tracking": "no"}, 5))
        before = histogram(client)
        calls = stats(client, "commandstats")["ping"]["calls"]
        for _ in range(50):
            client("PING")
        for name in ("e%d" % n for n in range(30)):
            client("HUNT.AWARD", name, "bay", 1)
        same("calls go on", stats(client, "commandstats")["ping"]["calls"], calls + 50)
        same("times do not", histogram(client, "ping", "hunt.award"), {name: before[name] for name in ("ping", "hunt.award")})
        same("on again", client("CONFIG", "SET", "latency-tracking", "yes"), "OK")
        client("HUNT.AWARD", "e1", "bay", 1)
        timed(client, "hunt.award", before["hunt.award"][0] + 1)


def a_reset_holds_for_every_connection():
    with Server({"bay": HUNT}, 3) as server:
        load(server, 12, 2)
        same("RESETSTAT", server.client()("CONFIG", "RESETSTAT"), "OK")
        for client in server.clients(6):
            check("nothing but what was asked since", "hunt.submit" not in stats(client, "commandstats") and
                  "hunt.submit" not in stats(client, "latencystats") and histogram(client, "hunt.submit") == {})
        client("HUNT.SUBMIT", "e1", "bay", "map", "lead")
        timed(client, "hunt.submit", 1)
        same("then from one", stats(client, "commandstats")["hunt.submit"]["calls"], 1)


PYTHON = """
import redis, sys
r = redis.Redis(port=int(sys.argv[1]), decode_responses=True)
r.execute_command("HUNT.AWARD", "ann", "bay", 1)
entries = r.slowlog_get(10)
award = [e for e in entries if "HUNT.AWARD ann" in str(e["command"])]
assert r.slowlog_len() >= 1 and award and award[0]["duration"] >= 0, entries
assert r.info("commandstats")["cmdstat_hunt.award"]["calls"] >= 1
assert r.info("latencystats")["latency_percentiles_usec_hunt.award"]["p50"] > 0
assert r.config_get("slowlog-*")["slowlog-max-len"] == "128"
assert r.config_set("latency-tracking", "yes") and r.slowlog_reset()
print("redis-py", redis.__version__)
"""


def the_tools_of_redis_understand_it():
    with Server({"bay": HUNT}, 3, options=ALL) as server:
        words = ("redis-cli", "-p", str(server.port))
        for command in (("LATENCY", "HISTOGRAM", "hunt.award"), ("SLOWLOG", "GET", "2"), ("LATENCY", "HELP"), ("SLOWLOG", "HELP"),
                        ("LATENCY", "LATEST"), ("LATENCY", "DOCTOR"), ("LATENCY", "RESET")):
            for three in ((), ("-3",)):
                done = subprocess.run([*words, *three, *command], capture_output=True, text=True, timeout=20)
                check("redis-cli " + " ".join(command), done.returncode == 0 and "ERR" not in done.stdout + done.stderr, done)
        for python in (sys.executable, "/usr/bin/python3"):
            if subprocess.run([python, "-c", "import redis"], capture_output=True).returncode == 0:
                done = subprocess.run([python, "-c", PYTHON, str(server.port)], capture_output=True, text=True, timeout=30)
                check("redis-py", done.returncode == 0, done.stderr[-1500:])
                return done.stdout.strip()
        skip("redis-py (no python3-redis here)")


def an_exporter_scrapes_it():
    program = shutil.which("prometheus-redis-exporter")
    if not program:
        return skip("prometheus-redis-exporter is not installed")
    with Server({"bay": HUNT}, 3, options=ALL) as server:
        sent = load(server, 12, 3)
        timed(server.client(), "hunt.submit", sent["hunt.submit"])
        port = free_ports(1)[0]
        exporter = subprocess.Popen([program, "-redis.addr", "redis://127.0.0.1:%d" % server.port, "-web.listen-address",
                                     "127.0.0.1:%d" % port, "-include-config-metrics"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            def scrape():
                try:
                    return urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=10).read().decode()
                except OSError:
                    return None
            text = eventually("it answers", scrape)
        finally:
            exporter.terminate()
            said = exporter.communicate(timeout=10)[0]
        rows = dict(re.findall(r"^(redis_\S+) (\S+)$", text, re.M))
        same("huntd is up, and nothing went wrong", (rows.get("redis_up"), rows.get("redis_exporter_last_scrape_error{err=\"\"}")), ("1", "0"))
        same("calls of submit", float(rows["redis_commands_total{cmd=\"hunt.submit\"}"]), sent["hunt.submit"])
        check("and their time", float(rows["redis_commands_duration_seconds_total{cmd=\"hunt.submit\"}"]) > 0)
        check("slow commands", float(rows["redis_slowlog_length"]) > 0, rows.get("redis_slowlog_length"))
        check("it complains of nothing", "level=error" not in said and "level=warning" not in said, said[-1500:])
        return "%d series" % len(rows)


if __name__ == "__main__":
    story(one_shard, three_shards, refused_and_failed_are_apart, slow_ones_on_one_shard, slow_ones_on_three,
          settings_change_while_it_serves, a_reset_holds_for_every_connection, the_tools_of_redis_understand_it,
          an_exporter_scrapes_it)
