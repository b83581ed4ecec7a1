# SPDX-License-Identifier: Apache-2.0
"""Attack 46: FIFOs, sockets and devices left in the workspace, at which tools of the host would wait for ever. They are
not taken away, because nothing says that they are not wanted; they are told, and nothing of ours hangs."""

import stat
import time

from guards import outside, run, scratch_copy, told

PLANT = ("mkfifo Makefile; mkdir -p deep; mkfifo deep/pipe; mkfifo .envrc; "
         "python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind(\"sock\")'; mknod dev c 1 3; mknod white c 0 0; true")
# The search of the workspace takes a twentieth of the time that the sandbox ran, and goes on after its end.
LONG = "; sleep 1"


def test_special_files_are_told(inner):
    copy = scratch_copy(inner)
    assert outside(inner, PLANT, copy).returncode == 0
    assert stat.S_ISFIFO((copy / "Makefile").stat().st_mode)
    begin = time.monotonic()
    result = run(inner, PLANT + LONG)
    assert time.monotonic() - begin < 15
    for name in ("Makefile", "deep/pipe", "sock"):
        assert told(result, inner.work / name), name
    # At a guarded path nothing stays, and devices are made by nobody.
    assert not (inner.work / ".envrc").exists()
    assert not (inner.work / "dev").exists() and not (inner.work / "white").exists()


def test_the_next_sandbox_does_not_wait_for_them(inner):
    run(inner, PLANT)
    assert run(inner, "echo fine", timeout=20).stdout == b"fine\n"


def test_findings_that_are_too_many(inner):
    """Whoever makes a thousand of them does not hide the one that counts: it is told that there are more."""
    result = run(inner, "mkdir many; i=0; while [ $i -lt 300 ]; do mkfifo many/$i; i=$((i+1)); done" + LONG, timeout=120)
    assert b"not everything could be looked at" in result.stderr
