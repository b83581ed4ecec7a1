# SPDX-License-Identifier: Apache-2.0
"""What the service asks polkit, and what it makes of each answer. The polkit here is ours, because the
real one needs root (test_polkitd.py) and cannot be made to hang."""

import os
import time

import pytest

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
