# SPDX-License-Identifier: Apache-2.0
"""Attacks 79, 81, 83, 85, 86, 94, 107, 110 and 111 on what people decide while a sandbox runs: the sandbox decides for
itself, what is asked for is never to be opened, many names, a listener that dies."""

import os
import signal
import subprocess

import pytest
from conftest import SERVICE, Inner, descendants, eventually
from destinations import FETCH, Box, finish, give_profiles, refused
from gi.repository import GLib
from internet import METADATA, OTHER, PRIVATE, PUBLIC

# Tries to decide, with the bus's socket in its hands, and prints what became of it.
INSIDE = r"""
import sys
from gi.repository import Gio, GLib
V = GLib.Variant
bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1],
    Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
for method, arguments in [("AllowDestination", V("(sa{sv})", ("evil.test", {}))),
                          ("DenyDestination", V("(sa{sv})", ("www.allowed.test", {}))),
                          ("WatchDestinations", V("(b)", (True,)))]:
    try:
        bus.call_sync("org.inner.Sandbox", sys.argv[2], "org.inner.Sandbox.Instance", method, arguments, None,
                      Gio.DBusCallFlags.NONE, 20000, None)
        print(method, "ok")
    except GLib.Error as error:
        print(method, error.message)
"""

# As a person, a program or an agent could write them.
NEVER = [
    "127.0.0.1", "127.1.2.3:80", "[::1]", "10.1.2.3", "10.1.2.3:80", "172.16.0.1", "192.168.7.7:443", METADATA,
    f"{METADATA}:80", "100.64.0.1", "0.0.0.0", "[::]", "[::ffff:10.1.2.3]", "[::ffff:127.0.0.1]:80", "[fd00:ec2::254]",
    "[fe80::1]", "[fe80::1%lo]", "224.0.0.1", "255.255.255.255", "198.18.0.1", "[64:ff9b::a01:203]", "[2002:a01:203::1]",
    "10.0.0.0/8", "0.0.0.0/0", "::/0", "93.184.216.0/24", "0x7f000001", "0177.0.0.1", "2130706433", "127.1", "10.1.515",
    "@github", "@nobody", "*", "*.", "*.*", ".", "", " ", "a b.test", "a\r\nb.test", "a\nHost: b.test", "a%00.test", "a%2e.test",
    "https://evil.test/", "evil.test/", "evil.test:", "evil.test:0", "evil.test:65536", "evil.test:80:80", "user@evil.test",
    "a..test", "-a.test", f"{'a' * 64}.test", ".".join(["a" * 60] * 5), "evil.test#", "evil.test\t", "evil\u202etset.", "[evil.test]",
    "[::1", "*.10.1.2.3", "éé\u0000".replace("\u0000", "\u0001") + ".test",
]


@pytest.fixture
def person(internet, sandboxes_possible):
    person = Inner("private", polkit="allow")
    person.mode = "bus"
    # The socket lies in the workspace, so that it can be had inside.
    person.env["DBUS_SESSION_BUS_ADDRESS"] = person.start_bus("session", person.work / "bus").split(",")[0]
    give_profiles(person)
    yield person
    person.close()


def test_111_sandbox_does_not_decide_for_itself(person):
    inside = person.work / "inside.py"
    inside.write_text(INSIDE)
    address = person.env["DBUS_SESSION_BUS_ADDRESS"]
    with Box(person, "asking") as box:
        def tried(*prefix):
            return subprocess.run([*prefix, "/usr/bin/python3", inside, address, box.path], env=person.env,
                                  capture_output=True, text=True, timeout=120).stdout.splitlines()

        assert [line.split()[1] for line in tried()] == ["ok"] * 3
        # In there it does not get the bus, not even one that lies in the workspace.
        code, said, error = box.exec(f"python3 inside.py {address} {box.path}")
        assert code != 0 and said == "" and "Could not connect" in error
        # With the bus in its hands it is not heard.
        lines = tried("bwrap", "--dev-bind", "/", "/", "--unshare-user", "--unshare-pid", "--proc", "/proc")
        assert len(lines) == 3
        assert all("AccessDenied" in line and "confined programs" in line for line in lines), lines
        # Nor does it count as somebody who listens.
        assert box.exec(FETCH.format("api.allowed.test"))[0] == 6


def test_086_bad_destinations(person):
    """Nothing comes of any, neither in the sandbox nor in a profile, and nobody is asked."""
    profiles = person.home / ".config/inner/profiles"
    before = {path: path.read_bytes() for path in profiles.iterdir()}
    with Box(person) as box:
        for destination in NEVER:
            for how in ("once", "session", "profile"):
                with refused("InvalidOption"):
                    box.allow(destination, how)
            with refused("InvalidOption"):
                box.deny(destination)
        assert box.get("Allowed") == []
        assert box.events("destination") == []
    assert {path: path.read_bytes() for path in profiles.iterdir()} == before
    assert person.asked_polkit() == []


