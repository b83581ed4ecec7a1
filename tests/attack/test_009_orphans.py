# SPDX-License-Identifier: Apache-2.0
"""Attack 9: a process that leaves its session and its parent, and ignores every polite signal."""

from conftest import descendants, eventually

ORPHAN = """
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for n in (1, 2, 3, 15):
            signal.signal(n, signal.SIG_IGN)
        time.sleep(4711)
    os._exit(0)
print("ready", flush=True)
signal.signal(15, signal.SIG_IGN)
time.sleep(4711)
"""


def sleepers():
    return [pid for pid, name in descendants().items() if name.startswith("python3")]


def test_stop_takes_everything(inner):
    before = set(sleepers())
    started = inner("run", "-d", "--name", "orphans", "-p", "shell-oneshot", "--timeout", "60", "--entrypoint",
                    "python3", "-a", "-c", "-a", ORPHAN)
    assert started.returncode == 0, started.stderr
    assert eventually(lambda: len(set(sleepers()) - before) >= 2)
    assert inner("stop", "--time", "1", "orphans").returncode == 0
    assert eventually(lambda: not set(sleepers()) - before, timeout=15)
    inner("wait", "orphans")


def test_the_end_of_the_command_takes_everything(inner):
    before = set(sleepers())
    done = inner.run("setsid sh -c 'trap \"\" HUP TERM; exec python3 -c \"import time; time.sleep(4711)\"' & sleep 0.2")
    assert done.returncode == 0, done.stderr
    assert eventually(lambda: not set(sleepers()) - before)
