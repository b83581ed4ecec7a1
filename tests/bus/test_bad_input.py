# SPDX-License-Identifier: Apache-2.0
"""What a careless or hostile caller may send: an error that says what is wrong, nothing left behind,
and a service that goes on."""

import os
import pty
import socket

import pytest
from gi.repository import Gio, GLib

from caller import ERROR, NAME, TIMEOUT, Caller, V, caller  # noqa: F401 (a fixture)


def mounts(*rows):
    return V("a(sss)", rows)


BAD_OPTIONS = {
    "unknown key": {"no-such-option": V("b", True)},
    "unknown key beside good ones": {"detach": V("b", True), "workspce": V("s", "/tmp")},
    "empty key": {"": V("s", "")},
    "boolean as text": {"detach": V("s", "true")},
    "text as object path": {"workspace": V("o", "/tmp")},
    "text in a variant": {"workspace": V("v", V("s", "/tmp"))},
    "time as 32 bits": {"timeout": V("u", 5)},
    "negative time": {"timeout": V("i", -5)},
    "arguments as one text": {"arguments": V("s", "id")},
    "mounts without mode": {"mounts": V("a(ss)", [("/usr", "/x")])},
    "relative workspace": {"workspace": V("s", "project")},
    "workspace with ..": {"workspace": V("s", "/tmp/../etc")},
    "workspace with a double slash": {"workspace": V("s", "//tmp")},
    "workspace with a newline": {"workspace": V("s", "/tmp/a\nb")},
    "workspace too long": {"workspace": V("s", "/" + "a" * 5000)},
    "name with a control character": {"name": V("s", "a\x1b[31mb")},
    "name with a newline": {"name": V("s", "a\n")},
    "name like an option": {"name": V("s", "--rm")},
    "name like a path": {"name": V("s", "../x")},
    "name with a slash": {"name": V("s", "a/b")},
    "empty name": {"name": V("s", "")},
    "name too long": {"name": V("s", "a" * 65)},
    "name not in ASCII": {"name": V("s", "ä")},
    "no command": {"entrypoint": V("s", "")},
    "variable without a name": {"environment": V("a{ss}", {"": "x"})},
    "variable with = in its name": {"environment": V("a{ss}", {"A=B": "x"})},
    "unknown network": {"network": V("s", "offline")},
    "empty network": {"network": V("s", "")},
    "unknown privilege": {"allow": V("as", ["everything"])},
    "unknown limit": {"limits": V("a{ss}", {"disk": "1G"})},
    "mount without destination": {"mounts": mounts(("/usr", "", "ro"))},
    "mount to a relative path": {"mounts": mounts(("/usr", "usr", "ro"))},
    "mount of a relative path": {"mounts": mounts(("usr", "/x", "ro"))},
    "mount with an unknown mode": {"mounts": mounts(("/usr", "/x", "rwx"))},
    "mount with a double slash": {"mounts": mounts(("/usr", "//proc", "ro"))},
    "descriptor that is not there": {"stdin": V("h", 0)},
    "descriptor 42": {"stdout": V("h", 42)},
    "descriptor -7": {"stderr": V("h", -7)},
    "environment that is not there": {"environment-fd": V("h", 3)},
    "caller's environment that is not there": {"caller-environment-fd": V("h", -1)},
}


