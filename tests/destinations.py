# SPDX-License-Identifier: Apache-2.0
"""A sandbox whose destinations are decided about while it runs."""

import json
import subprocess

import pytest
from conftest import PATIENCE, eventually
from gi.repository import Gio, GLib

INSTANCE = "org.inner.Sandbox.Instance"
SHELL = '[entrypoint]\ncmd = "sh"\nargs = ["-c"]\ninteractive = false\n'
ALLOWLIST = '[sandbox]\nnetwork_mode = "allowlist"\nnetwork_allow = ["six.test"]\n'
ASKING = ALLOWLIST + "network_ask = true\n"
FETCH = "curl -sS -m 50 http://{}/"


def give_profiles(person):
    profiles = person.home / ".config/inner/profiles"
    profiles.mkdir(parents=True)
    (profiles / "narrow.toml").write_text(ALLOWLIST + SHELL)
    (profiles / "asking.toml").write_text(ASKING + SHELL)


class Box:
    """A sandbox that runs on, and a connection that may talk to it."""

    def __init__(self, person, profile="narrow", *options):
        self.person = person
        done = person("run", "-d", "--json", "-p", profile, *options, "--arg", "sleep 600")
        assert done.returncode == 0, done.stderr
        self.id = json.loads(done.stdout)["id"]
        self.path = f"/org/inner/Sandbox/instance/{self.id}"
        self.asked = []
        self.denied = []
        self.connect()

    def connect(self):
        self.bus = Gio.DBusConnection.new_for_address_sync(
            self.person.env["DBUS_SESSION_BUS_ADDRESS"],
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.bus.signal_subscribe(None, INSTANCE, "DestinationAsked", self.path, None, Gio.DBusSignalFlags.NONE,
                                  lambda *a: self.asked.append(a[5].unpack()))
        self.bus.signal_subscribe(None, INSTANCE, "DestinationDenied", self.path, None, Gio.DBusSignalFlags.NONE,
                                  lambda *a: self.denied.append(a[5].unpack()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.bus.is_closed():
            self.bus.close_sync(None)
        self.person("stop", "-t", "0", self.id)

    def call(self, method, arguments, interface=INSTANCE):
        return self.bus.call_sync("org.inner.Sandbox", self.path, interface, method, arguments, None,
                                  Gio.DBusCallFlags.NONE, 60000, None)

    def allow(self, destination, how=None):
        options = {} if how is None else {"for": GLib.Variant("s", how)}
        self.call("AllowDestination", GLib.Variant("(sa{sv})", (destination, options)))

    def deny(self, destination, how="once"):
        self.call("DenyDestination", GLib.Variant("(sa{sv})", (destination, {"for": GLib.Variant("s", how)})))

    def watch(self, watching=True):
        self.call("WatchDestinations", GLib.Variant("(b)", (watching,)))

    def get(self, name):
        return self.call("Get", GLib.Variant("(ss)", (INSTANCE, name)), "org.freedesktop.DBus.Properties").unpack()[0]

    def start(self, script):
        return self.person.popen("exec", self.id, "--", "sh", "-c", script, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 stdin=subprocess.DEVNULL)

    def exec(self, script):
        child = self.start(script)
        out, err = child.communicate(timeout=90 * PATIENCE)
        return child.returncode, out.decode(), err.decode()

    def eventually(self, condition):
        """eventually() of conftest, which hears meanwhile what the bus says."""
        context = GLib.MainContext.default()
        return eventually(lambda: (context.iteration(False), condition())[1], 30)

    def wait_asked(self, *expected):
        assert self.eventually(lambda: len(self.asked) >= len(expected)), self.asked
        assert sorted(self.asked) == sorted(expected)

    def events(self, name):
        state = self.person.home / ".local/state/inner/runs" / self.id / "events.ndjson"
        return [e for e in map(json.loads, state.read_text().splitlines()) if e["event"] == name]


def refused(name, *says):
    return pytest.raises(GLib.Error, match=".*".join([f"org.inner.Sandbox.Error.{name}", *says]))


def finish(child):
    out, err = child.communicate(timeout=90 * PATIENCE)
    return child.returncode, out.decode(), err.decode()
