#!/usr/bin/env python3
"""The rules of perf/prometheus and the dashboard of perf/grafana, against a real Prometheus that scrapes
a huntd under load: what they ask for is there, they alert where they should, and nowhere else."""
import contextlib
import math
import threading
import urllib.error
import urllib.parse
import urllib.request

from hunt import *

RULES = os.path.join(ROOT, "perf", "prometheus")
GRAFANA = os.path.join(ROOT, "perf", "grafana")
PACKAGES = {"@grafana/schema": "13.2.3", "typescript": "5.9.3"}
SCRAPES = 12  # a rate wants several
HUNT = document("bay", boards=("main", "{id: today, window: 1d}"),
                challenges=["{id: map, points: 100, answers: [GOLD]}",
                            "{id: chest, kind: treasure, answers: [KRAKEN], stock: 100000, points: 50}"])

# The types have enums where the JSON has their values, and know nothing of a data source's queries.
TYPED = """import type {AnnotationQuery, Dashboard, DataQuery} from '@grafana/schema';
type Plain<T> = T extends string ? `${T}` : T extends number | boolean | null | undefined ? T
  : T extends (infer U)[] ? Plain<U>[] : T extends object ? {[K in keyof T]: Plain<T[K]>} : T;
type Asked = Omit<Dashboard, 'annotations'>
  & {annotations: {list: AnnotationQuery<DataQuery & {expr: string}>[]}};
const dashboard: Plain<Asked> = %s;
export default dashboard;
"""


def read(*path):
    with open(os.path.join(*path)) as file:
        return file.read()


def dashboard():
    return json.loads(read(GRAFANA, "huntd.json"))


def promtool(*words, text=None):
    done = subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=60, cwd=RULES, input=text)
    said = done.stdout + done.stderr
    check("promtool %s ends with 0" % " ".join(words), done.returncode == 0, said[-3000:])
    return said


def fetch(url, data=None):
    if data is not None:
        data = urllib.parse.urlencode(data).encode()
    try:
        with urllib.request.urlopen(url, data, timeout=10) as reply:
            return reply.read().decode()
    except urllib.error.HTTPError as problem:
        if problem.code >= 500:
            return None
        raise Mishap("%s answers %d: %s" % (url, problem.code, short(problem.read().decode())))
    except OSError:
        return None


