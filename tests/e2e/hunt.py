"""hunt.py - what every black-box test stands on: a huntd of its own, a RESP client, plain assertions.

    with Server({"bay": DOCUMENT}, shards=3) as server:
        ann = server.client(protocol=3)
        same("joining", ann("HUNT.JOIN", "ann", "bay"), "joined")
        refused("no such hunt", ann("HUNT.JOIN", "ann", "nope"), "NOHUNT")

A test is a script: `python3 tests/e2e/test_X.py BIN_DIR`. story(...) runs its functions, prints one
line each and one for the whole, and exits 0 or 1. Whatever goes wrong is a Mishap whose text says
what was done, what came and what should have come; the server's last words stand under it.
Only processes started here are ended, each by its own handle; every wait has an end."""
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

BIN = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/release/bin")
HERE = os.path.dirname(os.path.abspath(__file__))


# What a test says.

class Mishap(AssertionError):
    """A test's finding."""


class Error(str):
    """An -ERR reply, prefix included. It is returned, never raised."""

    @property
    def prefix(self):
        return self.split(" ", 1)[0]


def short(value, most=400):
    text = repr(value)
    return text if len(text) <= most else text[:most] + "... (%d characters)" % len(text)


def check(what, holds, *seen):
    if not holds:
        raise Mishap("%s%s" % (what, "".join("\n    " + short(x) for x in seen)))


def same(what, got, want):
    if got != want:
        raise Mishap("%s\n    came:   %s\n    wanted: %s" % (what, short(got), short(want)))


def refused(what, got, prefix, *words):
    """The reply is an error with that prefix and, somewhere, each of the words."""
    check("%s: wanted an error %s %s" % (what, prefix, " ".join(words)),
          isinstance(got, Error) and got.prefix == prefix and all(w in got for w in words), got)


def eventually(what, ask, seconds=10.0):
    """Asks until the answer is true; returns it."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Mishap("%s: not within %g s" % (what, seconds))
        time.sleep(0.02)


def skip(why):
    print("skipped: " + why, flush=True)


SEED = int(os.environ.get("HUNT_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)


def seeded(extra=0):
    """Random numbers that HUNT_SEED brings back; story prints the seed where a test fails."""
    return random.Random(SEED * 1000003 + extra)


def story(*chapters):
    """Runs the chapters (functions without arguments; what they return is printed), then exits."""
    began, told = time.monotonic(), 0
    for chapter in chapters:
        name = chapter.__name__.replace("_", " ")
        start = time.monotonic()
        try:
            said = chapter()
        except BaseException as problem:  # Ctrl-C too: the servers must end
            print("FAILED: %s (HUNT_SEED=%d)" % (name, SEED))
            if isinstance(problem, Mishap):
                where = [f for f in traceback.extract_tb(problem.__traceback__) if f.filename != __file__]
                print("  " + " <- ".join("line %d" % f.lineno for f in reversed(where) if f.name != "<module>"))
                print("  " + str(problem))
            else:
                traceback.print_exc(file=sys.stdout)
            Server.end_all(tell=True)
            print("%d of %d chapters told; failed: %s" % (told, len(chapters), name))
            sys.exit(1)
        finally:
            Server.end_all()
        told += 1
        print("%-58s %5.1f s  %s" % (name, time.monotonic() - start, said or ""), flush=True)
    print("%d chapters, %.0f s" % (told, time.monotonic() - began))


# RESP.

def encode(*words):
    out = bytearray(b"*%d\r\n" % len(words))
    for word in words:
        if not isinstance(word, bytes):
            word = str(word).encode()
        out += b"$%d\r\n%s\r\n" % (len(word), word)
    return bytes(out)


def as_map(reply):
    """A map as RESP3 gives it, or the flat array that RESP2 makes of it."""
    if isinstance(reply, dict):
        return reply
    check("a map was wanted", isinstance(reply, list) and len(reply) % 2 == 0, reply)
    return dict(zip(reply[::2], reply[1::2]))


class Closed(Exception):
    """The other side ended the connection."""


class Client:
    """One connection. client(*words) sends a command and returns its reply: str, int, float, bool,
    None, list, dict or Error. Pushed messages of RESP3 are kept in .pushed."""

    def __init__(self, port, protocol=2, timeout=30, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input, self.at, self.pushed = bytearray(), 0, []
        self.protocol = protocol
        if protocol == 3:
            hello = self("HELLO", "3")
            check("HELLO 3 answers a map", isinstance(hello, dict) and hello["proto"] == 3, hello)

    def __call__(self, *words):
        self.send(encode(*words))
        return self.read()

    def pipe(self, commands):
        """All commands in one go; their replies in order."""
        self.send(b"".join(encode(*words) for words in commands))
        return [self.read() for _ in commands]

    def bytes_of(self, *words):
        """The reply's bytes as they came."""
        self.send(encode(*words))
        return self.read_bytes()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as problem:
            raise Closed(str(problem))

    def close(self):
        self.socket.close()

    def _fill(self):
        if self.at > 1 << 16:
            del self.input[:self.at]
            self.at = 0
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionResetError:
            raise Closed("reset")
        except socket.timeout:
            raise Mishap("no reply within %g s" % self.socket.gettimeout())
        if not data:
            raise Closed("end of stream, %d bytes unread" % (len(self.input) - self.at))
        self.input += data

    def _line(self):
        while True:
            end = self.input.find(b"\r\n", self.at)
            if end >= 0:
                line = bytes(self.input[self.at:end])
                self.at = end + 2
                return line
            self._fill()

    def _bulk(self, size):
        while len(self.input) < self.at + size + 2:
            self._fill()
        data = bytes(self.input[self.at:self.at + size])
        check("a bulk ends with CR LF", self.input[self.at + size:self.at + size + 2] == b"\r\n", data)
        self.at += size + 2
        return data.decode("utf-8", "surrogateescape")

    def _value(self):
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return Error(rest.decode("utf-8", "surrogateescape"))
        if kind == b":":
            return int(rest)
        if kind in (b"$", b"="):
            return None if rest == b"-1" else self._bulk(int(rest))
        if kind in (b"*", b"~", b">"):
            return None if rest == b"-1" else [self._value() for _ in range(int(rest))]
        if kind == b"%":
            return {self._value(): self._value() for _ in range(int(rest))}
        if kind == b"_":
            return None
        if kind == b"#":
            return rest == b"t"
        if kind == b",":
            return float(rest)
        raise Mishap("not RESP: %s" % short(line))

    def read(self):
        while True:
            while self.at == len(self.input):
                self._fill()
            push = self.input[self.at:self.at + 1] == b">"
            value = self._value()
            if not push:
                return value
            self.pushed.append(value)

    def read_bytes(self):
        if self.at == len(self.input):
            self.input, self.at = bytearray(), 0
        del self.input[:self.at]
        self.at = 0
        self._value()
        return bytes(self.input[:self.at])

    def until_closed(self, seconds=15):
        """What still comes before the other side closes; a Mishap where it does not."""
        self.socket.settimeout(seconds)
        got = bytes(self.input[self.at:])
        try:
            while True:
                data = self.socket.recv(1 << 16)
                if not data:
                    return got
                got += data
        except ConnectionResetError:
            return got
        except socket.timeout:
            raise Mishap("the connection was not closed within %g s; it said %s" % (seconds, short(got)))


