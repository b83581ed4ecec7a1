# SPDX-License-Identifier: Apache-2.0
"""A person at a real terminal: tmux shows what a terminal shows, and types."""

import os
import shutil
import subprocess
import time

from conftest import eventually


class Tmux:
    """A shell with innerctl on its PATH in a tmux of its own."""

    def __init__(self, person, columns=80, rows=24):
        self.person = person
        self.socket = f"{person.root}/tmux-{time.monotonic_ns()}"
        env = {**person.env, "PATH": f"{os.path.dirname(person.command()[0])}:/usr/bin:/bin", "TERM": "xterm-256color",
               "PS1": "$ ", "SHELL": "/bin/bash"}
        subprocess.run(["tmux", "-f", "/dev/null", "-S", self.socket, "new-session", "-d", "-x", str(columns),
                        "-y", str(rows), "/bin/bash", "--norc", "--noprofile", "-i"], env=env, cwd=person.work, check=True)
        self.call("set-option", "-g", "window-size", "manual")
        self.wait("$ ")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.call("kill-server", check=False)

    def call(self, *words, check=True):
        return subprocess.run(["tmux", "-S", self.socket, *words], check=check, capture_output=True,
                              text=True).stdout

    def screen(self):
        return self.call("capture-pane", "-p")

    def wait(self, text, timeout=20):
        """Waits until text is on the screen (without spaces at the ends of lines); gives the screen."""
        text = text.rstrip(" ")
        assert eventually(lambda: text in self.screen(), timeout), self.screen()
        return self.screen()

    def wait_gone(self, text, timeout=20):
        assert eventually(lambda: text not in self.screen(), timeout), self.screen()

    def wait_prompt(self):
        """Waits until the shell outside has the terminal again: what is typed before is not for it."""
        assert eventually(lambda: self.flag("pane_current_command") == "bash"), self.screen()

    def type(self, *keys):
        """Keys by tmux's names: Enter, C-c, Escape, or texts."""
        self.call("send-keys", *keys)

    def line(self, text):
        self.call("send-keys", "-l", text)
        self.call("send-keys", "Enter")

    def paste(self, text):
        subprocess.run(["tmux", "-S", self.socket, "load-buffer", "-"], input=text.encode(), check=True)
        self.call("paste-buffer", "-p")

    def resize(self, columns, rows):
        self.call("resize-window", "-x", str(columns), "-y", str(rows))

    def flag(self, name):
        """A property of the pane, such as alternate_on, cursor_flag, mouse_any_flag."""
        return self.call("display-message", "-p", f"#{{{name}}}").strip()


def needed(*programs):
    """The programs of a test that are not here."""
    return [program for program in programs if shutil.which(program, path="/usr/bin:/bin") is None]
