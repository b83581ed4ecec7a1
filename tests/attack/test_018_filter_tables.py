# SPDX-License-Identifier: Apache-2.0
"""Attack 18, and all others that the filter of system calls stops (1, 13, 15, 16, 19, 21, 22, 25, 78), on machines that this
one is not: the filter of each architecture is made as the build makes it, and carried out here, instruction by
instruction."""

import os
import re
import subprocess
from pathlib import Path

import pytest

MAKE = Path(os.environ["INNER_TEST_BUILD"], "service/init/make-filter")
X86_64, I386, AARCH64, ARM, RISCV = 0xC000003E, 0x40000003, 0xC00000B7, 0x40000028, 0xC00000F3
ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x50001, 0x50026
NEWUSER = 0x10000000

# Numbers of the kernel's tables: (x86-64, i386, arm64)
CALLS = {
    "mount": (165, 21, 40), "umount2": (166, 52, 39), "pivot_root": (155, 217, 41), "chroot": (161, 61, 51),
    "unshare": (272, 310, 97), "setns": (308, 346, 268), "add_key": (248, 286, 217), "request_key": (249, 287, 218),
    "keyctl": (250, 288, 219), "bpf": (321, 357, 280), "perf_event_open": (298, 336, 241), "userfaultfd": (323, 374, 282),
    "io_uring_setup": (425, 425, 425), "io_uring_enter": (426, 426, 426), "io_uring_register": (427, 427, 427),
    "fanotify_init": (300, 338, 262), "name_to_handle_at": (303, 341, 264), "open_by_handle_at": (304, 342, 265),
    "init_module": (175, 128, 105), "finit_module": (313, 350, 273), "delete_module": (176, 129, 106),
    "kexec_load": (246, 283, 104), "kexec_file_load": (320, None, 294), "syslog": (103, 103, 116), "reboot": (169, 88, 142),
    "swapon": (167, 87, 224), "swapoff": (168, 115, 225), "acct": (163, 51, 89), "quotactl": (179, 131, 60),
    "quotactl_fd": (443, 443, 443), "move_pages": (279, 317, 239), "sethostname": (170, 74, 161),
    "settimeofday": (164, 79, 170), "clock_settime": (227, 264, 112), "iopl": (172, 110, None), "ioperm": (173, 101, None),
    "modify_ldt": (154, 123, None), "uselib": (134, 86, None), "vm86": (None, 166, None), "vm86old": (None, 113, None),
    "umount": (None, 22, None), "clock_settime64": (None, None, None),
}
NEW = {"open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
       "clone3": 435, "open_tree_attr": 467, "a call of the future": 600}
HARMLESS = {"read": (0, 3, 63), "openat": (257, 295, 56), "execve": (59, 11, 221), "futex": (202, 240, 98), "ptrace": (101, 26, 117),
            "seccomp": (317, 354, 277), "personality": (135, 136, 92), "memfd_create": (319, 356, 279)}


def make(family):
    text = subprocess.run([MAKE, family], check=True, capture_output=True, text=True).stdout
    numbers = bytes(map(int, re.findall(r"\b\d+(?=,)", text[text.index("= {"):])))
    return [(int.from_bytes(numbers[at:at + 2], "little"), numbers[at + 2], numbers[at + 3],
             int.from_bytes(numbers[at + 4:at + 8], "little")) for at in range(0, len(numbers), 8)]


PROGRAMS = {"x86_64": make("x86_64"), "aarch64": make("aarch64")}


def answer(program, arch, number, arguments=()):
    """What the filter says (bpf(2) and seccomp(2): nr, arch, instruction pointer, six arguments of 64 bits)."""
    data = number.to_bytes(4, "little") + arch.to_bytes(4, "little") + b"\0" * 8
    data += b"".join((arguments[i] if i < len(arguments) else 0).to_bytes(8, "little") for i in range(6))
    accumulator = at = 0
    while True:
        code, yes, no, value = program[at]
        at += 1
        if code == 0x20:  # load a word
            accumulator = int.from_bytes(data[value:value + 4], "little")
        elif code == 0x54:  # and
            accumulator &= value
        elif code == 0x05:  # jump
            at += value
        elif code in (0x15, 0x25, 0x35, 0x45):
            taken = {0x15: accumulator == value, 0x25: accumulator > value, 0x35: accumulator >= value,
                     0x45: accumulator & value != 0}[code]
            at += yes if taken else no
        elif code == 0x06:
            return value
        else:
            raise AssertionError(f"instruction {code:#x} is new here")


MACHINES = [("x86_64", X86_64, 0), ("x86_64", I386, 1), ("aarch64", AARCH64, 2)]
IDS = ["x86-64", "i386", "arm64"]


@pytest.mark.parametrize("family,arch,column", MACHINES, ids=IDS)
def test_each_call(family, arch, column):
    program = PROGRAMS[family]
    wrong = {name: answer(program, arch, numbers[column]) for name, numbers in CALLS.items()
             if numbers[column] is not None and answer(program, arch, numbers[column]) != EPERM}
    assert not wrong
    assert {answer(program, arch, number) for number in NEW.values()} == {ENOSYS}
    assert {answer(program, arch, numbers[column]) for numbers in HARMLESS.values()} == {ALLOW}


@pytest.mark.parametrize("family,arch,column", MACHINES, ids=IDS)
def test_arguments(family, arch, column):
    program = PROGRAMS[family]
    ioctl, clone, socket, pair = ((16, 56, 41, 53), (54, 120, 359, 360), (29, 220, 198, 199))[column]
    wide = 0 if arch == I386 else 1 << 32
    for request in (0x5412, 0x541C, 0x5423):
        assert answer(program, arch, ioctl, (0, request)) == answer(program, arch, ioctl, (0, wide | request)) == EPERM
    assert answer(program, arch, ioctl, (0, 0x5401)) == ALLOW
    for flag in (NEWUSER, 0x20000, 0x20000000, 0x40000000, 0x08000000, 0x02000000, 0x04000000):
        assert answer(program, arch, clone, (flag | 17,)) == answer(program, arch, clone, (wide | flag | 17,)) == EPERM, hex(flag)
    assert answer(program, arch, clone, (0x3D0F00,)) == ALLOW
    for family_number in range(64):
        said = answer(program, arch, socket, (family_number, 1, 0))
        assert said == (ALLOW if family_number in (0, 1, 2, 10, 16) else EPERM), family_number
        assert answer(program, arch, socket, (wide | family_number, 1, 0)) == said
        assert answer(program, arch, pair, (wide | family_number, 1, 0)) == said
    assert answer(program, arch, socket, (16, 3, 9)) == answer(program, arch, socket, (16, 3, wide | 12)) == EPERM


def test_socketcall_of_32_bit_programs():
    assert answer(PROGRAMS["x86_64"], I386, 102, (1, 0)) == ENOSYS


@pytest.mark.parametrize("family,arch", [("x86_64", ARM), ("x86_64", AARCH64), ("aarch64", ARM), ("aarch64", X86_64), ("aarch64", RISCV)])
def test_other_architectures_get_nothing(family, arch):
    program = PROGRAMS[family]
    assert {answer(program, arch, number) for number in range(0, 460)} == {ENOSYS}


def test_x32_gets_nothing():
    assert {answer(PROGRAMS["x86_64"], X86_64, 0x40000000 | number) for number in (*range(0, 460), *range(512, 548))} == {ENOSYS}
