#!/usr/bin/env python3
"""huntctl repair over data directories that real servers left and that were damaged: what is kept,
what is named, and that the server goes on with it."""
import atexit

from log_tools import *


def grants_of(data):
    """(ordinal, entrant) of every GRANT, (ordinal, entrant) of every GRANTED(correct)."""
    events = [json.loads(l) for l in huntctl("log", "dump", data, "--json")[1].splitlines()]
    return (sorted((e["fields"]["ordinal"], e["entrant"]) for e in events if e["type"] == "grant"),
            sorted((e["fields"]["ordinal"], e["entrant"]) for e in events
                   if e["type"] == "granted" and e["fields"]["outcome"] == "correct"))


def starts_and_holds(server, stock):
    """huntd goes on, and nothing is granted twice or beyond the stock."""
    server.start()
    client = server.client()
    for i in range(40):
        client("HUNT.SUBMIT", "p%02d" % i, "bay", "chest", "X7")
    server.stop()
    same("clean after it went on", facts("log", "verify", server.data)["findings"], 0)
    grants, granted = grants_of(server.data)
    same("ordinals 1 to the stock, once each", [o for o, _ in grants], list(range(1, stock + 1)))
    check("nobody twice", len({e for _, e in grants}) == stock, grants)
    return grants, granted


def a_repair_of_the_hunts_log():
    with Server({"bay": bay()}, shards=3) as server:
        play(server, 700)
        client = server.client()
        client("HUNT.FREEZE", "bay"), client("HUNT.OPEN", "bay")
        time.sleep(1.2)  # the seal of the last frame: idle for 1 s
        server.kill()
        before, proven = grants_of(server.data)
        same("all are granted", len(before), 5)
        shard = home(server.data, "grant")
        path, at, lsn = frame_with(server.data, shard, "grant")
        flip(path, at + 200)
        code, said = server.end_of_start()
        check("huntd does not start, and names the tool", code == 65 and "huntctl repair" in said and path.split("/")[-1] in said, code, said)
        last = [s["last_lsn"] for s in facts("log", "verify", server.data, code=65)["shard"]]
        code, out, err = huntctl("repair", server.data)
        check("first it only says", code == 65 and "nothing was changed" in err and "would be lost" in err, code, err)
        check("which LSNs", "LSN %d to" % (last[shard] + 1) in err, err)
        same("and changes nothing", (os.path.exists(server.data + "/huntd.meta"), [f for f in os.listdir(server.data) if "damaged" in f]), (True, []))
        plan = facts("repair", server.data, code=65)
        done = facts("repair", server.data, "--accept-loss")
        same("it does what it said", (done["repair"], done["given_back"]), ("done", plan["given_back"]))
        check("the damaged bytes stand aside", os.path.getsize("%s/shard-%02d/%s" % (done["aside"], shard, os.path.basename(path))) > 0)
        report = facts("log", "verify", server.data)
        same("clean", (report["state"], report["findings"]), ("whole", 0))
        after, granted = grants_of(server.data)
        same("five grants again", [o for o, _ in after], [1, 2, 3, 4, 5])
        check("what entrants' logs prove is theirs", set(granted) <= set(after), granted, after)
        for ordinal, entrant in set(before) - set(after):
            check("what nobody proves belongs to nobody", (ordinal, "lost %d" % ordinal) in after, after)
        same("nothing left to repair", facts("repair", server.data)["repair"], "nothing to repair")
        starts_and_holds(server, 5)
        return "%d of 5 grants proven" % len(set(granted))


def a_repair_of_shard_0_and_of_entrants():
    for shard in (0, 1, 2):
        with Server({"bay": bay()}, shards=3) as server:
            play(server, 300, extra=shard)
            client = server.client()
            client("VELTRIX.PUT", "bay", bay(CHALLENGES[:3]))
            play(server, 300, extra=shard + 10)
            client("HUNT.FREEZE", "bay")
            time.sleep(1.2)
            server.kill()
            orders = [e["fields"]["order"] for e in map(json.loads, huntctl(
                "log", "dump", server.data, "--shard", "0", "--json")[1].splitlines()) if e["type"] == "order"]
            path, at, lsn = frame_with(server.data, shard, "order", 2)
            flip(path, at + 150)
            same("damage", huntctl("log", "verify", server.data)[0], 65)
            facts("repair", server.data, "--accept-loss")
            report = facts("log", "verify", server.data)
            same("clean after shard %d" % shard, (report["state"], report["findings"]), ("whole", 0))
            again = [e["fields"]["order"] for e in map(json.loads, huntctl(
                "log", "dump", server.data, "--shard", str(shard), "--json")[1].splitlines()) if e["type"] == "order"]
            same("every order is back", again, orders)
            server.start()
            client = server.client()
            same("the last document is in force", as_map(client("HUNT.INFO", "bay"))["version"], 2)
            same("and its phase", as_map(client("HUNT.INFO", "bay"))["phase"], "frozen")
            starts_and_holds_running(server)


