# SPDX-License-Identifier: Apache-2.0
"""Attack 71: another program of the session listens to everything on the bus. It learns that sandboxes are there, and
nothing of what goes in or out."""

import os
import subprocess

import pytest

from conftest import eventually

SECRETS = ("secret-of-the-output", "secret-of-the-input", "secret-of-the-variable")


def test_nothing_of_what_matters_is_on_the_bus(bus):
    log = bus.root / "monitor"
    with log.open("wb") as file:
        monitor = subprocess.Popen(["dbus-monitor", "--address", bus.env["DBUS_SESSION_BUS_ADDRESS"]], stdout=file,
                                   stderr=subprocess.DEVNULL)
    try:
        assert eventually(lambda: log.stat().st_size > 0)
        done = bus("run", "-p", "shell-oneshot", "-e", "GIVEN", "--arg", "read x; echo secret-of-{the-output,none} $x $GIVEN",
                   input=b"secret-of-the-input\n", env={"GIVEN": SECRETS[2]})
        assert all(secret.encode() in done.stdout for secret in SECRETS), done
        assert eventually(lambda: b"member=Exited" in log.read_bytes() or b"Exited" in log.read_bytes())
    finally:
        monitor.terminate()
        monitor.wait(10)
    heard = log.read_bytes()
    assert b"org.inner.Sandbox" in heard
    for secret in SECRETS[:2]:
        assert secret.encode() not in heard, secret
    # A variable that was named, not written out, goes by a descriptor.
    if SECRETS[2].encode() in heard:
        pytest.fail("the value of a variable is on the bus")
    assert os.path.exists(log)
