# SPDX-License-Identifier: Apache-2.0
"""What the supervisor makes of bounds. Those of a cgroup for real: tests/system."""

import errno
import os

import pytest
from gi.repository import GLib

from supervisor_rig import Sandbox, python_inside, run

SH = "/bin/sh"
# Starts processes until there is no more, and says how many there are.
FORK = """
import os, time
n = 0
try:
    while n < 400:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        n += 1
except BlockingIOError:
    pass
print(n + 1)
"""

only_user = pytest.mark.skipif(os.getuid() == 0, reason="the kernel counts no processes of root")


def bounds(**values):
    return GLib.Variant("a{st}", values)


@pytest.mark.parametrize("bound", ["memory", "cpu", "tasks"])
def test_limits_that_are_not_there(bound):
    """Attack 106: the cgroup that the service promised has not these bounds; nothing runs."""
    marker = f"/tmp/inner-bounds-{os.getpid()}"
    with Sandbox([SH, "-c", f"touch {marker}"], extra=["--bind", "/tmp", "/tmp"],
                 bounds=bounds(**{bound: 1})) as sandbox:
        values = sandbox.failed()
    assert (values["kind"], values["errno"]) == ("internal", errno.ERANGE)
    assert "limits are not in force" in values["message"]
    assert not os.path.exists(marker)


def test_no_bounds():
    for nothing in (None, bounds()):
        values, _ = run([SH, "-c", "exit 3"], bounds=nothing)
        assert (values["code"], values["reason"], values["limits-hit"]) == (3, "exited", [])


@only_user
def test_processes():
    """Attack 99: PID 1 and the spawner count too."""
    assert python_inside(FORK, bounds=bounds(processes=22)) == "20"


@only_user
def test_processes_are_those_of_the_sandbox():
    """The test, the supervisor and bwrap are of the same user, and do not count."""
    assert python_inside(FORK, bounds=bounds(processes=4)) == "2"


@only_user
def test_processes_cannot_be_raised():
    code = """
import resource
hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
try:
    resource.setrlimit(resource.RLIMIT_NPROC, (hard + 1, hard + 1))
except ValueError:
    print(hard)
"""
    assert python_inside(code, bounds=bounds(processes=50)) == "50"


def test_sandbox_is_offered_to_the_kernel():
    """Attack 100: when memory runs out, what runs inside dies before its supervisor."""
    code = "print(open('/proc/self/oom_score_adj').read())"
    with open("/proc/self/oom_score_adj") as file:
        ours = int(file.read())
    assert int(python_inside(code)) == min(ours + 200, 1000)
