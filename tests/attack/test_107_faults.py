# SPDX-License-Identifier: Apache-2.0
"""Attack 107: whatever of ours is killed, at whatever moment of a run, nothing is left, and everybody is told.

$INNER_TEST_FAULTS says how many moments for each program (12); $INNER_TEST_SEED repeats a run."""

import json
import os
import random
import signal
import time
from collections import Counter

import pytest
from conftest import OURS, descendants, eventually

FAULTS = int(os.environ.get("INNER_TEST_FAULTS", "12"))
SEED = int(os.environ.get("INNER_TEST_SEED", random.randrange(10**6)))
# A run takes some 30 ms here, 200 on a busy machine; the last moments lie behind it.
SPAN = 0.25
SHORT = 0.05
SCRIPT = "(setsid sleep 300 &) ; echo one; sleep {}; echo two; exit 3"

# Who is killed: its name in /proc, and the exit codes that innerctl may have then. 3 is that of the command; without
# the client there is none; 125 tells of a supervisor or service that died before the command ran, 137 of a sandbox that
# was killed.
VICTIMS = {
    "client": ("innerctl", {3, -9}),
    "service": ("inner-sandboxd", {3, 125}),
    "supervisor": ("inner-superviso", {3, 125}),
    "bwrap": ("bwrap", {3, 125, 137}),
    "init": ("inner-init", {3, 125, 137}),
    "spawner": ("inner-spawner", {3, 125, 137}),
}


def find(name):
    return [pid for pid, other in descendants().items() if other == name]


def strike(person, name, moment, present=False):
    """One run; kills every process of that name at the moment, which counts from when there is one if it shall be
    present: such a run takes longer. Gives the exit code and whether it was there."""
    script = SCRIPT.format(0.5 if present else 0.05)
    process = person.popen("run", "-p", "shell-oneshot", "--arg", script, stdin=-3, stdout=-3, stderr=-3)
    if present:
        eventually(lambda: find(name) or process.poll() is not None)
    time.sleep(moment)
    hit = False
    for pid in find(name):
        try:
            os.kill(pid, signal.SIGKILL)
            hit = True
        except ProcessLookupError:
            pass
    return process.wait(60), hit


def left_behind(person):
    left = Counter()
    names = set(descendants().values())
    left["processes"] = len((names & (OURS | {"sleep", "inner-spawner"})) - {"inner-sandboxd"})
    if person.path().is_dir():
        for path in person.path().iterdir():
            # An exit code that nobody was told waits for ten minutes.
            if path.is_dir() and [file.name for file in path.iterdir()] != ["exit"]:
                left["directories"] += 1
                left["sockets"] += (path / "control").exists()
    left["mounts"] = sum(str(person.root) in line for line in open("/proc/self/mountinfo"))
    return +left


def open_records(person):
    """Records of runs that tell of no end."""
    runs = (person.home / ".local/state/inner/runs").glob("*/events.ndjson")
    last = {path.parent.name: json.loads(path.read_text().splitlines()[-1])["event"] for path in runs}
    return [name for name, event in last.items() if event not in ("ended", "failed", "lost")]


@pytest.mark.parametrize("victim", VICTIMS)
def test_nothing_is_left(inner, victim):
    name, allowed = VICTIMS[victim]
    dice = random.Random(f"{SEED} {victim}")
    codes = Counter()
    hits = 0
    for _ in range(FAULTS):
        moment = dice.random() * SPAN
        code, hit = strike(inner, name, moment)
        # Early or late by chance, and nobody there: once more, when somebody is.
        if not hit:
            code, hit = strike(inner, name, dice.random() * SHORT, present=True)
        codes[code] += 1
        hits += hit
        assert code in allowed, f"exit code {code} after {moment:.3f} s; seed {SEED}"
    # The next service takes over what the last one left, and looks after what a killed supervisor did.
    inner("ps")
    eventually(lambda: not left_behind(inner), 20)
    left = left_behind(inner)
    records = open_records(inner)
    print(f"seed {SEED}: {victim} killed at {FAULTS} moments, {hits} hits, codes {dict(codes)}, left {dict(left)}, "
          f"records without an end {len(records)}")
    if os.environ.get("INNER_TEST_FAULT_TABLE"):
        with open(os.environ["INNER_TEST_FAULT_TABLE"], "a") as table:
            json.dump({"mode": inner.mode, "victim": victim, "moments": FAULTS, "hits": hits, "codes": dict(codes),
                       "left": dict(left), "open records": len(records), "seed": SEED}, table)
            table.write("\n")
    assert hits > 0
    assert not left, f"seed {SEED}"
    assert not records, f"seed {SEED}: {records}"


def test_exit_code_by_another_client(bus):
    """The service is killed while two clients wait: the next one tells both."""
    first = bus.popen("run", "-p", "shell-oneshot", "--name", "box", "--arg", "sleep 3; exit 7", stdin=-3)
    assert eventually(lambda: b"running" in bus("inspect", "box").stdout)
    second = bus.popen("wait", "box", stdin=-3, stdout=-1)
    time.sleep(0.3)
    before = json.loads(bus("inspect", "--json", "box").stdout)
    for pid in find("inner-sandboxd"):
        os.kill(pid, signal.SIGKILL)
    after = json.loads(bus("inspect", "--json", "box").stdout)
    assert after == before
    assert first.wait(30) == 7
    third = bus("wait", "box")
    assert third.stdout == b"7\n"
    assert second.communicate(timeout=30)[0] == b"7\n"
