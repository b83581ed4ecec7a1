# SPDX-License-Identifier: Apache-2.0
"""Attack 99 where no systemd keeps limits: a fork bomb outgrows neither the sandbox nor the user."""

import os
import subprocess

import pytest

from conftest import eventually

pytestmark = pytest.mark.skipif(os.getuid() == 0, reason="the kernel counts no processes of root")


def test_bomb(inner):
    """The user's own processes go on meanwhile, and the sandbox can be stopped."""
    with inner.popen("run", "-p", "shell-oneshot", "--name", "bomb", "--limit-pids", "50", "--arg",
                     "bomb() { bomb | bomb & }; while :; do bomb; done", stdin=subprocess.DEVNULL,
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as bomb:
        assert eventually(lambda: inner("ps", "--json").stdout.strip() not in (b"", b"[]"))
        for _ in range(20):
            assert subprocess.run(["true"]).returncode == 0
        assert inner("stop", "bomb", timeout=60).returncode == 0
        assert bomb.wait(60) != 0


def test_number(inner):
    """Children that stay: never more than were allowed."""
    code = ("import os, time\nn = 1\ntry:\n while n < 300:\n  if os.fork() == 0:\n   time.sleep(30); os._exit(0)\n"
            "  n += 1\nexcept OSError: pass\nprint(n)")
    result = inner("run", "-p", "shell-oneshot", "--limit-pids", "50", "--entrypoint", "python3", "--", "-c", code)
    assert (result.returncode, result.stdout) == (0, b"50\n"), result.stderr
