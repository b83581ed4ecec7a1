# SPDX-License-Identifier: Apache-2.0
"""Attack 107, and 45: whatever of ours is killed, whoever comes next puts back what was planted, and writes
nowhere but where the notes were taken."""

import contextlib
import os
import signal
import subprocess
import time

import pytest

from conftest import descendants, eventually
from guards import kept, listing, make_repository, run

PLANT = "echo evil > .envrc; mkdir -p .vscode .claude; echo evil > .vscode/tasks.json; echo evil > .tool-versions; "


def pids(name):
    return [pid for pid, found in descendants().items() if found == name]


def kill_all(*names):
    """All at once: none sees another one die."""
    victims = [pid for name in names for pid in pids(name)]
    for number in signal.SIGSTOP, signal.SIGKILL:
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def start(inner, *options):
    (inner.work / ".tool-versions").write_text("mine\n")
    process = inner.popen("run", "-p", "shell-oneshot", "-w", inner.work, *options, "--arg",
                          f"cd {inner.work}; {PLANT} echo go; sleep 1000",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if "-d" not in options:
        assert process.stdout.readline() == b"go\n"
    assert eventually(lambda: (inner.work / ".tool-versions").read_text() == "evil\n")
    return process


CLEAN = {".tool-versions": ("0o100644", b"mine\n")}


def test_killed_supervisor(inner):
    """The service that lost it puts back, before it tells the end."""
    process = start(inner)
    kill_all("inner-superviso")
    _, complaints = process.communicate(timeout=30)
    assert listing(inner.work) == CLEAN
    assert str(inner.work / ".envrc").encode() in complaints
    assert ".envrc" in kept(inner)


def test_killed_client(inner):
    process = start(inner)
    process.kill()
    process.communicate()
    assert eventually(lambda: listing(inner.work) == CLEAN, timeout=20)


def test_killed_service(bus):
    process = start(bus)
    kill_all("inner-sandboxd")
    time.sleep(0.2)
    kill_all("inner-init")
    process.communicate(timeout=30)
    assert listing(bus.work) == CLEAN


@pytest.mark.parametrize("options", [(), ("-d",)], ids=["attached", "detached"])
def test_everything_killed(inner, options):
    """The next service finds the notes and finishes."""
    process = start(inner, *options)
    kill_all("innerctl", "inner-sandboxd", "inner-superviso")
    process.communicate(timeout=30)
    assert eventually(lambda: not pids("inner-init"))
    assert (inner.work / ".envrc").exists()
    assert inner("ps").returncode == 0
    assert listing(inner.work) == CLEAN
    assert ".envrc" in kept(inner)


def test_workspace_moved_away_before_recovery(inner):
    """What stands at the path now is another directory: nothing is written there."""
    process = start(inner)
    kill_all("innerctl", "inner-sandboxd", "inner-superviso")
    process.communicate(timeout=30)
    assert eventually(lambda: not pids("inner-init"))
    other = inner.root / "other"
    other.mkdir()
    (other / ".tool-versions").write_text("another's\n")
    os.rename(inner.work, inner.root / "moved")
    inner.work.symlink_to(other)
    inner("ps", cwd=inner.root)
    assert listing(other) == {".tool-versions": ("0o100644", b"another's\n")}
    inner.work.unlink()
    os.rename(inner.root / "moved", inner.work)


def test_killed_at_any_moment(inner):
    """Supervisors that die somewhere between the notes and the end; the next run puts everything back."""
    make_repository(inner)
    before = listing(inner.work)
    for turn in range(15):
        process = inner.popen("run", "-p", "shell-oneshot", "-w", inner.work, "--arg",
                              f"cd {inner.work}; {PLANT} for i in $(seq 40); do echo x > .envrc$i; mkdir -p .idea/$i; done",
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.004 * turn)
        kill_all("inner-superviso")
        process.wait(30)
        assert eventually(lambda: not pids("inner-init") and not pids("bwrap"))
        inner("ps")
        for path in inner.work.glob(".envrc?*"):
            path.unlink()
        assert listing(inner.work) == before, turn
    run(inner, "true")
    assert listing(inner.work) == before


@pytest.mark.parametrize("victim", ["bwrap", "inner-init", "inner-spawner"])
def test_killed_inside(inner, victim):
    """What is left of the sandbox goes, and its supervisor puts back."""
    process = start(inner)
    assert eventually(lambda: pids(victim))
    kill_all(victim)
    if victim == "inner-spawner":
        # It only starts further commands; the sandbox lives.
        assert process.poll() is None
        process.terminate()
    process.communicate(timeout=30)
    assert eventually(lambda: listing(inner.work) == CLEAN, timeout=20)
    assert ".envrc" in kept(inner)


def test_two_on_one_repository_and_one_is_killed(inner):
    """Both plant, one ends by force while the other goes on; git works in both, and nothing of either stays."""
    make_repository(inner)
    script = (f"cd {inner.work}; echo evil > .envrc; mkdir -p .vscode; echo evil > .vscode/tasks.json; echo NAME > f-NAME; "
              "git add f-NAME && git commit -qm NAME; echo go; read x")
    both = []
    for name in "ab":
        both.append(inner.popen("run", "-p", "shell-oneshot", "-w", inner.work, "--arg", script.replace("NAME", name),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        assert both[-1].stdout.readline() == b"go\n"
    first, second = both
    # The supervisor of one of them.
    kill_all_of = pids("inner-superviso")
    assert len(kill_all_of) == 2
    os.kill(kill_all_of[0], signal.SIGKILL)
    assert eventually(lambda: first.poll() is not None or second.poll() is not None, timeout=20)
    for process in (first, second):
        with contextlib.suppress(BrokenPipeError, ValueError):
            process.communicate(b"\n", timeout=30)
    assert inner("ps").returncode == 0
    assert eventually(lambda: not (inner.work / ".envrc").exists() and not (inner.work / ".vscode").exists(), timeout=20)
    log = subprocess.run(["git", "log", "--format=%s"], cwd=inner.work, capture_output=True, text=True).stdout.split()
    assert sorted(log) == ["a", "b", "one"]
