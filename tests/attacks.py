# SPDX-License-Identifier: Apache-2.0
"""What one file per attack is made of: programs that try something and say what came of it, outside of a sandbox
and inside. tests/attack/matrix runs the same programs with layers of the sandbox left out."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import pytest

from conftest import Inner

# What every attack begins with. attack() prints {"name": what came of it}: "through", the name of an errno, of a
# signal, or a word of the attack's own.
PRELUDE = r"""
import ctypes, errno, fcntl, json, os, signal, socket, stat, struct, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
class Stopped(Exception):
    pass
def call(number, *arguments):
    ctypes.set_errno(0)
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    libc.syscall.restype = ctypes.c_long
    result = libc.syscall(ctypes.c_long(number), *wide)
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result
def say(name, word):
    print(json.dumps({name: word}), flush=True)
def attack(name, function):
    try:
        function()
        word = "through"
    except OSError as error:
        word = errno.errorcode.get(error.errno, type(error).__name__)
    except Stopped as error:
        word = str(error)
    say(name, word)
def in_child(name, function):
    "For what may end the process, or must not change it."
    pid = os.fork()
    if pid == 0:
        attack(name, function)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        say(name, signal.Signals(os.WTERMSIG(status)).name)
def must(condition, word="nothing"):
    if not condition:
        raise Stopped(word)
