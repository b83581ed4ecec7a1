# SPDX-License-Identifier: Apache-2.0
"""The scope of a sandbox: what is asked of the user's systemd, and what is made of its answers. With a real one:
tests/system."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import SERVICE, SOURCE, descendants, eventually, one_sentence

SUPERVISOR = "inner-superviso"


class WithSystemd:
    def __init__(self, person, answer):
        self.log = person.root / "systemd-log"
        daemon = person.start_daemon(
            ["/usr/bin/python3", SOURCE / "tests/bus/fake_systemd.py", person.runtime / "systemd/private", answer,
             self.log], stdout=subprocess.PIPE)
        assert daemon.stdout.readline() == b"ready\n", person.log.read_text()

    @staticmethod
    def without_service():
        """A service on the bus that goes takes its spare seat along."""
        for pid, name in descendants().items():
            if name == SERVICE:
                os.kill(pid, signal.SIGTERM)

    def asked(self, method):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [(unit, values) for name, unit, values in map(json.loads, lines) if name == method]


def test_scope(inner):
    """It is made for the supervisor, gets the limits, and is no reason to end the sandbox."""
    systemd = WithSystemd(inner, "done")
    assert inner.run("exit 3").returncode == 3
    unit, values = systemd.asked("StartTransientUnit")[0]
    assert unit.startswith("inner-") and unit.endswith(".scope")
    assert len(values["PIDs"]) == 1 and values["PIDs"][0] > 1
    assert values["Delegate"] is True and values["CollectMode"] == "inactive-or-failed"
    # A spare one may have been asked for before.
    bound = systemd.asked("SetUnitProperties")
    assert len(bound) == 1 and bound[0][0] in [unit for unit, _ in systemd.asked("StartTransientUnit")]
    systemd.without_service()


def test_spare_seat(bus):
    """The second sandbox finds its scope made. Nothing of it stays when the service goes."""
    systemd = WithSystemd(bus, "done")
    assert bus.run("true").returncode == 0
    assert eventually(lambda: len(systemd.asked("StartTransientUnit")) == 2)
    spare, values = systemd.asked("StartTransientUnit")[1]
    assert descendants()[values["PIDs"][0]] == SUPERVISOR
    assert bus.run("true").returncode == 0
    assert systemd.asked("SetUnitProperties")[1][0] == spare
    # A supervisor that was killed meanwhile is not taken.
    assert eventually(lambda: len(systemd.asked("StartTransientUnit")) == 3)
    subprocess.run(["kill", "-9", str(systemd.asked("StartTransientUnit")[2][1]["PIDs"][0])], check=True)
    time.sleep(0.2)
    assert bus.run("exit 5").returncode == 5
    eventually(lambda: SUPERVISOR in descendants().values())
    systemd.without_service()
    assert eventually(lambda: SUPERVISOR not in descendants().values())


@pytest.mark.parametrize("answer,words", [("refused", "there is one"), ("failed", "failed")])
def test_scope_is_refused(inner, answer, words):
    """Attack 106: no sandbox outside of the scope that it was to have."""
    systemd = WithSystemd(inner, answer)
    said = one_sentence(inner.run("touch ran"))
    assert "systemd did not make the scope" in said and words in said
    assert not (inner.work / "ran").exists()
    assert not (inner.path().exists() and any(inner.path().iterdir()))
    systemd.without_service()


def test_systemd_says_nothing(private):
    WithSystemd(private, "silent")
    begin = time.monotonic()
    said = one_sentence(private.run("touch ran"))
    assert "did not answer in time" in said
    assert 9 < time.monotonic() - begin < 40
    assert not (private.work / "ran").exists()


def test_client_does_not_wait(private):
    """Who leaves while the scope is made leaves nothing behind."""
    WithSystemd(private, "silent")
    with private.popen("run", "-p", "shell-oneshot", "--arg", "true", stdin=subprocess.DEVNULL) as process:
        assert eventually(lambda: SUPERVISOR in descendants().values())
        process.kill()
    assert eventually(lambda: SUPERVISOR not in descendants().values())


def test_systemd_of_another_namespace(private):
    """Attack 106: process numbers mean something else to it, so it could move a process of somebody else."""
    systemd = WithSystemd(private, "done")
    private.profile("mine", '[entrypoint]\ncmd = "/bin/sh"\nargs = ["-c"]\n')
    result = subprocess.run(
        ["bwrap", "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--die-with-parent",
         *private.command("run", "-p", "mine", "-w", private.work, "--arg", "touch ran")],
        env=private.env, cwd="/", capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    assert result.returncode == 125
    assert "another namespace" in result.stderr.decode()
    assert systemd.asked("StartTransientUnit") == []
    assert not (private.work / "ran").exists()
    # The namespace ended with innerctl, and its processes in the middle of whatever they did: the next service cleans up.
    assert private("ps").returncode == 0


def test_no_systemd(inner):
    """What cannot be enforced is told, and is an error where it is required."""
    plan = json.loads(inner("run", "-n", "--json", "-p", "shell-oneshot", "--limit-memory", "64M", "--arg", "id").stdout)
    assert {"memory", "cpu"} <= set(plan["limits-not-enforced"])
    assert any(warning.startswith("memory: ") and "cannot be enforced" in warning for warning in plan["warnings"])
    result = inner.run("true", "--require-limits")
    assert result.returncode == 125
    assert "“memory” is required" in one_sentence(result)


def test_limits_of_a_sandbox_are_shown(inner):
    """Only those that are in force; here the kernel counts processes, and nothing else."""
    started = inner.run("sleep 60", "-d", "--limit-pids", "30", "--timeout", "600", "--limit-memory", "64M")
    assert started.returncode == 0, started.stderr
    name = started.stdout.decode().strip()
    shown = json.loads(inner("inspect", "--json", name).stdout)
    inner("stop", name)
    expected = {"timeout": "600s"}
    if Path("/proc/self").owner() != "root":
        expected["pids"] = "30"
    assert shown["Limits"] == expected
