#!/usr/bin/env python3
"""The edge: what is too large, half sent, malformed, never read or from another protocol is answered or
closed, and hurts nobody else."""
import struct

from hunt import *

HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}"])


def closed_with(server, sent, *words):
    c = server.client()
    c.send(sent)
    got = c.until_closed(5).decode("latin-1")
    check("%s: -ERR Protocol error and close" % short(sent, 60), got.startswith("-ERR Protocol error") and got.count("\r\n") == 1
          and all(w in got for w in words), got)


def refused_from_the_length():
    with Server({"bay": HUNT}) as server:
        before = server.memory()
        closed_with(server, b"*2\r\n$4\r\nPING\r\n$%d\r\n" % (512 * 1024 + 1), "bulk length")
        closed_with(server, b"*2\r\n$4\r\nECHO\r\n$99999999999999999999\r\n", "bulk length")
        closed_with(server, b"*1025\r\n", "multibulk length")
        closed_with(server, b"*2147483648\r\n")
        closed_with(server, b"*1\r\n$-1\r\n")
        closed_with(server, b"*1\r\n+PING\r\n", "expected '$'")
        closed_with(server, b"*1\r\n$4\r\nPINGxx")
        closed_with(server, b"*x\r\n")
        closed_with(server, b"x" * (64 * 1024 + 2), "inline")
        closed_with(server, b'PING "unbalanced\r\n', "quotes")
        closed_with(server, b"*4\r\n" + (b"$%d\r\n" % (400 * 1024) + b"x" * 400 * 1024 + b"\r\n") * 3)
        c = server.client()
        same("the largest bulk is taken", c("ECHO", b"x" * (512 * 1024)), "x" * (512 * 1024))
        same("an array of 1,024 too", c(*["PING"] * 1024).prefix, "ERR")
        same("inline", (c.send(b"  PING  \r\n"), c.read())[1], "PONG")
        same("empty requests are passed over", (c.send(b"\r\n*0\r\n*-1\r\nPING\r\n"), c.read())[1], "PONG")
        check("nothing was kept for them", server.memory() - before < 64 << 20, server.memory() - before)
        check("each was counted", int(server.info().get("protocol_errors_total", 11)) >= 11)


def other_protocols():
    with Server({"bay": HUNT}) as server:
        for sent in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nPING\r\n",
                     b"Host: x\r\nPING\r\n"):
            c = server.client()
            c.send(sent)
            got = c.until_closed(5)
            check("closed, nothing run: %s" % short(sent, 30), b"PONG" not in got, got)
        c = server.client()
        c.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300))
        c.socket.shutdown(socket.SHUT_WR)
        c.until_closed(5)
        same("others go on", server.client()("PING"), "PONG")


def any_bytes_any_split():
    """Random bytes get answers or a close; whole requests cut at every byte get the same answers."""
    rng = seeded()
    with Server({"bay": HUNT}, 3) as server:
        watch = server.client()
        for _ in range(400):
            c = server.client(timeout=10)
            kind = rng.randrange(4)
            if kind == 0:
                junk = rng.randbytes(rng.randrange(1, 3000))
            elif kind == 1:
                junk = bytearray(b"".join(encode("HUNT.AWARD", "p%d" % i, "bay", i) for i in range(20)))
                for _ in range(rng.randrange(1, 6)):
                    junk[rng.randrange(len(junk))] = rng.randrange(256)
            elif kind == 2:
                junk = b"".join(rng.choice((b"*", b"$", b"1", b"-", b"\r\n", b"PING", b"3", b"\x00", b'"', b" ")) for _ in range(400))
            else:
                junk = encode(*[rng.randbytes(rng.randrange(40)) for _ in range(rng.randrange(1, 12))]) * 3
            try:
                c.send(bytes(junk))
                c.socket.shutdown(socket.SHUT_WR)
            except (Closed, OSError):
                pass
            c.until_closed(10)
            c.close()
        same("still there", watch("PING"), "PONG")
        requests = [("HUNT.JOIN", "ann", "bay"), ("HUNT.SUBMIT", "ann", "bay", "map", "brass"), ("BOARD.TOP", "bay", "COUNT", 3),
                    ("HUNT.AWARD", "bob", "bay", 5, "ID", "x"), ("ECHO", "a\r\nb"), ("NOPE",), ("BOARD.RANK", "bay", "bob")]
        whole = b"".join(encode(*words) for words in requests)
        watch.pipe(requests)
        want = watch.pipe(requests)
        for cut in range(1, len(whole)):
            c = server.client()
            c.send(whole[:cut])
            if cut % 7 == 0:
                time.sleep(0.002)
            c.send(whole[cut:])
            same("cut at byte %d" % cut, [c.read() for _ in requests], want)
            c.close()
        c = server.client()
        for i in range(len(whole)):
            c.send(whole[i:i + 1])
        same("byte by byte", [c.read() for _ in requests], want)