def starts_and_holds_running(server):
    client = server.client()
    for i in range(40):
        client("HUNT.JOIN", "p%02d" % i, "bay")
        client("HUNT.SUBMIT", "p%02d" % i, "bay", "chest", "X7")
    server.stop()
    report = facts("log", "verify", server.data)
    same("clean after it went on", (report["state"], report["findings"]), ("whole", 0))
    grants, granted = grants_of(server.data)
    same("never beyond the stock", [o for o, _ in grants], [1, 2, 3, 4, 5])


def a_repair_of_history_alone():
    with Server({"bay": bay()}, shards=1) as server:
        play(server, 200)
        server.restart()  # by kill: the log goes on in a fresh segment
        play(server, 200, extra=2)
        live = top(server.client())
        server.stop()
        flip(segments(server.data, 0)[0], 4096 + 120)
        same("history is damaged", huntctl("log", "verify", server.data)[0], 65)
        server.start()
        same("huntd starts from its snapshot all the same", top(server.client()), live)
        check("no repair beside a server", "in use" in huntctl("repair", server.data)[2])
        server.stop()
        check("no event would be lost", "no event would be lost" in huntctl("repair", server.data)[2])
        same("as history", facts("repair", server.data, "--accept-loss")["shard"][0]["action"], "history")
        report = facts("log", "verify", server.data)
        same("clean, from the snapshot on", (report["state"], report["audited"]), ("whole", False))
        same("the board from the snapshot", rows(facts("log", "board", server.data, "bay")), live)
        check("what is older is refused by name", "older than what is kept" in huntctl("log", "board", server.data, "bay", "--at", "1")[2])
        check("and not judged again", "no longer has its first events" in huntctl(
            "log", "whatif", server.data, "bay", "--document", server.hunts + "/bay.yaml")[2])
        same("it goes on", top(server.start().client()), live)


def a_repair_around_the_damage():
    """One segment: the log cannot be followed to the snapshot, but the snapshot has what was damaged."""
    with Server({"bay": bay()}, shards=1) as server:
        play(server, 200)
        server.restart(kill=False)
        client = play(server, 200, extra=2)
        live = top(client)
        client("HUNT.AWARD", "p00", "bay", 5, "ID", "last")
        live, progress = top(client), client("HUNT.PROGRESS", "p00", "bay")
        server.kill()
        last = facts("log", "verify", server.data)["shard"][0]["last_lsn"]
        flip(segments(server.data, 0)[0], 4096 + 120)
        code, said = server.end_of_start()
        check("huntd cannot start", code == 65 and "huntctl repair" in said, code, said)
        done = facts("repair", server.data, "--accept-loss")
        same("nothing is lost", (done["shard"][0]["action"], done["shard"][0]["lost_from"]), ("restart", 0))
        report = facts("log", "verify", server.data)
        same("clean, to the last event", (report["state"], report["shard"][0]["last_lsn"]), ("whole", last))
        server.start()
        client = server.client()
        same("the board", top(client), live)
        same("a retry is known", client("HUNT.AWARD", "p00", "bay", 5, "ID", "last")[0], "applied")
        same("nothing twice", client("HUNT.PROGRESS", "p00", "bay"), progress)
        play(server, 100, extra=3)
        server.restart(kill=False)
        server.stop()
        same("whole when it has gone on", facts("log", "verify", server.data)["state"], "whole")


