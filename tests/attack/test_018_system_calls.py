# SPDX-License-Identifier: Apache-2.0
"""Attacks 1, 13, 15, 16, 18, 19, 21, 22, 25 and 78: system calls that no command needs, by their numbers, so
that no library stands in between."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86-64")

EPERM, ENOSYS = 1, 38

# name: (number, arguments, the error that says that the filter refused it)
CALLS = {
    "ioctl TIOCSTI": (16, (0, 0x5412, b"x"), EPERM),
    "ioctl TIOCSTI with more bits": (16, (0, 0x1_0000_5412, b"x"), EPERM),
    "ioctl TIOCLINUX": (16, (0, 0x541C, b"\3"), EPERM),
    "unshare user": (272, (0x10000000,), EPERM),
    "unshare nothing": (272, (0,), EPERM),
    "setns": (308, (0, 0), EPERM),
    "clone user": (56, (0x10000000 | 17, 0, 0, 0, 0), EPERM),
    "clone mount": (56, (0x00020000 | 17, 0, 0, 0, 0), EPERM),
    "clone net": (56, (0x40000000 | 17, 0, 0, 0, 0), EPERM),
    "clone3": (435, (b"\0" * 88, 88), ENOSYS),
    "mount": (165, (b"x", b"/tmp", b"tmpfs", 0, 0), EPERM),
    "umount2": (166, (b"/tmp", 2), EPERM),
    "pivot_root": (155, (b".", b"."), EPERM),
    "chroot": (161, (b"/",), EPERM),
    "open_tree": (428, (-100, b"/", 1), ENOSYS),
    "move_mount": (429, (-100, b"/", -100, b"/", 0), ENOSYS),
    "fsopen": (430, (b"tmpfs", 0), ENOSYS),
    "fsconfig": (431, (0, 0, 0, 0, 0), ENOSYS),
    "fsmount": (432, (0, 0, 0), ENOSYS),
    "fspick": (433, (-100, b"/", 0), ENOSYS),
    "mount_setattr": (442, (-100, b"/", 0, b"\0" * 32, 32), ENOSYS),
    "open_tree_attr": (467, (-100, b"/", 1, b"\0" * 32, 32), ENOSYS),
    "a call of the future": (999, (), ENOSYS),
    "add_key": (248, (b"user", b"k", b"v", 1, -3), EPERM),
    "request_key": (249, (b"user", b"k", 0, -3), EPERM),
    "keyctl read": (250, (11, -3, 0, 0), EPERM),
    "keyctl join": (250, (1, 0), EPERM),
    "bpf": (321, (0, b"\0" * 64, 64), EPERM),
    "perf_event_open": (298, (b"\0" * 128, 0, -1, -1, 0), EPERM),
    "userfaultfd": (323, (0,), EPERM),
    "io_uring_setup": (425, (1, b"\0" * 120), EPERM),
    "io_uring_enter": (426, (0, 0, 0, 0, 0), EPERM),
    "io_uring_register": (427, (0, 0, 0, 0), EPERM),
    "fanotify_init": (300, (0, 0), EPERM),
    "name_to_handle_at": (303, (-100, b"/", b"\0" * 64, b"\0" * 8, 0), EPERM),
    "open_by_handle_at": (304, (-100, b"\0" * 64, 0), EPERM),
    "init_module": (175, (b"", 0, b""), EPERM),
    "finit_module": (313, (0, b"", 0), EPERM),
    "delete_module": (176, (b"x", 0), EPERM),
    "kexec_load": (246, (0, 0, 0, 0), EPERM),
    "kexec_file_load": (320, (0, 0, 0, b"", 0), EPERM),
    "syslog": (103, (3, b"\0" * 8, 8), EPERM),
    "reboot": (169, (0, 0, 0, 0), EPERM),
    "swapon": (167, (b"/x", 0), EPERM),
    "acct": (163, (0,), EPERM),
    "quotactl": (179, (0, 0, 0, 0), EPERM),
    "iopl": (172, (3,), EPERM),
    "modify_ldt": (154, (0, 0, 0), EPERM),
    "uselib": (134, (b"/x",), EPERM),
    "move_pages": (279, (0, 0, 0, 0, 0, 0), EPERM),
    "sethostname": (170, (b"x", 1), EPERM),
    "x32 getpid": (0x40000000 | 39, (), ENOSYS),
    **{f"socket family {family}": (41, (family, 2, 0), EPERM)
       for family in (3, 9, 15, 17, 21, 30, 31, 38, 40, 43, 44, 45)},
    "socket family 40 with more bits": (41, (0x1_0000_0028, 1, 0), EPERM),
    "socket netlink audit": (41, (16, 3, 9), EPERM),
    "socket netlink netfilter": (41, (16, 3, 12), EPERM),
}

SCRIPT = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(number, arguments):
    ctypes.set_errno(0)
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *wide)
    return result, ctypes.get_errno()
for name, (number, arguments, error) in {calls!r}.items():
    result, found = call(number, arguments)
    print(name, "refused" if (result, found) == (-1, error) else ("NOT REFUSED", result, found))
"""