def slow_readers_are_bounded():
    """Who asks and never reads is bounded, then closed; others hardly notice."""
    with Server({"bay": HUNT}, 3) as server:
        good = server.client()
        good.pipe([("HUNT.AWARD", "p%04d" % i, "bay", i) for i in range(2000)])
        before = server.memory()
        slow = server.clients(0) + [server.client(receive_buffer=1024) for _ in range(5)]
        page = encode("BOARD.TOP", "bay", "COUNT", 1000) * 50
        start, open_, sent, slowest, most = time.monotonic(), list(slow), 0, 0.0, 0
        for c in slow:
            c.socket.setblocking(False)
        while open_ and time.monotonic() - start < 30:
            for c in list(open_):
                try:
                    sent += c.socket.send(page)
                except BlockingIOError:
                    pass
                except (BrokenPipeError, ConnectionResetError):
                    open_.remove(c)
            asked = time.monotonic()
            same("others are served", good("HUNT.AWARD", "p0001", "bay", 0)[0], "unchanged")
            same("and boards", len(good("BOARD.TOP", "bay", "COUNT", 5)), 5)
            slowest, most = max(slowest, time.monotonic() - asked), max(most, server.memory() - before)
            time.sleep(0.01)
        took = time.monotonic() - start
        check("all were closed", not open_, len(open_))
        check("after 10 s without progress (%.1f s)" % took, 8 < took < 25)
        check("memory is bounded: %.1f MiB" % (most / 2**20), most < 48 << 20)
        check("others' replies: slowest %.0f ms" % (slowest * 1e3), slowest < 1.5)
        return "closed after %.1f s, %.1f MiB at most, slowest other reply %.0f ms" % (took, most / 2**20, slowest * 1e3)


def half_open_and_idle():
    with Server({"bay": HUNT}, 3) as server:
        c = server.client()
        base = server.files()
        many = server.clients(1000)
        for i, other in enumerate(many):
            if i % 3 == 0:
                other.send(b"*3\r\n$9\r\nHUNT.J")  # never finished
        same("1,000 idle connections", c("PING"), "PONG")
        for other in many[1::3]:
            same("any of them", other("PING"), "PONG")
        linger = struct.pack("ii", 1, 0)
        for i, other in enumerate(many):
            if i % 2:
                other.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)  # a reset
            other.close()
        eventually("files are back to where they were", lambda: server.files() <= base + 3, 15)
        half = server.client()
        half.send(encode("HUNT.AWARD", "ann", "bay", 1) * 3)
        half.socket.shutdown(socket.SHUT_WR)
        same("who shut their writing side still gets answers", half.until_closed(5).count(b"applied"), 3)


def long_pipelines_and_order():
    """10,000 commands in one go; replies in order, whichever shards and gathers serve them."""
    rng = seeded(3)
    for shards in (1, 3):
        with Server({"bay": HUNT}, shards) as server:
            c = server.client()
            replies = c.pipe([("HUNT.AWARD", "p%d" % (i % 50), "bay", 1) for i in range(10000)])
            same("each its own score", [r[2] for r in replies], [i // 50 + 1 for i in range(10000)])
            commands, wants = [], []
            for i in range(5000):
                dice = rng.random()
                if dice < 0.3:
                    commands.append(("ECHO", "e%d" % i))
                    wants.append(lambda r, i=i: r == "e%d" % i)
                elif dice < 0.6:
                    commands.append(("HUNT.AWARD", "q%d" % i, "bay", 100000 + i))
                    wants.append(lambda r, i=i: r == ["applied", 100000 + i, 100000 + i, ""])
                elif dice < 0.8:
                    commands.append(("BOARD.RANK", "bay", "p%d" % (i % 50)))
                    wants.append(lambda r: r[1] == 200)
                elif dice < 0.9:
                    commands.append(("BOARD.TOP", "bay", "COUNT", 1 + i % 20))
                    wants.append(lambda r, i=i: len(r) == 1 + i % 20)
                elif dice < 0.95:
                    commands.append(("HUNT.AWARD", "x", "none", i))
                    wants.append(lambda r: isinstance(r, Error) and r.prefix == "NOHUNT")
                elif dice < 0.999:
                    commands.append(("HUNT.LIST",))
                    wants.append(lambda r: r == ["bay"])
                else:
                    commands.append(("HUNT.OPEN", "bay"))
                    wants.append(lambda r: r == "OK")
            for i, (words, got, want) in enumerate(zip(commands, c.pipe(commands), wants)):
                check("reply %d of %r" % (i, words), want(got), got)


def floods_from_many():
    """Forty connections with deep pipelines over three shards and tiny rings: no lock-up, all answered."""
    with Server({"bay": HUNT}, 3, options=["--set", "ring.cells=1"]) as server:
        clients = server.clients(40)
        batch = b"".join(encode("HUNT.AWARD", "p%d" % i, "bay", 1) + encode("BOARD.RANK", "bay", "p%d" % i) for i in range(200))
        for c in clients:
            c.send(batch)
        for c in clients:
            for _ in range(200):
                same("an award", c.read()[0], "applied")
                check("a rank", isinstance(c.read(), list))
        same("all of them", sum(r[2] for r in clients[0]("BOARD.TOP", "bay", "COUNT", 1000)), 8000)


story(refused_from_the_length, other_protocols, any_bytes_any_split, half_open_and_idle, long_pipelines_and_order,
      floods_from_many, slow_readers_are_bounded)
