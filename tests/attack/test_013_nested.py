# SPDX-License-Identifier: Apache-2.0
"""What a sandbox with the privilege “nested-user-ns” gets, and what it does not: attacks 4, 13, 14, 19 and 22."""

import os
import pwd
import shutil
import subprocess

import pytest

from conftest import Inner, one_sentence

USER = pwd.getpwuid(os.getuid()).pw_name
ALLOW = ["--allow", "nested-user-ns"]


def why_not():
    if shutil.which("newuidmap") is None:
        return "newuidmap is not installed"
    for file in ("/etc/subuid", "/etc/subgid"):
        if not any(line.startswith(f"{USER}:") for line in open(file, encoding="utf-8")):
            return f"{file} has no range for {USER}"
    return ""


needs_ids = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture
def person(sandboxes_possible):
    person = Inner("private", polkit="allow")
    yield person
    person.close()


@needs_ids
def test_namespaces(person):
    script = "unshare -Ur id -u; unshare -Urm sh -c 'mount -t tmpfs none /tmp && echo mounted'"
    done = person.run(script, *ALLOW)
    assert done.stdout.decode().split() == ["0", "mounted"], done
    (asked,) = person.asked_polkit()
    assert asked["action"] == "org.inner.sandbox.nested-user-ns"
    # Without it neither.
    done = person.run(script)
    assert b"mounted" not in done.stdout and b"0" not in done.stdout.split()


@needs_ids
def test_users(person):
    """Those of /etc/subuid and no others: everybody outside is nobody inside."""
    done = person.run("cat /proc/self/uid_map; stat -c %u /usr; grep -h ^Cap /proc/self/status", *ALLOW)
    lines = done.stdout.decode().splitlines()
    maps = [tuple(map(int, line.split())) for line in lines[:3]]
    ranges = [tuple(map(int, line.split(":")[1:3])) for line in open("/etc/subuid") if line.startswith(f"{USER}:")]
    start, count = max(ranges, key=lambda r: r[1])
    outside = sorted((o, o + n) for _, o, n in maps)
    assert (os.getuid(), os.getuid() + 1) in outside
    assert all(o == os.getuid() or start <= o < end <= start + count for o, end in outside)
    assert lines[3] == "65534"
    # setuid and setgid in the sandbox's own namespace, and nothing else.
    assert {line.split()[1] for line in lines[4:]} == {"00000000000000c0"}, lines


@needs_ids
@pytest.mark.parametrize("prefix", ["", "unshare -Ur "])
def test_pid_1_stays_closed(person, prefix):
    """Attacks 4 to 7, also for who is root of a namespace of its own."""
    probe = ("import ctypes, os\n"
             "c = ctypes.CDLL(None, use_errno=True)\n"
             "print(c.ptrace(16, 1, 0, 0), ctypes.get_errno())\n"
             "for name in ('mem', 'environ', 'root/etc/shadow', 'fd/3'):\n"
             "    try: open(f'/proc/1/{name}', 'rb').read(1); print('opened', name)\n"
             "    except OSError as e: print(name, e.errno)\n")
    (person.work / "probe.py").write_text(probe)
    done = person.run(f"{prefix}/usr/bin/python3 probe.py", "-w", person.work, *ALLOW)
    assert done.stdout.startswith(b"-1 ") and b"opened" not in done.stdout, done


@needs_ids
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of system calls are those of x86_64")
@pytest.mark.parametrize("number,name", [(425, "io_uring_setup"), (321, "bpf"), (323, "userfaultfd"), (250, "keyctl"),
                                         (298, "perf_event_open"), (175, "init_module"), (304, "open_by_handle_at")])
def test_the_rest_of_the_filter_stays(person, number, name):
    call = (f"import ctypes; c = ctypes.CDLL(None, use_errno=True); r = c.syscall({number}, 0, 0, 0, 0, 0); "
            "print(r, ctypes.get_errno())")
    done = person.run(f'/usr/bin/python3 -c "{call}"', *ALLOW)
    assert done.stdout == b"-1 1\n", (name, done)


@needs_ids
def test_read_only_stays_read_only(person):
    """What is locked in the outer namespace cannot be unlocked in an inner one."""
    script = """unshare -Urm sh -c '
        mount -o remount,bind,rw /usr 2>/dev/null && echo remounted
        umount /usr 2>/dev/null && echo unmounted
        touch /usr/evil 2>/dev/null && echo written
        mount --bind /usr /mnt 2>/dev/null; mount -o remount,bind,rw /mnt 2>/dev/null && touch /mnt/evil && echo bound
        echo done'"""
    done = person.run(script, *ALLOW)
    assert done.stdout == b"done\n", done
    assert not os.path.exists("/usr/evil")


# The chain of attack 14: a private tree in a nested namespace, everything above the guard detached, and the place
# below it written through a directory that was kept open.
DETACH = r"""
import ctypes, os, sys
c = ctypes.CDLL(None, use_errno=True)
uid, gid = os.getuid(), os.getgid()
assert c.unshare(0x10000000 | 0x00020000) == 0, ctypes.get_errno()
open("/proc/self/setgroups", "w").write("deny")
open("/proc/self/uid_map", "w").write(f"0 {uid} 1")
open("/proc/self/gid_map", "w").write(f"0 {gid} 1")
c.mount(None, b"/", None, 1 << 18 | 1 << 14, None)
kept = os.open("/workspace/.git", os.O_RDONLY | os.O_DIRECTORY)
os.makedirs("/tmp/new/old")
c.mount(b"none", b"/tmp/new", b"tmpfs", 0, None)
os.makedirs("/tmp/new/old", exist_ok=True)
c.syscall(155, b"/tmp/new", b"/tmp/new/old")
os.chdir("/")
c.umount2(b"/old", 2)
try:
    fd = os.open("hooks/pre-commit", os.O_WRONLY | os.O_CREAT, 0o755, dir_fd=kept)
    os.write(fd, b"evil")
    print("written")
except OSError as error:
    print(error.errno)
"""


@needs_ids
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of system calls are those of x86_64")
def test_what_is_planted_is_taken_back(person):
    """Attack 14. With this privilege the kernel's locks are the only ones left on mounts; whatever gets past
    them is found and taken back when the sandbox ends."""
    subprocess.run(["git", "init", "-q", person.work], check=True)
    (person.work / "detach.py").write_text(DETACH)
    done = person.run("/usr/bin/python3 detach.py", "-w", person.work, *ALLOW)
    assert done.stdout, done
    assert not (person.work / ".git/hooks/pre-commit").exists()
    if b"written" in done.stdout:
        assert b"pre-commit" in done.stderr


@needs_ids
def test_exec_has_the_same(person):
    started = person("run", "-d", "--name", "n", "-p", "shell-oneshot", *ALLOW, "--arg", "sleep 100")
    assert started.returncode == 0, started
    done = person("exec", "n", "--", "unshare", "-Ur", "id", "-u")
    assert done.stdout == b"0\n", done
    assert person("stop", "n").returncode == 0


@pytest.mark.skipif(not why_not(), reason="this user has subordinate ids")
def test_without_subordinate_ids(person):
    done = person.run("true", *ALLOW)
    assert done.returncode == 125
    assert "--add-subuids" in one_sentence(done) or "newuidmap" in one_sentence(done)
    assert person.asked_polkit() == []