# The server.

def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Server:
    """A huntd with a folder, a data directory and ports of its own. Ends with the `with` block."""

    alive = []

    def __init__(self, hunts=None, shards=1, durability=None, options=(), environment=None, prefix=(),
                 start=True):
        self.folder = tempfile.mkdtemp(prefix="hunt-e2e-")
        self.data, self.hunts = self.folder + "/data", self.folder + "/hunts"
        self.log = self.folder + "/huntd.log"
        os.mkdir(self.hunts)
        for name, text in (hunts or {}).items():
            self.write_hunt(name, text)
        self.port, self.http = free_ports(2)
        self.shards, self.durability = shards, durability
        self.options, self.prefix = list(options), list(prefix)
        self.environment = dict(environment or {})
        self.process = None
        Server.alive.append(self)
        if start:
            self.start()

    def write_hunt(self, name, text):
        path = "%s/%s" % (self.hunts, name if "." in name else name + ".yaml")
        with open(path, "w") as file:
            file.write(text)
        return path

    def command(self):
        words = self.prefix + [BIN + "/huntd", "--data", self.data, "--hunts", self.hunts,
                               "--resp", "127.0.0.1:%d" % self.port, "--http", "127.0.0.1:%d" % self.http]
        if self.shards:
            words += ["--shards", str(self.shards)]
        if self.durability:
            words += ["--durability", self.durability]
        return words + self.options

    def spawn(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HUNTD_")}
        environment.update(self.environment)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            cwd=self.folder, env=environment)
        return self

    def start(self, seconds=30):
        self.spawn()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Mishap("huntd ended with %d at start:\n%s" % (self.process.returncode, self.words()))
            try:
                client = Client(self.port, timeout=5)
                try:
                    if client("PING") == "PONG":
                        return self
                finally:
                    client.close()
            except (OSError, Closed):
                pass
            time.sleep(0.01)
        raise Mishap("huntd did not answer PING within %g s:\n%s" % (seconds, self.words()))

    def end_of_start(self, seconds=20):
        """For a start that must fail: its exit code and what it said."""
        self.words()
        self.spawn()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Mishap("huntd did not end within %g s:\n%s" % (seconds, self.words()))
        self.process = None
        return code, self.words()

    def words(self):
        """What huntd wrote to its log since the last time."""
        if not os.path.exists(self.log):
            return ""
        with open(self.log, "rb") as file:
            text = file.read().decode("utf-8", "replace")
        new, self._seen = text[getattr(self, "_seen", 0):], len(text)
        return new

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9: nothing is flushed, nothing said."""
        self.process.kill()
        self.process.wait(30)

    def stop(self, how=signal.SIGTERM, seconds=20):
        """Asks it to end; its exit code."""
        self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Mishap("huntd did not end within %g s of signal %d" % (seconds, how))

    def restart(self, kill=True):
        if kill:
            self.kill()
        else:
            same("SIGTERM ends with 0", self.stop(), 0)
        return self.start()

    def client(self, protocol=2, **options):
        return Client(self.port, protocol, **options)

    def clients(self, count, protocol=2):
        return [self.client(protocol) for _ in range(count)]

    def info(self):
        text = self.client()("INFO")
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def cpu_seconds(self):
        with open("/proc/%d/stat" % self.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        with open("/proc/%d/status" % self.pid) as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) * 1024

    def files(self):
        return len(os.listdir("/proc/%d/fd" % self.pid))

    def close(self, tell=False):
        if tell:
            ended = None if self.process is None else self.process.poll()
            with open(self.log, "rb") if os.path.exists(self.log) else open(os.devnull, "rb") as file:
                text = file.read().decode("utf-8", "replace").strip()
            print("  huntd on port %d%s said: %s" % (
                self.port, "" if ended is None else " (ended with %d)" % ended, text[-1500:] or "nothing"))
        if self.running():
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self in Server.alive:
            Server.alive.remove(self)

    @classmethod
    def end_all(cls, tell=False):
        for server in list(cls.alive):
            server.close(tell)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:  # else story tells what it said, then ends it
            self.close()


def huntd(*options, environment=None, seconds=20, cwd=None):
    """Runs huntd to its end: exit code, standard output, standard error."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HUNTD_")}
    clean.update(environment or {})
    done = subprocess.run([BIN + "/huntd", *options], capture_output=True, text=True, env=clean,
                          timeout=seconds, cwd=cwd, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


# Node.

ROOT = os.path.dirname(os.path.dirname(HERE))
NODE = os.path.join(ROOT, "build", "node")


def node_packages(packages):
    """True where node and the packages (name: version) are there, in build/node or fetched now with npm."""
    def there(name, version):
        try:
            with open(os.path.join(NODE, "node_modules", name, "package.json")) as file:
                return json.load(file)["version"] == version
        except OSError:
            return False
    if not shutil.which("node"):
        return False
    if all(there(*item) for item in packages.items()):
        return True
    os.makedirs(NODE, exist_ok=True)
    words = ["npm", "install", "--prefix", NODE, "--no-audit", "--no-fund"] + ["%s@%s" % item for item in packages.items()]
    try:
        return subprocess.run(words, capture_output=True, timeout=90).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


# Documents.

def document(hunt, *, auto_join=True, guesses=None, boards=("main",), challenges=(), **keys):
    """A hunt document. boards: ids or maps' texts; challenges: texts of one-line maps."""
    lines = ["hunt: " + hunt, "title: " + keys.pop("title", hunt), "auto_join: " + ("true" if auto_join else "false")]
    lines += ["%s: %s" % item for item in keys.items()]
    if guesses:
        lines.append("guesses: " + guesses)
    lines.append("boards:")
    lines += ["  - " + (b if b.startswith("{") else "{id: %s}" % b) for b in boards]
    if challenges:
        lines.append("challenges:")
        lines += ["  - " + c for c in challenges]
    return "\n".join(lines) + "\n"


def events_of(client, hunt, page=100, most=100000):
    """All durable events of a hunt, page by page, up to where the cursor stands."""
    cursor, events = None, []
    for _ in range(most):
        words = ["HUNT.EVENTS", hunt] + (["FROM", cursor] if cursor is not None else []) + ["COUNT", page]
        reply = client(*words)
        check("a page of events", isinstance(reply, list) and len(reply) == 2, reply)
        check("no page is over its COUNT", len(reply[1]) <= page, len(reply[1]))
        events += reply[1]
        if reply[0] == cursor and not reply[1]:
            return events
        cursor = reply[0]
    raise Mishap("the cursor of HUNT.EVENTS never stood")
