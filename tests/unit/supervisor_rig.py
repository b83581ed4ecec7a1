# SPDX-License-Identifier: Apache-2.0
"""Starts a supervisor as the service does, and speaks with it."""

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import signal
import socket
import struct
import tempfile
import time
from pathlib import Path

import gi

gi.require_version("GLib", "2.0")
from gi.repository import GLib

BUILD = Path(os.environ["INNER_TEST_BUILD"])
SUPERVISOR = str(BUILD / "service/supervisor/inner-supervisor")
INIT = str(BUILD / "service/init/inner-init")
BWRAP = "/usr/bin/bwrap"
INSIDE_INIT = "/run/inner/inner-init"
SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
MAX_BYTES = 64 * 1024
PATIENCE = 20

STDIN, STDOUT, STDERR, CLIENT, DIRECTORY = -1, -2, -3, -4, -5
PR_SET_CHILD_SUBREAPER = 36

BASE = [
    "--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL", "--as-pid-1",
    "--die-with-parent", "--uid", str(os.getuid()), "--gid", str(os.getgid()),
    "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
    "--symlink", "usr/lib64", "/lib64", "--symlink", "usr/sbin", "/sbin",
    "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--ro-bind", INIT, INSIDE_INIT,
]

# What a sandbox leaves behind becomes our child, wherever it hides.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def memfd(data, seals=SEALS):
    fd = os.memfd_create("test", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.pwrite(fd, data, 0)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def command_block(argv, env=("PATH=/usr/bin:/bin",), cwd="/", magic=0x496E4331, argc=None,
                  flags=0):
    header = struct.pack("=IIII", magic, len(argv) if argc is None else argc, len(env), flags)
    return header + b"".join(os.fsencode(s) + b"\0" for s in [cwd, *argv, *env])


def variant(value):
    """A GVariant of the type that the record wants for this Python type."""
    kinds = {bool: "b", str: "s", bytes: "ay", list: "ai", dict: "a{sv}"}
    return value if isinstance(value, GLib.Variant) else GLib.Variant(kinds[type(value)], value)


def encode(text, value):
    return GLib.Variant(text, value).get_data_as_bytes().get_data()


def send(line, name, values=None, fds=()):
    data = encode("(sa{sv})", (name, {k: variant(v) for k, v in (values or {}).items()}))
    while True:
        try:
            socket.send_fds(line, [data], list(fds))
            return
        except OSError as error:
            # More descriptors are on their way than this user may have open.
            if error.errno != errno.ETOOMANYREFS:
                raise
            time.sleep(0.001)


def receive(line, timeout=PATIENCE):
    """Gives (name, values), or None at the end."""
    line.settimeout(timeout)
    try:
        data = line.recv(MAX_BYTES)
    except ConnectionResetError:
        # As inner_wire_receive(): it comes once, before the last messages.
        data = line.recv(MAX_BYTES)
    if not data:
        return None
    message = GLib.Variant.new_from_bytes(GLib.VariantType("(sa{sv})"), GLib.Bytes.new(data), False)
    return message.unpack()


def u(value):
    return GLib.Variant("u", value)


def wait_for(condition, timeout=PATIENCE):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def assert_no_process_left(timeout=PATIENCE):
    def none_left():
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return True
        return False

    wait_for(none_left, timeout)


class Sandbox:
    """One supervisor with its line to us."""

    def __init__(self, argv, *, fds=None, base=BASE, extra=(), env=("PATH=/usr/bin:/bin",),
                 cwd="/", leak=None, seals=SEALS, signals_ignored=False, runtime=None, **values):
        # The directory above it is that of all sandboxes of a user.
        self.above = None if runtime else tempfile.mkdtemp(prefix="inner-test-")
        self.directory = runtime or f"{self.above}/one"
        os.makedirs(self.directory, 0o700, exist_ok=True)
        self.fds = dict(fds or {})
        record = {
            "version": u(2),
            "directory": self.directory,
            "bwrap": BWRAP,
            "arguments": b"".join(os.fsencode(a) + b"\0" for a in [*base, *extra]),
            "init": INSIDE_INIT,
            "command": command_block(argv, env, cwd),
            "descriptors": list(self.fds),
            "timeout-ms": GLib.Variant("t", values.pop("timeout_ms", 0)),
            "grace-ms": u(values.pop("grace_ms", 300)),
            "detached": False,
            "properties": {"Name": GLib.Variant("s", "test")},
            **values,
        }
        self.record = encode("a{sv}", {k: variant(v) for k, v in record.items() if v is not None})
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = self.spawn(theirs, leak, signals_ignored)
        theirs.close()
        fd = memfd(self.record, seals)
        send(self.line, "launch", fds=[fd, *self.fds.values()])
        os.close(fd)

    @staticmethod
    def spawn(theirs, leak, signals_ignored):
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs.fileno(), 3),
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ]
        if leak is not None:
            actions.append((os.POSIX_SPAWN_DUP2, leak, 9))
        # Python ignores SIGPIPE and SIGXFSZ: a child has that from us.
        default = [] if signals_ignored else range(1, signal.NSIG)
        return os.posix_spawn(SUPERVISOR, ["inner-supervisor"], {}, file_actions=actions,
                              setsigdef=[s for s in default if s not in (9, 19, 32, 33)])

    def send(self, name, values=None, fds=()):
        send(self.line, name, values, fds)

    def receive(self, timeout=PATIENCE):
        return receive(self.line, timeout)

    def expect(self, name, timeout=PATIENCE):
        message = self.receive(timeout)
        assert message is not None and message[0] == name, message
        return message[1]

    def started(self):
        return self.expect("started")

    def exited(self):
        """Waits for the end, and takes note of it as the service does."""
        values = self.expect("exited")
        self.send("forget")
        self.gone()
        return values

    def failed(self):
        values = self.expect("failed")
        self.gone()
        return values

    def exec(self, argv, tag=1, stdio=None, block=None, **keywords):
        null = os.open("/dev/null", os.O_RDWR)
        fd = memfd(command_block(argv, **keywords)) if block is None else block
        self.send("exec", {"tag": u(tag)}, [fd, *(stdio or (null, null, null))])
        os.close(null)
        os.close(fd)

    def exec_wait(self, argv, tag=1, **keywords):
        """The values of exec-exited or exec-failed."""
        self.exec(argv, tag, **keywords)
        name, values = self.receive()
        if name == "exec-started":
            name, values = self.receive()
        assert name in ("exec-exited", "exec-failed") and values["tag"] == tag, (name, values)
        return values

    def stop(self, grace_ms=300, reason="stopped"):
        self.send("stop", {"grace-ms": u(grace_ms), "reason": reason})

    def signal(self, number, tag=0):
        self.send("signal", {"signal": GLib.Variant("i", number), "tag": u(tag)})

    def adopt(self):
        """A new line over the control socket, as from a restarted service."""
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.connect(f"{self.directory}/control")
        return line

    def exit_file(self):
        data = Path(self.directory, "exit").read_bytes()
        return GLib.Variant.new_from_bytes(GLib.VariantType("a{sv}"), GLib.Bytes.new(data),
                                           False).unpack()

    def gone(self):
        """The supervisor has ended, and nothing is left: neither process nor directory."""
        assert_no_process_left()
        assert not os.path.exists(self.directory)

    def close(self):
        self.line.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        assert_no_process_left()
        shutil.rmtree(self.above or self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class Output:
    """A pipe for the streams of a command."""

    def __init__(self):
        self.reader, self.writer = os.pipe()

    def read(self):
        """Everything until all writers are gone; ours goes first."""
        os.close(self.writer)
        with os.fdopen(self.reader, "rb") as file:
            return file.read()


def run(argv, *, stderr=True, **keywords):
    """Runs one command to its end. Gives (values of "exited", output)."""
    output = Output()
    fds = {STDOUT: output.writer, **({STDERR: output.writer} if stderr else {})}
    fds.update(keywords.pop("fds", {}))
    with Sandbox(argv, fds=fds, **keywords) as sandbox:
        text = output.read()
        sandbox.started()
        return sandbox.exited(), text.decode()


def python_inside(code, **keywords):
    """What a Python program prints inside; it must succeed."""
    values, text = run(["/usr/bin/python3", "-c", code], **keywords)
    assert values["code"] == 0, text
    return text.strip()
