# SPDX-License-Identifier: Apache-2.0
"""Attack 18: the system calls of other kinds of programs (x32, 32-bit), whose numbers are others; and that all calls that
the files beside this one are about are refused to what is started later, too."""

import json
import platform
from pathlib import Path

import pytest
import test_013_user_namespace
import test_015_clone3
import test_016_mount_calls
import test_019_io_uring
import test_021_rare_calls
import test_022_keyrings
import test_025_socket_families

from attacks import PRELUDE, Attack, calls, make_tests, read

X86 = platform.machine() == "x86_64"
EPERM, ENOSYS = 1, 38

X32 = {"x32 getpid": (0x40000000 | 39, ()), "x32 ptrace": (0x40000000 | 521, (0, 0, 0, 0)),
       "x32 process_vm_writev": (0x40000000 | 540, (1, 0, 0, 0, 0, 0)), "x32 unshare": (0x40000000 | 272, (0,))}
ATTACKS = [Attack("x32", calls(X32), {"*": "ENOSYS"})] if X86 else []
if ATTACKS:
    somebody, _, test_inside = make_tests(ATTACKS)


def test_exec_goes_through_the_same_filter(bus):
    assert bus("run", "-d", "--name", "live", "-p", "shell-oneshot", "--arg", "sleep 60").returncode == 0
    tables = {}
    for module in (test_013_user_namespace, test_015_clone3, test_016_mount_calls, test_019_io_uring, test_021_rare_calls,
                   test_022_keyrings, test_025_socket_families):
        tables.update(module.CALLS)
    done = bus("exec", "live", "--", "python3", "-c", PRELUDE + calls(tables))
    assert done.returncode == 0, done.stderr
    said = read(done.stdout)
    assert len(said) >= len(tables) - 8 and set(said.values()) == {"EPERM", "ENOSYS"}, said
    assert bus("stop", "live").returncode == 0


def run_inside(inner, script):
    done = inner("run", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a", script)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


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


@pytest.mark.skipif(not X86, reason="only x86-64 has it")
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
