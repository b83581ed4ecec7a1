# SPDX-License-Identifier: Apache-2.0
"""Attack 3: the caller's terminal taken over, or left in raw mode by a session that was killed."""

import json
import os
import pty
import signal
import subprocess
import termios

from conftest import eventually

SPOIL = """
import fcntl, os, sys, termios, time
for fd in (0, 1, 2):
    try:
        settings = termios.tcgetattr(fd)
        settings[3] = 0
        termios.tcsetattr(fd, termios.TCSANOW, settings)
        print("spoiled")
    except termios.error as error:
        print("refused", error.args[0], flush=True)
    try:
        fcntl.ioctl(fd, 0x540E, 1)
        print("taken")
    except OSError as error:
        print("not taken", error.errno, flush=True)
print("ready", flush=True)
time.sleep(60)
"""


def test_terminal_is_as_before(inner):
    """Whoever dies: the client by a signal it cannot catch, or the sandbox's program."""
    for victim in ("client", "program"):
        master, slave = pty.openpty()
        before = termios.tcgetattr(slave)
        process = subprocess.Popen(
            inner.command("run", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a", SPOIL),
            env=inner.env, cwd=inner.work, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        output = b""
        os.set_blocking(master, False)

        def ready():
            nonlocal output
            try:
                output += os.read(master, 65536)
            except BlockingIOError:
                pass
            return b"ready" in output

        assert eventually(ready), output
        if victim == "client":
            os.kill(process.pid, signal.SIGKILL)
        else:
            identity = json.loads(inner("ps", "--json").stdout)[0]["Id"]
            assert inner("kill", "-s", "KILL", identity).returncode == 0
        process.wait(20)
        assert termios.tcgetattr(slave) == before
        # ENOTTY: what it has are pipes.
        assert output.count(b"refused 25") == 3 and output.count(b"not taken 25") == 3, output
        os.close(slave)
        os.close(master)
