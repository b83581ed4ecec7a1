# SPDX-License-Identifier: Apache-2.0
"""Attack 67: the system bus, and the services of the machine behind it."""

import os
import socket
import subprocess

from attacks import Attack, make_tests

PLACES = ["/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket", "/run/systemd/private", "/run/systemd/notify",
          "/run/systemd/journal/socket", "/run/systemd/io.system.ManagedOOM", "/run/udev/control", "/run/lvm/lvmpolld.socket",
          "/run/avahi-daemon/socket", "/run/cups/cups.sock", "/run/acpid.socket", "/run/rpcbind.sock", "/dev/log", "/dev/initctl"]
CODE = f"""
def connect(path):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        with socket.socket(socket.AF_UNIX, kind) as attempt:
            try:
                attempt.connect(path)
                return
            except OSError as error:
                last = error
    raise last
for place in {PLACES!r}:
    attack(place, lambda: connect(place))
attack("busctl", lambda: must(subprocess.run(["busctl", "--system", "list"], capture_output=True).returncode == 0, "refused"))
"""
ATTACKS = [Attack("services", CODE, {"*": "ENOENT", "busctl": "refused"})]
somebody, _, test_inside = make_tests(ATTACKS)


def test_it_works_outside_where_there_is_a_bus(somebody):
    """A bus of our own takes the place of the machine's."""
    address = somebody.start_bus("system", somebody.root / "system-bus")
    done = subprocess.run(["busctl", f"--address={address}", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                           "org.freedesktop.DBus", "ListNames"], capture_output=True)
    assert done.returncode == 0, done.stderr
    with socket.socket(socket.AF_UNIX) as attempt:
        attempt.connect(str(somebody.root / "system-bus"))
    assert os.path.exists(somebody.root / "system-bus")
