# SPDX-License-Identifier: Apache-2.0
"""A terminal with a person at it."""

import fcntl
import os
import pty
import subprocess
import termios

from conftest import PATIENCE, eventually


class Terminal:
    """Runs innerctl on a terminal of its own: expect() waits for a text, type() answers, end() gives the exit
    code. What was shown is in seen."""

    def __init__(self, person, *args, env=None, cwd=None, **streams):
        self.seen = b""
        self.master, slave = pty.openpty()

        def take_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        streams = {"stdin": slave, "stdout": slave, "stderr": slave, **streams}
        self.process = subprocess.Popen(
            person.command(*args), env={**person.env, **(env or {})}, cwd=cwd or person.work,
            preexec_fn=take_terminal, pass_fds=[slave], **streams,
        )
        os.close(slave)
        os.set_blocking(self.master, False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)

    def look(self):
        """Takes what was shown since the last look; False when the terminal is closed and empty."""
        try:
            self.seen += os.read(self.master, 65536)
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def expect(self, text, timeout=20):
        """Waits until text is shown, and forgets what came before its end."""
        text = text if isinstance(text, bytes) else text.encode()
        assert eventually(lambda: (self.look(), text in self.seen)[1], timeout), self.seen
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text):
        os.write(self.master, text if isinstance(text, bytes) else text.encode())

    def end(self, timeout=20):
        assert eventually(lambda: not self.look() or self.process.poll() is not None, timeout), self.seen
        code = self.process.wait(timeout * PATIENCE)
        # One look takes a page; the terminal is closed unless something in the background has it.
        eventually(lambda: not self.look(), 2)
        return code
