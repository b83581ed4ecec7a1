# SPDX-License-Identifier: Apache-2.0
"""Attacks 99, 100 and 102 for real: the sandbox suffers, and the machine does not. And where a sandbox lives."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

import person
from conftest import eventually

CGROUPS = Path("/sys/fs/cgroup")
MIB = 1 << 20


@pytest.fixture(autouse=True)
def nothing_is_left():
    """When all sandboxes have ended there is no scope but that of the spare seat."""
    yield
    for sandbox in json.loads(person.innerctl("ps", "--json").stdout):
        if sandbox["State"] != "exited":
            person.innerctl("kill", "-s", "KILL", sandbox["Id"])
    assert eventually(lambda: len(scopes()) <= 1, timeout=person.PATIENCE), scopes()


def scopes():
    return list(person.MANAGER.rglob("inner-*.scope"))


def detached(script, *options):
    result = person.sandbox(script, "-d", "--timeout", "600", *options)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def group_of(sandbox, *options):
    """The directory of a living sandbox's cgroup."""
    return CGROUPS / person.cgroup(person.inspect(sandbox, *options)["Pid"]).lstrip("/")


def python(code):
    """A shell word that runs Python code."""
    return f"python3 -c '{code}'"


def hog(mib):
    return python(f"import os; b = bytearray({mib} << 20); os.write(1, b\"got it\\n\")")


def available():
    return int(re.search(r"MemAvailable: +(\d+)", Path("/proc/meminfo").read_text())[1]) * 1024


def test_scope_of_a_sandbox():
    """The kernel has the limits, and everything of the sandbox is below them, also its supervisor."""
    limits = {"memory": "128M", "cpu": "150%", "pids": "40", "timeout": "600s"}
    sandbox = detached("sleep 1000 & sleep 1000", "--limit-memory", "128M", "--limit-cpu", "150%", "--limit-pids", "40")
    group = group_of(sandbox)
    assert re.fullmatch(r"inner-[0-9a-f]{12}\.scope", group.name)
    assert group.parent == person.MANAGER / "app.slice"
    assert (group / "memory.max").read_text() == f"{128 * MIB}\n"
    assert (group / "memory.swap.max").read_text() == "0\n"
    assert (group / "cpu.max").read_text() == "150000 100000\n"
    assert (group / "pids.max").read_text() == "56\n"
    names = sorted(Path("/proc", pid, "comm").read_text().strip()
                   for pid in (group / "cgroup.procs").read_text().split())
    assert {"bwrap", "inner-init", "inner-superviso", "sleep"} <= set(names)
    assert person.inspect(sandbox)["Limits"] == limits
    assert person.unit_property(group.name, "MemoryMax") == str(128 * MIB)

    # A restarted service knows them, and changes nothing.
    person.systemctl("restart", "inner-sandboxd")
    assert person.inspect(sandbox)["Limits"] == limits
    assert (group / "memory.max").read_text() == f"{128 * MIB}\n"
    person.innerctl("kill", "-s", "KILL", sandbox)
    assert eventually(lambda: not group.exists(), timeout=person.PATIENCE)


def test_automatic_limits():
    """Two processors and 2 GiB: half of them."""
    plan = json.loads(person.sandbox("true", "-n", "--json").stdout)
    assert plan["limits-not-enforced"] == []
    assert (plan["limits"]["cpu"], plan["limits"]["pids"]) == ("100%", "512")
    assert person.sandbox("exit 3", "--require-limits").returncode == 3


def test_fork_bomb():
    """Attack 99."""
    sandbox = detached("bomb() { bomb | bomb & }; while :; do bomb; done", "--limit-pids", "60")
    group = group_of(sandbox)
    assert eventually(lambda: "max 0\n" not in (group / "pids.events").read_text(), timeout=person.PATIENCE)
    for _ in range(5):
        assert person.run("true").returncode == 0
        assert int((group / "pids.current").read_text()) <= 76
    assert person.innerctl("stop", sandbox).returncode == 0
    assert person.innerctl("wait", sandbox).returncode == 0
    assert eventually(lambda: not group.exists(), timeout=person.PATIENCE)


def test_fork_bomb_is_told():
    result = person.sandbox("for i in $(seq 100); do sleep 20 & done", "--limit-pids", "20")
    assert result.returncode != 0
    assert "--limit-pids" in result.stderr


def test_memory_hog():
    """Attack 100."""
    before = available()
    result = person.sandbox(hog(600), "--limit-memory", "64M")
    assert (result.returncode, result.stdout) == (137, "")
    assert "used up its memory" in result.stderr
    assert available() > before - 200 * MIB


def test_memory_that_is_enough():
    result = person.sandbox(hog(20), "--limit-memory", "64M")
    assert (result.returncode, result.stdout) == (0, "got it\n"), result.stderr


def test_end_of_a_memory_hog():
    """The reason says it, to programs too; and to a service that was not there."""
    sandbox = detached(hog(600), "--limit-memory", "64M")
    person.innerctl("wait", sandbox)
    assert person.inspect(sandbox)["ExitReason"] == "out-of-memory"
    assert person.inspect(sandbox)["ExitCode"] == 137


def test_sandbox_outlives_its_hog():
    """A process is killed, and the rest goes on: neither systemd nor the kernel stops all."""
    result = person.sandbox(f"{hog(600)}; echo $?; sleep 1; echo alive", "--limit-memory", "64M")
    assert (result.returncode, result.stdout) == (0, "137\nalive\n"), result.stderr


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])
def test_file_system_in_memory(place):
    """Attack 100: what lies in memory counts as memory."""
    before = available()
    result = person.sandbox(f"dd if=/dev/zero of={place}/x bs=1M count=600 2>/dev/null; echo $?",
                            "--limit-memory", "64M")
    assert result.stdout != "0\n"
    assert available() > before - 200 * MIB


def test_processor_hog():
    """Attack 102: eight busy loops get half a processor."""
    sandbox = detached("for i in 1 2 3 4 5 6 7 8; do while :; do :; done & done; wait", "--limit-cpu", "50%")
    group = group_of(sandbox)
    usage = lambda: int(re.search(r"usage_usec (\d+)", (group / "cpu.stat").read_text())[1]) / 1e6
    time.sleep(2)
    begin, used = time.monotonic(), usage()
    time.sleep(5)
    share = (usage() - used) / (time.monotonic() - begin)
    throttled = int(re.search(r"nr_throttled (\d+)", (group / "cpu.stat").read_text())[1])
    start = time.monotonic()
    assert person.run("true").returncode == 0
    assert time.monotonic() - start < 5
    person.innerctl("kill", "-s", "KILL", sandbox)
    assert 0.3 < share < 0.6
    assert throttled > 0


def test_private_service_has_scopes_too():
    """Also without a session bus the systemd of the user keeps limits."""
    with person.popen("innerctl", "--no-bus", "run", "-p", "shell-oneshot", "-w", person.workspace(),
                      "--limit-memory", "64M", "--name", "private", "--arg", "echo go; sleep 1000",
                      stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        try:
            assert process.stdout.readline() == "go\n"
            group = group_of("private", "--no-bus")
            assert (group / "memory.max").read_text() == f"{64 * MIB}\n"
        finally:
            process.terminate()
    assert eventually(lambda: not group.exists(), timeout=person.PATIENCE)