def a_repair_before_the_very_end():
    """The snapshot that a stopping server writes stands at the log's end: behind it there is no frame."""
    for shards in (1, 2):
        with Server({"bay": bay()}, shards=shards) as server:
            live = top(play(server, 200))
            server.stop()
            for shard in range(shards):
                flip(segments(server.data, shard)[0], 4096 + 120)
            same("damage", huntctl("log", "verify", server.data)[0], 65)
            done = facts("repair", server.data, "--accept-loss")
            same("from the snapshots", {s["action"] for s in done["shard"]} <= {"restart", "history"}, True)
            last = [s["last_lsn"] for s in facts("log", "verify", server.data)["shard"]]
            check("each at its snapshot", all(lsn > 1 for lsn in last), last)
            same("nothing left to repair", facts("repair", server.data)["repair"], "nothing to repair")
            same("the board", rows(facts("log", "board", server.data, "bay")), live)
            same("huntd", top(server.start().client()), live)
            server.kill()
            same("and when it was killed", facts("log", "verify", server.data)["state"], "whole")
            play(server.start(), 50, extra=2)
            server.stop()
            same("whole when it has gone on", facts("log", "verify", server.data)["state"], "whole")


def a_log_without_a_frame():
    """Behind its snapshot stands a segment whose first frame, which said nothing but the end, was torn."""
    with Server({"bay": bay()}, shards=1) as server:
        live = top(play(server, 200))
        server.stop()
        flip(segments(server.data, 0)[0], 4096 + 120)
        facts("repair", server.data, "--accept-loss")
        path, = segments(server.data, 0)
        same("one frame", blocks(path), [0])
        with open(path, "r+b") as file:
            file.write(bytes(4096))
        same("whole", facts("log", "verify", server.data)["state"], "whole")
        same("nothing left to repair", facts("repair", server.data)["repair"], "nothing to repair")
        same("the board", rows(facts("log", "board", server.data, "bay")), live)
        same("huntd", top(server.start().client()), live)


def one_event_is_taken_out():
    with Server({"bay": bay()}, shards=2) as server:
        client = play(server, 200)
        client("HUNT.AWARD", "p01", "bay", 1000), client("HUNT.AWARD", "p01", "bay", 7)
        client.pipe([["HUNT.AWARD", "p%02d" % (i % 40), "bay", i + 1] for i in range(100)])
        server.kill()
        dumped = [json.loads(l) for l in huntctl("log", "dump", server.data, "--json")[1].splitlines()]
        position, = [e["position"] for e in dumped if e["fields"].get("points") == 1000 and e["type"] == "awarded"]
        shard, lsn = position.split(":")
        before = [s["last_lsn"] for s in facts("log", "verify", server.data)["shard"]]
        score = {e[1]: e[2] for e in rows(facts("log", "board", server.data, "bay"))}
        check("which shard", huntctl("repair", server.data, "--skip", lsn)[0] == 65)
        check("no such event", huntctl("repair", server.data, "--skip", "99999", "--shard", shard, "--accept-loss")[0] == 65)
        check("only said", "would be taken out" in huntctl("repair", server.data, "--skip", lsn, "--shard", shard)[2])
        facts("repair", server.data, "--skip", lsn, "--shard", shard, "--accept-loss")
        report = facts("log", "verify", server.data)
        same("whole, and as long", (report["state"], [s["last_lsn"] for s in report["shard"]]), ("whole", before))
        after = {e[1]: e[2] for e in rows(facts("log", "board", server.data, "bay"))}
        same("the 1000 are gone, nothing else", after, {**score, "p01": score["p01"] - 1000})
        skipped, = [e for e in map(json.loads, huntctl("log", "dump", server.data, "--json")[1].splitlines()) if e["type"] == "skipped"]
        same("it stands where the event stood", skipped["position"], position)
        client = server.start().client()
        same("huntd takes it so", {r[1]: r[2] for r in top(client)}, after)
        check("and shows nothing of it", not any(e[2] == "skipped" for e in events_of(client, "bay")))


