# SPDX-License-Identifier: Apache-2.0
"""Attacks 114, 6 and 30: a secret that goes into a sandbox is in the environment of its commands and nowhere else: in no
argv, in no /proc/*/environ of service, supervisor, bubblewrap, PID 1 or helpers, in no file, log or answer."""

import os
import time
from pathlib import Path

import pytest
from conftest import descendants, eventually

SECRET = f"inner-secret-{os.getpid()}-4711"
NAMES = ("GIVEN", "PASSED", "INHERITED", "COMPOSED")
PROFILE = """
[sandbox]
home = "isolated"
network_mode = "off"
[env]
inherit = ["PATH", "INHERITED"]
set = { COMPOSED = "x-${INHERITED}-y" }
[noop]
block = ["apt"]
[git]
strip_sections = []
[entrypoint]
cmd = "sh"
args = ["-c"]
"""


def processes():
    """Of each process that we started: its name, argv and environment as others can read them."""
    for pid, name in descendants().items():
        for what in ("cmdline", "environ"):
            try:
                yield pid, name, what, Path(f"/proc/{pid}/{what}").read_bytes()
            except OSError:
                yield pid, name, what, b""


def glance(since):
    """The same, quickly, of every process after @since that may be looked at."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) > since:
            for what in ("environ", "cmdline"):
                try:
                    # A process between its start and its exec has another name before than after.
                    name = Path("/proc", entry, "comm").read_text().strip()
                    data = Path("/proc", entry, what).read_bytes()
                    if SECRET.encode() in data and Path("/proc", entry, "comm").read_text().strip() == name:
                        yield name, what
                except OSError:
                    pass


@pytest.fixture
def profile(inner):
    return inner.profile("secrets", PROFILE)


def options(profile):
    return ["run", "-p", profile, "-e", "PASSED", "-e", "UNSET", "--arg"]


ENV = {"INHERITED": SECRET, "PASSED": SECRET, "BYSTANDER": SECRET}


def test_it_is_there(inner, profile):
    """The control: inside they are set, and the others are not, nor set to nothing."""
    done = inner(*options(profile), "env", env=ENV)
    lines = done.stdout.decode().splitlines()
    assert {f"INHERITED={SECRET}", f"PASSED={SECRET}", f"COMPOSED=x-{SECRET}-y"} <= set(lines)
    assert not [line for line in lines if line.startswith(("BYSTANDER", "UNSET"))]


def test_nobody_else_has_it(inner, profile):
    ready = inner.work / "ready"
    client = inner.popen(*options(profile), "touch ready; exec sleep 1000", env=ENV)
    try:
        assert eventually(ready.exists)
        # innerctl has it from the person, and the command inside is who gets it.
        seen = [(pid, name, what) for pid, name, what, data in processes()
                if SECRET.encode() in data and name not in ("innerctl", "sleep")]
        assert seen == []
        names = {name for _, name, _, _ in processes()}
        assert {"innerctl", "inner-superviso", "bwrap", "sleep"} <= names, names
        assert any(data and name == "bwrap" and what == "cmdline" for _, name, what, data in processes())
        for path in [*inner.root.rglob("*"), *Path("/tmp").glob("inner-*")]:
            if path.is_file() and not path.is_symlink() and os.access(path, os.R_OK):
                assert SECRET.encode() not in path.read_bytes(), path
        listed = inner("ps", "--json")
        assert SECRET.encode() not in listed.stdout
    finally:
        client.terminate()
        client.wait(20)


def test_while_it_starts(inner, profile):
    """bubblewrap, init and helpers live for milliseconds: looked at without a pause while ten sandboxes start."""
    seen = set()
    looks = 0
    for _ in range(10):
        client = inner.popen(*options(profile), "true", env=ENV)
        while client.poll() is None:
            looks += 1
            seen |= set(glance(client.pid - 1))
        assert client.returncode == 0
    # The client itself, its children before their exec, and the command.
    assert looks > 5 and ("innerctl", "environ") in seen
    assert {name for name, what in seen if what == "environ"} <= {"innerctl", "sh", "true"}, seen
    assert not [pair for pair in seen if pair[1] == "cmdline"], seen


def test_no_process_inside_shows_it(inner, profile):
    """Every process inside is a command that has it on purpose, except those of ours."""
    script = ("for p in /proc/[0-9]*; do read -r name < $p/comm; case $name in inner-*) "
              "cat $p/environ $p/cmdline 2>/dev/null;; esac; done; tr '\\0' ' ' < /proc/1/cmdline 2>/dev/null; true")
    done = inner(*options(profile), script, env=ENV)
    assert done.returncode == 0, done.stderr
    assert SECRET.encode() not in done.stdout


def test_nothing_printed_has_it(inner, profile):
    for how in (["-n"], ["-n", "--json"], ["-n", "--format", "bwrap"]):
        done = inner(*options(profile), "true", *how, env=ENV)
        assert done.returncode == 0, done.stderr
        assert SECRET.encode() not in done.stdout + done.stderr
    failed = inner("run", "-p", profile, "-e", "PASSED", "--entrypoint", "/nonexistent/x", env=ENV)
    assert failed.returncode == 127
    assert SECRET.encode() not in failed.stdout + failed.stderr
    log = inner.log.read_bytes() if inner.log.exists() else b""
    assert SECRET.encode() not in log


def test_no_core_dump(inner, profile):
    """A crash leaves nothing with the secret behind."""
    begin = time.time()
    done = inner(*options(profile), "ulimit -c; ulimit -c unlimited 2>/dev/null; ulimit -c; kill -SEGV $$", env=ENV)
    assert done.returncode == 128 + 11, done
    assert done.stdout.split() == [b"0", b"0"], done
    assert not [path for path in inner.work.rglob("*") if path.stat().st_mtime > begin - 1]


def test_variables_reach_no_helper(inner, profile):
    """Attack 30: what runs on the host for the sandbox, such as git, does not see the caller's variables."""
    marker = inner.root / "marker"
    (inner.home / ".gitconfig").write_text("[user]\n\tname = Ada\n")
    env = {**ENV, "GIT_TRACE": str(marker), "GIT_TRACE2": str(marker), "LD_DEBUG": "all", "LD_DEBUG_OUTPUT": str(marker),
           "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Evil", "GIT_EXEC_PATH": "/nonexistent"}
    done = inner(*options(profile), "git config --global user.name", env=env)
    assert done.stdout == b"Ada\n", done
    assert not marker.exists()
    # The loader says something about innerctl only; a helper would have a file of its own.
    for path in inner.root.glob("marker.*"):
        assert b"/git" not in path.read_bytes().split(b"\n")[0]
        text = path.read_bytes()
        assert b"calling init: /usr/bin/git" not in text and b"program: /usr/bin/git" not in text
