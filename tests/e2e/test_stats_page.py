#!/usr/bin/env python3
"""The stats page: there while huntd serves, readable by all, gone with it however it ends."""
import stat
import struct

from hunt import *

HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}"])
MAGIC = b"HNTDTATS"


def page_of(server):
    return "/dev/shm/huntd-%d" % server.pid


def is_there_while_it_serves():
    with Server({"bay": HUNT}, 3) as server:
        path = page_of(server)
        client = server.client()
        client("CLIENT", "SETNAME", "quagga")
        client("CONFIG", "SET", "slowlog-log-slower-than", "0")
        same("an award", client("HUNT.AWARD", "zanzibar", "bay", 1)[0], "applied")
        status = os.lstat(path)
        check("a regular file that all may read and nobody else write",
              stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o644, oct(status.st_mode))
        with open(path, "rb") as file:
            page = file.read()
        magic, abi, pid, shards, commands, size = struct.unpack_from("<8sIIIIQ", page)
        same("what it says of itself", (magic, abi > 0, pid, shards), (MAGIC, True, server.pid, 3))
        same("its size", size, len(page))
        for name in (b"bay", b"quagga", b"zanzibar", b"map", b"127.0.0.1"):
            check("no name that a user gave: %r" % name, name not in page)
        server.stop()
        check("gone with SIGTERM", not os.path.exists(path))


def what_a_killed_one_left_is_removed():
    with Server({"bay": HUNT}) as server, Server({"bay": HUNT}) as other:
        path = page_of(server)
        server.kill()
        check("kill -9 leaves it", os.path.exists(path))
        server.start()
        check("the next start removes it", not os.path.exists(path))
        check("and no live one's", os.path.exists(page_of(other)) and os.path.exists(page_of(server)))


def gone_when_the_start_fails():
    with Server({"bay": HUNT}, 2) as server:
        server.stop()
        first, second = ("%s/shard-%02d" % (server.data, n) for n in (0, 1))
        os.rename(first, first + ".x")
        os.rename(second, first)
        os.rename(first + ".x", second)
        server.spawn()
        path = page_of(server)
        same("logs changed about", server.process.wait(20), 65)
        check("gone as well", not os.path.exists(path))


if __name__ == "__main__":
    story(is_there_while_it_serves, what_a_killed_one_left_is_removed, gone_when_the_start_fails)