def run_inside(inner, script):
    done = inner("run", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a", script)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def test_each_is_refused(inner):
    lines = run_inside(inner, SCRIPT.replace("{calls!r}", repr(CALLS))).splitlines()
    assert len(lines) == len(CALLS)
    assert [line for line in lines if not line.endswith(" refused")] == []


def test_they_are_not_refused_outside():
    """Some of them at least, for an ordinary user: what stands in the way inside is the filter."""
    harmless = {name: CALLS[name] for name in ("unshare user", "userfaultfd", "keyctl read", "io_uring_setup",
                                               "name_to_handle_at", "x32 getpid", "socket netlink netfilter",
                                               "unshare nothing", "clone3", "open_tree_attr")}
    done = subprocess.run([sys.executable, "-c", SCRIPT.replace("{calls!r}", repr(harmless))],
                          capture_output=True, text=True, check=True)
    assert done.stdout.count("NOT REFUSED") >= 4, done.stdout


def test_exec_goes_through_the_same_filter(bus):
    assert bus("run", "-d", "--name", "live", "-p", "shell-oneshot", "--arg", "sleep 60").returncode == 0
    done = bus("exec", "live", "--", "python3", "-c", SCRIPT.replace("{calls!r}", repr(CALLS)))
    assert done.returncode == 0, done.stderr
    assert b"NOT REFUSED" not in done.stdout and done.stdout.count(b" refused") == len(CALLS)
    assert bus("stop", "live").returncode == 0


# Through the door of 32-bit programs (int $0x80) the same calls have other numbers. The bytes are:
# mov eax, NUMBER; mov ebx, ARG; xor ecx, ecx; xor edx, edx; xor esi, esi; xor edi, edi; push rbp; xor ebp, ebp;
# int 0x80; pop rbp; ret
INT80 = """
import ctypes, mmap, struct
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
def call(number, argument):
    code = (b"\\x53\\xb8" + struct.pack("<I", number) + b"\\xbb" + struct.pack("<I", argument)
            + b"\\x31\\xc9\\x31\\xd2\\x31\\xf6\\x31\\xff\\x55\\x31\\xed\\xcd\\x80\\x5d\\x5b\\xc3")
    page.seek(0)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)()
for name, number, argument in (("getpid", 20, 0), ("socketcall", 102, 1), ("unshare", 310, 0x10000000),
                               ("clone3", 435, 0), ("socket vsock", 359, 40), ("bpf", 357, 0),
                               ("keyctl", 288, 11), ("mount", 21, 0), ("future", 999, 0)):
    print(name, call(number, argument))
"""


def test_the_door_of_32_bit_programs(inner):
    answers = dict(line.rsplit(" ", 1) for line in run_inside(inner, INT80).splitlines())
    assert int(answers["getpid"]) > 0, "the attack does not work at all"
    assert answers["socketcall"] == str(-ENOSYS)
    assert answers["clone3"] == answers["future"] == str(-ENOSYS)
    assert {answers[name] for name in ("unshare", "socket vsock", "bpf", "keyctl", "mount")} == {str(-EPERM)}


def test_what_programs_need_still_works(inner):
    """Threads, sockets, questions about interfaces, a debugger's calls."""
    script = """
import socket, threading, subprocess, multiprocessing, ctypes, os
threading.Thread(target=print, args=("thread",)).start()
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6):
    socket.socket(family, socket.SOCK_STREAM).close()
print("interfaces", [name for _, name in socket.if_nameindex()])
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()
print("child", subprocess.run(["true"]).returncode)
libc = ctypes.CDLL(None, use_errno=True)
print("personality", libc.personality(0xffffffff) >= 0)
print("memfd", os.memfd_create("x") > 0)
pid = os.fork()
if pid == 0:
    libc.ptrace(0, 0, 0, 0)
    os._exit(0)
print("traced", os.waitpid(pid, 0)[1])
"""
    out = run_inside(inner, script)
    for part in ("thread", "interfaces ['lo']", "child 0", "personality True", "memfd True", "traced 0"):
        assert part in out, out


def keyrings_of_sandboxes():
    return [line for line in Path("/proc/keys").read_text().splitlines() if " inner-sandboxes: " in line]


def test_session_keyring_is_another(bus):
    """Attack 22: the layer below the filter. The user's quota of 200 keys must not be what bounds the number of
    sandboxes, so all of them share one, which is empty."""
    assert bus("run", "-d", "-p", "shell-oneshot", "--arg", "sleep 60").returncode == 0
    before = keyrings_of_sandboxes()
    assert before and all(line.endswith("empty") for line in before), before
    for _ in range(5):
        assert bus("run", "-d", "-p", "shell-oneshot", "--arg", "sleep 60").returncode == 0
    # One more at most: what starts sandboxes at the same moment may have made one of its own.
    assert len(keyrings_of_sandboxes()) <= len(before) + 1
    ids = bus("ps", "--json")
    assert bus("stop", *[row["Id"] for row in json.loads(ids.stdout)]).returncode == 0
