# SPDX-License-Identifier: Apache-2.0
"""What the tests of published ports share: addresses that no other test has, servers inside, visitors outside."""

import random
import socket
import subprocess

from conftest import PATIENCE, eventually

# Whatever fails is tried again for so long.
LONG = 90


def own_address():
    """One of the machine's sixteen million loopback addresses, so that tests beside this one have other ports."""
    return f"127.{random.randint(1, 254)}.{random.randint(0, 254)}.{random.randint(1, 254)}"


def free_port():
    """A port of 127.0.0.1 below those that connections are given."""
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def web_server(port, address="127.0.0.1", text="inside"):
    """A script for a shell."""
    return f"mkdir -p /tmp/web && cd /tmp/web && echo {text} >x && exec python3 -m http.server {port} -b {address}"


def curl(where, path="x"):
    return subprocess.run(["curl", "-sS", "-m", str(20 * PATIENCE), "--noproxy", "*", f"http://{where}/{path}"],
                          capture_output=True, timeout=60 * PATIENCE)


def fetch(where, path="x"):
    """What the server says, as soon as it does."""
    return eventually(lambda: curl(where, path).stdout, timeout=LONG)


def is_closed(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as attempt:
        attempt.settimeout(10 * PATIENCE)
        return attempt.connect_ex((address, port)) != 0


def start(person, script, *options):
    """Starts a sandbox in the background and gives its id."""
    done = person("run", "-d", "-p", "shell-oneshot", "--timeout", "600", *options, "--arg", script, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()
