#!/usr/bin/env python3
"""The JMeter plan on a huntd of its own: all of its replies are as it expects; where one is not, or
something is missing, perf/jmeter/run says so."""
from hunt import *

ROOT = os.path.dirname(os.path.dirname(HERE))
RUN = ROOT + "/perf/jmeter/run"
PLAN = ROOT + "/perf/jmeter/huntd.jmx"
HUNT = document("bay", challenges=["{id: map, points: 100, answers: [GOLD]}"])
COMMANDS = ("HUNT.JOIN", "HUNT.SUBMIT wrong", "HUNT.SUBMIT right", "HUNT.SUBMIT again", "HUNT.AWARD", "BOARD.RANK")


def run(*words, environment=None):
    done = subprocess.run([sys.executable, RUN, *words], capture_output=True, text=True, timeout=150, stdin=subprocess.DEVNULL,
                          env=environment)
    return done.returncode, done.stdout, done.stderr


def rows(text):
    """name -> (samples, errors) of the table."""
    found = re.findall(r"^(\S.*?) +(\d+) +(\d+) +\d+ +\d+ +\d+$", text, re.M)
    return {name: (int(samples), int(errors)) for name, samples, errors in found}


def where(server, *words):
    return run("-Jport=%d" % server.port, "-Jhunt=bay", "-Jchallenge=map", *words)


def every_sample_passes():
    with Server({"bay": HUNT}, 2) as server:
        code, out, err = where(server, "-Jthreads=4", "-Jloops=20", "-Jrate=1000", "-Jduration=30")
        check("the plan passes", code == 0, code, out, err)
        same("its samples", rows(out), {**{c: (80, 0) for c in COMMANDS}, "all": (480, 0)})
        entrants, score = server.info()["entrants"], server.client()("BOARD.TOP", "bay", "COUNT", "1")
        same("as many entrants as turns", entrants, "80")
        check("with the points of an answer and an award", "107" in str(score), score)
        code, out, err = where(server, "-Jthreads=2", "-Jrate=200", "-Jduration=2")
        check("again, by time, beside the first run's entrants", code == 0, code, out, err)
        samples = rows(out)["all"][0]
        check("at the rate that was asked for", 200 <= samples <= 600, samples)
        return "480 and %d samples" % samples


def what_is_not_as_expected_fails():
    with Server({"bay": HUNT}, 1) as server:
        code, out, err = where(server, "-Jloops=5", "-Janswer=BRASS")
        check("a wrong answer is not right", code == 1 and rows(out)["HUNT.SUBMIT right"] == (20, 20), code, out, err)
        same("and nothing else is wrong", rows(out)["HUNT.AWARD"], (20, 0))
        check("it says what was expected", "correct" in out, out)
        with open(PLAN, encoding="utf-8") as file:
            text = file.read()
        for name, old, new in (("expectation", r"^\+joined\s", r"^\+enrolled\s"), ("plan", "HUNT.AWARD jm", "HUNT.AWARDS jm")):
            check("the plan has it", old in text)
            with open(server.folder + "/other.jmx", "w", encoding="utf-8") as file:
                file.write(text.replace(old, new))
            code, out, err = where(server, "--plan", server.folder + "/other.jmx", "-Jloops=5")
            check("a wrong %s fails" % name, code == 1 and rows(out)["all"] == (120, 20), code, out, err)


def what_is_missing_is_said():
    with Server({"bay": document("bay")}, 1) as server:
        (closed,) = free_ports(1)
        with open(server.folder + "/none.jmx", "w") as file:
            file.write("<jmeterTestPlan/>")
        with open(PLAN, encoding="utf-8") as file, open(server.folder + "/torn.jmx", "w", encoding="utf-8") as torn:
            torn.write(file.read()[:-100])
        for words, code, word in ((["-Jport=%d" % closed], 3, "no huntd at 127.0.0.1:%d" % closed),
                                  (["-Jport=%d" % server.port], 3, "NOHUNT"),
                                  (["-Jport=http"], 2, "not a number"),
                                  (["-Jprot=1"], 2, "no variable prot"),
                                  (["--fast"], 2, "--fast"),
                                  (["--plan", server.folder + "/absent.jmx"], 3, "absent.jmx"),
                                  (["--plan", server.folder + "/none.jmx"], 2, "not a plan for huntd"),
                                  (["--plan", server.folder + "/torn.jmx", "-Jhunt=bay", "-Jport=%d" % server.port], 3, "torn.jmx")):
            came, out, err = run(*words)
            check("%s: exit code %d and the word %s" % (words, code, word), came == code and word in err, came, out, err)
        code, out, err = run("-Jport=%d" % server.port, environment={"PATH": "/nowhere"})
        check("no java", code == 3 and "default-jre" in err, code, out, err)


missing = subprocess.run([sys.executable, RUN, "-Jport=1"], capture_output=True, text=True, timeout=60).stderr
if "not installed" in missing:
    skip(missing.strip())
else:
    story(every_sample_passes, what_is_not_as_expected_fails, what_is_missing_is_said)