"""


def nothing(_person):
    return contextlib.nullcontext({})


@dataclass
class Attack:
    """code is Python; {name} in it, doubled braces aside, is not replaced: words are, see setup."""

    name: str
    code: str
    expect: dict  # what each part says inside; "*": all that are not named
    outside: object = ()  # the parts that go through outside; True: all of them
    options: tuple = ()
    # A context manager that prepares the host, and gives words of the code and what to put instead.
    setup: Callable = nothing
    # Looks at the host afterwards; gives {part: word} for what the program cannot know.
    held: Callable = lambda _person: {}
    # When the host is looked at only: the program may fail as it likes.
    quiet: bool = False
    env: dict = field(default_factory=dict)


def read(output):
    said = {}
    for line in output.splitlines():
        with contextlib.suppress(ValueError):
            said.update(json.loads(line))
    return said


def fill(code, words):
    for word, value in sorted(words.items(), key=lambda item: -len(item[0])):
        code = code.replace(word, str(value))
    return PRELUDE + code


def carry_out(person, attack, environment=None):
    """Runs an attack in a sandbox. Gives what each part says."""
    with attack.setup(person) as words:
        options = [fill_option(option, words, person) for option in attack.options]
        # The program is a file, because a descriptor or an argument would be one more thing to look at.
        program = person.work / "attack.py"
        program.write_text(fill(attack.code, words or {}))
        done = person("run", "-p", "shell-oneshot", "-w", person.work, *options, "--entrypoint", "python3", "-a",
                      str(program), env={**attack.env, **(environment or {})}, timeout=60)
        said = read(done.stdout)
        said.update(attack.held(person))
    if not said:
        said = {"start": "refused" if done.returncode == 125 else f"failed: {done.stderr.decode()}"}
    return said


def fill_option(option, words, person):
    for word, value in {**(words or {}), "WORK": person.work, "HOME": person.home, "ROOT": person.root}.items():
        option = option.replace(word, str(value))
    return option


def outside(attack, person):
    """The same program without any sandbox."""
    with attack.setup(person) as words:
        with tempfile.NamedTemporaryFile("w", suffix=".py") as program:
            program.write(fill(attack.code, words or {}))
            program.flush()
            done = subprocess.run([sys.executable, program.name], cwd=person.work, stdin=subprocess.DEVNULL,
                                  capture_output=True, env={**person.env, **attack.env}, timeout=60)
        said = read(done.stdout)
        said.update(attack.held(person))
    return said


def expected(attack, said):
    return {name: attack.expect.get(name, attack.expect.get("*")) for name in said}


def fits(word, wanted):
    """A set is several reasons, where it depends on the machine which of them comes first."""
    return word in wanted if isinstance(wanted, set) else word == wanted


def make_tests(attacks):
    """The tests of a file: outside, and inside in both kinds of service."""
    named = [pytest.param(one, id=one.name.replace(" ", "-")) for one in attacks]
    harmless = [param for param, one in zip(named, attacks) if one.outside]

    @pytest.fixture
    def somebody():
        person = Inner("private")
        yield person
        person.close()

    @pytest.mark.parametrize("one", harmless)
    def test_outside(somebody, one):
        said = outside(one, somebody)
        wanted = set(said) if one.outside is True else set(one.outside)
        assert wanted and wanted <= set(said), said
        assert {said[name] for name in wanted} == {"through"}, f"the attack does not even work outside: {said}"

    @pytest.mark.parametrize("one", named)
    def test_inside(inner, one):
        said = carry_out(inner, one)
        assert said, "the attack said nothing"
        assert set(one.expect) - {"*"} <= set(said), said
        wanted = expected(one, said)
        wrong = {name: (word, wanted[name]) for name, word in said.items() if not fits(word, wanted[name])}
        assert not wrong, f"what it said, and what was expected: {wrong}"

    return somebody, test_outside, test_inside


# Numbers of system calls that differ between machines.
NUMBERS = {
    "x86_64": {
        "ioctl": 16, "clone": 56, "ptrace": 101, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161,
        "unshare": 272, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "bpf": 321,
        "userfaultfd": 323, "perf_event_open": 298, "fanotify_init": 300, "name_to_handle_at": 303,
        "open_by_handle_at": 304, "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246,
        "kexec_file_load": 320, "syslog": 103, "reboot": 169, "swapon": 167, "acct": 163, "quotactl": 179, "iopl": 172,
        "ioperm": 173, "modify_ldt": 154, "uselib": 134, "move_pages": 279, "sethostname": 170, "setdomainname": 171,
        "settimeofday": 164, "clock_settime": 227, "add_key": 248, "request_key": 249, "keyctl": 250, "socket": 41,
        "shmget": 29, "shmat": 30, "mq_open": 240, "lookup_dcookie": 212, "mknodat": 259, "socketpair": 53,
    },
    "aarch64": {
        "ioctl": 29, "clone": 220, "ptrace": 117, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51,
        "unshare": 97, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "bpf": 280,
        "userfaultfd": 282, "perf_event_open": 241, "fanotify_init": 262, "name_to_handle_at": 264,
        "open_by_handle_at": 265, "init_module": 105, "finit_module": 273, "delete_module": 106, "kexec_load": 104,
        "kexec_file_load": 294, "syslog": 116, "reboot": 142, "swapon": 224, "acct": 89, "quotactl": 60,
        "move_pages": 239, "sethostname": 161, "setdomainname": 162, "settimeofday": 170, "clock_settime": 112,
        "add_key": 217, "request_key": 218, "keyctl": 219, "socket": 198, "shmget": 194, "shmat": 196, "mq_open": 180,
        "lookup_dcookie": 18, "mknodat": 33, "socketpair": 199,
    },
}[os.uname().machine]
# These have the same number everywhere.
NUMBERS.update({
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_open": 434, "clone3": 435,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447,
    "open_tree_attr": 467,
})


def calls(table, extra=""):
    """The program that makes each system call of {name: (name of the call, arguments)}; a call that this machine does
    not have is left out."""
    known = {}
    for name, (number, arguments) in table.items():
        if isinstance(number, int) or number in NUMBERS:
            known[name] = (NUMBERS.get(number, number), arguments)
    return f"for name, (number, arguments) in {known!r}.items():\n    in_child(name, lambda: call(number, *arguments))\n{extra}"


ATTACK_FILES = sorted(Path(__file__).parent.glob("attack/test_[0-9]*.py"))
