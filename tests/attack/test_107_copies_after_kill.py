# SPDX-License-Identifier: Apache-2.0
"""Attack 107: private copies may hold what is private; whatever of ours is killed, somebody removes them."""

import contextlib
import os
import signal
import subprocess

import pytest

from conftest import descendants, eventually


@pytest.fixture
def copies(inner):
    inner.profile("copy", "extends = 'shell-oneshot'\n[workspace]\nmode = 'copy'\n")
    (inner.work / "file").write_text("mine\n")
    return inner.home / ".local/state/inner/copies"


def kill_all(*names):
    victims = [pid for pid, name in descendants().items() if name in names]
    for number in signal.SIGSTOP, signal.SIGKILL:
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def start(inner, copies):
    process = inner.popen("run", "-p", "copy", "--arg", "echo changed > file; mkdir -p a/b; chmod 0 a; echo go; sleep 1000",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"go\n"
    assert len(list(copies.iterdir())) == 1
    return process


def test_killed_supervisor(inner, copies):
    process = start(inner, copies)
    kill_all("inner-superviso")
    process.communicate(timeout=30)
    # The service lost it; a private one may be gone before it has removed everything.
    inner.run("true")
    assert eventually(lambda: not list(copies.iterdir()))


def test_copies_after_kill(inner, copies):
    """Of everything: nothing is left that could clean up. The next service does."""
    process = start(inner, copies)
    kill_all("inner-superviso", "inner-sandboxd", "innerctl")
    process.communicate(timeout=30)
    inner.run("true")
    assert eventually(lambda: not list(copies.iterdir()))
    assert (inner.work / "file").read_text() == "mine\n"


def test_copies_in_use_stay(inner, copies):
    process = start(inner, copies)
    inner("run", "-p", "copy", "--arg", "cat file")
    assert eventually(lambda: len(list(copies.iterdir())) == 1)
    process.terminate()
    process.communicate(timeout=30)
    assert eventually(lambda: not list(copies.iterdir()))
