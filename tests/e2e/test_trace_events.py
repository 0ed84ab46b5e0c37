#!/usr/bin/env python3
"""hunt-trace hist, full, --slow and --flame on a loaded huntd: what comes through the probes is what
the engine counts, nothing is left behind, and every refusal is one clear line."""
from tracing import *

SUB = 8  # sub-buckets of a power of two (include/huntd/histogram.h)


def trace(server, *words, seconds=40, **options):
    """hunt-trace to its end: exit code, objects of its lines, stdout, stderr."""
    code, out, err = hunt_trace("-p", str(server.pid), *words, seconds=seconds, **options)
    return code, objects_of(out), out, err


def traced(server, *words, seconds=40):
    code, objects, out, err = trace(server, *words, seconds=seconds)
    same("hunt-trace %s ends with 0" % " ".join(words), (code, err.splitlines()), (0, [DETACHING]))
    return objects if "--json" in words else out


def why_not():
    if os.geteuid() != 0:
        return "attaching to probes takes root"
    if not os.path.exists(BIN + "/hunt-trace"):
        return "hunt-trace was not built"
    notes = subprocess.run(["readelf", "-n", BIN + "/huntd"], capture_output=True, text=True).stdout
    if "Provider: huntd" not in notes:
        return "huntd was built without probes"
    with Server({"bay": HUNT}) as server:
        code, _, _, err = trace(server, "-c", "1", "-i", "0.1", "hist")
    return None if code == 0 else "refused here: " + err.strip()


