#!/usr/bin/env python3
"""The operators' HTTP, as curl, Prometheus and people who mean ill use it."""
import http.client
import json
import select
import threading

from hunt import *

HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}"])
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
PROMETHEUS = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
              "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")


# Asking.

def get(server, path, method="GET", timeout=10, **headers):
    """status, headers, body."""
    c = http.client.HTTPConnection("127.0.0.1", server.http, timeout=timeout)
    try:
        c.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        r = c.getresponse()
        return r.status, dict(r.getheaders()), r.read().decode()
    finally:
        c.close()


def raw(server, data=b"", timeout=15):
    s = socket.create_connection(("127.0.0.1", server.http), timeout)
    s.sendall(data)
    return s


def answer(s):
    """One answer from a socket: status, headers, body; None at the end of the stream."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = s.recv(1)
        if not more:
            check("the stream ends between two answers", got == b"", got)
            return None
        got += more
    lines = got.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    body = b""
    while len(body) < int(headers["Content-Length"]):
        body += s.recv(int(headers["Content-Length"]) - len(body))
    return int(lines[0].split(" ")[1]), headers, body.decode()


def closed(what, s, seconds=5):
    s.settimeout(seconds)
    try:
        same(what + ": nothing more comes", s.recv(1), b"")
    except ConnectionResetError:
        pass
    except socket.timeout:
        raise Mishap("%s: not closed within %g s" % (what, seconds))
    s.close()


def samples(text):
    """{name{labels}: value as text}."""
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#")


def metrics(server, path="/public_metrics", **headers):
    status, _, body = get(server, path, **headers)
    same("status of " + path, status, 200)
    return samples(body)


# Chapters.

def pages():
    with Server({"bay": HUNT}, 2) as server:
        said = server.words()
        check("the line of the start names the address", "http://127.0.0.1:%d/" % server.http in said, said)
        for path in ("/metrics", "/public_metrics", "/healthz", "/readyz", "/version", "/"):
            status, headers, body = get(server, path)
            same("GET " + path, status, 200)
            same("its length", int(headers["Content-Length"]), len(body.encode()))
            same("not kept by anybody", headers["Cache-Control"], "no-store")
            status, headers, none = get(server, path, "HEAD")
            same("HEAD " + path, (status, none), (200, ""))
            check("the length that GET would have", abs(int(headers["Content-Length"]) - len(body.encode())) < 2000, headers)
            check("/ lists it", path in get(server, "/")[2])
        same("healthy", get(server, "/healthz")[2], "ok\n")
        same("a query is passed over", get(server, "/healthz?verbose=1")[0], 200)
        version = json.loads(get(server, "/version")[2])
        _, out, _ = huntd("--version")
        same("/version says what --version says", "huntd %(version)s (%(commit)s)\n" % version, out)
        same("pid", version["pid"], server.pid)
        same("shards", version["shards"], 2)
        check("start", re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", version["started"]), version)
        check("build id", re.fullmatch(r"([0-9a-f]{2}){8,32}", version["build_id"]), version)
        for path in ("/nope", "/metrics/", "//metrics", "/METRICS", "/metrics%20"):
            status, headers, body = get(server, path)
            same(path, (status, body), (404, "there is no such page; / lists them\n"))


def off_and_elsewhere():
    with Server({"bay": HUNT}, 1, options=["--http", "off"]) as server:
        check("nobody listens", "http://" not in server.words())
        try:
            raw(server)
            raise Mishap("somebody listens on the HTTP port")
        except ConnectionRefusedError:
            pass
        same("CONFIG GET http", server.client()("CONFIG", "GET", "http"), ["http", "off"])
    with Server({"bay": HUNT}, 1, options=["--http", "127.0.0.1:0"]) as server:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", server.words())
        check("port 0: the kernel's choice is told", found)
        server.http = int(found.group(1))
        same("and serves", get(server, "/healthz")[0], 200)
        with Server({"bay": HUNT}, 1, options=["--http", "127.0.0.1:%d" % server.http], start=False) as other:
            code, said = other.end_of_start()
            same("a port in use ends the start", code, 1)
            check("one line names port and setting", "127.0.0.1:%d" % server.http in said and "--http" in said, said)
            check("before anything is made", not os.path.exists(other.data), said)
    code, _, said = huntd("--check-config", "--http", "0.0.0.0:4880")
    check("beyond loopback needs trust", code == 78 and "http 0.0.0.0:4880" in said, code, said)
    same("or to be off", huntd("--check-config", "--http", "off")[0], 0)


def connections_stay():
    with Server({"bay": HUNT}, 1) as server:
        s = raw(server)
        for byte in b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n":
            s.sendall(bytes([byte]))
            time.sleep(0.002)
        same("byte by byte", answer(s)[0], 200)
        paths = ["/healthz", "/nope", "/readyz", "/metrics", "/version", "/public_metrics"] * 50
        s.sendall(b"".join(b"GET %s HTTP/1.1\r\nHost: h\r\n\r\n" % p.encode() for p in paths))
        same("300 at once, in order", [answer(s)[0] for _ in paths], [404 if p == "/nope" else 200 for p in paths])
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        same("the last", answer(s)[1]["Connection"], "close")
        closed("Connection: close", s)
        s = raw(server, b"GET /healthz HTTP/1.0\r\n\r\n")
        same("HTTP/1.0", answer(s)[0], 200)
        closed("HTTP/1.0", s)
        s = raw(server, b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 3)
        same("HTTP/1.0 that stays", [answer(s)[1]["Connection"] for _ in range(3)], ["keep-alive"] * 3)
        s.shutdown(socket.SHUT_WR)
        closed("and ends when the other side ends", s)
        s = raw(server, b"GET /version HTTP/1.1\r\nHost: h\r\n\r\n")
        s.shutdown(socket.SHUT_WR)
        same("who says no more is answered", answer(s)[0], 200)
        closed("and closed", s)


NEXT = b"GET /version HTTP/1.1\r\nHost: h\r\n\r\n"


def refusals():
    """One clear line, then the connection ends; none of its bytes is read as a request again."""
    host, chunked = b"Host: h\r\n", b"Transfer-Encoding: chunked\r\n"
    wanted = [
        (400, b"GET / HTTP/1.1\n" + host + b"\n"),
        (400, b"GET / HTTP/1.1\r\nHost: h\n\r\n"),
        (400, b"GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\nHost : h\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\n" + host + b"A: b\r\n folded\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\n" + host + b"A: \0\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\n" + host + host + b"\r\n"),
        (400, b"GET / HTTP/1.1\r\n" + host + b"Content-Length: 4\r\n" + chunked + b"\r\n0\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\n" + host + chunked + b"Content-Length: 4\r\n\r\n0\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\n" + host + b"Content-Length: 4\r\nContent-Length: 40\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\n" + host + b"Content-Length: +4\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\n" + host + b"Transfer-Encoding: gzip, chunked\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\n" + host + b"Transfer-Encoding:\x0bchunked\r\n\r\n"),
        (400, b"*1\r\n$4\r\nPING\r\n"),
        (400, b"\x16\x03\x01\x02\x00\x01\r\n\r\n"),
        (405, b"POST /metrics HTTP/1.1\r\n" + host + b"Content-Length: %d\r\n\r\n" % len(NEXT)),
        (405, b"DELETE / HTTP/1.1\r\n" + host + b"\r\n"),
        (405, b"TRACE / HTTP/1.1\r\n" + host + b"\r\n"),
        (405, b"CONNECT h:80 HTTP/1.1\r\n" + host + b"\r\n"),
        (405, b"BREW / HTTP/1.1\r\n" + host + b"\r\n"),
        (413, b"GET / HTTP/1.1\r\n" + host + b"Content-Length: %d\r\n\r\n" % len(NEXT)),
        (413, b"GET / HTTP/1.1\r\n" + host + chunked + b"\r\n%x\r\n" % len(NEXT)),
        (414, b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n" + host + b"\r\n"),
        (414, b"GET /" + b"a" * 20000),
        (417, b"GET / HTTP/1.1\r\n" + host + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
        (431, b"GET / HTTP/1.1\r\n" + host + b"A: " + b"b" * 20000),
        (431, b"GET / HTTP/1.1\r\n" + host + b"a: b\r\n" * 100 + b"\r\n"),
        (505, b"GET / HTTP/2.0\r\n" + host + b"\r\n"),
        (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ]
    with Server({"bay": HUNT}, 1) as server:
        waiting = []
        for code, data in wanted:
            s = raw(server, NEXT + data + NEXT)
            same("the request before %s" % short(data, 60), answer(s)[0], 200)
            status, headers, body = answer(s)
            same("status of %s" % short(data, 60), status, code)
            check("one line", body.count("\n") == 1 and body.endswith("\n") and len(body) > 10, body)
            same("closes", headers["Connection"], "close")
            if code == 405:
                same("what is allowed", headers["Allow"], "GET, HEAD")
            s.settimeout(5)
            same("the end is seen, not as a reset", s.recv(1), b"")
            s.sendall(NEXT)
            waiting.append((data, s))
        for data, s in waiting:
            closed("behind %s" % short(data, 60), s)
        same("others go on", get(server, "/healthz")[0], 200)
    return "%d refusals" % len(wanted)


def the_two_forms():
    with Server({"bay": HUNT}, 3) as server:
        c = server.client()
        for i in range(100):
            c("HUNT.SUBMIT", "p%d" % i, "bay", "map", "gold")
        for path in ("/metrics", "/public_metrics"):
            status, headers, text = get(server, path)
            same("without Accept", headers["Content-Type"], PLAIN)
            status, headers, open_text = get(server, path, Accept=PROMETHEUS)
            same("as Prometheus asks", headers["Content-Type"], OPEN)
            check("ends with EOF", open_text.endswith("\n# EOF\n"))
            check("text does not", "# EOF" not in text)
            same("weights decide", get(server, path, Accept="application/openmetrics-text;q=0.5,text/plain")[1]["Content-Type"], PLAIN)
            lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
            check("promtool has nothing to say of " + path, lint.returncode == 0 and not lint.stdout + lint.stderr, lint.stdout, lint.stderr)
            parse = ("import sys\nfrom prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n"
                     "print(sum(len(f.samples) for f in parse(sys.stdin.read())))\n")
            done = subprocess.run(["/usr/bin/python3", "-c", parse], input=open_text, capture_output=True, text=True, timeout=60)
            check("an OpenMetrics parser reads " + path, done.returncode == 0, done.stderr[-800:])
            same("every sample", int(done.stdout), len(samples(open_text)))
            same("as many in both", len(samples(text)), len(samples(open_text)))
    return "%d samples of 3 shards" % len(samples(text))


def bound(line):
    le = re.search(r'le="([^"]+)"', line).group(1)
    return float("inf") if le == "+Inf" else float(le)


def numbers_are_infos():
    with Server({"bay": HUNT}, 2) as server:
        c = server.client()
        for i in range(200):
            c("HUNT.SUBMIT", "p%d" % i, "bay", "map", "gold" if i % 2 else "tin")
        for _ in range(7):
            c("HUNT.SUBMIT", "p", "nope", "map", "gold")
        for _ in range(3):
            refused("too few arguments", c("HUNT.SUBMIT", "p"), "ERR", "wrong number of arguments")
        info, each, sums = server.info(), metrics(server, "/metrics"), metrics(server)
        for name, field in (("events_total", "events_total"), ("entrants", "entrants"), ("busy_total", "busy_total")):
            same(name, sums["huntd_" + name], info[field])
            same(name + " of both shards", int(each['huntd_shard_%s{shard="0"}' % name]) + int(each['huntd_shard_%s{shard="1"}' % name]),
                 int(info[field]))
        same("calls", sums['huntd_command_calls_total{command="HUNT.SUBMIT"}'], "207")
        same("errors", sums['huntd_command_errors_total{command="HUNT.SUBMIT"}'], "7")
        same("rejected", sums['huntd_command_rejected_total{command="HUNT.SUBMIT"}'], "3")
        same("entrants", sums["huntd_entrants"], "200")
        check("who was not called is not there", not any("HUNT.PROGRESS" in name for name in sums), list(sums)[:3])
        same("loading is over", sums["huntd_loading"], "0")
        check("its own memory", 1e6 < float(sums["process_resident_memory_bytes"]) < 1e11)
        check("its own files", int(sums["process_open_fds"]) - server.files() in range(-2, 4), sums["process_open_fds"], server.files())
        check("its own time", abs(float(sums["process_cpu_seconds_total"]) - server.cpu_seconds()) < 2)
        check("its start", abs(float(sums["process_start_time_seconds"]) - time.time()) < 60)
        histograms_are_whole(each)
        histograms_are_whole(sums)
        same("a histogram counts each", sums['huntd_command_seconds_count{command="HUNT.SUBMIT"}'], "207")
        labels = {m for name in each for m in re.findall(r'[{,](\w+)="', name)}
        same("labels are few", labels - {"version", "commit"}, {"shard", "stage", "command", "le"})


def histograms_are_whole(found):
    """Bounds and counts rise, the last bound is +Inf, and _count is what it says."""
    rows = {}
    for name, value in found.items():
        if "_bucket{" in name:
            rows.setdefault(re.sub(r',?le="[^"]+"', "", name).replace("{}", ""), []).append((bound(name), int(value)))
    check("there are histograms", len(rows) > 12, len(rows))
    for name, row in rows.items():
        check(name + " rises", row == sorted(row) and [v for _, v in row] == sorted(v for _, v in row), row)
        same(name + " ends", row[-1][0], float("inf"))
        same(name + " counts", int(found[name.replace("_bucket", "_count")]), row[-1][1])
        if "_seconds" in name:
            same("its bounds", [b for b, _ in row[:-1]], [2.0 ** n / 1e9 for n in range(13, 33)])


def scraped_under_load():
    """A page never goes back, and is quick, while commands come as fast as one client sends them."""
    with Server({"bay": HUNT}, 1, durability="off") as server:
        going = True
        def play():
            c = server.client()
            while going:
                c.pipe([("HUNT.AWARD", "p%d" % i, "bay", 1) for i in range(500)])
        player = threading.Thread(target=play)
        player.start()
        worst, last, scrapes, end = 0, {}, 0, time.monotonic() + 3
        try:
            while time.monotonic() < end:
                start = time.monotonic()
                now = metrics(server, "/metrics")
                worst, scrapes = max(worst, time.monotonic() - start), scrapes + 1
                histograms_are_whole(now)
                for name, value in now.items():
                    if "_total{" in name or "_bucket{" in name:
                        check("%s falls" % name, float(value) >= float(last.get(name, 0)), last.get(name), value)
                last = now
        finally:
            going = False
            player.join(20)
        check("no scrape takes long", worst < 5, worst)
    return "%d scrapes, the slowest took %.0f ms" % (scrapes, worst * 1000)


def many_and_slow_connections():
    with Server({"bay": HUNT}, 1) as server:
        files = server.files()
        began = time.monotonic()
        slow = [raw(server, b"GET / HT") for _ in range(100)]
        eventually("36 hear at once that it is full", lambda: heard(slow) >= 36, 3)
        same("no more is kept open than that", server.files() - files <= 72, True)
        same("RESP goes on", server.client()("PING"), "PONG")
        time.sleep(1.2)
        same("who asks whole gets the place of one that does not", [get(server, "/healthz")[0] for _ in range(20)], [200] * 20)
        check("and only one place was taken for all of them", heard(slow) < 50, heard(slow))
        ends = {}
        for s in slow:
            s.settimeout(max(0.1, began + 14 - time.monotonic()))
            try:
                got = s.recv(4096)
            except ConnectionResetError:
                got = b""
            ends[got[9:12]] = ends.get(got[9:12], 0) + 1
            closed("a slow one", s, 3)
        took = time.monotonic() - began
        same("told that it is full, or late, or gone for others", set(ends), {b"503", b"408", b""})
        eventually("nothing is left of them", lambda: server.files() <= files + 1, 5)
        keep = [raw(server, b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n") for _ in range(64)]
        same("64 are served", {answer(s)[0] for s in keep}, {200})
        same("and one more, for one that is idle", get(server, "/healthz")[0], 200)
    return "all ended after %.1f s: %s" % (took, ", ".join("%s %d" % (k.decode() or "closed", n) for k, n in sorted(ends.items())))


def heard(sockets):
    """How many have heard that it is full, or that nobody is left to say so."""
    return len(select.select(sockets, [], [], 0)[0])


def all_is_loaded(server):
    """The bytes that a start had to read: no spare ones, and when it serves none is left."""
    now = metrics(server)
    total, loaded = int(now["huntd_loading_bytes"]), int(now["huntd_loading_loaded_bytes"])
    same("all is loaded", loaded, total)
    files = sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(server.data) for name in names)
    check("spares are not counted", 0 < total < files, total, files)
    return total


def while_it_loads():
    """Before the first shard serves: healthy, not ready, and how far it is; and while it ends."""
    events, step = 400000, 5000
    with Server({"bay": HUNT}, 2, durability="off", options=["--set", "snapshot.events=0"]) as server:
        c = server.client()
        for first in range(0, events, step):
            c.pipe([("HUNT.AWARD", "p%d" % i, "bay", 7) for i in range(first, first + step)])
        same("ready", get(server, "/readyz")[0], 200)
        c.send(encode("SHUTDOWN", "NOSAVE"))
        same("SHUTDOWN NOSAVE ends with 0", server.process.wait(15), 0)
        server.spawn()
        seen = []
        def ready():
            try:
                status, headers, body = get(server, "/readyz")
            except (ConnectionRefusedError, ConnectionResetError):
                return False
            seen.append((status, body))
            if status == 503:
                same("try again", headers["Retry-After"], "1")
                same("alive", get(server, "/healthz")[0], 200)
                loading = metrics(server)["huntd_loading"]
                check("huntd_loading", loading in "10", loading)
            return status == 200
        eventually("it is ready", ready, 60)
        waits = [body for status, body in seen if status == 503]
        check("it was not ready before", len(waits) > 0, seen)
        percents = [int(re.fullmatch(r"loading: (\d+) % of snapshots and logs are read\n", body).group(1)) for body in waits]
        check("percents rise, over most of it", percents == sorted(percents) and 60 < percents[-1] <= 100, percents)
        same("and then it serves", server.client()("DBSIZE"), events)
        log = all_is_loaded(server)
        c = server.client()
        c("BGSAVE")
        eventually("both shards have one", lambda: server.info()["rdb_saves"] == "2", 20)
        c("HUNT.AWARD", "late", "bay", 7)
        c.send(encode("SHUTDOWN", "NOSAVE"))
        same("it ends again", server.process.wait(15), 0)
        server.start()
        snapshot, read = int(metrics(server)["huntd_snapshot_bytes"]), all_is_loaded(server)
        check("of the log only what no snapshot holds", snapshot < read < snapshot + log, snapshot, read, log)
        same("with a snapshot it is the same", server.client()("DBSIZE"), events + 1)
        server.process.send_signal(signal.SIGTERM)
        ending = 0
        while server.running():
            try:
                status, _, body = get(server, "/readyz")
                check("it ends", (status, body) in ((200, "ok\n"), (503, "ending: what is under way is finished\n")), status, body)
                ending += status == 503
            except (OSError, http.client.HTTPException):
                pass
        same("with 0", server.process.wait(20), 0)
    return "%d answers while it loaded (%s %%), %d while it ended" % (len(waits), ", ".join(map(str, percents[::8] + percents[-1:])), ending)


def a_shard_stands_still():
    """One of two: /healthz names it and where it is, everything else answers; then it moves again."""
    with Server({"bay": HUNT}, 2, start=False) as server:
        library, stall = server.folder + "/stall_calls.so", server.folder + "/stall"
        subprocess.run(["gcc", "-std=gnu17", "-O2", "-shared", "-fPIC", "-o", library, HERE + "/stall_calls.c", "-ldl"], check=True)
        server.environment = {"LD_PRELOAD": library, "STALL_FILE": stall}
        server.start()
        time.sleep(0.5)
        same("all is well", get(server, "/healthz")[0], 200)
        victim = server.client()
        victim("PING")
        open(stall, "w").close()
        victim.close()  # its shard closes it, and stands still there
        began = time.monotonic()
        status, _, body = eventually("it is seen", lambda: unhealthy(server), 5)
        took = time.monotonic() - began
        found = re.fullmatch(r"shard ([01]) stands still: in (\w+) for over 1000 ms\n", body)
        check("it is named, and where it is", found, body)
        shard = found.group(1)
        each = metrics(server, "/metrics")
        same("the gauge", each['huntd_shard_stalled{shard="%s"}' % shard], "1")
        same("of the other", each['huntd_shard_stalled{shard="%d"}' % (1 - int(shard))], "0")
        same("of all", metrics(server)["huntd_stalled"], "1")
        same("ready all the same", get(server, "/readyz")[0], 200)
        os.remove(stall)
        eventually("it moves again", lambda: get(server, "/healthz")[0] == 200, 3)
        same("it was counted", metrics(server)["huntd_stalls_total"], "1")
    return "seen after %.1f s: %s" % (took, body.strip())


def unhealthy(server):
    reply = get(server, "/healthz")
    return reply if reply[0] == 503 else None


story(pages, off_and_elsewhere, connections_stay, refusals, the_two_forms, numbers_are_infos, scraped_under_load,
      many_and_slow_connections, while_it_loads, a_shard_stands_still)
