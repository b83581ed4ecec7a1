# SPDX-License-Identifier: Apache-2.0
"""A program that speaks to the service without innerctl in between."""

import os

import pytest
from gi.repository import Gio, GLib

NAME = "org.inner.Sandbox"
ERROR = "org.inner.Sandbox.Error."
TIMEOUT = 60_000

V = GLib.Variant


class Caller:
    """A connection to the session bus that speaks to the service without innerctl in between."""

    def __init__(self, person):
        self.message = ""
        self.address = person.env["DBUS_SESSION_BUS_ADDRESS"]
        self.connect()

    def connect(self):
        self.connection = Gio.DBusConnection.new_for_address_sync(
            self.address,
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
            None, None,
        )
        self.connection.set_exit_on_close(False)

    def call(self, method, arguments, fds=(), path="/org/inner/Sandbox", interface=NAME):
        """Gives (value, None) or (None, name of the D-Bus error)."""
        fd_list = Gio.UnixFDList.new_from_array(list(map(os.dup, fds))) if fds else None
        try:
            value, _ = self.connection.call_with_unix_fd_list_sync(
                NAME, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, TIMEOUT,
                fd_list, None,
            )
            return value.unpack(), None
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error)
            self.message = error.message.removeprefix(f"GDBus.Error:{name}: ")
            return None, name or f"local {error.message}"

    def start(self, options, profile="shell-oneshot", fds=()):
        options = options if isinstance(options, V) else V("a{sv}", options)
        return self.call("Start", V.new_tuple(V("s", profile), options), fds)


@pytest.fixture
def caller(bus):
    caller = Caller(bus)
    yield caller
    # Whatever was sent, the service still works.
    value, error = caller.call("ListProfiles", V("(a{sv})", ({},)))
    assert error is None and "shell-oneshot" in {profile["name"] for profile in value[0]}
    caller.connection.close_sync(None)