class Prometheus:
    """One of its own: the shipped configuration and rules, but for this server's port and a second
    between scrapes. `edit` may change the rules' text."""

    def __init__(self, server, edit=lambda rules: rules):
        self.folder = tempfile.mkdtemp(prefix="hunt-prometheus-")
        self.target = "127.0.0.1:%d" % server.http
        config = read(RULES, "prometheus.yml")
        for old, new in (("127.0.0.1:4880", self.target), ("_interval: 5s", "_interval: 1s")):
            check("the example's %s" % old, old in config)
            config = config.replace(old, new)
        for name, text in (("prometheus.yml", config), ("huntd.rules.yml", edit(read(RULES, "huntd.rules.yml")))):
            with open(os.path.join(self.folder, name), "w") as file:
                file.write(text)
        self.url = "http://127.0.0.1:%d" % free_ports(1)[0]
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.process = subprocess.Popen(
            ["prometheus", "--config.file=%s/prometheus.yml" % self.folder, "--storage.tsdb.path=%s/data" % self.folder,
             "--web.listen-address=" + self.url[len("http://"):], "--log.level=warn"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, cwd=self.folder)

    def __enter__(self):
        try:
            eventually("Prometheus is ready", lambda: self.process.poll() is None and fetch(self.url + "/-/ready"), 30)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        if kind:
            self.log.seek(0)
            print("  Prometheus said: %s" % (self.log.read().strip()[-1500:] or "nothing"))
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def api(self, path, **words):
        answer = json.loads(fetch("%s/api/v1/%s" % (self.url, path), words or None) or "{}")
        same("%s %s" % (path, words or ""), answer.get("status"), "success")
        return answer["data"]

    def ask(self, query):
        """Series whose value is a number: their labels and the value."""
        rows = self.api("query", query=query)["result"]
        return [(row["metric"], float(row["value"][1])) for row in rows if not math.isnan(float(row["value"][1]))]

    def rules(self):
        return [rule for group in self.api("rules")["groups"] for rule in group["rules"]]

    def firing(self):
        return sorted({alert["labels"]["alertname"] for alert in self.api("alerts")["alerts"] if alert["state"] == "firing"})


@contextlib.contextmanager
def load(server, *words):
    """hunt-load plays until the block ends."""
    process = subprocess.Popen([BIN + "/hunt-load", "--port", str(server.port), "--hunt", "bay", "--duration", "120s",
                                *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        yield process
        check("hunt-load still plays", process.poll() is None, process.returncode)
    finally:
        process.kill()
        process.wait(10)


# What the files say.

def the_rules_hold_at_their_thresholds():
    promtool("check", "config", "prometheus.yml")
    promtool("check", "rules", "huntd.rules.yml")
    promtool("test", "rules", "huntd.rules.test.yml")
    told, tested = read(RULES, "README.md"), read(RULES, "huntd.rules.test.yml")
    names = re.findall(r"- alert: (\w+)", read(RULES, "huntd.rules.yml"))
    for name in names:
        check("%s stands in the README" % name, re.search(r"\b%s\b" % name, told))
        check("%s is tested" % name, 'alertname="%s"' % name in tested)
    return "%d alerts" % len(names)


def panels_of(board):
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def ids_in(value):
    if isinstance(value, dict):
        # Overrides name properties by id; that is another thing.
        return ("id" in value and set(value) != {"id", "value"} and set(value) != {"id", "options"}) or any(map(ids_in, value.values()))
    return isinstance(value, list) and any(map(ids_in, value))


def the_dashboard_is_whole():
    board = dashboard()
    same("uid", board["uid"], "huntd")
    check("nothing has an id", not ids_in(board))
    same("tags", board["tags"], ["huntd"])
    variables = {one["name"]: one for one in board["templating"]["list"]}
    same("variables", list(variables), ["datasource", "instance", "shard", "command"])
    source = {"type": "prometheus", "uid": "${datasource}"}
    alerts = set(re.findall(r"- alert: (\w+)", read(RULES, "huntd.rules.yml")))
    titles, cells, linked = [], set(), set()
    for panel in board["panels"]:
        where = panel["gridPos"]
        for cell in ((x, y) for x in range(where["x"], where["x"] + where["w"]) for y in range(where["y"], where["y"] + where["h"])):
            check("%s overlaps no other" % panel["title"], cell not in cells and cell[0] < 24, cell)
            cells.add(cell)
    for panel in panels_of(board):
        title = panel["title"]
        titles.append(title)
        same("%s: its data source" % title, panel["datasource"], source)
        check("%s: its description" % title, len(panel["description"]) > 40, panel["description"])
        check("%s: its unit" % title, panel["fieldConfig"]["defaults"].get("unit"))
        check("%s: its queries" % title, panel["targets"])
        for target in panel["targets"]:
            check("%s: a legend" % title, target["legendFormat"], target)
            check("%s: rates over $__rate_interval" % title, not re.search(r"\[\d", target["expr"]), target["expr"])
            check("%s: of one huntd" % title, 'instance="$instance"' in target["expr"], target["expr"])
        for link in panel.get("links", ()):
            linked |= set(re.findall(r"Huntd\w+", link["title"]))
    same("no title twice", sorted(titles), sorted(set(titles)))
    check("links lead to alerts that there are", linked <= alerts, linked - alerts)
    rows = [panel["title"].split(":")[0] for panel in board["panels"] if panel["type"] == "row"]
    same("rows", [row.split()[0] for row in rows], ["Traffic", "Latency", "Durability", "Memory", "io_uring", "Shards", "Hunts"])
    return "%d panels" % len(titles)


def typed(text):
    """What the compiler says of the dashboard; nothing is best."""
    with open(os.path.join(NODE, "dashboard.ts"), "w") as file:
        file.write(TYPED % text)
    words = [os.path.join(NODE, "node_modules", ".bin", "tsc"), "--noEmit", "--strict", "--skipLibCheck",
             "--moduleResolution", "bundler", "--module", "esnext", "dashboard.ts"]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, cwd=NODE).stdout


def the_dashboard_is_what_grafana_takes():
    if not node_packages(PACKAGES):
        skip("the dashboard's type (npm or its registry is out of reach)")
        return
    text = read(GRAFANA, "huntd.json")
    same("the compiler's complaints", typed(text), "")
    check("the compiler sees an unknown key", "refreshed" in typed(text.replace('"refresh":', '"refreshed":', 1)))


# What Prometheus says.

def filled(query, instance):
    """A query as Grafana sends it."""
    for name, value in (("$__rate_interval", "10s"), ("$instance", instance), ("$shard", ".*"), ("$command", ".*")):
        query = query.replace(name, value)
    check("no variable is left", "$" not in query, query)
    return query


def queries_of(board, instance):
    """All that the dashboard asks: where it stands, the query, a label that must be there."""
    for panel in panels_of(board):
        for target in panel["targets"]:
            yield panel["title"], filled(target["expr"], instance), None
    for mark in board["annotations"]["list"]:
        yield mark["name"], filled(mark["target"]["expr"], instance), None
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            check("$%s asks for a label's values" % variable["name"], asked, variable["query"])
            yield "$" + variable["name"], filled(asked[1], instance), asked[2]


def missing(prometheus, queries):
    """The queries without a series, each with where it stands."""
    return ["%s: %s" % (where, query) for where, query, label in queries
            if not any(label is None or labels.get(label) for labels, _ in prometheus.ask(query))]


def rules_are_sound(prometheus):
    rules = prometheus.rules()
    records = {rule["name"] for rule in rules if rule["type"] == "recording"}
    for rule in rules:
        same("%s is evaluated" % rule["name"], (rule["health"], rule.get("lastError", "")), ("ok", ""))
        if rule["type"] == "recording":
            continue
        asked = re.fullmatch(r"(\S+) [<>] [0-9.e+-]+", rule["query"])
        check("%s is a record against a number" % rule["name"], asked and asked[1] in records, rule["query"])
        check("%s: its severity" % rule["name"], rule["labels"].get("severity") in ("page", "ticket"), rule["labels"])
        same("%s says" % rule["name"], sorted(set(rule["annotations"]) - {"where"}), ["look", "runbook", "summary"])
        chapter = re.fullmatch(r'README.md, "(.+)"', rule["annotations"]["runbook"])
        check("%s: its chapter" % rule["name"], chapter and "\n## %s\n" % chapter[1] in read(ROOT, "README.md"), rule["annotations"])
    return sorted(records)


def eventually_none(ask, seconds=10):
    """What is still missing in the end: a query may need a scrape more."""
    end = time.monotonic() + seconds
    while True:
        left = ask()
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.5)


def a_healthy_server_answers_every_query_and_alerts_nobody():
    with Server({"bay": HUNT}, 2) as server, Prometheus(server) as prometheus, \
            load(server, "--rate", "2000", "--entrants", "500", "--mix", "submit=8,award=2,top=1,rank=1,around=1"):
        same("a snapshot", server.client()("BGSAVE"), "Background saving started")
        eventually("Prometheus has scraped", lambda: all(
            value >= SCRAPES for _, value in prometheus.ask("sum_over_time(up[1m])") or [(0, 0)]), 40)
        eventually("every rule was evaluated", lambda: {rule["health"] for rule in prometheus.rules()} == {"ok"})
        queries = [("a record", name, None) for name in rules_are_sound(prometheus)]
        queries += queries_of(dashboard(), prometheus.target)
        without = eventually_none(lambda: missing(prometheus, queries))
        check("every query returns series", not without, *without)
        # What it takes to be missed.
        wrong = [("unknown", "rate(huntd_commands_totall[10s])", None), ("no such shard", 'huntd_shard_stalled{shard="2"}', None),
                 ("not a number", "0 * huntd_shards / 0", None), ("no such label", "huntd_build_info", "shards")]
        same("wrong queries are seen", len(missing(prometheus, wrong)), len(wrong))
        same("alerts", prometheus.firing(), [])
        for page in ("/metrics", "/public_metrics"):
            text = fetch("http://%s%s" % (prometheus.target, page))
            check("promtool finds nothing in %s" % page, not promtool("check", "metrics", text=text).strip())
    return "%d queries" % len(queries)


@contextlib.contextmanager
def a_crowd(server, people=32):
    """Guesses without end for entrants of one slot: whoever reads them, one shard has to judge them all.
    The server bounds it, by reading no more than it lets in."""
    def send(client, name):
        # Only the newest 32 guesses of an entrant are remembered: none of these is a duplicate.
        batch = b"".join(encode("HUNT.SUBMIT", "{hot}:%d:%d" % (name, entrant), "bay", "map", "%032d" % guess)
                         for guess in range(50) for entrant in range(20))
        with contextlib.suppress(Closed):
            while True:
                client.send(batch)

    def drop(client):
        with contextlib.suppress(OSError):
            while client.socket.recv(1 << 16):
                pass
    clients = server.clients(people)
    threads = [threading.Thread(target=work, daemon=True) for name, client in enumerate(clients)
               for work in (lambda client=client, name=name: send(client, name), lambda client=client: drop(client))]
    for client in clients:
        client.socket.settimeout(None)
    for thread in threads:
        thread.start()
    try:
        yield
        check("the crowd still plays", all(thread.is_alive() for thread in threads))
    finally:
        for client in clients:
            with contextlib.suppress(OSError):
                client.socket.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(10)


def an_overloaded_server_pages_somebody():
    """A challenge that is dear to judge, and a crowd that asks one shard for more than it can: both shards
    refuse. Without durability, so that no flush holds the crowd back."""
    hunt = document("bay", challenges=['{id: map, points: 100, answers: [{regex: "([0-9]?){240}x"}]}'])
    at_once = lambda rules: re.sub(r"for: \w+", "for: 0s", rules)
    with Server({"bay": hunt}, 2, "off") as server, Prometheus(server, at_once) as prometheus, a_crowd(server):
        def page():
            for alert in prometheus.api("alerts")["alerts"]:
                # In its first second it may not know yet which shard is busy.
                if alert["labels"]["alertname"] == "HuntdOverload" and "busiest" in alert["annotations"]["where"]:
                    return alert
        read = eventually("HuntdOverload fires and says where to look", page, 40)
        same("whom it calls", (read["state"], read["labels"]["severity"]), ("firing", "page"))
        summary, where = read["annotations"]["summary"], read["annotations"]["where"]
        check("what they read", re.fullmatch(re.escape(prometheus.target) + r" refuses [0-9.]+% of its commands", summary), summary)
        check("where they look", re.fullmatch(r"[0-9.]+% of the time goes to \w+; busiest is shard [01]", where), where)
        return "%s: %s" % (summary.split(" ", 1)[1], where)


def a_server_that_gets_twice_what_it_can_do_pages_somebody():
    """Clients that pipeline as fast as they are answered are held back nowhere. Twice as much: none is
    refused, as each connection's commands wait for one another, but connections are not read any more."""
    at_once = lambda rules: re.sub(r"for: \w+", "for: 0s", rules)
    crew = ("--connections", "32", "--mix", "submit=6,award=2,rank=1", "--entrants", "500")
    with Server({"bay": HUNT}, 2) as server, Prometheus(server, at_once) as prometheus:
        def asked(query):
            return sum(value for _, value in prometheus.ask(query))

        def held_back():
            return "HuntdHeldBack" in prometheus.firing()
        with load(server, "--rate", "max", "--pipeline", "64", *crew):
            eventually("Prometheus has scraped the load", lambda: asked("count_over_time((huntd_shards and "
                       "rate(huntd_commands_total[3s]) > 100)[1m:1s])") >= SCRAPES, 40)
            same("held back", asked("max_over_time(huntd_connections_held[1m])"), 0)
            capacity = asked("rate(huntd_commands_total[5s])")
        with load(server, "--rate", "%d" % (2 * capacity), "--pipeline", "1024", *crew):
            eventually("HuntdHeldBack fires", held_back, 60)
            most = asked("max_over_time(huntd_connections_held[1m])")
        eventually("nobody is held any more", lambda: asked("huntd_connections_held") == 0)
        return "%.0f commands/s, then twice that: up to %.0f of 32 connections not read" % (capacity, most)


if __name__ == "__main__":
    if not (shutil.which("prometheus") and shutil.which("promtool")):
        skip("no prometheus here")
        sys.exit(0)
    story(the_rules_hold_at_their_thresholds, the_dashboard_is_whole, the_dashboard_is_what_grafana_takes,
          a_healthy_server_answers_every_query_and_alerts_nobody, an_overloaded_server_pages_somebody,
          a_server_that_gets_twice_what_it_can_do_pages_somebody)