def what_depends_on_it_is_named():
    """Nobody can act who did not join: taking the JOINED out alone is refused."""
    with Server({"bay": bay()}, shards=1) as server:
        client = play(server, 5)
        client("HUNT.JOIN", "late", "bay"), client("HUNT.AWARD", "late", "bay", 1000), client("HUNT.AWARD", "late", "bay", 7)
        server.kill()
        before, events = fold(server.data), [json.loads(l) for l in fold(server.data).splitlines()]
        mine = [e["position"].split(":")[1] for e in events if e["entrant"] == "late"]
        words = ["--skip", mine[0]]
        for lsn in mine[1:]:
            code, out, err = huntctl("repair", server.data, *words, "--accept-loss")
            check("refused, by LSN", code == 65 and "LSN %s: this event" % lsn in err and "nothing was changed" in err, code, err)
            check("and how to go on", "%s --skip %s" % (" ".join(words), lsn) in err, err)
            same("nothing was", fold(server.data), before)
            words += ["--skip", lsn]
        code, out, err = huntctl("repair", server.data, *words)
        check("what to call is said whole", code == 65 and "huntctl repair %s %s --accept-loss" % (server.data, " ".join(words)) in err, err)
        facts("repair", server.data, *words, "--accept-loss")
        same("whole", facts("log", "verify", server.data)["state"], "whole")
        same("once is enough", facts("repair", server.data, *words)["repair"], "nothing to repair")
        check("the rest plays on", "late" not in {r[1] for r in top(server.start().client())})
        server.kill()
        for lsn in ("0", "99999"):
            code, out, err = huntctl("repair", server.data, "--skip", lsn)
            check("what it has instead", code == 65 and "no LSN %s to take out, only 1 to" % lsn in err, err)
        code, out, err = huntctl("repair", server.data, "--skip", "1")
        check("what else needs the first order", code == 65 and "archive" not in err and "--skip 1 --skip 2" in err, err)


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def forge(path, old, new):
    """Changes the log's last frame, sums and all: a poison event, as a bug of huntd would write it."""
    with open(path, "r+b") as file:
        blob = file.read()
        at = max(at for at in range(0, len(blob), 4096) if blob[at:at + 8] == b"HUNTLOG1" and blob[at + 104:].find(old) >= 0)
        length, = struct.unpack_from("<I", blob, at + 60)
        size = -(-(104 + length) // 4096) * 4096
        frame = bytearray(blob[at:at + size])
        same("the length of the name", len(old), len(new))
        frame[104:] = bytes(frame[104:]).replace(old, new)
        struct.pack_into("<I", frame, 96, crc32c(frame[104:]))
        struct.pack_into("<I", frame, 100, crc32c(frame[:100]))
        file.seek(at)
        file.write(frame)


def a_poison_event():
    """What no core can apply is named by every tool, which then ends; --skip takes it out, also where
    the log begins behind a snapshot. Directly behind it, and later."""
    for late in (False, True):
        for more in (0, 3):
            with Server({"bay": bay()}, shards=1) as server:
                client = play(server, 50)
                if late:
                    server.stop()
                    flip(segments(server.data, 0)[0], 4096 + 120)
                    facts("repair", server.data, "--accept-loss")
                    client = server.start().client()
                for i in range(more):
                    client("HUNT.AWARD", "p01", "bay", i + 5)
                live = top(client)
                client("HUNT.AWARD", "p02", "bay", 77)
                server.kill()
                last = facts("log", "verify", server.data)["shard"][0]["last_lsn"]
                forge(segments(server.data, 0)[-1], b"p02", b"q99")
                for words in (["log", "verify", server.data], ["log", "board", server.data, "bay"]):
                    code, out, err = huntctl(*words)
                    check("%s names it" % words[1], code == 65 and "LSN %d" % last in err and (not late or "(awarded)" in err), code, err)
                code, out, err = huntctl("log", "whatif", server.data, "bay", "--document", server.hunts + "/bay.yaml")
                check("whatif too", code in (1, 65) and err, code, err)
                code, said = server.end_of_start()
                check("and huntd", code == 70 and "LSN %d" % last in said, code, said)
                facts("repair", server.data, "--skip", str(last), "--accept-loss")
                report = facts("log", "verify", server.data)
                same("whole", (report["state"], report["shard"][0]["last_lsn"]), ("whole", last))
                same("all else is there", top(server.start().client()), live)


def a_first_frame_is_taken_out():
    with Server({"bay": bay()}, shards=1) as server:
        server.kill()
        count = facts("log", "verify", server.data)["events"]
        words = [w for lsn in range(1, count + 1) for w in ("--skip", str(lsn))]
        facts("repair", server.data, *words, "--accept-loss")
        same("nothing but SKIPPED", {e["type"] for e in map(json.loads, fold(server.data).splitlines())}, {"skipped"})
        report = facts("log", "verify", server.data)
        same("as long as before", (report["state"], report["events"]), ("whole", count))


def fold(data):
    """All that the logs say."""
    return huntctl("log", "dump", data, "--json")[1]


def files_below(folder):
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                found.setdefault(hashlib.sha256(file.read().rstrip(b"\0")).hexdigest(), os.path.join(path, name))
    return found


def interrupted(folder, data, words, originals):
    """Repairs a copy of the directory again and again, each time killed or out of space one call
    later, and repairs that again: it becomes what an undisturbed repair makes, and what was damaged
    still stands somewhere. Returns how many calls were tried."""
    library, tried = folder + "/fail_calls.so", 0
    # In memory where that can be: what counts is the order of calls, and no power is cut here.
    copy = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else folder)
    atexit.register(shutil.rmtree, copy, True)
    if not os.path.exists(library):
        subprocess.run(["gcc", "-std=gnu17", "-O1", "-shared", "-fPIC", "-o", library, HERE + "/fail_calls.c", "-ldl"], check=True)
    again = lambda: (shutil.rmtree(copy, True), subprocess.run(["cp", "-r", "--sparse=always", data, copy], check=True))
    again()
    facts("repair", copy, *words)
    wanted = fold(copy)
    same("verified", facts("log", "verify", copy)["state"], "whole")
    for how in ("kill", "full"):
        for at in range(1, 1000):
            again()
            done = subprocess.run([BIN + "/huntctl", "repair", copy, *words], capture_output=True, text=True, timeout=60,
                                  env={**os.environ, "LD_PRELOAD": library, "FAIL_AT": str(at), "FAIL_HOW": how})
            if done.returncode == 0:
                break
            check("it does not say done", '"done"' not in done.stdout and "repair done" not in done.stdout, done.stdout)
            facts("repair", copy, *words)
            same("%s at call %d, then repaired again (%s)" % (how, at, done.stderr.strip()), fold(copy) == wanted, True)
            kept = files_below(copy)
            check("%s at call %d: what was damaged is kept" % (how, at), all(h in kept for h in originals), originals)
            tried += 1
        check("every call was tried", 10 < at < 999, at)
    return tried


