# SPDX-License-Identifier: Apache-2.0
"""When a person at a terminal is told what the sandbox may not reach: at once, but at the end where a program has the
terminal that reads keys: it fills the screen, or draws in place. Nothing here reaches anything."""

import json

import pytest
from conftest import eventually
from destinations import Box, give_profiles
from terminal import Terminal

DENIED = b"innerctl: the sandbox may not reach evil.test: it is not on the allowlist"
SCRIPT = "{} getent hosts evil.test; echo shown; while [ ! -e go ]; do sleep 0.1; done; {} echo left"


def run_on(person, *options, enter="", leave=""):
    return Terminal(person, "run", "-p", "shell-oneshot", *options, "--allow-host", "a.test", "--arg",
                    SCRIPT.format(enter, leave))


def denials(person):
    runs = (person.home / ".local/state/inner/runs").glob("*/events.ndjson")
    events = [json.loads(line) for path in runs for line in path.read_text().splitlines()]
    return [e for e in events if e.get("decision") == "denied" and e["name"] == "evil.test"]


def test_at_once(inner):
    with run_on(inner, "--no-interactive") as terminal:
        assert eventually(lambda: (terminal.look(), DENIED in terminal.seen)[1], 60), terminal.seen
        assert terminal.process.poll() is None
        (inner.work / "go").touch()
        assert terminal.end(60) == 0
        assert terminal.seen.count(DENIED) == 1, terminal.seen


@pytest.mark.parametrize("enter", ["", "printf half;"], ids=["at the start of a line", "within a line"])
def test_between_lines(inner, enter):
    """The program that has the terminal reads and shows lines."""
    with run_on(inner, "-i", enter=enter) as terminal:
        assert eventually(lambda: (terminal.look(), DENIED in terminal.seen)[1], 60), terminal.seen
        assert terminal.process.poll() is None
        (inner.work / "go").touch()
        assert terminal.end(60) == 0
        assert terminal.seen.count(b"may not reach") == 1, terminal.seen
        before, _, behind = terminal.seen.partition(DENIED)
        assert before in (b"", b"shown\r\n", b"halfshown\r\n") and behind.startswith(b"\r\n"), terminal.seen


# What was asked for again may be told as soon as the program has left its picture.
@pytest.mark.parametrize("enter, leave, last", [("printf '\\033[?1049h';", "printf '\\033[?1049l';", b"\x1b[?1049l"),
                                                ("stty -icanon -echo;", "", b"left"),
                                                ("printf '\\033]0;';", "printf '\\007';", b"\x07")],
                         ids=["full-screen", "in place", "within a command to the terminal"])
def test_at_the_end(inner, enter, leave, last):
    with run_on(inner, "-i", enter=enter, leave=leave) as terminal:
        assert eventually(lambda: (terminal.look(), b"shown" in terminal.seen)[1], 60), terminal.seen
        assert eventually(lambda: denials(inner), 60)
        # Whatever the signal would have said is there by now: this call went the same way after it.
        assert inner("ps").returncode == 0
        terminal.look()
        assert b"may not reach" not in terminal.seen
        (inner.work / "go").touch()
        assert terminal.end(60) == 0
        before, found, behind = terminal.seen.partition(DENIED)
        assert found and last in before, terminal.seen
        assert b"may not reach" not in behind


def test_each_is_counted(bus):
    """On the bus, where the same is told once a second."""
    give_profiles(bus)
    with Box(bus) as box:
        assert box.exec("for i in $(seq 30); do getent hosts evil.test; done; getent hosts other.test")[0] != 0

        def told():
            return {name: sum(details["count"] for host, _, _, details in box.denied if host == name)
                    for name in ("evil.test", "other.test")}

        assert box.eventually(lambda: told()["evil.test"] >= 30 and told()["other.test"] >= 1), box.denied
        assert bus("stop", "-t", "0", box.id).returncode == 0
        denied = {denied["name"]: denied["count"] for denied in box.get("Denied")}
        assert box.eventually(lambda: told() == denied), (box.denied, denied)
        assert len(box.denied) < 30
        assert {(port, reason) for _, port, reason, _ in box.denied} == {(0, "it is not on the allowlist")}
        assert not any("line-mode" in details for *_, details in box.denied)


def test_quiet(inner):
    (inner.work / "go").touch()
    for option in ("--no-interactive", "-i"):
        with run_on(inner, "-q", option) as terminal:
            assert terminal.end(60) == 0
            assert b"left" in terminal.seen and b"may not reach" not in terminal.seen
