#!/usr/bin/env python3
"""What breaks while huntd runs: it says so in one line and one counter, and goes on."""
from hunt import *

HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}"])


def a_pause_is_no_stall():
    """SIGSTOP for three seconds: nobody stood still while huntd ran."""
    with Server({"bay": HUNT}, 3) as server:
        c = server.client()
        for _ in range(2):
            os.kill(server.pid, signal.SIGSTOP)
            c.send(encode("HUNT.AWARD", "ann", "bay", 1))
            time.sleep(3)
            os.kill(server.pid, signal.SIGCONT)
            same("the award", c.read()[0], "applied")
        time.sleep(1)
        same("no stall was counted", server.info()["stalls_total"], "0")
        check("nor said", "stands still" not in server.words())


def all_is_well():
    with Server({"bay": HUNT}, 2) as server:
        info = server.info()
        for name in ("degraded", "degraded_total", "stalls_total", "no_space_total", "connections_closed_slow_total", "wants"):
            same(name, info[name], "0")


def who_does_not_read_is_told_of():
    with Server({"bay": HUNT}, 1) as server:
        c = server.client(receive_buffer=1024)
        c.socket.setblocking(False)
        try:
            for _ in range(400):
                c.socket.send(encode("ECHO", b"x" * 60000))
        except BlockingIOError:
            pass
        other = server.client()
        eventually("it is closed", lambda: server.info()["connections_closed_slow_total"] == "1", 20)
        same("others go on", other("HUNT.AWARD", "ann", "bay", 1)[0], "applied")
        said = ""
        def told():
            nonlocal said
            said += server.words()
            return "did not read what they asked for or follow: 1" in said
        eventually("the line", told, 5)


def broken_protocol_is_told_of_once_a_minute():
    with Server({"bay": HUNT}, 1) as server:
        server.words()
        for _ in range(5):
            c = server.client()
            c.send(b"*1\r\n$-5\r\n")
            c.until_closed(5)
        time.sleep(1)
        lines = [line for line in server.words().splitlines() if "breaking the protocol" in line]
        check("one line", len(lines) == 1, lines)
        same("each is counted", server.info()["protocol_errors_total"], "5")


def a_full_disk_is_not_the_files_fault():
    """A first start on 24 MiB: 74, and what it wants; with smaller files it fits."""
    with Server({"bay": HUNT}, 1, start=False) as server:
        os.mkdir(server.data)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", server.data], stderr=subprocess.DEVNULL).returncode != 0:
            print("  (only root can make a small disk)")
            return
        try:
            code, said = server.end_of_start()
            same("storage", code, 74)
            check("it says what it wants", "no space left for the log in" in said and "make space" in said, said)
            server.options = ["--set", "log.segment=1MiB"]
            server.start()
            same("it serves", server.client()("HUNT.AWARD", "ann", "bay", 1)[0], "applied")
            server.kill()
        finally:
            subprocess.run(["umount", server.data], check=True)


story(a_full_disk_is_not_the_files_fault, all_is_well, a_pause_is_no_stall, who_does_not_read_is_told_of, broken_protocol_is_told_of_once_a_minute)
