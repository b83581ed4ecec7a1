# SPDX-License-Identifier: Apache-2.0
"""What may lie in a directory of profiles, or be given as the name of one: over D-Bus and through
innerctl, each with the whole sentence that a person gets."""

import json
import os
import socket

import pytest
from caller import ERROR, V, caller  # noqa: F401 (a fixture)
from conftest import one_sentence

KIB = 1024
NOT_A_NAME = ("“{}” cannot be the name of a profile; give a name without “/”, “..” and control characters, "
              "or an absolute path")
NO_FILE = "There is no file “{}”; give the path of a profile, or a name from “innerctl profile list”"
NOT_READABLE = "This cannot be read: Permission denied; make it readable or remove it"
TOO_LARGE = "The document is larger than 1024 KiB; a profile is much shorter"
ODD_DIRECTORY = ("A directory on the way here has a name that is not UTF-8 or has control characters; "
                 "rename it")


def profiles_of(person):
    folder = person.home / ".config/inner/profiles"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def make_socket(path):
    # The path in a socket's address is short: bound from within its directory.
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def make_unreadable(path):
    path.write_text("description = 'secret'\n")
    path.chmod(0)


# What lies there under the name of a profile, and what is said about it.
KINDS = {
    "fifo": (os.mkfifo, "This is a named pipe; a profile must be a regular file"),
    "socket": (make_socket, "This is a socket; a profile must be a regular file"),
    "directory": (os.mkdir, "This is a directory; give the path of a profile in it"),
    "link": (lambda path: path.symlink_to("/etc/passwd"),
             "This is a symbolic link; put the file itself here, or extend it by its path"),
    "dangling": (lambda path: path.symlink_to("/no/such/file"),
                 "This is a symbolic link; put the file itself here, or extend it by its path"),
    "loop": (lambda path: path.symlink_to(path.name),
             "This is a symbolic link; put the file itself here, or extend it by its path"),
    "unreadable": (make_unreadable, NOT_READABLE),
    "large": (lambda path: path.write_bytes(b"#" * (KIB * KIB + 1)), TOO_LARGE),
    "sparse": (lambda path: path.touch() or os.truncate(path, 1 << 40), TOO_LARGE),
    "not-text": (lambda path: path.write_bytes(b"#\n\xff"),
                 "2:1: The document is not UTF-8 from here on; save it as UTF-8 text"),
}


def put(folder, kind, end=".toml"):
    """Makes the file and gives its path and the whole sentence about it."""
    if kind == "unreadable" and os.getuid() == 0:
        pytest.skip("root can read every file")
    path = folder / (kind + end)
    make, sentence = KINDS[kind]
    make(path)
    return path, f"{path}:{'' if sentence[0].isdigit() else '1:1: '}{sentence}"


