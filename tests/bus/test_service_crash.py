# SPDX-License-Identifier: Apache-2.0
"""No crash of the service loses a run, whatever the moment: the same call of Start to the next service finds
the sandbox, or starts it."""

import os
import secrets
import signal
import subprocess
import time

import pytest
from caller import Caller, V
from conftest import PATIENCE, SERVICE, descendants, eventually

# Each start is a line in the file, whoever makes it. None of them ends before it was seen.
ONCE = "echo run >> started; cat; echo end; exit 6"
DETACHED = "echo run >> started; sleep 2; exit 6"


def of_name(name):
    return [pid for pid, found in descendants().items() if found == name]


def kill_services():
    for pid in of_name(SERVICE):
        os.kill(pid, signal.SIGKILL)


def directories(inner):
    return [p for p in inner.path().iterdir() if p.is_dir()] if inner.path().is_dir() else []


def start(inner, *options, script=ONCE):
    """Starts innerctl, and gives it once the service is about to launch, or has launched, the sandbox."""
    process = inner.popen("run", "-p", "shell-oneshot", *options, "--arg", script, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + 20 * PATIENCE
    while not directories(inner) and process.poll() is None and time.monotonic() < end:
        pass
    assert directories(inner), process.communicate(timeout=20 * PATIENCE)
    return process


def check_end(inner, process):
    output, errors = process.communicate(b"in\n", timeout=40 * PATIENCE)
    assert (process.returncode, output) == (6, b"in\nend\n"), errors
    assert (inner.work / "started").read_text() == "run\n"


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 4, 8, 16])
def test_the_service_dies_in_a_start(inner, milliseconds):
    process = start(inner)
    time.sleep(milliseconds / 1000)
    kill_services()
    check_end(inner, process)


def test_the_supervisor_is_slower_than_the_next_service(inner):
    """Until it listens, the next service can only say that the sandbox is being started."""
    process = start(inner)
    supervisors = of_name("inner-superviso")
    for pid in supervisors:
        os.kill(pid, signal.SIGSTOP)
    before = of_name(SERVICE)
    kill_services()
    assert eventually(lambda: set(of_name(SERVICE)) - set(before)), "innerctl waits for no other service"
    time.sleep(0.3)
    for pid in supervisors:
        os.kill(pid, signal.SIGCONT)
    check_end(inner, process)


def test_a_detached_start(inner):
    process = start(inner, "-d", "--name", "box", script=DETACHED)
    kill_services()
    output, errors = process.communicate(timeout=40 * PATIENCE)
    assert process.returncode == 0, errors
    assert inner("wait", output.decode().strip()).stdout == b"6\n"
    assert (inner.work / "started").read_text() == "run\n"


def test_a_service_that_always_dies(inner):
    """Not for ever."""
    process = start(inner)
    while process.poll() is None:
        kill_services()
        time.sleep(0.01)
    assert process.returncode == 125, process.communicate()
    process.communicate()


# The second is what a call gets that was on its way to a service that died.
AGAIN = "org.inner.Sandbox.Error.Busy", "org.freedesktop.DBus.Error.NoReply"


def call_start(caller, identity, script):
    options = {"id": V("s", identity), "arguments": V("as", [script])}
    found = []
    eventually(lambda: found.append(caller.start(options)) or found[-1][1] not in AGAIN)
    return found[-1]


def test_the_same_call_again(bus):
    caller = Caller(bus)
    identity = secrets.token_hex(6)
    expected = (f"/org/inner/Sandbox/instance/{identity}",), None
    assert call_start(caller, identity, "sleep 1000") == expected
    assert call_start(caller, identity, "exit 1") == expected
    kill_services()
    assert call_start(caller, identity, "exit 1") == expected
    assert b"sleep 1000" in bus("inspect", identity).stdout

    bus("kill", identity)
    assert bus("wait", identity).stdout == b"137\n"
    assert call_start(caller, identity, "exit 1") == expected
    assert bus("wait", identity).stdout == b"137\n"


def test_an_id_is_for_one_run(bus):
    """Also for one that failed: what it says is in its record."""
    caller = Caller(bus)
    identity = secrets.token_hex(6)
    options = {"id": V("s", identity), "entrypoint": V("s", "/no/such/program")}
    assert caller.start(options)[1] == "org.inner.Sandbox.Error.CommandNotFound", caller.message
    for _ in range(2):
        assert caller.start(options)[1] == "org.inner.Sandbox.Error.NameInUse"
        assert f"innerctl log show {identity}" in caller.message
    assert bus("log", "show", identity).returncode == 0


def test_everything_is_killed(inner):
    """It is told, and not started a second time."""
    process = start(inner)
    assert eventually(lambda: (inner.work / "started").exists())
    supervisors = of_name("inner-superviso")
    kill_services()
    for pid in supervisors:
        os.kill(pid, signal.SIGKILL)
    output, errors = process.communicate(b"in\n", timeout=40 * PATIENCE)
    assert process.returncode == 125 and errors.startswith(b"innerctl: "), (output, errors)
    assert (inner.work / "started").read_text() == "run\n"


@pytest.mark.parametrize("identity", ["", "0123456789a", "0123456789abc", "0123456789aB", "../456789abc", "."])
def test_what_is_no_id(bus, identity):
    caller = Caller(bus)
    assert caller.start({"id": V("s", identity)})[1] == "org.inner.Sandbox.Error.InvalidOption"
    assert not directories(bus)
