# SPDX-License-Identifier: Apache-2.0
"""Machines that lack something a sandbox needs: the run fails with one sentence that says what to do,
and leaves nothing behind. Root breaks the machine for one process tree only, in namespaces, and an
ordinary user makes the call there."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import ordinary_user
import pytest

from conftest import PATIENCE, PREFIX, eventually, one_sentence
from ordinary_user import OrdinaryUser

pytestmark = pytest.mark.skipif(bool(ordinary_user.WHY_NOT), reason=ordinary_user.WHY_NOT)

LIBEXEC = PREFIX / "libexec/inner"


@pytest.fixture
def person():
    person = OrdinaryUser()
    yield person
    person.close()


@contextlib.contextmanager
def namespaces(with_user_namespace):
    """Gives a command that runs the rest of its line in namespaces of its own."""
    if not with_user_namespace:
        yield ["unshare", "--mount"]
        return
    with subprocess.Popen(["unshare", "--user", "--mount", "sleep", "1000"]) as holder:
        outside = os.readlink("/proc/self/ns/user")
        assert eventually(lambda: os.readlink(f"/proc/{holder.pid}/ns/user") != outside)
        # Everybody is in it; without that, what root owns would be nobody's there.
        for which in ("uid", "gid"):
            Path(f"/proc/{holder.pid}/{which}_map").write_text("0 0 65536")
        yield ["nsenter", "--user", "--mount", f"--target={holder.pid}"]
        holder.kill()


def run(person, breakage, user_namespace=False, words=("run", "-p", "shell-oneshot", "--arg", "exit 3")):
    with namespaces(user_namespace) as enter:
        return subprocess.run(
            [*enter, "sh", "-euc", f'{breakage}; cd "$0"; exec "$@"', person.work, *person.command(*words)],
            env=person.env, capture_output=True, stdin=subprocess.DEVNULL, timeout=60 * PATIENCE,
        )


@pytest.mark.parametrize("user_namespace", [False, True])
def test_the_namespaces_themselves_do_no_harm(person, user_namespace):
    result = run(person, "true", user_namespace)
    assert result.returncode == 3, result.stderr


def test_bubblewrap_is_missing(person):
    keep = person.root / "bin"
    keep.mkdir()
    breakage = (f"cp /usr/bin/setpriv {keep}; mount --bind {keep} /usr/bin; "
                f"test ! -e /usr/bin/bwrap")
    sentence = one_sentence(result := run(person, breakage))
    assert result.returncode == 125
    assert "/usr/bin/bwrap" in sentence and "install" in sentence


def test_bubblewrap_cannot_be_run(person):
    sentence = one_sentence(result := run(person, "mount --bind /dev/null /usr/bin/bwrap"))
    assert result.returncode == 125
    assert "bwrap" in sentence


def test_user_namespaces_are_forbidden(person):
    breakage = "echo 0 > /proc/sys/user/max_user_namespaces"
    sentence = one_sentence(result := run(person, breakage, user_namespace=True))
    assert result.returncode == 125
    assert "namespace" in sentence and "innerctl doctor" in sentence


@pytest.mark.parametrize("program", ["inner-supervisor", "inner-init", "inner-sandboxd"])
def test_a_program_of_ours_is_missing(person, program):
    result = run(person, f"mount --bind /dev/null {LIBEXEC / program}")
    assert result.returncode == 125
    assert program in one_sentence(result)


def test_a_full_disk_costs_the_record_and_not_the_run(person):
    state = Path(person.env["HOME"]) / ".local/state"
    owner = os.stat(person.env["HOME"])
    breakage = (f"mkdir -p {state}; mount -t tmpfs -o size=256k,mode=700,uid={owner.st_uid},gid={owner.st_gid} none {state}; "
                "trap 'cat \"$1\"/inner/runs/*/events.ndjson >&2' EXIT" .replace("$1", str(state).replace('"', "")))
    words = ("run", "-p", "shell-oneshot", "--arg", "head -c 1000000 /dev/zero; exit 3")
    with namespaces(False) as enter:
        result = subprocess.run(
            [*enter, "sh", "-euc", f'{breakage}; cd "$0"; code=0; "$@" || code=$?; exit $code', person.work,
             *person.command(*words)],
            env=person.env, capture_output=True, stdin=subprocess.DEVNULL, timeout=60 * PATIENCE)
    assert (result.returncode, len(result.stdout)) == (3, 1000000), result.stderr
    events = [json.loads(line) for line in result.stderr.decode().splitlines()]
    assert [event["event"] for event in events] == ["planned", "started", "loss", "ended"], events
    assert events[2]["part"] == "output" and "space" in events[2]["error"]


def without(*paths):
    """Nobody can run, or read anything from, what a null device covers."""
    return "; ".join(f"test ! -e {path} || mount --bind /dev/null {path}" for path in paths)


AGENT_HELPERS = ["/usr/lib/polkit-1/polkit-agent-helper-1", "/usr/lib/policykit-1/polkit-agent-helper-1",
                 "/usr/libexec/polkit-agent-helper-1", "/run/polkit/agent-helper.socket"]
CGROUPS = "mount -t tmpfs none /sys/fs/cgroup; echo %s > /sys/fs/cgroup/cgroup.controllers"

# check: how it is broken, whether in a user namespace of its own, its status then, a word of the remedy
FAULTS = [
    ("bwrap", without("/usr/bin/bwrap"), False, "missing", "bubblewrap"),
    ("namespaces", "echo 0 > /proc/sys/user/max_user_namespaces", True, "missing", "user.max_user_namespaces"),
    ("programs", without(LIBEXEC / "inner-init"), False, "missing", "install"),
    ("seccomp", without("/proc/sys/kernel/seccomp/actions_avail"), False, "missing", "CONFIG_SECCOMP_FILTER"),
    ("cgroups", CGROUPS % "cpu memory", False, "degraded", "unified"),
    ("policy", "mount -t tmpfs none /usr/share/polkit-1", False, "degraded", "polkit-1/actions"),
    ("polkit-agent", without(*AGENT_HELPERS), False, "degraded", "polkit"),
    ("xdg-dbus-proxy", without("/usr/bin/xdg-dbus-proxy"), False, "degraded", "xdg-dbus-proxy"),
    ("git", without("/usr/bin/git"), False, "degraded", "git"),
    ("subordinate-ids", without("/etc/subuid"), False, "degraded", "usermod --add-subuids"),
    ("disk", "mount -t tmpfs -o size=1m,mode=777 none $HOME", False, "degraded", "make room"),
]


@pytest.mark.parametrize("name, breakage, user_namespace, status, remedy", FAULTS, ids=[row[0] for row in FAULTS])
def test_the_doctor_sees(person, name, breakage, user_namespace, status, remedy):
    if name in ("disk",):
        breakage = breakage.replace("$HOME", person.env["HOME"])
    result = run(person, breakage, user_namespace, ("doctor", "--json"))
    check = next(check for check in json.loads(result.stdout) if check["id"] == name)
    assert check["status"] == status and remedy in check["remedy"], check
    assert result.returncode == (1 if check["required"] else 0)


def test_the_doctor_sees_cgroups(person):
    result = run(person, CGROUPS % "cpuset cpu io memory pids", words=("doctor", "--json"))
    assert next(check for check in json.loads(result.stdout) if check["id"] == "cgroups")["status"] == "ok"
