"""redis-py, as its users write it: python3 clients_python.py PORT. Exits 1 at the first surprise."""
import sys

import redis

r = redis.Redis(port=int(sys.argv[1]), decode_responses=True)
assert r.ping()
assert r.execute_command("HUNT.JOIN", "pia", "bay") == "joined"
assert r.execute_command("HUNT.AWARD", "pia", "bay", 5, "ID", "one") == ["applied", 5, 5, ""]
assert r.execute_command("HUNT.AWARD", "pia", "bay", 5, "ID", "one") == ["applied", 5, 5, ""]
pipe = r.pipeline(transaction=False)
for i in range(1000):
    pipe.execute_command("HUNT.AWARD", "pia", "bay", 1)
assert [reply[2] for reply in pipe.execute()] == list(range(6, 1006))
assert r.execute_command("BOARD.RANK", "bay", "pia")[1] == 1005
assert r.execute_command("BOARD.RANK", "bay", "nobody") is None
try:
    r.execute_command("HUNT.JOIN", "pia", "nope")
    raise SystemExit("no error for an unknown hunt")
except redis.ResponseError as error:
    assert str(error).startswith("NOHUNT"), error
assert r.info()["redis_version"] and r.dbsize() >= 1 and r.config_get("maxclients")
assert r.client_setname("pia-1") and r.client_getname() == "pia-1" and r.client_id() > 0
assert any(c["name"] == "pia-1" for c in r.client_list())
assert len(r.time()) == 2 and r.echo("x") == "x"
assert r.command_count() > 20

feed = r.pubsub()
feed.subscribe("board:bay:main")
assert feed.get_message(timeout=5)["type"] == "subscribe"
snapshot = feed.get_message(timeout=5)
assert snapshot["type"] == "message" and "rows" in snapshot["data"], snapshot
r.execute_command("HUNT.AWARD", "pia", "bay", 1000)
for _ in range(20):
    delta = feed.get_message(timeout=5)
    if delta and "2005" in delta["data"]:
        break
else:
    raise SystemExit("no delta came")
feed.unsubscribe()
feed.close()
print("redis-py", redis.__version__)
