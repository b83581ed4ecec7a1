# SPDX-License-Identifier: Apache-2.0
"""Attack 73: the agents that hold the person's keys."""

import contextlib
import os
import signal
import subprocess

from attacks import Attack, make_tests

CODE = """
def connect(path):
    with socket.socket(socket.AF_UNIX) as attempt:
        attempt.connect(path)
def ssh_add():
    done = subprocess.run(["ssh-add", "-l"], capture_output=True, stdin=subprocess.DEVNULL)
    # 1: an agent without keys; 2: no agent.
    must(done.returncode in (0, 1), "no agent")
attack("socket", lambda: connect("SOCKET"))
attack("ssh-add", ssh_add)
attack("by the variable", lambda: connect(os.environ.get("SSH_AUTH_SOCK", "/nowhere")))
attack("gpg-agent", lambda: connect(os.environ["HOME"] + "/.gnupg/S.gpg-agent"))
"""


@contextlib.contextmanager
def agent(person):
    """A real ssh-agent in the run-time directory."""
    path = person.runtime / "ssh-agent.socket"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.readline()
    previous = person.env.get("SSH_AUTH_SOCK")
    person.env["SSH_AUTH_SOCK"] = str(path)
    try:
        yield {"SOCKET": path}
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(10)
        process.stdout.close()
        person.env.pop("SSH_AUTH_SOCK")
        if previous is not None:
            person.env["SSH_AUTH_SOCK"] = previous


ATTACKS = [Attack("agents", CODE, {"*": "ENOENT", "ssh-add": "no agent"}, outside=("socket", "ssh-add", "by the variable"),
                  setup=agent)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