def begun(server, *words):
    """hunt-trace in the background, once its probes are attached."""
    process = subprocess.Popen([BIN + "/hunt-trace", "-p", str(server.pid), *words], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    eventually("hunt-trace attaches", lambda: process.poll() is not None or semaphores(server.pid) > 0)
    time.sleep(0.1)  # the kernel raises the semaphore a little before it runs the program
    check("hunt-trace runs on", process.poll() is None, process.poll() is not None and process.communicate())
    return process


def ended(process, how=signal.SIGINT, seconds=10):
    if how:
        process.send_signal(how)
    out, err = process.communicate(timeout=seconds)
    return process.returncode, objects_of(out), out, err


def semaphores(pid):
    """The sum of the program's probe semaphores, as the process has them in memory."""
    notes = subprocess.run(["readelf", "-n", "/proc/%d/exe" % pid], capture_output=True, text=True).stdout
    places = {int(at, 16) for at in re.findall(r"Semaphore: (0x[0-9a-f]+)", notes)} - {0}
    with open("/proc/%d/maps" % pid) as maps:
        base = int(maps.readline().split("-")[0], 16)
    with open("/proc/%d/mem" % pid, "rb") as memory:
        total = 0
        for place in places:
            memory.seek(base + place)
            total += int.from_bytes(memory.read(2), "little")
        return total


def nothing_left(server):
    """Semaphores are back, no lock is held, and the next one can attach (a probe left would hold them)."""
    eventually("all probes are detached", lambda: semaphores(server.pid) == 0, 5)
    if os.path.exists("/sys/kernel/tracing/uprobe_events"):
        with open("/sys/kernel/tracing/uprobe_events") as file:
            same("no probe is left in tracefs", file.read().count("huntd"), 0)
    same("the lock is gone", os.path.exists("/run/hunt-trace-%d.lock" % server.pid), False)


def bucket(value):
    return value if value < SUB else (value.bit_length() - 4) * SUB + (value >> (value.bit_length() - 4))


def far(ours, engines, sample, least=200):
    """Where the two tell p50 or p99 more than one bucket apart, or commands are missing: a tenth of a
    sample, 0.5 % of all (one of the two is drawn a little later)."""
    apart = []
    for name, of in engines.items():
        mine = ours.get(name)
        if of["count"] < least * sample:
            continue
        seen = mine["count"] * sample if mine else 0
        if abs(seen / of["count"] - 1) > (0.1 if sample > 1 else 0.005):
            apart.append((name, "seen", seen, "counted", of["count"]))
            continue
        for share in ("p50_ns", "p99_ns"):
            if abs(bucket(mine[share]) - bucket(of[share])) > 1:
                apart.append((name, share, mine[share], of[share]))
    return apart


def agrees(mode, server, sample, tries=4):
    """One hiccup at the edge of the interval may be in one and not in the other: then it is tried again."""
    for attempt in range(tries):
        frame = traced(server, "--json", "-i", "3", "-c", "2", "top", mode)[1]  # both count all of the second
        engine, ours = frame["top"]["all"], frame[mode]["all"]
        apart = far(ours["legs"], engine["legs"], sample) + far(ours["commands"], engine["commands"], sample)
        if not apart:
            return frame
    raise Mishap("%s and the engine are more than a bucket apart, %d times" % (mode, tries) + "\n    " + short(apart))


MIXED = "award=1,progress=3"  # what waits for the disk, and what does not


def hist_tells_what_the_engine_counts():
    with Server({"bay": HUNT}, options=["--set", "trace.sample=8"]) as server, Load(server, mix=MIXED):
        frame = agrees("hist", server, 8)
        seen, counted = frame["hist"]["all"]["total"]["count"], frame["top"]["all"]["legs"]["apply"]["count"]
        check("one in eight is sampled", 0.7 < seen * 8 / counted < 1.1, seen, counted)
        nothing_left(server)
        return "%d of %d commands" % (seen, counted)


def full_tells_what_the_engine_counts():
    with Server({"bay": HUNT}) as server, Load(server, mix=MIXED):
        frame = agrees("full", server, 1)
        same("nothing was dropped", frame["full"]["commands_dropped"], 0)
        nothing_left(server)
        return "%d commands" % frame["full"]["commands_shown"]


def full_shows_every_command_once():
    for shards in (1, 2):
        with Server({"bay": HUNT}, shards) as server:
            client = server.client()
            process = begun(server, "--json", "full")
            before = int(server.info()["total_commands_processed"])
            for _ in range(40):
                client.pipe([("HUNT.AWARD", "e%d" % (n % 50), "bay", "1") for n in range(500)])
            counted = int(server.info()["total_commands_processed"]) - before
            time.sleep(0.2)
            code, objects, _, err = ended(process)
            same("Ctrl-C ends it with 0", (code, err.splitlines()), (0, [DETACHING]))
            whole = objects[-1]["full"]
            check("the last line is of the whole run", objects[-1].get("summary") is True, objects[-1])
            same("every command was shown, none dropped", (whole["commands_shown"], whole["commands_dropped"]), (20000, 0))
            same("so many were applied", whole["all"]["legs"]["apply"]["count"], 20000)
            by_shard = [s["legs"]["apply"]["count"] for s in whole["shards"]]
            check("each shard has its part", len(by_shard) == shards and all(by_shard) and sum(by_shard) == 20000, by_shard)
            check("the engine counts them too", counted >= 20000, counted)
            if shards == 2:
                check("some went to the other shard", whole["all"]["legs"]["route"]["count"] > 0, whole["all"]["legs"])
            nothing_left(server)


def slow_names_the_command():
    with Server({"bay": HUNT}) as server:
        client = server.client()
        process = begun(server, "--slow", "0")
        same("an award", client("HUNT.AWARD", "long-john-silver-of-the-hispaniola", "bay", "1")[0], "applied")
        client.pipe([("HUNT.AWARD", "ann", "bay", "1")] * 500)
        time.sleep(1.3)
        client("HUNT.AWARD", "bob", "bay", "1")
        time.sleep(0.1)
        code, _, out, err = ended(process)
        same("ends with 0", (code, err.splitlines()), (0, [DETACHING]))
        lines = out.splitlines()
        first = [line for line in lines if " long-john-silver-of- " in line]
        check("one line names the first key, cut at 20", len(first) == 1 and "HUNT.AWARD" in first[0], lines[:3])
        check("it says the shard, the client, each leg it went, and marks the longest",
              all(w in first[0] for w in ("shard 0", "client", "recv ", "parse ", "apply ", "durable ", "reply "))
              and first[0].count("*") == 1, first[0])
        check("a storm is bounded and what was left out is counted",
              len(lines) < 150 and any(re.match(r"\.\.\. 4\d\d more as slow, left out; 0 commands dropped", line) for line in lines),
              len(lines), lines[-3:])
        check("the next second shows lines again", any(" bob " in line for line in lines), lines[-3:])
        objects = traced(server, "--json", "--slow", "3600000", "-c", "1", "-i", "0.2")
        same("nothing takes an hour", objects, [])
        nothing_left(server)


def slow_in_json():
    with Server({"bay": HUNT}) as server:
        client = server.client()
        process = begun(server, "--json", "--slow", "0")
        client("HUNT.AWARD", "ann", "bay", "1")
        time.sleep(0.1)
        one = ended(process)[1][0]["slow_command"]
        same("command and key", (one["command"], one["key"]), ("HUNT.AWARD", "ann"))
        same("the legs add up", sum(one["stages_ns"].values()), one["total_ns"])
        same("the longest is named", one["stages_ns"][one["largest"]], max(one["stages_ns"].values()))


def flame_names_stages_and_functions():
    with Server({"bay": HUNT}) as server, Load(server, "max"):
        out = traced_flame(server)
        folded = [line.rsplit(" ", 1) for line in out.splitlines()]
        check("every line is a stack and a number", folded and all(len(f) == 2 and f[1].isdigit() for f in folded), out[:300])
        check("no stack stands twice", len({f[0] for f in folded}) == len(folded))
        stages = {f[0].split(";")[1] for f in folded}
        check("stacks of shard 0 by stage", all(f[0].startswith("shard-0;") for f in folded) and "commands" in stages, stages)
        check("the stage is known", "[no stage]" not in stages, stages)
        check("what decides commands is seen where commands are decided",
              any(f[0].split(";")[1] == "commands" and "hd_step_run" in f[0] for f in folded), out[:600])
        whole = sum(int(f[1]) for f in folded)
        named = sum(int(f[1]) for f in folded if "shard_main" in f[0])
        check("most stacks reach the thread's beginning", named > whole * 0.7, named, whole)
        _, objects, _, _ = trace(server, "--json", "--flame", "-i", "0.5", "-c", "1")
        check("the same as an object", any(stack.startswith("shard-0;commands;") for stack in objects[0]["flame"]), objects)
        nothing_left(server)
        return "%d samples" % whole


def traced_flame(server):
    code, _, out, err = trace(server, "--flame", "-i", "2", "-c", "1")
    same("ends with 0", code, 0)
    check("says how many samples, none lost", re.search(r"--flame: \d+ samples of 1 threads, 0 lost", err), err)
    return out


def all_at_once():
    with Server({"bay": HUNT}, 2) as server, Load(server):
        code, objects, out, err = trace(server, "--json", "-i", "1", "-c", "2", "top", "hist", "full", "--slow", "3600000")
        same("ends with 0", (code, err.splitlines()), (0, [DETACHING]))
        same("two frames and a summary", [sorted(set(o) & {"top", "hist", "full", "summary"}) for o in objects],
             [["full", "hist", "top"]] * 2 + [["full", "hist", "summary"]])
        check("whole is the sum of the frames",
              objects[2]["full"]["commands_shown"] >= sum(o["full"]["commands_shown"] for o in objects[:2]))
        text = traced(server, "-i", "0.5", "-c", "2", "hist", "full")
        for word in ("all shards", "shard 1", "p99.9", "durable", "HUNT.AWARD", "where most time goes", "#", "All in all", "0 dropped"):
            check("a person reads `%s`" % word, word in text, text)
        nothing_left(server)


def two_tracers_are_one_too_many():
    with Server({"bay": HUNT}) as server:
        first = begun(server, "hist")
        code, _, _, err = trace(server, "-c", "1", "full")
        check("the second is told so in one line", code == 1 and str(first.pid) in err and len(err.splitlines()) <= 2, err)
        code, _, out, _ = trace(server, "-c", "1", "-i", "0.2", "top")
        same("top looks on", code, 0)
        same("the first goes on", first.poll(), None)
        same("and ends well", ended(first)[0], 0)
        nothing_left(server)
        traced(server, "-c", "1", "-i", "0.2", "full")


def a_tracer_that_is_killed_leaves_nothing():
    with Server({"bay": HUNT}) as server:
        ended(begun(server, "full", "hist", "--flame"), signal.SIGKILL)
        eventually("the kernel has detached it", lambda: semaphores(server.pid) == 0, 5)
        traced(server, "-c", "1", "-i", "0.2", "full")
        nothing_left(server)


def the_server_dies_while_it_is_traced():
    for words in (("full", "hist"), ("--flame",), ("--slow", "0")):
        with Server({"bay": HUNT}) as server:
            client = server.client()
            process = begun(server, "--json", *words) if words != ("--flame",) else flame_begun(server)
            client.pipe([("HUNT.AWARD", "ann", "bay", "1")] * 100)
            time.sleep(0.1)
            server.kill()
            start = time.monotonic()
            code, objects, out, err = ended(process, None)
            check("it ends long before its time", time.monotonic() - start < 10, time.monotonic() - start)
            check("with 1, saying so", code == 1 and "huntd %d has ended" % server.process.pid in err, code, err)
            if "full" in words:
                same("what was seen is summed up", objects[-1]["full"]["commands_shown"], 100)


def flame_begun(server):
    process = subprocess.Popen([BIN + "/hunt-trace", "-p", str(server.pid), "--flame"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    eventually("the lock is taken", lambda: os.path.exists("/run/hunt-trace-%d.lock" % server.pid))
    time.sleep(0.5)
    return process


def refusal(server, what, *words, **options):
    """hunt-trace left a view out, in one line, and ended with 1 because there was no other."""
    code, _, out, err = trace(server, "-c", "1", "-i", "0.2", *words, **options)
    lines = [line for line in err.splitlines() if "detaching" not in line]
    check("one line that says `%s`" % what, code == 1 and len(lines) == 1 and what in lines[0] and out == "", code, out, err)


def a_program_without_probes():
    bare = tempfile.mkdtemp(prefix="hunt-e2e-")
    try:
        subprocess.run(["objcopy", "--remove-section", ".note.stapsdt", BIN + "/huntd", bare + "/huntd"], check=True)
        with Server({"bay": HUNT}, start=False) as server:
            command = server.command
            server.command = lambda: [bare + "/huntd"] + command()[1:]
            server.start()
            refusal(server, "no probe huntd:event", "hist")
            refusal(server, "no probe huntd:batch", "full")
            refusal(server, "no probe huntd:batch", "--slow", "1")
            same("with a view that needs none it goes on", trace(server, "-c", "1", "-i", "0.2", "top", "hist")[0], 0)
            nothing_left(server)
    finally:
        shutil.rmtree(bare)


def a_program_that_was_replaced_on_disk():
    folder = tempfile.mkdtemp(prefix="hunt-e2e-")
    try:
        shutil.copy(BIN + "/huntd", folder + "/huntd")
        with Server({"bay": HUNT}, start=False) as server:
            command = server.command
            server.command = lambda: [folder + "/huntd"] + command()[1:]
            server.start()
            shutil.copy(BIN + "/huntctl", folder + "/new")
            os.rename(folder + "/new", folder + "/huntd")  # as a package's upgrade does
            client = server.client()
            process = begun(server, "--json", "full")
            client.pipe([("HUNT.AWARD", "ann", "bay", "1")] * 100)
            time.sleep(0.1)
            code, objects, _, err = ended(process)
            same("the program that runs is traced all the same", (code, objects[-1]["full"]["commands_shown"]), (0, 100))
            nothing_left(server)
    finally:
        shutil.rmtree(folder)


def without_the_right_or_the_memory():
    import resource
    with Server({"bay": HUNT}) as server:
        for mode in ("hist", "full", "--flame"):
            refusal(server, "root", mode, user="nobody")
        few = 24 << 20  # of addresses: the program fits, its ring does not
        refusal(server, "ring", "full", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (few, few)))
        nothing_left(server)


REASON = why_not()
if REASON:
    skip(REASON)
    sys.exit(0)
story(hist_tells_what_the_engine_counts, full_tells_what_the_engine_counts, full_shows_every_command_once,
      slow_names_the_command, slow_in_json, flame_names_stages_and_functions, all_at_once, two_tracers_are_one_too_many,
      a_tracer_that_is_killed_leaves_nothing, the_server_dies_while_it_is_traced, a_program_without_probes,
      a_program_that_was_replaced_on_disk, without_the_right_or_the_memory)
