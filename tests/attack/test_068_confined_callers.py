# SPDX-License-Identifier: Apache-2.0
"""Attacks 68, 69, 70 and 111: whoever is confined, or speaks for somebody who is, is not heard: not to start a
weaker sandbox, not to approve a profile, not to stop one, and not to look. Each caller here has the bus's socket
in its hands, which no sandbox gets; the service must tell it by where it stands."""

import os
import shutil
import subprocess

import pytest

from conftest import Inner

# Calls each method and prints what became of it: "ok", or the name of the error and its message.
CALLER = r"""
import sys
from gi.repository import Gio, GLib
V = GLib.Variant
calls = [
    ("ListProfiles", V("(a{sv})", ({},))),
    ("Plan", V("(sa{sv})", ("shell-oneshot", {"network": V("s", "host")}))),
    ("Start", V("(sa{sv})", ("shell-oneshot", {"network": V("s", "host"), "arguments": V("as", ["true"])}))),
    ("TrustProfile", V("(ss)", ("/x.toml", "0" * 64))),
]
bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1],
    Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
def call(path, interface, method, arguments):
    try:
        bus.call_sync("org.inner.Sandbox", path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, 20000, None)
        print(method, "ok")
    except GLib.Error as error:
        print(method, error.message)
for method, arguments in calls:
    call("/org/inner/Sandbox", "org.inner.Sandbox", method, arguments)
for path in sys.argv[2:]:
    call(path, "org.inner.Sandbox.Instance", "Stop", V("(a{sv})", ({},)))
    call(path, "org.inner.Sandbox.Instance", "Exec", V("(asa{sv})", (["true"], {})))
"""


@pytest.fixture
def person(sandboxes_possible):
    """The bus's socket lies in the workspace, so that it can be carried into any sandbox."""
    person = Inner("private", polkit="allow")
    person.mode = "bus"
    person.env["DBUS_SESSION_BUS_ADDRESS"] = person.start_bus("session", person.work / "bus")
    person.caller = person.work / "caller.py"
    person.caller.write_text(CALLER)
    assert person.run("true").returncode == 0
    yield person
    person.close()


def address(person):
    return person.env["DBUS_SESSION_BUS_ADDRESS"].split(",")[0]


def answers(person, prefix, *instances, bus=None):
    done = subprocess.run([*prefix, "/usr/bin/python3", str(person.caller), bus or address(person), *instances],
                          env=person.env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def assert_refused(found, says):
    for method, answer in found.items():
        assert "AccessDenied" in answer and "does not listen to confined programs" in answer, (method, answer)
        assert says in answer, (method, answer)


def test_the_same_caller_outside_is_heard(person):
    """Else nothing below would mean anything."""
    found = answers(person, [])
    assert found["ListProfiles"] == found["Plan"] == found["Start"] == "ok"
    assert "AccessDenied" not in found["TrustProfile"]


def works(*command):
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize("options,says", [
    (["unshare", "--user", "--map-current-user"], "user namespace"),
    (["unshare", "--user", "--map-current-user", "--mount"], "user namespace"),
    (["unshare", "--user", "--map-current-user", "--pid", "--fork"], "user namespace"),
    (["bwrap", "--dev-bind", "/", "/"], "namespace"),
    (["bwrap", "--dev-bind", "/", "/", "--unshare-all", "--share-net"], "namespace"),
])
def test_in_namespaces(person, options, says):
    """As in a container of somebody else, with all files of this machine."""
    if not works(*options, "true"):
        pytest.skip(f"{options[0]} cannot do this here")
    asked = len(person.asked_polkit())
    assert_refused(answers(person, options), says)
    assert len(person.asked_polkit()) == asked


@pytest.mark.skipif(os.getuid() != 0, reason="without a user namespace only root can make the others")
@pytest.mark.parametrize("options,says", [
    (["unshare", "--mount"], "mount namespace"),
    (["unshare", "--pid", "--fork"], "process namespace"),
])
def test_in_namespaces_of_root(person, options, says):
    assert_refused(answers(person, options), says)


@pytest.mark.skipif(os.getuid() == 0, reason="root's sandboxes run as another user, whom the bus does not let in")
def test_in_a_sandbox_of_ours(person):
    """Attacks 68 and 111, with the network of the machine so that even that is no difference."""
    started = person("run", "-d", "--name", "other", "-p", "shell-oneshot", "--arg", "sleep 100")
    assert started.returncode == 0, started
    other = f"/org/inner/Sandbox/instance/{started.stdout.decode().strip()}"
    asked = len(person.asked_polkit())
    done = person("run", "-p", "shell-oneshot", "-w", person.work, "--network-mode", "host", "--arg",
                  f"/usr/bin/python3 caller.py '{address(person)}' {other}")
    # It does not even come to the bus, whose socket lies in the workspace (attack 75); were it there, its namespaces
    # would give it away: the cases around this one are of callers that nothing keeps from the bus.
    assert done.returncode == 1 and b"Could not connect: Permission denied" in done.stderr, done
    # One question, for the sandbox itself, and none for what it asked.
    assert len(person.asked_polkit()) == asked + 1
    assert b"other" in person("ps").stdout
    assert person("stop", "other").returncode == 0


@pytest.mark.skipif(shutil.which("xdg-dbus-proxy") is None, reason="xdg-dbus-proxy is not installed")
def test_behind_a_proxy(person):
    """Pitfall P8: the bus attests the proxy, which stands outside."""
    proxied = person.root / "proxied"
    read, write = os.pipe()
    proxy = subprocess.Popen(["xdg-dbus-proxy", f"--fd={write}", address(person), str(proxied), "--filter",
                              "--talk=org.inner.Sandbox"], pass_fds=[write])
    os.close(write)
    assert os.read(read, 1)
    try:
        assert_refused(answers(person, [], bus=f"unix:path={proxied}"), "proxy")
    finally:
        os.close(read)
        proxy.wait(10)


def test_a_caller_that_changes_its_program(person):
    """Attack 69: who is asked about in the moment of its exec is still one process in one place."""
    script = ("import os, sys, subprocess\n"
              "pid = os.fork()\n"
              "if pid == 0:\n"
              "    os.execvp('bwrap', ['bwrap', '--dev-bind', '/', '/', '/usr/bin/python3'] + sys.argv[1:])\n"
              "os.waitpid(pid, 0)\n")
    found = answers(person, ["/usr/bin/python3", "-c", script])
    assert_refused(found, "namespace")


def test_no_way_to_the_bus(person):
    """What a sandbox gets by itself: no variable, no socket, and no abstract one with the machine's network."""
    done = person.run("env | grep -c DBUS; ls -A /run/user /run/dbus 2>&1 | grep -c socket",
                      "--network-mode", "host")
    assert done.stdout == b"0\n0\n", done
