# SPDX-License-Identifier: Apache-2.0
"""Attack 1: keys pushed into the caller's terminal, or into any other."""

import contextlib
import fcntl
import os
import pty
import subprocess
import termios

from attacks import NUMBERS, Attack, make_tests
from conftest import eventually

LEGACY = open("/proc/sys/dev/tty/legacy_tiocsti").read() == "1\n"

PUSH = """
import fcntl, sys, termios
for fd in (0, 1, 2):
    for request in (0x5412, 0x100005412):
        try:
            fcntl.ioctl(fd, request & 0xffffffff, b"x")
            print("pushed", fd)
        except OSError as error:
            print("refused", error.errno)
try:
    open("/dev/tty")
    print("tty")
except OSError:
    print("no tty")
"""


def run_on_terminal(inner, *arguments):
    """Runs innerctl with a terminal of its own as all three streams; gives status, output, settings."""
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)

    def take_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(inner.command(*arguments), env=inner.env, cwd=inner.work, stdin=slave, stdout=slave,
                               stderr=slave, preexec_fn=take_terminal)
    output = b""
    os.set_blocking(master, False)

    def finished():
        nonlocal output
        try:
            output += os.read(master, 65536)
        except BlockingIOError:
            pass
        return process.poll() is not None

    assert eventually(finished, timeout=30)
    finished()
    after = termios.tcgetattr(slave)
    os.close(slave)
    os.close(master)
    return process.returncode, output.decode(), before == after


def test_nothing_is_pushed_into_the_terminal(inner):
    status, output, unchanged = run_on_terminal(
        inner, "run", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a", PUSH)
    assert status == 0, output
    assert output.count("refused") == 6, output
    assert "pushed" not in output
    assert "no tty" in output
    assert unchanged


def test_no_stream_inside_is_a_terminal(inner):
    status, output, unchanged = run_on_terminal(
        inner, "run", "-p", "shell-oneshot", "--arg", "for i in 0 1 2; do [ -t $i ] && echo terminal $i; done; echo end")
    assert status == 0, output
    assert "end" in output and "terminal" not in output
    assert unchanged


def test_the_service_refuses_a_terminal_by_itself(bus):
    """The wall is the service, not the politeness of innerctl."""
    from gi.repository import Gio, GLib

    connection = Gio.DBusConnection.new_for_address_sync(
        bus.env["DBUS_SESSION_BUS_ADDRESS"],
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    master, slave = pty.openpty()
    fds = Gio.UnixFDList.new()
    handle = fds.append(slave)
    try:
        connection.call_with_unix_fd_list_sync(
            "org.inner.Sandbox", "/org/inner/Sandbox", "org.inner.Sandbox", "Start",
            GLib.Variant("(sa{sv})", ("shell-oneshot", {"workspace": GLib.Variant("s", ""),
                                                       "stdin": GLib.Variant("h", handle)})),
            None, Gio.DBusCallFlags.NONE, 30000, fds, None)
    except GLib.Error as error:
        assert "InvalidOption" in error.message and "terminal" in error.message
    else:
        raise AssertionError("the terminal went in")
    finally:
        os.close(master)
        os.close(slave)
        connection.close_sync(None)


# A terminal that belongs to the attacker: the kernel allows it, where it was not told otherwise
# (dev.tty.legacy_tiocsti), so what stands in the way is ours.
OWN_TERMINAL = """
import pty
master, slave = pty.openpty()
def push(request):
    os.setsid()
    fcntl.ioctl(slave, 0x540E, 0)
    call(NUMBER, slave, request, b"x")
in_child("TIOCSTI", lambda: push(0x5412))
in_child("with more bits", lambda: push(0x1_0000_5412))
in_child("TIOCLINUX", lambda: push(0x541C))
"""


def ioctl(_person):
    return contextlib.nullcontext({"NUMBER": NUMBERS["ioctl"]})


ATTACKS = [Attack("a terminal of its own", OWN_TERMINAL, {"*": "EPERM"},
                  outside=("TIOCSTI", "with more bits") if LEGACY else (), setup=ioctl)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
PUSH_INSIDE = """
import fcntl, os
for request in (0x5412, 0x100005412, 0x541c):
    for fd in (0, os.open("/dev/tty", os.O_RDWR), os.open("/dev/pts/0", os.O_RDWR | os.O_NOCTTY)):
        try:
            fcntl.ioctl(fd, request & 0xffffffff, b"\\\\x03id")
            print("pushed", fd)
        except OSError as error:
            print("refused", error.errno)
devices = {os.fstat(fd).st_rdev for fd in (0, 1, 2)}
print("streams", [os.ttyname(fd) for fd in (0, 1, 2)], "descriptors", os.listdir("/proc/self/fd")[:3],
      "same", devices == {os.stat("/dev/pts/0").st_rdev}, "dev", os.listdir("/dev/pts"))
"""


def test_terminal_of_its_own(inner):
    """An interactive sandbox has a terminal, and it is none of the host: no key can be pushed into any, and
    nothing of the caller's terminal is changed."""
    status, output, unchanged = run_on_terminal(
        inner, "run", "-i", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a", PUSH_INSIDE)
    assert status == 0, output
    assert output.count("refused 1\r\n") == 9, output
    assert "pushed" not in output
    assert "streams ['/dev/pts/0', '/dev/pts/0', '/dev/pts/0']" in output
    assert "same True" in output
    assert unchanged


def test_terminal_of_a_further_command(inner):
    """The same wall stands around a terminal that exec made, and it is another one."""
    started = inner("run", "-d", "-p", "shell-oneshot", "--arg", "sleep 100")
    name = started.stdout.decode().strip()
    try:
        status, output, unchanged = run_on_terminal(
            inner, "exec", "-i", name, "--", "python3", "-c", PUSH_INSIDE)
        assert status == 0, output
        assert output.count("refused 1\r\n") == 9 and "pushed" not in output, output
        assert unchanged
    finally:
        inner("kill", name)
