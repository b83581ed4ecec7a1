# SPDX-License-Identifier: Apache-2.0
"""The service under a real user manager: started by the bus, restarted and stopped under living sandboxes."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

import person
from conftest import eventually

UNIT = "inner-sandboxd.service"


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    for line in person.innerctl("ps", "-q").stdout.split():
        person.innerctl("stop", line)


def detached(script="sleep 1000", *options):
    result = person.sandbox(script, "-d", *options)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_system_is_up():
    assert Path("/proc/1/comm").read_text() == "systemd\n"
    assert (person.MANAGER / "cgroup.controllers").read_text().split() == ["cpu", "memory", "pids"]


def test_bus_starts_the_unit():
    """Not the Exec line of the bus: systemd starts it, and knows it."""
    person.systemctl("stop", UNIT)
    assert person.unit_property(UNIT, "ActiveState") == "inactive"
    result = person.sandbox("id -un; exit 7")
    assert (result.returncode, result.stdout) == (7, "inner\n"), result.stderr
    assert person.unit_property(UNIT, "ActiveState") == "active"
    pid = person.unit_property(UNIT, "MainPID")
    assert person.cgroup(pid).endswith(f"/session.slice/{UNIT}")


def test_service_can_do_its_work():
    """What the unit file says is what the kernel does; newuidmap could not run if there were more."""
    person.innerctl("ps")
    status = Path("/proc", person.unit_property(UNIT, "MainPID"), "status").read_text()
    assert "Umask:\t0077" in status
    assert "NoNewPrivs:\t0" in status and "Seccomp:\t0" in status


def test_restart_keeps_sandbox_and_exit_code():
    workspace = person.workspace()
    go = workspace / "go"
    go.unlink(missing_ok=True)
    sandbox = detached("while ! [ -e go ]; do sleep 0.2; done; exit 42")
    before = person.inspect(sandbox)
    service = person.unit_property(UNIT, "MainPID")

    assert person.systemctl("restart", UNIT).returncode == 0
    assert person.unit_property(UNIT, "MainPID") != service
    after = person.inspect(sandbox)
    assert after is not None
    assert {**after, "Pid": 0} == {**before, "Pid": 0}
    assert after["Pid"] == before["Pid"] != 0

    with person.popen("innerctl", "wait", sandbox, stdout=subprocess.PIPE) as waiting:
        go.touch()
        assert waiting.communicate(timeout=person.PATIENCE)[0].strip() == "42"
    go.unlink()


def test_stopped_service_keeps_sandbox():
    """Also when nothing of ours runs on the bus while the sandbox ends."""
    go = person.workspace() / "go"
    go.unlink(missing_ok=True)
    sandbox = detached("while ! [ -e go ]; do sleep 0.2; done; exit 9")
    pid = person.inspect(sandbox)["Pid"]
    assert person.systemctl("stop", UNIT).returncode == 0
    assert Path(f"/proc/{pid}").exists()
    go.touch()
    assert eventually(lambda: not Path(f"/proc/{pid}").exists(), timeout=person.PATIENCE)
    assert person.innerctl("wait", sandbox).stdout.strip() == "9"
    go.unlink()


def test_killed_service_keeps_sandbox():
    sandbox = detached()
    pid = int(person.unit_property(UNIT, "MainPID"))
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not Path(f"/proc/{pid}").exists(), timeout=person.PATIENCE)
    assert person.inspect(sandbox)["State"] == "running"
    person.innerctl("stop", sandbox)
    assert person.inspect(sandbox)["State"] == "exited"