def test_086_local_network_is_never_opened(person, internet):
    """Nobody is asked about an address there, and a name that was allowed does not lead there."""
    before = internet.contacted(PRIVATE, METADATA, "127.0.0.1")
    with Box(person, "asking") as box:
        box.watch()
        for address in (PRIVATE, METADATA, "192.168.7.7", "100.64.0.1", "[fd00:ec2::254]"):
            assert box.exec(FETCH.format(address))[0] != 0
        for name in ("private.test", "metadata.test", "mixed.test", "loop.test", "mapped.test", "zero.test"):
            box.allow(name)
            assert box.exec(FETCH.format(name))[0] != 0
        child = box.start(FETCH.format("cgnat.test"))
        box.wait_asked(("cgnat.test", 80))
        box.allow("cgnat.test", "once")
        assert finish(child)[0] != 0
    assert internet.contacted(PRIVATE, METADATA, "127.0.0.1") == before


def test_081_nothing_is_looked_up_before_the_answer(person, internet):
    with Box(person, "asking") as box:
        box.watch()
        child = box.start("; ".join(f"getent hosts secret{i}.evil.test" for i in range(20)) + "; "
                          + FETCH.format("secret.evil.test"))
        box.wait_asked(("secret.evil.test", 80))
        box.deny("*.evil.test", "session")
        finish(child)
        assert not any(name.endswith("evil.test") and name.startswith("secret") for name in internet.names.asked)


def test_094_flood_of_questions(person, internet):
    """The listener gets a few, each once, and an honest one is still heard when they are answered."""
    (person.work / "flood.py").write_text("""
import socket, threading
def one(name):
    try:
        with socket.create_connection((name, 80), 120) as s:
            s.settimeout(120)
            s.recv(1)
    except OSError:
        pass
threads = [threading.Thread(target=one, args=[f"f{i % 300}.evil.test"]) for i in range(900)]
[t.start() for t in threads]
[t.join() for t in threads]
""")
    with Box(person, "asking") as box:
        box.watch()
        child = box.start("ulimit -n 4096; python3 flood.py")
        context = GLib.MainContext.default()
        assert eventually(lambda: (context.iteration(False), len(box.asked) >= 8)[1], 60)
        # All others are refused without a question.
        assert eventually(lambda: any("too many questions" in e["reason"] for e in box.events("network")), 60)
        assert len(box.get("Asked")) <= 8
        box.deny("*.evil.test", "session")
        assert eventually(lambda: box.get("Asked") == [], 60)
        finish(child)
        context.iteration(False)
        assert len(box.asked) == len(set(box.asked)) <= 40
        child = box.start(FETCH.format("www.allowed.test"))
        assert eventually(lambda: (context.iteration(False), ("www.allowed.test", 80) in box.asked)[1], 60)
        box.allow("www.allowed.test", "once")
        assert finish(child)[1] == f"this is {PUBLIC} port 80\n"


def test_110_once_is_used_up(person):
    """Neither a second connection nor a second question gets anything out of an answer."""
    with Box(person, "asking") as box:
        box.watch()
        child = box.start(FETCH.format("www.allowed.test"))
        box.wait_asked(("www.allowed.test", 80))
        box.allow("www.allowed.test:80", "once")
        assert finish(child)[1] == f"this is {PUBLIC} port 80\n"
        child = box.start(FETCH.format("www.allowed.test"))
        box.wait_asked(("www.allowed.test", 80), ("www.allowed.test", 80))
        box.deny("www.allowed.test")
        assert finish(child)[0] != 0


@pytest.mark.parametrize("who", ["service", "listener"])
def test_107_death_of_the_listener(person, who, internet):
    before = internet.contacted(OTHER)
    with Box(person, "asking") as box:
        box.watch()
        # Detached: what runs by “exec” would die with the service.
        child = box.start(f"(trap '' HUP; {FETCH.format('evil.test')}; echo $? >code) & wait")
        box.wait_asked(("evil.test", 80))
        if who == "service":
            (service,) = [pid for pid, name in descendants().items() if name == SERVICE]
            os.kill(service, signal.SIGKILL)
        else:
            box.bus.close_sync(None)
            box.connect()
        assert eventually(lambda: (person.work / "code").exists() and (person.work / "code").read_text().strip(), 40)
        assert (person.work / "code").read_text().strip() not in ("0", "28")
        finish(child)
        assert box.exec(FETCH.format("evil.test"))[0] == 6
        assert box.get("Asked") == []
    assert internet.contacted(OTHER) == before