@pytest.mark.parametrize("end", [".toml", ".xml"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_profile_in_the_users_directory(inner, kind, end):
    path, sentence = put(profiles_of(inner), kind, end)
    for command in (["profile", "show", kind], ["run", "-p", kind], ["run", "-n", "-p", path],
                    ["profile", "show", path]):
        result = inner(*command)
        assert result.returncode == 125
        assert one_sentence(result) == f"innerctl: {sentence}"

    listed = {entry["name"]: entry for entry in json.loads(inner("profile", "list", "--json").stdout)}
    assert listed[kind]["error"] == sentence
    assert listed[kind]["trusted"] is False and "description" not in listed[kind]
    assert "error" not in listed["shell"]
    assert inner.run("exit 3").returncode == 3


@pytest.mark.parametrize("kind", KINDS)
def test_no_profile_over_dbus(caller, bus, kind):
    path, sentence = put(profiles_of(bus), kind)
    for method in ("DescribeProfile", "Plan", "Start"):
        for name in (kind, str(path)):
            _, error = caller.call(method, V("(sa{sv})", (name, {})))
            assert (error, caller.message) == (ERROR + "ProfileInvalid", sentence)
    issues, error = caller.call("ValidateProfile", V("(sa{sv})", (kind, {})))
    assert error is None and len(issues[0]) == 1
    issue = issues[0][0]
    assert issue["severity"] == "error"
    assert f"{issue['path']}:{issue['line']}:{issue['column']}: {issue['message']}" == sentence


@pytest.mark.parametrize("kind", KINDS)
def test_no_profile_in_a_project(inner, kind):
    """It hangs nothing, hides what has its name below it, and nothing else."""
    folder = inner.work / ".inner/profiles"
    folder.mkdir(parents=True)
    path, sentence = put(folder, kind)
    path.rename(folder / "shell.toml")
    sentence = sentence.replace(str(path), str(folder / "shell.toml"))
    assert one_sentence(inner("run", "-p", "shell")) == f"innerctl: {sentence}"
    assert inner.run("exit 3").returncode == 3


def test_one_megabyte(inner):
    """As large as it may be, by the byte, in both notations."""
    folder = profiles_of(inner)
    head, foot = b"extends = 'shell-oneshot'\n", b"\n[entrypoint]\nargs = ['-c', 'exit 7']\n"
    xml_head = b"<profile><extends><profile>shell-oneshot</profile></extends><!--"
    xml_foot = b"--><entrypoint><args><arg>-c</arg><arg>exit 7</arg></args></entrypoint></profile>"
    (folder / "a.toml").write_bytes(head + b"#" * (KIB * KIB - len(head + foot)) + foot)
    (folder / "b.xml").write_bytes(xml_head + b" " * (KIB * KIB - len(xml_head + xml_foot)) + xml_foot)
    for name in ("a", "b"):
        assert inner("run", "-p", name).returncode == 7
    with (folder / "a.toml").open("ab") as file:
        file.write(b"#")
    assert one_sentence(inner("run", "-p", "a")) == f"innerctl: {folder}/a.toml:1:1: {TOO_LARGE}"


def test_a_thousand_profiles(inner):
    folder = profiles_of(inner)
    for number in range(1000):
        (folder / f"p{number}.toml").write_text(f"extends = 'shell-oneshot'\ndescription = 'number {number}'\n")
    listed = {entry["name"]: entry for entry in json.loads(inner("profile", "list", "--json").stdout)}
    for number in range(1000):
        assert listed[f"p{number}"]["description"] == f"number {number}"
    assert len(inner("profile", "list").stdout.splitlines()) == len(listed) + 1
    assert inner("run", "-p", "p999", "--arg", "exit 5").returncode == 5
    assert one_sentence(inner("profile", "show", "p1000")) == \
        "innerctl: There is no profile “p1000”; did you mean “p100”?"


def test_a_base_vanishes(inner):
    """Between the list and the start, and back again."""
    folder = profiles_of(inner)
    base = inner.home / "base.toml"
    base.write_text("extends = 'shell-oneshot'\n[entrypoint]\nargs = ['-c', 'exit 7']\n")
    (folder / "x.toml").write_text("description = 'x'\nextends = '~/base.toml'\n")
    listed = {entry["name"]: entry for entry in json.loads(inner("profile", "list", "--json").stdout)}
    assert "error" not in listed["x"]

    base.rename(inner.home / "aside.toml")
    sentence = f"{folder}/x.toml:2:11: There is no file “~/base.toml” to extend; correct its path"
    result = inner("run", "-p", "x")
    assert (result.returncode, one_sentence(result)) == (125, f"innerctl: {sentence}")
    base.mkdir()
    assert one_sentence(inner("run", "-p", "x")) == \
        f"innerctl: {base}:1:1: This is a directory; give the path of a profile in it"
    base.rmdir()

    (folder / "x.toml").write_text("extends = 'base'\n")
    (inner.home / "aside.toml").rename(folder / "base.toml")
    assert inner("run", "-p", "x").returncode == 7
    (folder / "base.toml").unlink()
    assert one_sentence(inner("run", "-p", "x")) == (
        f"innerctl: {folder}/x.toml:1:11: There is no profile “base” to extend among those of the user, the "
        "system and Inner; give its path if it lies elsewhere")


def test_a_base_that_cannot_be_read(inner):
    folder = profiles_of(inner)
    path, sentence = put(folder, "unreadable")
    (folder / "x.toml").write_text("extends = 'unreadable'\n")
    assert one_sentence(inner("run", "-p", "x")) == f"innerctl: {sentence}"


# A name, and how a sentence shows it.
NAMES = {
    "..": "..", ".": ".", "a..b": "a..b", ".hidden": ".hidden", "a\\b": "a\\b", "a\nb": "a\\x0ab",
    "\x1b[2Jshell": "\\x1b[2Jshell", "qqqq\x7f": "qqqq\\x7f", "\x9bm": "\\u009bm", "-": None,
}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_no_name_through_innerctl(inner, name):
    profiles_of(inner)
    (profiles_of(inner) / ".hidden.toml").write_text("")
    expected = f"There is no profile “{name}”; “innerctl profile list” shows those there are" \
        if NAMES[name] is None else NOT_A_NAME.format(NAMES[name])
    for command in (["profile", "show", name], ["run", f"--profile={name}"]):
        result = inner(*command)
        assert (result.returncode, one_sentence(result)) == (125, f"innerctl: {expected}")


@pytest.mark.parametrize("name", [*NAMES, "a/b", "../shell", "./qqqq", "qqqq/", "~/shell.toml", "x" * 129],
                         ids=lambda name: ascii(name)[:20])
def test_no_name_over_dbus(caller, bus, name):
    """Paths begin with a slash here: a name is never one."""
    (bus.work / "shell.toml").write_text("")
    shown = NAMES.get(name, name)
    expected = f"There is no profile “{name}”; “innerctl profile list” shows those there are" \
        if shown is None else NOT_A_NAME.format(shown)
    options = {"directory": V("s", str(bus.work))}
    for method in ("DescribeProfile", "ValidateProfile"):
        _, error = caller.call(method, V("(sa{sv})", (name, options)))
        assert (error, caller.message) == (ERROR + "ProfileNotFound", expected)
    for method in ("Plan", "Start"):
        _, error = caller.call(method, V("(sa{sv})", (name, {})))
        assert (error, caller.message) == (ERROR + "ProfileNotFound", expected)


@pytest.mark.parametrize("word, path", [
    ("../x.toml", "{root}/x.toml"), ("./a/../b.toml", "{work}/b.toml"), ("x/y", "{work}/x/y"),
    ("~/x.toml", "{home}/x.toml"), ("./\x1b[2J.toml", "{work}/\\x1b[2J.toml"), ("//x.toml", "/x.toml"),
])
def test_no_file(inner, word, path):
    path = path.format(root=inner.root, work=inner.work, home=inner.home)
    result = inner("profile", "show", word)
    assert (result.returncode, one_sentence(result)) == (125, "innerctl: " + NO_FILE.format(path))


@pytest.mark.parametrize("path", ["/", "/etc/passwd", "/dev/zero", "/usr"])
def test_no_document(inner, path):
    result = inner("profile", "show", path)
    assert (result.returncode, one_sentence(result)) == \
        (125, f"innerctl: {path}:1:1: The name of a profile's file ends in “.toml” or “.xml”")


def test_name_that_is_not_utf8(inner):
    result = inner("profile", "show", os.fsdecode(b"\xff"))
    assert (result.returncode, one_sentence(result)) == (125, "innerctl: “\\xff”: this is not UTF-8")


@pytest.mark.parametrize("name", [b"d\xff", b"d\x1b[2J", b"d\n"], ids=repr)
def test_link_to_a_directory_of_any_name(inner, name):
    """What cannot be said over D-Bus ended the service when it listed the profiles there. The same for
    the files of a configuration."""
    work = os.fsencode(inner.work)
    target = os.path.join(work, name)
    os.mkdir(target)
    for file in (b"planted.toml", b"config.toml"):
        with open(os.path.join(target, file), "w") as document:
            document.write("")
    os.mkdir(os.path.join(work, b".inner"))
    os.symlink(target, os.path.join(work, b".inner", b"profiles"))
    os.mkdir(os.path.join(work, b".config"))
    os.symlink(target, os.path.join(work, b".config", b"inner"))
    shown = str(inner.work) + "/" + {b"d\xff": "d\\xff", b"d\x1b[2J": "d\\x1b[2J", b"d\n": "d\\x0a"}[name]

    listed = {entry["name"]: entry for entry in json.loads(inner("profile", "list", "--json").stdout)}
    assert listed["planted"]["error"] == f"{shown}/planted.toml:1:1: {ODD_DIRECTORY}"
    assert listed["planted"]["trusted"] is False
    for command in (["profile", "list"], ["profile", "list", "--wide"], ["config", "show"],
                    ["config", "show", "--json"]):
        result = inner(*command)
        assert (result.returncode, b"\x1b" in result.stdout + result.stderr) == (0, False)
    for command in (["profile", "show", "planted"], ["run", "-p", "planted"],
                    ["profile", "show", ".inner/profiles/planted.toml"]):
        result = inner(*command)
        last = result.stderr.decode().splitlines()[-1]
        assert (result.returncode, last) == (125, f"innerctl: {shown}/planted.toml:1:1: {ODD_DIRECTORY}")
    (profiles_of(inner) / "x.toml").write_text(f"extends = '{inner.work}/.inner/profiles/planted.toml'\n")
    assert ODD_DIRECTORY in inner("run", "-p", "x").stderr.decode()
    assert inner.run("exit 3").returncode == 3