def a_repair_that_is_interrupted():
    """Nothing is lost by it, at no step."""
    tried = []
    with Server({"bay": bay()}, shards=2) as server:
        client = play(server, 60)
        client("HUNT.AWARD", "p01", "bay", 1000)
        client.pipe([["HUNT.AWARD", "p%02d" % (i % 40), "bay", i + 1] for i in range(60)])
        time.sleep(1.2)
        server.kill()
        shard, lsn = [e["position"] for e in map(json.loads, fold(server.data).splitlines())
                      if e["fields"].get("points") == 1000 and e["type"] == "awarded"][0].split(":")
        name, = [h for h, path in files_below(server.data).items() if path == segments(server.data, int(shard))[-1]]
        tried.append(interrupted(server.folder, server.data, ["--skip", lsn, "--shard", shard, "--accept-loss"], [name]))
        path, at, _ = frame_with(server.data, home(server.data, "grant"), "grant")
        flip(path, at + 200)
        name, = [h for h, p in files_below(server.data).items() if p == path]
        tried.append(interrupted(server.folder, server.data, ["--accept-loss"], [name]))
    with Server({"bay": bay()}, shards=1) as server:
        play(server, 60)
        server.restart(kill=False)
        play(server, 60, extra=2)
        server.kill()
        path = segments(server.data, 0)[0]
        flip(path, 4096 + 120)
        name, = [h for h, p in files_below(server.data).items() if p == path]
        tried.append(interrupted(server.folder, server.data, ["--accept-loss"], [name]))
    return "skip, cut and restart stopped at %s calls" % " + ".join(map(str, tried))


def two_repairs_in_one_second():
    with Server({"bay": bay()}, shards=1) as server:
        client = play(server, 20)
        for points in (1000, 2000, 3000):
            client("HUNT.AWARD", "p01", "bay", points)
        server.kill()
        lsns = [e["position"].split(":")[1] for e in map(json.loads, fold(server.data).splitlines())
                if e["type"] == "awarded" and e["fields"].get("points", 0) >= 1000]
        hashes, folders = [], []
        for lsn in lsns:
            hashes += files_below(server.data + "/shard-00")
            folders.append(facts("repair", server.data, "--skip", lsn, "--accept-loss")["aside"])
        same("a folder each", len(set(folders)), 3)
        kept = files_below(server.data)
        check("all that was there before is kept", all(h in kept for h in hashes), folders)


story(a_repair_of_the_hunts_log, a_repair_of_shard_0_and_of_entrants, a_repair_of_history_alone,
      a_repair_around_the_damage, a_repair_before_the_very_end, a_log_without_a_frame, one_event_is_taken_out,
      what_depends_on_it_is_named, a_first_frame_is_taken_out, a_poison_event, a_repair_that_is_interrupted,
      two_repairs_in_one_second)
