# SPDX-License-Identifier: Apache-2.0
"""Attack 105: a program that does not end, and takes no notice of being asked to."""

import subprocess
import time

from conftest import descendants, eventually

DEAF = """
import os, signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
print("ready", flush=True)
time.sleep(4711)
"""


def left():
    return [pid for pid, name in descendants().items() if name == "python3"]


def test_outside_it_stays(private):
    process = subprocess.Popen(["python3", "-c", DEAF], stdout=subprocess.PIPE)
    process.stdout.readline()
    process.terminate()
    time.sleep(0.3)
    assert process.poll() is None
    for pid in left():
        subprocess.run(["kill", "-9", str(pid)], check=False)
    process.wait(10)


def test_gone_at_the_limit(inner):
    before = set(left())
    begin = time.monotonic()
    done = inner("run", "-p", "shell-oneshot", "--timeout", "1", "--entrypoint", "python3", "-a", "-c", "-a", DEAF)
    taken = time.monotonic() - begin
    assert done.returncode == 124, done
    assert 1 <= taken <= 1 + 5 + 3, taken
    assert b"time limit" in done.stderr
    assert eventually(lambda: not set(left()) - before)
