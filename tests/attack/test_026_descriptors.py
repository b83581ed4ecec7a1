# SPDX-License-Identifier: Apache-2.0
"""Attacks 26 and 29: descriptors that the caller, the service or the supervisor have open."""

import os
import subprocess

import pytest
from gi.repository import Gio, GLib


def test_only_three_descriptors_inside(inner):
    leaked = os.open("/etc", os.O_RDONLY)
    os.set_inheritable(leaked, True)
    done = subprocess.run(
        inner.command("run", "-p", "shell-oneshot", "--arg", "ls -l /proc/self/fd"), env=inner.env, cwd=inner.work,
        stdin=subprocess.DEVNULL, capture_output=True, close_fds=False)
    os.close(leaked)
    assert done.returncode == 0, done.stderr
    numbers = [line.split()[8] for line in done.stdout.decode().splitlines() if "->" in line]
    # ls has the directory itself open as 3.
    assert numbers == ["0", "1", "2", "3"], done.stdout
    assert b"/etc" not in done.stdout


@pytest.mark.parametrize("how", ["directory", "path"])
def test_the_service_refuses_descriptors_that_are_ways_out(bus, how):
    flags = os.O_RDONLY | os.O_DIRECTORY if how == "directory" else os.O_PATH
    fd = os.open("/etc" if how == "directory" else "/etc/hostname", flags)
    connection = Gio.DBusConnection.new_for_address_sync(
        bus.env["DBUS_SESSION_BUS_ADDRESS"],
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    fds = Gio.UnixFDList.new()
    handle = fds.append(fd)
    options = {"workspace": GLib.Variant("s", ""), "stdin": GLib.Variant("h", handle)}
    with pytest.raises(GLib.Error, match="InvalidOption.*stdin"):
        connection.call_with_unix_fd_list_sync(
            "org.inner.Sandbox", "/org/inner/Sandbox", "org.inner.Sandbox", "Start",
            GLib.Variant("(sa{sv})", ("shell-oneshot", options)), None, Gio.DBusCallFlags.NONE, 30000, fds, None)
    os.close(fd)
    connection.close_sync(None)
