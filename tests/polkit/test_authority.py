# SPDX-License-Identifier: Apache-2.0
"""What the service asks polkit, and what it makes of each answer. The polkit here is ours, because the
real one needs root (test_polkitd.py) and cannot be made to hang."""

import os
import re
import subprocess
import time

import pytest

from caller import ERROR, Caller, V
from conftest import Inner, descendants, eventually

USES_NETWORK = ["true", "--network-mode", "host"]


@pytest.fixture(params=["bus", "private"])
def person_with(request, sandboxes_possible):
    """Gives a function that makes a person whose polkit always answers the same."""
    persons = []

    def make(answer):
        persons.append(Inner(request.param, polkit=answer))
        return persons[-1]

    yield make
    for person in persons:
        person.close()


def test_granted(person_with):
    person = person_with("allow")
    with person.popen("run", "-p", "shell-oneshot", "--network-mode", "host", "--arg",
                      "test $(wc -l < /proc/net/dev) -ge 3") as process:
        assert process.wait(60) == 0
    (asked,) = person.asked_polkit()
    # The one who asks is the caller (P3), told by pid, start time and user; nothing else (P11).
    assert asked["kind"] == "unix-process"
    assert asked["subject"]["pid"] == process.pid
    assert asked["subject"]["uid"] == os.getuid()
    assert asked["subject"]["start-time"] > 0
    assert asked["action"] == "org.inner.sandbox.host-network"
    assert asked["details"] == {}


def test_a_plain_sandbox_asks_nobody(person_with):
    person = person_with("deny")
    assert person.run("exit 3").returncode == 3
    assert person.asked_polkit() == []


def test_a_dry_run_asks_nobody(person_with):
    person = person_with("deny")
    assert person.run(*USES_NETWORK, "-n").returncode == 0
    assert person.asked_polkit() == []


@pytest.mark.parametrize(
    "answer,says",
    [("deny", "rules of this machine"), ("challenge", "password"), ("dismiss", "declined"),
     ("fail", "org.inner.sandbox.policy"), ("nonsense", "polkit does not answer")],
)
def test_refused(person_with, answer, says):
    """Attack 106: whatever is not a clear yes is a no, and the sentence tells which no."""
    person = person_with(answer)
    result = person.run(*USES_NETWORK)
    assert result.returncode == 126
    assert says in result.stderr.decode()
    assert result.stdout == b""
    assert person.asked_polkit()


def test_nothing_else_waits_for_a_person(sandboxes_possible):
    """Pitfall P39: while a dialog is open the service goes on, and nobody hears of the sandbox."""
    person = Inner("bus", polkit="hang")
    try:
        with person.popen("run", "-p", "shell-oneshot", "--network-mode", "host", "--arg", "true") as asking:
            assert eventually(person.asked_polkit)
            begin = time.monotonic()
            assert person.run("exit 3").returncode == 3
            assert time.monotonic() - begin < 10
            asking.kill()
        # The caller has gone, so the dialog is closed (P10).
        assert eventually(lambda: {"cancelled": True} in person.asked_polkit())
        assert "bwrap" not in descendants().values()
    finally:
        person.close()


TWO = ["true", "--network-mode", "host", "--allow", "unguarded-workspace"]


def asked(person):
    return [(a["action"].removeprefix("org.inner.sandbox."), a["flags"]) for a in person.asked_polkit()]


def test_rules_first_then_the_person(person_with):
    """Nobody is asked before the rules of the machine had their say about all of it."""
    person = person_with("person")
    assert person.run(*TWO).returncode == 0
    assert asked(person) == [("unguarded-workspace", 0), ("host-network", 0),
                             ("unguarded-workspace", 1), ("host-network", 1)]


def test_nobody_types_a_password_in_vain(person_with):
    person = person_with("rule-against-one")
    done = person.run(*TWO)
    assert done.returncode == 126 and b"unguarded-workspace" in done.stderr
    assert all(flags == 0 for _, flags in asked(person))


@pytest.mark.parametrize("answer,says", [("person-declines", "declined"), ("nobody-to-ask", "no program in this")])
def test_the_person_was_asked(person_with, answer, says):
    person = person_with(answer)
    done = person.run(*USES_NETWORK)
    assert done.returncode == 126 and says in done.stderr.decode()
    assert asked(person) == [("host-network", 0), ("host-network", 1)]


def test_one_authorisation_is_for_one_start(person_with):
    """Attack 110: each start asks anew, whatever was answered before."""
    person = person_with("person")
    for count in (1, 2, 3):
        assert person.run(*USES_NETWORK).returncode == 0
        assert asked(person) == [("host-network", 0), ("host-network", 1)] * count


def test_no_interaction_unless_the_call_allows_it(sandboxes_possible):
    """Pitfall P20: the flag of the message decides, not this service."""
    person = Inner("bus", polkit="person")
    try:
        caller = Caller(person)
        options = {"network": V("s", "host"), "arguments": V("as", ["true"])}
        assert caller.start(options)[1] == ERROR + "NotAuthorized.CanObtain"
        assert asked(person) == [("host-network", 0)]
        caller.connection.close_sync(None)
    finally:
        person.close()


def record_of(person):
    text = "".join(p.read_text(errors="replace") for p in (person.home / ".local/state/inner").rglob("*") if p.is_file())
    return text


@pytest.mark.parametrize("answer,by", [("allow", "rule"), ("person", "person")])
def test_the_record_says_who_granted_it(person_with, answer, by):
    if os.getuid() == 0:
        by = "root" if by == "rule" else by
    person = person_with(answer)
    assert person.run(*USES_NETWORK).returncode == 0
    assert re.search(r'"granted"\s*:\s*{\s*"host-network"\s*:\s*"%s"' % by, record_of(person)), record_of(person)[:2000]


def test_what_is_started_is_what_was_asked_for(sandboxes_possible):
    """Attack 109, pitfall P40: whatever changes while the question is open changes nothing of the start."""
    person = Inner("bus", polkit="wait")
    try:
        profile = person.home / ".config/inner/profiles/mine.toml"
        profile.parent.mkdir(parents=True)
        text = 'extends = "shell-oneshot"\n[sandbox]\nnetwork_mode = "host"\n[env.set]\nWHAT = "%s"\n'
        profile.write_text(text % "shown")
        work, other = person.work / "a", person.work / "b"
        work.mkdir()
        other.mkdir()
        (work / "file").write_text("shown")
        (other / "file").write_text("swapped")
        with person.popen("run", "-p", "mine", "-w", work, "--arg", "echo $WHAT; cat file",
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
            assert eventually(person.asked_polkit)
            profile.write_text(text % "swapped" + '[mounts]\n"/" = { dest = "/x" }\n')
            work.rename(person.work / "old")
            work.symlink_to(other)
            person.polkit_log.with_name(person.polkit_log.name + ".go").touch()
            assert process.stdout.read() == b"shown\nshown" and process.wait(60) == 0
    finally:
        person.close()


def test_the_subject_is_the_caller_in_private_mode_too(person_with):
    """Socket credentials there, the bus's elsewhere; never this service itself (P2, P3)."""
    person = person_with("allow")
    with person.popen("run", "-p", "shell-oneshot", "--network-mode", "host", "--arg", "true") as process:
        assert process.wait(60) == 0
    (one,) = person.asked_polkit()
    assert one["kind"] == "unix-process" and one["subject"]["pid"] == process.pid
    assert set(one["subject"]) == {"pid", "start-time", "uid"}
