# SPDX-License-Identifier: Apache-2.0
"""Attack 66: the session bus, with its service manager and starters of programs. A sandbox gets it through a proxy
of its own only, and talks to what `allow` names."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from conftest import Inner, descendants, eventually, one_sentence

pytestmark = pytest.mark.skipif(shutil.which("xdg-dbus-proxy") is None, reason="xdg-dbus-proxy is not installed")

# Two programs of the session: one that the sandbox may talk to, and one that it may not.
PEER = r"""
import sys
from gi.repository import Gio, GLib
XML = "<node><interface name='org.example.Peer'><method name='Hello'><arg type='s' direction='out'/></method></interface></node>"
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
bus.register_object("/", Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0],
                    lambda *a: a[-1].return_value(GLib.Variant("(s)", ("hello from outside",))), None, None)
for name in sys.argv[1:]:
    Gio.bus_own_name_on_connection(bus, name, Gio.BusNameOwnerFlags.NONE, lambda *_: print("ready", flush=True), None)
GLib.MainLoop().run()
"""
NAMES = ["org.example.Peer", "org.example.Other", "org.freedesktop.systemd1"]
CALL = "timeout 20 gdbus call --session --dest {} --object-path / --method org.example.Peer.Hello 2>&1"


@pytest.fixture
def person(sandboxes_possible):
    person = Inner("bus", polkit="allow")
    peers = [subprocess.Popen([sys.executable, "-c", PEER, name], env=person.env, stdout=subprocess.PIPE)
             for name in NAMES]
    for peer in peers:
        assert peer.stdout.readline() == b"ready\n"
    yield person
    for peer in peers:
        peer.terminate()
        peer.wait(10)
        peer.stdout.close()
    assert not [name for name in descendants().values() if name == "xdg-dbus-proxy"]
    person.close()


ALLOW = ["--allow", "session-bus:org.example.Peer"]


def test_outside_all_can_be_reached(person):
    for name in NAMES:
        done = subprocess.run(["sh", "-c", CALL.format(name)], env=person.env, capture_output=True)
        assert b"hello from outside" in done.stdout, done


def test_what_is_named_and_nothing_else(person):
    script = "; ".join(CALL.format(name) for name in [*NAMES, "org.inner.Sandbox"])
    done = person.run(script + "; timeout 20 gdbus call --session --dest org.freedesktop.DBus --object-path / "
                      "--method org.freedesktop.DBus.ListNames", *ALLOW)
    lines = done.stdout.decode().splitlines()
    assert "hello from outside" in lines[0], done
    assert all("hello" not in line for line in lines[1:]), done
    assert "org.example.Peer" in lines[-1], done
    assert "org.example.Other" not in lines[-1] and "systemd1" not in lines[-1] and "org.inner" not in lines[-1], done
    (asked,) = person.asked_polkit()
    assert asked["action"] == "org.inner.sandbox.session-bus"


def test_only_the_proxy_is_there(person):
    done = person.run("ls -A $XDG_RUNTIME_DIR $XDG_RUNTIME_DIR/dbus; echo $DBUS_SESSION_BUS_ADDRESS; "
                      "rm -f $XDG_RUNTIME_DIR/dbus/bus; ls $XDG_RUNTIME_DIR/dbus", *ALLOW)
    inside = f"/run/user/{os.getuid() or 1000}"
    assert done.stdout.decode().split() == [f"{inside}:", "dbus", f"{inside}/dbus:", "bus",
                                            f"unix:path={inside}/dbus/bus", "bus"], done


def proxies():
    return [pid for pid, name in descendants().items() if name == "xdg-dbus-proxy"]


@pytest.mark.parametrize("how", ["stop", "kill supervisor"])
def test_the_proxy_ends_with_its_sandbox(person, how):
    started = person("run", "-d", "--name", "n", "-p", "shell-oneshot", *ALLOW, "--arg", "sleep 100")
    assert started.returncode == 0, started
    assert len(proxies()) == 1
    if how == "stop":
        assert person("stop", "n").returncode == 0
    else:
        for pid, name in descendants().items():
            if name == "inner-superviso":
                os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not proxies())


def test_without_its_proxy_there_is_no_bus(person):
    """Fail closed: nothing takes its place."""
    started = person("run", "-d", "--name", "n", "-p", "shell-oneshot", *ALLOW, "--arg", "sleep 100")
    assert started.returncode == 0, started
    os.kill(proxies()[0], signal.SIGKILL)
    assert eventually(lambda: not proxies())
    done = person("exec", "n", "--", "sh", "-c", CALL.format("org.example.Peer"))
    assert b"hello" not in done.stdout
    assert person("stop", "n").returncode == 0


@pytest.mark.parametrize("name", [
    "org.inner.Sandbox", "org.inner.*", "org.freedesktop.systemd1", "org.freedesktop.*", "org.*", "org.freedesktop.DBus",
    "org.freedesktop.portal.Desktop", "org.freedesktop.Flatpak", "org.gnome.Shell", "ca.desrt.dconf", ":1.1", "*", "", "a",
    "org.example.Peer --talk=org.freedesktop.systemd1", "org.example.Peer=org.x@/y",
])
def test_names_that_cannot_be_given(person, name):
    done = person.run("true", "--allow", f"session-bus:{name}")
    assert done.returncode == 125 and "No sandbox can talk to" in one_sentence(done)
    assert person.asked_polkit() == [] and not proxies()


def test_no_names_no_bus(person):
    done = person.run("true", "--allow", "session-bus")
    assert done.returncode == 125 and "session-bus:org.freedesktop.secrets" in one_sentence(done)


@pytest.mark.parametrize("address", ["unixexec:path=/usr/bin/touch,argv1=/tmp/evil", "tcp:host=localhost,port=1",
                                     "unix:path=/nonexistent", "autolaunch:", ""])
def test_addresses_that_are_not_followed(person, address):
    done = person("--no-bus", "run", "-p", "shell-oneshot", *ALLOW, "--arg", "true",
                  env={"DBUS_SESSION_BUS_ADDRESS": address})
    assert done.returncode == 125 and "DBUS_SESSION_BUS_ADDRESS" in one_sentence(done)
    assert not proxies()


def test_the_system_bus_is_not_the_session_bus(person):
    """A variable that leads to a socket which nothing opens."""
    place = person.runtime / "systemd"
    place.mkdir()
    os.link(person.runtime / "bus", place / "private")
    done = person("--no-bus", "run", "-p", "shell-oneshot", *ALLOW, "--arg", "true",
                  env={"DBUS_SESSION_BUS_ADDRESS": f"unix:path={place}/private"})
    assert done.returncode == 125 and "cannot be mounted" in one_sentence(done)


def test_the_bus_itself_is_never_mounted(person):
    done = person.run("true", *ALLOW, "-m", f"{person.runtime}/bus:/x:ro")
    assert done.returncode == 125 and "Cannot mount" in one_sentence(done)