@pytest.mark.parametrize("options", BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_option(caller, options):
    _, error = caller.start(options)
    assert error == ERROR + "InvalidOption", caller.message
    assert "\x1b" not in caller.message and "\n" not in caller.message
    assert len(caller.message) < 6000


TOO_MUCH = {
    "arguments": {"arguments": V("as", ["x"] * 5000)},
    "bytes": {"arguments": V("as", ["x" * (3 << 20)])},
    "mounts": {"mounts": mounts(*[("/usr", f"/x{i}", "ro") for i in range(300)])},
}


@pytest.mark.parametrize("options", TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much(caller, options):
    _, error = caller.start(options)
    assert error in (ERROR + "LimitExceeded", ERROR + "InvalidOption"), caller.message


REFUSED_MOUNTS = {
    "the machine": mounts(("/", "/x", "ro")),
    "processes": mounts(("/proc", "/x", "ro")),
    "over /proc": mounts(("/usr", "/proc", "ro")),
    "into /dev": mounts(("/usr", "/dev/x", "ro")),
    "over our PID 1": mounts(("/usr", "/run/inner", "ro")),
    "nothing": mounts(("/no/such/directory", "/x", "ro")),
    "a device": mounts(("/dev/null", "/x", "ro")),
}


@pytest.mark.parametrize("rows", REFUSED_MOUNTS.values(), ids=REFUSED_MOUNTS)
def test_refused_mount(caller, rows):
    _, error = caller.start({"mounts": rows})
    assert error == ERROR + "MountRefused", caller.message


@pytest.mark.parametrize("path", ["/", "/usr", "/etc", "/no/such/directory", "/etc/passwd"])
def test_refused_workspace(caller, path):
    _, error = caller.start({"workspace": V("s", path), "confirm-workspace": V("b", True)})
    assert error == ERROR + "MountRefused", caller.message
    assert path in caller.message


def test_home_is_a_workspace_only_on_purpose(caller, bus):
    for confirmed in (False, True):
        _, error = caller.start(
            {"workspace": V("s", str(bus.home)), "confirm-workspace": V("b", confirmed)}
        )
        # Confirmed or not, the keys in it are not given away.
        assert error == ERROR + "MountRefused"


def test_key_twice(caller):
    builder = GLib.VariantBuilder(GLib.VariantType("a{sv}"))
    for value in (True, False):
        builder.add_value(V.new_dict_entry(V("s", "detach"), V("v", V("b", value))))
    _, error = caller.start(builder.end())
    assert error == ERROR + "InvalidOption"


@pytest.mark.parametrize(
    "profile",
    ["no-such-profile", "../shell", "shell\n", "-p", " ", "s" * 100_000, "shell/../shell", "\x1b[2J"],
    ids=lambda name: repr(name)[:20],
)
def test_unknown_profile(caller, profile):
    _, error = caller.start({}, profile=profile)
    assert error in (ERROR + "ProfileNotFound", ERROR + "InvalidOption")
    assert "\x1b" not in caller.message and len(caller.message) < 2000


@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/zero", "/usr", "/no/such/file.toml"])
def test_profile_that_is_none(caller, path):
    _, error = caller.start({}, profile=path)
    assert error in (ERROR + "ProfileNotFound", ERROR + "ProfileInvalid", ERROR + "ProfileUntrusted")


def test_stream_that_is_no_stream(caller):
    """Attacks 1 and 29: no terminal of the caller, and nothing to walk through the file system with."""
    master, terminal = pty.openpty()
    directory = os.open("/etc", os.O_RDONLY | os.O_DIRECTORY)
    bare = os.open("/etc/passwd", os.O_PATH)
    try:
        for fd in (terminal, master, directory, bare):
            for stream in ("stdin", "stdout", "stderr"):
                _, error = caller.start({stream: V("h", 0)}, fds=[fd])
                assert error == ERROR + "InvalidOption", caller.message
    finally:
        for fd in (master, terminal, directory, bare):
            os.close(fd)


def test_environment_that_is_no_file(caller):
    reader, writer = os.pipe()
    one, other = socket.socketpair()
    big = os.memfd_create("big")
    os.ftruncate(big, 1 << 32)
    broken = os.memfd_create("broken")
    os.write(broken, b"A=1\0B")
    try:
        for fd in (reader, one.fileno(), big):
            for option in ("environment-fd", "caller-environment-fd"):
                _, error = caller.start({option: V("h", 0)}, fds=[fd])
                assert error == ERROR + "InvalidOption", (fd, caller.message)
        _, error = caller.start({"environment-fd": V("h", 0)}, fds=[broken])
        assert error == ERROR + "InvalidOption", caller.message
    finally:
        for fd in (reader, writer, big, broken):
            os.close(fd)
        one.close()
        other.close()


def test_sixteen_descriptors_and_seventeen(caller):
    """The message bus lets sixteen through and closes the connection of who sends more (P27)."""
    with open("/dev/null", "rb") as null:
        fds = [null.fileno()] * 16
        value, error = caller.start({"stdin": V("h", 15)}, fds=fds)
        assert error is None, caller.message
        _, error = caller.start({"stdin": V("h", 16)}, fds=[*fds, null.fileno()])
        assert error is not None and not error.startswith(ERROR)
    assert caller.connection.is_closed()
    caller.connect()


def test_wrong_signature(caller):
    _, error = caller.call("Start", V("(s)", ("shell",)))
    assert error == "org.freedesktop.DBus.Error.InvalidArgs"
    _, error = caller.call("Start", V("(sa{ss})", ("shell", {})))
    assert error == "org.freedesktop.DBus.Error.InvalidArgs"


def test_what_is_not_there(caller):
    assert caller.call("NoSuchMethod", None)[1] == "org.freedesktop.DBus.Error.UnknownMethod"
    for path in ("/org/inner/Sandbox/instance/000000000000", "/org/inner/Sandbox/instance", "/"):
        _, error = caller.call("Wait", None, path=path, interface=NAME + ".Instance")
        assert error.startswith("org.freedesktop.DBus.Error.Unknown")


def test_properties_are_read_only(caller):
    _, error = caller.call("Set", V("(ssv)", (NAME, "Version", V("s", "9"))),
                           interface="org.freedesktop.DBus.Properties")
    assert error.startswith("org.freedesktop.DBus.Error.")
    _, error = caller.call("Get", V("(ss)", (NAME, "NoSuchProperty")),
                           interface="org.freedesktop.DBus.Properties")
    assert error == "org.freedesktop.DBus.Error.InvalidArgs"


@pytest.mark.parametrize("signal", [0, -1, 65, 2**31 - 1])
def test_signal_that_is_none(caller, signal):
    path = caller.start({"arguments": V("as", ["sleep 1000"])})[0][0]
    instance = NAME + ".Instance"
    _, error = caller.call("Kill", V("(i)", (signal,)), path=path, interface=instance)
    assert error == ERROR + "InvalidOption"
    assert caller.call("Kill", V("(i)", (9,)), path=path, interface=instance)[1] is None
    assert caller.call("Wait", None, path=path, interface=instance)[0][0]["reason"] == "stopped"


def test_caller_goes_while_its_call_is_answered(caller, bus):
    """Attacks 69 and 107: its sandbox ends with it, also one that was only being made."""
    for _ in range(10):
        other = Caller(bus)
        other.connection.call(
            NAME, "/org/inner/Sandbox", NAME, "Start",
            V("(sa{sv})", ("shell-oneshot", {"arguments": V("as", ["sleep 1000"])})), None,
            Gio.DBusCallFlags.NONE, TIMEOUT, None, None,
        )
        other.connection.flush_sync(None)
        other.connection.close_sync(None)


# The same through innerctl

@pytest.mark.parametrize(
    "arguments",
    [["-w", "/"], ["-w", "/etc/passwd"], ["-w", "/no/such/directory"],
     ["-m", "/usr"], ["-m", ""], ["-m", ":"], ["-m", "/usr:"], ["-m", ":/x"], ["-m", "/usr:/x:rwx"],
     ["-m", "/usr:/x:ro:more"], ["--timeout", "soon"], ["--timeout", "-1"], ["-e", "=x"], ["-e", ""],
     ["--name", "a\nb"], ["--name", "-x"], ["--network-mode", "maybe"], ["--allow", "everything"],
     ["--args-file", "/no/such/file"], ["--args-file", "/usr"], ["-p", ""]],
    ids=" ".join,
)
def test_bad_words(inner, arguments):
    result = inner.run("echo ran", *arguments)
    assert (result.returncode, result.stdout) == (125, b"")
    assert result.stderr.startswith(b"innerctl: ")
    assert len(result.stderr.splitlines()) <= 3


BAD_PROFILES = {
    "broken.toml": b'schema_version = "1"\n[sandbox\n',
    "unknown.toml": b'schema_version = "1"\n[sandbox]\nnetwrok = true\n',
    "type.toml": b'schema_version = "1"\n[sandbox]\nnetwork = "yes"\n',
    "nul.toml": b'schema_version = "1"\nname = "a\0b"\n',
    "latin.toml": b'schema_version = "1"\ndescription = "\xe4"\n',
    "deep.toml": b'schema_version = "1"\nx = ' + b"[" * 100_000,
    "big.toml": b'schema_version = "1"\n' + b"# padding\n" * 1_100_000,
    "broken.xml": b"<profile>",
    "bomb.xml": b'<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
                b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><p>&c;</p>',
    "external.xml": b'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>&x;</p>',
    "deep.xml": b"<a>" * 100_000,
}


@pytest.mark.parametrize("name", BAD_PROFILES)
def test_bad_profile(bus, name):
    folder = bus.home / ".config/inner/profiles"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(BAD_PROFILES[name])
    result = bus("run", "-p", name.split(".")[0])
    assert result.returncode == 125
    assert name.encode() in result.stderr
    assert b"root:" not in result.stderr
    # The others are there as before.
    assert bus.run("exit 3").returncode == 3
