# SPDX-License-Identifier: Apache-2.0
"""Time limits, by the clock and without output, and what is said at the end."""

import time

import pytest
from conftest import descendants, eventually
from terminal import Terminal

PROFILE = """
schema_version = "1"
name = "timed"
extends = "shell-oneshot"
[output]
idle_timeout_seconds = 2
timeout_seconds = 40
summary = true
"""
# Ignores what it can, leaves its session, and forks twice.
STUBBORN = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
for _ in range(2):
    if os.fork():
        os.setsid() if os.getpid() != os.getsid(0) else None
        break
open("/dev/null")
time.sleep(1000)
"""


@pytest.fixture
def timed(inner):
    folder = inner.home / ".config/inner/profiles"
    folder.mkdir(parents=True)
    (folder / "timed.toml").write_text(PROFILE)
    return inner


def test_silence_ends_it(timed):
    begin = time.monotonic()
    done = timed("run", "-p", "timed", "--arg", "echo hello; sleep 100")
    assert done.returncode == 124
    assert 1.5 < time.monotonic() - begin < 20
    assert done.stdout == b"hello\n"
    assert b"idle time limit" in done.stderr
    assert b"with exit code 124 (idle)" in done.stderr


def test_output_keeps_it_alive(timed):
    done = timed("run", "-p", "timed", "--arg", "for i in 1 2 3 4 5; do sleep 1; echo $i; done")
    assert done.returncode == 0
    assert done.stdout == b"1\n2\n3\n4\n5\n"
    assert b"with exit code 0 (exited); 0 guarded" in done.stderr
    quiet = timed("run", "-q", "-p", "timed", "--arg", "true")
    assert quiet.stderr == b""


def test_typing_keeps_it_alive(timed):
    with Terminal(timed, "run", "-i", "-p", "timed", "--arg", "stty -echo; echo up; cat > /dev/null") as terminal:
        terminal.expect("up")
        for _ in range(4):
            time.sleep(1)
            terminal.type("x\n")
        assert terminal.process.poll() is None
        assert terminal.end() == 124


def test_the_whole_tree_goes(inner):
    (inner.work / "stubborn.py").write_text(STUBBORN)
    begin = time.monotonic()
    done = inner("run", "-p", "shell-oneshot", "--timeout", "1", "--arg", "python3 stubborn.py")
    assert done.returncode == 124
    # SIGTERM, five seconds, SIGKILL.
    assert 5.5 < time.monotonic() - begin < 30
    assert eventually(lambda: "python3" not in {n for p, n in descendants().items() if n == "python3"}, 5)
