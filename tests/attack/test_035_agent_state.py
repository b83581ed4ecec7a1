# SPDX-License-Identifier: Apache-2.0
"""Attacks 35, 46 and 54: what stands in the places of an agent's files makes the host's side read a secret,
wait for ever, or write where it should not."""

import os
import threading
import time

import pytest

SECRET = "secret-4711"
RUN = ["run", "-p", "claude-one-shot", "--no-network", "--entrypoint", "sh", "--arg=-c", "--arg"]
READ_ALL = "cd; find . -type f -exec cat {} +; find . -type l -exec cat {} + 2>/dev/null; true"


def home_with_secrets(inner):
    (inner.home / ".ssh").mkdir()
    (inner.home / ".ssh/key").write_text('{"model": "%s", "claudeAiOauth": "%s"}' % (SECRET, SECRET))
    skills = inner.home / ".claude/skills"
    skills.mkdir(parents=True)
    return skills


@pytest.mark.parametrize("name", [".claude/.credentials.json", ".claude/settings.json", ".claude.json",
                                  ".claude/skills/x"])
@pytest.mark.parametrize("target", ["{home}/.ssh/key", "/etc/passwd", "/proc/self/environ"])
def test_a_link_brings_nothing_in(private, name, target):
    home_with_secrets(private)
    (private.home / name).symlink_to(target.format(home=private.home))
    done = private(*RUN, READ_ALL, env={"PLANTED": SECRET})
    assert done.returncode == 0, done.stderr
    assert SECRET.encode() not in done.stdout


@pytest.mark.parametrize("name", [".claude", ".claude/skills"])
def test_a_linked_directory_brings_nothing_in(private, name):
    skills = home_with_secrets(private)
    skills.rmdir()
    if name == ".claude":
        skills.parent.rmdir()
    (private.home / ".ssh/.credentials.json").write_text('{"claudeAiOauth": "%s"}' % SECRET)
    (private.home / ".ssh/settings.json").write_text('{"model": "%s"}' % SECRET)
    (private.home / name).symlink_to(private.home / ".ssh")
    done = private(*RUN, READ_ALL)
    assert done.returncode == 0, done.stderr
    assert SECRET.encode() not in done.stdout


@pytest.mark.parametrize("name", [".claude/.credentials.json", ".claude/settings.json", ".claude.json",
                                  ".claude/skills/x"])
def test_a_fifo_holds_nobody_up(private, name):
    """Attack 46: nobody ever writes into it."""
    home_with_secrets(private)
    os.mkfifo(private.home / name)
    begin = time.monotonic()
    done = private(*RUN, "cd; ls -A .claude/skills")
    assert (done.returncode, done.stdout) == (0, b""), done
    assert time.monotonic() - begin < 10


def test_a_swapped_link_brings_nothing_in(bus):
    """Attack 33: it is a file when it is looked at, and a link when it is read."""
    home_with_secrets(bus)
    place = bus.home / ".claude/.credentials.json"
    good = bus.root / "good"
    good.write_text('{"claudeAiOauth": "fine"}')
    stop = threading.Event()

    def swap():
        spare = bus.root / "spare"
        while not stop.is_set():
            os.link(good, spare)
            os.rename(spare, place)
            spare.unlink(missing_ok=True)
            spare.symlink_to(bus.home / ".ssh/key")
            os.rename(spare, place)

    thread = threading.Thread(target=swap)
    thread.start()
    seen = []
    try:
        for _ in range(40):
            seen.append(bus(*RUN, "cat ~/.claude/.credentials.json 2>&1").stdout)
    finally:
        stop.set()
        thread.join()
    assert not any(SECRET.encode() in text for text in seen)
    assert any(b"fine" in text for text in seen)


def test_a_bomb_ends_no_service(bus):
    """A million levels of JSON, in a file that another program may have written."""
    home_with_secrets(bus)
    (bus.home / ".claude/settings.json").write_text("[" * 1000000)
    (bus.home / ".claude.json").write_text('{"a":' * 1000000)
    detached = bus("run", "-d", "-p", "shell-oneshot", "--arg", "sleep 1000").stdout.decode().strip()
    done = bus(*RUN, "ls -A ~/.claude/settings.json ~/.claude.json 2>&1")
    assert done.stdout.count(b"No such file") == 2, done
    assert bus("stop", detached).returncode == 0


def test_the_workspace_is_not_written_to(private):
    """A workspace in a place of the agent: no copy is put into it."""
    skills = home_with_secrets(private)
    work = skills / "mine"
    work.mkdir()
    done = private(*RUN, "true", "-w", work)
    assert done.returncode == 125, done
    assert list(work.iterdir()) == []


def test_nothing_of_the_home_but_the_named(private):
    """Attack 54."""
    home_with_secrets(private)
    for name in (".claude/history.jsonl", ".claude/projects/x/session.jsonl", ".claude/plugins/p/run",
                 ".netrc", ".bash_history", ".claude/.env"):
        path = private.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SECRET)
    done = private(*RUN, READ_ALL)
    assert done.returncode == 0, done.stderr
    assert SECRET.encode() not in done.stdout
