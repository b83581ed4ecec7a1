# SPDX-License-Identifier: Apache-2.0
"""Who the service is, who it listens to, and what it keeps to itself."""

import os
import re
import subprocess
import time

import pytest
from conftest import PREFIX, SOURCE, eventually
from gi.repository import Gio, GLib


def connect(person):
    return Gio.DBusConnection.new_for_address_sync(
        person.env["DBUS_SESSION_BUS_ADDRESS"],
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)


def ask_bus(connection, method, *arguments):
    return connection.call_sync(
        "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method,
        GLib.Variant("(" + "s" * len(arguments) + ")", arguments), None, Gio.DBusCallFlags.NONE, 5000, None).unpack()[0]


def test_a_second_service_does_not_take_the_name(bus):
    assert bus.run("true").returncode == 0
    second = subprocess.run([PREFIX / "libexec/inner/inner-sandboxd"], env=bus.env, capture_output=True, timeout=30)
    assert second.returncode == 1
    assert b"another process" in second.stderr


@pytest.mark.skipif(os.getuid() == 0, reason="root may look at everything")
@pytest.mark.skipif("ASAN_OPTIONS" in os.environ, reason="a sanitizer build must let itself be traced")
def test_its_memory_is_closed_to_others(bus):
    assert bus.run("true").returncode == 0
    connection = connect(bus)
    pid = ask_bus(connection, "GetConnectionUnixProcessID", "org.inner.Sandbox")
    connection.close_sync(None)
    for name in ("environ", "mem", "maps"):
        with pytest.raises(PermissionError):
            open(f"/proc/{pid}/{name}", "rb").read(1)


def test_no_secret_crosses_the_bus(bus):
    """Attack 71: whoever watches the bus sees no value of a variable."""
    assert bus.run("true").returncode == 0
    log = bus.root / "monitor"
    with log.open("wb") as file:
        monitor = subprocess.Popen(["dbus-monitor", "--address", bus.env["DBUS_SESSION_BUS_ADDRESS"]], env=bus.env,
                                   stdout=file, stderr=file)
        assert eventually(lambda: b"NameAcquired" in log.read_bytes())
        done = bus.run("echo $GIVEN", "-e", "GIVEN=secret-4711", "-e", "PASSED", env={"PASSED": "secret-4712"})
        assert done.stdout == b"secret-4711\n", done.stderr
        assert eventually(lambda: b"shell-oneshot" in log.read_bytes())
        time.sleep(0.2)
        monitor.terminate()
        monitor.wait()
    seen = log.read_bytes()
    assert b"Start" in seen
    assert b"secret-471" not in seen


def test_an_unknown_method_and_interface(bus):
    assert bus.run("true").returncode == 0
    connection = connect(bus)
    for interface, method in (("org.inner.Sandbox", "Nothing"), ("org.inner.Nothing", "Start")):
        with pytest.raises(GLib.Error, match="UnknownMethod|UnknownInterface"):
            connection.call_sync("org.inner.Sandbox", "/org/inner/Sandbox", interface, method, None, None,
                                 Gio.DBusCallFlags.NONE, 5000, None)
    connection.close_sync(None)


def test_introspection_shows_the_contract(bus):
    """What a person sees with gdbus or busctl is what the files in introspection/ say."""
    names = re.findall(r'<(?:method|signal|property) name="(\w+)"', (SOURCE / "introspection/org.inner.Sandbox.xml").read_text())
    assert bus.run("true").returncode == 0
    shown = subprocess.run(["gdbus", "introspect", "--session", "--dest", "org.inner.Sandbox", "--object-path",
                            "/org/inner/Sandbox"], env=bus.env, capture_output=True, text=True, timeout=30).stdout
    assert len(names) > 15
    assert [name for name in names if not re.search(rf"\b{name}\b", shown)] == []
    assert "org.freedesktop.DBus.ObjectManager" in shown
