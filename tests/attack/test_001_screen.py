# SPDX-License-Identifier: Apache-2.0
"""Attack 1: what a sandbox shows is hostile to whoever reads it. The program that keeps its screen is locked up, and
survives, or dies alone."""

import os
import random
import signal
from pathlib import Path

from conftest import descendants, eventually
from terminal import Terminal

HOSTILE = r"""
import os, random, sys
random.seed(int(sys.argv[1]))
parts = [b"\033[", b"\033]", b"\033P", b"\033\\", b"\007", b";", b"?", b"h", b"l", b"m", b"r", b"J", b"K", b"L", b"M", b"@",
         b"P", b"X", b"H", b"A", b"B", b"b", b"S", b"T", b"99999999999", b"2147483647", b"1", b"0", b"1049", b"\033#8", b"\033c",
         b"\033(0", b"\x0e", b"\x0f", b"\xff", b"\xf4\x90\x80\x80", b"\xc0\x80", "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307".encode(),
         "\u4e2d".encode(), b"\r\n", b"\t", b"\x08", b"\0", b"x" * 500, b"\033[8;9999;9999t", b"\033[6n", b"\033[c"]
for _ in range(3000):
    os.write(1, b"".join(random.choice(parts) for _ in range(random.randrange(40))))
os.write(1, b"\033]0;" + b"t" * 3000000)
os.write(1, b"\033\\\033c\033[2J\033[Hsur" + b"vived\r\n")
"""


def keepers():
    return [pid for pid, name in descendants().items() if name == "inner-screen"]


def is_locked_up(keeper):
    status = Path(f"/proc/{keeper}/status").read_text()
    # Strict: read, write and its end.
    return "Seccomp:\t1\n" in status and "NoNewPrivs:\t1\n" in status


def test_hostile_output(inner):
    (inner.work / "hostile.py").write_text(HOSTILE)
    seed = str(random.randrange(10**6))
    print("seed", seed)
    done = inner("run", "-d", "-i", "--name", "box", "-p", "shell-oneshot", "--entrypoint", "/bin/bash", "-a", "-c", "-a",
                 f"python3 hostile.py {seed}; read -r line; exit 5")
    assert done.returncode == 0, done.stderr
    with Terminal(inner, "attach", "box") as terminal:
        terminal.expect("survived", 60)
        # What a terminal answered to all that stands before it.
        terminal.type("\n\n")
        assert terminal.end() == 5


def test_endless_repetition(inner):
    """Attack 102: a letter that there is not, shown for ever by who keeps the screen, outside of the limits of the sandbox."""
    for before in ("", r"\r", r"\033c", r"\314\201", r"a\033c", r"\033]0;a", r"\033(0", r"\033Pa\007a", r"\033[1;"):
        done = inner("run", "-d", "-i", "--name", "box", "-p", "shell-oneshot", "--arg",
                     rf"printf '{before}\033[9b\030\033\\\033(B\r\n-\033[4b up\r\n'; read -r line")
        assert done.returncode == 0, done.stderr
        with Terminal(inner, "attach", "box") as terminal:
            terminal.expect("up", 60)
            # Who comes now is shown what was kept.
            with Terminal(inner, "attach", "-r", "box") as other:
                other.expect("----- up", 60)
            terminal.type("\n\n")
            assert terminal.end() == 0
        assert eventually(lambda: not keepers(), timeout=60), before


def test_busy_keeper_ends(inner):
    """Attack 102: one that does not come to read the end of its line ends with the sandbox all the same, and with the
    supervisor."""
    for killed in (False, True):
        done = inner("run", "-d", "-i", "--name", "box", "-p", "shell-oneshot", "--arg", "echo up; read -r line")
        assert done.returncode == 0, done.stderr
        # Not before it has said what becomes of it with the supervisor.
        assert eventually(lambda: len(keepers()) == 1 and is_locked_up(keepers()[0]), timeout=60)
        os.kill(keepers()[0], signal.SIGSTOP)
        if killed:
            for pid in [pid for pid, name in descendants().items() if name == "inner-superviso"]:
                os.kill(pid, signal.SIGKILL)
        else:
            inner("stop", "box")
        assert eventually(lambda: not keepers(), timeout=60), killed
        inner("wait", "box")


def test_keeper_is_locked_up(inner):
    with Terminal(inner, "run", "-i", "-p", "shell-oneshot", "--arg", "echo up; read x") as terminal:
        terminal.expect("up")
        assert eventually(lambda: len(keepers()) == 1 and is_locked_up(keepers()[0]))
        terminal.type("\n")
        assert terminal.end() == 0
    assert eventually(lambda: not keepers())
